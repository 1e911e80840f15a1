"""The whole catalogue as NDJSON: how fast it comes, and how much memory it takes, beside a dump
of the tables as CSV.
"""

import csv
import io
import re
import sqlite3
import time
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

from . import servers

TABLES = [
    "catalogue_mitigation",
    "catalogue_mitigation_phases",
    "catalogue_mitigation_actors",
    "catalogue_mitigation_functions",
    "catalogue_classification",
    "catalogue_externalidentifier",
]
PATH = "/api/v1/mitigations/?format=ndjson"
#: After so many bytes each, the server's memory is looked at.
LOOKED_AT = 4_000_000


def dump_seconds(database: Path) -> float:
    """How long sqlite3 and csv take for the tables that the records are made of."""
    begun = time.perf_counter()
    with closing(sqlite3.connect(database)) as connection:
        for table in TABLES:
            writer = csv.writer(io.StringIO())
            writer.writerows(connection.execute(f"SELECT * FROM {table}"))
    return time.perf_counter() - begun


def memory_of(port: int) -> float:
    """Megabytes that the largest process that serves a port has of its own. Pages of the
    database's file, which SQLite maps, are not counted: they are the system's cache.
    """
    found = 0.0
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"PORT={port}\0" in (place / "environ").read_text(
                errors="replace",
            ):
                own = re.search(
                    r"^RssAnon:\s+(\d+) kB",
                    (place / "status").read_text(),
                    re.MULTILINE,
                )
                found = max(found, int(own[1]) / 1024 if own else 0.0)
    return found


def report(folder: Path) -> list[str]:
    dumped = dump_seconds(servers.database_in(folder))
    with servers.cold_catalogue(folder) as base:
        port = int(base.rpartition(":")[2])
        urllib.request.urlopen(f"{base}/api/v1/mitigations/").close()
        idle = most = memory_of(port)
        begun, first, size = time.perf_counter(), 0.0, 0
        with urllib.request.urlopen(base + PATH) as answer:
            while piece := answer.read(65536):
                first = first or time.perf_counter() - begun
                if size // LOOKED_AT != (size + len(piece)) // LOOKED_AT:
                    most = max(most, memory_of(port))
                size += len(piece)
        taken = time.perf_counter() - begun
        grown = most - idle
    speed = dumped / taken
    return [
        f"NDJSON of everything: {size / 1e6:.0f} MB in {taken:.1f} s, first bytes after {1000 * first:.0f} ms; "
        f"{speed:.2f} x the speed of a CSV dump ({dumped:.1f} s), goal 0.5{'' if speed >= 0.5 else '  MISSED'}",
        f"Memory: {grown:.0f} MB above idle ({idle:.0f} MB), goal 30{'' if grown <= 30 else '  MISSED'}",
    ]
