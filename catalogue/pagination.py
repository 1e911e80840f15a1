"""Pages of an ordered list by cursor: a page begins after a row, not after a number of rows.

So pages neither repeat nor skip a row while the data changes, and the last page costs what the first does.
"""

import base64
import binascii
import datetime
import json
import zlib
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime

from .ordering import Run, Selection, after, turned

DEFAULT_SIZE, LARGEST_SIZE = 50, 500


class BadCursor(ValueError):
    """The cursor was not made by this list in this order."""


def mark(rows: QuerySet | Selection, columns: list[str]) -> int:
    """Tells a list and its order from others, whose values may look alike."""
    model = rows.records.model if isinstance(rows, Selection) else rows.model
    return zlib.crc32(f"{model._meta.label} {columns}".encode())


def encode(of: int, backwards: bool, values: list[Any]) -> str:
    """`of` is the mark of the list and its order."""
    plain = [value.isoformat() if isinstance(value, datetime.datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps([of, int(backwards), *plain]).encode()).decode().rstrip("=")


def decode(cursor: str, of: int, columns: list[str]) -> tuple[bool, list[Any]]:
    """Raises BadCursor."""
    try:
        marked, backwards, *values = json.loads(
            base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        )
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise BadCursor from error
    if marked != of or backwards not in (0, 1) or len(values) != len(columns):
        raise BadCursor
    return bool(backwards), [_typed(value, column.lstrip("-")) for value, column in zip(values, columns, strict=True)]


def _typed(value: Any, column: str) -> Any:
    """The value with the type of its column. Raises BadCursor."""
    try:
        moment = parse_datetime(value) if column.endswith("_at") else None
    except (ValueError, TypeError) as error:
        raise BadCursor from error
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31
    if column.endswith("_at"):
        # At either end of the calendar there is no such moment in UTC.
        fits = moment is not None and moment.tzinfo is not None and 1 < moment.year < 9999
    elif column == "pk":
        fits = whole and value >= 0
    elif column in ("score", "name_length", "position", "is_unknown") or column.endswith("_id"):
        fits = whole
    elif column == "support":
        fits = whole or isinstance(value, float)
    else:
        fits = isinstance(value, str) and _is_text(value)
    if not fits:
        raise BadCursor
    return moment or value


def _is_text(value: str) -> bool:
    """Whether a database takes it: half of a surrogate pair, which JSON can write, is none."""
    return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


class Page:
    """One page of `rows`, a query set or a selection that `columns` order; the last column is unique."""

    def __init__(self, rows: QuerySet | Selection, columns: list[str], cursor: str, size: int):
        self.of = mark(rows, columns)
        backwards, values = decode(cursor, self.of, columns) if cursor else (False, None)
        found = self._read(rows, columns, values, backwards, size + 1)
        more, found = len(found) > size, found[:size]
        self.rows = found[::-1] if backwards else found
        self.columns = columns
        self.has_next, self.has_previous = (bool(cursor), more) if backwards else (more, bool(cursor))

    @staticmethod
    def _read(rows, columns: list[str], values: list[Any] | None, backwards: bool, count: int) -> Sequence:
        if isinstance(rows, Selection):
            return rows.page(values, backwards, count)
        order = turned(columns) if backwards else columns
        return list((rows.filter(after(order, values)) if values else rows).order_by(*order)[:count])

    def _cursor(self, place: int, backwards: bool) -> str:
        columns = [column.lstrip("-") for column in self.columns]
        if isinstance(self.rows, Run):
            return encode(self.of, backwards, self.rows.standing(place, columns))
        return encode(self.of, backwards, [getattr(self.rows[place], column) for column in columns])

    @property
    def next(self) -> str | None:
        return self._cursor(-1, False) if self.rows and self.has_next else None

    @property
    def previous(self) -> str | None:
        return self._cursor(0, True) if self.rows and self.has_previous else None
