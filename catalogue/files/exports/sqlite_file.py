"""The whole catalogue as one SQLite file: what is published, and nothing else."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

import orjson

from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from catalogue.record.reader import Record

from .about import about_catalogue
from .columns import Column, Type
from .listings import MitigationListing
from .spool import spooled
from .tables import Rows, Table, all_tables

BEGINNING = b"SQLite format 3\0"
TYPES = {Type.INTEGER: "INTEGER", Type.NUMBER: "REAL", Type.BOOLEAN: "INTEGER"}
SEARCHED = "name, alternative_names, description"


def sqlite_file(
    base_url: str, mitigations: Iterable[list[Record]] | None = None
) -> Iterator[bytes]:
    """`mitigations` are the records of all, in lots; without them, they are read."""
    return spooled(BEGINNING, lambda path: build(path, base_url, mitigations))


def _mitigations(base_url: str) -> Iterator[list[Record]]:
    return MitigationListing(
        MitigationFilter(None, Mitigation.objects.published()), base_url
    ).records()


def build(
    path: str, base_url: str, mitigations: Iterable[list[Record]] | None = None
) -> None:
    """Fills an empty file. Lists are JSON; moments are text in ISO 8601. Raises RuntimeError
    where a reference leads nowhere.
    """
    tables = all_tables()
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = OFF")
        file.execute("PRAGMA synchronous = OFF")
        file.execute("BEGIN")
        for table in tables:
            file.execute(_definition(table))
        _fill(file, tables, base_url, mitigations or _mitigations(base_url))
        _search(file)
        _tell(file, tables, base_url)
        file.execute("COMMIT")
        astray = file.execute("PRAGMA foreign_key_check").fetchall()
    if astray:
        raise RuntimeError(
            f"The file would refer to what it does not hold: {astray[:5]}"
        )


def _definition(table: Table) -> str:
    parts = [
        f'"{column.name}" {TYPES.get(column.type, "TEXT")}' for column in table.columns
    ]
    if table.key:
        parts.append(f"PRIMARY KEY ({_names(table.key)})")
    for here, other, there in table.references:
        parts.append(
            f'FOREIGN KEY ({_names(here)}) REFERENCES "{other}" ({_names(there)})'
        )
    return f'CREATE TABLE "{table.name}" ({", ".join(parts)})'


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _fill(
    file: sqlite3.Connection,
    tables: list[Table],
    base_url: str,
    mitigations: Iterable[list[Record]],
) -> None:
    for table in tables:
        for rows in table.listing(base_url) if table.listing else ():
            _insert(file, table, rows)
    for records in mitigations:
        for table in tables:
            if table.of_records:
                _insert(file, table, table.of_records(records))


def _insert(file: sqlite3.Connection, table: Table, rows: Rows) -> None:
    places = ", ".join("?" for _ in table.columns)
    file.executemany(
        f'INSERT INTO "{table.name}" VALUES ({places})',
        ([_plain(v) for v in row] for row in rows),
    )


def _plain(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, list) else value


def _search(file: sqlite3.Connection) -> None:
    """Full-text search, which Datasette finds by itself: by the double quotes around the name
    of the table.
    """
    file.execute(
        f"CREATE VIRTUAL TABLE mitigations_fts USING fts5({SEARCHED}, content=\"mitigations\", tokenize='porter unicode61')"
    )
    file.execute("INSERT INTO mitigations_fts (mitigations_fts) VALUES ('rebuild')")


def _tell(file: sqlite3.Connection, tables: list[Table], base_url: str) -> None:
    file.execute("CREATE TABLE about (name TEXT PRIMARY KEY, value)")
    file.executemany(
        "INSERT INTO about VALUES (?, ?)",
        [(n, _plain(v)) for n, v in about_catalogue(base_url).items()],
    )
    file.execute(
        "CREATE TABLE dictionary (table_name TEXT, column_name TEXT, type TEXT, description TEXT, unit TEXT, "
        "empty TEXT, PRIMARY KEY (table_name, column_name))"
    )
    for table in tables:
        file.executemany(
            "INSERT INTO dictionary VALUES (?, ?, ?, ?, ?, ?)",
            [(table.name, *_told(c)) for c in table.columns],
        )


def _told(column: Column) -> tuple[str, str, str, str, str]:
    return column.name, str(column.type), column.description, column.unit, column.empty
