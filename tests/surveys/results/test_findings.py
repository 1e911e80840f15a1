"""What is drawn of a result adds up, whatever was answered on whatever scale."""

import re

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from surveys.models import Result, ScalePoint, Tally
from surveys.results.bars import Range
from surveys.results.findings import Finding
from surveys.results.statistics import Estimate

POINT = st.one_of(
    st.tuples(st.integers(-3, -1), st.just(-1)),
    st.tuples(st.one_of(st.none(), st.just(0)), st.just(0)),
    st.tuples(st.integers(1, 3), st.just(1)),
)


def finding_of(points, dont_know=0) -> Finding:
    """A finding with (value, side, count) of each point, in the order in which the scale has
    them; nothing is stored.
    """
    rows = [*points, (None, 0, dont_know)]
    tallies = [
        Tally(
            count=count,
            point=ScalePoint(
                pk=place,
                position=place,
                slug=f"p{place}",
                label=f"Point {place}",
                value=value,
                side=side,
                is_dont_know=place == len(points),
            ),
        )
        for place, (value, side, count) in enumerate(rows)
    ]
    result = Result(pk=1)
    result._prefetched_objects_cache = {"tallies": tallies, "figures": []}
    return Finding(result)


@st.composite
def findings(draw):
    """A scale of two to nine points in any order, with an answer or more."""
    points = draw(st.lists(POINT, min_size=2, max_size=9))
    counts = draw(
        st.lists(
            st.integers(0, 80),
            min_size=len(points),
            max_size=len(points),
        ),
    )
    dont_know = draw(st.integers(0, 40))
    if not sum(counts) + dont_know:
        dont_know = 1
    return finding_of(
        [(*point, count) for point, count in zip(points, counts, strict=True)],
        dont_know,
    )


@given(findings())
def test_the_pieces_of_a_bar_touch_and_come_to_everyone_who_answered(finding):
    pieces = finding.bar.segments

    for piece, following in zip(pieces, pieces[1:], strict=False):
        assert piece.start + piece.width == pytest.approx(following.start)
    assert pieces[0].start == 0
    assert sum(piece.width for piece in pieces) == pytest.approx(100)


@given(findings())
def test_a_bar_goes_from_disagreement_to_agreement_and_ends_with_dont_know(
    finding,
):
    assert [p.tone[:3] for p in finding.bar.segments] == sorted(
        (p.tone[:3] for p in finding.bar.segments),
        key=["dis", "neu", "agr", "apa"].index,
    )
    assert finding.bar.segments[-1].tone == "apart"
    assert finding.bar.segments[-1].count == finding.dont_know


@given(findings())
def test_what_is_drawn_is_what_was_counted(finding):
    drawn = render_to_string("surveys/_bar.html", {"finding": finding})

    pieces = re.findall(
        r'<rect class="([\w-]+)" x="([\d.]+)%" width="([\d.]+)%"',
        drawn,
    )
    shown = [piece for piece in finding.bar.segments if piece.count]
    assert [tone for tone, _, _ in pieces] == [piece.tone for piece in shown]
    for (_, x, width), piece in zip(pieces, shown, strict=True):
        assert (float(x), float(width)) == pytest.approx(
            (piece.start, piece.width),
            abs=0.006,
        )


@given(findings())
def test_the_table_behind_a_bar_holds_every_answer_and_its_shares_come_to_one(
    finding,
):
    assert sum(answer.count for answer in finding.answers) == finding.n
    assert sum(
        answer.share.value for answer in finding.answers
    ) == pytest.approx(1)
    assert len(finding.answers) == len(finding.bar.segments)


@pytest.mark.parametrize(
    "points",
    [
        [(-2, -1, 1), (-1, -1, 1), (0, 0, 1), (1, 1, 1), (2, 1, 1)],
        [(1, -1, 1), (2, -1, 1), (3, 0, 1), (4, 1, 1), (5, 1, 1)],
        [(2, 1, 1), (1, 1, 1), (0, 0, 1), (-1, -1, 1), (-2, -1, 1)],
    ],
)
def test_only_the_last_point_of_a_side_is_strong_whatever_the_numbers_and_the_order(
    points,
):
    tones = [piece.tone for piece in finding_of(points).bar.segments]

    assert tones == [
        "disagree-2",
        "disagree-1",
        "neutral",
        "agree-1",
        "agree-2",
        "apart",
    ]


@given(st.floats(0, 1), st.sampled_from(["", ">", "<"]))
def test_a_share_is_drawn_within_its_line_and_a_bound_to_the_end_that_it_leaves_open(
    value,
    operator,
):
    low, high = (
        (value * 0.9, value + (1 - value) * 0.1)
        if not operator
        else (None, None)
    )
    estimate = Estimate(
        "share_agreeing",
        "agree",
        value,
        operator=operator,
        low=low,
        high=high,
    )

    line = Range(estimate)

    begin, end = line.start, line.end
    assert 0 <= begin <= end <= 100
    assert 0 <= line.mark <= 99
    if operator:
        assert (begin, end) == (
            (100 * value, 100) if operator == ">" else (0, 100 * value)
        )
