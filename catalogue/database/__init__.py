"""What SQLite and PostgreSQL do differently, behind one interface.

Each engine's module has:

- `INTEGRITY`: SQL that installs the rules which no column constraint can hold (a code starts with
  its parent's; a classification carries its category's taxonomy; accessions never change and are
  never used again),
- `CHANGES`: SQL that moves a mitigation's `updated_at` when what is told of it elsewhere changes (see `parts.py`),
- `SEARCH`: SQL that installs the search index and keeps it up to date, whoever writes,
- `LOCK_ACCESSIONS`: SQL that makes two writers take different accessions,
- `matching(words, prefix, field)`: SQL, and its parameters, for the ids of mitigations with a search term,
- `WORDS`: SQL for the words that published mitigations use.
"""

import hashlib
from types import ModuleType

from . import postgresql, sqlite

ENGINES = {"sqlite": sqlite, "postgresql": postgresql}


def engine(connection) -> ModuleType:
    """The module for the connection's database. Raises NotImplementedError for one that is not supported."""
    try:
        return ENGINES[connection.vendor]
    except KeyError:
        raise NotImplementedError(f"Use SQLite or PostgreSQL, not {connection.vendor}.") from None


def install(connection) -> None:
    """Installs triggers and the search index where they are missing or out of date."""
    module = engine(connection)
    if "catalogue_mitigation" not in connection.introspection.table_names():
        return  # migrated back to nothing
    script = module.INTEGRITY + module.CHANGES + module.SEARCH
    digest = hashlib.sha256("\0".join(script).encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS catalogue_installed (digest varchar(64) NOT NULL)")
        cursor.execute("SELECT digest FROM catalogue_installed")
        if cursor.fetchone() == (digest,) and module.is_installed(cursor):
            return
        for statement in script:
            cursor.execute(statement)
        cursor.execute("DELETE FROM catalogue_installed")
        cursor.execute("INSERT INTO catalogue_installed VALUES (%s)", [digest])


def next_accession(connection) -> str:
    """The lowest accession above all that were ever given. To be called in the transaction that uses it."""
    with connection.cursor() as cursor:
        for statement in engine(connection).LOCK_ACCESSIONS:
            cursor.execute(statement)
        cursor.execute("SELECT COALESCE(MAX(number), 0) + 1 FROM catalogue_accession")
        return f"M{cursor.fetchone()[0]:04}"
