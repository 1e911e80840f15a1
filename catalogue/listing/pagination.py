"""Pages of an ordered list by cursor: a page begins after a row, not after a number of rows.

So pages neither repeat nor skip a row while the data changes, and the last page costs what the
first does.

A cursor is signed with the site's key, so what it holds has the types that its columns have:
nobody else can have made it.
"""

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet

from .ordering import Run, Selection, after, turned

DEFAULT_SIZE, LARGEST_SIZE = 50, 500


class BadCursor(ValueError):
    """The cursor was not made by this list in this order."""


def mark(rows: QuerySet | Selection, columns: list[str]) -> int:
    """Tells a list and its order from others, whose values may look alike."""
    model = rows.records.model if isinstance(rows, Selection) else rows.model
    return zlib.crc32(f"{model._meta.label} {columns}".encode())


#: A signer without the time: the same page has the same address.
_signer = Signer(salt="catalogue.pagination", sep=".")
#: What marks a moment among values; no value is a list.
MOMENT = "moment"


def encode(of: int, backwards: bool, values: list[Any]) -> str:
    """`of` is the mark of the list and its order."""
    plain = [
        [MOMENT, value.isoformat()] if isinstance(value, datetime) else value
        for value in values
    ]
    return _signer.sign_object([of, backwards, *plain])


def decode(cursor: str, of: int, columns: list[str]) -> tuple[bool, list[Any]]:
    """Raises BadCursor."""
    try:
        marked, backwards, *plain = _signer.unsign_object(cursor)
    except BadSignature as error:
        raise BadCursor from error
    if marked != of or len(plain) != len(columns):
        raise BadCursor
    return backwards, [
        datetime.fromisoformat(value[1]) if isinstance(value, list) else value
        for value in plain
    ]


class Page:
    """One page of `rows`, a query set or a selection that `columns` order; the last column is
    unique.
    """

    def __init__(
        self, rows: QuerySet | Selection, columns: list[str], cursor: str, size: int
    ):
        self.of = mark(rows, columns)
        backwards, values = (
            decode(cursor, self.of, columns) if cursor else (False, None)
        )
        found = self._read(rows, columns, values, backwards, size + 1)
        more, found = len(found) > size, found[:size]
        self.rows = found[::-1] if backwards else found
        self.columns = columns
        self.has_next, self.has_previous = (
            (bool(cursor), more) if backwards else (more, bool(cursor))
        )

    @staticmethod
    def _read(
        rows, columns: list[str], values: list[Any] | None, backwards: bool, count: int
    ) -> Sequence:
        if isinstance(rows, Selection):
            return rows.page(values, backwards, count)
        order = turned(columns) if backwards else columns
        return list(
            (rows.filter(after(order, values)) if values else rows).order_by(*order)[
                :count
            ]
        )

    def _cursor(self, place: int, backwards: bool) -> str:
        columns = [column.lstrip("-") for column in self.columns]
        if isinstance(self.rows, Run):
            return encode(self.of, backwards, self.rows.standing(place, columns))
        return encode(
            self.of,
            backwards,
            [getattr(self.rows[place], column) for column in columns],
        )

    @property
    def next(self) -> str | None:
        return self._cursor(-1, False) if self.rows and self.has_next else None

    @property
    def previous(self) -> str | None:
        return self._cursor(0, True) if self.rows and self.has_previous else None
