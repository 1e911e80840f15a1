"""A long write to SQLite, worked out on a copy, and carried over from there in one transaction.

SQLite has one writer at a time, and whoever else writes waits, for so long and no longer. So
what takes minutes to work out is not worked out within the transaction that writes: a file is
read, compared and written on a copy of what the step is about, and what became different there
goes over row by row, as it stands, in one transaction: everybody sees all of it or nothing, and
a process that is killed before its end leaves nothing behind.

What was judged on the copy holds as long as nothing of it was written meanwhile: the revision
is the same, each row that is changed stands as it stood when it was copied, no key was taken by
somebody else, and rights are what they were. That is asked in the transaction that writes.
Where it is not so the step is taken anew, on another copy; where that happens again and again,
on the database itself, as a short step is from the first.
"""

import fcntl
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction

from . import public, sqlite
from .parts import PART_TABLES

Result = TypeVar("Result")
#: So many copies are made, before a step is taken on the database itself.
TRIES = 3
PREFIX = "apart-"
#: Of accounts and what they may do, what a step may have asked for. The rest of an account
#: changes whenever somebody signs in.
RIGHTS = {
    "auth_user": "id, username, is_active, is_superuser",
    "auth_user_groups": "user_id, group_id",
    "auth_user_user_permissions": "user_id, permission_id",
    "auth_group_permissions": "group_id, permission_id",
}
#: Tables of which a step may read rows, beside those of the catalogue.
OF_DJANGO = {
    *RIGHTS,
    "auth_group",
    "auth_permission",
    "django_content_type",
    "django_migrations",
}


class Moved(Exception):
    """Somebody has written what a step has read or changes."""


def taken_apart(
    step: Callable[[], Result],
    *,
    folder: Path,
    beat: Callable[[], None] = lambda: None,
) -> Result:
    """What `step` gives, which reads and writes the default database. `folder` is for the copy;
    `beat` is called now and then while it is made and carried over.

    On PostgreSQL, where a long write holds up nobody who writes something else, the step is
    taken as it is; so is one within a transaction, and one on a database in memory, which no
    other process has.
    """
    if (
        connection.vendor != "sqlite"
        or _is_in_memory()
        or connection.in_atomic_block
    ):
        return step()
    _clear(folder)
    for _ in range(TRIES):
        with _folder_of_a_copy(folder) as own, suppress(Moved):
            copy = Copy(own / "copy.sqlite3", beat)
            with copy.as_the_database():
                result = step()
            copy.carry_over()
            return result
    return step()


def _is_in_memory() -> bool:
    return bool(connection.is_in_memory_db())  # type: ignore[attr-defined]  # of SQLite's connections


