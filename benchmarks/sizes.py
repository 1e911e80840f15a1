"""How large what is searched and counted with is: in the database's file, and in the memory of
a process once it has made its index.

`python -m benchmarks.sizes 831 100000 --keep FOLDER` fills a database for each number of
mitigations, or takes that of `--keep`.
"""

import argparse
import os
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks import servers
from benchmarks.export import memory_of

MEGABYTE = 1_000_000
#: Whose name begins so belongs to the search.
SEARCH = ("catalogue_search", "catalogue_words", "catalogue_vocabulary")


def of_the_file(database: Path) -> dict[str, float]:
    """Megabytes of all, of tables, of their indexes, and of the search."""
    with closing(sqlite3.connect(database)) as connection:
        indexes = {
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'index'",
            )
        }
        sizes = connection.execute(
            "SELECT name, SUM(pgsize) FROM dbstat GROUP BY name",
        ).fetchall()
    found = {
        "all": database.stat().st_size / MEGABYTE,
        "tables": 0.0,
        "indexes": 0.0,
        "search": 0.0,
    }
    for name, size in sizes:
        kind = (
            "search"
            if name.startswith(SEARCH)
            else "indexes"
            if name in indexes
            else "tables"
        )
        found[kind] += size / MEGABYTE
    return found


def of_a_process(folder: Path) -> tuple[float, float]:
    """Megabytes of its own once the index is made, and seconds until then from its start."""
    begun = time.monotonic()
    with servers.cold_catalogue(folder) as base:
        return memory_of(
            int(base.rpartition(":")[2]),
        ), time.monotonic() - begun


def report(folder: Path, size: int) -> str:
    servers.fill(folder, size)
    file = of_the_file(servers.database_in(folder))
    memory, seconds = of_a_process(folder)
    parts = ", ".join(
        f"{name} {megabytes:.1f}" for name, megabytes in file.items()
    )
    return f"{size:,} mitigations: file in MB: {parts}; a process {memory:.0f} MB, ready after {seconds:.1f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="+", type=int)
    parser.add_argument(
        "--keep",
        type=Path,
        help="Where the databases are left for the next time.",
    )
    asked = parser.parse_args()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="sizes-") as temporary:
        for size in asked.sizes:
            print(
                report((asked.keep or Path(temporary)) / str(size), size),
                flush=True,
            )


if __name__ == "__main__":
    main()
