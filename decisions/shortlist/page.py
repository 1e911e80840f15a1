"""What the page of a shortlist shows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from pyroaring import BitMap

from catalogue.listing.crosstab import Axis, axis_of
from catalogue.listing.facet_values import NOT_GIVEN
from catalogue.listing.filters import MitigationFilter
from catalogue.listing.index import current_index
from catalogue.models import Document, Mitigation
from surveys.results.support import support_of

from ..compare import state as compare
from ..selected import Overlap, address_with
from .asked import AskedFor
from .beginnings import RULE, beginnings
from .carried import choosing_url
from .coverage import (
    FIELDS,
    Coverage,
    Covered,
    Proposal,
    choice_name,
    fields_to_choose_from,
    target_at,
)
from .left_out import LONGEST_REASON
from .order import LABELS, OF_QUESTIONS, note_on, orders, sections_of
from .overlaps import overlapping
from .since import Changed, changes_since
from .state import DEEPER, ShortlistState
from .together import chosen_together


@dataclass(frozen=True)
class Said:
    """What one study says of a mitigation, in sentences."""

    text: str
    study: str


@dataclass(frozen=True)
class Entry:
    """A mitigation of the shortlist, with who carries it out and when, what each study says of it,
    and the links that move it or take it out.
    """

    mitigation: Mitigation
    who_and_when: str
    support: list[Said]
    without_url: str
    leaving_url: str
    up_url: str
    down_url: str


@dataclass(frozen=True)
class Proposed:
    """A mitigation that would fill gaps, and the link that adds it. `twin`: one of the shortlist
    that is the same measure.
    """

    mitigation: Mitigation
    fills: list[Covered]
    url: str
    twin: Mitigation | None


@dataclass(frozen=True)
class Unwanted:
    """A mitigation that is left out, why, and the links that take it or forget it. `others`:
    what else is left out, as its values stand in the address.
    """

    mitigation: Mitigation
    reason: str
    with_url: str
    forgetting_url: str
    others: list[str]


def page_context(state: ShortlistState) -> dict[str, Any]:
    published = state.selected.published
    accessions = [one.accession for one in published]
    coverage = coverage_of(state)
    today = timezone.now().date()
    return {
        "state": state,
        "entries": published,
        "sections": _sections(state),
        "orders": orders(),
        "order_note": note_on(state.sort),
        "left_out": _left_out(state),
        "longest_reason": LONGEST_REASON,
        "undone": _undone(state),
        "changes": changes_of(state),
        "coverage": coverage,
        "among": counted_among(state),
        "proposed": proposed_measures(state, coverage),
        "responsibilities": _responsibilities(state),
        "answered_for": _answered_for(state),
        "bearing": state.answered_for.told_of(published),
        "everything_url": state.url(targets=[]),
        "beginnings": [] if published else beginnings(),
        "rule_of_strongest": RULE,
        "document_count": Document.objects.count(),
        "overlaps": [
            (one.text, _keeping_one(state, one))
            for one in overlapping(published)
        ],
        "together": chosen_together(published),
        "asked_for": AskedFor(published),
        "fillers": filling_measures(state, coverage),
        "filling_rule": filling_rule(state),
        "risk_level_url": state.url(
            risk_level="" if state.risk_level == DEEPER else str(DEEPER),
        ),
        "list_url": address_with("mitigation-list", accessions),
        "choosing_url": choosing_url(state),
        "matrix_url": address_with("matrix", accessions),
        "most_compared": compare.MOST,
        "is_full": state.is_full,
        "brief_url": _with_query("brief", state.url()),
        "today": today,
        "dated_url": state.url(as_of=today.isoformat()),
        "make_link_url": _with_query("make-short-link", state.url()),
    }


def _with_query(view: str, url: str) -> str:
    """The address of another page with the query of `url`."""
    return f"{reverse(view)}?{url.partition('?')[2]}"


def coverage_of(state: ShortlistState) -> Coverage:
    return Coverage(
        state.universe,
        BitMap(one.pk for one in state.selected.published),
        BitMap(one.mitigation.pk for one in state.omissions.rows),
        "" if state.sort in LABELS else state.sort,
        state.risk_level,
    )


def counted_among(state: ShortlistState) -> str:
    """What was counted, as the end of a sentence; empty where all was."""
    text = state.answered_for.text
    return f", among what bears on {text}" if text else ""


def changes_of(state: ShortlistState) -> list[Changed]:
    """What happened since the day in the address; nothing where it names none."""
    if state.as_of is None:
        return []
    return changes_since(state.as_of, state.selected.mitigations)


def _responsibilities(state: ShortlistState) -> list[dict]:
    """What a reader may answer for beside what is chosen: (value of `for`, label) of each value of
    each field.
    """
    chosen = state.answered_for.targets
    groups = []
    everything = MitigationFilter(QueryDict())
    for axis, choices in fields_to_choose_from(everything, FIELDS):
        values = []
        for value in choices:
            target = target_at(axis, value)
            if target not in chosen:
                name = choice_name(everything, axis, value)
                values.append((target, name))
        if values:
            groups.append({"label": axis.label, "values": values})
    return groups


def _answered_for(state: ShortlistState) -> list[tuple[str, str]]:
    """(label, address without it) of each thing that the reader answers for."""
    answered = state.answered_for
    found = []
    for target in answered.targets:
        others = [one for one in answered.targets if one != target]
        url = state.url(targets=others)
        found.append((answered.label_of(target), url))
    return found


def _sections(state: ShortlistState) -> list[tuple[str, list[Entry]]]:
    """(heading, entries) in the order in which they are shown."""
    entries = {one.mitigation.pk: one for one in _entries_in_order(state)}
    mitigations = state.selected.published
    return [
        (section.heading, [entries[one.pk] for one in section.mitigations])
        for section in sections_of(mitigations, state.sort)
    ]


def _entries_in_order(state: ShortlistState) -> Iterator[Entry]:
    accessions = [one.accession for one in state.selected.published]
    terms = _axes_of(["actor", "phase"])
    support = _support_of_each(state.selected.published)
    last = len(accessions) - 1
    for place, mitigation in enumerate(state.selected.published):
        up, down = accessions.copy(), accessions.copy()
        up.insert(place - 1, up.pop(place))
        down.insert(place + 1, down.pop(place))
        # Elsewhere than in the reader's own order nothing would be seen to move.
        is_movable = not state.sort
        # Whoever moves it by keyboard is at the same link again, while it can be moved on.
        on_up = "up" if place > 1 else "down"
        on_down = "down" if place < last - 1 else "up"
        yield Entry(
            mitigation,
            _said_of(mitigation, terms),
            support[mitigation.pk],
            state.without_url(mitigation.accession),
            state.leaving_url(mitigation.accession),
            f"{state.url(up)}#{on_up}-{mitigation.accession}"
            if is_movable and place
            else "",
            f"{state.url(down)}#{on_down}-{mitigation.accession}"
            if is_movable and place < last
            else "",
        )


def _support_of_each(
    mitigations: Iterable[Mitigation],
) -> dict[int, list[Said]]:
    """By key. The index keeps it: all that these sentences are made of takes longer to read than
    the rest of the page.
    """
    keys = [one.pk for one in mitigations]
    found = current_index().per_mitigation("said of it", keys, _read_support)
    return dict(zip(keys, found, strict=True))


def _read_support(keys: list[int]) -> dict[int, list[Said]]:
    rows = Mitigation.objects.for_texts().filter(pk__in=keys)
    found: dict[int, list[Said]] = {key: [] for key in keys}
    for row in rows:
        supports = [support_of(item) for item in row.items.all()]
        found[row.pk] = [
            Said(one.text, one.item.study.label) for one in supports
        ]
    return found


def _axes_of(fields: Iterable[str]) -> list[Axis]:
    """Who, when and the like: the index knows it of all mitigations."""
    everything = MitigationFilter(QueryDict())
    return [axis_of(everything, one) for one in fields]


def _said_of(mitigation: Mitigation, axes: Iterable[Axis]) -> str:
    """“Actor: Developer · Lifecycle phase: Deploy”, without what is not given."""
    parts = []
    for axis in axes:
        names = [
            one.name
            for one in axis.values
            if one.value != NOT_GIVEN and mitigation.pk in one.keys
        ]
        if names:
            parts.append(f"{axis.label}: {', '.join(names)}")
    return " · ".join(parts)


def _left_out(state: ShortlistState) -> list[Unwanted]:
    return [
        Unwanted(
            one.mitigation,
            one.reason,
            "" if one.is_gone else state.with_url(one.accession),
            state.forgetting_url(one.accession),
            state.omissions.without(one.accession),
        )
        for one in state.omissions.rows
    ]


def _undone(state: ShortlistState) -> Mitigation | None:
    """What was taken out last, unless it is gone from the catalogue."""
    if state.undone is None:
        return None
    _, accession = state.undone
    return Mitigation.objects.published().filter(accession=accession).first()


def _keeping_one(
    state: ShortlistState,
    overlap: Overlap,
) -> list[tuple[Mitigation, str]]:
    """(which of the two is kept, the address without the other)."""
    first, second = overlap.pair
    return [
        (first, state.without_url(second.accession)),
        (second, state.without_url(first.accession)),
    ]


def filling_rule(state: ShortlistState) -> str:
    """Which of several that fill equally many gaps is named first."""
    if state.sort in LABELS:
        return "of those that fill equally many the first by code is named"
    label = orders()[state.sort].removeprefix(OF_QUESTIONS)
    return (
        "of those that fill equally many the one comes first that more experts agree with "
        f"({label}), then the first by code"
    )


def _proposed(
    state: ShortlistState,
    coverage: Coverage,
    proposals: Iterable[Proposal],
) -> list[Proposed]:
    found = []
    for one in proposals:
        mitigation = coverage.filling[one.key]
        url = state.with_url(mitigation.accession)
        twin = _twin_of(mitigation, state.selected.published)
        found.append(Proposed(mitigation, one.fills, url, twin))
    return found


def _twin_of(
    mitigation: Mitigation,
    among: Iterable[Mitigation],
) -> Mitigation | None:
    """The first that is the same measure, worded by another source."""
    wordings = current_index().measures.wordings_of(mitigation.pk)
    return next((one for one in among if one.pk in wordings), None)


def proposed_measures(
    state: ShortlistState,
    coverage: Coverage,
) -> list[Proposed]:
    """The mitigations that would fill the most gaps, in that order."""
    return _proposed(state, coverage, coverage.proposals)


def filling_measures(
    state: ShortlistState,
    coverage: Coverage,
) -> list[tuple[Covered, list[Proposed]]]:
    """Each gap with those that would fill it."""
    return [
        (gap, _proposed(state, coverage, proposals))
        for gap, proposals in coverage.fillers
    ]
