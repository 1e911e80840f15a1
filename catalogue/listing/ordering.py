"""Orders of mitigations, and lists in an order.

An order is a tuple of columns, the key last so that no two rows tie; a minus sign turns one
around. Columns that the index can split are never sorted: the sets of their values are walked
in order. The others are ordered by the database, along an index.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from pyroaring import BitMap

from ..models import Mitigation
from ..models.mitigation import MitigationQuerySet

if TYPE_CHECKING:
    from .filters import MitigationFilter

Split = Callable[["MitigationFilter"], dict[Any, BitMap]]

#: Up to so many are handed to the database to be sorted; more are picked while it walks along
#: its index.
FEW = 2_000
#: How many records are read at once where a list is read through.
CHUNK = 500


@dataclass(frozen=True)
class Ordering:
    """One way to order a list: `columns` from the least to the most. `splits` has, for a
    column, the sets of mitigations by its value.

    `turned` are the columns the other way round, where that is not each of them turned: what is
    unknown comes last either way. `begins_with_most` says that pages offer it that way round:
    the newest first, the best supported.
    """

    label: str
    columns: tuple[str, ...]
    splits: dict[str, Split] = field(default_factory=dict)
    turned: tuple[str, ...] | None = None
    begins_with_most: bool = False


def turned(columns: Iterable[str]) -> list[str]:
    return [
        column[1:] if column.startswith("-") else f"-{column}" for column in columns
    ]


def after(columns: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows that come after the row with these values, in the order of `columns`."""
    condition, equal = Q(pk__in=[]), Q()
    for column, value in zip(columns, values, strict=True):
        name, comparison = column.lstrip("-"), "lt" if column.startswith("-") else "gt"
        condition |= equal & Q(**{f"{name}__{comparison}": value})
        equal &= Q(**{name: value})
    # Said again for the first column alone, so that a database walks its index from there.
    first = columns[0].lstrip("-")
    return (
        Q(**{f"{first}__{'lte' if columns[0].startswith('-') else 'gte'}": values[0]})
        & condition
    )


@dataclass(frozen=True)
class Group:
    """Mitigations that only their key orders: the values of all other columns are the same."""

    values: dict[str, Any]
    keys: BitMap

    def run(self, start: int, count: int, backwards: bool) -> list[int]:
        """`count` keys from the `start`-th on."""
        size = len(self.keys)
        if not backwards:
            return list(self.keys[start : start + count])
        return list(self.keys[max(0, size - start - count) : max(0, size - start)])[
            ::-1
        ]

    def place_after(self, key: int, backwards: bool) -> int:
        """How many stand before or at `key`."""
        below = self.keys.rank(key)
        return len(self.keys) - below + (key in self.keys) if backwards else below


class Run(Sequence):
    """Mitigations one after another: their keys, and their records once these are asked for.

    `values` has, for each key, what the columns of the order are that no record has.
    """

    def __init__(self, values: dict[int, dict[str, Any]], records: MitigationQuerySet):
        self.values, self.records = values, records

    @property
    def keys(self) -> list[int]:
        return list(self.values)

    def __len__(self):
        return len(self.values)

    def __getitem__(self, place):
        if isinstance(place, slice):
            return Run(
                {key: self.values[key] for key in self.keys[place]}, self.records
            )
        return self._read[place]

    def standing(self, place: int, columns: Sequence[str]) -> list[Any]:
        """What the columns of an order, the key last, say of one of them."""
        key = self.keys[place]
        known = self.values[key]
        if set(columns[:-1]) <= known.keys():
            return [*(known[column] for column in columns[:-1]), key]
        return [getattr(self.some([key])[key], column) for column in columns]

    @cached_property
    def _read(self) -> list[Mitigation]:
        found = self.some(self.keys)
        for key, record in found.items():
            for column, value in self.values[key].items():
                setattr(record, column, value)
        return list(found.values())

    def some(self, keys: list[int]) -> dict[int, Mitigation]:
        """The records of some of the keys, in their order."""
        found = {record.pk: record for record in self.records.published_among(keys)}
        return {key: found[key] for key in keys if key in found}


