"""What the same experts said of two items: checked against each answer taken by itself, and
against somebody who tries to tell more of it than was told.
"""

import itertools
import math
from statistics import NormalDist, correlation

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.estimates import PairedCounts, paired_difference
from surveys.models import Study
from surveys.results.pairs import (
    ChosenTogether,
    PairedVerdict,
    answers_of_studies,
    paired_answers,
    pairs_of_answers,
    parts_may_be_told,
    told_of_combinations,
    verdict_of_pairs,
)
from surveys.running.rounds import open_round
from tests.surveys.factories import SPLIT, make_answered_study, make_study

#: What each of some experts said of two items: whether they agree, or None where they did not
#: answer.
EXPERTS = st.lists(
    st.tuples(
        st.sampled_from([True, False, None]),
        st.sampled_from([True, False, None]),
    ),
    max_size=40,
)


def counts_of_experts(experts):
    first = {at: one for at, (one, _) in enumerate(experts) if one is not None}
    second = {
        at: other for at, (_, other) in enumerate(experts) if other is not None
    }
    return pairs_of_answers(first, second)


def limits_by_trying(share, n):
    """The ends of Wilson's interval: where the test of a share no longer refuses it."""
    z = NormalDist().inv_cdf(0.975)
    ends = []
    for end in (0.0, 1.0):
        inside, outside = share, end
        for _ in range(60):
            middle = (inside + outside) / 2
            error = math.sqrt(middle * (1 - middle) / n)
            if abs(share - middle) <= z * error:
                inside = middle
            else:
                outside = middle
        ends.append(inside)
    return ends


def interval_by_trying(answers):
    """Of pairs of answers, one by one: the interval of the difference, from its definition."""
    n = len(answers)
    ones = [int(one) for one, _ in answers]
    others = [int(other) for _, other in answers]
    first, second = sum(ones) / n, sum(others) / n
    low, high = limits_by_trying(first, n)
    low_other, high_other = limits_by_trying(second, n)
    phi = 0.0
    if 0 < first < 1 and 0 < second < 1:
        phi = correlation(ones, others)
        spread = math.sqrt(first * (1 - first) * second * (1 - second))
        if phi > 0:
            phi = max(0.0, phi - 1 / (2 * n * spread))
    down, up = first - low, high_other - second
    below = down**2 - 2 * phi * down * up + up**2
    up_first, down_other = high - first, second - low_other
    above = up_first**2 - 2 * phi * up_first * down_other + down_other**2
    difference = first - second
    return difference - math.sqrt(below), difference + math.sqrt(above)


@pytest.mark.parametrize(
    ("table", "interval"),
    [
        # Fagerland, Lydersen and Laake (2017), Statistical Analysis of Contingency Tables,
        # chapter 8: complete response before and after a therapy (Cavo et al. 2012).
        ((59, 6, 16, 80), (-0.1186, -0.0046)),
        # The same: airway hyper-responsiveness before and after (Bentur et al. 2009).
        ((1, 1, 7, 12), (-0.5069, -0.0256)),
    ],
)
def test_the_interval_is_that_of_published_examples(table, interval):
    found = paired_difference(PairedCounts(*table))

    assert [round(end, 4) for end in found] == list(interval)


@given(EXPERTS)
def test_the_interval_is_that_of_its_definition_answer_by_answer(experts):
    both = [pair for pair in experts if None not in pair]
    if not both:
        return
    found = paired_difference(counts_of_experts(experts))

    assert found == pytest.approx(interval_by_trying(both), abs=1e-6)


@given(EXPERTS)
def test_swapped_items_have_the_verdict_turned(experts):
    counts = counts_of_experts(experts)
    if not counts.n:
        return
    turned = counts_of_experts([(other, one) for one, other in experts])

    opposite = {"higher": "lower", "lower": "higher"}
    verdict = str(verdict_of_pairs(counts))
    assert str(verdict_of_pairs(turned)) == opposite.get(verdict, verdict)


def all_tables(n):
    for both, first, second in itertools.product(range(n + 1), repeat=3):
        if both + first + second <= n:
            yield PairedCounts(both, first, second, n - both - first - second)


