"""How a law asks about measures, and from when: what sentences and tables on it are made of. A row is
a mapping of a measure to a provision.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.text import get_text_list

from catalogue.models import Instrument, Mapping, Provision
from catalogue.record.asking import (
    day_in_words,
    day_with_note,
    noted_on_day,
    verb_of,
)
from catalogue.record.crosswalk import NEARNESS

#: So many measures are named in a sentence, and of more it is said how many.
MOST_NAMED = 5
FORCES = list(Mapping.Force)
#: Whether a provision applies, as far as known on the day of the last look, the surest first.
APPLIES, NOTED, AHEAD, UNKNOWN, ENDED = range(5)


@dataclass(frozen=True, order=True)
class Begin:
    """From when a law asks: `stage` is one of those above, and `text` says it. `longer`: of what
    applies, who has longer.
    """

    stage: int
    day: date
    text: str
    longer: str = ""


def begin_of(row: Any) -> Begin:
    """Of a row of binding law. What has a note on its day is not sure to apply, since one day
    does not say it all. What only some have longer for applies, and it is said who has.
    """
    provision = row.provision
    day = provision.begins_on or date.max
    told = beginning_with_note(provision)
    if provision.instrument.has_ended:
        return Begin(ENDED, day, "no longer in force")
    if not provision.begins_on:
        return Begin(UNKNOWN, day, told or "from when is not recorded")
    if provision.is_ahead:
        return Begin(AHEAD, day, told)
    if provision.applies_from_note:
        return Begin(NOTED, day, told)
    looked_at = day_in_words(provision.instrument.checked_on)
    text = f"applies on {looked_at}"
    longer = provision.longer_for.rstrip(".")
    if longer:
        text += f" ({longer})"
    return Begin(APPLIES, date.min, text, longer)


def beginning_with_note(provision: Provision) -> str:
    """From when it applies, with what is noted on that day, which may begin with the day."""
    if day := day_with_note(provision):
        return f"from {day}"
    return noted_on_day(provision)


def by_begin(rows: Iterable[Any]) -> list[tuple[Begin, list[Any]]]:
    """What a law asks about each measure, in the order of time: again only where it comes nearer to
    the measure, or asks more of it, than what applies earlier.
    """
    groups: dict[Begin, list[Any]] = defaultdict(list)
    for row in rows:
        groups[begin_of(row)].append(row)
    told: dict[int, tuple[int, int]] = {}
    found = []
    for begin, some in sorted(groups.items()):
        more = []
        for row in sorted(some, key=strength):
            if row.source_id in told and told[row.source_id] <= strength(row):
                continue
            told[row.source_id] = strength(row)
            more.append(row)
        if more:
            found.append((begin, more))
    return found


def strength(row: Any) -> tuple[int, int]:
    """The nearest to the measure first, and of these what asks the most of it."""
    return NEARNESS[row.relation], FORCES.index(row.force)


def kind_of(row: Any) -> int:
    """How near it comes, in the words of sentences: the measure or nearly so, a part of it, something
    wider, something related.
    """
    nearly = NEARNESS[Mapping.Relation.CLOSE]
    return max(NEARNESS[row.relation], nearly) - nearly


def phrases(
    rows: Iterable[Any],
    is_named: bool = False,
    has_laws: bool = False,
) -> list[str]:
    """“requires a part of 2 and something related to 1”, one for each force, the strongest first.
    `is_named`: with the names of the measures; `has_laws`: and with those of the laws.
    """
    alike: dict[int, dict[int, list[Any]]] = defaultdict(
        lambda: defaultdict(list),
    )
    for row in rows:
        _, force = strength(row)
        alike[force][kind_of(row)].append(row)
    found = []
    for force, by_kind in sorted(alike.items()):
        objects = []
        for kind, some in sorted(by_kind.items()):
            text = _OBJECTS[kind](len(names_of(some)))
            if is_named:
                laws = f": {', '.join(_laws(some))}" if has_laws else ""
                text += f" ({named_measures(some)}{laws})"
            objects.append(text)
        verb = verb_of(Instrument.Kind.LAW, FORCES[force])
        found.append(f"{verb} {get_text_list(objects, 'and')}")
    return found


def _as_it_stands(count: int) -> str:
    return f"{count:,} as {'it stands' if count == 1 else 'they stand'} or nearly so"


def _something_wider(count: int) -> str:
    return (
        f"something wider that {count:,} {'serves' if count == 1 else 'serve'}"
    )


#: What is asked about so many measures, by how near it comes to them.
_OBJECTS: list[Callable[[int], str]] = [
    _as_it_stands,
    lambda count: f"a part of {count:,}",
    _something_wider,
    lambda count: f"something related to {count:,}",
]


def _laws(rows: Iterable[Any]) -> dict[str, None]:
    return dict.fromkeys(row.provision.instrument.short_title for row in rows)


def names_of(rows: Iterable[Any]) -> dict[int, str]:
    """The names of the measures, each once."""
    return {row.source_id: row.source_name for row in rows}


def named_measures(rows: Iterable[Any]) -> str:
    names = [f"“{one}”" for one in names_of(rows).values()]
    text = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return f"{text} and {more:,} more" if more > 0 else text


def last_looked_at(instruments: Sequence[Instrument]) -> str:
    """“last looked at on 30 November 2026”, or between the first and the last such day. Empty: not
    known.
    """
    days = {one.checked_on for one in instruments if one.checked_on}
    told = [day_in_words(day) for day in sorted(days)]
    if len(told) > 1:
        return f"last looked at between {told[0]} and {told[-1]}"
    return f"last looked at on {told[0]}" if told else ""
