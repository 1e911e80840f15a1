"""What experts said in one sentence: every number in it was counted, and none is made up."""

import re
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.models import (
    Criterion,
    Figure,
    Item,
    Result,
    RiskArea,
    ScalePoint,
    Study,
    Tally,
)
from surveys.results.filters import majority
from surveys.results.findings import Finding
from surveys.results.sentences import (
    absence,
    bands_in_words,
    interval_sentence,
    sentence,
    share_in_words,
    short_sentence,
    strongest_sentence,
)
from surveys.results.wording import whole_percent

#: (slug, label, side) of the points of a scale, don't know last.
AGREEMENT = [
    ("sd", "Strongly disagree", -1),
    ("d", "Somewhat disagree", -1),
    ("n", "Neither agree nor disagree", 0),
    ("a", "Somewhat agree", 1),
    ("sa", "Strongly agree", 1),
    ("dk", "I don’t know", None),
]
EFFECTIVENESS = [
    ("no", "Not at all effective", -1),
    ("slightly", "Slightly effective", -1),
    ("somewhat", "Moderately effective", 0),
    ("very", "Very effective", 1),
    ("extremely", "Extremely effective", 1),
    ("dk", "Don’t know", None),
]
SHOULD = "agreed that laboratories should do this"
HELPS = "found it effective against {risk area}"
CBRN = RiskArea(pk=7, slug="cbrn", name="CBRN", clause="CBRN risks")


def finding_of(
    counts=(),
    scale=AGREEMENT,
    clause=SHOULD,
    question="Should it be done?",
    area=None,
    group=None,
    published=None,
    **study,
) -> Finding:
    """With so many answers to each point of the scale; nothing is stored. `published`: the
    operator and value of a share agreeing.
    """
    tallies = []
    for place, (point, count) in enumerate(zip(scale, counts, strict=False)):
        slug, label, side = point
        row = ScalePoint(
            pk=place,
            position=place,
            slug=slug,
            label=label,
            value=None if side is None else place,
            side=side or 0,
            is_dont_know=side is None,
        )
        tallies.append(Tally(count=count, point=row))
    figures = []
    if published:
        operator, value = published
        figure = Figure(
            statistic="share_agreeing",
            operator=operator,
            value=value,
        )
        figures.append(figure)
    criterion = Criterion(
        name="Should be done",
        question=question,
        clause=clause,
        by_risk_area=area is not None,
    )
    item = Item(study=Study(label="A study", **study))
    result = Result(pk=1, item=item, criterion=criterion, risk_area=area)
    result.expertise_area = group
    result._prefetched_objects_cache = {"tallies": tallies, "figures": figures}
    return Finding(result)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (
            (1, 0, 1, 12, 37, 0),
            f"49 of 51 experts {SHOULD}; 1 disagreed, 1 was neutral.",
        ),
        (
            (1, 1, 6, 12, 8, 8),
            f"20 of 36 experts {SHOULD}; 2 disagreed, 6 were neutral, 8 did not know.",
        ),
        ((0, 0, 0, 3, 4, 0), f"All 7 experts {SHOULD}."),
        ((0, 0, 0, 1, 1, 0), f"Both experts {SHOULD}."),
        ((0, 0, 0, 0, 1, 0), f"The one expert who answered {SHOULD}."),
        ((1, 0, 0, 0, 0, 0), f"0 of 1 expert {SHOULD}; 1 disagreed."),
        ((2, 3, 0, 0, 0, 0), f"None of 5 experts {SHOULD}; 5 disagreed."),
        ((0, 0, 0, 1, 0, 4), f"1 of 5 experts {SHOULD}; 4 did not know."),
        ((0, 0, 0, 0, 0, 5), f"None of 5 experts {SHOULD}; 5 did not know."),
        ((2, 3, 0, 4, 1, 0), f"5 of 10 experts {SHOULD}; 5 disagreed."),
        (
            (1200, 0, 0, 0, 3400, 0),
            f"3,400 of 4,600 experts {SHOULD}; 1,200 disagreed.",
        ),
    ],
)
def test_counts_make_the_sentence(counts, expected):
    assert str(sentence(finding_of(counts))) == expected


