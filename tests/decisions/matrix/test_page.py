"""The page of the matrix: each number leads to its list."""

import re
from html import unescape

import lxml.html
import pytest
from django.http import QueryDict

from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from decisions.matrix.cells import as_drawn
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
    TaxonomyFactory,
)
from tests.surveys.factories import make_study

pytestmark = pytest.mark.django_db
TABLE = "//table[contains(@class, 'matrix')]"
CELLS = f"{TABLE}//td/a"
IN_ROWS = "//*[@class='matrix-rows']//li/a"


@pytest.fixture
def catalogue():
    taxonomy = TaxonomyFactory(is_default=True)
    plan = LifecyclePhaseFactory(slug="plan", name="Plan")
    deploy = LifecyclePhaseFactory(slug="deploy", name="Deploy")
    for code, phases in [
        ("1.1", [plan, deploy]),
        ("1.2", [deploy]),
        ("2", []),
    ]:
        ClassificationFactory(
            mitigation=MitigationFactory(phases=phases),
            category=CategoryFactory(taxonomy=taxonomy, code=code),
        )


def page_of(client, query=""):
    response = client.get(f"/matrix/{query}")
    assert response.status_code == 200
    return lxml.html.fromstring(response.content)


def numbers(page):
    """(what a link of the table says, its address) of each cell and total."""
    for link in page.xpath(CELLS):
        yield link.text, link.get("href")


def listed(url: str) -> int:
    query = QueryDict(url.partition("?")[2])
    return len(MitigationFilter(query, Mitigation.objects.published()).qs)


@pytest.mark.parametrize(
    "query",
    ["", "?phase=deploy", "?rows=phase&columns=category", "?rows_level=1"],
)
def test_each_number_is_that_of_its_list(client, catalogue, query):
    cells = list(numbers(page_of(client, query)))

    assert cells
    for text, url in cells:
        assert int(text) == listed(url), url


def test_a_phone_has_the_same_numbers(client, catalogue):
    page = page_of(client)
    table = {(link.text, link.get("href")) for link in page.xpath(CELLS)}
    rows = {
        (
            link.getparent().xpath(".//*[contains(@class, 'num')]")[0].text,
            link.get("href"),
        )
        for link in page.xpath(IN_ROWS)
    }

    assert rows <= table
    assert len(rows) > 4


def test_nothing_is_said_and_not_left_empty(client, catalogue):
    page = page_of(client)

    assert all(cell.text_content().strip() for cell in page.xpath("//td"))


def test_a_row_opens_in_the_address(client, catalogue):
    page = page_of(client, "?rows_level=1")
    [toggle] = page.xpath("//a[@class='toggle']")

    opened = page_of(client, toggle.get("href").removeprefix("/matrix/"))

    heads = [
        one.text_content().split()[0] for one in opened.xpath("//tbody//th")
    ]
    assert heads == ["1", "1.1", "1.2", "2", "Not"]


def test_empty_rows_and_columns_are_hidden_on_request_and_counted(
    client,
    catalogue,
):
    text = page_of(client, "?empty=hide").text_content()

    assert "Not classified" not in text
    assert "Show the empty row or column" in text


def test_the_most_come_first_on_request(client, catalogue):
    page = page_of(client, "?rows=phase&columns=category&sort=total")

    heads = [one.text_content().strip() for one in page.xpath("//tbody//th")]
    assert heads == ["Deploy", "Plan", "Not given"]


def test_what_experts_answered_wants_a_question(client, catalogue):
    make_study(items=1)
    page = page_of(client, "?show=agreement")

    assert page.xpath(TABLE) == []
    assert "Which question?" in page.text_content()


def test_the_same_field_twice_is_refused_with_a_way_on(client, catalogue):
    response = client.get("/matrix/?rows=phase")

    assert response.status_code == 400
    assert "Rows and columns are both by lifecycle phase" in unescape(
        response.content.decode(),
    )


def test_the_list_leads_to_its_matrix(client, catalogue):
    page = client.get("/mitigations/?phase=deploy").content.decode()

    assert re.search(r'href="/matrix/\?phase=deploy"', page)


@pytest.mark.parametrize("more", [0, 5])
def test_queries_do_not_grow_with_cells(
    client,
    catalogue,
    more,
    django_assert_max_num_queries,
):
    for _ in range(more):
        LifecyclePhaseFactory()
    with django_assert_max_num_queries(45):
        page_of(client)


def test_what_is_looked_for_is_outlined_counted_and_said(client, catalogue):
    Mitigation.objects.filter(classifications__category__code="1.1").update(
        name="Zebrafish watch",
    )
    page = page_of(client, "?mark=zebrafish")
    marked = page.xpath(f"{TABLE}//tbody//td[contains(@class, 'marked')]")

    assert {cell.xpath(".//small")[-1].text for cell in marked} == {"1 match"}
    # Plan, Deploy, and the total of their row.
    assert len(marked) == 3
    text = page.text_content()
    assert (
        "“zebrafish” is found in 1 mitigation; the 2 cells that have any"
        in text
    )


def test_what_is_found_nowhere_says_so(client, catalogue):
    page = page_of(client, "?mark=zebrafish")

    assert "is found in none of them" in page.text_content()
    assert not page.xpath("//td[contains(@class, 'marked')]")


def test_under_a_filter_numbers_can_be_compared_with_all(client, catalogue):
    page = page_of(client, "?phase=deploy")
    [url] = page.xpath("//a[text()='Compare with all']/@href")
    compared = page_of(client, url.removeprefix("/matrix/"))

    assert "; below, how many more or fewer than among all" in (
        compared.xpath("//caption")[0].text_content()
    )
    total = compared.xpath(f"{TABLE}//tfoot//td")[-1]
    assert total.text_content() == "21 fewer"


def test_its_form_and_the_ways_to_begin_keep_filters(client, catalogue):
    page = page_of(client, "?phase=deploy&rows=document&empty=hide")
    [form] = page.xpath("//form[@class='matrix-form']")
    hidden = [
        (one.get("name"), one.get("value"))
        for one in form.xpath(".//input[@type='hidden']")
    ]
    ways = page.xpath("//a[starts-with(text(), 'By ')]/@href")

    assert hidden == [("empty", "hide"), ("phase", "deploy")]
    assert "/matrix/?columns=actor&phase=deploy" in ways
    assert all("phase=deploy" in way for way in ways)


def test_what_is_too_wide_for_a_sheet_is_split_with_its_rows_named_anew(
    client,
    catalogue,
):
    for number in range(14):
        LifecyclePhaseFactory(slug=f"phase-{number}", name=f"Phase {number}")
    page = page_of(client)
    [whole, *parts] = page.xpath(TABLE)
    heads = []
    for part in parts:
        names = [one.text_content() for one in part.xpath(".//thead//th")]
        heads += names[1:]
        assert names[0] == "Category"
        assert len(part.xpath(".//tbody/tr")) == len(
            whole.xpath(".//tbody/tr"),
        )

    assert len(parts) == 2
    assert heads == [
        one.text_content() for one in whole.xpath(".//thead//th")[1:]
    ]
    assert "Columns 1 to 9 of 18" in parts[0].text_content()


def test_what_has_room_on_a_sheet_is_printed_whole(client, catalogue):
    assert len(page_of(client).xpath(TABLE)) == 1


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("13 of 23", "13\xa0of\xa023"),
        ("86 % (61 % to 98 %)", "86\xa0% (61\xa0% to 98\xa0%)"),
        ("2 for, 1 against", "2 for, 1 against"),
    ],
)
def test_a_figure_is_not_broken_over_two_lines(text, drawn):
    assert as_drawn(text) == drawn
