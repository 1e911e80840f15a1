"""What laws, codes and standards ask about the measures of a shortlist, in sentences that say no more
than is recorded: that a law requires a measure only where it does as the measure stands, or nearly so.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import get_text_list

from catalogue.listing.asked_for import LAW_THAT_APPLIES
from catalogue.listing.index import current_index
from catalogue.models import Instrument, Mapping, Mitigation, Provision
from catalogue.models.mapping import NEAR
from catalogue.record.asking import (
    NO_ADVICE,
    OF_WHOM,
    asking_about,
    cited,
    day_in_words,
    noted_on_day,
    whose_numbers,
)
from catalogue.record.looked_for import looked_for

from .manners import (
    AHEAD,
    APPLIES,
    NOTED,
    Begin,
    begin_of,
    by_begin,
    kind_of,
    last_looked_at,
    named_measures,
    names_of,
    phrases,
)

#: What law has to be done about a measure, and not only to be told of it.
DUTIES = (Mapping.Force.REQUIRES, Mapping.Force.OWN)
NO_LEGAL_ADVICE = "This is no legal advice."
NOTHING_ASKS = "Nothing in the laws, codes and standards that were gone through here was found to ask for it."


@dataclass(frozen=True)
class AskedBy:
    """An instrument: about how many of `of` measures it asks, and about how many of these as
    they stand, or nearly so. `rows`: by which provisions.
    """

    instrument: Instrument
    count: int
    near: int
    of: int
    rows: list[Any]

    @property
    def text(self) -> str:
        """“A Code (voluntary code) asks about 4 of 9: 1 as it stands or nearly so, 3 in part, in
        something wider or in something related.” Of law, what it does and from when: “EU AI Act
        (binding law) asks about 1 of 9. Applies on 30 November 2026: requires a part of 1.”
        """
        kind = self.instrument.get_kind_display()
        start = f"{self.instrument.short_title} ({kind}) asks about {self.count:,} of {self.of:,}"
        if not self.instrument.is_binding:
            return f"{start}: {self._how_near()}."
        told = [
            f"{_capitalised(begin.text)}: {'; '.join(phrases(rows))}."
            for begin, rows in self.in_time
        ]
        return " ".join([f"{start}.", *told])

    def _how_near(self) -> str:
        rest = self.count - self.near
        parts = []
        if self.near:
            verb = "it stands" if self.near == 1 else "they stand"
            parts.append(f"{self.near:,} as {verb} or nearly so")
        if rest:
            parts.append(
                f"{rest:,} in part, in something wider or in something related",
            )
        return ", ".join(parts)

    @cached_property
    def in_time(self) -> list[tuple[Begin, list[Any]]]:
        """What it asks now, then what it asks later. Of binding law."""
        return by_begin(self.rows)

    @property
    def does_apply(self) -> bool:
        """Whether anything that it asks about these is."""
        return self.instrument.is_binding and any(
            begin.stage in (APPLIES, NOTED) for begin, _ in self.in_time
        )

    @property
    def url(self) -> str:
        query = urlencode({"instrument": self.instrument.slug})
        return f"{reverse('mitigation-list')}?{query}"


class AskedFor:
    """Of published mitigations. `others`: those of which it can be asked, too, and that are not
    told of with these.
    """

    def __init__(
        self,
        mitigations: Sequence[Mitigation],
        others: Sequence[Mitigation] = (),
    ):
        self.mitigations = mitigations
        self.others = others

    @cached_property
    def _mappings(self) -> list[Any]:
        told = {one.pk for one in self.mitigations}
        return [one for one in self._read_mappings if one.source_id in told]

    @cached_property
    def _read_mappings(self) -> list[Any]:
        known = [*self.mitigations, *self.others]
        # Sentences name the measures in the order of the reader.
        keys = list(dict.fromkeys(one.pk for one in known))
        return list(chain.from_iterable(asking_about(keys)))

    @property
    def whose_numbers(self) -> list[str]:
        """What the numbers of provisions are, where these stand without it: once of each law."""
        return whose_numbers([one.provision for one in self._read_mappings])

    @property
    def is_whole(self) -> bool:
        """Whether all of them were looked for in laws, codes and standards."""
        return all(one.instruments_checked_on for one in self.mitigations)

    @cached_property
    def instruments(self) -> list[AskedBy]:
        """Binding law first, then those that ask about the most."""
        asked: dict[Instrument, set[int]] = defaultdict(set)
        near: dict[Instrument, set[int]] = defaultdict(set)
        rows: dict[Instrument, list[Any]] = defaultdict(list)
        for row in self._mappings:
            instrument = row.provision.instrument
            rows[instrument].append(row)
            asked[instrument].add(row.source_id)
            if row.relation in NEAR:
                near[instrument].add(row.source_id)
        found = [
            AskedBy(
                one,
                len(keys),
                len(near[one]),
                len(self.mitigations),
                rows[one],
            )
            for one, keys in asked.items()
        ]
        return sorted(
            found,
            key=lambda one: (not one.instrument.is_binding, -one.count),
        )

    @cached_property
    def points(self) -> list[str]:
        """What law requires of them, each law that applies, and what else asks about the most."""
        if not self._mappings:
            if self.is_whole and self.mitigations:
                text = "Nothing listed here was found to ask for any of these."
                return [_with_not_yet(text)]
            return []
        law = [one for one in self.instruments if one.instrument.is_binding]
        beyond = self.instruments[len(law) :]
        applying = [one for one in law if one.does_apply]
        asked = [one.text for one in [*applying, *beyond[:1]]]
        return [*self.required, *asked, NO_ADVICE]

    @property
    def required(self) -> list[str]:
        """What law requires of them, now and ahead. Empty where nothing asks for any."""
        if not self._mappings:
            return []
        more = [self._in_part(), *self._ahead(), self._further_ahead()]
        return [self._applying(), *filter(None, more)]

    @property
    def points_in_short(self) -> list[str]:
        """What law that applies asks about them, and which law lies ahead."""
        if not self._mappings:
            return self.points
        told = [
            self._applying(),
            self._in_part(is_short=True),
            self._further_ahead(is_whole=True),
            NO_LEGAL_ADVICE,
        ]
        return [" ".join(filter(None, told))]

    @cached_property
    def _required(self) -> list[Any]:
        """What law requires of a measure as it stands, or nearly so, and was not repealed when it
        was last looked at.
        """
        found = []
        for row in self._mappings:
            instrument = row.provision.instrument
            if instrument.has_ended:
                continue
            if (
                instrument.is_binding
                and row.force == Mapping.Force.REQUIRES
                and row.relation in NEAR
                and row.provision.begins_on
            ):
                found.append(row)
        return found

    def _applying(self) -> str:
        """What has a note on its day, since one day does not say it all, is told apart. What only
        some have longer for counts, with who has.
        """
        now = [row for row in self._required if not row.provision.is_ahead]
        certain = [row for row in now if not row.provision.applies_from_note]
        known = {row.source_id for row in certain}
        noted = [row for row in now if row.source_id not in known]
        total = len(self.mitigations)
        if certain:
            titles = _titles(certain, "last looked at")
            text = f"{LAW_THAT_APPLIES.capitalize()} requires {_how_many(certain, total)} here or nearly so, {OF_WHOM}: {titles}."
            text += _and_notes(_for_some_later(certain))
        else:
            some = f"any of these {total:,} measures"
            what = "this measure" if total == 1 else some
            text = f"No {LAW_THAT_APPLIES} and is listed here was found to require {what} as it stands, or nearly so."
            text = _with_not_yet(text, is_of_law=True)
        if noted:
            verb = "is" if len(names_of(noted)) == 1 else "are"
            text += f" {named_measures(noted)} {verb} not counted, as from when is not the same for all, or not certain ({_notes(noted)})."
        return text

    def _in_part(self, is_short: bool = False) -> str:
        """What law that applies asks about the measures that it does not require as they stand, each
        as near as it comes: in part, in something wider, or by rules that developers set.
        `is_short`: without what is only related, and what is only to be disclosed.
        """
        required = {
            row.source_id
            for row in self._required
            if begin_of(row).stage == APPLIES
        }
        found: list[Any] = []
        for force in DUTIES if is_short else Mapping.Force.values:
            told = set(required)
            if force not in DUTIES:
                told |= names_of(found).keys()
            rows = [
                row
                for row in self._applying_by(force)
                if row.source_id not in told
            ]
            if is_short:
                related = Mapping.Relation.RELATED
                rows = [row for row in rows if row.relation != related]
            found += _nearest(rows)
        if not found:
            return ""
        asked = "; ".join(phrases(found, is_named=True, has_laws=True))
        laws = [row.provision.instrument for row in found]
        text = f"{OF_WHOM.capitalize()}, {LAW_THAT_APPLIES} {asked} ({last_looked_at(laws)})."
        return text + _and_notes(found)

    def _applying_by(self, force: str) -> list[Any]:
        """What law that applies does about them with that force; what is not certain to apply only
        of measures of which nothing is certain.
        """
        certain, noted = [], []
        for row in self._mappings:
            if row.force != force or not row.provision.instrument.is_binding:
                continue
            stage = begin_of(row).stage
            if stage == APPLIES:
                certain.append(row)
            elif stage == NOTED:
                noted.append(row)
        known = names_of(certain)
        return [
            *certain,
            *[row for row in noted if row.source_id not in known],
        ]

    def _further_ahead(self, is_whole: bool = False) -> str:
        """Which law asks more from a day that lay ahead. `is_whole`: with that of which its own
        lines tell, since it requires a measure as it stands.
        """
        told = set()
        if not is_whole:
            told = {
                row.provision.instrument
                for row in self._required
                if row.provision.is_ahead
            }
        by_day: dict[date, list[str]] = defaultdict(list)
        for one in self.instruments:
            if not one.instrument.is_binding or one.instrument in told:
                continue
            begins = [begin for begin, _ in one.in_time]
            ahead = [begin for begin in begins if begin.stage == AHEAD]
            if ahead:
                by_day[ahead[0].day].append(one.instrument.short_title)
        if not by_day:
            return ""
        laws = [
            f"{get_text_list(titles, 'and')} from {day_in_words(day)}"
            for day, titles in sorted(by_day.items())
        ]
        return f"More lies ahead for these: {'; '.join(laws)}."

    def _ahead(self) -> list[str]:
        """What is required from a day that lay ahead when the law was last looked at, beyond what
        is told of earlier days.
        """
        by_day: dict[date, list[Any]] = defaultdict(list)
        told = set()
        for row in self._required:
            if row.provision.is_ahead:
                by_day[row.provision.begins_on].append(row)
            elif not row.provision.applies_from_note:
                told.add(row.source_id)
        lines = []
        for day, rows in sorted(by_day.items()):
            more = [row for row in rows if row.source_id not in told]
            lines.append(self._from_day(day, more or rows, bool(more), told))
            told |= {row.source_id for row in rows}
        return lines

    def _from_day(
        self,
        day: date,
        rows: list[Any],
        is_more: bool,
        told: set[int],
    ) -> str:
        count = _how_many(rows, len(self.mitigations))
        if told and is_more:
            count = _how_many(rows)
        start = f"From {day_in_words(day)}"
        if is_more:
            text = f"{start} binding law requires {count} here or nearly so"
        else:
            text = f"{start} further binding law requires {count} here or nearly so, told of above already"
        text += f", {OF_WHOM}: {_titles(rows, 'still ahead')}."
        return text + _and_notes(rows)

    def mappings_of(
        self,
        mitigation: Mitigation,
        instrument: Instrument | None = None,
    ) -> list[Any]:
        """Of one measure: all of them, or those of one law, code or standard."""
        mappings = self._by_measure[mitigation.pk]
        if instrument is None:
            return mappings
        return [
            one for one in mappings if one.provision.instrument == instrument
        ]

    @cached_property
    def _by_measure(self) -> dict[int, list[Any]]:
        known = [*self.mitigations, *self.others]
        found: dict[int, list[Any]] = {one.pk: [] for one in known}
        for row in self._read_mappings:
            found[row.source_id].append(row)
        return found


def _with_not_yet(text: str, is_of_law: bool = False) -> str:
    """It, and in what was not looked."""
    looked = looked_for(current_index())
    return f"{text} {looked.not_yet_in_words(is_of_law=is_of_law)}".strip()


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _nearest(rows: list[Any]) -> list[Any]:
    """Of each measure those that come nearest to it."""
    least: dict[int, int] = {}
    for row in rows:
        kind = kind_of(row)
        least[row.source_id] = min(kind, least.get(row.source_id, kind))
    return [row for row in rows if kind_of(row) == least[row.source_id]]


def _how_many(rows: list[Any], total: int | None = None) -> str:
    """“2 of 9 (“Red teaming”, “Audits”), as they stand”, or “1 more (“Audits”), as it stands”."""
    count = len(names_of(rows))
    of = "more" if total is None else f"of {total:,}"
    verb = "it stands" if count == 1 else "they stand"
    return f"{count:,} {of} ({named_measures(rows)}), as {verb}"


def _notes(rows: list[Any]) -> str:
    """What is noted on the days: “EU AI Act, Article 72: from 2 August 2026 by the general rule”."""
    alike: dict[tuple[int, str], list[Provision]] = defaultdict(list)
    for row in rows:
        provision = row.provision
        if note := noted_on_day(provision):
            alike[provision.instrument_id, note].append(provision)
    return "; ".join(
        f"{cited(some)}: {note}" for (_, note), some in alike.items()
    )


def _and_notes(rows: list[Any]) -> str:
    """They, to stand behind a sentence. Empty: nothing is noted."""
    notes = _notes(rows)
    return f" {notes}." if notes else ""


def _for_some_later(rows: list[Any]) -> list[Any]:
    """Those about measures of which nothing applies for all yet."""
    for_all = {row.source_id for row in rows if not row.provision.longer_for}
    return [row for row in rows if row.source_id not in for_all]


def _titles(rows: list[Any], what: str) -> str:
    """Of the laws, with the days on which they were last looked at, and not today: pages are kept,
    and have to stay true.
    """
    by_day: dict[date | None, dict[str, None]] = defaultdict(dict)
    for row in rows:
        instrument = row.provision.instrument
        by_day[instrument.checked_on][instrument.short_title] = None
    parts = []
    for day, titles in by_day.items():
        looked_at = f" ({what} on {day_in_words(day)})" if day else ""
        parts.append(f"{', '.join(titles)}{looked_at}")
    return ", ".join(parts)
