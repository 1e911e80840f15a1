"""What the cells of a matrix say of experts' views."""

import pytest
from django.http import QueryDict

from catalogue.listing.crosstab import SHOWS, Figure
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from surveys.models import Lean, RiskArea, Study
from tests.factories import MitigationFactory
from tests.surveys.factories import make_study, put_to_experts

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def figure_of(show: str, query: str = "") -> Figure:
    """What a cell of all mitigations says."""
    filters = MitigationFilter(
        QueryDict(query),
        Mitigation.objects.published(),
    )
    assert filters.problems == []
    make = SHOWS[show].prepare(filters)
    assert make is not None
    return make(filters.wordings)


def answered_in(study: Study) -> Figure:
    return figure_of("agreement", f"question={study.slug}.do")


def test_of_three_shares_stand_the_middle_the_lowest_and_the_highest():
    figure = answered_in(put_to_experts("0.61", "0.98", "0.86"))

    assert figure.text == "86 %"
    assert figure.detail == "61 to 98; 3 of 3"
    assert (figure.value, figure.low, figure.high) == (0.86, 0.61, 0.98)


def test_fewer_shares_are_listed_and_have_no_middle():
    figure = answered_in(put_to_experts("0.5", "0.9"))

    assert figure.text == "50 %, 90 %"
    assert (figure.value, figure.low, figure.high) == (None, 0.5, 0.9)


def test_one_share_is_its_own():
    assert answered_in(put_to_experts("0.5")).value == 0.5


def test_a_bound_stays_a_bound_and_is_in_no_middle():
    figure = answered_in(put_to_experts("0.5", "0.6", "0.7", ">0.9"))

    assert figure.text == "60 %, > 90 %"
    assert (figure.value, figure.high) == (0.6, 0.7)
    assert "in no median" in figure.note


def test_of_bounds_alone_there_is_no_number():
    figure = answered_in(put_to_experts(">0.6", "<0.4"))

    assert (figure.value, figure.low, figure.status) == (None, None, "")
    assert figure.known == 2


def test_shares_of_another_study_stay_out():
    study = put_to_experts("0.5")
    put_to_experts("0.9")

    assert answered_in(study).text == "50 %"


def test_a_preliminary_share_says_so():
    figure = answered_in(put_to_experts("0.5", is_preliminary=True))

    assert figure.is_preliminary
    assert "preliminary" in figure.detail


def test_without_a_question_there_are_no_shares():
    filters = MitigationFilter(QueryDict(""), Mitigation.objects.published())

    assert SHOWS["agreement"].prepare(filters) is None


def test_what_no_expert_was_asked_about_says_so():
    study = put_to_experts("0.5")
    other = MitigationFactory(name="Kept apart")
    query = f"question={study.slug}.do&document={other.document.slug}"

    assert figure_of("agreement", query).status == "not asked"


@pytest.mark.parametrize(
    ("ran_elsewhere", "status"),
    [(True, "not published"), (False, "withheld")],
)
def test_why_a_measure_that_was_asked_about_has_no_share(
    ran_elsewhere,
    status,
):
    study = put_to_experts("0.5", items=2, ran_elsewhere=ran_elsewhere)
    untold = study.items.last().mitigation
    query = f"question={study.slug}.do&document={untold.document.slug}"

    assert figure_of("agreement", query).status == status


@pytest.mark.parametrize("show", ["evidence", "lean"])
def test_no_mitigation_is_nothing(show):
    figure = figure_of(show)

    assert (figure.text, figure.status) == ("0", "none")


def test_evidence_tells_of_how_many_a_share_is_known():
    put_to_experts("0.5", items=2)
    MitigationFactory()

    assert figure_of("evidence").text == "1 of 3"


def test_comments_are_counted_by_which_way_they_lean():
    study = make_study(items=3, status="published", year=2026)
    area = RiskArea.objects.create(slug="h", name="Harm", definition="Harm.")
    for item, way in zip(study.items.all(), "++-", strict=True):
        Lean.objects.create(item=item, risk_area=area, direction=way)
    figure = figure_of("lean")

    assert figure.text == "2 for, 1 against"
    assert figure.known == 3
