"""The matrix as files, its gaps and its citation."""

import csv
import io
import json

import lxml.html
import pytest

from catalogue.models import Category, Mitigation, Taxonomy
from tests.catalogue.files.test_exports import sheet
from tests.factories import (
    ActorFactory,
    CategoryFactory,
    ClassificationFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
    TaxonomyFactory,
)
from tests.surveys.factories import put_to_experts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def catalogue():
    """1.2 has nothing in Plan; 1.1 is above neither."""
    taxonomy = TaxonomyFactory(is_default=True)
    plan = LifecyclePhaseFactory(slug="plan", name="Plan")
    deploy = LifecyclePhaseFactory(slug="deploy", name="Deploy")
    for code, phases in [("1.1", [plan, deploy]), ("1.2", [deploy])]:
        ClassificationFactory(
            mitigation=MitigationFactory(phases=phases),
            category=CategoryFactory(taxonomy=taxonomy, code=code),
        )


def get(client, address):
    response = client.get(address)
    assert response.status_code == 200, address
    return response


def rows_of_csv(response):
    text = response.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def shown(client, query=""):
    """The table of the page: its rows as texts."""
    page = lxml.html.fromstring(get(client, f"/matrix/{query}").content)
    rows = []
    for row in page.xpath("//table[contains(@class, 'matrix')]//tr"):
        cells = row.xpath("./th|./td")
        names = [" ".join(cell.text_content().split()) for cell in cells]
        rows.append([name.removesuffix(" +") for name in names])
    return rows


QUERIES = ["", "?phase=deploy", "?rows=phase&columns=category&empty=hide"]


@pytest.mark.parametrize("query", QUERIES)
def test_a_file_holds_what_the_page_shows(client, query):
    table = rows_of_csv(get(client, f"/matrix/table.csv{query}"))

    assert table[0][1:] == shown(client, query)[0][1:]
    assert table[1:] == shown(client, query)[1:]


@pytest.mark.parametrize("query", QUERIES)
def test_a_workbook_holds_the_same_and_says_what_it_is(client, query):
    response = get(client, f"/matrix/table.xlsx{query}")
    rows = [list(row.values()) for row in sheet(response, "matrix")]
    texts = [[name, *(f"{one:.0f}" for one in row)] for name, *row in rows]

    assert texts == shown(client, query)[1:]
    response = get(client, f"/matrix/table.xlsx{query}")
    assert sheet(response, "About")


def test_markdown_holds_the_same(client):
    text = get(client, "/matrix/table.md").content.decode()
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rows = [line.strip("| ").split(" | ") for line in lines]

    assert rows[2:] == shown(client)[1:]


def test_each_cell_is_a_row(client):
    records = json.loads(get(client, "/matrix/cells.json").content)["results"]
    table = shown(client)
    cells = [cell for row in table[1:-1] for cell in row[1:-1]]

    assert [one["text"] for one in records] == cells
    assert [str(one["count"]) for one in records] == cells


def test_the_name_of_a_file_says_fields_and_filter(client):
    response = get(client, "/matrix/table.csv?phase=deploy")

    name = response["Content-Disposition"]
    assert "matrix_category-x-phase_phase-deploy_rev" in name


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/matrix/table.pdf", 404),
        ("/matrix/nothing.csv", 404),
        ("/matrix/table.csv?show=agreement", 404),
        ("/matrix/table.csv?zzz=1", 400),
        ("/matrix/cite.bib?zzz=1", 400),
        ("/matrix/cite.doc", 404),
    ],
)
def test_what_there_is_not_is_refused(client, address, status):
    assert client.get(address).status_code == status


def test_a_gap_is_a_sentence_with_what_would_fill_it(client):
    page = lxml.html.fromstring(get(client, "/matrix/").content)
    gap = page.xpath("//*[contains(@class, 'matrix-gaps')]//li")[0]

    assert "Plan: nothing is recorded." in gap.text_content()
    nearest, suggest = gap.xpath("./a/@href")
    assert nearest == "/mitigations/?category=1&phase=plan"
    assert client.get(suggest).status_code == 200
    assert suggest.startswith("/feedback/?kind=missing")


