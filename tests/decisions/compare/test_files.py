"""A comparison as files: what is seen on its page, in the same order."""

import csv
import io
import re
import zipfile

import lxml.html
import orjson
import pytest

from catalogue.models import Mitigation
from catalogue.releases.cutting import cut
from surveys.results.publishing import publish_study
from tests.factories import MitigationFactory, UserFactory
from tests.surveys.factories import make_closed_study

pytestmark = pytest.mark.django_db
FORMS = ["csv", "long.csv", "xlsx", "json", "html", "md"]


@pytest.fixture
def names():
    study = make_closed_study(items=2)
    publish_study(study=study, by=UserFactory())
    return [item.mitigation.accession for item in study.items.all()]


def fetch(client, form, names, more=""):
    query = "&".join(f"m={name}" for name in names)
    return client.get(f"/compare/comparison.{form}?{query}{more}")


def rows_of(response):
    text = response.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("form", FORMS)
def test_each_form_names_what_is_compared(client, names, form):
    response = fetch(client, form, names)

    assert response.status_code == 200
    said = response["Content-Disposition"]
    assert re.search(r"comparison(-long)?_m-m\d{4}-m\d{4}_rev\d+_", said)


def test_columns_stand_in_the_order_of_the_address(client, names):
    there = rows_of(fetch(client, "csv", names))
    back = rows_of(fetch(client, "csv", names[::-1]))

    swapped = [[*row[:2], *row[:1:-1]] for row in there]
    assert swapped == back


def test_the_long_form_has_a_row_for_each_value(client, names):
    wide = rows_of(fetch(client, "csv", names))[1:]
    head, *long = rows_of(fetch(client, "long.csv", names))
    value = head.index("value")

    assert [row[value] for row in long] == [
        cell for row in wide for cell in row[2:]
    ]


def test_json_has_the_rows_of_the_long_form(client, names):
    rows = orjson.loads(fetch(client, "json", names).content)["rows"]

    head, *long = rows_of(fetch(client, "long.csv", names))
    assert [row["value"] for row in rows] == [
        row[head.index("value")] for row in long
    ]


def test_a_file_can_hold_only_what_differs(client, names):
    whole = rows_of(fetch(client, "csv", names))
    less = rows_of(fetch(client, "csv", names, "&only=differences"))

    assert len(less) < len(whole)
    assert all(
        row[2] != row[3] for row in less[1:] if row[0] == "Who, and when"
    )


def test_no_cell_is_empty(client, names):
    names = [*names, MitigationFactory().accession]

    cells = [row[2:] for row in rows_of(fetch(client, "csv", names))]

    assert all(all(row) for row in cells)


def test_a_name_is_no_markup_in_markdown(client):
    one = MitigationFactory(name="<b>*Pipe* | bar</b>")

    text = fetch(client, "md", [one.accession]).content.decode()

    assert r"\<b\>\*Pipe\* \| bar\</b\>" in text


def test_a_name_is_no_markup_in_a_table_for_a_document(client):
    one = MitigationFactory(name="<b>Pipe</b>")

    page = fetch(client, "html", [one.accession]).content.decode()

    assert "&lt;b&gt;Pipe" in page
    assert "<b>Pipe" not in page


def test_a_table_for_a_document_has_every_value(client, names):
    page = lxml.html.fromstring(fetch(client, "html", names).content)
    rows = rows_of(fetch(client, "csv", names))[1:]

    cells = [cell.text_content() for cell in page.xpath("//tbody//td")]
    assert cells == [cell for row in rows for cell in row[2:]]


def test_a_name_is_no_formula_in_a_workbook(client):
    one = MitigationFactory(description="=1+1")

    book = zipfile.ZipFile(
        io.BytesIO(fetch(client, "xlsx", [one.accession]).content),
    )

    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_a_workbook_of_one_state_is_the_same_file(client, names):
    first = fetch(client, "xlsx", names).content

    assert first == fetch(client, "xlsx", names).content


@pytest.mark.parametrize("form", ["bib", "ris", "json"])
def test_references_are_of_the_view_the_measures_and_their_documents(
    client,
    names,
    form,
):
    query = "&".join(f"m={name}" for name in names)
    response = client.get(f"/compare/cite.{form}?{query}")

    assert response.status_code == 200
    text = response.content.decode()
    assert all(name in text for name in names)


def test_a_document_of_two_measures_is_cited_once(client):
    one = MitigationFactory()
    other = MitigationFactory(document=one.document)

    query = f"m={one.accession}&m={other.accession}"
    items = orjson.loads(client.get(f"/compare/cite.json?{query}").content)

    assert len(items) == 4
    assert len({item["id"] for item in items}) == 4


def test_a_parameter_that_there_is_not_is_refused(client, names):
    assert fetch(client, "csv", names, "&onyl=differences").status_code == 400


@pytest.mark.parametrize("query", ["", "?m=M9999"])
def test_of_nothing_there_is_no_file(client, query):
    assert client.get(f"/compare/comparison.csv{query}").status_code == 404


def test_there_is_no_form_of_another_name(client, names):
    assert fetch(client, "exe", names).status_code == 404


def test_a_comparison_is_read_within_a_release(client, names):
    cut(number="2026.11")
    Mitigation.objects.filter(accession=names[0]).update(name="Renamed since")
    query = "&".join(f"m={name}" for name in names)

    within = client.get(f"/releases/2026.11/compare/?{query}")
    file = client.get(f"/releases/2026.11/compare/comparison.csv?{query}")

    assert within.status_code == 200
    assert b"Renamed since" not in within.content
    assert "release-2026.11" in file["Content-Disposition"]
    assert b"Renamed since" not in b"".join(file)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_tells_what_is_not_there(client, names, form):
    gone = MitigationFactory(
        status="withdrawn",
        withdrawal_note="It was the same.",
        replaced_by=Mitigation.objects.get(accession=names[0]),
    )
    content = fetch(client, form, [*names, gone.accession, "M0999"]).content
    if form == "xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = book.read("xl/sharedStrings.xml")
    text = content.decode()

    assert f"{gone.name} is no longer in the catalogue. Withdrawn" in text
    assert "It was the same. Use " in text
    assert "M0999" in text
    assert "There is no mitigation of this name." in text
