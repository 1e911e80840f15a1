"""The statistics, against their definitions, an independent library, and what others published."""

import math

import numpy
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from surveys import estimates
from surveys.estimates import Point

SCALE = [
    Point(value, (value > 0) - (value < 0)) for value in (-2, -1, 0, 1, 2)
]
DONT_KNOW = Point(None, 0, is_dont_know=True)
frequencies = st.lists(st.integers(0, 60), min_size=5, max_size=5)


def counts(rows: list[int], dont_know: int = 0) -> estimates.Counts:
    return {**dict(zip(SCALE, rows, strict=True)), DONT_KNOW: dont_know}


def answers(rows: list[int]) -> list[int]:
    return [
        point.value
        for point, count in zip(SCALE, rows, strict=True)
        for _ in range(count)
    ]


@given(frequencies, st.integers(0, 9))
def test_mean_median_variance_and_error_are_those_of_numpy(rows, dont_know):
    values = answers(rows)
    assume(len(values) > 1)
    ours = counts(rows, dont_know)

    assert estimates.mean(ours) == pytest.approx(numpy.mean(values))
    assert estimates.variance(ours) == pytest.approx(numpy.var(values, ddof=1))
    assert estimates.standard_error(ours) == pytest.approx(
        numpy.sqrt(numpy.var(values, ddof=1) / len(values)),
    )
    assert estimates.median(ours) == pytest.approx(numpy.median(values))
    for percent in (25, 75):
        assert estimates.quantile(ours, percent / 100) == pytest.approx(
            numpy.percentile(values, percent),
        )


@pytest.mark.parametrize(
    ("rows", "low", "high"),
    [
        # With the quantiles of t that tables give: 3.182 for 3 degrees of freedom, 2.120 for 16.
        ([1, 1, 1, 1, 0], -2.0, 1.554260),
        ([0, 2, 3, 8, 4], 0.334567, 1.312491),
    ],
)
def test_the_interval_of_a_mean_is_that_of_student_within_the_scale(
    rows,
    low,
    high,
):
    assert estimates.mean_interval(counts(rows, dont_know=3)) == pytest.approx(
        (low, high),
        abs=0.005,
    )


def test_a_mean_of_three_answers_has_no_interval():
    with pytest.raises(ValueError, match="four"):
        estimates.mean_interval(counts([0, 1, 1, 1, 0], dont_know=9))


def test_where_all_answer_alike_the_mean_is_not_said_to_be_certain():
    with pytest.raises(ValueError, match="differ"):
        estimates.mean_interval(counts([0, 0, 0, 0, 7]))


def test_dont_know_counts_in_shares_and_not_in_means():
    some = counts([0, 0, 0, 0, 2], dont_know=2)

    assert estimates.total(some) == 4
    assert estimates.mean(some) == 2


# Van der Eijk's A. Worked values: all on one point 1, halves at the ends -1, evenly spread 0
# (van der Eijk 2001, p. 335).


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([0, 0, 10, 0, 0], 1.0),
        ([5, 0, 0, 0, 5], -1.0),
        ([2, 2, 2, 2, 2], 0.0),
        ([0, 5, 5, 0, 0], 0.75),
        ([0, 5, 5, 5, 0], 0.5),
        ([5, 5, 5, 5, 0], 0.25),
    ],
)
def test_agreement_has_the_values_of_its_definition(rows, expected):
    assert estimates.van_der_eijk_a(counts(rows)) == pytest.approx(expected)


@given(frequencies)
def test_agreement_lies_between_its_ends_and_does_not_depend_on_direction_or_size(
    rows,
):
    assume(sum(rows))
    value = estimates.van_der_eijk_a(counts(rows))

    assert -1 - 1e-9 <= value <= 1 + 1e-9
    assert estimates.van_der_eijk_a(counts(rows[::-1])) == pytest.approx(value)
    assert estimates.van_der_eijk_a(
        counts([3 * n for n in rows]),
    ) == pytest.approx(value)


@pytest.mark.parametrize(
    "statistic",
    [
        estimates.mean,
        estimates.variance,
        estimates.van_der_eijk_a,
        estimates.median,
    ],
)
def test_no_statistic_without_answers(statistic):
    with pytest.raises(ValueError, match=r"."):
        statistic(counts([0, 0, 0, 0, 0], dont_know=3))


def test_a_scale_needs_three_points_for_agreement():
    with pytest.raises(ValueError, match="three"):
        estimates.van_der_eijk_a({Point(0, -1): 3, Point(1, 1): 4})


def test_infinite_or_missing_is_never_returned():
    assert math.isfinite(estimates.variance(counts([1, 0, 0, 0, 1])))


@given(frequencies, frequencies)
def test_a_shift_lies_between_none_and_whole_and_has_no_direction(before, now):
    assume(sum(before) and sum(now))

    found = estimates.shift(before, now)

    assert 0 <= found <= 1 + 1e-12
    assert found == pytest.approx(estimates.shift(now, before))
    assert estimates.shift(before, before) == 0


def test_a_fifth_of_the_answers_moving_is_a_shift_of_a_fifth():
    assert estimates.shift([2, 2, 1], [2, 1, 2]) == pytest.approx(0.2)


intervals = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).map(
        lambda pair: (min(pair), max(pair)),
    ),
    max_size=8,
)


@given(intervals)
def test_places_are_those_that_no_other_interval_rules_out(rows):
    expected = []
    for low, high in rows:
        above = sum(other > high for other, _ in rows)
        below = sum(other < low for _, other in rows)
        expected.append((1 + above, len(rows) - below))

    assert estimates.rank_ranges(rows) == expected
