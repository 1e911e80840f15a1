"""Files of the real catalogue: exactly what page and API show, in every format."""

import json
import random
import shutil
import sqlite3
import subprocess

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from catalogue.files.exports.dictionary import as_json
from catalogue.files.exports.formats import FORMATS
from catalogue.files.exports.sqlite_file import write_sqlite
from catalogue.models import (
    Category,
    Classification,
    Document,
    Mapping,
    Mitigation,
)
from catalogue.operations.generation import generate_catalogue
from catalogue.record.reader import records
from catalogue.record.schema import MitigationSerializer
from surveys.models import ExpertComment, Item, Study
from surveys.results.exports import rows_of
from surveys.results.findings import foremost
from surveys.results.selection import ResultFilter
from tests.catalogue.files.test_exports import (
    WHOLE,
    accessions,
    parquet_rows,
    sheet,
)
from tests.files import csv_rows, sent

from .test_filters import a_choice, filters, results

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("shipped_catalogue"),
]
LIST = "/api/v1/mitigations/"


@examples(max_examples=12)
@given(st.integers())
def test_page_api_and_every_file_hold_the_same_in_the_same_order(seed):
    query, client = a_choice(random.Random(seed)), Client()
    expected = results(query)

    page = client.get(f"{reverse('mitigation-list')}?{query}").context[
        "paginator"
    ]
    of_api = client.get(f"{LIST}?{query}&page_size=500").json()["results"]

    assert page.count == len(expected)
    assert [row["accession"] for row in of_api] == expected
    for form in WHOLE:
        assert (
            accessions(client.get(f"{LIST}?{query}&format={form}"), form)
            == expected
        ), (
            query,
            form,
        )


@pytest.mark.parametrize(
    "include",
    ["", "document", "mappings", "evidence,comments"],
)
@pytest.mark.parametrize(
    "fields",
    ["", "name,document,mappings,classifications"],
)
def test_every_record_is_what_the_api_gives(client, include, fields):
    keys = [mitigation.pk for mitigation in filters().qs]

    asked = {
        name: text
        for name, text in (("include", include), ("fields", fields))
        if text
    }
    page = client.get(LIST, {"page_size": 500, **asked}).json()

    included, chosen = (
        [name for name in text.split(",") if name]
        for text in (include, fields)
    )
    # What either names is there, a document in short where it is not included, and the
    # accession always.
    included += [
        name
        for name in chosen
        if name in MitigationSerializer.includable()
        and name not in (*included, "document")
    ]
    sparse = ["accession", *chosen, *included] if chosen else []
    if not chosen:
        included = MitigationSerializer.with_what_comes_along(included)
    assert (
        records(keys, included, "http://testserver", sparse) == page["results"]
    )


# Evidence


@pytest.fixture
def rows(client):
    return {
        row["accession"]: row
        for row in csv_rows(client.get(f"{LIST}?format=csv"))
    }


def test_a_share_stands_with_its_n_its_interval_and_where_it_comes_from(rows):
    item = Item.objects.with_results().get(
        study__slug="schuett-2023",
        mitigation__accession="M0028",
    )
    finding = foremost(item)
    row = rows["M0028"]

    figures = {
        name: row[f"schuett_2023_{name}"]
        for name in ("n", "share_agreeing", "low", "high", "dont_know")
    }
    assert figures == {
        "n": str(finding.n),
        "share_agreeing": str(finding.estimates["share_agreeing"].value),
        "low": str(finding.estimates["share_agreeing"].low),
        "high": str(finding.estimates["share_agreeing"].high),
        "dont_know": str(finding.dont_know),
    }
    assert (row["schuett_2023_operator"], row["schuett_2023_origin"]) == (
        "",
        "computed from counts",
    )


def test_a_bound_is_an_operator_and_a_value(rows):
    row = rows["M0013"]

    assert (
        row["uuk_2024_operator"],
        row["uuk_2024_share_agreeing"],
        row["uuk_2024_n"],
    ) == (
        ">",
        "0.6",
        "",
    )
    assert row["uuk_2024_origin"] == "published bound"


@pytest.mark.parametrize(
    ("form", "read"),
    [("csv", csv_rows), ("xlsx", sheet), ("parquet", parquet_rows)],
)
def test_a_list_filtered_by_risk_area_has_the_figures_of_that_area_in_every_file(
    client,
    form,
    read,
):
    rows = {
        row["accession"]: row
        for row in read(client.get(f"{LIST}?risk_area=cbrn&format={form}"))
    }

    shown = {
        name: row["uuk_2024_risk_area"]
        for name, row in rows.items()
        if row["uuk_2024_share_agreeing"]
    }
    assert shown == {"M0013": "cbrn", "M0019": "cbrn", "M0022": "cbrn"}
    assert {
        row["uuk_2024_no_share"]
        for name, row in rows.items()
        if name not in shown
    } <= {"not reported"}


