"""What two laws, codes or standards ask for in common, through the measures here, and what only one
of them asks for.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.urls import reverse

from serving.parameters import Problem
from serving.strict import StrictForm

from ..models import Instrument, Mapping, Mitigation, Provision
from ..models.mitigation import among
from .asking import NO_ADVICE, Answer, unmet_among

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
_NEARNESS = {
    Mapping.Relation.EXACT: 0,
    Mapping.Relation.CLOSE: 1,
    Mapping.Relation.NARROW: 2,
    Mapping.Relation.BROAD: 3,
    Mapping.Relation.RELATED: 4,
}


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

    @property
    def order(self) -> tuple:
        """Before others that are further from what is asked. Of both, the worse decides."""
        nearest = [
            min(map(_nearness, some))
            for some in (self.first, self.second)
            if some
        ]
        return max(nearest), sum(nearest), self.mitigation.accession


def _nearness(answer: Answer) -> int:
    return _NEARNESS[Mapping.Relation(answer.mapping.relation)]


@dataclass(frozen=True)
class OnlyOne:
    """What one asks for and the other does not: measures, and provisions that no measure here
    meets. `is_known`: false where to either of them nothing is mapped.
    """

    instrument: Instrument
    other: Instrument
    measures: list[CrossedMeasure]
    unmet: list[Provision]
    is_known: bool


@dataclass(frozen=True)
class Crosswalk:
    """From one instrument to another. Three queries."""

    first: Instrument
    second: Instrument

    @cached_property
    def both(self) -> list[CrossedMeasure]:
        return [one for one in self._measures if one.first and one.second]

    @cached_property
    def only_first(self) -> OnlyOne:
        return self._only(self.first, self.second)

    @cached_property
    def only_second(self) -> OnlyOne:
        return self._only(self.second, self.first)

    @cached_property
    def mappings(self) -> list[Mapping]:
        """Of published mitigations to provisions of either. There may be very many, so that what
        they share is read once, and of mitigations no more than is shown.
        """
        pair = [self.first.pk, self.second.pk]
        ordered = Mapping.objects.published().of_provisions()
        rows = list(
            ordered.select_related(None).filter(
                provision__instrument__in=pair,
            ),
        )
        provisions = {one.pk: one for one in self._provisions}
        shown = Mitigation.objects.only("accession", "name")
        sources = shown.filter(
            pk__in=among({row.source_id for row in rows}),
        ).in_bulk()
        for row in rows:
            row.provision = provisions[row.provision_id]
            row.source = sources[row.source_id]
        return rows

    @property
    def asserted_by(self) -> list[str]:
        """Who judged what is asked for."""
        return sorted({row.asserted_by for row in self.mappings})

    @property
    def in_part(self) -> list[Instrument]:
        """Those of the two whose provisions are listed in part."""
        pair = (self.first, self.second)
        return [one for one in pair if not one.is_whole]

    @cached_property
    def unmapped(self) -> list[Instrument]:
        """Those of the two to which nothing is mapped: what they ask about measures is not known."""
        mapped = {
            cast(Any, row.provision).instrument_id for row in self.mappings
        }
        pair = (self.first, self.second)
        return [one for one in pair if one.pk not in mapped]

    @property
    def notices(self) -> list[str]:
        return [*self.unmapped_notices, NO_ADVICE, CAUTION]

    @property
    def unmapped_notices(self) -> list[str]:
        return [
            f"Nothing is mapped to {one.short_title} here yet: what it asks about the measures, and what only one of the two asks, is not known."
            for one in self.unmapped
        ]

    @cached_property
    def _measures(self) -> list[CrossedMeasure]:
        mitigations: dict[int, Mitigation] = {}
        answers: dict[tuple[int, int], list[Answer]] = defaultdict(list)
        for row in self.mappings:
            provision: Any = row.provision
            mitigations[row.source_id] = row.source
            answers[row.source_id, provision.instrument_id].append(Answer(row))
        crossed = []
        for key, mitigation in mitigations.items():
            first = sorted(answers[key, self.first.pk], key=_nearness)
            second = sorted(answers[key, self.second.pk], key=_nearness)
            crossed.append(CrossedMeasure(mitigation, first, second))
        return sorted(crossed, key=lambda one: one.order)

    def _only(self, instrument: Instrument, other: Instrument) -> OnlyOne:
        is_first = instrument == self.first
        measures = []
        for one in self._measures:
            own, others = one.first, one.second
            if not is_first:
                own, others = others, own
            if own and not others and not self.unmapped:
                measures.append(one)
        unmet = []
        if instrument not in self.unmapped:
            unmet = self._unmet(instrument)
        is_known = not self.unmapped
        return OnlyOne(instrument, other, measures, unmet, is_known)

    def _unmet(self, instrument: Instrument) -> list[Provision]:
        met = {row.provision_id for row in self.mappings}
        rows = [
            one
            for one in self._provisions
            if one.instrument_id == instrument.pk
        ]
        return unmet_among(rows, met)

    @cached_property
    def _provisions(self) -> list[Provision]:
        rows = Provision.objects.with_instruments().filter(
            instrument__in=[self.first.pk, self.second.pk],
        )
        return list(rows.order_by("position", "pk"))

    def url(self, name: str = "crosswalk") -> str:
        return crosswalk_url(self.first.slug, self.second.slug, name)


def crosswalk_url(first: str, second: str, name: str = "crosswalk") -> str:
    """The address of the page of two instruments, or of one of its files."""
    query = QueryDict(mutable=True)
    if first:
        query[FROM] = first
    if second:
        query[TO] = second
    return f"{reverse(name)}?{query.urlencode()}"
