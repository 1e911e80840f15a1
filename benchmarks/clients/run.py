"""Starts the site with the shipped catalogue and a release, and has the programs of analysts
and developers read it.

Polars and DuckDB read files by their addresses; openapi-python-client, openapi-generator and
openapi-typescript make clients of the API's schema, which are compiled with warnings as errors,
and then list, filter, read sparse and included members, and errors. What is not installed is
named and left out; whatever fails makes this fail.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

from benchmarks import servers

HERE = Path(__file__).resolve().parent
TOOLS = servers.ROOT / ".venv-clients" / "bin"
RELEASE = "2026.11"


class Failed(Exception):
    """A program did not do what it should. The message has what it said."""


class Missing(Exception):
    """What a program needs is not on this machine. The message names it."""


def run(folder: Path, *command: str | Path) -> str:
    """What a command says. Raises Failed where it fails, or warns."""
    path = f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={
            **os.environ,
            "PATH": path,
            "PYTHONPATH": str(folder),
            "NO_COLOR": "1",
        },
        capture_output=True,
        text=True,
    )
    said = done.stdout + done.stderr
    if done.returncode or "warning" in said.lower():
        raise Failed(said)
    return said


def needs(program: str, package: str) -> None:
    if not shutil.which(program):
        raise Missing(f"there is no {program}: install {package}")


def python(folder: Path, script: str, address: str) -> str:
    return run(folder, TOOLS / "python", "-W", "error", HERE / script, address)


def compiled(folder: Path, package: str) -> None:
    run(
        folder,
        TOOLS / "python",
        "-W",
        "error",
        "-m",
        "compileall",
        "-q",
        package,
    )


def files(folder: Path, address: str) -> str:
    return python(folder, "files.py", address)


def openapi_python_client(folder: Path, address: str) -> str:
    run(
        folder,
        TOOLS / "openapi-python-client",
        "generate",
        "--path",
        "schema.json",
        "--meta",
        "none",
        "--output-path",
        "small",
    )
    compiled(folder, "small")
    return python(folder, "by_openapi_python_client.py", address)


def openapi_generator(folder: Path, address: str) -> str:
    needs("java", "a Java runtime (on Debian: default-jre-headless)")
    # What it says is a log, with notes on its own state; what it makes is compiled without any.
    command = [
        str(TOOLS / "openapi-generator-cli"),
        "generate",
        "-g",
        "python",
        "-i",
        "schema.json",
        "-o",
        "large",
    ]
    subprocess.run(
        [*command, "--package-name", "large"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    compiled(folder / "large", "large")
    return python(folder / "large", "by_openapi_generator.py", address)


def openapi_typescript(folder: Path, address: str) -> str:
    needs("npm", "Node.js 20 or newer with npm")
    here = folder / "typescript"
    shutil.copytree(HERE / "typescript", here)
    run(here, "npm", "ci", "--silent", "--no-audit", "--no-fund")
    run(
        here,
        "npx",
        "--no-install",
        "openapi-typescript",
        "../schema.json",
        "--output",
        "schema.d.ts",
    )
    run(here, "npx", "--no-install", "tsc")
    return run(here, "node", "made/read.js", address)


PROGRAMS: dict[str, Callable[[Path, str], str]] = {
    "polars, DuckDB and pandas": files,
    "openapi-python-client": openapi_python_client,
    "openapi-generator (python)": openapi_generator,
    "openapi-typescript with openapi-fetch": openapi_typescript,
}


def main() -> int:
    failures = 0
    with tempfile.TemporaryDirectory(prefix="clients-") as name:
        site = Path(name) / "site"
        servers.fill(site, 0)
        servers.manage(site, "cut_release", RELEASE)
        with servers.catalogue(site) as address:
            for number, (title, program) in enumerate(PROGRAMS.items()):
                folder = Path(name) / str(number)
                folder.mkdir()
                urllib.request.urlretrieve(
                    f"{address}/api/v1/schema/",
                    folder / "schema.json",
                )
                try:
                    said = program(folder, address).strip()
                except Missing as reason:
                    said = f"left out: {reason}"
                except Failed as error:
                    failures += 1
                    said = f"FAILED\n{error}"
                print(f"{title}: {said}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
