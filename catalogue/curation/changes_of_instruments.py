"""What happened to laws, codes and standards, in words, for readers: above all what applies from
another day than it did.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import date_format

from .. import reading
from ..models import Instrument, Provision
from ..models.importing import reason_for_readers
from .change_rows import Row, history_row
from .changes import Event, sittings

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
#: So many provisions are named in a sentence; of more it says how many.
MOST_NAMED = 3

Values = dict[str, Any]


@dataclass
class State:
    """An instrument and its provisions, by their keys, at some moment."""

    own: Values | None = None
    provisions: dict[int, Values] = field(default_factory=dict)

    def after(self, rows: list[Row]) -> "State":
        new = State(self.own, dict(self.provisions))
        for row in rows:
            if row.of == "instrument":
                new.own = None if row.is_gone else row.values
            elif row.is_gone:
                new.provisions.pop(row.key, None)
            else:
                new.provisions[row.key] = row.values
        return new

    def begins_on(
        self,
        own_day: datetime.date | None,
    ) -> datetime.date | None:
        """From when a provision applies that has this day of its own, or none."""
        return own_day or (self.own or {}).get("in_force_on")


def events_of(keys: Collection[int]) -> dict[int, list[Event]]:
    """What happened to each of these instruments, the newest first; of a release, what had
    happened by then. Three queries.
    """
    release = reading.current_release()
    until = {"history_date__lte": release.cut_at} if release else {}
    rows: dict[int, list[Row]] = defaultdict(list)
    own = Instrument.history.filter(id__in=keys, **until)
    for row in _rows_of(own, "instrument", (*TOLD, *DESCRIBED)):
        rows[row.key].append(row)
    parts = Provision.history.filter(instrument_id__in=keys, **until)
    for row in _rows_of(
        parts,
        "provision",
        ("instrument_id", "applies_from", *SAID),
    ):
        rows[row.values["instrument_id"]].append(row)
    names = dict(Instrument.objects.values_list("pk", "short_title"))
    return {key: list(_events_of_law(rows[key], names))[::-1] for key in keys}


def recent_to_laws(most: int) -> list[tuple[Instrument, Event]]:
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


def _rows_of(history: Any, of: str, columns: tuple[str, ...]) -> Iterator[Row]:
    rows = history.order_by().values(
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


def _events_of_law(rows: list[Row], names: dict[int, str]) -> Iterator[Event]:
    before = State()
    in_order = sorted(rows, key=lambda row: (row.at, row.history_id))
    for sitting in sittings(in_order):
        for some in _with_one_reason(sitting):
            after = before.after(some)
            if event := _event(before, after, some, names):
                yield event
            before = after


def _with_one_reason(rows: list[Row]) -> Iterator[list[Row]]:
    """A reason stands beside what it was given for; and what was changed and changed back is
    told as both, for somebody may have read the first.
    """
    some: list[Row] = []
    written: dict[tuple[str, int], Row] = {}
    for row in rows:
        earlier = written.get((row.of, row.key))
        is_changed_again = earlier is not None and (
            earlier.values != row.values or row.is_gone
        )
        is_of_other_reason = some and (
            reason_for_readers(row.reason)
            != reason_for_readers(some[-1].reason)
        )
        if is_of_other_reason or is_changed_again:
            yield some
            some, written = [], {}
        some.append(row)
        written[row.of, row.key] = row
    if some:
        yield some


def _event(
    before: State,
    after: State,
    rows: list[Row],
    names: dict[int, str],
) -> Event | None:
    reason = reason_for_readers(rows[-1].reason)
    if after.own is None:
        return None
    if before.own is None:
        return Event(rows[0].at, "listed", ["listed here"], reason)
    said = [
        *_said_of_own(before.own, after.own, names),
        *_said_of_provisions(before, after),
    ]
    return Event(rows[-1].at, "changed", said, reason) if said else None


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


def _said_of_provisions(before: State, after: State) -> Iterator[str]:
    old, new = before.provisions, after.provisions
    added = [new[key] for key in new if key not in old]
    removed = [old[key] for key in old if key not in new]
    if added:
        yield f"{_provisions_named(added)} added"
    if removed:
        yield f"{_provisions_named(removed)} no longer listed"
    kept = [(old[key], new[key]) for key in new if key in old]
    for (then, now), some in _moved(kept, "applies_from").items():
        days = _from(after.begins_on(now), before.begins_on(then))
        yield f"{_applying(some)} {days}"
    for name, tell in SAID.items():
        for (then, now), some in _moved(kept, name).items():
            yield tell(some, then, now)


def _moved(
    kept: list[tuple[Values, Values]],
    name: str,
) -> dict[tuple, list[Values]]:
    """The provisions in which this became different, by what it was and is."""
    moved: dict[tuple, list[Values]] = defaultdict(list)
    for old, new in kept:
        if old[name] != new[name]:
            moved[old[name], new[name]].append(new)
    return moved


def _said_of_code(some: list[Values], then: str, now: str) -> str:
    return f"{then} is now {now}"


def _said_of_name(some: list[Values], then: str, now: str) -> str:
    return f"{_provisions_named(some)}: called “{now}”, no longer “{then}”"


def _said_of_whom(some: list[Values], then: str, now: str) -> str:
    if not now:
        return f"{_provisions_named(some)}: no longer said to apply to {then}"
    if not then:
        return f"{_applying(some)} to {now}"
    return f"{_applying(some)} to {now}, no longer to {then}"


def _said_of_group(some: list[Values], then: str, now: str) -> str:
    groups = dict(Provision.Addressee.choices)
    if not now:
        return (
            f"{_provisions_named(some)}: no longer listed under {groups[then]}"
        )
    return f"{_provisions_named(some)}: listed under {groups[now]}"


def _said_of_note(some: list[Values], then: str, now: str) -> str:
    return (
        f"{_provisions_named(some)}: {_as_part(now)}"
        if now
        else f"{_provisions_named(some)}: no longer “{_as_part(then)}”"
    )


def _said_of_text(some: list[Values], then: str, now: str) -> str:
    return f"what is said of {_provisions_named(some)} was changed"


#: How a change of each field of a provision is told, of the field's values before and after.
SAID: dict[str, Callable[[list[Values], str, str], str]] = {
    "code": _said_of_code,
    "name": _said_of_name,
    "applies_to": _said_of_whom,
    "addressee": _said_of_group,
    "applies_from_note": _said_of_note,
    "longer_for": _said_of_note,
    "note": _said_of_text,
}


def _as_part(text: str) -> str:
    """Within a longer sentence."""
    return text.strip().rstrip(".")


def _provisions_named(provisions: list[Values]) -> str:
    if len(provisions) > MOST_NAMED:
        return f"{len(provisions)} provisions"
    return ", ".join(one["code"] for one in provisions)


def _applying(provisions: list[Values]) -> str:
    verb = "applies" if len(provisions) == 1 else "apply"
    return f"{_provisions_named(provisions)} {verb}"


def _from(now: datetime.date | None, then: datetime.date | None) -> str:
    """Such as “from 2 December 2026, no longer from 2 August 2026”."""
    days = [f"from {_day(now)}" if now else "from a day that is not known"]
    if then:
        days.append(f"no longer from {_day(then)}")
    return ", ".join(days)


def _day(day: datetime.date) -> str:
    return date_format(day, "j F Y")
