"""Counts by two fields: each number is that of the list behind its address."""

from itertools import pairwise

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.listing.crosstab import AXES, Crosstab, axis_of
from catalogue.listing.facet_values import NOT_GIVEN
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mapping, Mitigation
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
    TaxonomyFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unrecorded")]


def filters(query: str = "") -> MitigationFilter:
    return MitigationFilter(
        QueryDict(query),
        Mitigation.objects.published(),
    )


def crosstab(query="", rows="category", columns="phase", **options):
    chosen = filters(query)
    assert chosen.problems == []
    return Crosstab(
        chosen,
        axis_of(chosen, rows, **options),
        axis_of(chosen, columns),
    )


def listed(url: str) -> int:
    chosen = filters(url.removeprefix("?"))
    assert chosen.problems == []
    return len(chosen.qs)


def all_cells(table: Crosstab):
    yield table.total
    yield from map(table.row_total, table.rows)
    yield from map(table.column_total, table.columns)
    for row in table.rows:
        for column in table.columns:
            yield table.cell(row, column)


@pytest.fixture
def catalogue():
    """Categories 1, 1.1, 1.2, 2 and two phases; measures at, below and beside them."""
    taxonomy = TaxonomyFactory(is_default=True)
    one, two = [
        CategoryFactory(taxonomy=taxonomy, code=code) for code in ("1", "2")
    ]
    inner, other = [
        CategoryFactory(taxonomy=taxonomy, code=code)
        for code in ("1.1", "1.2")
    ]
    plan, deploy = [
        LifecyclePhaseFactory(slug=slug) for slug in ("plan", "deploy")
    ]
    document = DocumentFactory(slug="paper")
    placed = [
        (one, [plan]),
        (inner, [plan, deploy]),
        (inner, [deploy]),
        (other, []),
        (two, [deploy]),
    ]
    rows = []
    for category, phases in placed:
        mitigation = MitigationFactory(phases=phases, document=document)
        ClassificationFactory(mitigation=mitigation, category=category)
        rows.append(mitigation)
    # In two categories, below one and the same.
    ClassificationFactory(
        mitigation=rows[1],
        category=other,
        is_primary=False,
    )
    MitigationFactory(phases=[plan])
    MappingFactory(
        source=rows[1],
        target=rows[2],
        relation=Mapping.Relation.EXACT,
    )
    return rows


AXES_OF_PAIRS = st.sampled_from(
    [(rows, columns) for rows in AXES for columns in AXES if rows != columns],
)
QUERIES = st.lists(
    st.sampled_from(
        [
            "phase=plan",
            "phase=none",
            "category=1",
            "category=1.1",
            "category=none",
            "document=paper",
            "preliminary=false",
        ],
    ),
    unique=True,
    max_size=3,
).map("&".join)


@pytest.mark.engine
@given(QUERIES, AXES_OF_PAIRS, st.sampled_from(["", "&group=measure"]))
@settings(max_examples=60)
def test_each_number_is_that_of_the_list_behind_it(
    catalogue,
    query,
    axes,
    group,
):
    rows, columns = axes
    table = crosstab(query + group, rows, columns)

    for cell in all_cells(table):
        assert cell.count == listed(cell.url)


def test_a_row_counts_what_lies_below_it_once(catalogue):
    table = crosstab(level=1)
    counts = {row.code: table.row_total(row).count for row in table.rows}

    assert counts == {"1": 4, "2": 1, "": 1}


def test_what_lies_below_a_row_follows_it_once_it_is_opened(catalogue):
    closed = [row.code for row in crosstab(level=1).rows]
    opened = [row.code for row in crosstab(level=1, opened=["1"]).rows]

    assert closed == ["1", "2", ""]
    assert opened == ["1", "1.1", "1.2", "2", ""]


def test_at_a_level_stands_what_has_nothing_below_it_too(catalogue):
    assert [row.code for row in crosstab().rows] == ["1.1", "1.2", "2", ""]


def test_what_has_no_value_stands_last(catalogue):
    table = crosstab()

    assert [axis[-1].value for axis in (table.rows, table.columns)] == [
        NOT_GIVEN,
        NOT_GIVEN,
    ]
    assert table.column_total(table.columns[-1]).count == 1


def test_a_filter_on_an_axis_leaves_what_is_chosen_and_below(catalogue):
    assert [row.code for row in crosstab("category=1").rows] == ["1.1", "1.2"]
    assert len(crosstab("phase=plan").columns) == 1


def test_rows_stand_in_the_order_of_their_codes(catalogue):
    codes = [row.code for row in crosstab(level=2).rows if row.code]

    assert all(first < second for first, second in pairwise(codes))


def test_queries_do_not_grow_with_cells(
    catalogue,
    django_assert_max_num_queries,
):
    with django_assert_max_num_queries(20):
        for cell in all_cells(crosstab()):
            assert cell.count >= 0


def test_a_deeper_value_that_is_chosen_stands_as_a_row():
    taxonomy = TaxonomyFactory(is_default=True)
    for code in ("1", "1.1", "1.2", "2"):
        CategoryFactory(taxonomy=taxonomy, code=code)

    def rows(query: str) -> list[str]:
        return [
            one.value for one in axis_of(filters(query), "category", 1).values
        ]

    assert rows("category=1.1") == ["1.1"]
    assert rows("category=1.1&category=2") == ["1.1", "2"]
    assert rows("category=1&category=1.1") == ["1"]
