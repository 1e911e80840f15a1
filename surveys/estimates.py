"""Statistics of answers on a scale. The same functions serve published counts and studies run
here.

Counts are given as `Counts`: for each scale point how many chose it. `n` counts everyone who
answered the item, don't know included, and is the denominator of every share; means, medians
and the like leave don't know out.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist, fmean

from catalogue.statistics import wilson_interval

#: Rounds whose shift is below it count as stable (Scheibe et al. 1975).
STABLE = 0.15
#: Patterns of three points in order, of which some were chosen and some not.
BIMODAL = (True, False, True)
UNIMODAL = ((True, True, False), (False, True, True))


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


def count_on_side(counts: Counts, side: int) -> int:
    result = 0
    for point, count in counts.items():
        if point.side == side and not point.is_dont_know:
            result += count
    return result


def count_agreeing(counts: Counts) -> int:
    return count_on_side(counts, 1)


def count_disagreeing(counts: Counts) -> int:
    return count_on_side(counts, -1)


def count_agreeing_strongly(counts: Counts) -> int | None:
    """How many chose the last point of the agreeing side: the one farthest from disagreement.
    None where no point of that side has a value.
    """
    agreeing = [p for p in counts if p.side == 1 and p.value is not None]
    if not agreeing:
        return None
    sign = direction((point.value, point.side) for point in counts)
    last = max(agreeing, key=lambda point: sign * (point.value or 0))
    return counts[last]


def points_with_values(counts: Counts) -> list[tuple[int, int]]:
    """(value, count) of all points that have a number, in order."""
    rows = []
    for point, count in counts.items():
        if point.value is not None:
            rows.append((point.value, count))
    return sorted(rows)


def chosen_values(counts: Counts) -> list[tuple[int, int]]:
    """Of these, the points that somebody chose."""
    return [
        (value, count) for value, count in points_with_values(counts) if count
    ]


def valued_total(counts: Counts) -> int:
    """Everyone who chose a point that has a number: the n of means, medians and the like."""
    return sum(count for _, count in chosen_values(counts))


def direction(points: Iterable[tuple[int | None, int]]) -> int:
    """1 where the values of a scale rise towards agreement, -1 where they fall. `points` are
    (value, side): a scale on which 1 stands for “strongly agree” falls.
    """
    agreeing = []
    others = []
    for value, side in points:
        if value is None:
            continue
        if side > 0:
            agreeing.append(value)
        else:
            others.append(value)
    if agreeing and others and fmean(agreeing) < fmean(others):
        return -1
    return 1


def mean(counts: Counts) -> float:
    """The arithmetic mean of the values. Raises ValueError where nobody chose a point with a
    value.
    """
    n = valued_total(counts)
    if not n:
        raise ValueError("Nobody chose a point that has a value.")
    return sum(value * count for value, count in chosen_values(counts)) / n


def quantile(counts: Counts, share: float) -> float:
    """The value below which `share` of the answers lie: linear between two answers (Hyndman and
    Fan 1996, type 7).

    Raises ValueError where nobody chose a point with a value, or `share` is not between 0 and
    1.
    """
    rows = chosen_values(counts)
    n = valued_total(counts)
    if not n or not 0 <= share <= 1:
        raise ValueError(f"There is no {share} quantile of {n} answers.")
    position = (n - 1) * share
    low = _nth_value(rows, math.floor(position))
    high = _nth_value(rows, math.ceil(position))
    return low + (high - low) * (position - math.floor(position))


def _nth_value(rows: list[tuple[int, int]], index: int) -> int:
    for value, count in rows:
        if index < count:
            return value
        index -= count
    raise IndexError(index)


def first_quartile(counts: Counts) -> float:
    return quantile(counts, 0.25)


def median(counts: Counts) -> float:
    return quantile(counts, 0.5)


def third_quartile(counts: Counts) -> float:
    return quantile(counts, 0.75)


def variance(counts: Counts) -> float:
    """The sample variance, with n - 1. Raises ValueError for fewer than two answers that have a
    value.
    """
    n = valued_total(counts)
    if n < 2:
        raise ValueError("A variance needs two answers.")
    centre = mean(counts)
    squares = [
        count * (value - centre) ** 2 for value, count in chosen_values(counts)
    ]
    return sum(squares) / (n - 1)


def standard_error(counts: Counts) -> float:
    """Of the mean: the square root of the variance over the number of answers that have a value."""
    return math.sqrt(variance(counts) / valued_total(counts))


def mean_interval(counts: Counts) -> tuple[float, float]:
    """The 95 % interval of the mean: Student's t times the standard error on either side,
    within the ends of the scale.

    Raises ValueError for fewer than four answers that have a value: with two or three it says
    nothing. Likewise where all are alike: how far answers scatter is then unknown, and an
    interval of no width would say that the mean is certain.
    """
    n = valued_total(counts)
    if n < 4:
        raise ValueError("An interval of a mean needs four answers.")
    error = standard_error(counts)
    if not error:
        raise ValueError("An interval of a mean needs answers that differ.")
    centre = mean(counts)
    reach = _t_of_95_percent(n - 1) * error
    lowest, *_, highest = [value for value, _ in points_with_values(counts)]
    return max(centre - reach, lowest), min(centre + reach, highest)


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
    return z + sum(
        term / degrees**power for power, term in enumerate(terms, 1)
    )


def shift(before: Sequence[int], now: Sequence[int]) -> float:
    """How much a distribution moved between two rounds: half the sum of the absolute
    differences of its shares, from 0 (as it was) to 1 (nobody where anybody was). Below
    `STABLE` it counts as stable.

    Raises ValueError where either has no answers, or they have not the same points. Scheibe,
    Skutsch and Schofer (1975), in Linstone and Turoff, The Delphi Method, chapter IV.C.
    """
    n_before = sum(before)
    n_now = sum(now)
    if len(before) != len(now) or not n_before or not n_now:
        raise ValueError(
            "Two distributions over the same points are needed, each of one answer or more.",
        )
    pairs = zip(before, now, strict=True)
    return sum(abs(a / n_before - b / n_now) for a, b in pairs) / 2


def van_der_eijk_a(counts: Counts) -> float:
    """Van der Eijk's agreement A, from -1 (split between the ends) over 0 (spread evenly) to 1
    (all on one point).

    The points that have a value are taken as the scale, in order; those that nobody chose
    belong to it. Raises ValueError for fewer than three points, or no answers. Van der Eijk
    (2001), Quality and Quantity 35:325.
    """
    frequencies = [count for _, count in points_with_values(counts)]
    n = sum(frequencies)
    if len(frequencies) < 3 or not n:
        raise ValueError("Agreement needs three scale points and one answer.")
    result = 0.0
    remaining = frequencies
    while any(remaining):
        # A layer: the same number of answers on each point that still has some.
        height = min(count for count in remaining if count)
        pattern = [count > 0 for count in remaining]
        result += height * sum(pattern) / n * _a_of_layer(pattern)
        remaining = [max(0, count - height) for count in remaining]
    return result


def _a_of_layer(pattern: list[bool]) -> float:
    """A of a layer in which each point has either the same count or none: U times (1 - (S - 1)
    / (K - 1)).
    """
    k = len(pattern)
    filled = sum(pattern)
    if filled == k:
        return 0.0
    return _unimodality(pattern) * (1 - (filled - 1) / (k - 1))


def _unimodality(pattern: list[bool]) -> float:
    """U of a layer: 1 where it has one peak, down to -1 where it has two at the ends."""
    k = len(pattern)
    filled = sum(pattern)
    if filled == 1:
        return 1.0
    # Of two points or more, but not all, three are always of one of these patterns.
    triples = list(combinations(pattern, 3))
    bimodal = triples.count(BIMODAL)
    unimodal = sum(triple in UNIMODAL for triple in triples)
    difference = (k - 2) * unimodal - (k - 1) * bimodal
    return difference / ((k - 2) * (unimodal + bimodal))


def rank_ranges(
    intervals: Sequence[tuple[float, float]],
) -> list[tuple[int, int]]:
    """For each interval (low, high), between which places it may stand, 1 being that of the
    highest: behind all that lie wholly above it, before all that lie wholly below it.

    Where intervals overlap or touch, their order is not known. Klein, Wright and Wieczorek
    (2020), J. R. Stat. Soc. C 69:589, with the intervals that readers see, each by
    itself at its level, and not all at once.
    """
    lows = sorted(low for low, _ in intervals)
    highs = sorted(high for _, high in intervals)
    count = len(lows)
    ranges = []
    for low, high in intervals:
        above = count - bisect_right(lows, high)
        below = bisect_left(highs, low)
        ranges.append((1 + above, count - below))
    return ranges


@dataclass(frozen=True)
class PairedCounts:
    """How the same people answered about two things: how many agreed with both, with one alone,
    and with neither.
    """

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def n(self) -> int:
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def first(self) -> int:
        """How many agreed with the first, whatever they said of the second."""
        return self.both + self.only_first

    @property
    def second(self) -> int:
        return self.both + self.only_second


def paired_difference(pairs: PairedCounts) -> tuple[float, float]:
    """The 95 % interval of the difference between two shares of the same people: of those who
    agree with the first, less those who agree with the second. It leaves 0 out where the
    difference is clear.

    Newcombe (1998), Statistics in Medicine 17:2635, method 10: the distances of each share from
    the ends of its Wilson interval, squared and added, less what the two have in common, the
    correlation phi (corrected for continuity). Raises ValueError where nobody answered both.
    """
    n = pairs.n
    if not n:
        raise ValueError("Nobody answered about both.")
    first, second = pairs.first / n, pairs.second / n
    low_first, high_first = wilson_interval(pairs.first, n)
    low_second, high_second = wilson_interval(pairs.second, n)
    down, up = first - low_first, high_first - first
    down_second, up_second = second - low_second, high_second - second
    common = 2 * _phi(pairs)
    difference = first - second
    below = down**2 - common * down * up_second + up_second**2
    above = up**2 - common * up * down_second + down_second**2
    # A hair below 0 where both shares are the same and all answers alike.
    low = difference - math.sqrt(max(0.0, below))
    high = difference + math.sqrt(max(0.0, above))
    return max(-1.0, low), min(1.0, high)


def _phi(pairs: PairedCounts) -> float:
    """How far the two answers go together, from -1 to 1; 0 where all say the same of one."""
    n = pairs.n
    margins = (
        pairs.first * (n - pairs.first) * pairs.second * (n - pairs.second)
    )
    if not margins:
        return 0.0
    product: float = pairs.both * pairs.neither
    product -= pairs.only_first * pairs.only_second
    if product > 0:
        product = max(product - n / 2, 0)
    return product / math.sqrt(margins)