@pytest.mark.parametrize("n", [5, 9, 14, 18])
def test_of_a_side_below_the_limit_nothing_more_can_be_told(n):
    """Whoever knows how many agreed with each, as pages say, and the verdict, knows no more of
    a group of fewer than five than before.
    """
    known = {}
    outcomes = {}
    for table in all_tables(n):
        sides = (table.first, table.second)
        told = paired_answers(table, (n, n), 5)
        known.setdefault(sides, set()).add(table)
        outcomes.setdefault((sides, told), set()).add(table)

    for (sides, _), tables in outcomes.items():
        sizes = [*sides, *(n - size for size in sides)]
        if any(0 < size < 5 for size in sizes):
            assert tables == known[sides]


@pytest.mark.parametrize("n", [4, 5, 10, 16])
def test_no_count_of_combinations_below_the_limit_can_be_had(n):
    told_tables = []
    for table in all_tables(n):
        told = told_of_combinations(table, (n, n), 5)
        if told.chosen is None:
            continue
        told_tables.append(table)
        # With how many put each into theirs, as pages say.
        rest = [table.first - told.chosen, table.second - told.chosen]
        counts = [told.chosen, *rest, n - told.chosen - sum(rest), n]
        assert not any(0 < count < 5 for count in counts)

    assert bool(told_tables) == (n >= 5)


@pytest.mark.parametrize(
    ("n", "totals", "may"),
    [
        (4, (4, 4), False),
        (5, (5, 5), True),
        # One expert answered about one of them alone: taken from the other, it is theirs.
        (9, (10, 9), False),
        (9, (9, 13), False),
        (9, (9, 14), True),
    ],
)
def test_no_rest_below_the_limit_can_be_had_by_subtraction(n, totals, may):
    assert parts_may_be_told(n, totals, 5) is may


def made(said, **fields):
    """A study, and the keys of its two items."""
    study = make_answered_study(said, **fields)
    return study, [item.pk for item in study.items.all()]


@pytest.mark.django_db
def test_answers_of_the_same_experts_are_compared():
    study, (one, other) = made(SPLIT)

    found = answers_of_studies({study: [one, other]})[study.pk]

    [pairs] = found.paired.values()
    assert pairs[one, other].verdict == PairedVerdict.HIGHER
    assert pairs[one, other].n == 20


@pytest.mark.django_db
def test_who_answered_about_one_alone_is_in_no_pair_and_withholds_a_small_rest():
    study, (one, other) = made([*SPLIT, ("a", "")])

    found = answers_of_studies({study: [one, other]})[study.pk]

    [pairs] = found.paired.values()
    assert pairs[one, other].verdict is None
    assert pairs[one, other].n is None


@pytest.mark.django_db
def test_how_many_would_combine_both_is_counted():
    said = [("a", "a")] * 6 + [("a", "d")] * 5 + [("d", "a")] * 5
    study, (one, other) = made(said, asks_combination=True)

    found = answers_of_studies({study: [one, other]})[study.pk]

    assert found.together[one, other] == ChosenTogether(6, 16)


@pytest.mark.django_db
def test_how_many_would_combine_both_is_withheld_where_they_are_few():
    said = [("a", "a")] * 4 + [("a", "d")] * 5 + [("d", "a")] * 5
    study, (one, other) = made(said, asks_combination=True)

    found = answers_of_studies({study: [one, other]})[study.pk]

    assert found.together[one, other] == ChosenTogether(None, None)


@pytest.mark.django_db
def test_nothing_is_said_of_a_study_while_experts_can_answer():
    study = make_study(items=2)
    open_round(study=study)
    items = [item.pk for item in study.items.all()]

    assert answers_of_studies({study: items}) == {}


@pytest.mark.django_db
@pytest.mark.parametrize("studies", [1, 3])
def test_queries_do_not_grow_with_studies(
    studies,
    django_assert_max_num_queries,
):
    items_of = {}
    for _ in range(studies):
        study, items = made(SPLIT[:6])
        items_of[Study.objects.get(pk=study.pk)] = items
    with django_assert_max_num_queries(5):
        answers_of_studies(items_of)
