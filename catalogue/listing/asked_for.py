"""The filters by what laws, codes and standards ask for: which one, how strongly, how near to the
measure, of whom, and whether it applies on a day.

All that is chosen is asked of one and the same mapping: `instrument=eu-ai-act&force=requires`
finds what the EU AI Act requires, and not what it suggests and another law requires.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product
from typing import Any, ClassVar

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils.formats import date_format
from pyroaring import BitMap

from ..models import Instrument, Mapping, Provision
from ..models.mapping import ASKED_AS
from ..models.mitigation import among
from .asked_fields import DayField, ProvisionField
from .facet_filter import FacetFilter, IndexFilter
from .facet_values import NOT_GIVEN, FacetValue, Further, meanings_in_words
from .index import Index
from .sources import EMPTY, FacetSource, RelabelledSource, pairs

INSTRUMENT, PROVISION, FORCE, RELATION, ADDRESSEE, IN_FORCE_ON = (
    "instrument",
    "provision",
    "force",
    "relation",
    "addressee",
    "in_force_on",
)
TOGETHER = (
    INSTRUMENT,
    PROVISION,
    FORCE,
    RELATION,
    ADDRESSEE,
    IN_FORCE_ON,
)
#: What binds on a day. “In force” would say too much: law can be in force before a duty applies.
LAW_THAT_APPLIES = "law that applies"
#: The value of `INSTRUMENT` for what law does not ask for, whatever else does or does not.
NO_LAW = "no-law"
#: What pages call two of these.
HOW_BINDING, WHOM_IT_BINDS = "How binding", "Whom it binds"
#: What is chosen of these, by parameter.
Chosen = dict[str, list[str]]

#: By the key of the provision, the relation and the force: “12 closeMatch requires”.
ASKED = FacetSource(
    "asked for",
    partial(
        pairs,
        Mapping.objects.filter(provision__isnull=False).annotate(
            asked=Concat(
                Cast("provision_id", CharField()),
                Value(" "),
                "relation",
                Value(" "),
                "force",
            ),
        ),
        "source_id",
        "asked",
    ),
    is_lasting=True,
)


@dataclass(frozen=True)
class Asker:
    """What of a provision is filtered by. `provisions` are its key and those of all that it is
    part of. `first_day` is of law alone; `last_day` is the first on which it no longer applies.
    """

    instrument: str
    is_law: bool
    provisions: tuple[str, ...]
    addressee: str
    first_day: datetime.date | None
    last_day: datetime.date | None

    def is_in_force_on(self, day: datetime.date) -> bool:
        if self.first_day is None or day < self.first_day:
            return False
        return self.last_day is None or day < self.last_day


@dataclass(frozen=True)
class Asking:
    """That an asker asks for the mitigations of `keys`, with one force and relation."""

    asker: Asker
    force: str
    relation: str
    keys: BitMap

    @cached_property
    def values(self) -> dict[str, tuple[str, ...]]:
        """What it has, by the parameters that are facets or take several values."""
        return {
            INSTRUMENT: (self.asker.instrument,),
            PROVISION: self.asker.provisions,
            FORCE: (self.force,),
            RELATION: (self.relation,),
            ADDRESSEE: (self.asker.addressee,),
        }

    def answers(self, chosen: Chosen) -> bool:
        """Whether it has one of the values of each parameter."""
        for name, values in chosen.items():
            if name == IN_FORCE_ON:
                day = datetime.date.fromisoformat(values[0])
                if not self.asker.is_in_force_on(day):
                    return False
            elif not set(values).intersection(self.values[name]):
                return False
        return True


def askers_by_key() -> dict[int, Asker]:
    """Of all provisions, by their keys."""
    rows = {row.pk: row for row in Provision.objects.with_instruments()}
    askers = {}
    for key, row in rows.items():
        instrument = row.instrument
        # From the rows at hand: `parent` would ask for each parent of a parent.
        names = [row.key]
        wider = row
        while wider.parent_id and len(names) <= len(rows):
            wider = rows[wider.parent_id]
            names.append(wider.key)
        askers[key] = Asker(
            instrument.slug,
            instrument.is_binding,
            tuple(names),
            row.addressee,
            row.begins_on,
            instrument.ended_on,
        )
    return askers


def _names_by_value() -> list[tuple[str, tuple[str, ...]]]:
    """What each value of `ASKED` stands for: its instrument, its provision and all above it."""
    forces = ("", *Mapping.Force.values)
    ways = list(product(Mapping.Relation.values, forces))
    found = []
    for key, asker in askers_by_key().items():
        names = (asker.instrument, *asker.provisions)
        for relation, force in ways:
            found.append((f"{key} {relation} {force}", names))
    return found


#: By the slugs of instruments, and the keys of provisions, each with all that is part of it.
BY_ASKER = RelabelledSource("askers", ASKED, _names_by_value)


def askings(index: Index) -> list[Asking]:
    """All that is asked for, once for each provision, relation and force."""
    return index.per_revision("askings", lambda: _askings(index))


def _askings(index: Index) -> list[Asking]:
    askers = index.per_structure("askers", askers_by_key)
    found = []
    for value, keys in index.sets(ASKED).items():
        key, relation, force = value.split(" ")
        found.append(Asking(askers[int(key)], force, relation, keys))
    return found


def askings_for(index: Index, chosen: Chosen) -> list[Asking]:
    """All that is asked for, as far apart as what is `chosen` can tell it: where no provision is,
    those of an instrument that are alike in all else are one. They are ten times fewer.
    """
    if PROVISION in chosen:
        return askings(index)
    return index.per_revision("askings alike", lambda: _alike(askings(index)))


def _alike(all_askings: list[Asking]) -> list[Asking]:
    parts: dict[tuple[Asker, str, str], list[BitMap]] = defaultdict(list)
    for one in all_askings:
        asker = replace(one.asker, provisions=())
        parts[asker, one.force, one.relation].append(one.keys)
    return [
        Asking(*way, BitMap.union(*several)) for way, several in parts.items()
    ]


def last_looked_at(index: Index) -> datetime.date | None:
    """The day on which instruments were last looked at: of a later one nothing is known."""
    return index.per_structure("instruments looked at", _read_last_day)


def _read_last_day() -> datetime.date | None:
    days = Instrument.objects.exclude(checked_on=None).order_by("-checked_on")
    return days.values_list("checked_on", flat=True).first()


def asked_for_by_any(index: Index) -> BitMap:
    return index.per_revision(
        "asked for by any",
        lambda: BitMap.union(EMPTY, *index.sets(ASKED).values()),
    )


def asked_for_by_no_law(index: Index) -> BitMap:
    return index.per_revision("asked for by no law", lambda: _no_law(index))


def _no_law(index: Index) -> BitMap:
    of_law = [one.keys for one in askings(index) if one.asker.is_law]
    return index.published - BitMap.union(EMPTY, *of_law)


@dataclass(frozen=True)
class Wanted:
    """What is `chosen`. `unlegislated`: where `NO_LAW` is, what law does not ask for."""

    chosen: Chosen
    unlegislated: BitMap

    @cached_property
    def beside_instruments(self) -> Chosen:
        others = self.chosen.items()
        return {name: some for name, some in others if name != INSTRUMENT}

    def keys_of(self, one: Asking) -> BitMap:
        """Those for which it asks with all that is chosen."""
        if one.answers(self.chosen):
            return one.keys
        if self.unlegislated and one.answers(self.beside_instruments):
            return one.keys & self.unlegislated
        return EMPTY


def wanted(index: Index, chosen: Chosen) -> Wanted:
    is_beyond_law = NO_LAW in chosen.get(INSTRUMENT, [])
    return Wanted(
        chosen,
        asked_for_by_no_law(index) if is_beyond_law else EMPTY,
    )


def standing_for(index: Index, chosen: Chosen) -> BitMap:
    """The mitigations that something asks for that has all that is chosen."""
    wants = wanted(index, chosen)
    answering = map(wants.keys_of, askings_for(index, chosen))
    found = BitMap.union(EMPTY, *answering)
    if not wants.beside_instruments:
        found |= wants.unlegislated
        if NOT_GIVEN in chosen.get(INSTRUMENT, []):
            found |= index.published - asked_for_by_any(index)
    return found


def chosen_of(filters: Any) -> Chosen:
    """What is chosen of these in a list."""
    given = {name: filters.values(name) for name in TOGETHER}
    return {name: values for name, values in given.items() if values}


def mappings_that_answer(
    index: Index,
    keys: Iterable[int],
    chosen: Chosen,
) -> list[Any]:
    """What asks for any of these mitigations and has all that is chosen, binding law first.
    Nothing where nothing is chosen.
    """
    if not chosen:
        return []
    askers = index.per_structure("askers", askers_by_key)
    wants = wanted(index, chosen)
    rows = Mapping.objects.of_provisions().select_related(None)
    found = []
    for row in rows.select_related("provision__instrument").filter(
        source__in=among(keys),
    ):
        asker = askers[row.provision_id]
        own = BitMap([row.source_id])
        if wants.keys_of(Asking(asker, row.force, row.relation, own)):
            found.append(row)
    return found


class AskedForFilter(IndexFilter):
    """One of them. It narrows by what is chosen of all of them."""

    together = TOGETHER

    @property
    def beside(self) -> Chosen:
        """What is chosen of the others."""
        chosen = {}
        for name in TOGETHER:
            values = self.parent.values(name)
            if name != self.field_name and values:
                chosen[name] = values
        return chosen

    def narrow_together(self, index, keys, chosen):
        return keys & standing_for(index, chosen)

    def narrow(self, index, keys, values):
        chosen = {**self.beside, self.field_name: values}
        return self.narrow_together(index, keys, chosen)


class AskedForFacet(AskedForFilter, FacetFilter):
    """Its counts are of what is asked for with all that is chosen of the others."""

    place_on_pages = 1

    def source(self):
        return ASKED

    def carriers(self, index):
        by_value = self._by_value(index, self.beside)
        return lambda value: by_value.get(value, EMPTY)

    def without_value(self, index):
        if self.beside:
            return EMPTY
        return index.published - asked_for_by_any(index)

    def _sets(self, index):
        # With something chosen beside there are too many different ones to store.
        if not self.beside:
            return super()._sets(index)
        return [*map(self.carriers(index), self.known(index))]

    def _by_value(self, index: Index, beside: Chosen) -> dict[str, BitMap]:
        parts: dict[str, list[BitMap]] = defaultdict(list)
        wants = wanted(index, beside)
        for one in askings_for(index, beside):
            if keys := wants.keys_of(one):
                for value in one.values[self.field_name]:
                    parts[value].append(keys)
        return {value: BitMap.union(*some) for value, some in parts.items()}


class InstrumentFacet(AskedForFacet):
    """By the laws, codes and standards that ask for a mitigation."""

    resource = "instruments"
    not_given = "By none, as far as known"
    by_no_law = "By no binding law, as far as known"
    offers_special = True
    chip_words = "Asked for by {}"
    explanation = "A law, code, framework or standard that asks for the measure, or for something near it."
    note = f"With “{HOW_BINDING}” or “{WHOM_IT_BINDS}” chosen too, one and the same provision has all of them."

    @property
    def special_values(self):
        return {NO_LAW: self.by_no_law, **super().special_values}

    def standing_at(self, index, value):
        if value == NO_LAW:
            return standing_for(index, {**self.beside, INSTRUMENT: [NO_LAW]})
        return super().standing_at(index, value)

    def chip_label(self, value):
        """“Asked for by no binding law, as far as known”."""
        return self.chip_words.format(value.label.removeprefix("By "))

    def facet(self, index, *args, **kwargs):
        facet = super().facet(index, *args, **kwargs)
        facet.further = self._in_force(index)
        return facet

    def _in_force(self, index: Index) -> Further | None:
        """To what of the list law asks for that applied when law was last looked at."""
        day = last_looked_at(index)
        filters = self.parent
        if day is None or filters.value(IN_FORCE_ON):
            return None
        value = day.isoformat()
        one = filters.filters[IN_FORCE_ON]
        count = filters.count_entries(
            one.narrow(index, filters.wordings, [value]),
        )
        if not count:
            return None
        label = f"Only {one.label_of([value])}"
        return Further(label, count, filters.url(in_force_on=[value]))

    def choices(self):
        rows = Instrument.objects.values_list("slug", "short_title")
        return [FacetValue(slug, title) for slug, title in rows]


class ForceFacet(AskedForFacet):
    """By how strongly it is asked for."""

    has_fixed_values = True
    note = "Only law requires: a code commits those who sign it, and a framework or standard asks."
    explanation = (
        f"What a law, code, framework or standard does about the measure: {meanings_in_words(Mapping.Force.choices)}. "
        "“requires” is of law alone: a code commits those who sign it, and a framework or standard asks."
    )

    def choices(self):
        return [FacetValue(*one) for one in Mapping.Force.choices]


class RelationFacet(AskedForFacet):
    """By how near what is asked for comes to the measure."""

    has_fixed_values = True
    note = "A law can require something that is only related to a measure."
    explanation = f"How near what is asked for comes to the measure: {meanings_in_words(ASKED_AS.items())}."

    def choices(self):
        return [FacetValue(one.value, text) for one, text in ASKED_AS.items()]


class AddresseeFacet(AskedForFacet):
    """By whom a law asks for it of."""

    has_fixed_values = True
    explanation = (
        f"Whom a law binds: {meanings_in_words(Provision.Addressee.choices)}."
    )

    def choices(self):
        return [FacetValue(*one) for one in Provision.Addressee.choices]


class ProvisionFilter(AskedForFilter):
    """By provisions, each with all that is part of it."""

    field_class = ProvisionField
    takes_several = True
    value_schema: ClassVar = {
        "type": "array",
        "items": {"type": "string"},
    }
    explanation = "Provisions, each with all that is part of it, such as “eu-ai-act:Article 55”."

    def label_of(self, values):
        return ", ".join(dict.fromkeys(_titles_of_provisions(values)))


def _titles_of_provisions(keys: Iterable[str]) -> list[str]:
    """“EU AI Act, Article 55” for each."""
    titles = dict(Instrument.objects.values_list("slug", "short_title"))
    names = []
    for key in keys:
        slug, _, code = key.partition(":")
        names.append(f"{titles.get(slug, slug)}, {code}")
    return names


class InForceFilter(AskedForFilter):
    """By whether a law that asks for it applies on a day."""

    field_class = DayField
    value_schema: ClassVar = {"type": "string", "format": "date"}
    explanation = (
        "What a law asks for that applies on this day, such as 2026-12-02."
    )

    def label_of(self, values):
        day = datetime.date.fromisoformat(values[0])
        return f"{LAW_THAT_APPLIES} on {date_format(day, 'j F Y')}"


#: By parameter, in the order in which they are shown.
FILTERS: dict[str, AskedForFilter] = {
    one.field_name: one
    for one in (
        InstrumentFacet(field_name=INSTRUMENT, label="Asked for by"),
        ProvisionFilter(field_name=PROVISION, label="Asked for in"),
        ForceFacet(field_name=FORCE, label=HOW_BINDING),
        RelationFacet(field_name=RELATION, label="What is asked for"),
        AddresseeFacet(field_name=ADDRESSEE, label=WHOM_IT_BINDS),
        InForceFilter(
            field_name=IN_FORCE_ON,
            label=LAW_THAT_APPLIES.capitalize(),
        ),
    )
}
