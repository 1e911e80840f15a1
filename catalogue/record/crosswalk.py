"""What two laws, codes or standards ask for in common, through the measures here, and what only one
of them asks for.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from pyroaring import BitMap

from serving.parameters import Problem
from serving.strict import StrictForm

from ..listing.asked_for import (
    BY_ASKER,
    INSTRUMENT,
    Asking,
    askings,
    askings_for,
)
from ..listing.index import Index
from ..listing.ordering import BATCH, Selection
from ..listing.sources import EMPTY, Sets
from ..models import Instrument, Mapping, Mitigation, Provision
from ..models.mapping import MappingQuerySet
from ..models.mitigation import among
from .asking import NO_ADVICE, Answer, whose_numbers
from .meeting import Meetings, meetings_of, met_by_key

FROM, TO = "from", "to"
CHOOSE_TWO = (
    "Choose two laws, codes or standards: from=eu-gpai-code&to=nist-ai-rmf."
)
CAUTION = (
    "That two provisions are met through one measure does not make them equivalent: each may ask for "
    "more, for less, or of others. What only one asks for is so as far as their provisions are listed "
    "and measures were looked at."
)

#: The nearest to the measure first.
NEARNESS = {
    Mapping.Relation.EXACT: 0,
    Mapping.Relation.CLOSE: 1,
    Mapping.Relation.NARROW: 2,
    Mapping.Relation.BROAD: 3,
    Mapping.Relation.RELATED: 4,
}
#: So many places have the measures of which the worse of both is equally near.
PLACES = 2 * len(NEARNESS)


class CrosswalkForm(StrictForm):
    """Two of the instruments, read from an address."""

    def __init__(self, data: QueryDict | None):
        super().__init__(data)
        self.instruments = {
            one.slug: one
            for one in Instrument.objects.select_related("replaced_by")
        }
        choices = [
            (slug, _label(one)) for slug, one in self.instruments.items()
        ]
        for name, label in ((FROM, "Compare"), (TO, "with")):
            self.fields[name] = forms.ChoiceField(
                label=label,
                choices=[("", "Choose one"), *choices],
                required=False,
            )

    def _problems(self) -> Iterator[Problem]:
        yield from super()._problems()
        first, second = self.values(FROM), self.values(TO)
        if len(first) == 1 and first == second and first[0]:
            others = [one for one in self.instruments if one != first[0]]
            yield Problem(
                TO,
                first[0],
                "These are one and the same: choose two that differ.",
                others,
            )

    @property
    def chosen(self) -> tuple[Instrument, Instrument] | None:
        """Both; None: one is not chosen yet."""
        first, second = self.value(FROM), self.value(TO)
        if not first or not second:
            return None
        return self.instruments[first], self.instruments[second]


def _label(instrument: Instrument) -> str:
    if instrument.replaced_by_id:
        return f"{instrument.short_title} (replaced)"
    return instrument.short_title


@dataclass(frozen=True)
class CrossedMeasure:
    """A measure, with what either asks about it, the nearest to it first."""

    mitigation: Mitigation
    first: list[Answer]
    second: list[Answer]

    @property
    def answers(self) -> list[Answer]:
        """Of both. Where only one of them asks, they are all of that one."""
        return [*self.first, *self.second]


def _nearness(answer: Answer) -> int:
    return NEARNESS[Mapping.Relation(answer.mapping.relation)]


class CrossedMeasures(Sequence):
    """Measures, those to which what is asked comes nearest first. Of no more is read than is
    taken: there may be very many.
    """

    def __init__(self, crosswalk: "Crosswalk", by_nearness: Sets):
        self.crosswalk = crosswalk
        keys = BitMap.union(EMPTY, *by_nearness.values())
        self.selection = Selection(
            keys,
            ("nearness", "pk"),
            {"nearness": by_nearness},
            Mitigation.objects.only("accession", "name", "status"),
        )

    def __len__(self):
        return len(self.selection)

    @property
    def measure_count(self) -> int:
        """How many different measures they are: several may word one."""
        return self.crosswalk.index.measures.count(self.selection.keys)

    def __getitem__(self, place):
        if not isinstance(place, slice):
            # As of any sequence, -1 is the last.
            place = range(len(self))[place]
            return self[place : place + 1][0]
        return self.crosswalk.read(list(self.selection[place]))

    def __iter__(self) -> Iterator[CrossedMeasure]:
        for start in range(0, len(self), BATCH):
            yield from self[start : start + BATCH]


@dataclass(frozen=True)
class OnlyOne:
    """What one asks for and the other does not: measures; and of its provisions those that no
    measure here meets, and those to which what is here is only related. `is_known`: false where
    to either of them nothing is mapped.
    """

    instrument: Instrument
    other: Instrument
    measures: CrossedMeasures
    unmet: list[Provision]
    only_related: list[Provision]
    is_known: bool


@dataclass(frozen=True)
class HowNear:
    """Of measures about which both ask: of how many both ask as they stand or nearly so, of how
    many something only related is all that one of them asks, and how many are between.
    """

    near: int
    between: int
    related: int


@dataclass(frozen=True)
class Crosswalk:
    """From one instrument to another, by the sets of the index: who asks about which measures is
    known without reading a mapping. What is read of these is what is shown.
    """

    first: Instrument
    second: Instrument
    index: Index

    @cached_property
    def both(self) -> CrossedMeasures:
        return CrossedMeasures(self, self._shared)

    @property
    def how_near(self) -> HowNear:
        counts = [0] * len(NEARNESS)
        for place, keys in self._shared.items():
            counts[place // PLACES] += len(keys)
        near = NEARNESS[Mapping.Relation.CLOSE] + 1
        *between, related = counts[near:]
        return HowNear(sum(counts[:near]), sum(between), related)

    @cached_property
    def _shared(self) -> Sets:
        """The measures about which both ask, by how near both come."""
        shared: dict[int, list[BitMap]] = defaultdict(list)
        for one, keys in self._by_nearness(self.first).items():
            for other, others in self._by_nearness(self.second).items():
                # The worse decides, then both.
                place = max(one, other) * PLACES + one + other
                shared[place].append(keys & others)
        return _joined(shared)

    @cached_property
    def only_first(self) -> OnlyOne:
        return self._only(self.first, self.second)

    @cached_property
    def only_second(self) -> OnlyOne:
        return self._only(self.second, self.first)

    @cached_property
    def mappings(self) -> list[Mapping]:
        """Of all measures to provisions of either, for files."""
        keys = self._keys(self.first) | self._keys(self.second)
        rows = Mitigation.objects.only("accession", "name", "status")
        sources = {one.pk: one for one in rows.published_among(keys)}
        provisions = among(one.pk for one in self._provisions)
        asking = Mapping.objects.filter(provision__in=provisions)
        return self._mappings(asking, sources)

    def read(self, mitigations: list[Mitigation]) -> list[CrossedMeasure]:
        """Some of them, with what is asked about each. One query."""
        sources = {one.pk: one for one in mitigations}
        answers: dict[tuple[int, int], list[Answer]] = defaultdict(list)
        asking = Mapping.objects.filter(source__in=among(sources))
        for row in self._mappings(asking, sources):
            provision: Any = row.provision
            answers[row.source_id, provision.instrument_id].append(Answer(row))
        crossed = []
        for key, mitigation in sources.items():
            first = sorted(answers[key, self.first.pk], key=_nearness)
            second = sorted(answers[key, self.second.pk], key=_nearness)
            crossed.append(CrossedMeasure(mitigation, first, second))
        return crossed

    def _mappings(
        self,
        asking: MappingQuerySet,
        sources: dict[int, Mitigation],
    ) -> list[Mapping]:
        """Those of `asking` to provisions of either. What they share is not read again."""
        provisions = {one.pk: one for one in self._provisions}
        found = []
        for row in asking.of_provisions().select_related(None):
            if row.provision_id in provisions and row.source_id in sources:
                row.provision = provisions[row.provision_id]
                row.source = sources[row.source_id]
                found.append(row)
        return found

    @property
    def asserted_by(self) -> list[str]:
        """Who judged what is asked for."""
        names = {
            *self._asserting(self.first),
            *self._asserting(self.second),
        }
        return sorted(names)

    def _asserting(self, instrument: Instrument) -> list[str]:
        """Read once for a revision: it takes going through all mappings to the instrument."""
        return self.index.per_revision(
            ("asserting", instrument.pk),
            lambda: self._read_asserting(instrument),
        )

    def _read_asserting(self, instrument: Instrument) -> list[str]:
        keys = [
            one.pk
            for one in self._provisions
            if one.instrument_id == instrument.pk
        ]
        rows = Mapping.objects.filter(provision__in=among(keys))
        names = rows.from_published().order_by()
        return list(names.values_list("asserted_by", flat=True).distinct())

    @property
    def in_part(self) -> list[Instrument]:
        """Those of the two whose provisions are listed in part."""
        pair = (self.first, self.second)
        return [one for one in pair if not one.is_whole]

    @cached_property
    def unmapped(self) -> list[Instrument]:
        """Those of the two to which nothing is mapped: what they ask about measures is not known."""
        pair = (self.first, self.second)
        return [one for one in pair if not self._keys(one)]

    @property
    def notices(self) -> list[str]:
        return [*self.unmapped_notices, NO_ADVICE, CAUTION]

    @property
    def whose_numbers(self) -> list[str]:
        """Of either, what the numbers of its provisions are, where these do not say it."""
        rows = sorted(
            self._provisions,
            key=lambda one: one.instrument_id != self.first.pk,
        )
        return whose_numbers(rows)

    @property
    def unmapped_notices(self) -> list[str]:
        return [
            f"Nothing is mapped to {one.short_title} here yet: what it asks about the measures, and what only one of the two asks, is not known."
            for one in self.unmapped
        ]

    @property
    def answer_count(self) -> int:
        """How many provisions of either ask about a measure that is shown, over all measures."""
        shown = BitMap()
        for some in (
            self.both,
            self.only_first.measures,
            self.only_second.measures,
        ):
            shown |= some.selection.keys
        asking = [*self._askings(self.first), *self._askings(self.second)]
        return sum(len(one.keys & shown) for one in asking)

    def _askings(self, instrument: Instrument) -> list[Asking]:
        chosen = {INSTRUMENT: [instrument.slug]}
        return [one for one in askings(self.index) if one.answers(chosen)]

    def _keys(self, instrument: Instrument) -> BitMap:
        """The mitigations that it asks about."""
        return self.index.sets(BY_ASKER).get(instrument.slug, EMPTY)

    def _by_nearness(self, instrument: Instrument) -> Sets:
        """Each mitigation that it asks about once, where what is asked comes nearest to it."""
        asked: dict[int, list[BitMap]] = defaultdict(list)
        chosen = {INSTRUMENT: [instrument.slug]}
        for one in askings_for(self.index, chosen):
            if not one.answers(chosen):
                continue
            nearness = NEARNESS[Mapping.Relation(one.relation)]
            asked[nearness].append(one.keys)
        found = {}
        known = BitMap()
        for nearness, keys in sorted(_joined(asked).items()):
            found[nearness] = keys - known
            known |= keys
        return found

    def _only(self, instrument: Instrument, other: Instrument) -> OnlyOne:
        is_known = not self.unmapped
        alone = {}
        if is_known:
            others = self._keys(other)
            for nearness, keys in self._by_nearness(instrument).items():
                alone[nearness] = keys - others
        meetings = self._meetings(instrument)
        measures = CrossedMeasures(self, alone)
        return OnlyOne(
            instrument,
            other,
            measures,
            meetings.none,
            meetings.related,
            is_known,
        )

    def _meetings(self, instrument: Instrument) -> Meetings:
        """Of its provisions, which are met; of one to which nothing is mapped, none is known."""
        rows = [
            one
            for one in self._provisions
            if one.instrument_id == instrument.pk
        ]
        return meetings_of(self.index, rows)

    @cached_property
    def _provisions(self) -> list[Provision]:
        rows = Provision.objects.with_instruments().filter(
            instrument__in=[self.first.pk, self.second.pk],
        )
        met = met_by_key(self.index)
        provisions: list[Any] = list(rows.order_by("position", "pk"))
        for one in provisions:
            one.met = met[one.key].value
        return provisions

    def url(self, name: str = "crosswalk") -> str:
        return crosswalk_url(self.first.slug, self.second.slug, name)


def _joined(parts: dict[int, list[BitMap]]) -> Sets:
    return {place: BitMap.union(EMPTY, *some) for place, some in parts.items()}


def crosswalk_url(first: str, second: str, name: str = "crosswalk") -> str:
    """The address of the page of two instruments, or of one of its files."""
    query = QueryDict(mutable=True)
    if first:
        query[FROM] = first
    if second:
        query[TO] = second
    return f"{reverse(name)}?{query.urlencode()}"
