"""What the same experts said of two items of one study, where single answers are on this site:
to one question, and in the combinations that they would choose.

No count leaves this module of which fewer than the study's minimum cell size could be told, by
itself or by taking it from another that is published. Nothing of it is stored: releases and
copies of the database hold no single answers, and nothing is said of pairs there.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from catalogue import reading

from ..estimates import PairedCounts, paired_difference
from ..models import Answer, Response, Round, Study

#: The keys of two items, in order.
Pair = tuple[int, int]


class PairedVerdict(StrEnum):
    """Of the first, seen from the second."""

    HIGHER = "higher"
    LOWER = "lower"
    NO_CLEAR_DIFFERENCE = "no clear difference"


@dataclass(frozen=True)
class PairedAnswers:
    """Two items under one question. `verdict` is None where it is withheld; then so is `n`, the
    number of experts who answered about both.
    """

    verdict: PairedVerdict | None
    n: int | None = None


@dataclass(frozen=True)
class ChosenTogether:
    """Of the `n` experts who were asked about both items and gave a combination, how many put
    both into it. None, both of them, where that is withheld.
    """

    chosen: int | None
    n: int | None


@dataclass(frozen=True)
class AnswersOfStudy:
    """What single answers to a study say of some of its items, by two of them."""

    #: By criterion and risk area.
    paired: dict[tuple[int, int | None], dict[Pair, PairedAnswers]]
    together: dict[Pair, ChosenTogether]


def verdict_of_pairs(pairs: PairedCounts) -> PairedVerdict:
    """By the interval of the difference: see `paired_difference`."""
    low, high = paired_difference(pairs)
    if low > 0:
        return PairedVerdict.HIGHER
    if high < 0:
        return PairedVerdict.LOWER
    return PairedVerdict.NO_CLEAR_DIFFERENCE


# What may be shown


def parts_may_be_told(n: int, totals: Collection[int], minimum: int) -> bool:
    """Whether a group of `n`, a part of each of some published groups, may be told of: neither
    it nor what is left of one of these is smaller than `minimum`, unless nobody is left.
    """
    return n >= minimum and not any(
        0 < total - n < minimum for total in totals
    )


def sides_may_be_told(pairs: PairedCounts, minimum: int) -> bool:
    """Whether those who agreed with either item, and those who did not, are each as many as
    `minimum`, or none. Of fewer it could be told what else they said.
    """
    sides = (pairs.first, pairs.second)
    sizes = [*sides, *(pairs.n - size for size in sides)]
    return not any(0 < size < minimum for size in sizes)


def says_nothing_new(pairs: PairedCounts) -> bool:
    """Whether the verdict follows from how many agreed with each alone: whichever of them are
    the same experts, it is this.
    """
    verdicts = {verdict_of_pairs(one) for one in _with_same_sides(pairs)}
    return len(verdicts) == 1


def _with_same_sides(pairs: PairedCounts) -> Iterator[PairedCounts]:
    """All in which as many agreed with the first, and as many with the second."""
    fewest = max(0, pairs.first + pairs.second - pairs.n)
    most = min(pairs.first, pairs.second)
    for both in range(fewest, most + 1):
        only_first = pairs.first - both
        only_second = pairs.second - both
        neither = pairs.n - both - only_first - only_second
        yield PairedCounts(both, only_first, only_second, neither)


def paired_answers(
    pairs: PairedCounts,
    totals: Collection[int],
    minimum: int,
) -> PairedAnswers:
    """What is told of them. `totals`: how many answered about each."""
    if not parts_may_be_told(pairs.n, totals, minimum):
        return PairedAnswers(None)
    if sides_may_be_told(pairs, minimum) or says_nothing_new(pairs):
        return PairedAnswers(verdict_of_pairs(pairs), pairs.n)
    return PairedAnswers(None)


def told_of_combinations(
    pairs: PairedCounts,
    totals: Collection[int],
    minimum: int,
) -> ChosenTogether:
    """Likewise of combinations. There the count itself is told, from which with those of each
    item the other three follow: none of the four may be smaller than `minimum`.
    """
    counts = (pairs.both, pairs.only_first, pairs.only_second, pairs.neither)
    is_small = any(0 < count < minimum for count in counts)
    if is_small or not parts_may_be_told(pairs.n, totals, minimum):
        return ChosenTogether(None, None)
    return ChosenTogether(pairs.both, pairs.n)


# Reading single answers


def answers_of_studies(
    items_of: dict[Study, list[int]],
) -> dict[int, AnswersOfStudy]:
    """By the key of a study, for those whose single answers are here. `items_of`: the items to be
    compared, in order. Five queries, however many studies and items there are; one where no
    single answers are here at all.
    """
    several = {
        study: items for study, items in items_of.items() if len(items) > 1
    }
    # A release is what it holds; single answers are none of that, though they may be here.
    if not several or reading.current_release():
        return {}
    # Most sites have none, and finding the rounds takes long.
    if not Response.objects.filter(round__study__in=several).exists():
        return {}
    rounds = _rounds_of_results(several)
    items = [item for some in several.values() for item in some]
    agreeing = _agreeing(rounds, items)
    combined = _combined(rounds, items)
    found = {}
    for study, some in several.items():
        if study.pk in rounds:
            found[study.pk] = AnswersOfStudy(
                _paired(agreeing, some, study.min_cell_size),
                _together(combined, some, study.min_cell_size),
            )
    return found


def _rounds_of_results(studies: Collection[Study]) -> dict[int, int]:
    """By study, the round that its results are made from, of those that have answers."""
    rounds: dict[int, int] = {}
    rows = Round.objects.filter(study__in=studies).for_results()
    for one in rows.filter(has_responses=True, status=Round.Status.CLOSED):
        rounds.setdefault(one.study_id, one.pk)
    return rounds


#: By item, what each response to it is: whether it agrees, or stands in a combination.
Said = dict[int, dict[object, bool]]


def _agreeing(rounds: dict[int, int], items: list[int]) -> dict[tuple, Said]:
    """By question: whether who answered agrees."""
    said: dict[tuple, Said] = defaultdict(lambda: defaultdict(dict))
    answers = Answer.objects.filter(
        response__round__in=rounds.values(),
        response__is_submitted=True,
        item__in=items,
    ).order_by()
    rows = answers.values_list(
        "item",
        "criterion",
        "risk_area",
        "response",
        "point__side",
    )
    for item, criterion, area, response, side in rows:
        said[criterion, area][item][response] = side == 1
    return said


def _combined(rounds: dict[int, int], items: list[int]) -> Said:
    """Of those who were asked about an item and gave a combination, whether it is in it."""
    gave = Response.objects.filter(
        round__in=rounds.values(),
        is_submitted=True,
        combination__isnull=False,
    )
    asked = Response.asked.through.objects.filter(
        response__in=gave,
        item__in=items,
    )
    combined = Response.combination.through.objects.filter(
        response__in=gave,
        item__in=items,
    )
    chosen = set(combined.values_list("response", "item"))
    said: Said = defaultdict(dict)
    for response, item in asked.values_list("response", "item"):
        said[item][response] = (response, item) in chosen
    return said


def _paired(
    agreeing: dict[tuple, Said],
    items: list[int],
    minimum: int,
) -> dict[tuple[int, int | None], dict[Pair, PairedAnswers]]:
    found = {}
    for question, said in agreeing.items():
        pairs = {}
        for one, other in combinations(items, 2):
            totals = (len(said.get(one, {})), len(said.get(other, {})))
            counts = pairs_of_answers(said.get(one, {}), said.get(other, {}))
            pairs[one, other] = paired_answers(counts, totals, minimum)
        found[question] = pairs
    return found


def _together(
    combined: Said,
    items: list[int],
    minimum: int,
) -> dict[Pair, ChosenTogether]:
    found = {}
    for one, other in combinations(items, 2):
        first, second = combined.get(one, {}), combined.get(other, {})
        if first and second:
            counts = pairs_of_answers(first, second)
            totals = (len(first), len(second))
            found[one, other] = told_of_combinations(counts, totals, minimum)
    return found


def pairs_of_answers(
    first: dict[object, bool],
    second: dict[object, bool],
) -> PairedCounts:
    """Of those who gave both, how many gave which."""
    counts: Counter[tuple[bool, bool]] = Counter()
    for response, agrees in first.items():
        if response in second:
            counts[agrees, second[response]] += 1
    return PairedCounts(
        counts[True, True],
        counts[True, False],
        counts[False, True],
        counts[False, False],
    )