@pytest.mark.parametrize(
    ("published", "lead"),
    [
        ((">", 0.6), "More than 60 % of experts"),
        (("<", 0.25), "Fewer than 25 % of experts"),
        (("", 0.98), "98 % of experts"),
        (("", 0.996), "99 % of experts"),
        (("", 0.002), "1 % of experts"),
        (("", 1.0), "100 % of experts"),
    ],
)
def test_a_share_without_counts_says_that_their_number_is_not_known(
    published,
    lead,
):
    found = sentence(finding_of(published=published))

    assert (
        str(found)
        == f"{lead} {SHOULD}; how many answered on this measure is not known here."
    )


def test_a_clause_names_the_risk_area_or_how_many_have_the_same():
    finding = finding_of(clause=HELPS, area=CBRN, published=(">", 0.6))

    assert str(sentence(finding)).startswith(
        "More than 60 % of experts found it effective against CBRN risks; ",
    )
    assert str(sentence(finding, areas=4)).startswith(
        "More than 60 % of experts found it effective against risks in each of four areas; ",
    )
    assert str(sentence(finding, 2, ["CBRN", "Fires"])).startswith(
        "More than 60 % of experts found it effective against risks in each of two areas (CBRN, Fires); ",
    )


def test_a_clause_without_a_place_for_the_risk_area_has_it_at_its_end():
    finding = finding_of((0, 0, 0, 5, 0, 0), area=CBRN)

    assert str(sentence(finding)) == (
        f"All 5 experts {SHOULD}, asked about CBRN risks."
    )


def test_a_risk_area_without_a_clause_stands_in_quotes():
    area = RiskArea(pk=8, slug="x", name="Critical sectors")
    finding = finding_of((0, 0, 0, 5, 0, 0), clause=HELPS, area=area)

    assert str(sentence(finding)) == (
        "All 5 experts found it effective against risks in “Critical sectors”."
    )


@pytest.mark.parametrize(
    ("question", "end"),
    [
        ("Should it be done?", "“Should it be done?”"),
        ("It should be done", "“It should be done”."),
    ],
)
def test_without_a_clause_the_question_is_quoted(question, end):
    finding = finding_of((1, 0, 0, 5, 4, 0), clause="", question=question)

    assert str(sentence(finding)) == (
        f"9 of 10 experts agreed, 1 disagreed: {end}"
    )


def test_answers_that_are_no_agreement_are_named():
    finding = finding_of(
        (1, 1, 2, 3, 4, 1),
        scale=EFFECTIVENESS,
        clause="",
        question="How effective is it?",
    )

    assert str(sentence(finding)) == (
        "7 of 12 experts said “very or extremely effective”, 2 said “not at all or slightly effective”, "
        "2 said “moderately effective”, 1 did not know: “How effective is it?”"
    )


def test_preliminary_results_say_so():
    finding = finding_of((0, 0, 0, 5, 0, 0), is_preliminary=True)

    assert str(sentence(finding)) == (
        f"All 5 experts {SHOULD}. These results are preliminary."
    )


def test_no_sentence_is_made_where_nothing_is_known():
    finding = finding_of()

    assert sentence(finding) is None
    assert short_sentence(finding) == ""
    assert share_in_words(finding) == ""
    assert interval_sentence(finding) == ""


def test_combinations_are_counted_or_bounded():
    counted = finding_of()
    counted.result.criterion = None
    counted.result.combined, counted.result.combiners = 12, 20
    bounded = finding_of()
    bounded.result.criterion = None
    figure = Figure(
        statistic="share_of_combinations",
        operator=">",
        value=0.4,
    )
    bounded.result._prefetched_objects_cache["figures"] = [figure]

    assert str(sentence(counted)) == (
        "12 of 20 experts put it into the combination that they would choose."
    )
    assert str(sentence(bounded)) == (
        "More than 40 % of the combinations that experts preferred include it."
    )