@contextmanager
def _folder_of_a_copy(folder: Path) -> Iterator[Path]:
    """A folder that goes with the copy. Its lock says that somebody works in it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = Path(mkdtemp(prefix=PREFIX, dir=folder))
    try:
        with (own / "lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _clear(folder: Path) -> None:
    """Takes away copies that processes which were killed have left."""
    for lock in folder.glob(f"{PREFIX}*/lock"):
        with suppress(OSError), lock.open("wb") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)


def _is_copied(table: str) -> bool:
    """Whether a step may want the rows of a table. What experts send, and who they are, stays
    where it is.
    """
    if table in public.secret() or table in public.OF_RELEASES:
        return False
    public_tables = {public.MITIGATIONS, *public.structure(), *PART_TABLES}
    known = {*public_tables, *public.private(), *OF_DJANGO}
    return table in known or "_historical" in table


class Copy:
    """Of the default database, in a file of its own, where each row that is written is noted.

    For each table there is one more, `touched_…`, with the keys of rows that were added,
    changed or deleted, and another, `before_…`, with those that stood before, as they stood.
    """

    def __init__(self, path: Path, beat: Callable[[], None]):
        self.path = path
        self.beat = beat
        self.source = str(connection.settings_dict["NAME"])
        #: Columns by table, its key first.
        self.columns: dict[str, list[str]] = {}
        connection.close()
        with closing(sqlite3.connect(path, isolation_level=None)) as raw:
            raw.execute("PRAGMA journal_mode = OFF")
            raw.execute("PRAGMA synchronous = OFF")
            raw.execute(
                "PRAGMA secure_delete = ON",
            )  # passwords are emptied below
            raw.execute("ATTACH ? AS source", [self.source])
            raw.execute("BEGIN")  # all of one moment
            self._fill(raw)
            raw.execute("COMMIT")

    def _fill(self, raw: sqlite3.Connection) -> None:
        made = raw.execute(
            "SELECT type, name, tbl_name, sql FROM source.sqlite_master WHERE sql NOT NULL",
        ).fetchall()
        # What is searched is not: the index of words is left out, and whatever writes it.
        virtual = [
            name
            for kind, name, _, sql in made
            if kind == "table" and sql.startswith("CREATE VIRTUAL")
        ]
        tables = {
            name: sql
            for kind, name, _, sql in made
            if kind == "table" and not _is_of(name, virtual)
        }
        for name, sql in tables.items():
            raw.execute(sql)
            if _is_copied(name):
                raw.execute(
                    f'INSERT INTO main."{name}" SELECT * FROM source."{name}"',
                )
                self.beat()
        raw.execute("UPDATE main.auth_user SET password = '', email = ''")
        raw.execute("DELETE FROM main.sqlite_sequence")
        raw.execute(
            "INSERT INTO main.sqlite_sequence SELECT * FROM source.sqlite_sequence",
        )
        for wanted in ("index", "trigger"):
            for kind, _, table, sql in made:
                if (
                    kind == wanted
                    and table in tables
                    and not any(name in sql for name in virtual)
                ):
                    raw.execute(sql)
                    self.beat()
        self.revision = raw.execute(sqlite.REVISION).fetchone()
        for name in tables:
            if key := _key_of(raw, name):
                self._note_writes_to(raw, name, key)

    def _note_writes_to(
        self,
        raw: sqlite3.Connection,
        table: str,
        key: str,
    ) -> None:
        types = {
            row[1]: row[2]
            for row in raw.execute(f'PRAGMA main.table_info("{table}")')
        }
        self.columns[table] = [key, *(name for name in types if name != key)]
        # Of the same type: else SQLite compares the two without an index.
        raw.execute(
            f'CREATE TABLE "touched_{table}" (key {types[key]} PRIMARY KEY, is_new bool) WITHOUT ROWID',
        )
        raw.execute(
            f'CREATE TABLE "before_{table}" AS SELECT * FROM "{table}" WHERE 0',
        )
        for event, row in (
            ("AFTER INSERT", "NEW"),
            ("BEFORE UPDATE", "OLD"),
            ("BEFORE DELETE", "OLD"),
        ):
            is_new = event == "AFTER INSERT"
            unknown = f'NOT EXISTS (SELECT 1 FROM "touched_{table}" WHERE key = {row}."{key}")'
            stood = f'INSERT INTO "before_{table}" SELECT * FROM "{table}" WHERE "{key}" = OLD."{key}";'
            raw.execute(
                f'CREATE TRIGGER "touched_{table}_{event[-6:]}" {event} ON "{table}" WHEN {unknown} BEGIN'
                f" {'' if is_new else stood}"
                f' INSERT INTO "touched_{table}" VALUES ({row}."{key}", {int(is_new)}); END',
            )

    @contextmanager
    def as_the_database(self) -> Iterator[None]:
        """What this process reads and writes meanwhile is the copy."""
        connection.close()
        connection.settings_dict["NAME"] = str(self.path)
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = self.source

    # Carrying over

    def carry_over(self) -> None:
        """Writes what became different into the database, all or nothing. Raises Moved where it
        does not fit there any more.
        """
        with connection.cursor() as cursor:
            cursor.execute("ATTACH %s AS apart", [str(self.path)])
            try:
                touched = [
                    table
                    for table in self.columns
                    if _has_rows(cursor, f"touched_{table}")
                ]
                changed = {
                    table: self._changed_columns(cursor, table)
                    for table in touched
                }
                with transaction.atomic():
                    self._check_that_nothing_moved(cursor, touched)
                    self._write(cursor, changed)
            except (
                IntegrityError
            ) as error:  # somebody refers by now to what the step deletes
                raise Moved from error
            finally:
                cursor.execute("DETACH apart")

    def _changed_columns(self, cursor: Any, table: str) -> list[str]:
        """Those in which any row of the copy that stood before is another now."""
        key, *others = self.columns[table]
        if not others:
            return []
        differing = ", ".join(
            f'max(was."{name}" IS NOT now."{name}")' for name in others
        )
        cursor.execute(
            f'SELECT {differing} FROM apart."before_{table}" was JOIN apart."{table}" now ON now."{key}" = was."{key}"',
        )
        found = cursor.fetchone()
        return [
            name
            for name, differs in zip(others, found, strict=True)
            if differs
        ]

    def _check_that_nothing_moved(
        self,
        cursor: Any,
        touched: list[str],
    ) -> None:
        cursor.execute(sqlite.REVISION)
        if cursor.fetchone() != self.revision:
            raise Moved
        for table, columns in RIGHTS.items():
            for one, other in (("main", "apart"), ("apart", "main")):
                cursor.execute(
                    f"SELECT {columns} FROM {one}.{table} EXCEPT SELECT {columns} FROM {other}.{table}",
                )
                if cursor.fetchone():
                    raise Moved
        for table in touched:
            key, *rest = (f'"{name}"' for name in self.columns[table])
            differs = " OR ".join(
                [
                    f"now.{key} IS NULL",
                    *(f"now.{name} IS NOT was.{name}" for name in rest),
                ],
            )
            cursor.execute(
                f'SELECT 1 FROM apart."before_{table}" was LEFT JOIN main."{table}" now ON now.{key} = was.{key}'
                f" WHERE {differs} LIMIT 1",
            )
            is_changed = cursor.fetchone()
            cursor.execute(
                f'SELECT 1 FROM apart."touched_{table}" new JOIN main."{table}" now ON now.{key} = new.key'
                " WHERE new.is_new LIMIT 1",
            )
            if is_changed or cursor.fetchone():
                raise Moved

    def _write(self, cursor: Any, touched: dict[str, list[str]]) -> None:
        """Row by row, as they stand: what triggers make of a write, or refuse, was done and
        asked on the copy. `touched` has the columns that changed, by table.
        """
        cursor.execute(
            "SELECT name, tbl_name, sql FROM main.sqlite_master WHERE type = 'trigger'",
        )
        triggers = {
            name: sql
            for name, table, sql in cursor.fetchall()
            if table in touched
        }
        for name in triggers:
            cursor.execute(f'DROP TRIGGER main."{name}"')
        mitigations = f'SELECT key FROM apart."touched_{public.MITIGATIONS}"'
        if public.MITIGATIONS in touched:
            self._run(
                cursor,
                sqlite.not_searched(f"{mitigations} WHERE NOT is_new"),
            )
        for table, changed in touched.items():
            self._write_table(cursor, table, changed)
        if public.MITIGATIONS in touched:
            self._run(cursor, sqlite.searched(mitigations))
        for sql in triggers.values():
            cursor.execute(sql)

    def _write_table(
        self,
        cursor: Any,
        table: str,
        changed: list[str],
    ) -> None:
        name = f'main."{table}"'
        key = f'"{self.columns[table][0]}"'
        keys = f'SELECT key FROM apart."touched_{table}"'
        columns = ", ".join(f'"{column}"' for column in self.columns[table])
        insert = f'INSERT INTO {name} ({columns}) SELECT {columns} FROM apart."{table}" WHERE {key} IN '
        if _are_unique(cursor, table, changed):
            # Two rows may have taken each other's values, which one after the other they cannot.
            statements = [
                f"DELETE FROM {name} WHERE {key} IN ({keys} WHERE NOT is_new)",
                f"{insert} ({keys}) ORDER BY {key}",
            ]
        else:
            gone = f'{keys} WHERE NOT is_new AND key NOT IN (SELECT {key} FROM apart."{table}")'
            values = ", ".join(
                f'"{column}" = now."{column}"' for column in changed
            )
            stood = f"now.{key} IN ({keys} WHERE NOT is_new)"
            update = f'UPDATE {name} SET {values} FROM apart."{table}" now WHERE now.{key} = {name}.{key} AND {stood}'
            statements = [
                f"DELETE FROM {name} WHERE {key} IN ({gone})",
                *([update] if changed else []),
                f"{insert} ({keys} WHERE is_new) ORDER BY {key}",
            ]
        # No key is given a second time, not even of what was added and deleted.
        sequence = (
            "UPDATE main.sqlite_sequence SET seq = max(main.sqlite_sequence.seq, found.seq) FROM apart.sqlite_sequence found"
            f" WHERE main.sqlite_sequence.name = '{table}' AND found.name = '{table}'"
        )
        self._run(cursor, [*statements, sequence])

    def _run(self, cursor: Any, statements: list[str]) -> None:
        for statement in statements:
            cursor.execute(statement)
            self.beat()


def _is_of(table: str, virtual: list[str]) -> bool:
    """Whether it is one of these virtual tables, or keeps what one of them holds; or is
    SQLite's own.
    """
    return table.startswith("sqlite_") or any(
        table == name or table.startswith(f"{name}_") for name in virtual
    )


def _key_of(raw: sqlite3.Connection, table: str) -> str:
    """The column that is the key of a table; empty where none alone is."""
    keys = [
        row[1]
        for row in raw.execute(f'PRAGMA main.table_info("{table}")')
        if row[5]
    ]
    return keys[0] if len(keys) == 1 else ""


def _are_unique(cursor: Any, table: str, columns: list[str]) -> bool:
    """Whether an index keeps any of these columns unique; one over an expression, or of some
    rows alone, may be over all.
    """
    cursor.execute(
        "SELECT CASE WHEN list.partial THEN NULL ELSE column.name END"
        ' FROM pragma_index_list(%s) list, pragma_index_info(list.name) column WHERE list."unique"',
        [table],
    )
    unique = {name for (name,) in cursor.fetchall()}
    return bool(columns) and (None in unique or not unique.isdisjoint(columns))


def _has_rows(cursor: Any, table: str) -> bool:
    cursor.execute(f'SELECT EXISTS (SELECT 1 FROM apart."{table}")')
    return bool(cursor.fetchone()[0])
