"""The sentences of a brief that are made from counts. None is made from what is not known, and
what rests on preliminary figures says so.
"""

from collections.abc import Iterable
from datetime import date

#: So many gaps stand among the key points.
MOST_GAPS = 3


def measures(count: int) -> str:
    return "1 measure" if count == 1 else f"{count:,} measures"


def what_this_is(
    count: int,
    total: int,
    state: str = "",
    day: date | None = None,
) -> str:
    """`state`: of when, as “as of 2026-11-30” or “release 2026.11”. `day`: on which the reader
    chose them.
    """
    when = f", {state}" if state else ""
    chosen = f" on {day.isoformat()}" if day else ""
    return (
        f"A selection of {measures(count)} out of a catalogue of {total:,}{when}, put together by a reader{chosen}. "
        "It is not a recommendation by the catalogue, and not a systematic review."
    )


def put_to_experts(asked: int, count: int) -> str:
    if count == 1:
        verb = "was put" if asked else "was not put"
        return f"This measure {verb} to experts in a study here."
    if not asked:
        return "None of these measures was put to experts in a study here."
    if asked == count:
        return f"All {measures(count)} were put to experts."
    verb = "was" if asked == 1 else "were"
    return f"{asked:,} of {measures(count)} {verb} put to experts."


def with_figures(known: int, asked: int, preliminary: int = 0) -> str:
    """`preliminary`: of so many of the known ones all that is known may still change."""
    if not asked:
        return ""
    if not known:
        return "What experts answered is not known of any of these."
    if known == asked:
        text = "What experts answered is known of each of these"
    else:
        text = f"What experts answered is known of {known:,} of {asked:,}"
    if asked == 1:
        text = "What experts answered is known"
    return f"{text}{_preliminary_sentence(preliminary, known)}."


def _preliminary_sentence(count: int, known: int) -> str:
    if not count:
        return ""
    if count == known:
        return ", from preliminary results only"
    return f", of {count:,} of them from preliminary results only"


def with_bounds_only(count: int, preliminary: int = 0) -> str:
    if not count:
        return ""
    verb = "is" if count == 1 else "are"
    text = f"{measures(count)} {verb} known only by a bound, such as “more than half”"
    return f"{text}{_preliminary_sentence(preliminary, count)}."


def with_too_few_answers(count: int) -> str:
    """Of so many, what was answered is kept back."""
    if not count:
        return ""
    return f"Of {measures(count)} too few experts answered for their answers to be shown."


def with_unreported_answers(count: int) -> str:
    """Of so many, whoever asked does not say what was answered."""
    if not count:
        return ""
    verb = "was" if count == 1 else "were"
    return f"{measures(count)} {verb} put to experts, and what they answered is not reported."


def not_covered(names: list[str], target: str = "") -> str:
    """The gaps with the most measures that would fill them first."""
    if not names:
        return ""
    that = f" that bears on {target}" if target else ""
    return f"No measure here{that} is recorded for: {_first(names)}."


def without_any(names: list[str], target: str = "") -> str:
    """What no measure of the catalogue would fill, or none of those that bear on `target`, which
    the reader answers for.
    """
    if not names:
        return ""
    among = f", among what bears on {target}," if target else ""
    return f"Nothing in the catalogue{among} is recorded for: {_first(names)}. There may be something elsewhere."


def looked_at(target: str) -> str:
    """What the table of coverage counts."""
    text = "What at least one of these measures is recorded for"
    return f"{text}, among what bears on {target}." if target else f"{text}."


def all_covered(values: int) -> str:
    """Where there are no gaps at all, of so many values."""
    if not values:
        return ""
    return "At least one measure here is recorded for each phase, actor, function, category and risk that was looked at."


def _first(names: list[str]) -> str:
    text = ", ".join(names[:MOST_GAPS])
    left = len(names) - MOST_GAPS
    return f"{text}, and {left:,} more" if left > 0 else text


def were_left_out(count: int) -> str:
    if not count:
        return ""
    verb = "was" if count == 1 else "were"
    return f"{measures(count)} {verb} looked at and left out."


def changed_since(day: date | None, changes: list[str]) -> str:
    """`changes`: a sentence for each measure that changed since the reader chose it."""
    if day is None or not changes:
        return ""
    return f"Changed since {day.isoformat()}: {' '.join(changes)}"


def overlapping(count: int) -> str:
    """So many pairs of them overlap."""
    if not count:
        return ""
    if count == 1:
        return "Two of these are the same measure, or overlap."
    return f"{count:,} pairs of these are the same measure, or overlap."


def chosen_together_in(
    study: str,
    number: int,
    question: str,
    notice: str,
) -> str:
    """What stands above what experts of a study would choose together."""
    text = f"Chosen together, {study} [{number}]. Asked: {question}"
    return f"{text} {notice}" if notice else text


def worth_saying(sentences: Iterable[str]) -> list[str]:
    """Those of which there is something to say, each once."""
    return list(dict.fromkeys(filter(None, sentences)))
