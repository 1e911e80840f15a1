"""How long briefs as files take, and what memory: a hundred in a row, no two of the same measures.

`python -m benchmarks.briefs` fills a database, or takes that of `--keep`. Each brief is asked for
once, by one client, from one worker that keeps no answers.
"""

import argparse
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path

from . import servers
from .export import memory_of

SIZE = 831
COUNT = 100
FORMS = ("", ".pdf", ".docx")
#: Measures of each brief; of the longest that there is.
NINE, MOST = 9, 60
#: Goals: how long one of nine may take, and how much the worker may grow over all.
SECONDS, MEGABYTES = 2.0, 64.0


def address(form: str, first: int, count: int) -> str:
    """Of measures that follow each other, from `first` on."""
    named = [f"m=M{number:04}" for number in range(first, first + count)]
    return f"/shortlist/brief{form or '/'}?{'&'.join(named)}"


def seconds_for(url: str) -> float:
    begun = time.perf_counter()
    with urllib.request.urlopen(url) as answer:
        answer.read()
    return time.perf_counter() - begun


def line(form: str, times: list[float]) -> str:
    half, longest = statistics.median(times), max(times)
    missed = "  MISSED" if longest > SECONDS else ""
    return (
        f"brief of nine, {form or 'page':6} half {half * 1000:6.0f} ms  longest {longest * 1000:6.0f} ms, "
        f"goal {SECONDS * 1000:.0f}{missed}"
    )


def report(folder: Path) -> list[str]:
    lines = []
    with servers.cold_catalogue(folder) as base:
        port = int(base.rpartition(":")[2])
        for form in FORMS:  # the first of each loads what makes it
            seconds_for(base + address(form, 1, NINE))
        before = memory_of(port)
        for form in FORMS:
            times = [
                seconds_for(base + address(form, first, NINE))
                for first in range(2, COUNT + 2)
            ]
            lines.append(line(form, times))
        grown = memory_of(port) - before
        missed = "  MISSED" if grown > MEGABYTES else ""
        lines.append(
            f"memory of the worker {before:.0f} MB, grown by {grown:.0f} MB over {COUNT} of each, goal {MEGABYTES:.0f}{missed}",
        )
        for form in FORMS:
            seconds = seconds_for(base + address(form, 1, MOST))
            lines.append(
                f"brief of sixty, {form or 'page':6} {seconds * 1000:.0f} ms",
            )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--keep",
        type=Path,
        help="A folder for the database, to be used again.",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="catalogue-bench-") as name:
        folder = (options.keep or Path(name)) / str(SIZE)
        servers.fill(folder, SIZE)
        print("\n".join(report(folder)))


if __name__ == "__main__":
    main()
