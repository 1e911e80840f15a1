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

DEFAULT_SIZE = 50
LARGEST_SIZE = 500
#: What marks a moment among values; no value is a list.
MOMENT = "moment"

#: A signer without the time: the same page has the same address.
_signer = Signer(salt="catalogue.pagination", sep=".")


class BadCursor(ValueError):
    """The cursor was not made by this list in this order."""


def list_mark(rows: QuerySet | Selection, columns: list[str]) -> int:
    """Tells a list and its order from others, whose values may look alike."""
    model = rows.records.model if isinstance(rows, Selection) else rows.model
    return zlib.crc32(f"{model._meta.label} {columns}".encode())


def encode(mark: int, backwards: bool, values: list[Any]) -> str:
    """The cursor of a page that begins after the row with these values of the columns, or
    backwards before it; `mark` is that of the list.
    """
    plain = []
    for value in values:
        is_moment = isinstance(value, datetime)
        plain.append([MOMENT, value.isoformat()] if is_moment else value)
    return _signer.sign_object([mark, backwards, *plain])


def decode(
    cursor: str,
    mark: int,
    columns: list[str],
) -> tuple[bool, list[Any]]:
    """Whether it goes backwards, and the values. Raises BadCursor."""
    try:
        marked, backwards, *plain = _signer.unsign_object(cursor)
    except BadSignature as error:
        raise BadCursor from error
    if marked != mark or len(plain) != len(columns):
        raise BadCursor
    values = []
    for value in plain:
        is_moment = isinstance(value, list)
        values.append(datetime.fromisoformat(value[1]) if is_moment else value)
    return backwards, values


class Page:
    """One page of `rows`, a query set or a selection that `columns` order; the last column is
    unique.
    """

    def __init__(
        self,
        rows: QuerySet | Selection,
        columns: list[str],
        cursor: str,
        size: int,
    ):
        self.mark = list_mark(rows, columns)
        self.columns = columns
        backwards = False
        values = None
        if cursor:
            backwards, values = decode(cursor, self.mark, columns)
        # One more than it shows tells whether there is a page beyond.
        read = self._read(rows, values, backwards, size + 1)
        has_more = len(read) > size
        read = read[:size]
        if backwards:
            self.rows = read[::-1]
            self.has_next = True
            self.has_previous = has_more
        else:
            self.rows = read
            self.has_next = has_more
            self.has_previous = bool(cursor)

    def _read(
        self,
        rows: Any,
        values: list[Any] | None,
        backwards: bool,
        count: int,
    ) -> Sequence:
        if isinstance(rows, Selection):
            return rows.page(values, backwards, count)
        order = turned(self.columns) if backwards else self.columns
        if values:
            rows = rows.filter(after(order, values))
        return list(rows.order_by(*order)[:count])

    def _cursor(self, place: int, backwards: bool) -> str:
        columns = [column.lstrip("-") for column in self.columns]
        if isinstance(self.rows, Run):
            values = self.rows.column_values(place, columns)
        else:
            values = [getattr(self.rows[place], column) for column in columns]
        return encode(self.mark, backwards, values)

    @property
    def next(self) -> str | None:
        if self.rows and self.has_next:
            return self._cursor(-1, False)
        return None

    @property
    def previous(self) -> str | None:
        if self.rows and self.has_previous:
            return self._cursor(0, True)
        return None
