"""What two answers say of each other: checked against a comparison of all values within their
intervals.
"""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.compare.verdicts import (
    Asked,
    Verdict,
    apart,
    comparison_of,
    pairs_of,
    verdict_of,
    verdict_sentences,
)
from surveys.results.statistics import SHARE_AGREEING, Estimate
from tests.factories import MitigationFactory


def share(low=None, high=None, value=None, operator=""):
    if value is None and low is not None:
        value = (low + high) / 2
    return Estimate(
        SHARE_AGREEING,
        "share agreeing",
        value,
        operator=operator,
        low=low,
        high=high,
    )


#: In per cent, so that every value within can be tried.
INTERVALS = st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted)


def by_trying_all(first, second):
    """Whether every value of one is above every value of the other."""
    ones = range(first[0], first[1] + 1)
    others = range(second[0], second[1] + 1)
    if all(one > other for one in ones for other in others):
        return Verdict.HIGHER
    if all(one < other for one in ones for other in others):
        return Verdict.LOWER
    return Verdict.NO_CLEAR_DIFFERENCE


@given(INTERVALS, INTERVALS)
def test_one_is_higher_where_no_value_of_the_other_reaches_it(first, second):
    assert verdict_of(share(*first), share(*second)) == by_trying_all(
        first,
        second,
    )


@given(INTERVALS, INTERVALS)
def test_the_order_of_columns_changes_no_sentence_that_says_which_is_higher(
    first,
    second,
):
    one, other = Asked("A", share(*first)), Asked("B", share(*second))
    said, turned = comparison_of(one, other), comparison_of(other, one)

    if said.verdict in (Verdict.HIGHER, Verdict.LOWER):
        assert said.text == turned.text
    else:
        assert said.verdict == turned.verdict


@pytest.mark.parametrize(
    ("first", "second", "verdict", "words"),
    [
        (share(0.8, 0.9), share(0.5, 0.7), "higher", "“A” was rated higher"),
        (share(0.5, 0.7), share(0.8, 0.9), "lower", "“B” was rated higher"),
        (share(0.5, 0.8), share(0.8, 0.9), "no clear difference", "No clear"),
        (
            share(value=0.6, operator=">"),
            share(0.1, 0.2),
            "only bounds",
            "only a bound",
        ),
        (share(value=0.6), share(0.1, 0.2), "only bounds", "only a bound"),
        (None, share(0.1, 0.2), "unknown", "is known only for “B”"),
        (share(0.1, 0.2), share(), "unknown", "is known only for “A”"),
        (share(), None, "unknown", "is known for neither"),
    ],
)
def test_each_verdict_is_a_sentence(first, second, verdict, words):
    said = comparison_of(Asked("A", first), Asked("B", second))

    assert said.verdict == verdict
    assert words in said.text
    assert said.text.endswith(".")


def test_each_is_compared_with_each():
    asked = [Asked(name, share(0.1, 0.2)) for name in "ABC"]

    assert [(one.first, one.second) for one in pairs_of(asked)] == [
        ("A", "B"),
        ("A", "C"),
        ("B", "C"),
    ]


def in_study(*keys):
    return [SimpleNamespace(study=SimpleNamespace(pk=key)) for key in keys]


def called(*names):
    return [MitigationFactory(name=name) for name in names]


@pytest.mark.django_db
def test_what_was_asked_in_different_studies_is_not_compared():
    [said] = apart(called("A", "B"), [in_study(1), in_study(2)])

    assert "different studies" in said.text


@pytest.mark.django_db
def test_what_no_study_asked_about_is_not_compared_and_named():
    [said] = apart(called("A", "B"), [in_study(1), []])

    assert "no study here asked experts about “B”" in said.text


@pytest.mark.django_db
def test_what_one_study_asked_about_together_is_not_said_to_be_apart():
    assert apart(called("A", "B"), [in_study(1, 2), in_study(2)]) == []


def test_that_none_differs_clearly_is_one_sentence_of_all():
    asked = [
        Asked(name, share(0.1, 0.2), place) for place, name in enumerate("ABC")
    ]

    assert verdict_sentences(pairs_of(asked)) == [
        "No clear difference between any two of “A”, “B” and “C”: their intervals meet.",
    ]


def test_where_one_differs_each_two_have_a_sentence():
    asked = [
        Asked("A", share(0.1, 0.2)),
        Asked("B", share(0.1, 0.3)),
        Asked("C", share(0.8, 0.9)),
    ]

    said = verdict_sentences(pairs_of(asked))
    assert len(said) == 3
    assert said[1].startswith("“C” was rated higher than “A”")


@pytest.mark.django_db
def test_several_that_were_never_asked_about_are_one_sentence():
    found = apart(called("A", "B", "C"), [in_study(1), [], []])
    said = verdict_sentences(found)

    assert said == [
        "No study here asked experts about “B” or “C”: it cannot be compared.",
    ]
