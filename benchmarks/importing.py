"""Importing a file of 100,000 mitigations: how long the dry run and the commit take together,
and how much memory.

    python -m benchmarks.importing [--rows 100000]

Takes a database of its own on SQLite, or the one that DATABASE_URL names on PostgreSQL, which
has to be empty.
"""

import argparse
import csv
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = [
    "key",
    "name",
    "description",
    "document",
    "section",
    "page",
    "code",
    "rationale",
    "risks",
    "risk_rationale",
    "phases",
    "actors",
    "functions",
]
WORDS = (
    "model system data training release deployment review audit access weights misuse incident users red team evaluation "
    "threshold report safety developer regulator monitor limit staged harm capability security governance board"
).split()


def write_file(path: Path, rows: int, words: int = 45) -> None:
    """Rows like those that curators bring: two texts of some hundred signs, categories, terms.
    `words` has the longer text.
    """
    from catalogue.models import (
        Actor,
        Category,
        Document,
        LifecyclePhase,
        RiskManagementFunction,
    )

    rng = random.Random(1)
    codes = list(
        Category.objects.filter(taxonomy__is_default=True).values_list(
            "code",
            "name",
        ),
    )
    risks = list(
        Category.objects.filter(taxonomy__kind="risks").values_list(
            "code",
            flat=True,
        ),
    )
    documents = list(Document.objects.values_list("label", flat=True))
    terms = [
        list(m.objects.filter(is_special=False).values_list("name", flat=True))
        for m in (LifecyclePhase, Actor, RiskManagementFunction)
    ]

    def text(count: int) -> str:
        return " ".join(rng.choices(WORDS, k=count)).capitalize()

    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(1, rows + 1):
            code, name = rng.choice(codes)
            some = [
                " | ".join(rng.sample(known, rng.choice((1, 1, 2))))
                for known in terms
            ]
            writer.writerow(
                [
                    number,
                    f"{text(6)} {number}",
                    f"{text(words)}.",
                    rng.choice(documents),
                    text(4),
                    rng.randint(1, 90),
                    f"{code} {name}",
                    f"{text(14)}.",
                    rng.choice(risks),
                    f"{text(9)}.",
                    *some,
                ],
            )


def run(*arguments: str) -> tuple[float, float, float, str]:
    """(seconds, seconds of a processor, megabytes at most, what was printed) of a command of
    manage.py.
    """
    begun = time.perf_counter()
    done = subprocess.run(
        [
            "/usr/bin/env",
            "python3",
            "-c",
            WATCH,
            sys.executable,
            "manage.py",
            *arguments,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    peak = float(re.search(r"PEAK ([\d.]+)", done.stdout)[1])  # type: ignore[index]
    cpu = float(re.search(r"CPU ([\d.]+)", done.stdout)[1])  # type: ignore[index]
    return time.perf_counter() - begun, cpu, peak, done.stdout


#: Runs a command and tells the most memory that it had.
WATCH = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("PEAK", used.ru_maxrss / 1024)
print("CPU", used.ru_utime + used.ru_stime)
sys.exit(code)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        run("migrate", "-v0")
        run("load_catalogue")
        import django

        django.setup()
        path = Path(folder) / "measures.csv"
        write_file(path, rows)
        idle = run("check")[2]
        print(
            f"{rows:,} rows, {path.stat().st_size / 2**20:.0f} MB; a command that does nothing takes {idle:.0f} MB",
        )
        for what, *options in (
            ["dry run alone"],
            ["dry run and commit", "--commit"],
            ["the same again"],
        ):
            seconds, cpu, peak, printed = run(
                "import_records",
                str(path),
                "--scheme",
                "bench",
                "--coder",
                "Bench",
                *options,
            )
            counts = next(
                line for line in printed.splitlines() if " added," in line
            )
            print(
                f"{what}: {seconds:.1f} s ({cpu:.1f} s of a processor), at most {peak:.0f} MB: {counts}",
            )


if __name__ == "__main__":
    main()
