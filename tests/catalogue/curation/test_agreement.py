"""How far coders agree, against independent libraries."""

import krippendorff
import numpy
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from catalogue import statistics


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_wilson_interval_is_that_of_scipy(agreeing, n):
    assume(agreeing <= n)
    theirs = scipy.stats.binomtest(agreeing, n).proportion_ci(method="wilson")

    assert statistics.wilson_interval(agreeing, n) == pytest.approx(
        (theirs.low, theirs.high),
        abs=1e-9,
    )


@pytest.mark.parametrize(("agreeing", "n"), [(0, 0), (3, 2), (-1, 5)])
def test_no_interval_without_a_share(agreeing, n):
    with pytest.raises(ValueError, match="no share"):
        statistics.wilson_interval(agreeing, n)


@given(
    st.lists(
        st.lists(st.integers(0, 1), min_size=0, max_size=3),
        min_size=1,
        max_size=30,
    ),
)
def test_alpha_is_that_of_an_independent_library(units):
    paired = {value for values in units if len(values) > 1 for value in values}
    assume(len(paired) > 1)
    coders = [
        [
            values[coder] if coder < len(values) else numpy.nan
            for values in units
        ]
        for coder in range(3)
    ]

    expected = krippendorff.alpha(
        reliability_data=coders,
        level_of_measurement="nominal",
    )

    assert statistics.krippendorff_alpha(units) == pytest.approx(expected)


@pytest.mark.parametrize("units", [[], [[1]], [[1, 1], [1, 1]]])
def test_alpha_says_nothing_where_agreement_could_not_have_failed(units):
    with pytest.raises(
        ValueError,
        match="two coders and two different values",
    ):
        statistics.krippendorff_alpha(units)


pairs = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("abc")),
    min_size=10,
    max_size=40,
)


@given(pairs)
def test_the_interval_of_alpha_is_the_jackknife_done_the_long_way(units):
    assume(any(one != other for one, other in units))
    without = []
    for left_out in range(len(units)):
        rest = units[:left_out] + units[left_out + 1 :]
        assume(len({value for pair in rest for value in pair}) > 1)
        without.append(statistics.krippendorff_alpha(rest))
    n, whole = len(units), statistics.krippendorff_alpha(units)
    error = numpy.sqrt(
        (n - 1)
        / n
        * sum((value - numpy.mean(without)) ** 2 for value in without),
    )
    expected = (
        max(-1, whole - 1.959964 * error),
        min(1, whole + 1.959964 * error),
    )

    assert statistics.krippendorff_alpha_interval(units) == pytest.approx(
        expected,
        abs=1e-6,
    )


def test_agreement_says_how_many_how_often_and_with_which_intervals():
    found = statistics.coder_agreement(
        [("1", "1")] * 12 + [("2", "2")] * 6 + [("1", "2")] * 2,
    )

    assert (found.n, found.share) == (20, 0.9)
    assert found.alpha == pytest.approx(1 - 39 * 4 / 728)
    assert found.alpha_interval[0] < found.alpha < found.alpha_interval[1] <= 1
    assert found.share_interval == pytest.approx((0.699, 0.972), abs=0.001)


def test_agreement_over_nothing_is_unknown_and_not_zero():
    assert statistics.coder_agreement([]) == (None, None, 0, None, None)


def test_agreement_that_could_not_have_failed_has_a_share_and_no_alpha():
    found = statistics.coder_agreement([("1", "1")] * 12)

    assert (found.alpha, found.alpha_interval, found.share) == (
        None,
        None,
        1.0,
    )
