"""What experts would choose together, of the measures of a shortlist."""

import pytest

from decisions.shortlist.together import chosen_together
from surveys.models import Figure, Result
from surveys.results.sentences import TOGETHER_NOT_PUBLISHED
from tests.factories import MitigationFactory
from tests.surveys.factories import make_full_study, put_to_experts

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture
def study():
    """One that publishes how often two of its three measures stood in a combination."""
    found = put_to_experts(items=3, asks_combination=True)
    for item in found.items.all()[:2]:
        result = Result.objects.create(item=item)
        Figure.objects.create(
            result=result,
            statistic="share_of_combinations",
            value=0.4,
            decimals=1,
            operator=">",
        )
    return found


def measures_of(study):
    return [item.mitigation for item in study.items.order_by("pk")]


def test_each_line_stands_with_its_study_and_question(study):
    [together] = chosen_together(measures_of(study))

    assert together.study == study
    assert together.question
    first, second, last = together.lines
    assert "40 %" in first
    assert "40 %" in second
    assert last == TOGETHER_NOT_PUBLISHED


def test_of_one_measure_nothing_is_said(study):
    assert chosen_together(measures_of(study)[1:]) == []


def test_of_measures_that_no_study_combined_nothing_is_said():
    assert chosen_together([MitigationFactory(), MitigationFactory()]) == []


def test_the_page_tells_it(client, study):
    query = "&".join(f"m={one.accession}" for one in measures_of(study))

    page = client.get(f"/shortlist/?{query}").content.decode()

    assert "Chosen together" in page
    assert TOGETHER_NOT_PUBLISHED in page


def test_of_a_study_that_ran_here_how_many_put_both_into_one_is_told():
    ran_here = make_full_study(experts=16, areas=1, rounds=1)

    [together] = chosen_together(measures_of(ran_here))

    assert "put both" in together.lines[-1]
    assert TOGETHER_NOT_PUBLISHED not in together.lines
