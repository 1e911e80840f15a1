"""The whole catalogue as one SQLite file: what is published, and nothing else."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

import orjson

from catalogue.database.searched import SEARCHED_NAMES
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from catalogue.record.reader import Record

from .about import about_catalogue
from .columns import Type
from .listings import MitigationListing
from .spool import spooled
from .tables import Rows, Table, all_tables

BEGINNING = b"SQLite format 3\0"
TYPES = {Type.INTEGER: "INTEGER", Type.NUMBER: "REAL", Type.BOOLEAN: "INTEGER"}


def sqlite_file(
    base_url: str,
    mitigations: Iterable[list[Record]] | None = None,
) -> Iterator[bytes]:
    """`mitigations` are the records of all, in batches; without them, they are read."""
    return spooled(
        BEGINNING,
        lambda path: write_sqlite(path, base_url, mitigations),
    )


def _records_of_mitigations(base_url: str) -> Iterator[list[Record]]:
    published = MitigationFilter(None, Mitigation.objects.published())
    return MitigationListing(published, base_url).records()


def write_sqlite(
    path: str,
    base_url: str,
    mitigations: Iterable[list[Record]] | None = None,
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
        if mitigations is None:
            mitigations = _records_of_mitigations(base_url)
        _fill_tables(file, tables, base_url, mitigations)
        _index_for_search(file)
        _describe(file, tables, base_url)
        file.execute("COMMIT")
        dangling = file.execute("PRAGMA foreign_key_check").fetchall()
    if dangling:
        raise RuntimeError(
            f"The file would refer to what it does not hold: {dangling[:5]}",
        )


def _definition(table: Table) -> str:
    parts = []
    for column in table.columns:
        parts.append(f'"{column.name}" {TYPES.get(column.type, "TEXT")}')
    if table.key:
        parts.append(f"PRIMARY KEY ({_quoted_names(table.key)})")
    for here, other, there in table.references:
        parts.append(
            f"FOREIGN KEY ({_quoted_names(here)})"
            f' REFERENCES "{other}" ({_quoted_names(there)})',
        )
    return f'CREATE TABLE "{table.name}" ({", ".join(parts)})'


def _quoted_names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _fill_tables(
    file: sqlite3.Connection,
    tables: list[Table],
    base_url: str,
    mitigations: Iterable[list[Record]],
) -> None:
    for table in tables:
        if table.listing:
            for rows in table.listing(base_url):
                _insert_rows(file, table, rows)
    for records in mitigations:
        for table in tables:
            if table.of_records:
                _insert_rows(file, table, table.of_records(records))


def _insert_rows(file: sqlite3.Connection, table: Table, rows: Rows) -> None:
    parameters = ", ".join("?" * len(table.columns))
    statement = f'INSERT INTO "{table.name}" VALUES ({parameters})'
    values = []
    for row in rows:
        values.append([_as_sqlite(value) for value in row])
    file.executemany(statement, values)


def _as_sqlite(value: Any) -> Any:
    if isinstance(value, list):
        return orjson.dumps(value).decode()
    return value


def _index_for_search(file: sqlite3.Connection) -> None:
    """Full-text search, which Datasette finds by itself: by the double quotes around the name
    of the table.
    """
    file.execute(
        f"CREATE VIRTUAL TABLE mitigations_fts USING fts5({', '.join(SEARCHED_NAMES)}, content=\"mitigations\", tokenize='porter unicode61')",
    )
    file.execute(
        "INSERT INTO mitigations_fts (mitigations_fts) VALUES ('rebuild')",
    )


def _describe(
    file: sqlite3.Connection,
    tables: list[Table],
    base_url: str,
) -> None:
    file.execute("CREATE TABLE about (name TEXT PRIMARY KEY, value)")
    for name, value in about_catalogue(base_url).items():
        file.execute(
            "INSERT INTO about VALUES (?, ?)",
            (name, _as_sqlite(value)),
        )
    file.execute(
        "CREATE TABLE dictionary (table_name TEXT, column_name TEXT, type TEXT, description TEXT, unit TEXT, "
        "empty TEXT, PRIMARY KEY (table_name, column_name))",
    )
    for table in tables:
        for column in table.columns:
            file.execute(
                "INSERT INTO dictionary VALUES (?, ?, ?, ?, ?, ?)",
                (
                    table.name,
                    column.name,
                    str(column.type),
                    column.description,
                    column.unit,
                    column.empty,
                ),
            )
