"""What laws, codes and standards ask about the measures of a brief: binding law first, one line each,
and what is not told counted.
"""

from collections import defaultdict
from typing import Any

from django.utils.text import get_text_list

from catalogue.listing.index import current_index
from catalogue.models import Instrument, Mapping, Mitigation
from catalogue.models.mapping import NEAR
from catalogue.record.asking import (
    NO_ADVICE,
    NOT_LOOKED_AT,
    asks,
    unverified_note,
)
from catalogue.record.crosswalk import NEARNESS
from catalogue.record.looked_for import looked_for

from ..shortlist.asked import NOTHING_ASKS, AskedBy, AskedFor
from ..shortlist.manners import (
    APPLIES,
    begin_of,
    beginning_with_note,
    last_looked_at,
    phrases,
)
from .structure import Bullets, Paragraph, Part, Table
from .twins import Twins

HEADING = "Laws, codes and standards"
HEADS = [
    "Binding law",
    "Asks about",
    "What applies",
    "Ahead, or not for all alike",
]
HEADS_OF_OTHERS = [
    "Code, framework or standard",
    "Asks about",
    "As they stand, or nearly so",
    "In part, wider or related",
]
CAPTION = "What binding law asks about these measures"
CAPTION_OF_OTHERS = "What is not binding asks about these measures."
NO_LAW = "No law listed here was found to ask for it."
NONE = "none"


def blocks_of_all(asked_for: AskedFor) -> list[Part]:
    """A row for each law that asks about any of them, with what it does about which measures and
    from when, and for each of the others. Nothing: where none does.
    """
    asked = asked_for.instruments
    law = [one for one in asked if one.instrument.is_binding]
    parts: list[Part] = []
    if law:
        looked_at = last_looked_at([one.instrument for one in law])
        caption = f"{CAPTION}, as {looked_at}." if looked_at else f"{CAPTION}."
        parts.append(Table(caption, HEADS, [_row_of_law(one) for one in law]))
    if others := asked[len(law) :]:
        further = [_counts(one) for one in others]
        parts.append(Table(CAPTION_OF_OTHERS, HEADS_OF_OTHERS, further))
    return [Paragraph(NO_ADVICE), *parts] if parts else []


def _row_of_law(asked: AskedBy) -> list[str]:
    now, later = [], []
    for begin, rows in asked.in_time:
        told = "; ".join(phrases(rows, is_named=True))
        if begin.stage == APPLIES:
            later_for = f", though {begin.longer}" if begin.longer else ""
            now.append(f"{told}{later_for}")
        else:
            later.append(f"{begin.text}: {told}")
    cells = ["; ".join(some) or NONE for some in (now, later)]
    return [
        asked.instrument.short_title,
        f"{asked.count:,} of {asked.of:,}",
        *cells,
    ]


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
    of_law, of_others = _by_law(mappings)
    lines = _law_lines(of_law)
    if others := _others_line(of_others, not lines):
        lines.append(others)
    if len(mappings) > len(of_law) + len(of_others):
        lines.append(
            f"All {len(mappings):,} provisions, each with its reason: [{entry}].",
        )
    return [Bullets(lines)]


def lines_of_twins(
    mitigation: Mitigation,
    asked_for: AskedFor,
    twins: Twins,
) -> list[Part]:
    """What law asks about the measure in other words, where that is not what it asks in these: a
    law is judged by each wording, and none is told of another.
    """
    own = _law_lines(_by_law(asked_for.mappings_of(mitigation))[0])
    lines = []
    for twin in twins.of(mitigation):
        one = twin.mitigation
        of_law, _ = _by_law(asked_for.mappings_of(one))
        told = [line for line in _law_lines(of_law) if line not in own]
        if told:
            lines.append(
                f"Of “{one.name}” ({one.accession}), the same measure as {one.document.label} words it: {' '.join(told)}",
            )
    return [Bullets(lines)] if lines else []


Rows = dict[Instrument, list[Any]]


def _by_law(mappings: list[Any]) -> tuple[Rows, Rows]:
    """By instrument: of binding law, and of others."""
    of_law: Rows = defaultdict(list)
    of_others: Rows = defaultdict(list)
    for row in mappings:
        instrument = row.provision.instrument
        some = of_law if instrument.is_binding else of_others
        some[instrument].append(row)
    return of_law, of_others


def _law_lines(of_law: Rows) -> list[str]:
    return [_law_line(rows) for rows in sorted(of_law.values(), key=_rank)]


def about_days(asked_for: AskedFor) -> str:
    """What holds for the lines of all measures; where nothing asks for any, only in what was not
    looked.
    """
    not_yet = looked_for(current_index()).not_yet_in_words()
    if not asked_for.instruments:
        return not_yet
    looked_at = last_looked_at(
        [one.instrument for one in asked_for.instruments],
    )
    when = f", as {looked_at}" if looked_at else ""
    text = (
        f"{HEADING}: of each law the provision that is nearest to the measure, and where that lies ahead the nearest that applies too, "
        f"with whom it binds and from when{when}."
    )
    told = [text, not_yet, *asked_for.whose_numbers, NO_ADVICE]
    return " ".join(filter(None, told))


def _law_line(rows: list[Any]) -> str:
    """What the nearest provision of one law asks: “EU AI Act, Article 9: requires nearly this measure;
    high-risk AI systems, from 2 December 2027.” Where that lies ahead, what applies follows.
    """
    nearest = min(rows, key=_distance)
    title = nearest.provision.instrument.short_title
    text = f"{title}, {_told(nearest)}."
    applying = [row for row in rows if begin_of(row).stage == APPLIES]
    if begin_of(nearest).stage == APPLIES or not applying:
        return text
    return f"{text} What applies: {_told(min(applying, key=_distance))}."


def _told(row: Any) -> str:
    provision = row.provision
    whom = ", ".join(
        filter(None, [provision.applies_to, beginning_with_note(provision)]),
    )
    told = "; ".join(filter(None, [asks(row), whom]))
    return f"{provision.code}{unverified_note(provision)}: {told}"


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
        parts.append(
            f"as it stands or nearly so by {get_text_list(near, 'and')}",
        )
    if far:
        parts.append(
            f"in part, in something wider or related by {get_text_list(far, 'and')}",
        )
    if not parts:
        return ""
    start = f"{NO_LAW} Beyond law" if is_alone else "Beyond law"
    return f"{start}, asked about {'; '.join(parts)}."


def _rank(rows: list[Any]) -> tuple:
    return min(map(_distance, rows))


def _distance(row: Any) -> tuple:
    """What comes nearest to the measure first, of that what requires it, and of equals what
    applies for certain.
    """
    return (
        NEARNESS[row.relation],
        row.force != Mapping.Force.REQUIRES,
        begin_of(row).stage,
    )
