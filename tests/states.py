"""States of the tests' database, kept and brought back within milliseconds: to make it takes
three seconds, to load the catalogue eight.
"""

import pickle
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from catalogue.listing import index


class State:
    """All that was in the database when it was kept."""

    @classmethod
    def now(cls) -> "State":
        raise NotImplementedError

    def restore(self) -> None:
        self.put_back()
        # What processes hold of the database belongs to what is no longer there. A site is
        # stopped before it is restored.
        index._indexes.clear()

    def put_back(self) -> None:
        raise NotImplementedError

    def write(self, path: Path) -> None:
        """Into a file, for the databases of other workers of the same run."""
        raise NotImplementedError

    @classmethod
    def read(cls, path: Path) -> "State":
        raise NotImplementedError

    def copy_to(self, name: str) -> None:
        """Makes a database that holds it: on SQLite a file, on PostgreSQL a database of the
        same server.
        """
        raise NotImplementedError


class SQLiteState(State):
    def __init__(self, path: str | Path = ":memory:"):
        self.copy = sqlite3.connect(path, check_same_thread=False)

    @classmethod
    def now(cls) -> "SQLiteState":
        state = cls()
        connection.ensure_connection()
        connection.connection.backup(state.copy)
        return state

    def put_back(self) -> None:
        connection.ensure_connection()
        for _ in range(100):
            with suppress(
                sqlite3.DatabaseError,
            ):  # a live server's thread is still reading
                return self.copy.backup(connection.connection)
            time.sleep(0.02)
        self.copy.backup(connection.connection)

    def write(self, path: Path) -> None:
        self.copy_to(str(path))

    @classmethod
    def read(cls, path: Path) -> "SQLiteState":
        return cls(path)

    def copy_to(self, name: str) -> None:
        with sqlite3.connect(name) as file:
            self.copy.backup(file)
        file.close()


class PostgreSQLState(State):
    def __init__(
        self,
        rows: dict[str, bytes],
        sequences: list[tuple[str, int | None]],
    ):
        self.rows, self.sequences = rows, sequences

    @classmethod
    def now(cls) -> "PostgreSQLState":
        with _cursor() as cursor:
            tables = cursor.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
            ).fetchall()
            rows = {table: _rows(cursor, table) for (table,) in tables}
            sequences = cursor.execute(
                "SELECT quote_ident(sequencename), last_value FROM pg_sequences",
            ).fetchall()
        return cls(rows, sequences)

    def put_back(self) -> None:
        with _cursor() as cursor:
            cursor.execute(
                "SET LOCAL session_replication_role = replica",
            )  # no trigger has a say in it
            cursor.execute(
                "; ".join(f'DELETE FROM "{table}"' for table in self.rows),
            )
            for table, rows in self.rows.items():
                if rows:
                    with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                        copy.write(rows)
            begun = [
                f"setval('{name}', {last or 1}, {last is not None})"
                for name, last in self.sequences
            ]
            cursor.execute(f"SELECT {', '.join(begun)}")

    def write(self, path: Path) -> None:
        path.write_bytes(pickle.dumps((self.rows, self.sequences)))

    @classmethod
    def read(cls, path: Path) -> "PostgreSQLState":
        return cls(*pickle.loads(path.read_bytes()))

    def copy_to(self, name: str) -> None:
        before = self.now()
        self.restore()
        source = connection.settings_dict["NAME"]
        connections.close_all()  # a database that is copied has no visitors
        with psycopg.connect(
            **_parameters(dbname="postgres"),
            autocommit=True,
        ) as server:
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        before.restore()


def _parameters(**other: str) -> dict[str, Any]:
    """Of a connection of its own, which needs no leave to use the tests' database."""
    names = ("dbname", "user", "password", "host", "port")
    return {
        name: value
        for name, value in connection.get_connection_params().items()
        if name in names
    } | other


@contextmanager
def _cursor() -> Iterator[psycopg.Cursor]:
    with psycopg.connect(**_parameters()) as own, own.cursor() as cursor:
        yield cursor


def _rows(cursor: psycopg.Cursor, table: str) -> bytes:
    with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
        return b"".join(map(bytes, copy))


def of_this_engine() -> type[State]:
    return {"sqlite": SQLiteState, "postgresql": PostgreSQLState}[
        connection.vendor
    ]


def now() -> State:
    return of_this_engine().now()


def made_once(make: Callable[[], Any]) -> Any:
    """A fixture for all tests of a module: what `make` writes is in the database, and what a
    test writes after it is rolled back.
    """

    @pytest.fixture(scope="module")
    def made(migrated, django_db_blocker):
        with django_db_blocker.unblock():
            given = make()
        yield given
        with django_db_blocker.unblock():
            migrated.restore()

    return made