def test_files_name_a_code_that_was_chosen_as_it_is_read(client):
    answer = client.get(f"{LIST}?risk=4.2&phase=deploy&format=csv")

    beginning = 'filename="mitigations_phase-deploy_risk-4.2_rev'
    assert beginning in answer["Content-Disposition"]


def test_what_is_not_known_is_empty_and_says_why(rows):
    of_uuk = [
        row
        for row in rows.values()
        if row["document"] == "uuk-2024" and not row["uuk_2024_share_agreeing"]
    ]

    assert of_uuk
    assert {row["uuk_2024_no_share"] for row in of_uuk} == {"not reported"}
    assert rows["M0100"]["uuk_2024_no_share"] == "not in this study"
    assert rows["M0100"]["uuk_2024_n"] == ""


def test_preliminary_studies_say_so_in_the_description_of_their_columns():
    [table, *_] = as_json()["tables"]

    of_uuk = [
        column
        for column in table["columns"]
        if column["name"].startswith("uuk_2024_")
    ]
    assert of_uuk
    assert all("Preliminary" in column["description"] for column in of_uuk)


def test_a_draft_study_is_in_no_file(client, tmp_path):
    Study.objects.filter(slug="schuett-2023").update(status=Study.Status.DRAFT)

    assert "schuett" not in ",".join(
        csv_rows(client.get(f"{LIST}?format=csv"))[0],
    )
    with made(tmp_path) as file:
        assert file.execute(
            "SELECT DISTINCT study FROM evidence",
        ).fetchall() == [("uuk-2024",)]
        assert file.execute("SELECT slug FROM studies").fetchall() == [
            ("uuk-2024",),
        ]


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet", "ndjson", "json"])
def test_the_results_of_a_study_come_in_every_format(client, form):
    study = Study.objects.get(slug="schuett-2023")

    address = (
        f"{reverse('api:study-results', args=[study.slug])}?format={form}"
    )

    response = client.get(address)

    assert response["Content-Type"].startswith(FORMATS[form].media_type)
    assert sent(response)
    if form == "csv":
        everything = ResultFilter({}, study=study)
        assert len(csv_rows(client.get(address))) == len(
            rows_of(everything, list(everything.qs)),
        )


def test_the_files_of_a_study_hold_what_its_page_shows(client):
    page = client.get("/studies/schuett-2023/?category=2.3&sort=n")
    shown = {
        item.item.mitigation.accession for item in page.context["table"].items
    }
    query = page.context["table"].export_query
    api = reverse("api:study-results", args=["schuett-2023"])

    assert query == "category=2.3"
    assert 0 < len(shown) < 50
    assert (
        f'/studies/schuett-2023/results.csv?{query}"' in page.content.decode()
    )
    for answer in (
        client.get(f"/studies/schuett-2023/results.csv?{query}"),
        client.get(f"{api}?format=csv&{query}"),
    ):
        assert {row["mitigation"] for row in csv_rows(answer)} == shown
    for address in (
        f"{api}?{query}",
        f"/studies/schuett-2023/results.json?{query}",
    ):
        found = client.get(address).json()
        assert {
            row["mitigation"]
            for row in (found if isinstance(found, list) else found["results"])
        } == shown


def test_the_results_of_a_study_are_filtered_by_what_it_asked(client):
    address = reverse("api:study-results", args=["uuk-2024"])
    everything = client.get(address).json()
    area = next(row["risk_area"] for row in everything if row["risk_area"])

    found = client.get(address, {"risk_area": area}).json()

    assert found == [row for row in everything if row["risk_area"] == area]
    for query in ("risk_area=none", "foo=1", "category=99", "criterion="):
        assert client.get(f"{address}?{query}").status_code == 400
        refused = client.get(f"/studies/uuk-2024/results.csv?{query}")
        assert (refused.status_code, refused["Content-Type"]) == (
            400,
            "application/problem+json",
        )


def test_metadata_count_the_rows_of_the_table_that_they_describe(client):
    address = reverse("api:study-results", args=["schuett-2023"])
    [note] = json.loads(sent(client.get(f"{address}?format=metadata")))[
        "notes"
    ]

    assert note["count"] == len(csv_rows(client.get(f"{address}?format=csv")))


# Queries


