"""Orders of mitigations, and lists in an order.

An order is a tuple of columns, the key last so that no two rows tie; a minus sign turns one
around. Columns that the index can split are never sorted: the sets of their values are walked
in order. The others are ordered by the database, along an index.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import islice
from typing import Any

from django.db.models import Q
from django.db.models.functions import Length
from pyroaring import BitMap

from serving.registry import Registry

from ..models import Mitigation
from ..models.mitigation import UNCODED, MitigationQuerySet
from .order_groups import ListFilters, OrderGroups, categories_in_words
from .search import SearchPlan
from .sources import EMPTY, FacetSource, Sets, by_primary_place, pairs

#: Up to so many are handed to the database to be sorted; more are picked while it walks along
#: its index.
FEW = 2_000
#: How many records are read at once where a list is read through.
BATCH = 500
#: Of a place in an order: the key of a mitigation, and what the columns of the order are that
#: no record has.
Place = tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Ordering:
    """One way to order a list: `columns` from the least to the most. `splits` has, for a
    column, the sets of mitigations by its value.

    `reverse` are the columns the other way round, where that is not each of them turned: what
    is unknown comes last either way. `begins_with_most` says that pages offer it that way
    round: the newest first, the best supported. Where they offer the other too, that has a
    `label_of_other`.
    """

    label: str
    columns: tuple[str, ...]
    splits: dict[str, Callable[[ListFilters], Sets]] = field(
        default_factory=dict,
    )
    reverse: tuple[str, ...] | None = None
    begins_with_most: bool = False
    groups: OrderGroups | None = None
    label_of_other: str = ""

    def offered(self, key: str) -> dict[str, str]:
        """What pages offer of it: labels by the value of `ordering`. `key` is its own."""
        ways = [key, f"-{key}"]
        if self.begins_with_most:
            ways.reverse()
        offered = {ways[0]: self.label}
        if self.label_of_other:
            offered[ways[1]] = self.label_of_other
        return offered

    def columns_of(self, ordering: str) -> list[str]:
        """The columns for a value of `ordering`, which a minus sign turns around."""
        if not ordering.startswith("-"):
            return list(self.columns)
        return list(self.reverse or turned(self.columns))


# Those of mitigations


def by_score(filters: ListFilters) -> dict[int, BitMap]:
    plan = filters.search or SearchPlan("")
    return plan.scores(filters.index, filters.wordings)


BY_LENGTH_OF_NAME = FacetSource(
    "length of name",
    partial(
        pairs,
        Mitigation.objects.published().annotate(n=Length("name")),
        "pk",
        "n",
    ),
    is_lasting=True,
)


def by_length_of_name(filters: ListFilters) -> dict[int, BitMap]:
    return filters.index.sets(BY_LENGTH_OF_NAME)


def by_code(filters: ListFilters) -> dict[str, BitMap]:
    """By the path of the primary category; those without one come last."""
    index = filters.index
    taxonomy = filters.code_taxonomy

    def split() -> dict[str, BitMap]:
        sets = index.sets(by_primary_place(taxonomy)) if taxonomy else {}
        uncoded = index.published - BitMap.union(EMPTY, *sets.values())
        return {**sets, UNCODED: uncoded}

    return index.per_revision(("by code", taxonomy and taxonomy.pk), split)


#: By the field that they go by. A minus sign before it is descending.
ORDERINGS: Registry[str, Ordering] = Registry(
    "ordering",
    {
        "relevance": Ordering(
            "relevance",
            ("score", "-name_length", "-pk"),
            {"score": by_score, "name_length": by_length_of_name},
            begins_with_most=True,
        ),
        "code": Ordering(
            "code",
            ("code_path", "pk"),
            {"code_path": by_code},
            groups=OrderGroups("code_path", categories_in_words),
        ),
        "name": Ordering("name", ("sort_name", "pk")),
        "created_at": Ordering(
            "newest",
            ("created_at", "pk"),
            begins_with_most=True,
        ),
        "updated_at": Ordering(
            "last change",
            ("updated_at", "pk"),
            begins_with_most=True,
        ),
    },
)
#: The order of a list with a search.
BY_RELEVANCE = "-relevance"
#: Words that were taken before, each for what it has always meant. `catalogue/api/deprecation.py`
#: says that they go.
FORMER_ORDERINGS: Registry[str, str] = Registry(
    "former ordering",
    {
        "relevance": "-relevance",
        "newest": "-created_at",
        "-newest": "created_at",
        "updated": "-updated_at",
        "-updated": "updated_at",
    },
)


def ordering_values() -> list[str]:
    """All that `ordering` takes, former words last."""
    values = []
    for key in ORDERINGS:
        values += [key, f"-{key}"]
    current = [value for value in values if value not in FORMER_ORDERINGS]
    return list(dict.fromkeys([*current, *FORMER_ORDERINGS]))


# Columns


def turned(columns: Iterable[str]) -> list[str]:
    """The columns of the order the other way round."""
    result = []
    for column in columns:
        falls = column.startswith("-")
        result.append(column[1:] if falls else f"-{column}")
    return result


def after(columns: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows that come after the row with these values, in the order of `columns`."""
    condition = Q(pk__in=[])
    equal = Q()
    for column, value in zip(columns, values, strict=True):
        name = column.lstrip("-")
        comparison = "lt" if column.startswith("-") else "gt"
        condition |= equal & Q(**{f"{name}__{comparison}": value})
        equal &= Q(**{name: value})
    # Said again for the first column alone, so that a database walks its index from there.
    first = columns[0].lstrip("-")
    comparison = "lte" if columns[0].startswith("-") else "gte"
    return Q(**{f"{first}__{comparison}": values[0]}) & condition


