"""Scales of every kind: values that fall towards agreement, seven points, words other than
“agree”.
"""

import pytest

from catalogue.statistics import wilson_interval
from surveys import estimates
from surveys.models import Figure, Result, ScalePoint, Tally
from surveys.results.findings import Finding
from surveys.results.ranking import ranks
from surveys.results.strongest import most_and_least
from surveys.running import invitations, rounds
from tests.surveys.factories import (
    Given,
    answer_all,
    make_study,
    make_token,
    make_tokens,
    respond,
)

from .shown import page_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

FALLING = [("sa", 1, 1), ("a", 2, 1), ("n", 3, 0), ("d", 4, -1), ("sd", 5, -1)]


def rescale(study, points, labels=None):
    scale = study.criteria.get().scale
    scale.points.filter(is_dont_know=False).delete()
    for position, (slug, value, side) in enumerate(points):
        label = (labels or {}).get(slug, f"Point {slug}")
        ScalePoint.objects.create(
            scale=scale,
            slug=slug,
            label=label,
            position=position + 20,
            value=value,
            side=side,
        )


def results(points, *answers, labels=None, **fields):
    """A closed study with an item for each list of answers, and the finding on each."""
    study = make_study(items=len(answers), min_cell_size=1, **fields)
    rescale(study, points, labels)
    round_ = rounds.open_round(study=study)
    items = list(study.items.order_by("position"))
    experts = list(zip(*answers, strict=True))
    tokens = make_tokens(study, len(experts))
    given = {
        token: Given(
            answers={
                item: {"do": slug}
                for item, slug in zip(items, slugs, strict=True)
            },
            remarks={},
            combination=[],
        )
        for token, slugs in zip(tokens, experts, strict=True)
    }
    respond(round_, given)
    rounds.close_study(study=study)
    study.refresh_from_db()
    return study, [
        Finding(item.results.get())
        for item in study.items.order_by("position")
    ]


@pytest.mark.parametrize(
    ("points", "direction"),
    [
        ([(1, 1), (2, 1), (3, 0), (4, -1)], -1),
        ([(1, -1), (2, 0), (3, 1)], 1),
        ([(1, 1), (2, 0)], -1),
        ([(1, 1), (None, 0)], 1),
        ([], 1),
    ],
)
def test_the_direction_of_a_scale_is_that_towards_agreement(points, direction):
    assert estimates.direction(points) == direction


def test_strongest_agreement_is_at_the_end_of_a_scale_that_falls():
    _, [finding] = results(
        FALLING,
        ["sa"] * 10 + ["a"] * 2 + ["n"] * 3 + ["d"] * 4 + ["sd"],
    )

    low, high = wilson_interval(10, 20)
    assert (
        finding.estimates["share_strongly_agreeing"].value,
        finding.estimates["share_strongly_agreeing"].low,
        finding.estimates["share_strongly_agreeing"].high,
    ) == (
        0.5,
        low,
        high,
    )
    assert [piece.slug for piece in finding.bar.segments] == [
        "sd",
        "d",
        "n",
        "a",
        "sa",
        "dk",
    ]
    tones = {piece.slug: piece.tone for piece in finding.bar.segments}
    assert tones == {
        "sd": "disagree-2",
        "d": "disagree-1",
        "n": "neutral",
        "a": "agree-1",
        "sa": "agree-2",
        "dk": "apart",
    }


def test_the_share_agreeing_decides_on_places_on_a_scale_that_falls_too():
    study, _ = results(FALLING, ["d"] * 5, ["sa"] * 5, ["n"] * 5)

    place = ranks([study])

    assert [
        place[item.pk, study.criteria.get().pk, None].place
        for item in study.items.order_by("position")
    ] == ["2nd to 3rd", "1st", "2nd to 3rd"]


def test_the_home_page_lists_the_strongest_of_a_scale_that_falls_first():
    study, findings = results(FALLING, ["a"] * 6, ["sa"] * 6)
    type(study).objects.update(status="published")

    ranked, _ = most_and_least(2)

    assert [item.pk for item, _ in ranked] == [
        findings[1].result.item_id,
        findings[0].result.item_id,
    ]