def test_a_gap_under_a_filter_names_it_and_says_what_the_catalogue_has(client):
    developer = ActorFactory(slug="developer", name="Developer")
    Mitigation.objects.get(
        classifications__category__code="1.2",
    ).actors.add(developer)

    rows = rows_of_csv(get(client, "/matrix/gaps.csv?actor=developer"))

    first = Category.objects.get(code="1.1").name
    second = Category.objects.get(code="1.2").name
    said = {row[6] for row in rows[1:]}
    under = "under the filter “Developer”"
    assert said == {
        f"1.1 {first}, Plan: nothing is recorded {under}; 1 mitigation in the whole catalogue.",
        f"1.1 {first}, Deploy: nothing is recorded {under}; 1 mitigation in the whole catalogue.",
        f"1.2 {second}, Plan: nothing is recorded in the whole catalogue.",
        f"1.2 {second}, Deploy: 1 mitigation {under}, and no study has asked experts.",
    }


def test_what_a_row_is_chosen_by_is_no_filter_of_its_gap(client):
    rows = rows_of_csv(get(client, "/matrix/gaps.csv?phase=plan"))

    [sentence] = [row[6] for row in rows if row[0] == "nothing recorded"]
    assert sentence.endswith(", Plan: nothing is recorded.")


def test_the_file_of_gaps_has_as_many_as_the_page_says(client):
    page = lxml.html.fromstring(get(client, "/matrix/").content)
    [heading] = page.xpath("//h2[@id='gaps']")

    rows = rows_of_csv(get(client, "/matrix/gaps.csv"))

    assert heading.text_content() == f"Gaps ({len(rows) - 1})"


def test_what_a_taxonomy_keeps_for_all_else_is_no_gap(client):
    CategoryFactory(taxonomy=Taxonomy.objects.get(), code="99.9")

    rows = rows_of_csv(get(client, "/matrix/gaps.csv"))

    assert "99.9" in {row[0].split()[0] for row in shown(client)}
    assert "99.9" not in {row[1] for row in rows}


def test_what_a_source_does_not_hold_is_no_gap(client):
    text = get(client, "/matrix/?columns=document").content.decode()

    assert "Nothing recorded here" not in text


@pytest.mark.parametrize("form", ["bib", "ris", "json"])
def test_the_matrix_is_cited_at_its_address(client, form):
    text = get(client, f"/matrix/cite.{form}?phase=deploy").content.decode()

    assert "/matrix/?phase=deploy" in text


def test_others_may_frame_the_matrix_by_itself_and_no_other_page(client):
    alone = get(client, "/embed/matrix/?phase=deploy")
    page = get(client, "/matrix/")

    assert "X-Frame-Options" not in alone
    assert "frame-ancestors *" in alone["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"


def test_the_framed_matrix_leads_out_of_its_frame_to_the_page(client):
    page = lxml.html.fromstring(
        get(client, "/embed/matrix/?phase=deploy").content,
    )

    assert page.xpath("//base/@target") == ["_blank"]
    assert page.xpath("//main/p/a/@href") == [
        "http://testserver/matrix/?phase=deploy",
    ]


def test_a_framed_matrix_wants_its_question(client):
    assert client.get("/embed/matrix/?show=agreement").status_code == 404


def test_where_experts_split_is_a_gap_with_its_rule(client):
    study = put_to_experts("0.5")
    measure = Mitigation.objects.get(classifications__category__code="1.2")
    study.items.update(mitigation=measure)
    page = lxml.html.fromstring(get(client, "/matrix/").content)
    text = page.xpath("//*[contains(@class, 'matrix-gaps')]")[0].text_content()

    assert "Put to experts, and they split" in text
    assert "Experts split where 40 to 60 % agreed" in text
    assert "Deploy: 1 mitigation, and experts split." in text
    rows = rows_of_csv(get(client, "/matrix/gaps.csv"))
    assert [row[1] for row in rows if row[0] == "experts split"] == ["1.2"]


def test_a_gap_names_what_asks_for_something_near_it(client):
    near = Mitigation.objects.get(classifications__category__code="1.1")
    provision = ProvisionFactory(
        instrument__slug="an-act",
        instrument__short_title="An Act",
    )
    ProvisionMappingFactory(source=near, provision=provision)
    page = lxml.html.fromstring(get(client, "/matrix/").content)
    gap = page.xpath("//*[contains(@class, 'matrix-gaps')]//li")[0]
    [link] = gap.xpath("./a[text()='An Act']")

    assert "(1), all asked for by An Act (1)." in gap.text_content()
    assert link.get("href") == (
        "/mitigations/?category=1&phase=plan&instrument=an-act"
    )
