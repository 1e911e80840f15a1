"""What two answers to one question of one study say of each other, in words.

Where the same experts answered about both and single answers are on this site, their differences
are compared (`surveys.results.pairs`). Else intervals alone: where they do not meet, one was
rated higher; where they meet, no clear difference is said, whichever share is larger. That errs
to the careful side: intervals of 95 % can overlap although a test of the difference would find
one (Schenker and Gentleman 2001, The American Statistician 55:182).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from django.utils.text import get_text_list

from catalogue.listing.index import current_index
from catalogue.models import Mitigation
from surveys.models import RiskArea
from surveys.results.evidence import ItemEvidence
from surveys.results.findings import Finding
from surveys.results.pairs import PairedAnswers
from surveys.results.statistics import SHARE_AGREEING, Estimate


class Verdict(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"
    NO_CLEAR_DIFFERENCE = "no clear difference"
    ONLY_BOUNDS = "only bounds"
    UNKNOWN = "unknown"
    DIFFERENT_STUDIES = "different studies"
    NEVER_ASKED = "never asked"
    IN_OTHER_WORDS = "in other words"
    SAME_MEASURE = "same measure"


#: Those for which answers were compared.
OF_ANSWERS = (Verdict.HIGHER, Verdict.LOWER, Verdict.NO_CLEAR_DIFFERENCE)


@dataclass(frozen=True)
class Asked:
    """A mitigation as a study asked about it: its name, its share where one is known, and the
    key of the item.
    """

    name: str
    share: Estimate | None
    #: Which of the compared mitigations it is: the first is 0.
    place: int = 0
    item: int = 0


@dataclass(frozen=True)
class Comparison:
    """What one says of the other. `text` is a sentence, and `places` are which of the compared
    mitigations they are. `experts`: how many answered about both, where these were compared one
    by one.
    """

    first: str
    second: str
    verdict: Verdict
    text: str
    places: tuple[int, int] = (0, 1)
    area: RiskArea | None = None
    experts: int | None = None
    #: Names of those that no study asked about.
    never: tuple[str, ...] = ()


def verdict_of(first: Estimate | None, second: Estimate | None) -> Verdict:
    """Of the first, seen from the second."""
    known = [
        one for one in (first, second) if one is not None and one.is_known
    ]
    if len(known) < 2:
        return Verdict.UNKNOWN
    one, other = known
    if one.low is None or one.high is None or one.operator:
        return Verdict.ONLY_BOUNDS
    if other.low is None or other.high is None or other.operator:
        return Verdict.ONLY_BOUNDS
    if one.low > other.high:
        return Verdict.HIGHER
    if one.high < other.low:
        return Verdict.LOWER
    return Verdict.NO_CLEAR_DIFFERENCE


def _is_known(share: Estimate | None) -> bool:
    return share is not None and share.is_known


def comparison_of(
    first: Asked,
    second: Asked,
    answers: PairedAnswers | None = None,
    area: RiskArea | None = None,
) -> Comparison:
    """Both asked about in one study, with one question. `answers` are those of the same experts,
    where they are here.
    """
    if answers is not None and answers.verdict is not None:
        verdict = Verdict(answers.verdict)
        experts = answers.n
    else:
        verdict = verdict_of(first.share, second.share)
        experts = None
    return Comparison(
        first.name,
        second.name,
        verdict,
        _unknown_sentence(first, second)
        if verdict == Verdict.UNKNOWN
        else _verdict_sentence(first.name, second.name, verdict, experts),
        (first.place, second.place),
        area,
        experts,
    )


def _unknown_sentence(first: Asked, second: Asked) -> str:
    """Says of which of the two it is known what experts answered."""
    pair = f"“{first.name}” and “{second.name}”"
    known = [one.name for one in (first, second) if _is_known(one.share)]
    if known:
        return f"{pair}: what experts answered is known only for “{known[0]}”."
    return f"{pair}: what experts answered is known for neither."


def _verdict_sentence(
    first: str,
    second: str,
    verdict: Verdict,
    experts: int | None,
) -> str:
    """`experts`: see `Comparison`."""
    if verdict == Verdict.ONLY_BOUNDS:
        return f"“{first}” and “{second}”: only a bound is published, so that neither can be called higher."
    if verdict == Verdict.NO_CLEAR_DIFFERENCE:
        said = f"No clear difference between “{first}” and “{second}”"
        why = "their intervals meet"
    else:
        higher, lower = first, second
        if verdict == Verdict.LOWER:
            higher, lower = second, first
        said = f"“{higher}” was rated higher than “{lower}”"
        why = "their intervals do not meet"
    if experts is not None:
        why = f"compared one by one, the {experts:,} experts who answered about both"
    return f"{said}: {why}."


def pairs_of(
    asked: list[Asked],
    answers: dict[tuple[int, int], PairedAnswers] | None = None,
    area: RiskArea | None = None,
) -> list[Comparison]:
    """Each with each, in their order, but for two that are the same item in the words of a third.
    `answers`: those of the same experts, by two items.
    """
    known = answers or {}
    return [
        comparison_of(one, other, known.get((one.item, other.item)), area)
        for one, other in combinations(asked, 2)
        if not one.item or one.item != other.item
    ]


def apart(
    mitigations: list[Mitigation],
    evidence: list[list[ItemEvidence]],
) -> list[Comparison]:
    """Of pairs that no study asked about together, why they cannot be compared."""
    studies = []
    for items in evidence:
        studies.append({one.study.pk for one in items})
    found = []
    for first, second in combinations(range(len(mitigations)), 2):
        if not studies[first] & studies[second]:
            places = (first, second)
            found.append(_why_apart(mitigations, studies, places))
    return found


def _why_apart(
    mitigations: list[Mitigation],
    studies: list[set[int]],
    places: tuple[int, int],
) -> Comparison:
    one, other = (mitigations[place] for place in places)
    pair = f"“{one.name}” and “{other.name}”"
    never: tuple[str, ...] = ()
    if _are_same(one, other):
        verdict = Verdict.SAME_MEASURE
        text = f"{pair} are the same measure, worded by two sources, and are not compared with each other."
    elif through := _in_place_of_either(mitigations, studies, places):
        verdict = Verdict.IN_OTHER_WORDS
        replaced, wording = through
        text = f"{pair} can be compared only with “{replaced.name}” as worded in {wording.accession}, which stands here, too."
    elif unasked := [at for at in places if not studies[at]]:
        verdict = Verdict.NEVER_ASKED
        never = tuple(mitigations[at].name for at in unasked)
        said = " or ".join(f"“{name}”" for name in never)
        text = f"{pair} cannot be compared: no study here asked experts about {said}."
    else:
        verdict = Verdict.DIFFERENT_STUDIES
        text = f"{pair} cannot be compared: they were asked about in different studies."
    return Comparison(one.name, other.name, verdict, text, places, never=never)


def _are_same(one: Mitigation, other: Mitigation) -> bool:
    return other.pk in current_index().measures.wordings_of(one.pk)


def _in_place_of_either(
    mitigations: list[Mitigation],
    studies: list[set[int]],
    places: tuple[int, int],
) -> tuple[Mitigation, Mitigation] | None:
    """Which of the two stands here in other words, too, that were asked about together with what
    the other one is; and these words.
    """
    first, second = places
    for place, opposite in ((first, second), (second, first)):
        for at, wording in enumerate(mitigations):
            if at in places or not studies[at] & studies[opposite]:
                continue
            if _are_same(mitigations[place], wording):
                return mitigations[place], wording
    return None


# Several of them, as they are read


def verdict_sentences(comparisons: list[Comparison]) -> list[str]:
    """What they say: the same once for all risk areas that it holds in, and in one sentence what
    would be said of each two in turn, of which five have ten.
    """
    by_area: dict[RiskArea | None, list[Comparison]] = {}
    for one in comparisons:
        by_area.setdefault(one.area, []).append(one)
    areas: dict[str, list[str]] = {}
    for area, of_area in by_area.items():
        for text in _of_one_question(of_area):
            labels = areas.setdefault(text, [])
            if area:
                labels.append(area.label)
    texts = []
    for text, labels in areas.items():
        texts.append(f"{', '.join(labels)}: {text}" if labels else text)
    return texts


def _of_one_question(comparisons: list[Comparison]) -> list[str]:
    never = [one for one in comparisons if one.never]
    others = [one for one in comparisons if not one.never]
    if _differ_nowhere(others):
        names = _names_in_quotes(others, lambda one: (one.first, one.second))
        said = get_text_list(names, "and")
        texts = [
            f"No clear difference between any two of {said}: their intervals meet.",
        ]
    else:
        texts = [one.text for one in others]
    if len(never) > 1:
        names = _names_in_quotes(never, lambda one: one.never)
        said = get_text_list(names, "or")
        texts.append(
            f"No study here asked experts about {said}: it cannot be compared.",
        )
    else:
        texts += [one.text for one in never]
    return texts


def _differ_nowhere(comparisons: list[Comparison]) -> bool:
    """Whether there are several, all by intervals, and none of them is clear."""
    return len(comparisons) > 1 and all(
        one.verdict == Verdict.NO_CLEAR_DIFFERENCE and one.experts is None
        for one in comparisons
    )


def _names_in_quotes(
    comparisons: list[Comparison],
    names_of: Callable[[Comparison], Iterable[str]],
) -> list[str]:
    names: dict[str, None] = {}
    for one in comparisons:
        names |= dict.fromkeys(f"“{name}”" for name in names_of(one))
    return list(names)


def share_of(finding: Finding | None) -> Estimate | None:
    return finding.estimates[SHARE_AGREEING] if finding else None
