"""What happened to laws, codes and standards, in words, for readers: above all what applies from
another day than it did.
"""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from django.utils.formats import date_format

from .. import reading
from ..models import Instrument, Provision
from ..models.importing import reason_for_readers
from .change_rows import Row, history_row
from .changes import Event, reasons_given, sittings

#: Told each by itself; of `DESCRIBED` it is told that they changed.
TOLD = ("kind", "in_force_on", "ended_on", "replaced_by_id", "checked_on")
DESCRIBED = (
    "title",
    "short_title",
    "issuer",
    "status_note",
    "applies_to_note",
    "published",
    "published_as",
    "version",
    "url",
    "is_whole",
    "unverified",
)
OF_PROVISION = (
    "code",
    "name",
    "applies_to",
    "addressee",
    "applies_from",
    "applies_from_note",
    "longer_for",
    "note",
)
#: So many provisions are named in a sentence; of more it says how many.
MOST_NAMED = 3

Values = dict[str, Any]


class State:
    """An instrument and its provisions, by their keys, at some moment."""

    def __init__(self) -> None:
        self.own: Values | None = None
        self.provisions: dict[int, Values] = {}

    def after(self, rows: list[Row]) -> "State":
        new = State()
        new.own = self.own
        new.provisions = dict(self.provisions)
        for row in rows:
            if row.of == "instrument":
                new.own = None if row.is_gone else row.values
            elif row.is_gone:
                new.provisions.pop(row.key, None)
            else:
                new.provisions[row.key] = row.values
        return new


def events_of(keys: Collection[int]) -> dict[int, list[Event]]:
    """What happened to each of these instruments, the newest first; of a release, what had
    happened by then. Three queries.
    """
    release = reading.current_release()
    until = {"history_date__lte": release.cut_at} if release else {}
    rows: dict[int, list[Row]] = defaultdict(list)
    own = Instrument.history.filter(id__in=keys, **until)
    for row in _read(own, "instrument", (*TOLD, *DESCRIBED)):
        rows[row.key].append(row)
    parts = Provision.history.filter(instrument_id__in=keys, **until)
    for row in _read(parts, "provision", ("instrument_id", *OF_PROVISION)):
        rows[row.values["instrument_id"]].append(row)
    names = dict(Instrument.objects.values_list("pk", "short_title"))
    return {key: list(_events(rows[key], names))[::-1] for key in keys}


def recent(most: int) -> list[tuple[Instrument, Event]]:
    """What happened last to any of them, the newest first."""
    seen = {one.pk: one for one in Instrument.objects.all()}
    found = [
        (seen[key], event)
        for key, events in events_of(seen).items()
        for event in events
    ]
    return sorted(
        found,
        key=lambda one: (one[1].at, one[0].slug),
        reverse=True,
    )[:most]


def _read(history: Any, of: str, columns: tuple[str, ...]) -> Iterator[Row]:
    rows = history.order_by("history_date", "history_id").values(
        "id",
        "history_id",
        "history_date",
        "history_type",
        "history_change_reason",
        *columns,
    )
    for row in rows.iterator():
        values = {name: row[name] for name in columns}
        yield history_row(row, of, row["id"], values)


def _events(rows: list[Row], names: dict[int, str]) -> Iterator[Event]:
    before = State()
    in_order = sorted(rows, key=lambda row: (row.at, row.history_id))
    for sitting in sittings(in_order):
        after = before.after(sitting)
        if after.own is not None:
            reason = reasons_given(
                reason_for_readers(row.reason) for row in sitting
            )
            if before.own is None:
                yield Event(sitting[0].at, "listed", ["listed here"], reason)
            elif said := [
                *_said_of_own(before.own, after.own, names),
                *_said_of_provisions(before.provisions, after.provisions),
            ]:
                yield Event(sitting[-1].at, "changed", said, reason)
        before = after


def _said_of_own(
    old: Values,
    new: Values,
    names: dict[int, str],
) -> Iterator[str]:
    if old["kind"] != new["kind"]:
        kinds = dict(Instrument.Kind.choices)
        yield f"called a {kinds[new['kind']]}, no longer a {kinds[old['kind']]}"
    if old["in_force_on"] != new["in_force_on"]:
        yield f"in force {_from(new['in_force_on'], old['in_force_on'])}"
    if old["ended_on"] != new["ended_on"]:
        ended = new["ended_on"]
        yield (
            f"no longer current from {_day(ended)}"
            if ended
            else "no longer said to have ended"
        )
    if old["replaced_by_id"] != new["replaced_by_id"]:
        name = names.get(new["replaced_by_id"], "")
        yield f"replaced by {name}" if name else "replaced by nothing here"
    if any(old[name] != new[name] for name in DESCRIBED):
        yield "what is said of it was changed"
    if new["checked_on"] and old["checked_on"] != new["checked_on"]:
        yield f"last looked at on {_day(new['checked_on'])}"


def _said_of_provisions(
    old: dict[int, Values],
    new: dict[int, Values],
) -> Iterator[str]:
    added = [new[key] for key in new if key not in old]
    removed = [old[key] for key in old if key not in new]
    if added:
        yield f"{_named(added)} added"
    if removed:
        yield f"{_named(removed)} no longer listed"
    kept = [(old[key], new[key]) for key in new if key in old]
    yield from _said_of_days(kept)
    whom = _differing(kept, "applies_to", "addressee")
    if whom:
        yield f"to whom {_named(whom)} {_apply(whom)} was changed"
    longer = _differing(kept, "applies_from_note", "longer_for")
    if longer:
        yield f"what is noted on the day of {_named(longer)} was changed"
    worded = _differing(kept, "code", "name", "note")
    if worded:
        yield f"what is said of {_named(worded)} was changed"


def _said_of_days(kept: list[tuple[Values, Values]]) -> Iterator[str]:
    moved: dict[tuple, list[Values]] = defaultdict(list)
    for old, new in kept:
        if old["applies_from"] != new["applies_from"]:
            moved[new["applies_from"], old["applies_from"]].append(new)
    for (now, then), some in moved.items():
        yield f"{_named(some)} {_apply(some)} {_from(now, then)}"


def _differing(
    kept: list[tuple[Values, Values]],
    *names: str,
) -> list[Values]:
    found = []
    for old, new in kept:
        if any(old[name] != new[name] for name in names):
            found.append(new)
    return found


def _named(provisions: list[Values]) -> str:
    if len(provisions) > MOST_NAMED:
        return f"{len(provisions)} provisions"
    return ", ".join(one["code"] for one in provisions)


def _apply(provisions: list[Values]) -> str:
    return "applies" if len(provisions) == 1 else "apply"


def _from(now: datetime.date | None, then: datetime.date | None) -> str:
    """Such as “from 2 December 2026, no longer from 2 August 2026”."""
    days = [f"from {_day(now)}" if now else "from no day of its own"]
    if then:
        days.append(f"no longer from {_day(then)}")
    return ", ".join(days)


def _day(day: datetime.date) -> str:
    return date_format(day, "j F Y")