def test_queries_grow_with_lots_of_records_and_not_with_records(client):
    generate_catalogue(mitigations=1_000, seed=5)
    lots = -(-Mitigation.objects.published().count() // 500)
    assert lots == 3

    for form in WHOLE:
        few = f"{LIST}?document=uuk-2024&format={form}"
        sent(client.get(few))  # what is read once and kept is not counted
        with CaptureQueriesContext(connection) as of_few:
            sent(client.get(few))
        with CaptureQueriesContext(connection) as of_many:
            sent(client.get(f"{LIST}?format={form}"))

        # mitigations, identifiers, phases, actors, functions, classifications, and in tables
        # and texts those of evidence
        has_evidence = FORMATS[form].is_table or form in ("txt", "md")
        of_a_lot = 19 if has_evidence else 6
        assert len(of_many) - len(of_few) <= (lots - 1) * of_a_lot, form


# The SQLite file


class made:
    """The file of the whole catalogue, opened."""

    def __init__(self, folder):
        self.path = folder / "catalogue.sqlite3"

    def __enter__(self) -> sqlite3.Connection:
        write_sqlite(str(self.path), "https://catalogue.example")
        self.file = sqlite3.connect(self.path)
        return self.file

    def __exit__(self, *_):
        self.file.close()


def test_the_sqlite_file_holds_everything_that_is_published(tmp_path):
    with made(tmp_path) as file:
        counts = {
            name: file.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in (
                "mitigations",
                "classifications",
                "categories",
                "documents",
                "mappings",
                "studies",
                "comments",
            )
        }
        checked = file.execute("PRAGMA foreign_key_check").fetchall()
        whole = file.execute("PRAGMA integrity_check").fetchone()

    assert counts == {
        "mitigations": Mitigation.objects.published().count(),
        "classifications": Classification.objects.count(),
        "categories": Category.objects.count(),
        "documents": Document.objects.count(),
        "mappings": Mapping.objects.count(),
        "studies": Study.objects.published().count(),
        "comments": ExpertComment.objects.published().count(),
    }
    assert (checked, whole) == ([], ("ok",))


def test_no_draft_is_in_the_sqlite_file(tmp_path):
    mapped = (
        Mapping.objects.filter(target__isnull=False)
        .select_related("source")
        .first()
    )
    Mitigation.objects.filter(pk=mapped.source_id).update(
        status="draft",
        name="Zebra crossing",
    )

    with made(tmp_path) as file:
        text = "\n".join(file.iterdump())

    assert "Zebra" not in text
    assert f"'{mapped.source.accession}'" not in text


def test_the_sqlite_file_can_be_searched_and_says_what_it_is(tmp_path):
    with made(tmp_path) as file:
        found = file.execute(
            "SELECT count(*) FROM mitigations_fts WHERE mitigations_fts MATCH 'audits'",
        ).fetchone()[0]
        [(definition,)] = file.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'mitigations_fts'",
        )
        about = dict(file.execute("SELECT name, value FROM about"))
        described = set(
            file.execute("SELECT table_name, column_name FROM dictionary"),
        )
        columns = {
            (table, column)
            for (table,) in file.execute(
                "SELECT DISTINCT table_name FROM dictionary",
            ).fetchall()
            for _, column, *_ in file.execute(
                f"PRAGMA table_info({table})",
            ).fetchall()
        }

    assert found
    assert 'content="mitigations"' in definition  # as Datasette looks for it
    assert about["revision"] > 0
    assert "preliminary" in about["notices"]
    assert described == columns


DATASETTE = shutil.which("datasette") or shutil.which(
    "datasette",
    path=f"{settings.BASE_DIR}/.venv-bench/bin",
)


@pytest.mark.any_engine
@pytest.mark.skipif(
    not DATASETTE,
    reason="There is no datasette: make .venv-bench/made installs it.",
)
def test_datasette_opens_the_sqlite_file_and_finds_its_search(tmp_path):
    with made(tmp_path) as file:
        rows = (
            "/catalogue/mitigations.json?_search=audits&_shape=array&_size=max"
        )
        shown = subprocess.run(
            [DATASETTE, tmp_path / "catalogue.sqlite3", "--get", rows],
            capture_output=True,
            check=True,
        )
        found = {
            name
            for (name,) in file.execute(
                "SELECT name FROM mitigations_fts WHERE mitigations_fts MATCH 'audits'",
            )
        }

    assert {row["name"] for row in json.loads(shown.stdout)} == found


def test_lists_are_json_in_the_sqlite_file(tmp_path):
    with made(tmp_path) as file:
        [(phases,)] = file.execute(
            "SELECT phases FROM mitigations WHERE accession = 'M0100'",
        )
        of_its_own = file.execute(
            "SELECT phase FROM mitigation_phases WHERE mitigation = 'M0100'",
        ).fetchall()

    assert sorted(json.loads(phases)) == sorted(
        phase for (phase,) in of_its_own
    )


# The dictionary


def test_every_column_of_every_table_is_described():
    bare = [
        (t["name"], c["name"])
        for t in as_json()["tables"]
        for c in t["columns"]
        if not c["description"]
    ]

    assert bare == []


def test_the_dictionary_names_the_columns_that_files_have(client, rows):
    [table, *_] = as_json()["tables"]

    assert [column["name"] for column in table["columns"]] == list(
        rows["M0001"],
    )


def test_a_column_that_is_ever_empty_says_what_that_means(rows):
    [table, *_] = as_json()["tables"]
    said = {column["name"] for column in table["columns"] if column["empty"]}

    empty = {
        name
        for row in rows.values()
        for name, value in row.items()
        if value == ""
    }
    assert empty - said == set()