# Lists


@dataclass(frozen=True)
class TiedKeys:
    """Mitigations that only their key orders: the values of all other columns are the same."""

    values: dict[str, Any]
    keys: BitMap

    def run(self, start: int, count: int, backwards: bool) -> list[int]:
        """`count` keys from the `start`-th on."""
        if not backwards:
            return list(self.keys[start : start + count])
        end = max(0, len(self.keys) - start)
        keys = list(self.keys[max(0, end - count) : end])
        keys.reverse()
        return keys

    def place_after(self, key: int, backwards: bool) -> int:
        """How many come before `key`, itself included."""
        below = self.keys.rank(key)
        if not backwards:
            return below
        return len(self.keys) - below + (key in self.keys)


class Run(Sequence):
    """Mitigations one after another: their keys, and their records once these are asked for.

    `values` has, for each key, what the columns of the order are that no record has.
    """

    def __init__(
        self,
        values: dict[int, dict[str, Any]],
        records: MitigationQuerySet,
    ):
        self.values = values
        self.records = records

    @property
    def keys(self) -> list[int]:
        return list(self.values)

    def __len__(self):
        return len(self.values)

    def __getitem__(self, place):
        if not isinstance(place, slice):
            return self._read[place]
        values = {key: self.values[key] for key in self.keys[place]}
        return Run(values, self.records)

    def column_values(self, place: int, columns: Sequence[str]) -> list[Any]:
        """What the columns of an order, the key last, say of one of them."""
        key = self.keys[place]
        known = self.values[key]
        if set(columns[:-1]) <= known.keys():
            return [*(known[column] for column in columns[:-1]), key]
        [record] = self.some([key]).values()
        return [getattr(record, column) for column in columns]

    @cached_property
    def _read(self) -> list[Mitigation]:
        records = self.some(self.keys)
        for key, record in records.items():
            for column, value in self.values[key].items():
                setattr(record, column, value)
        return list(records.values())

    def some(self, keys: list[int]) -> dict[int, Mitigation]:
        """The records of some of the keys, in their order."""
        records = {one.pk: one for one in self.records.published_among(keys)}
        return {key: records[key] for key in keys if key in records}


