"""What happened to published mitigations, in words, for readers.

Only of states that were published: what a draft went through before is nobody's to read, nor
who changed what. Changes that were made in one sitting are told as one, with the reasons that
were given for them.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .. import reading
from ..listing.index import current_index
from ..models import Mitigation
from ..models.importing import reason_for_readers
from ..record.field_types import (
    as_utc,
)
from . import changes_of_provisions as provisions
from .change_rows import (
    Names,
    Row,
    State,
    history_row,
    names_in,
    own_rows,
    place_rows,
)
from .change_sentences import places_by_taxonomy, said_between

#: Changes that follow each other within this are of one sitting.
SITTING = timedelta(seconds=60)
MOST_REASONS = 3


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


def histories(keys: Collection[int]) -> dict[int, list[Event]]:
    """What happened to each of these mitigations, the newest first. A fixed number of queries
    for any number of them.

    Of a release, what had happened by then.
    """
    release = reading.current_release()
    until = {"history_date__lte": release.cut_at} if release else {}
    rows = own_rows(keys, until)
    for key, more in place_rows(keys, until).items():
        rows[key] += more
    for row in provisions.history_rows(keys, until):
        values = {name: row[name] for name in provisions.COLUMNS}
        rows[row["source_id"]].append(
            history_row(row, "mapping", row["id"], values),
        )
    names = names_in(rows)
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


def _events(rows: list[Row], names: Names) -> Iterator[Event]:
    state = State()
    #: The state that readers saw last, and whether they see it still.
    last: State | None = None
    is_shown = False
    for sitting in sittings(rows):
        state = _after(state, sitting)
        reason = _reason(sitting, is_first=last is None)
        said = (
            list(said_between(last, state, names))
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
            is_moved = places_by_taxonomy(last, names) != places_by_taxonomy(
                state,
                names,
            )
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
    return reasons_given(
        reason_for_readers(row.reason)
        for row in rows
        if _is_of_readers(row) and not (is_first and row.of != "mitigation")
    )


def reasons_given(reasons: Iterable[str]) -> str:
    """The last few of them, each once."""
    given = list(dict.fromkeys(filter(None, reasons)))[-MOST_REASONS:]
    if len(given) == 1:
        return given[0]
    return "; ".join(one.rstrip(".") for one in given)


def _is_of_readers(row: Row) -> bool:
    """What a reviewer says to an author while it is a draft is between them."""
    return row.of != "mitigation" or row.values["status"] in (
        Mitigation.Status.PUBLISHED,
        Mitigation.Status.WITHDRAWN,
    )


def sittings(rows: list[Row]) -> Iterator[list[Row]]:
    """Rows in order of time, parted where nothing was written for longer than `SITTING`."""
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
