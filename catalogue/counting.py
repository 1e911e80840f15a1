"""How many of the chosen stand in each of many sets: what counts of facets come down to.

All sets are of `published` keys. To look up the keys of a small set among bits takes a tenth of the time that it takes to search
for them in lists of keys, and Roaring lists keys where few are chosen; there it is those not chosen, most of all, that are asked.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heappush, heapreplace, nsmallest
from itertools import islice

from pyroaring import BitMap

#: Of keys that are chosen, one in fewer than so many is listed, and not a bit.
SPARSE = 16

#: (place of a set, how many of the chosen stand in it)
Counted = list[tuple[int, int]]


@dataclass(frozen=True)
class Chosen:
    """Some of the published keys."""

    keys: BitMap
    published: BitMap

    @cached_property
    def others(self) -> BitMap:
        return self.published - self.keys

    @cached_property
    def are_listed(self) -> bool:
        return len(self.keys) * SPARSE < len(self.published)

    def counts(self, sets: Collection[BitMap]) -> list[int]:
        """Of each set."""
        if not self.others:
            return [*map(len, sets)]
        if not self.are_listed:
            return [*map(self.keys.intersection_cardinality, sets)]
        return [len(one) - self.others.intersection_cardinality(one) for one in sets]

    def count(self, one: BitMap) -> int:
        return (
            len(one) - self.others.intersection_cardinality(one)
            if self.are_listed
            else self.keys.intersection_cardinality(one)
        )

    def with_any(self, sets: Iterable[BitMap], at_most: int) -> int:
        """How many of the sets have any of the chosen; no more are looked at once so many were found."""

        def has_any(one: BitMap) -> bool:
            return not self.others.issuperset(one) if self.are_listed else self.keys.intersect(one)

        return sum(1 for _ in islice(filter(has_any, sets), at_most))

    def most(self, sets: Sequence[BitMap], by_size: Sequence[int], sizes: Sequence[int], number: int) -> Counted:
        """The sets with the most of the chosen, the first one of those with as many. `by_size` are their places, the largest
        first: none is looked at that is smaller than what the last of the best has."""
        best: list[tuple[int, int]] = []
        for place in by_size:
            if len(best) == number and sizes[place] < best[0][0]:
                break
            entry = (self.count(sets[place]), -place)
            if len(best) < number:
                heappush(best, entry)
            elif entry > best[0]:
                heapreplace(best, entry)
        return [(-place, count) for count, place in sorted(best, reverse=True)]


def most_tallied(tally: dict[int, int], places: dict[int, int], number: int) -> Counted:
    """The same from what was counted by other names; `places` has the places of all names."""
    counted = [(-count, places[name]) for name, count in tally.items()]
    best = [(place, -count) for count, place in nsmallest(number, counted)]
    if len(best) < number:  # the first of those that have none
        have = {place for place, _ in best}
        none = (place for place in range(len(places)) if place not in have)
        best += [(place, 0) for place, _ in zip(none, range(number - len(best)), strict=False)]
    return best
