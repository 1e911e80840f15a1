"""What happened to published mitigations, in words, for readers.

Only of states that were published: what a draft went through before is nobody's to read, nor
who changed what. Changes that were made in one sitting are told as one, with the reasons that
were given for them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import singledispatch
from typing import Any, NamedTuple

from .. import reading
from ..listing.index import current_index
from ..models import Category, Classification, Document, Mitigation
from ..models.importing import reason_for_readers
from ..record.field_types import (
    Accession,
    Choice,
    Classifications,
    Day,
    Field,
    Flag,
    Group,
    Identifiers,
    Lines,
    Link,
    Mappings,
    MeasureOf,
    Moment,
    Notice,
    Number,
    SourceDocument,
    Status,
    Terms,
    Text,
    as_utc,
)
from ..record.fields import FIELDS, in_order, of_type
from . import changes_of_provisions as provisions

#: Changes that follow each other within this are of one sitting.
SITTING = timedelta(seconds=60)
MOST_REASONS = 3
#: What is read of a mitigation's history: columns of its own, and terms.
STORED = [
    *(
        one.stored_as
        for one in of_type(Text, Lines, Flag, Choice, Number, Day, Status)
    ),
    "document_id",
]
TERMS = of_type(Terms)
#: In which order the changes of one sitting are put.
TOLD = in_order(
    "name",
    "description",
    "requirements",
    "alternative_names",
    "phases",
    "actors",
    "functions",
    "locator",
    "document",
    "preliminary",
    "instruments_checked_on",
    among=FIELDS,
)


@dataclass(frozen=True)
class Event:
    """`what` is published, reclassified, changed or withdrawn; `said` tells it in words, a
    sentence each.
    """

    at: datetime
    what: str
    said: list[str]
    reason: str = ""

    @property
    def text(self) -> str:
        sentence = "; ".join(self.said)
        return f"{sentence[:1].upper()}{sentence[1:]}"


class Row(NamedTuple):
    """One row of a history: of a mitigation, or of one of its classifications or mappings."""

    at: datetime
    history_id: int
    is_gone: bool
    reason: str
    of: str
    key: int
    values: dict[str, Any]


@dataclass
class State:
    """A mitigation at some moment. Places are by the key of the classification, what is asked
    by that of the mapping.
    """

    own: dict[str, Any] | None = None
    places: dict[int, dict[str, Any]] = field(default_factory=dict)
    asked: provisions.Asked = field(default_factory=dict)

    @property
    def is_published(self) -> bool:
        return (
            self.own is not None
            and self.own["status"] == Mitigation.Status.PUBLISHED
        )

    def copy(self) -> "State":
        return State(self.own, dict(self.places), dict(self.asked))


@dataclass
class Names:
    """What keys stand for."""

    places: dict[int, tuple[str, str, bool, bool]]
    documents: dict[int, str]


def histories(keys: Collection[int]) -> dict[int, list[Event]]:
    """What happened to each of these mitigations, the newest first. A fixed number of queries
    for any number of them.

    Of a release, what had happened by then.
    """
    release = reading.current_release()
    until = {"history_date__lte": release.cut_at} if release else {}
    rows = _own_rows(keys, until)
    for key, more in _place_rows(keys, until).items():
        rows[key] += more
    for row in provisions.history_rows(keys, until):
        values = {name: row[name] for name in provisions.COLUMNS}
        rows[row["source_id"]].append(
            _row(row, "mapping", row["id"], values),
        )
    names = _names(rows)
    return {
        key: list(
            _events(
                sorted(rows[key], key=lambda row: (row.at, row.history_id)),
                names,
            ),
        )[::-1]
        for key in keys
    }


def history_of(key: int) -> list[Event]:
    """Of one mitigation, as its page shows it."""
    [found] = current_index().per_mitigation("history", [key], histories)
    return found


def members_of(keys: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """Of each of these mitigations, as the API tells it."""
    return {key: as_json(events) for key, events in histories(keys).items()}


def as_json(events: Iterable[Event]) -> list[dict[str, Any]]:
    return [
        {
            "at": as_utc(e.at),
            "what": e.what,
            "said": e.text,
            "reason": e.reason or None,
        }
        for e in events
    ]


def recent(most: int) -> list[tuple[Mitigation, Event]]:
    """What happened last, to whatever is published now or was withdrawn, the newest first."""
    seen_by_all = [
        name
        for name in ("PUBLISHED", "WITHDRAWN")
        if hasattr(Mitigation.Status, name)
    ]
    told = Mitigation.objects.filter(
        status__in=[Mitigation.Status[name] for name in seen_by_all],
    )
    rows = told.select_related("document").order_by("-updated_at", "-pk")[
        : 2 * most
    ]
    seen = {mitigation.pk: mitigation for mitigation in rows}
    found = [
        (seen[key], event)
        for key, events in histories(list(seen)).items()
        for event in events
    ]
    return sorted(
        found,
        key=lambda one: (one[1].at, one[0].accession),
        reverse=True,
    )[:most]


# Reading


def _own_rows(
    keys: Collection[int],
    until: dict[str, Any],
) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    columns = (
        "id",
        "history_id",
        "history_date",
        "history_type",
        "history_change_reason",
        *STORED,
    )
    rows = (
        Mitigation.history.filter(id__in=keys, **until)
        .order_by()
        .values(*columns)
    )
    terms = _terms([row["history_id"] for row in rows])
    for row in rows:
        values = {name: row[name] for name in STORED}
        for name, by_history in terms.items():
            values[name] = by_history.get(row["history_id"], set())
        found[row["id"]].append(_row(row, "mitigation", row["id"], values))
    return found


def _terms(history_ids: list[int]) -> dict[str, dict[int, set[str]]]:
    found: dict[str, dict[int, set[str]]] = {}
    for one in TERMS:
        links: Any = getattr(Mitigation.history.model, one.name).model
        label = f"{one.terms._meta.model_name}__name"
        rows = links.objects.filter(history__in=history_ids)
        found[one.name] = defaultdict(set)
        for history_id, name in rows.values_list("history_id", label):
            found[one.name][history_id].add(name)
    return found


def _place_rows(
    keys: Collection[int],
    until: dict[str, Any],
) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    columns = ("category_id", "is_primary", "rationale")
    rows = Classification.history.filter(
        mitigation_id__in=keys,
        **until,
    ).order_by()
    for row in rows.values(
        "id",
        "mitigation_id",
        "history_id",
        "history_date",
        "history_type",
        "history_change_reason",
        *columns,
    ):
        found[row["mitigation_id"]].append(
            _row(
                row,
                "place",
                row["id"],
                {name: row[name] for name in columns},
            ),
        )
    return found


def _row(
    row: dict[str, Any],
    of: str,
    key: int,
    values: dict[str, Any],
) -> Row:
    is_gone = row["history_type"] == "-"
    return Row(
        row["history_date"],
        row["history_id"],
        is_gone,
        row["history_change_reason"] or "",
        of,
        key,
        values,
    )


def _names(rows: dict[int, list[Row]]) -> Names:
    every = [row for some in rows.values() for row in some]
    placed = {row.values["category_id"] for row in every if row.of == "place"}
    documents = {
        row.values["document_id"] for row in every if row.of == "mitigation"
    }
    columns = (
        "pk",
        "code",
        "taxonomy__short_title",
        "taxonomy__is_default",
        "taxonomy__kind",
    )
    places = {
        pk: (code, title, is_default, kind == "risks")
        for pk, code, title, is_default, kind in Category.objects.filter(
            pk__in=placed,
        ).values_list(*columns)
    }
    return Names(
        places,
        dict(
            Document.objects.filter(pk__in=documents).values_list(
                "pk",
                "label",
            ),
        ),
    )


# Telling


def _events(rows: list[Row], names: Names) -> Iterator[Event]:
    state = State()
    #: The state that readers saw last, and whether they see it still.
    last: State | None = None
    is_shown = False
    for sitting in _sittings(rows):
        state = _after(state, sitting)
        reason = _reason(sitting, is_first=last is None)
        said = (
            list(_said(last, state, names))
            if last and state.is_published
            else []
        )
        if state.is_published and not is_shown:
            yield Event(
                sitting[0].at,
                "published",
                ["published again" if last else "published", *said],
                reason,
            )
        elif said and last:
            is_moved = _places(last, names) != _places(state, names)
            yield Event(
                sitting[-1].at,
                "reclassified" if is_moved else "changed",
                said,
                reason,
            )
        elif is_shown and not state.is_published:
            yield Event(sitting[-1].at, "withdrawn", ["withdrawn"], reason)
        is_shown = state.is_published
        last = state if is_shown else last


def _reason(rows: list[Row], is_first: bool) -> str:
    """Those that were given for what readers saw, a few of them; of what is published first,
    the mitigation's own: its parts came with it.
    """
    given = (
        reason_for_readers(row.reason)
        for row in rows
        if _is_of_readers(row) and not (is_first and row.of != "mitigation")
    )
    return "; ".join(list(dict.fromkeys(filter(None, given)))[:MOST_REASONS])


def _is_of_readers(row: Row) -> bool:
    """What a reviewer says to an author while it is a draft is between them."""
    return row.of != "mitigation" or row.values["status"] in (
        Mitigation.Status.PUBLISHED,
        Mitigation.Status.WITHDRAWN,
    )


def _sittings(rows: list[Row]) -> Iterator[list[Row]]:
    sitting: list[Row] = []
    for row in rows:
        if sitting and row.at - sitting[-1].at > SITTING:
            yield sitting
            sitting = []
        sitting.append(row)
    if sitting:
        yield sitting


def _after(state: State, rows: list[Row]) -> State:
    after = state.copy()
    for row in rows:
        if row.of == "mitigation":
            after.own = None if row.is_gone else row.values
            continue
        parts = after.places if row.of == "place" else after.asked
        if row.is_gone:
            parts.pop(row.key, None)
        else:
            parts[row.key] = row.values
    return after


def _places(state: State, names: Names) -> dict[str, list[tuple[bool, str]]]:
    """By the title of the taxonomy: whether each place is a further one, and its code; a
    category that is gone is left out.
    """
    found: dict[str, list[tuple[bool, str]]] = defaultdict(list)
    for place in state.places.values():
        if place["category_id"] in names.places:
            code, title, *_ = names.places[place["category_id"]]
            found[title].append((not place["is_primary"], code))
    return {title: sorted(places) for title, places in found.items()}


def _said(before: State, after: State, names: Names) -> Iterator[str]:
    old = before.own or {}
    new = after.own or {}
    yield from _said_of_places(before, after, names)
    for one in TOLD:
        yield from sentences(one, old, new, names)
    yield from provisions.provision_sentences(before.asked, after.asked)


@singledispatch
def sentences(
    declared: Field,
    old: dict[str, Any],
    new: dict[str, Any],
    names: Names,
) -> Iterator[str]:
    """What is told of a field between two states of a mitigation: its columns by their
    attributes, terms by the name of the field.
    """
    raise NotImplementedError(f"{type(declared).__name__} {declared.name}")


@sentences.register(Accession)
@sentences.register(Status)
@sentences.register(Moment)
@sentences.register(Link)
@sentences.register(MeasureOf)
@sentences.register(Notice)
@sentences.register(Identifiers)
@sentences.register(Classifications)
@sentences.register(Mappings)
def _no_sentences(declared, old, new, names):
    # They never change, follow from others, or are told otherwise: places above, what becomes
    # public by the event itself.
    return iter(())


@sentences.register(Text)
@sentences.register(Lines)
@sentences.register(Number)
@sentences.register(Day)
def _sentences_of_text(declared, old, new, names):
    attribute = declared.stored_as
    if old[attribute] != new[attribute]:
        yield from _sentence(declared, old[attribute], new[attribute])


@sentences.register
def _sentences_of_flag(declared: Flag, old, new, names):
    attribute = declared.stored_as
    if old[attribute] != new[attribute]:
        to_yes, to_no = declared.changes
        yield to_yes if new[attribute] else to_no


@sentences.register
def _sentences_of_choice(declared: Choice, old, new, names):
    attribute = declared.stored_as
    if old[attribute] == new[attribute]:
        return
    labels = dict(declared.choices)
    was = labels.get(old[attribute], "")
    now = labels.get(new[attribute], "")
    if was and now:
        yield f"{declared.label} changed from {was} to {now}"
    elif now:
        yield f"{declared.label} added: {now}"
    else:
        yield f"{declared.label} removed: {was}"


@sentences.register
def _sentences_of_group(declared: Group, old, new, names):
    attributes = [one.stored_as for one in declared.fields]
    if any(old[name] != new[name] for name in attributes):
        yield from _sentence(declared, "", "")


@sentences.register
def _sentences_of_source_document(declared: SourceDocument, old, new, names):
    if old["document_id"] != new["document_id"]:
        gone = "a source that was deleted"
        was = names.documents.get(old["document_id"], gone)
        now = names.documents.get(new["document_id"], gone)
        yield from _sentence(declared, was, now)


@sentences.register
def _sentences_of_terms(declared: Terms, old, new, names):
    added = sorted(new[declared.name] - old[declared.name])
    removed = sorted(old[declared.name] - new[declared.name])
    if added:
        yield f"{declared.label} added: {', '.join(added)}"
    if removed:
        yield f"{declared.label} removed: {', '.join(removed)}"


def _sentence(declared: Field, old: Any, new: Any) -> Iterator[str]:
    """As the declaration puts it; nothing where it says that this is not told."""
    if callable(declared.change):
        yield declared.change(old, new)
    elif declared.change:
        yield declared.change.format(old=old, new=new)


def _said_of_places(
    before: State,
    after: State,
    names: Names,
) -> Iterator[str]:
    old = _places(before, names)
    new = _places(after, names)
    kinds = {
        title: (is_default, is_risk)
        for _, title, is_default, is_risk in names.places.values()
    }
    moved = False
    for title in sorted(
        {*old, *new},
        key=lambda title: (not kinds[title][0], title),
    ):
        was = old.get(title, [])
        now = new.get(title, [])
        if was == now:
            continue
        moved = True
        is_default, is_risk = kinds[title]
        where = "" if is_default else f" in {title.lower()}"
        gone = [
            code for place in was if place not in now for _, code in [place]
        ]
        come = [
            code for place in now if place not in was for _, code in [place]
        ]
        subject = "risk addressed" if is_risk else "category"
        if gone and come:
            yield f"reclassified from {', '.join(gone)} to {', '.join(come)}{where}"
        elif come:
            yield f"{subject} added: {', '.join(come)}{where}"
        else:
            yield f"{subject} removed: {', '.join(gone)}{where}"
    reasons = [
        sorted(place["rationale"] for place in state.places.values())
        for state in (before, after)
    ]
    if not moved and reasons[0] != reasons[1]:
        yield "reason for its classification rewritten"
