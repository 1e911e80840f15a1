"""Counts by two fields in the API."""

import csv

import pytest
from django.http import QueryDict

from catalogue.listing.crosstab import Crosstab, axis_of
from catalogue.listing.facet_values import NOT_GIVEN
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
    TaxonomyFactory,
)

pytestmark = pytest.mark.django_db
CROSSTAB = "/api/v1/mitigations/crosstab/"


@pytest.fixture
def catalogue():
    """Two in 1.1, of which one in a phase; one in no category."""
    taxonomy = TaxonomyFactory(is_default=True)
    CategoryFactory(taxonomy=taxonomy, code="1")
    inner = CategoryFactory(taxonomy=taxonomy, code="1.1", name="Inner")
    deploy = LifecyclePhaseFactory(slug="deploy", name="Deploy")
    for phases in ([deploy], []):
        ClassificationFactory(
            mitigation=MitigationFactory(phases=phases),
            category=inner,
        )
    MitigationFactory(phases=[deploy])


def answer(client, **query):
    response = client.get(CROSSTAB, query)
    assert response.status_code == 200, response.content
    return response.json()


def problem(client, **query):
    response = client.get(CROSSTAB, query)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    return response.json()["errors"][0]


def test_cells_that_are_not_empty_say_how_many(client, catalogue):
    cells = answer(client)["cells"]
    counts = {(one["row"], one["column"]): one["count"] for one in cells}

    assert counts == {
        ("1.1", "deploy"): 1,
        ("1.1", NOT_GIVEN): 1,
        (NOT_GIVEN, "deploy"): 1,
    }


@pytest.mark.parametrize(
    "query",
    ["", "phase=deploy", "category=1&group=measure", "category=none"],
)
def test_it_says_what_the_matrix_says(client, catalogue, query):
    given = QueryDict(query)
    found = answer(client, **given.dict())
    filters = MitigationFilter(given, Mitigation.objects.published())
    table = Crosstab(
        filters,
        axis_of(filters, "category"),
        axis_of(filters, "phase"),
    )

    assert found["total"]["count"] == table.total.count
    assert [
        (one["value"], one["total"]["count"]) for one in found["rows"]
    ] == [(one.value, table.row_total(one).count) for one in table.rows]
    assert [
        (one["value"], one["total"]["count"]) for one in found["columns"]
    ] == [(one.value, table.column_total(one).count) for one in table.columns]


def test_each_number_is_that_of_the_list_it_leads_to(client, catalogue):
    found = answer(client, phase="deploy", show="count", rows_level="1")
    totals = [one["total"] for one in found["rows"] + found["columns"]]

    for figure in [found["total"], *totals, *found["cells"]]:
        query = figure["list_url"].partition("?")[2]
        listed = client.get(f"/api/v1/mitigations/?{query}").json()
        assert listed["count"] == figure["count"]


def test_a_table_has_a_row_for_each_cell_the_empty_ones_too(client, catalogue):
    response = client.get(CROSSTAB, {"format": "csv"})
    text = response.content.decode("utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    statuses = {
        (row["row_code"], row["column_code"]): (row["count"], row["status"])
        for row in rows
    }

    assert statuses[NOT_GIVEN, NOT_GIVEN] == ("0", "none")
    assert statuses["1.1", "deploy"] == ("1", "")
    assert len(rows) == 4


@pytest.mark.parametrize("form", ["xlsx", "ndjson"])
def test_it_comes_as_a_file(client, catalogue, form):
    response = client.get(CROSSTAB, {"format": form})

    assert response.status_code == 200
    assert response.content


def test_rows_and_columns_by_one_field_are_refused(client, catalogue):
    told = problem(client, rows="phase")

    assert told["parameter"] == "columns"
    assert "category" in told["allowed"]


def test_an_unknown_field_is_refused_with_the_nearest(client, catalogue):
    assert problem(client, rows="categories")["suggestion"] == "category"


def test_parameters_of_pages_are_refused(client, catalogue):
    assert problem(client, page_size="10")["parameter"] == "page_size"


def test_a_show_of_one_question_asks_for_it(client, catalogue):
    assert problem(client, show="agreement")["parameter"] == "question"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"against": "all", "show": "evidence"}, "show"),
        ({"open": "nope"}, "open"),
    ],
)
def test_what_the_matrix_refuses_is_refused(
    client,
    catalogue,
    query,
    parameter,
):
    assert problem(client, **query)["parameter"] == parameter
    assert client.get("/matrix/", query).status_code == 400


def test_queries_do_not_grow_with_cells(
    client,
    catalogue,
    django_assert_max_num_queries,
):
    answer(client)  # the index is read
    for number in range(5):
        LifecyclePhaseFactory(slug=f"phase-{number}")
    with django_assert_max_num_queries(20):
        assert len(answer(client)["columns"]) == 7


def groups(client, **query):
    return client.get("/api/v1/mitigations/", query).json()["groups"]


def test_a_list_counts_by_a_field_in_the_same_answer(client, catalogue):
    assert groups(client, group_by="category") == {
        "by": ["category"],
        "counts": [
            {"values": ["1.1"], "count": 2, "measures": 2},
            {"values": [NOT_GIVEN], "count": 1, "measures": 1},
        ],
        "more": 0,
    }


def test_a_list_counts_by_pairs_as_the_table_does(client, catalogue):
    found = groups(client, group_by="category,phase", category="1")
    table = answer(client, category="1")["cells"]

    assert [(*one["values"], one["count"]) for one in found["counts"]] == [
        (one["row"], one["column"], one["count"]) for one in table
    ]


def test_a_list_counts_by_two_fields_at_most(client, catalogue):
    query = {"group_by": "category,phase,actor"}

    assert client.get("/api/v1/mitigations/", query).status_code == 400
