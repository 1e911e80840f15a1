"""Histories of many rows at once, copied from their tables by the database itself.

django-simple-history's own bulk functions make an object for each row, and know nothing of
many-to-many relations: for 100,000 mitigations with their parts that is 1.5 million objects.
"""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection

from .kinds.base import Author

#: What SQLite takes in one statement, at least.
MOST_PARAMETERS = 10_000


def insert(model: Any, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Rows as they are, without an object for each: three times as fast as `bulk_create`."""
    quote = connection.ops.quote_name
    names = ", ".join(map(quote, columns))
    row = f"({', '.join(['%s'] * len(columns))})"
    most = MOST_PARAMETERS // len(columns)
    with connection.cursor() as cursor:
        # Many rows in a statement: PostgreSQL runs its triggers once for each of these.
        for start in range(0, len(rows), most):
            lot = rows[start : start + most]
            values = ", ".join([row] * len(lot))
            flat = [value for one in lot for value in one]
            cursor.execute(
                f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES {values}",
                flat,
            )


def record(
    model: Any, keys: Collection[int], kind: str, author: Author, *, by: str = "id"
) -> None:
    """Writes into the history of `model` how its rows stand now that have one of `keys` in the
    column `by`. `kind` is “+”, “~” or “-” (before they go).
    """
    if not keys:
        return
    past = model.history.model
    quote = connection.ops.quote_name
    own: list[Any] = [
        field.column
        for field in past._meta.concrete_fields
        if not field.name.startswith("history_")
    ]
    names = ", ".join(map(quote, own))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COALESCE(MAX(history_id), 0) FROM {quote(past._meta.db_table)}"
        )
        last = cursor.fetchone()[0]
        cursor.execute(
            f"INSERT INTO {quote(past._meta.db_table)}"
            f" ({names}, history_date, history_change_reason, history_type, history_user_id)"
            f" SELECT {names}, %s, %s, %s, %s FROM {quote(model._meta.db_table)} WHERE {quote(by)} IN ({listed(keys)})",
            [
                connection.ops.adapt_datetimefield_value(author.now),
                author.reason,
                kind,
                author.user_id,
            ],
        )
        for relation in getattr(past, "_history_m2m_fields", ()):
            _record_terms(cursor, past, relation, keys, last)


def _record_terms(
    cursor: Any, past: Any, relation: Any, keys: Collection[int], last: int
) -> None:
    """What stood in a many-to-many relation, beside each of the records that were just written."""
    through: Any = relation.remote_field.through
    kept = getattr(past, relation.name).model
    quote = connection.ops.quote_name
    own: list[Any] = [field.column for field in through._meta.concrete_fields]
    key = relation.m2m_column_name()
    cursor.execute(
        f"INSERT INTO {quote(kept._meta.db_table)} (history_id, {', '.join(map(quote, own))})"
        f" SELECT h.history_id, {', '.join(f't.{quote(name)}' for name in own)}"
        f" FROM {quote(through._meta.db_table)} t JOIN {quote(past._meta.db_table)} h ON h.id = t.{quote(key)}"
        f" WHERE h.id IN ({listed(keys)}) AND h.history_id > %s",
        [last],
    )


def listed(keys: Collection[int]) -> str:
    """Keys as they stand in SQL: parameters take longer to prepare than the database to answer."""
    return ",".join(str(int(key)) for key in keys) or "NULL"
