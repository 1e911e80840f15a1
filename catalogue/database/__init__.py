"""What SQLite and PostgreSQL do differently, behind one interface.

Each engine's module has:

- `INTEGRITY`: SQL that installs the rules which no column constraint can hold (a code starts
  with its parent's; a classification carries its category's taxonomy; accessions never change
  and are never used again),
- `frozen(columns)`: SQL that installs the refusal of every change to releases; `columns` are
  those of their tables,
- `LOCK_RELEASES`: SQL that makes two writers cut releases one after the other,
- `refusing(rules)`: SQL that installs rules which other apps declare (see `public.py`),
- `CHANGES`: SQL that moves a mitigation's `updated_at` when what is told of it elsewhere
  changes (see `parts.py`),
- `revising(structure)`: SQL that installs what moves the revision with every write to a public
  table, and notes which mitigations changed; `structure` are the public tables beside those of
  mitigations (see `public.py`),
- `FIRST_REVISION`: SQL that gives the revision its row where there is none,
- `REVISION`: SQL for the revision's number and structure,
- `LOCK_REVISION`: SQL that holds the revision until the transaction ends, as a write to a
  public table does,
- `BEGIN_READING`: SQL after which everything read is of one moment, until a rollback,
- `SEARCH`: SQL that installs the search index and keeps it up to date, whoever writes,
- `LOCK_ACCESSIONS`: SQL that makes two writers take different accessions,
- `NEXT_KEYS`: SQL for so many free keys of mitigations; nobody else takes them where the
  transaction has written before,
- `matching(words, prefix, field, among)`: SQL, and its parameters, for the ids of mitigations
  with the stems of these words in a row, of all or of some,
- `having(words, field, among)`: likewise, of those with any of these words as they are written,
- `WORDS`: SQL for the words that published mitigations use,
- `TRIGGERS`: SQL for the names of the triggers that are there,
- `IN_THE_WAY`: SQL for the triggers that must be gone while a migration changes tables, by
  name, and what made them,
- `MOVE_STRUCTURE`: SQL that moves the revision as a write to more than single mitigations does,
- `rewrite(cursor, columns)`: writes the files of tables anew (see `rewrite` here).
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from types import ModuleType

from . import postgresql, public, sqlite

ENGINES = {"sqlite": sqlite, "postgresql": postgresql}


def engine(connection) -> ModuleType:
    """The module for the connection's database. Raises NotImplementedError for one that is not
    supported.
    """
    try:
        return ENGINES[connection.vendor]
    except KeyError:
        raise NotImplementedError(
            f"Use SQLite or PostgreSQL, not {connection.vendor}.",
        ) from None


def install(connection) -> None:
    """Installs triggers and the search index where they are missing or out of date."""
    module = engine(connection)
    tables = connection.introspection.table_names()
    if "catalogue_change" not in tables:
        return  # migrated back to nothing, or to before there were revisions
    statements = script(connection.vendor, tables)
    digest = hashlib.sha256("\0".join(statements).encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(module.FIRST_REVISION)
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS catalogue_installed (digest varchar(64) NOT NULL)",
        )
        cursor.execute("SELECT digest FROM catalogue_installed")
        if cursor.fetchone() == (digest,) and not missing_triggers(connection):
            return
        for statement in statements:
            cursor.execute(statement)
        # What a migration wrote while there were no triggers moved nothing.
        cursor.execute(module.MOVE_STRUCTURE)
        cursor.execute("DELETE FROM catalogue_installed")
        cursor.execute("INSERT INTO catalogue_installed VALUES (%s)", [digest])


def triggers_in_the_way(connection) -> dict[str, str]:
    """The triggers that migrations would fail on: the SQL that made each, by its name."""
    with connection.cursor() as cursor:
        cursor.execute(engine(connection).IN_THE_WAY)
        return dict(cursor.fetchall())


def take_out_triggers(connection) -> None:
    """Makes way for migrations. `install` puts back what is missing, and `put_back` what was
    there.
    """
    with connection.cursor() as cursor:
        for name in triggers_in_the_way(connection):
            cursor.execute(f'DROP TRIGGER "{name}"')


def put_back(connection, triggers: dict[str, str]) -> None:
    """After a migration that failed: those of `triggers` (see `triggers_in_the_way`) that are
    gone.
    """
    there = triggers_in_the_way(connection)
    with connection.cursor() as cursor:
        for name, statement in triggers.items():
            if name not in there:
                cursor.execute(statement)


def script(vendor: str, tables: Collection[str] | None = None) -> list[str]:
    """All that `install` installs, where these tables are there; or all tables."""
    module = ENGINES[vendor]
    structure = [
        table
        for table in public.structure()
        if tables is None or table in tables
    ]
    frozen = {
        name: columns
        for name, columns in public.FROZEN_COLUMNS.items()
        if tables is None or name in tables
    }
    rules = [
        rule
        for rule in public.RULES.values()
        if tables is None or {rule.table, *rule.needs} <= set(tables)
    ]
    return (
        module.INTEGRITY
        + module.refusing(rules)
        + module.frozen(frozen)
        + module.CHANGES
        + module.revising(structure)
        + module.SEARCH
    )


def missing_triggers(connection) -> set[str]:
    """Names of triggers that are to guard the tables which are there, and do not."""
    statements = script(
        connection.vendor,
        connection.introspection.table_names(),
    )
    wanted = (
        re.match(
            r"CREATE (?:OR REPLACE |CONSTRAINT )?TRIGGER (\w+)",
            statement,
        )
        for statement in statements
    )
    with connection.cursor() as cursor:
        cursor.execute(engine(connection).TRIGGERS)
        installed = {name.lower() for (name,) in cursor.fetchall()}
    return {match[1].lower() for match in wanted if match} - installed


def lock_revision(connection) -> None:
    """Waits until no other transaction writes public data, and holds the others off until this
    one ends.
    """
    with connection.cursor() as cursor:
        for statement in engine(connection).LOCK_REVISION:
            cursor.execute(statement)


def next_accession(connection) -> str:
    """The lowest accession above all that were ever given. To be called in the transaction that
    uses it.
    """
    with connection.cursor() as cursor:
        for statement in engine(connection).LOCK_ACCESSIONS:
            cursor.execute(statement)
        cursor.execute(
            "SELECT COALESCE(MAX(number), 0) + 1 FROM catalogue_accession",
        )
        return f"M{cursor.fetchone()[0]:04}"


def next_keys(connection, count: int) -> list[int]:
    """So many keys for new mitigations, for parts that are to be written before what they
    belong to.
    """
    with connection.cursor() as cursor:
        cursor.execute(engine(connection).NEXT_KEYS, [count])
        return [key for (key,) in cursor.fetchall()]


def rewrite(connection, columns: Mapping[str, str]) -> str:
    """Writes the files of tables anew, so that nothing is in them of what was deleted or
    changed; on SQLite the whole database. `columns` gives for each table a column of which not
    even samples are to be left. Waits for readers, and holds others off meanwhile. Not within a
    transaction. Returns why something may still be there; empty where nothing is.
    """
    with connection.cursor() as cursor:
        return engine(connection).rewrite(cursor, columns)
