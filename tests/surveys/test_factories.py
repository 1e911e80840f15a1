"""What tests write in place of experts is what experts leave."""

import pytest

from surveys.models import Response
from surveys.running import fielding, rounds, secrecy

from .factories import Given, answer_all, make_study, make_token, respond

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

REMARK = "It depends."
#: For each round: the answer to each item, the comment on each, how many are combined.
ROUNDS = [(["a", "sd"], [REMARK, ""], 2), (["", "dk"], ["", REMARK], 1)]
#: The same of somebody who says one thing of all items, and leaves a combination as it is.
ALIKE = [(["a", "a"], [REMARK, REMARK], 2), (["dk", "dk"], ["", ""], 0)]


def through_the_pages(round_, token, items, slugs, remarks, combination):
    response = fielding.consent(round_=round_, token=token, expertise="law")
    for item, slug, remark in zip(items, slugs, remarks, strict=True):
        given = {"do": slug}
        fielding.save_item(
            response=response,
            item=item,
            given=given,
            remark=remark,
        )
    chosen = [item.mitigation.accession for item in items[:combination]]
    fielding.submit(response=response, combination=chosen or None)


def at_once(round_, token, items, slugs, remarks, combination):
    given = Given(
        answers={
            item: {"do": slug} for item, slug in zip(items, slugs, strict=True)
        },
        remarks=dict(zip(items, remarks, strict=True)),
        combination=items[:combination],
        expertise="law",
    )
    respond(round_, {token: given})


def alike(round_, token, items, slugs, remarks, combination):
    answer_all(
        round_,
        token,
        slug=slugs[0],
        remark=remarks[0],
        combination=combination,
        expertise="law",
    )


def rows_after(write, said) -> list:
    """What two rounds leave of one expert."""
    study = make_study(items=2, expertise=["law"], asks_combination=True)
    token = make_token(study)
    for one in said:
        round_ = rounds.open_round(study=study)
        write(round_, token, list(study.items.all()), *one)
        rounds.close_round(study=study)
    of_study = Response.objects.filter(
        round__study=study,
        pseudonym=secrecy.pseudonym(token),
    )
    return [values(one) for one in of_study.order_by("round__number")]


def values(response) -> list:
    answers = response.answers.values_list(
        "item__position",
        "criterion__slug",
        "risk_area",
        "point__slug",
    )
    remarks = response.remarks.values_list("item__position", "body")
    combination = response.combination.values_list("position", flat=True)
    asked = response.asked.values_list("position", flat=True)
    return [
        sorted(answers),
        sorted(remarks),
        sorted(combination),
        sorted(asked),
        response.expertise_area.slug,
        response.is_submitted,
    ]


@pytest.mark.parametrize(
    ("write", "said"),
    [(at_once, ROUNDS), (alike, ALIKE)],
)
def test_answers_written_at_once_are_those_that_pages_write(write, said):
    expected = rows_after(through_the_pages, said)

    assert len(expected) == 2
    assert rows_after(write, said) == expected
