"""What laws, codes and standards ask about the measures of a brief: binding law first, one line each,
and what is not told counted.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.utils.formats import date_format

from catalogue.models import Instrument, Mapping, Mitigation, Provision
from catalogue.record.asking import NO_ADVICE, NOT_LOOKED_AT, asks

from ..shortlist.asked import NEAR, NOTHING_ASKS, AskedBy, AskedFor
from .structure import Bullets, Paragraph, Part, Table

HEADING = "Laws, codes and standards"
HEADS = [
    "Binding law",
    "Asks about",
    "As they stand, or nearly so",
    "In part, wider or related",
]
HEADS_OF_OTHERS = ["Code, framework or standard", *HEADS[1:]]
CAPTION = "What binding law asks about these measures."
CAPTION_OF_OTHERS = "What is not binding asks about these measures."
NO_LAW = "No law listed here was found to ask for it."
NONE = "none"
#: So many measures are named in a cell, and of more it is said how many.
MOST_NAMED = 5


def blocks_of_all(
    mitigations: Sequence[Mitigation],
    asked_for: AskedFor,
) -> list[Part]:
    """A row for each law that asks about any of them, with the measures by name, and for each of
    the others. Nothing: where none does.
    """
    asked = asked_for.instruments
    law = [one for one in asked if one.instrument.is_binding]
    rows = []
    for one in law:
        near = []
        for mitigation in mitigations:
            found = asked_for.mappings_of(mitigation, one.instrument)
            if any(row.relation in NEAR for row in found):
                near.append(mitigation.name)
        rows.append(
            [
                one.instrument.short_title,
                f"{one.count:,} of {one.of:,}",
                _first(near),
                f"{one.count - one.near:,}",
            ],
        )
    parts: list[Part] = [Table(CAPTION, HEADS, rows)] if rows else []
    if others := asked[len(law) :]:
        further = [_counts(one) for one in others]
        parts.append(Table(CAPTION_OF_OTHERS, HEADS_OF_OTHERS, further))
    return [Paragraph(NO_ADVICE), *parts] if parts else []


def _counts(asked: AskedBy) -> list[str]:
    instrument = asked.instrument
    return [
        f"{instrument.short_title} ({instrument.get_kind_display()})",
        f"{asked.count:,} of {asked.of:,}",
        f"{asked.near:,}",
        f"{asked.count - asked.near:,}",
    ]


def blocks_of_measure(
    mitigation: Mitigation,
    asked_for: AskedFor,
    entry: int,
) -> list[Part]:
    """`entry`: the number of its entry in the catalogue, where all provisions stand."""
    mappings = asked_for.mappings_of(mitigation)
    if not mappings:
        is_looked_at = bool(mitigation.instruments_checked_on)
        return [Paragraph(NOTHING_ASKS if is_looked_at else NOT_LOOKED_AT)]
    of_law: dict[Instrument, list[Any]] = defaultdict(list)
    of_others: dict[Instrument, list[Any]] = defaultdict(list)
    for row in mappings:
        instrument = row.provision.instrument
        some = of_law if instrument.is_binding else of_others
        some[instrument].append(row)
    lines = [_law_line(rows) for rows in sorted(of_law.values(), key=_rank)]
    if others := _others_line(of_others, not lines):
        lines.append(others)
    if len(mappings) > len(of_law) + len(of_others):
        lines.append(
            f"All {len(mappings):,} provisions, each with its reason: [{entry}].",
        )
    return [Bullets(lines)]


def about_days(asked_for: AskedFor) -> str:
    """What holds for the lines of all measures. Empty: where nothing asks for any."""
    if not asked_for.instruments:
        return ""
    days = [one.instrument.checked_on for one in asked_for.instruments]
    looked_at = sorted({day for day in days if day})
    told = [date_format(day, "j F Y") for day in looked_at]
    when = ""
    if len(told) == 1:
        when = f", as last looked at on {told[0]}"
    elif told:
        when = f", as last looked at between {told[0]} and {told[-1]}"
    return f"{HEADING}: of each law the provision that is nearest to the measure, with whom it binds and from when{when}. {NO_ADVICE}"


def _law_line(rows: list[Any]) -> str:
    """What the nearest provision of one law asks: “EU AI Act, Article 9: requires nearly this measure;
    high-risk AI systems, from 2 December 2027.”
    """
    nearest = min(rows, key=_distance)
    provision = nearest.provision
    title = provision.instrument.short_title
    whom = ", ".join(filter(None, [provision.applies_to, _from(provision)]))
    told = "; ".join(filter(None, [asks(nearest), whom]))
    return f"{title}, {provision.code}: {told}."


def _from(provision: Provision) -> str:
    """From when it applies, with what is noted on that day, which may begin with the day."""
    note = provision.applies_from_note.rstrip(".")
    if not provision.begins_on:
        return note
    day = date_format(provision.begins_on, "j F Y")
    if note.startswith(day):
        return f"from {note}"
    return f"from {day} ({note})" if note else f"from {day}"


def _others_line(
    of_others: dict[Instrument, list[Any]],
    is_alone: bool,
) -> str:
    near, far = [], []
    for instrument, rows in of_others.items():
        is_near = any(row.relation in NEAR for row in rows)
        some = near if is_near else far
        some.append(instrument.short_title)
    parts = []
    if near:
        parts.append(f"as it stands or nearly so by {_listed(near)}")
    if far:
        parts.append(
            f"in part, in something wider or related by {_listed(far)}",
        )
    if not parts:
        return ""
    start = f"{NO_LAW} Beyond law" if is_alone else "Beyond law"
    return f"{start}, asked about {'; '.join(parts)}."


def _listed(names: list[str]) -> str:
    """“A, B and C”."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _first(names: list[str]) -> str:
    text = "; ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return f"{text}; and {more:,} more" if more > 0 else text or NONE


def _rank(rows: list[Any]) -> tuple[bool, bool]:
    return min(map(_distance, rows))


def _distance(row: Any) -> tuple[bool, bool]:
    """What names the measure comes first, and of that what requires it."""
    return row.relation not in NEAR, row.force != Mapping.Force.REQUIRES
