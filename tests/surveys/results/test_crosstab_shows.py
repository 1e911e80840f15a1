"""What the cells of a matrix say of experts' views."""

import pytest
from django.http import QueryDict

from catalogue.listing.cell_figures import SHOWS, Figure
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mapping, Mitigation
from surveys.models import Lean, Result, RiskArea, Study
from surveys.results.split import split_among
from tests.factories import MappingFactory, MitigationFactory
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


@pytest.fixture
def reworded():
    """A study with two measures, which are wordings of one."""
    study = put_to_experts("0.9", "0.5")
    first, second = [item.mitigation for item in study.items.all()]
    MappingFactory(
        source=first,
        target=second,
        relation=Mapping.Relation.EXACT,
    )
    return study


def test_by_measure_the_lower_share_of_its_wordings_stands(reworded):
    query = f"question={reworded.slug}.do&group=measure"
    figure = figure_of("agreement", query)

    assert (figure.text, figure.detail) == ("50 %", "1 of 1")


@pytest.mark.parametrize(
    ("group", "text"),
    [("", "2 for"), ("&group=measure", "1 for")],
)
def test_comments_are_counted_as_the_list_counts(reworded, group, text):
    area = RiskArea.objects.create(slug="h", name="Harm", definition="Harm.")
    for item in reworded.items.all():
        Lean.objects.create(item=item, risk_area=area, direction="+")

    assert figure_of("lean", group).text == text


def test_a_count_says_how_many_measures_it_words(reworded):
    assert figure_of("count").detail == "1 measure"
    assert figure_of("count", "group=measure").detail == ""


def test_where_a_question_was_not_about_a_risk_area_nobody_was_asked():
    study = put_to_experts("0.9", "0.5")
    areas = []
    for slug in ("cyber", "bias"):
        areas.append(
            RiskArea.objects.create(slug=slug, name=slug, definition=slug),
        )
    Result.objects.update(risk_area=areas[0])
    Lean.objects.create(
        item=study.items.first(),
        risk_area=areas[1],
        direction="+",
    )
    query = f"question={study.slug}.do&risk_area="

    assert figure_of("agreement", f"{query}bias").status == "not asked"
    assert figure_of("agreement", f"{query}cyber").known == 2


def test_the_caption_of_preliminary_shares_says_so():
    study = put_to_experts("0.9", is_preliminary=True)
    query = QueryDict(f"question={study.slug}.do")
    filters = MitigationFilter(query, Mitigation.objects.published())

    caption = SHOWS["agreement"].caption(filters)

    assert caption.startswith("Preliminary share of experts agreeing")


@pytest.mark.parametrize(
    ("share", "is_split"),
    [
        ("0.4", True),
        ("0.6", True),
        ("0.39", False),
        ("0.61", False),
        (">0.5", False),
    ],
)
def test_experts_split_where_about_half_agreed(share, is_split):
    study = put_to_experts(share)
    filters = MitigationFilter(QueryDict(""), Mitigation.objects.published())
    split, known = split_among(filters)

    key = study.items.get().mitigation_id
    assert (key in split, key in known) == (is_split, True)


def test_who_agree_on_another_question_do_not_split():
    study = put_to_experts("0.5")
    other = put_to_experts("0.9")
    other.items.update(mitigation=study.items.get().mitigation_id)
    filters = MitigationFilter(QueryDict(""), Mitigation.objects.published())

    assert not split_among(filters)[0]