class Selection(Sequence):
    """Some mitigations in an order. Records are read when a slice is taken, the published ones
    of `records`, a query set.
    """

    def __init__(
        self,
        keys: BitMap,
        columns: Sequence[str],
        splits: dict[str, dict[Any, BitMap]],
        records: MitigationQuerySet,
    ):
        self.keys, self.columns, self.splits, self.records = (
            keys,
            list(columns),
            splits,
            records,
        )

    def __len__(self):
        return len(self.keys)

    def count(self):  # type: ignore[override]
        return len(self.keys)

    def __bool__(self):
        return bool(self.keys)

    def __getitem__(self, place):
        if isinstance(place, slice):
            start, stop, _ = place.indices(len(self))
            return Run(dict(self._run(start, max(0, stop - start))), self.records)
        return self[place : place + 1][0]

    def __iter__(self) -> Iterator[Mitigation]:
        found = self._run(0, len(self))
        while chunk := list(islice(found, CHUNK)):
            yield from Run(dict(chunk), self.records)

    def chunks(self, size: int = CHUNK) -> Iterator[list[int]]:
        """The keys in order, so many at once, for who reads no records but rows of their own."""
        found = self._run(0, len(self))
        while chunk := [key for key, _ in islice(found, size)]:
            yield chunk

    def page(self, values: Sequence[Any] | None, backwards: bool, count: int) -> Run:
        """The first `count`, or those after the row with these values of the columns; backwards
        from there if so asked.
        """
        columns = turned(self.columns) if backwards else self.columns
        if self._is_split:
            found: Iterator[tuple[int, dict]] = islice(
                self._after(columns, values), count
            )
        else:
            found = self._ordered(columns, values, 0, count)
        return Run(dict(found), self.records)

    # By the sets of the index

    @property
    def _is_split(self) -> bool:
        return all(column.lstrip("-") in self.splits for column in self.columns[:-1])

    def groups(
        self, columns: Sequence[str], values: Sequence[Any] | None = None
    ) -> Iterator[Group]:
        """In order; where `values` are given, from the group that has them on."""
        yield from self._split(self.keys, list(columns[:-1]), {}, list(values or []))

    def _split(
        self, keys: BitMap, columns: list[str], known: dict[str, Any], since: list[Any]
    ) -> Iterator[Group]:
        if not columns:
            yield Group(known, keys)
            return
        column, falls = columns[0].lstrip("-"), columns[0].startswith("-")
        sets = self.splits[column]
        for value in sorted(sets, reverse=falls):
            if since and value != since[0] and (value < since[0]) is not falls:
                continue
            standing = keys & sets[value]
            if standing:
                rest = since[1:] if since and value == since[0] else []
                yield from self._split(
                    standing, columns[1:], {**known, column: value}, rest
                )

    def _after(
        self, columns: Sequence[str], values: Sequence[Any] | None
    ) -> Iterator[tuple[int, dict]]:
        backwards = columns[-1].startswith("-")
        for group in self.groups(columns, values):
            start = 0
            if values and list(group.values.values()) == list(values[:-1]):
                start = group.place_after(values[-1], backwards)
            for begin in range(start, len(group.keys), CHUNK):
                yield from (
                    (key, group.values) for key in group.run(begin, CHUNK, backwards)
                )

    def _run(self, start: int, count: int) -> Iterator[tuple[int, dict]]:
        if not self._is_split:
            yield from self._ordered(self.columns, None, start, count)
            return
        backwards = self.columns[-1].startswith("-")
        for group in self.groups(self.columns):
            size = len(group.keys)
            if start < size and count:
                found = (
                    group.run(start, count, backwards)
                    if count <= CHUNK
                    else self._long_run(group, start, count)
                )
                taken = 0
                for key in found:
                    taken += 1
                    yield key, group.values
                count -= taken
            start = max(0, start - size)
            if not count:
                return

    def _long_run(self, group: Group, start: int, count: int) -> Iterator[int]:
        backwards, end = (
            self.columns[-1].startswith("-"),
            min(len(group.keys), start + count),
        )
        for begin in range(start, end, CHUNK):
            yield from group.run(begin, min(CHUNK, end - begin), backwards)

    # By the database

    def _ordered(
        self,
        columns: Sequence[str],
        values: Sequence[Any] | None,
        start: int,
        count: int,
    ) -> Iterator[tuple[int, dict]]:
        every = Mitigation.objects.using(self.records.db)
        rows = (
            every.published_among(self.keys)
            if len(self.keys) <= FEW
            else every.published()
        )
        rows = rows.order_by(*columns)
        if values:
            rows = rows.filter(after(columns, values))
        if len(self.keys) <= FEW:
            found = rows.values_list("pk", flat=True)[start : start + count].iterator(
                chunk_size=CHUNK
            )
        else:
            walked = rows.values_list("pk", flat=True).iterator(chunk_size=CHUNK)
            found = islice(
                (key for key in walked if key in self.keys), start, start + count
            )
        for key in found:
            yield key, {}
