"""The numbers of a crosstab beside those of another state."""

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.listing.crosstab import AXES, Crosstab, axis_of
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation, Release
from catalogue.releases.crosstabs import ALL, Against, Difference
from catalogue.releases.cutting import cut
from tests.catalogue.listing.test_crosstab import all_cells
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
    TaxonomyFactory,
)
from tests.states import made_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unrecorded")]
NUMBER = "2026.11"


@made_once
def catalogue_cut_once():
    """1.1 in two phases, 1.2 in one, and 2 in none: in a release."""
    taxonomy = TaxonomyFactory(slug="measures", is_default=True)
    plan = LifecyclePhaseFactory(slug="plan")
    deploy = LifecyclePhaseFactory(slug="deploy")
    for code, phases in [
        ("1.1", [plan, deploy]),
        ("1.2", [deploy]),
        ("2", []),
    ]:
        ClassificationFactory(
            mitigation=MitigationFactory(phases=phases),
            category=CategoryFactory(taxonomy=taxonomy, code=code),
        )
    first, second, _ = Mitigation.objects.order_by("pk")
    MappingFactory(source=first, target=second, relation="exactMatch")
    cut(NUMBER, title="First", notes="Begin.", base_url="http://testserver")


@pytest.fixture
def release_of_catalogue(catalogue_cut_once, db):
    return Release.objects.get()


def filters_said(query: str) -> MitigationFilter:
    return MitigationFilter(QueryDict(query), Mitigation.objects.published())


def compared_cells(query: str, text: str, rows="category", columns="phase"):
    """(cell, its difference) of each, and what it is compared_cells with."""
    filters = filters_said(query)
    table = Crosstab(
        filters,
        axis_of(filters, rows),
        axis_of(filters, columns),
    )
    against = Against(text, filters)
    assert against.problems == []
    differences = against.differences(table)
    return [(cell, differences.of(cell)) for cell in all_cells(table)]


def problems(text: str, query: str = ""):
    return Against(text, filters_said(query)).problems


AXES_OF_PAIRS = st.sampled_from(
    [(rows, columns) for rows in AXES for columns in AXES if rows != columns],
)
FILTERS = st.sampled_from(
    ["phase=plan", "phase=none", "category=1", "category=2", "q=nothing"],
)


@pytest.mark.engine
@given(
    FILTERS,
    st.one_of(st.just(ALL), FILTERS),
    AXES_OF_PAIRS,
    st.sampled_from(["", "measure"]),
)
@settings(max_examples=40)
def test_the_other_number_is_of_what_passes_all_other_filters_too(
    release_of_catalogue,
    query,
    text,
    axes,
    group,
):
    shared = f"&group={group}" if group else ""
    cells = list(compared_cells(query + shared, text, *axes))
    assert cells
    for cell, difference in cells:
        other = filters_said(f"{'' if text == ALL else text}{shared}")
        keys = other.wordings
        for name, value in cell.values.items():
            keys = keys & filters_said(f"{name}={value}").wordings
        assert difference.other == other.count_entries(keys)
        assert difference.count == cell.count


def test_a_column_of_one_phase_has_none_under_another(release_of_catalogue):
    others = {
        tuple(cell.values.values()): difference.other
        for cell, difference in compared_cells("", "phase=plan")
    }

    assert others["deploy",] == others["1.1", "deploy"] == 1
    assert others["1.2", "deploy"] == others["1.2",] == 0


def test_a_release_has_the_numbers_that_it_had(release_of_catalogue):
    MitigationFactory(phases=[LifecyclePhaseFactory(slug="monitor")])
    Mitigation.objects.filter(classifications__category__code="2").update(
        status="draft",
    )
    texts = {
        tuple(cell.values.values()): difference.text
        for cell, difference in compared_cells("", f"release:{NUMBER}")
    }

    assert texts[()] == ""
    assert texts["2", "none"] == "1 fewer"
    assert texts["none", "monitor"] == "1 more"
    assert texts["1.1", "plan"] == ""


@pytest.mark.parametrize(
    ("count", "other", "text"),
    [
        (3, 0, "3 more"),
        (0, 1, "1 fewer"),
        (2, 2, ""),
        (0, 1200, "1,200 fewer"),
    ],
)
def test_a_difference_is_said_in_words(count, other, text):
    assert Difference(count, other).text == text


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (f"release:{NUMBER}", f"in release {NUMBER}"),
        ("all", "among all"),
        ("category=1", "under “1 "),
    ],
)
def test_it_is_named_as_it_follows_than(release_of_catalogue, text, label):
    assert Against(text, filters_said("")).label.startswith(label)


def test_a_release_that_was_never_cut_is_refused_with_those_that_were(
    release_of_catalogue,
):
    [problem] = problems("release:2020.1")

    assert problem.parameter == "against"
    assert problem.allowed == [f"release:{NUMBER}"]


@pytest.mark.parametrize(
    "text",
    ["release:", "2026.11", "phase=nowhere", "zzz=1", "group=measure"],
)
def test_what_names_no_state_is_refused(release_of_catalogue, text):
    [problem] = problems(text)

    assert problem.parameter == "against"
    assert problem.message
