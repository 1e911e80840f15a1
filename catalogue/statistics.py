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
    coincidences: dict[tuple[Hashable, Hashable], Fraction] = defaultdict(
        Fraction,
    )
    for values in units:
        for one, other in permutations(values, 2):
            coincidences[one, other] += Fraction(1, len(values) - 1)
    given: dict[Hashable, Fraction] = defaultdict(Fraction)
    for (one, _), weight in coincidences.items():
        given[one] += weight
    n = sum(given.values())
    # Of all pairs those of different values: all, without the pairs of each value with itself.
    expected = n * n - sum(weight * weight for weight in given.values())
    if not expected:
        raise ValueError(
            "Agreement needs two coders and two different values.",
        )
    observed = sum(
        weight for (one, other), weight in coincidences.items() if one != other
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
    if n < FEWEST_FOR_INTERVAL or all(one == other for one, other in units):
        return None
    given = Counter(value for pair in units for value in pair)
    differing = sum(one != other for one, other in units)
    squares = sum(count * count for count in given.values())
    # Units with the same two values change alpha alike when they are left out.
    kinds = Counter((one, other) for one, other in units)
    without = {
        pair: _alpha_without(pair, given, squares, differing, 2 * n)
        for pair in kinds
    }
    if None in without.values():
        return None
    whole = krippendorff_alpha(units)
    mean = (
        sum(kinds[pair] * (value or 0) for pair, value in without.items()) / n
    )
    spread = sum(
        kinds[pair] * ((value or 0) - mean) ** 2
        for pair, value in without.items()
    )
    margin = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(
        (n - 1) / n * spread,
    )
    return max(-1.0, whole - margin), min(1.0, whole + margin)


def _alpha_without(
    pair: tuple[Hashable, Hashable],
    given: Counter,
    squares: int,
    differing: int,
    values: int,
) -> float | None:
    """Alpha of all units but one with this pair of values; None where only one value is left."""
    one, other = pair
    if one == other:
        squares += (given[one] - 2) ** 2 - given[one] ** 2
    else:
        squares += sum(
            (given[value] - 1) ** 2 - given[value] ** 2 for value in pair
        )
        differing -= 1
    left = values - 2
    expected = left * left - squares
    if expected:
        return 1 - (left - 1) * 2 * differing / expected
    return None


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
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = (
        (centre + sign * spread) / (1 + z * z / n) for sign in (-1, 1)
    )
    return max(0.0, low), min(1.0, high)
