"""Statistics of answers on a scale. The same functions serve published counts and studies run
here.

Counts are given as `Counts`: for each scale point how many chose it. `n` counts everyone who
answered the item, don't know included, and is the denominator of every share; means, medians
and the like leave don't know out.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

#: Rounds whose shift is below it count as stable (Scheibe et al. 1975).
STABLE = 0.15


@dataclass(frozen=True)
class Point:
    """A scale point: its number in means (None: in no mean), and -1, 0 or 1 for the side that
    it counts on.
    """

    value: int | None
    side: int
    is_dont_know: bool = False


Counts = dict[Point, int]


def total(counts: Counts) -> int:
    """Everyone who answered, don't know included."""
    return sum(counts.values())


def on_side(counts: Counts, side: int) -> int:
    return sum(
        count
        for point, count in counts.items()
        if point.side == side and not point.is_dont_know
    )


def valued(counts: Counts) -> list[tuple[int, int]]:
    """(value, count) of the points that have a number, in order, without those that nobody
    chose.
    """
    return sorted(
        (point.value, count)
        for point, count in counts.items()
        if point.value is not None and count
    )


def direction(points: Iterable[tuple[int | None, int]]) -> int:
    """1 where the values of a scale rise towards agreement, -1 where they fall. `points` are
    (value, side): a scale on which 1 stands for “strongly agree” falls.
    """
    agreeing, rest = [], []
    for value, side in points:
        if value is not None:
            (agreeing if side > 0 else rest).append(value)
    if not agreeing or not rest:
        return 1
    return 1 if sum(agreeing) / len(agreeing) >= sum(rest) / len(rest) else -1


def mean(counts: Counts) -> float:
    """The arithmetic mean of the values. Raises ValueError where nobody chose a point with a
    value.
    """
    rows = valued(counts)
    n = sum(count for _, count in rows)
    if not n:
        raise ValueError("Nobody chose a point that has a value.")
    return sum(value * count for value, count in rows) / n


def quantile(counts: Counts, share: float) -> float:
    """The value below which `share` of the answers lie: linear between two answers (Hyndman and
    Fan 1996, type 7).

    Raises ValueError where nobody chose a point with a value, or `share` is not between 0 and
    1.
    """
    rows = valued(counts)
    n = sum(count for _, count in rows)
    if not n or not 0 <= share <= 1:
        raise ValueError(f"There is no {share} quantile of {n} answers.")
    place = (n - 1) * share
    below, above = math.floor(place), math.ceil(place)
    low, high = _nth(rows, below), _nth(rows, above)
    return low + (high - low) * (place - below)


def _nth(rows: list[tuple[int, int]], index: int) -> int:
    for value, count in rows:
        if index < count:
            return value
        index -= count
    raise IndexError(index)


def median(counts: Counts) -> float:
    return quantile(counts, 0.5)


def variance(counts: Counts) -> float:
    """The sample variance, with n - 1. Raises ValueError for fewer than two answers that have a
    value.
    """
    rows = valued(counts)
    n = sum(count for _, count in rows)
    if n < 2:
        raise ValueError("A variance needs two answers.")
    centre = mean(counts)
    return sum(count * (value - centre) ** 2 for value, count in rows) / (n - 1)


def standard_error(counts: Counts) -> float:
    """Of the mean: the square root of the variance over the number of answers that have a value."""
    return math.sqrt(variance(counts) / sum(count for _, count in valued(counts)))


def mean_interval(counts: Counts) -> tuple[float, float]:
    """The 95 % interval of the mean: Student's t times the standard error on either side,
    within the ends of the scale.

    Raises ValueError for fewer than four answers that have a value: with two or three it says
    nothing. Likewise where all are alike: how far answers scatter is then unknown, and an
    interval of no width would say that the mean is certain.
    """
    n = sum(count for _, count in valued(counts))
    if n < 4:
        raise ValueError("An interval of a mean needs four answers.")
    error = standard_error(counts)
    if not error:
        raise ValueError("An interval of a mean needs answers that differ.")
    centre, reach = mean(counts), _t_of_95_percent(n - 1) * error
    values = [point.value for point in counts if point.value is not None]
    return max(centre - reach, min(values)), min(centre + reach, max(values))


def _t_of_95_percent(degrees: int) -> float:
    """The 0.975 quantile of Student's t, right to 0.2 % from three degrees of freedom on.

    Abramowitz and Stegun (1964), Handbook of Mathematical Functions, 26.7.5.
    """
    z = NormalDist().inv_cdf(0.975)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / degrees**power for power, term in enumerate(terms, 1))


def shift(before: Sequence[int], now: Sequence[int]) -> float:
    """How much a distribution moved between two rounds: half the sum of the absolute
    differences of its shares, from 0 (as it was) to 1 (nobody where anybody was). Below
    `STABLE` it counts as stable.

    Raises ValueError where either has no answers, or they have not the same points. Scheibe,
    Skutsch and Schofer (1975), in Linstone and Turoff, The Delphi Method, chapter IV.C.
    """
    if len(before) != len(now) or not sum(before) or not sum(now):
        raise ValueError(
            "Two distributions over the same points are needed, each of one answer or more."
        )
    return (
        sum(
            abs(a / sum(before) - b / sum(now))
            for a, b in zip(before, now, strict=True)
        )
        / 2
    )


def agreement(counts: Counts) -> float:
    """Van der Eijk's A, from -1 (split between the ends) over 0 (spread evenly) to 1 (all on
    one point).

    The points that have a value are taken as the scale, in order; those that nobody chose
    belong to it. Raises ValueError for fewer than three points, or no answers. Van der Eijk
    (2001), Quality and Quantity 35:325.
    """
    points = sorted(
        (
            (point.value, count)
            for point, count in counts.items()
            if point.value is not None
        ),
        key=lambda row: row[0],
    )
    frequencies = [count for _, count in points]
    n, k = sum(frequencies), len(frequencies)
    if k < 3 or not n:
        raise ValueError("Agreement needs three scale points and one answer.")
    result, left = 0.0, list(frequencies)
    while any(left):
        # A layer: the same number of answers on each point that still has some.
        height = min(count for count in left if count)
        pattern = [count > 0 for count in left]
        result += height * sum(pattern) / n * _layer_agreement(pattern)
        left = [count - height if count else 0 for count in left]
    return result


def _layer_agreement(pattern: list[bool]) -> float:
    """A of a layer in which each point has either the same count or none: U times (1 - (S - 1)
    / (K - 1)).
    """
    k, filled = len(pattern), sum(pattern)
    if filled == k:
        return 0.0
    unimodality = 1.0
    places = [index for index, is_filled in enumerate(pattern) if is_filled]
    if filled > 1:
        bimodal = unimodal = 0
        for first in range(k):
            for second in range(first + 1, k):
                for third in range(second + 1, k):
                    triple = (pattern[first], pattern[second], pattern[third])
                    bimodal += triple == (True, False, True)
                    unimodal += triple in ((True, True, False), (False, True, True))
        if bimodal + unimodal:
            unimodality = ((k - 2) * unimodal - (k - 1) * bimodal) / (
                (k - 2) * (unimodal + bimodal)
            )
        elif places[-1] - places[0] + 1 > filled:
            unimodality = -1.0
    return unimodality * (1 - (filled - 1) / (k - 1))
