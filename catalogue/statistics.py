"""How far coders agree: Krippendorff's alpha for nominal values, the share on which two say the
same, and their intervals.

The one place for it, and for the interval of a share: studies take theirs from here too.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from fractions import Fraction
from itertools import permutations
from statistics import NormalDist
from typing import NamedTuple

#: With fewer units an interval of alpha says nothing: leaving one out changes too much.
FEWEST_FOR_INTERVAL = 10


class CoderAgreement(NamedTuple):
    """How two coders agree over `n` units."""

    #: Krippendorff's. None where it says nothing.
    alpha: float | None
    #: Of the units, those on which both say the same. None where there is no unit.
    share: float | None
    n: int
    #: 95 %, by the jackknife over units. None where it says nothing.
    alpha_interval: tuple[float, float] | None = None
    #: 95 %, Wilson's. None where there is no unit.
    share_interval: tuple[float, float] | None = None


def coder_agreement(units: Iterable[Sequence[Hashable]]) -> CoderAgreement:
    """Of units that two coders have coded, each given as the two values."""
    units = list(units)
    if not units:
        return CoderAgreement(None, None, 0)
    same = sum(one == other for one, other in units)
    try:
        value = krippendorff_alpha(units)
        interval = krippendorff_alpha_interval(units)
    except ValueError:
        value = None
        interval = None
    return CoderAgreement(
        value,
        same / len(units),
        len(units),
        interval,
        wilson_interval(same, len(units)),
    )


def krippendorff_alpha(units: Iterable[Sequence[Hashable]]) -> float:
    """Krippendorff's alpha for nominal values: 1 where all coders agree, 0 where they agree as
    often as by chance.

    `units` has for each unit the values that coders gave it; units with fewer than two values
    say nothing. Raises ValueError where no unit has two values, or only one value was ever
    given: agreement that could not have failed is no agreement. Krippendorff (2011), Computing
    Krippendorff's alpha-reliability.
    """
    #: How often each value was given, and how often two coders gave different ones.
    given: dict[Hashable, Fraction] = defaultdict(Fraction)
    observed = Fraction(0)
    for values in units:
        for one, other in permutations(values, 2):
            weight = Fraction(1, len(values) - 1)
            given[one] += weight
            if one != other:
                observed += weight
    n = sum(given.values())
    # Of all pairs those of different values: all, without the pairs of each value with itself.
    expected = n**2
    for weight in given.values():
        expected -= weight**2
    if not expected:
        raise ValueError(
            "Agreement needs two coders and two different values.",
        )
    return float(1 - (n - 1) * observed / expected)


def krippendorff_alpha_interval(
    units: Sequence[Sequence[Hashable]],
    level: float = 0.95,
) -> tuple[float, float] | None:
    """An interval for `krippendorff_alpha` of units with two values each: the jackknife over units, cut off
    at -1 and 1.

    None for fewer than `FEWEST_FOR_INTERVAL` units, and where coders never differ: no unit that
    is left out tells then how far alpha would fall with the first difference. Tukey (1958),
    Ann. Math. Stat. 29:614.
    """
    n = len(units)
    pairs = [(one, other) for one, other in units]
    coded = _CodedPairs(pairs)
    if n < FEWEST_FOR_INTERVAL or not coded.differing:
        return None
    # Units with the same two values change alpha alike when they are left out.
    counts = Counter(pairs)
    without: dict[tuple[Hashable, Hashable], float] = {}
    for pair in counts:
        alpha = coded.alpha_without(pair)
        if alpha is None:
            return None
        without[pair] = alpha
    mean = sum(counts[pair] * alpha for pair, alpha in without.items()) / n
    squares = []
    for pair, alpha in without.items():
        squares.append(counts[pair] * (alpha - mean) ** 2)
    error = math.sqrt((n - 1) / n * sum(squares))
    margin = NormalDist().inv_cdf((1 + level) / 2) * error
    whole = krippendorff_alpha(units)
    return max(-1.0, whole - margin), min(1.0, whole + margin)


class _CodedPairs:
    """What alpha needs of units with two values each."""

    def __init__(self, pairs: Sequence[tuple[Hashable, Hashable]]):
        self.value_count = 2 * len(pairs)
        self.given: Counter[Hashable] = Counter()
        self.differing = 0
        for one, other in pairs:
            self.given.update((one, other))
            self.differing += one != other
        self.squares = sum(count**2 for count in self.given.values())

    def alpha_without(self, pair: tuple[Hashable, Hashable]) -> float | None:
        """Alpha of all units but one with this pair of values; None where only one value is
        left.
        """
        differing = self.differing - (pair[0] != pair[1])
        squares = self.squares
        for value, times in Counter(pair).items():
            count = self.given[value]
            squares += (count - times) ** 2 - count**2
        left = self.value_count - 2
        expected = left**2 - squares
        if not expected:
            return None
        return 1 - (left - 1) * 2 * differing / expected


def wilson_interval(
    agreeing: int,
    n: int,
    level: float = 0.95,
) -> tuple[float, float]:
    """The Wilson score interval for a share, as two shares between 0 and 1.

    Raises ValueError where `n` is 0 (with no answers there is no share), or `agreeing` is not
    between 0 and `n`. Wilson (1927), J. Am. Stat. Assoc. 22:209.
    """
    if n <= 0 or not 0 <= agreeing <= n:
        raise ValueError(f"{agreeing} of {n} is no share.")
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = agreeing / n
    centre = share + z * z / (2 * n)
    variance = share * (1 - share) / n + z * z / (4 * n * n)
    spread = z * math.sqrt(variance)
    scale = 1 + z * z / n
    low = (centre - spread) / scale
    high = (centre + spread) / scale
    return max(0.0, low), min(1.0, high)
