"""The revision: a number that moves with every write to what readers see, whoever writes it.

Triggers move it in the transaction of the write (`catalogue/database/`). On PostgreSQL the
first such write of a transaction takes the lock of the one row, and keeps it to the end:
transactions that write public data come one after another, so that numbers are committed in
order, and who reads N sees every write up to N. SQLite has one writer at a time anyway. What
locks rows before it writes begins with `writing()`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import connections, router, transaction

from . import database
from .models import Revision


def current(using: str = "default") -> tuple[int, int]:
    """The revision's number, and its structure: the number of the last write to more than
    single mitigations.

    (0, 0) where nothing was ever written. Within a transaction both move with the transaction's
    own writes.
    """
    connection = connections[using]
    if connection.connection is None:
        connection.ensure_connection()
    # Past Django's cursors, which take three times as long as the query itself: every read of a
    # page or the API asks this.
    with connection.wrap_database_errors:
        return connection.connection.execute(
            database.engine(connection).REVISION,
        ).fetchone() or (
            0,
            0,
        )


@contextmanager
def writing(using: str = "default") -> Iterator[None]:
    """A transaction that holds the revision from its beginning: for what locks rows, or judges
    them, before it writes. Also a decorator.

    Without it one transaction could hold a row and wait for the revision, and another hold the
    revision and wait for that row, until PostgreSQL ends one of them. It moves the revision no
    more than what is written in it does.
    """
    with transaction.atomic(using):
        database.lock_revision(connections[using])
        yield


def shown() -> int:
    """The number of what this request reads: of today's data, or of a release."""
    return current(router.db_for_read(Revision))[0]


def moment_of(number: int) -> datetime | None:
    """When the revision came to be; None where nothing was ever written."""
    if number:
        return datetime.fromtimestamp(number / 1e6, UTC)
    return None
