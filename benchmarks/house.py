"""Figures of the code itself: `python -m benchmarks.house` prints them, and what they should be.

`python -m benchmarks.house catalogue/listing` prints those of one folder, and its widest files.
Tests, migrations and benchmarks are left out.
"""

import ast
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import grimp

PACKAGES = ("catalogue", "config", "decisions", "serving", "surveys")
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class File:
    """One file of code, parsed. `lines` are those that hold a node."""

    def __init__(self, path: Path):
        self.path = path
        self.text = path.read_text()
        self.tree = ast.parse(self.text)
        self.nodes = list(ast.walk(self.tree))
        self.lines = {
            node.lineno for node in self.nodes if hasattr(node, "lineno")
        }

    @property
    def nodes_per_line(self) -> float:
        return len(self.nodes) / max(1, len(self.lines))

    def nested_comprehensions(self) -> int:
        count = 0
        for node in self.nodes:
            if isinstance(node, COMPREHENSIONS):
                inner = [one for one in ast.walk(node) if one is not node]
                count += any(isinstance(one, COMPREHENSIONS) for one in inner)
        return count

    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        return [node for node in self.nodes if isinstance(node, FUNCTIONS)]

    def top_level_functions(self) -> list[str]:
        return [
            node.name for node in self.tree.body if isinstance(node, FUNCTIONS)
        ]


def files_of(folders: tuple[str, ...]) -> list[File]:
    """The files of these folders, parsed, by path."""
    paths: list[Path] = []
    for folder in folders:
        paths += Path(folder).rglob("*.py")
    return [
        File(path) for path in sorted(paths) if "migrations" not in path.parts
    ]


def circles() -> list[list[str]]:
    """Modules that import each other, over however many others and wherever in a file."""
    packages = [name for name in PACKAGES if Path(name).is_dir()]
    graph = grimp.build_graph(*packages, cache_dir=None)
    above = {name: graph.find_upstream_modules(name) for name in graph.modules}
    found = []
    seen: set[str] = set()
    for name in sorted(above):
        circle = [other for other in above[name] if name in above[other]]
        if circle and name not in seen:
            seen.update(circle, [name])
            found.append(sorted({name, *circle}))
    return found


def shared_names(files: list[File]) -> dict[str, list[str]]:
    """Names of top-level functions that more than one module has, and these modules."""
    modules = defaultdict(list)
    for file in files:
        for name in file.top_level_functions():
            modules[name].append(str(file.path))
    return {name: paths for name, paths in modules.items() if len(paths) > 1}


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def too_complex(folders: tuple[str, ...]) -> int:
    """How many functions ruff finds more complex than ten, by McCabe."""
    command = [
        "ruff",
        "check",
        "--select",
        "C901",
        "--output-format",
        "concise",
    ]
    command += ["--config", "lint.mccabe.max-complexity=10", *folders]
    run = subprocess.run(
        [sys.executable, "-m", *command],
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout.count("C901")


def print_code(files: list[File], folders: tuple[str, ...]) -> None:
    nodes = sum(len(file.nodes) for file in files)
    lines = sum(len(file.lines) for file in files)
    nested = sum(file.nested_comprehensions() for file in files)
    functions = [function for file in files for function in file.functions()]
    longest = max(functions, key=lines_of, default=None)
    longest_file = max(files, key=lambda file: file.text.count("\n"))
    names = {name for file in files for name in file.top_level_functions()}
    shared = names & set(shared_names(files_of(PACKAGES)))
    skips = sum(file.text.count("fmt: " + "skip") for file in files)
    print(f"files                                {len(files):8,}")
    print(f"syntax nodes                         {nodes:8,}")
    print(f"lines that hold one                  {lines:8,}")
    print(
        f"syntax nodes on a line               {nodes / lines:8.2f}   at most 7",
    )
    print(f"comprehensions in comprehensions     {nested:8}")
    print(
        f"  in 1,000 lines                     {1000 * nested / lines:8.2f}   under 0.5",
    )
    print(f"lines kept from the formatter        {skips:8}   under 10")
    print(
        f"top-level functions sharing a name   {len(shared) / max(1, len(names)):8.1%}   at most 3%",
    )
    if longest is not None:
        print(
            f"longest function, in lines           {lines_of(longest):8}   at most 60 ({longest.name})",
        )
    print(f"functions of McCabe over 10          {too_complex(folders):8}   0")
    print(
        f"longest file, in lines               {longest_file.text.count(chr(10)):8}   at most 500 ({longest_file.path})",
    )


def print_house() -> None:
    config = sum(file.text.count("\n") for file in files_of(("config",)))
    flat = [
        path.name
        for path in Path("catalogue").glob("*.py")
        if path.stem != "__init__"
    ]
    found = circles()
    print(f"lines in config/                     {config:8,}   under 500")
    print(
        f"flat modules in catalogue/           {len(flat):8}   at most 6 ({', '.join(sorted(flat))})",
    )
    print(f"circles of files                     {len(found):8}   0")
    for circle in found:
        print(f"  {', '.join(circle)}")


def print_folder(files: list[File]) -> None:
    """The widest files, and the names that other modules have too."""
    for file in sorted(files, key=lambda file: -file.nodes_per_line)[:15]:
        print(f"{file.nodes_per_line:6.2f} nodes on a line  {file.path}")
    own = Counter(
        name for file in files for name in file.top_level_functions()
    )
    for name, paths in sorted(shared_names(files_of(PACKAGES)).items()):
        if name in own:
            print(f"{name}: {', '.join(paths)}")


def main() -> None:
    folders = tuple(sys.argv[1:])
    files = files_of(folders or PACKAGES)
    print_code(files, folders or PACKAGES)
    if folders:
        print_folder(files)
    else:
        print_house()


if __name__ == "__main__":
    main()
