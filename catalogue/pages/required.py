"""What law requires of developers of frontier models: today, and from each day that lies ahead."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from pyroaring import BitMap

from ..listing.asked_for import (
    ADDRESSEE,
    FORCE,
    IN_FORCE_ON,
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

#: What names its measure, or nearly so: of a law that requires this, one may say that it requires
#: the measure.
THE_MEASURE = ("exactMatch", "closeMatch")
#: Whom law on frontier models asks: their developers, who are providers of general-purpose
#: models too.
OF_FRONTIER_DEVELOPERS = ("frontier", "general-purpose")
#: So many measures are named for a day; the list has all.
MOST_NAMED = 5


@dataclass(frozen=True)
class RequiredMeasure:
    """A measure, and the short titles of the laws that require it."""

    mitigation: Mitigation
    laws: list[str]


@dataclass(frozen=True)
class FurtherLaw:
    """A law that from a day on requires what others did before. `named`: the first of these."""

    title: str
    count: int
    named: list[Mitigation]

    @property
    def more(self) -> int:
        """How many there are beside those that are named."""
        return self.count - len(self.named)


@dataclass(frozen=True)
class Required:
    """What law in force on a day requires. `before`: of the day before it among those that are
    shown; None: it is the first.
    """

    index: Index
    day: datetime.date
    before: "Required | None" = None

    @property
    def _chosen(self) -> Chosen:
        return {
            FORCE: [Mapping.Force.REQUIRES.value],
            RELATION: [*THE_MEASURE],
            ADDRESSEE: [*OF_FRONTIER_DEVELOPERS],
            IN_FORCE_ON: [self.day.isoformat()],
        }

    @property
    def _chosen_in_part(self) -> Chosen:
        """However near it comes to a measure."""
        chosen = self._chosen
        del chosen[RELATION]
        return chosen

    @property
    def url(self) -> str:
        return _list_of(self._chosen)

    @property
    def url_in_part(self) -> str:
        return _list_of(self._chosen_in_part)

    @cached_property
    def keys(self) -> BitMap:
        """Those that its list has."""
        return _keys_of(self._chosen)

    @property
    def count(self) -> int:
        return len(self.keys)

    @cached_property
    def count_in_part(self) -> int:
        return len(_keys_of(self._chosen_in_part))

    @cached_property
    def _askings(self) -> list[Asking]:
        chosen = self._chosen
        return [
            one
            for one in askings_for(self.index, chosen)
            if one.answers(chosen)
        ]

    @cached_property
    def _added(self) -> BitMap:
        return self.keys - self.before.keys if self.before else self.keys

    @property
    def is_as_before(self) -> bool:
        return self.before is not None and self.keys == self.before.keys

    @property
    def named(self) -> list[RequiredMeasure]:
        """The first of those that were not required on the day before."""
        keys = [*self._added[:MOST_NAMED]]
        rows = Mitigation.objects.only("accession", "name").in_bulk(keys)
        titles = _short_titles()
        named = []
        for key in keys:
            slugs = [
                one.asker.instrument
                for one in self._askings
                if key in one.keys
            ]
            laws = [title for slug, title in titles.items() if slug in slugs]
            named.append(RequiredMeasure(rows[key], laws))
        return named

    @property
    def more(self) -> int:
        """How many are added beside those that are named."""
        return max(len(self._added) - MOST_NAMED, 0)

    @property
    def further_laws(self) -> list[FurtherLaw]:
        """Laws that required nothing on the day before, with what of that which others required
        then they require now.
        """
        if self.before is None:
            return []
        known = {one.asker.instrument for one in self.before._askings}
        parts: dict[str, BitMap] = {}
        for one in self._askings:
            slug = one.asker.instrument
            if slug not in known:
                again = one.keys & self.before.keys
                parts[slug] = parts.get(slug, EMPTY) | again
        titles = _short_titles()
        return [
            FurtherLaw(title, len(parts[slug]), _first_of(parts[slug]))
            for slug, title in titles.items()
            if parts.get(slug)
        ]

    @property
    def notes(self) -> list[str]:
        """What is noted on the days from which these provisions apply, where one day does not
        say it all.
        """
        chosen = self._chosen
        keys = [
            one.asker.provisions[0]
            for one in askings(self.index)
            if one.answers(chosen)
        ]
        rows = Provision.objects.with_instruments().exclude(
            applies_from_note="",
        )
        noted = rows.filter(addressee__in=OF_FRONTIER_DEVELOPERS)
        codes: dict[tuple[str, str], list[str]] = {}
        for one in noted:
            if one.key in keys:
                name = one.instrument.short_title, one.applies_from_note
                codes.setdefault(name, []).append(one.code)
        return [
            f"{title}, {', '.join(some)}: {note}"
            for (title, note), some in codes.items()
        ]


def required_on(index: Index, days: Sequence[datetime.date]) -> list[Required]:
    """Of each of these days, beside the one before it."""
    found: list[Required] = []
    for day in days:
        before = found[-1] if found else None
        found.append(Required(index, day, before))
    return found


def _first_of(keys: BitMap) -> list[Mitigation]:
    rows = Mitigation.objects.only("accession", "name")
    found = rows.in_bulk([*keys[:MOST_NAMED]])
    return [found[key] for key in sorted(found)]


def _short_titles() -> dict[str, str]:
    return dict(Instrument.objects.values_list("slug", "short_title"))


def _list_of(chosen: Chosen) -> str:
    return f"{reverse('mitigation-list')}?{_query_of(chosen)}"


def _keys_of(chosen: Chosen) -> BitMap:
    return MitigationFilter(QueryDict(_query_of(chosen))).keys


def _query_of(chosen: Chosen) -> str:
    return urlencode(chosen, doseq=True)
