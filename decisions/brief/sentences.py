"""The sentences of a brief that are made from counts. None is made from what is not known, and
what rests on preliminary figures says so.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import chain

from django.utils import text as texts

from serving import parameters

#: So many names are repeated of which there is no mitigation.
MOST_UNKNOWN = 10
#: So many measures are named of which the same is said.
MOST_ALIKE = 5
#: So many gaps of a field stand among the key points.
MOST_GAPS = 3
NONE_ASKED = "None of these measures was"


def measures(count: int) -> str:
    return "1 measure" if count == 1 else f"{count:,} measures"


def what_this_is(
    count: int,
    total: int,
    state: str = "",
    day: date | None = None,
) -> str:
    """`state`: of when, as “as of 30 November 2026” or “release 2026.11”. `day`: on which the reader
    chose them.
    """
    when = f", {state}" if state else ""
    chosen = f" on {day:%-d %B %Y}" if day else ""
    return (
        f"A selection of {measures(count)} out of a catalogue of {total:,}{when}, put together by a reader{chosen}. "
        "It is not a recommendation by the catalogue, and not a systematic review."
    )


def not_known(
    count: int,
    not_asked: int = 0,
    unreported: int = 0,
    too_few: int = 0,
    bounded: int = 0,
    preliminary: int = 0,
    bound: str = "more than half",
) -> str:
    """What is not known of `count` measures, all in one: so many were put to experts in no study,
    of so many whoever asked reports no answers, or too few answered, or there is only a bound,
    or what there is may still change. `bound`: the least of the bounds.
    """
    if not_asked == count:
        subject = "This measure was not" if count == 1 else NONE_ASKED
        return f"{subject} put to experts in a study here."
    clauses = []
    if not_asked:
        verb = "was" if not_asked == 1 else "were"
        clauses.append(
            f"{not_asked:,} of {measures(count)} {verb} not put to experts",
        )
    if unreported:
        clauses.append(
            f"what experts who were asked about {unreported:,} answered",
        )
    if too_few:
        clauses.append(
            f"too few answered about {too_few:,} for it to be shown",
        )
    if bounded:
        clauses.append(
            f"{bounded:,} {'has' if bounded == 1 else 'have'} only a bound, such as “{bound}”",
        )
    if preliminary:
        clauses.append(
            f"what is known of {preliminary:,} is preliminary",
        )
    return f"Not known: {'; '.join(clauses)}." if clauses else ""


def not_covered(
    gaps: Iterable[tuple[str, list[str]]],
    target: str = "",
) -> str:
    """The gaps by field, those with the most measures that would fill them first."""
    told = _gaps_by_field(gaps)
    if not told:
        return ""
    that = f" that bears on {target}" if target else ""
    return f"No measure here{that} is recorded for: {told}."


def without_any(
    gaps: Iterable[tuple[str, list[str]]],
    target: str = "",
) -> str:
    """What no measure of the catalogue would fill, or none of those that bear on `target`, which
    the reader answers for.
    """
    told = _gaps_by_field(gaps)
    if not told:
        return ""
    among = f", among what bears on {target}," if target else ""
    return f"Nothing in the catalogue{among} is recorded for: {told}. There may be something elsewhere."


def _gaps_by_field(gaps: Iterable[tuple[str, list[str]]]) -> str:
    """Each field apart: “Deploy (phase); Developer, User (actor)”."""
    return "; ".join(
        f"{_first(names)} ({label[:1].lower()}{label[1:]})"
        for label, names in gaps
        if names
    )


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


def were_left_out(names: list[str]) -> str:
    if not names:
        return ""
    verb = "was" if len(names) == 1 else "were"
    return f"{measures(len(names))} {verb} looked at and left out: {_first(names)}."


def measures_named(names: list[str]) -> str:
    """What the same is said of: “A, B and C, of each”."""
    named = names[:MOST_ALIKE]
    more = len(names) - MOST_ALIKE
    if more > 0:
        named.append(f"{more:,} more")
    text = texts.get_text_list(named, "and")
    return f"{text}, of each" if len(names) > 1 else text


def changed_since(day: date | None, changes: list[str]) -> str:
    """`changes`: a sentence for each measure that changed since the reader chose it, as “M0001:
    renamed.” What is the same of several is said once.
    """
    if day is None or not changes:
        return ""
    alike: dict[str, list[str]] = {}
    for text in changes:
        named, _, what = text.partition(": ")
        alike.setdefault(what, []).append(named)
    told = []
    for what, some in alike.items():
        ends = [", ".join(some), what] if what else [" ".join(some)]
        told.append(": ".join(ends))
    return f"Changed on or since {day:%-d %B %Y}: {' '.join(told)}"


def withdrawn(name: str, accession: str, why: str, successor: str) -> str:
    """Of one that was chosen and is there no more. `successor`: what replaces it, and where that
    is found.
    """
    return gone(f"{name} ({accession})", why, successor)


def gone(subject: str, why: str, successor: str) -> str:
    parts = [f"{subject} is no longer in the catalogue.", why]
    if successor:
        parts.append(f"In its place stands {successor}.")
    return " ".join(filter(None, parts))


def not_there(names: list[str], end: str, ends: str) -> str:
    """Of names of which there is no mitigation. `end`, `ends`: what of it, of one and of several."""
    if not names:
        return ""
    quoted = [f"“{parameters.clipped(one)}”" for one in names[:MOST_UNKNOWN]]
    if len(names) == 1:
        return f"There is no mitigation {quoted[0]}{end}."
    more = len(names) - MOST_UNKNOWN
    if more > 0:
        quoted.append(f"{more:,} more")
    return (
        f"There are no mitigations {texts.get_text_list(quoted, 'and')}{ends}."
    )


def overlapping(pairs: list[str]) -> str:
    """`pairs`: a sentence on each two of them that overlap, of which one alone is told."""
    if len(pairs) < 2:
        return "".join(pairs)
    return f"{len(pairs):,} pairs of these are the same measure, or overlap."


def asked_in_study(
    study: str,
    count: int,
    total: int,
    questions: list[str],
    unknown: str = "",
    notice: str = "",
    reworded: Sequence[Sequence[str]] = (),
) -> str:
    """What holds for all measures that a study put to experts. `study`: with the number of its
    work. `count`: so many of `total`. `questions`: of which there are figures. `unknown`: what it
    reports of none of them. `notice`: what is said of all its figures. `reworded`: of each further
    measure, the accessions of the other words in which it was asked about.
    """
    if total == 1:
        about = "this measure"
    elif count == total:
        about = "both measures" if total == 2 else f"all {total:,} measures"
    else:
        about = f"{count:,} of the {total:,} measures"
    if reworded:
        words = texts.get_text_list(list(chain.from_iterable(reworded)), "and")
        about = (
            f"{about}, and about {len(reworded):,} more as worded in {words}"
        )
    text = f"{study} asked experts about {about}"
    first, *others = questions or [""]
    parts = [f"{text}: {first}" if first else f"{text}."]
    parts += [f"Asked, too: {one}" for one in others]
    if unknown:
        of_whom = "it" if count == 1 else "any of them"
        parts.append(f"Not known of {of_whom}: {unknown}.")
    return " ".join(filter(None, [*parts, notice]))


def gaps_by_reason(gaps: Iterable[tuple[str, str]]) -> str:
    """What is not known, by the reason why: “comments, combinations (not reported)”."""
    by_reason: dict[str, list[str]] = {}
    for why, what in gaps:
        by_reason.setdefault(why, []).append(what)
    return "; ".join(
        f"{', '.join(some)} ({why})" for why, some in by_reason.items()
    )


def not_known_from(study: str, unknown: str) -> str:
    """What a study reports of others, and not of this measure."""
    return f"Not known from {study}: {unknown}." if unknown else ""


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
