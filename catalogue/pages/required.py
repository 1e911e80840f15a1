"""What law requires of developers of frontier models, in each way in which it can: on the day on
which law was last looked at, and from each day that lay ahead then.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.http import QueryDict
from pyroaring import BitMap

from ..listing.asked_for import (
    ADDRESSEE,
    FORCE,
    IN_FORCE_ON,
    PROVISION,
    RELATION,
    Asking,
    Chosen,
    askings,
    askings_for,
)
from ..listing.filters import MitigationFilter
from ..listing.index import Index
from ..listing.sources import EMPTY
from ..models import Instrument, Mapping, Mitigation, Provision
from ..models.mapping import NEAR
from ..models.mitigation import among
from ..record.asked_lists import AskedList
from ..record.asking import cited, noted_on_day, verb_of

#: How law binds them, each with what its line begins with.
WAYS = {
    Mapping.Force.REQUIRES.value: "Required outright",
    Mapping.Force.OWN.value: "Must write, publish and follow their own rules on",
    Mapping.Force.DISCLOSE.value: "Must disclose",
}
#: So many measures are named for a day and a way; the list has all.
MOST_NAMED = 12


@dataclass(frozen=True)
class RequiredMeasure:
    """A measure, and the short titles of the laws that require it."""

    mitigation: Mitigation
    laws: list[str]


@dataclass(frozen=True)
class FurtherLaw:
    """A law that from a day on asks what others did before: about `count` measures of `of`.
    `named`: the first of these.
    """

    title: str
    force: str
    count: int
    of: int
    named: list[Mitigation]

    @property
    def text(self) -> str:
        """“New Act then requires 1 of them too: Tests”."""
        verb = verb_of(Instrument.Kind.LAW, self.force)
        if self.count == self.of:
            whole = "it" if self.of == 1 else "all of them"
            return f"{self.title} then {verb} {whole} too"
        names = [one.name for one in self.named]
        if more := self.count - len(names):
            names.append(f"and {more:,} more")
        return f"{self.title} then {verb} {self.count:,} of them too: {'; '.join(names)}"


@dataclass
class Known:
    """What all lines say by name, read once."""

    index: Index
    instruments: dict[str, Instrument]
    ways: list["RequiredWay"] = field(default_factory=list)

    def listed(self, slugs: set[str]) -> list[Instrument]:
        return [one for slug, one in self.instruments.items() if slug in slugs]

    @cached_property
    def mitigations(self) -> dict[int, Mitigation]:
        """Those that any of the lines names."""
        keys = BitMap.union(EMPTY, *[one.to_name for one in self.ways])
        rows = Mitigation.objects.only("accession", "name")
        return {one.pk: one for one in rows.filter(pk__in=among(keys))}

    @cached_property
    def noted(self) -> list[Provision]:
        """What asks these developers from a day that has a note."""
        rows = Provision.objects.with_instruments().filter(
            addressee__in=Provision.OF_FRONTIER_DEVELOPERS,
        )
        return list(rows.exclude(applies_from_note="", longer_for=""))

    def named(self, keys: BitMap) -> list[Mitigation]:
        return [self.mitigations[key] for key in keys[:MOST_NAMED]]


@dataclass(frozen=True)
class RequiredWay:
    """What law that applies on a day asks in one way, as the measures stand or nearly so.
    `before`: the same of the day before it among those that are shown; None: it is the first.
    """

    known: Known
    day: datetime.date
    force: str
    before: "RequiredWay | None" = None

    @property
    def label(self) -> str:
        return WAYS[self.force]

    @property
    def _chosen(self) -> Chosen:
        return {
            FORCE: [self.force],
            RELATION: [*NEAR],
            ADDRESSEE: [*Provision.OF_FRONTIER_DEVELOPERS],
            IN_FORCE_ON: [self.day.isoformat()],
        }

    @cached_property
    def its_list(self) -> AskedList:
        return AskedList(self.known.index, self._chosen)

    @property
    def url(self) -> str:
        return self.its_list.url

    @cached_property
    def keys(self) -> BitMap:
        """Those that its list has: of each measure the wording that comes first there."""
        return MitigationFilter(QueryDict(self.its_list.query)).keys

    @property
    def count(self) -> int:
        return len(self.keys)

    def _worded(self, wordings: BitMap) -> BitMap:
        """Of its measures those that are worded so, or in other words."""
        return self.keys & self.known.index.measures.within(wordings)

    @cached_property
    def _askings(self) -> list[Asking]:
        chosen = self._chosen
        return [
            one
            for one in askings_for(self.known.index, chosen)
            if one.answers(chosen)
        ]

    @property
    def to_name(self) -> BitMap:
        """Whatever it may name."""
        found = BitMap(self._added[:MOST_NAMED])
        for keys in self._again.values():
            found |= BitMap(keys[:MOST_NAMED])
        return found

    @cached_property
    def _added(self) -> BitMap:
        if self.before is None:
            return self.keys
        return self.keys - self._worded(self.before.its_list.wordings)

    @property
    def is_as_before(self) -> bool:
        before = self.before
        if before is None or self._added:
            return False
        return self.count == before.count

    @cached_property
    def named(self) -> list[RequiredMeasure]:
        """The first of those that were not asked for on the day before."""
        named = []
        measures = self.known.index.measures
        for mitigation in self.known.named(self._added):
            wordings = measures.wordings_of(mitigation.pk)
            slugs = {
                one.asker.instrument
                for one in self._askings
                if wordings & one.keys
            }
            laws = [one.short_title for one in self.known.listed(slugs)]
            named.append(RequiredMeasure(mitigation, laws))
        return named

    @cached_property
    def laws_of_all(self) -> list[str]:
        """The laws that ask for each that is named, where these are the same for several."""
        named = self.named
        laws = [one.laws for one in named]
        is_same = len(named) > 1 and all(some == laws[0] for some in laws)
        return laws[0] if is_same else []

    @property
    def more(self) -> int:
        """How many are added beside those that are named."""
        return max(len(self._added) - MOST_NAMED, 0)

    @cached_property
    def further_laws(self) -> list[FurtherLaw]:
        """Laws that asked nothing in this way on the day before, with what of that which others
        asked then they ask now.
        """
        return [
            FurtherLaw(
                law.short_title,
                self.force,
                len(self._again[law.slug]),
                len(self.keys),
                self.known.named(self._again[law.slug]),
            )
            for law in self.known.listed({*self._again})
        ]

    @cached_property
    def _again(self) -> dict[str, BitMap]:
        """What others asked before and a law that asked nothing then asks now, by its slug."""
        if self.before is None:
            return {}
        known = {one.asker.instrument for one in self.before._askings}
        parts: dict[str, BitMap] = {}
        for one in self._askings:
            slug = one.asker.instrument
            again = self._worded(one.keys) - self._added
            if slug not in known and again:
                parts[slug] = parts.get(slug, EMPTY) | again
        return parts


@dataclass(frozen=True)
class Required:
    """What law that applies on a day asks of developers of frontier models, in each way.
    `before`: of the day before it among those that are shown; None: it is the first.
    """

    known: Known
    day: datetime.date
    before: "Required | None" = None

    @cached_property
    def ways(self) -> list[RequiredWay]:
        before = self.before.ways if self.before else [None] * len(WAYS)
        return [
            RequiredWay(self.known, self.day, force, earlier)
            for force, earlier in zip(WAYS, before, strict=True)
        ]

    @property
    def _chosen_in_part(self) -> Chosen:
        """However near it comes to a measure."""
        return {
            FORCE: [*WAYS],
            ADDRESSEE: [*Provision.OF_FRONTIER_DEVELOPERS],
            IN_FORCE_ON: [self.day.isoformat()],
        }

    @cached_property
    def list_in_part(self) -> AskedList:
        return AskedList(self.known.index, self._chosen_in_part)

    @cached_property
    def beginning(self) -> list[Instrument]:
        """Laws of which something for these developers applies from this day on, and nothing
        did on the day before.
        """
        if self.before is None:
            return []
        slugs = self._instruments() - self.before._instruments()
        return self.known.listed(slugs)

    def _instruments(self) -> set[str]:
        chosen = self._chosen_in_part
        return {
            one.asker.instrument
            for one in askings_for(self.known.index, chosen)
            if one.answers(chosen)
        }

    @cached_property
    def in_part(self) -> list[Instrument]:
        """Those that are told of from this day on of which the provisions are listed in part."""
        slugs = self._instruments()
        if self.before:
            slugs -= self.before._instruments()
        laws = self.known.listed(slugs)
        return [one for one in laws if not one.is_whole]

    @property
    def notes(self) -> list[str]:
        """What is noted on the days from which these provisions apply, where one day does not
        say it all.
        """
        chosen: Chosen = {**self._chosen_in_part, RELATION: [*NEAR]}
        keys = {
            one.asker.provisions[0]
            for one in askings(self.known.index)
            if one.answers(chosen)
        }
        alike: dict[tuple[int, str], list[Provision]] = {}
        for one in self.known.noted:
            if one.key in keys:
                of = one.instrument_id, noted_on_day(one)
                alike.setdefault(of, []).append(one)
        return [f"{cited(some)}: {note}" for (_, note), some in alike.items()]

    @cached_property
    def not_counted(self) -> list["NotCounted"]:
        """What law that applies on this day asks of others, or of nobody who is put into a group."""
        chosen: Chosen = {
            FORCE: [*WAYS],
            IN_FORCE_ON: [self.day.isoformat()],
        }
        keys = [
            one.asker.provisions[0]
            for one in askings(self.known.index)
            if one.asker.addressee not in Provision.OF_FRONTIER_DEVELOPERS
            and one.keys
            and one.answers(chosen)
        ]
        rows = Provision.objects.with_instruments().of_law()
        parts: dict[tuple[int, str], list[Provision]] = {}
        for row in rows.exclude(
            addressee__in=Provision.OF_FRONTIER_DEVELOPERS,
        ):
            if row.key in keys:
                whom = row.applies_to or row.get_addressee_display()
                of = row.instrument_id, whom
                parts.setdefault(of, []).append(row)
        return [
            NotCounted(self.known.index, whom, some, chosen)
            for (_, whom), some in parts.items()
        ]


@dataclass(frozen=True)
class NotCounted:
    """Provisions of one law that ask something of the same people, who are not counted as
    developers of frontier models. `whom` is empty where it is not recorded.
    """

    index: Index
    whom: str
    provisions: list[Provision]
    beside: Chosen

    @property
    def cited(self) -> str:
        return cited(self.provisions)

    @cached_property
    def its_list(self) -> AskedList:
        keys = [one.key for one in self.provisions]
        return AskedList(self.index, {PROVISION: keys, **self.beside})


def required_on(index: Index, days: Sequence[datetime.date]) -> list[Required]:
    """Of each of these days, beside the one before it."""
    laws = {one.slug: one for one in Instrument.objects.all()}
    known = Known(index, laws)
    found: list[Required] = []
    for day in days:
        before = found[-1] if found else None
        required = Required(known, day, before)
        known.ways += required.ways
        found.append(required)
    return found