@pytest.mark.parametrize(
    ("study", "risk_areas", "expected"),
    [
        (
            {"document_id": 1},
            [],
            "Experts were asked about this measure; what they answered is not known here.",
        ),
        (
            {"document_id": 1},
            ["cbrn"],
            "What experts answered for this risk area is not known here.",
        ),
        (
            {"min_cell_size": 5},
            [],
            "Fewer than 5 experts answered about this measure, too few to show what they said.",
        ),
        (
            {"min_cell_size": 5},
            ["cbrn"],
            "Experts were not asked about this risk area.",
        ),
    ],
)
def test_where_there_is_no_sentence_plain_words_say_why(
    study,
    risk_areas,
    expected,
):
    item = Item(study=Study(pk=1, **study))
    item.study._prefetched_objects_cache = {"criteria": [], "risk_areas": []}

    assert absence(item, risk_areas) == expected


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ((0, 0, 0, 0, 10, 0), "all"),
        ((1, 0, 0, 0, 9, 0), "nearly all"),
        ((2, 0, 0, 0, 8, 0), "a large majority"),
        ((4, 0, 0, 0, 6, 0), "a majority"),
        ((5, 0, 0, 0, 5, 0), "half"),
        ((6, 0, 0, 0, 4, 0), "a minority"),
        ((9, 0, 0, 0, 1, 0), "few"),
        ((10, 0, 0, 0, 0, 0), "none"),
    ],
)
def test_bands_stand_for_fixed_ranges(counts, word):
    assert share_in_words(finding_of(counts)) == word


def test_the_interval_is_put_into_words():
    finding = finding_of((1, 0, 1, 12, 37, 0))

    assert interval_sentence(finding) == (
        "Had they been drawn at random, between 87 and 99 % of all such experts would likely agree."
    )


COUNTS = st.lists(st.integers(0, 400), min_size=6, max_size=6).filter(any)


@given(COUNTS, st.sampled_from([AGREEMENT, EFFECTIVENESS]))
def test_the_numbers_of_a_sentence_come_to_all_who_answered(counts, scale):
    finding = finding_of(counts, scale=scale)

    said = str(sentence(finding)).replace(",", "")

    numbers = [int(number) for number in re.findall(r"\d+", said)]
    n = sum(counts)
    agreeing = counts[3] + counts[4]
    if agreeing == n:
        assert numbers == ([n] if n > 2 else [])
        return
    if agreeing == 0 and n > 1:
        numbers.insert(0, 0)
    assert numbers[:2] == [agreeing, n]
    assert agreeing + sum(numbers[2:]) == n
    assert set(numbers[2:]) <= {
        counts[0] + counts[1],
        counts[2],
        counts[5],
    }
    assert 0 not in numbers[2:]


@pytest.mark.parametrize("n", range(1, 100))
def test_whole_per_cents_round_half_up_for_every_count(n):
    for count in range(n + 1):
        exact = (Decimal(100 * count) / n).quantize(0, ROUND_HALF_UP)
        assert whole_percent(count / n) == exact


@pytest.mark.parametrize(
    ("share", "bound", "expected"),
    [
        (0.5, "", False),
        (0.51, "", True),
        (0.5, ">", True),
        (0.4, ">", None),
        (0.5, "<", False),
        (0.75, "<", None),
    ],
)
def test_a_bound_tells_of_a_majority_only_what_it_implies(
    share,
    bound,
    expected,
):
    assert majority(share, bound) is expected


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        (
            [
                finding_of((0, 0, 0, 3, 4, 0)),
                finding_of((1, 0, 0, 1, 1, 0)),
            ],
            f"Strongest support among 4 of these measures: A, 7 of 7 experts {SHOULD}; then B, 2 of 3.",
        ),
        (
            [
                finding_of(published=("", 0.98)),
                finding_of(published=("", 0)),
            ],
            f"Strongest support among 4 of these measures: A, 98 % of experts {SHOULD}; then B, 0 %.",
        ),
        (
            [
                finding_of((0, 0, 0, 3, 4, 0)),
                finding_of((0, 0, 0, 4, 3, 0)),
            ],
            f"Strongest support among 4 of these measures: A and B, for each 7 of 7 experts {SHOULD}.",
        ),
        (
            [finding_of((0, 0, 0, 3, 4, 0), is_preliminary=True)],
            f"Strongest support among 4 of these measures: A, 7 of 7 experts {SHOULD}. These results are preliminary.",
        ),
    ],
)
def test_which_have_the_strongest_support(findings, expected):
    named = list(zip("AB", findings, strict=False))

    assert str(strongest_sentence(named, 4)) == expected


def test_words_of_shares_are_told_with_where_each_begins():
    told = bands_in_words()

    assert "“nearly all” 90 % or more" in told
    assert "“a minority” 25 % or more" in told
    assert "“few” less" in told
