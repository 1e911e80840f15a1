"""What a shortlist covers of each field, what it leaves open, and what would fill that.

A value is covered where at least one mitigation of the shortlist is recorded for it; that does
not say that a risk is controlled. A value counts only where the reader answers for it: some
mitigation that bears on that has it. That a study reported on a mitigation for a risk area is no
cover: what it reported may be that the mitigation does not help.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import numpy
from django.http import QueryDict
from pyroaring import BitMap

from catalogue.listing.crosstab import Axis, AxisValue, axis_of
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from surveys.results.ordering import PARAMETER as QUESTION
from surveys.results.ordering import by_question, by_share

from .left_out import COLON

#: The fields that it is held against, and for trees how deep.
FIELDS: dict[str, int | None] = {
    "category": 2,
    "risk": 1,
    "phase": None,
    "actor": None,
    "function": None,
    "risk_area": None,
}
#: Of these, what only says on what studies reported: nothing is covered by it, and nothing a gap.
REPORTED = frozenset(["risk_area"])
#: Of these, what lies one level deeper can be asked for, too.
OPENED = ("risk",)
#: So many mitigations are proposed at most, and so many for each gap.
MOST_PROPOSED = 5
MOST_FOR_GAP = 3


def fields_to_choose_from(
    filters: MitigationFilter,
    fields: dict[str, int | None],
) -> Iterator[tuple[Axis, list[AxisValue]]]:
    """Of `fields`, each with how deep it is, those values that a reader may ask for."""
    for parameter, level in fields.items():
        axis = axis_of(filters, parameter, level)
        if parameter in OPENED:
            opened = [one.value for one in axis.values]
            axis = axis_of(filters, parameter, level, opened)
        yield axis, [one for one in axis.values if not one.is_special]


def choice_name(
    filters: MitigationFilter,
    axis: Axis,
    value: AxisValue,
) -> str:
    """What a value is called where a reader chooses it. Of what only studies reported on, its name
    alone would promise all that bears on it.
    """
    if axis.parameter not in REPORTED:
        return value.name
    facet = filters.facet_filters[axis.parameter]
    return facet.chip_label(facet.known(filters.index)[value.value])


def target_at(axis: Axis, value: AxisValue) -> str:
    """A value as `for` and `begin` name it, such as “risk:7”."""
    return f"{axis.parameter}{COLON}{value.value}"


@dataclass(frozen=True)
class Covered:
    """A value of a field: how many of the shortlist have it, and how many there are. `kind`: what
    the field is called.
    """

    value: AxisValue
    parameter: str
    mine: int
    all: int
    url: str
    kind: str

    @property
    def named(self) -> str:
        """“Function: Measure”: a value by itself can read like something else."""
        return f"{self.kind}: {self.value.name}"

    @property
    def is_gap(self) -> bool:
        if self.parameter in REPORTED:
            return False
        return not self.mine and self.value.can_be_gap

    @property
    def is_fillable(self) -> bool:
        return self.is_gap and self.all > 0


@dataclass(frozen=True)
class FieldCoverage:
    """Of a field. Counted are its values that can be gaps: not what is kept for the rest.
    `is_reported`: it only says on what studies reported.
    """

    label: str
    values: list[Covered]
    is_reported: bool = False

    @property
    def count(self) -> int:
        return sum(one.value.can_be_gap for one in self.values)

    @property
    def covered_count(self) -> int:
        """Of how many at least one of the shortlist has it."""
        return sum(
            one.value.can_be_gap and one.mine > 0 for one in self.values
        )

    @property
    def gaps(self) -> list[Covered]:
        return [one for one in self.values if one.is_gap]


@dataclass(frozen=True)
class Proposal:
    """A mitigation that would fill gaps: its key, and which."""

    key: int
    fills: list[Covered] = field(default_factory=list)


class Coverage:
    """Of the mitigations with the keys `mine`, under what the reader answers for. `left_out`:
    those that are not proposed.
    """

    def __init__(
        self,
        universe: MitigationFilter,
        mine: BitMap,
        left_out: BitMap | None = None,
        question: str = "",
        risk_level: int | None = None,
    ):
        self.universe = universe
        self.mine = mine
        self.left_out = left_out or BitMap()
        #: Of equals those that more experts agree with come first, in this question.
        self.question = question
        self.levels = {**FIELDS, "risk": risk_level or FIELDS["risk"]}

    @property
    def fields(self) -> list[FieldCoverage]:
        """Those of which values can be covered."""
        return [one for one in self.all_fields if not one.is_reported]

    @property
    def reported(self) -> list[FieldCoverage]:
        """Those that only say on what studies reported."""
        return [one for one in self.all_fields if one.is_reported]

    @cached_property
    def all_fields(self) -> list[FieldCoverage]:
        found = []
        for parameter, level in self.levels.items():
            axis = axis_of(self.universe, parameter, level)
            values = [
                self._covered(axis, value)
                for value in axis.values
                if not value.is_special
            ]
            is_reported = parameter in REPORTED
            group = FieldCoverage(axis.label, values, is_reported)
            if group.count:
                found.append(group)
        return found

    def _covered(self, axis: Axis, value: AxisValue) -> Covered:
        keys = value.keys & self.bearing_on(axis.parameter)
        return Covered(
            value,
            axis.parameter,
            len(keys & self.mine),
            len(keys),
            self.universe.url(**{axis.parameter: [value.value]}),
            axis.label,
        )

    def bearing_on(self, parameter: str) -> BitMap:
        """What bears on all that the reader answers for but values of that field."""
        return self.universe.narrowed(without=[parameter])

    @cached_property
    def gaps(self) -> list[Covered]:
        """What some mitigation would fill, the gap with the most first."""
        gaps = [one for one in self._all_gaps if one.is_fillable]
        return sorted(gaps, key=lambda gap: -gap.all)

    @cached_property
    def unfillable(self) -> list[Covered]:
        """What no mitigation here is recorded for."""
        return [one for one in self._all_gaps if not one.all]

    @property
    def _all_gaps(self) -> Iterator[Covered]:
        return chain.from_iterable(group.gaps for group in self.fields)

    @cached_property
    def proposals(self) -> list[Proposal]:
        """Those that fill the most gaps, one after the other (greedy set cover: Chvátal 1979,
        Mathematics of Operations Research 4:233). Of several that fill equally many, the one
        comes first that more experts agree with in the chosen question; then by code.
        """
        chosen = greedy_cover(self._sets, self._first_of, MOST_PROPOSED)
        proposals = []
        for key, names in chosen:
            fills = [self._gaps_by_name[name] for name in names]
            proposals.append(Proposal(key, fills))
        return proposals

    @cached_property
    def fillers(self) -> list[tuple[Covered, list[Proposal]]]:
        """Each gap with up to three mitigations that would fill it, each with all that it would
        fill: those that fill the most first, of equals as above.
        """
        found = []
        for name, gap in self._gaps_by_name.items():
            keys = most_filling(
                self._sets,
                self._sets[name],
                self._first_of,
                MOST_FOR_GAP,
            )
            found.append((gap, [self._filled_by(key) for key in keys]))
        return found

    @cached_property
    def filling(self) -> dict[int, Mitigation]:
        """All that would fill a gap, by key."""
        keys = {one.key for one in self.proposals}
        for _, proposals in self.fillers:
            keys.update(one.key for one in proposals)
        rows = Mitigation.objects.published_among(keys)
        return rows.select_related("document").in_bulk()

    @cached_property
    def _gaps_by_name(self) -> dict[Hashable, Covered]:
        return {(gap.parameter, gap.value.value): gap for gap in self.gaps}

    @cached_property
    def _sets(self) -> dict[Hashable, BitMap]:
        """By gap, the mitigations that may be proposed for it."""
        there = self.universe.wordings - self.mine - self.left_out
        return {
            name: gap.value.keys & there
            for name, gap in self._gaps_by_name.items()
        }

    def _filled_by(self, key: int) -> Proposal:
        fills = [
            self._gaps_by_name[name]
            for name, keys in self._sets.items()
            if key in keys
        ]
        return Proposal(key, fills)

    def _first_of(self, keys: BitMap) -> int:
        for _, sharing in self._by_share:
            if keys.intersect(sharing):
                keys = keys & sharing
                break
        [first, *_] = next(self.universe.in_order(keys).key_batches(1))
        return first

    @cached_property
    def _by_share(self) -> list[tuple[float, BitMap]]:
        """By the share who agree in the chosen question, the largest first."""
        if not self.question:
            return []
        query = QueryDict(mutable=True)
        query[QUESTION] = self.question
        filters = MitigationFilter(query)
        asked = by_question(filters)[0]
        shares = sorted(by_share(filters).items(), reverse=True)
        return [(share, keys & asked) for share, keys in shares]


def greedy_cover(
    sets: dict[Hashable, BitMap],
    first_of: Callable[[BitMap], int],
    most: int,
) -> list[tuple[int, list]]:
    """Up to `most` keys, each with the names of the sets that it is the first to stand in. Each
    stands in the most sets that are left; of equals `first_of` chooses.
    """
    left = dict(sets)
    chosen: list[tuple[int, list]] = []
    while left and len(chosen) < most:
        best = _in_most(list(left.values()))
        if not best:
            break
        key = first_of(best)
        names = [name for name, keys in left.items() if key in keys]
        chosen.append((key, names))
        for name in names:
            del left[name]
    return chosen


def _in_most(sets: list[BitMap]) -> BitMap:
    """The keys that stand in the most of the sets; none where all are empty."""
    everything = BitMap.union(*sets)
    if not everything:
        return everything
    counts = numpy.zeros(everything.max() + 1, numpy.int32)
    for keys in sets:
        counts[keys.to_array()] += 1
    return BitMap(numpy.flatnonzero(counts == counts.max()))


def most_filling(
    sets: dict[Hashable, BitMap],
    candidates: BitMap,
    first_of: Callable[[BitMap], int],
    most: int,
) -> list[int]:
    """Up to `most` of the candidates, those that stand in the most of the sets first; of equals
    `first_of` chooses.
    """
    left = BitMap(candidates)
    chosen: list[int] = []
    while left and len(chosen) < most:
        best = _in_most([keys & left for keys in sets.values()])
        key = first_of(best)
        chosen.append(key)
        left.discard(key)
    return chosen
