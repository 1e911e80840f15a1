"""What tests write in place of experts is what experts leave."""

import pytest

from surveys.models import Response
from surveys.running import fielding, rounds

from .factories import make_study, make_token, write_answers

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

REMARK = "It depends."
#: For each round: the answer to each item, the comment on each, how many are combined.
ROUNDS = [(["a", "sd"], [REMARK, ""], 2), (["", "dk"], ["", REMARK], 1)]


def through_the_pages(response, items, slugs, remarks, combination):
    for item, slug, remark in zip(items, slugs, remarks, strict=True):
        given = {"do": slug}
        fielding.save_item(
            response=response,
            item=item,
            given=given,
            remark=remark,
        )
    chosen = [item.mitigation.accession for item in items[:combination]]
    fielding.submit(response=response, combination=chosen)


def at_once(response, items, slugs, remarks, combination):
    write_answers(
        response,
        answers={
            item: {"do": slug} for item, slug in zip(items, slugs, strict=True)
        },
        remarks=dict(zip(items, remarks, strict=True)),
        combination=items[:combination],
    )


def rows_after(write) -> list:
    """What two rounds leave of one expert."""
    study = make_study(items=2, asks_combination=True)
    token = make_token(study)
    for slugs, remarks, combination in ROUNDS:
        round_ = rounds.open_round(study=study)
        response = fielding.consent(round_=round_, token=token)
        write(response, list(study.items.all()), slugs, remarks, combination)
        rounds.close_round(study=study)
    of_study = Response.objects.filter(round__study=study).order_by(
        "round__number",
    )
    return [values(response) for response in of_study]


def values(response) -> list:
    answers = response.answers.values_list("item__position", "point__slug")
    remarks = response.remarks.values_list("item__position", "body")
    combination = response.combination.values_list("position", flat=True)
    return [
        sorted(answers),
        sorted(remarks),
        sorted(combination),
        response.is_submitted,
    ]


def test_answers_written_at_once_are_those_that_pages_write():
    assert rows_after(at_once) == rows_after(through_the_pages)