def test_seven_points_have_seven_tones():
    points = [
        (f"p{value}", value, (value > 0) - (value < 0))
        for value in range(-3, 4)
    ]
    _, [finding] = results(points, [slug for slug, *_ in points])

    assert [piece.tone for piece in finding.bar.segments] == [
        "disagree-2",
        "disagree-1",
        "disagree-0",
        "neutral",
        "agree-0",
        "agree-1",
        "agree-2",
        "apart",
    ]


@pytest.mark.parametrize(
    ("labels", "agreeing", "disagreeing", "span"),
    [
        (
            {
                "sd": "Not effective",
                "d": "Slightly effective",
                "a": "Very effective",
                "sa": "Extremely effective",
            },
            "very or extremely effective",
            "not or slightly effective",
            "not effective to extremely effective",
        ),
        (
            {
                "sd": "Strongly disagree",
                "d": "Disagree",
                "a": "Agree",
                "sa": "Strongly agree",
            },
            "agree",
            "disagree",
            "disagree to agree",
        ),
        (
            {"sd": "Never", "d": "Rarely", "a": "Often", "sa": "Always"},
            "often or always",
            "never or rarely",
            "never to always",
        ),
    ],
)
def test_a_side_is_named_by_its_answers(labels, agreeing, disagreeing, span):
    points = [
        ("sd", 1, -1),
        ("d", 2, -1),
        ("n", 3, 0),
        ("a", 4, 1),
        ("sa", 5, 1),
    ]
    _, [finding] = results(points, ["sd", "sa"], labels=labels)

    assert (
        finding.estimates["share_agreeing"].label,
        finding.estimates["share_disagreeing"].label,
        finding.scale.span,
    ) == (
        agreeing,
        disagreeing,
        span,
    )


def test_a_consensus_is_judged_in_whole_numbers():
    _, [finding] = results(
        FALLING,
        ["sa"] * 29 + ["n"] * 21,
        consensus_percent=57,
    )

    found = {}
    for percent in (57, 58, 59):
        finding.result.item.study.consensus_percent = percent
        found[percent] = finding.consensus
    assert found == {57: "to agree", 58: "to agree", 59: "none"}


def test_links_that_were_revoked_or_replaced_leave_nobody_out_of_those_invited():
    study = make_study(items=1)
    round_ = rounds.open_round(study=study)
    tokens = [make_token(study) for _ in range(5)]
    for token in tokens:
        answer_all(round_, token)
    first, second, *_ = study.invitations.order_by("pk")
    invitations.revoke(invitation=first)
    _, token = invitations.reissue(invitation=second)
    answer_all(round_, token)

    rounds.close_study(study=study)

    study.refresh_from_db()
    assert (study.responded, study.invited, study.replaced_links) == (6, 5, 1)


def test_a_question_with_too_few_answers_in_the_round_before_has_no_shift():
    _, [finding] = results(FALLING, ["sa"] * 3)

    assert Tally.objects.count() == 6
    assert (
        finding.estimates["share_moved"].reason
        == "no round before it with enough answers"
    )


def test_a_published_bound_is_read_in_the_words_of_its_scale(client):
    study = make_study(items=1, status="published", year=2026)
    rescale(
        study,
        [("d", 1, -1), ("a", 2, 1), ("sa", 3, 1)],
        {"a": "Very effective", "sa": "Extremely effective"},
    )
    result = Result.objects.create(
        item=study.items.get(),
        criterion=study.criteria.get(),
    )
    Figure.objects.create(
        result=result,
        statistic="share_agreeing",
        value=0.6,
        decimals=0,
        operator=">",
    )

    mitigation = study.items.get().mitigation
    shown = page_of(client, mitigation)
    assert "of experts said “very or extremely effective”" in shown
    shown = text_of(client.get(study.get_absolute_url()))
    assert "who answered “very or extremely effective”" in shown
    assert "More than 60 % of experts rated the one measure" in shown
    assert f"{mitigation.name} > 60 %" in shown