class Selection(Sequence):
    """Some mitigations in an order. Records are read when a slice is taken, the published ones
    of `records`, a query set.
    """

    def __init__(
        self,
        keys: BitMap,
        columns: Sequence[str],
        splits: dict[str, Sets],
        records: MitigationQuerySet,
    ):
        self.keys = keys
        self.columns = list(columns)
        self.splits = splits
        self.records = records

    def __len__(self):
        return len(self.keys)

    def count(self):  # type: ignore[override]
        return len(self.keys)

    def __bool__(self):
        return bool(self.keys)

    def __getitem__(self, place):
        if not isinstance(place, slice):
            return self[place : place + 1][0]
        start, stop, _ = place.indices(len(self))
        places = self._places(start, max(0, stop - start))
        return Run(dict(places), self.records)

    def __iter__(self) -> Iterator[Mitigation]:
        places = self._places(0, len(self))
        while batch := list(islice(places, BATCH)):
            yield from Run(dict(batch), self.records)

    def key_batches(self, size: int = BATCH) -> Iterator[list[int]]:
        """The keys in order, so many at once, for who reads no records but rows of their own."""
        places = self._places(0, len(self))
        while batch := [key for key, _ in islice(places, size)]:
            yield batch

    def page(
        self,
        values: Sequence[Any] | None,
        backwards: bool,
        count: int,
    ) -> Run:
        """The first `count`, or those after the row with these values of the columns; backwards
        from there if so asked.
        """
        columns = turned(self.columns) if backwards else self.columns
        if self._is_split:
            places: Iterator[Place] = self._places_after(columns, values)
            places = islice(places, count)
        else:
            places = self._ordered(columns, values, 0, count)
        return Run(dict(places), self.records)

    # By the sets of the index

    @property
    def _is_split(self) -> bool:
        return all(
            column.lstrip("-") in self.splits for column in self.columns[:-1]
        )

    def groups(
        self,
        columns: Sequence[str],
        values: Sequence[Any] | None = None,
    ) -> Iterator[TiedKeys]:
        """In order; where `values` are given, from the group that has them on."""
        yield from self._split(
            self.keys,
            list(columns[:-1]),
            {},
            list(values or []),
        )

    def _split(
        self,
        keys: BitMap,
        columns: list[str],
        known: dict[str, Any],
        since: list[Any],
    ) -> Iterator[TiedKeys]:
        if not columns:
            yield TiedKeys(known, keys)
            return
        column = columns[0].lstrip("-")
        falls = columns[0].startswith("-")
        sets = self.splits[column]
        for value in sorted(sets, reverse=falls):
            is_first = bool(since) and value == since[0]
            if since and not is_first and (value < since[0]) is not falls:
                continue
            carrying = keys & sets[value]
            if carrying:
                rest = since[1:] if is_first else []
                values = {**known, column: value}
                yield from self._split(carrying, columns[1:], values, rest)

    def _places_after(
        self,
        columns: Sequence[str],
        values: Sequence[Any] | None,
    ) -> Iterator[Place]:
        backwards = columns[-1].startswith("-")
        for group in self.groups(columns, values):
            start = 0
            if values and list(group.values.values()) == list(values[:-1]):
                start = group.place_after(values[-1], backwards)
            count = len(group.keys) - start
            for key in self._long_run(group, start, count, backwards):
                yield key, group.values

    def _places(self, start: int, count: int) -> Iterator[Place]:
        """`count` places from the `start`-th on."""
        if not self._is_split:
            yield from self._ordered(self.columns, None, start, count)
            return
        backwards = self.columns[-1].startswith("-")
        for group in self.groups(self.columns):
            size = len(group.keys)
            taken = min(count, max(0, size - start))
            if taken:
                for key in self._long_run(group, start, taken, backwards):
                    yield key, group.values
            count -= taken
            start = max(0, start - size)
            if not count:
                return

    @staticmethod
    def _long_run(
        group: TiedKeys,
        start: int,
        count: int,
        backwards: bool,
    ) -> Iterator[int]:
        """Of a group `count` keys from the `start`-th on, so that not all stand in memory."""
        end = start + count
        for begin in range(start, end, BATCH):
            yield from group.run(begin, min(BATCH, end - begin), backwards)

    # By the database

    def _ordered(
        self,
        columns: Sequence[str],
        values: Sequence[Any] | None,
        start: int,
        count: int,
    ) -> Iterator[Place]:
        mitigations = Mitigation.objects.using(self.records.db)
        are_few = len(self.keys) <= FEW
        if are_few:
            rows = mitigations.published_among(self.keys)
        else:
            rows = mitigations.published()
        rows = rows.order_by(*columns)
        if values:
            rows = rows.filter(after(columns, values))
        keys = rows.values_list("pk", flat=True)
        end = start + count
        if are_few:
            walked = keys[start:end].iterator(chunk_size=BATCH)
        else:
            seen = keys.iterator(chunk_size=BATCH)
            walked = islice(
                (key for key in seen if key in self.keys),
                start,
                end,
            )
        for key in walked:
            yield key, {}
