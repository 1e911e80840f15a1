"""Page, API and files say the same of each cell, whatever is asked for."""

import csv
import io
import json

import lxml.html
import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.listing.crosstab import AXES
from tests.catalogue.files.test_exports import sheet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unrecorded")]


PAIRS = st.sampled_from(
    [
        f"rows={rows}&columns={columns}"
        for rows in AXES
        for columns in AXES
        if rows != columns
    ],
)
SHOWS = st.sampled_from(
    [
        "",
        "&show=evidence",
        "&show=lean",
        "&show=agreement&question=asked.do",
        "&against=all",
        "&against=phase%3Ddeploy",
    ],
)
FILTERS = st.sampled_from(
    ["", "&phase=deploy", "&category=1", "&actor=none", "&group=measure"],
)


def body(address: str) -> bytes:
    response = Client().get(address)
    assert response.status_code == 200, (address, response.content[:600])
    return response.content


def of_page(query: str) -> list[list[str]]:
    """The table as it stands: heads and rows, all that a cell says on one line."""
    page = lxml.html.fromstring(body(f"/matrix/?{query}"))
    rows = []
    for row in page.xpath("//table[contains(@class, 'matrix')]//tr"):
        rows.append([_text_of_cell(cell) for cell in row.xpath("./th|./td")])
    return rows


def _text_of_cell(cell) -> str:
    parts = [part.strip() for part in cell.itertext() if part.strip()]
    text = "; ".join(part for part in parts if part != "+")
    # A page keeps a figure on one line.
    return text.replace("\xa0", " ")


def of_api(query: str) -> list[list[str]]:
    """The inner cells and totals, each as the page has it."""
    found = json.loads(body(f"/api/v1/mitigations/crosstab/?{query}"))
    cells = {(one["row"], one["column"]): one for one in found["cells"]}
    rows = []
    for row in found["rows"]:
        line = []
        for column in found["columns"]:
            cell = cells.get((row["value"], column["value"]))
            line.append(_said_of_figure(cell) if cell else "0")
        rows.append([*line, _said_of_figure(row["total"])])
    totals = [_said_of_figure(one["total"]) for one in found["columns"]]
    return [*rows, [*totals, _said_of_figure(found["total"])]]


def _said_of_figure(figure: dict) -> str:
    parts = [figure["text"], figure["detail"]]
    if figure["against"] is not None:
        difference = figure["count"] - figure["against"]
        if difference:
            word = "more" if difference > 0 else "fewer"
            parts.append(f"{abs(difference)} {word}")
    return "; ".join(filter(None, parts))


def of_cells(query: str) -> list[list[str]]:
    """The inner cells of the long file."""
    records = json.loads(body(f"/matrix/cells.json?{query}"))["results"]
    rows: dict[str, list[str]] = {}
    for one in records:
        rows.setdefault(one["row"], []).append(one["text"])
    return list(rows.values())


def of_csv(query: str) -> list[list[str]]:
    text = body(f"/matrix/table.csv?{query}").decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def in_file(text: str) -> str:
    """What a table has of a cell of the page: of a count the number, with the difference."""
    number, *more = text.split("; ")
    if not number.replace(",", "").isdigit():
        return text
    differences = [one for one in more if one.endswith((" more", " fewer"))]
    return f"{number} ({differences[0]})" if differences else number


@pytest.mark.engine
@given(PAIRS, SHOWS, FILTERS)
@settings(max_examples=25)
def test_page_api_and_files_say_the_same(asked_catalogue, pair, show, filters):
    query = pair + show + filters
    page = of_page(query)
    inner = [row[1:] for row in page[1:]]

    assert of_api(query) == inner
    assert of_cells(query) == [row[:-1] for row in inner[:-1]]
    table = of_csv(query)
    assert table[0][1:] == page[0][1:]
    assert table[1:] == [[row[0], *map(in_file, row[1:])] for row in page[1:]]


def test_a_workbook_and_markdown_have_the_differences_too(
    asked_catalogue,
    client,
):
    query = "against=phase%3Dplan"
    table = of_csv(query)
    workbook = sheet(client.get(f"/matrix/table.xlsx?{query}"), "matrix")
    markdown = body(f"/matrix/table.md?{query}").decode()

    assert [list(row.values()) for row in workbook] == table[1:]
    for row in table:
        assert f"| {' | '.join(row)} |" in markdown
