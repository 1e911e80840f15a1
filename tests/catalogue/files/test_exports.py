"""Lists as files: every value comes back as it was, and nothing but what is asked for goes out."""

import csv
import io
import json
import re
import time
from dataclasses import replace
from datetime import datetime
from itertools import islice

import bibtexparser
import pyarrow.parquet
import pytest
import rispy
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from catalogue.files.exports.address import ListAddress
from catalogue.files.exports.cells import (
    as_text,
    guarded,
    joined,
    parted,
    unguarded,
)
from catalogue.files.exports.columns import MitigationTable
from catalogue.files.exports.formats import FORMATS
from catalogue.files.exports.listings import MitigationListing
from catalogue.files.exports.workbook import CUT, MOST_CHARACTERS, fitting_cell
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from catalogue.record.reader import records
from tests.factories import (
    ClassificationFactory,
    DocumentFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
)
from tests.files import csv_rows, sent, text_of
from tests.reading import Readers

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
LIST = "/api/v1/mitigations/"
WHOLE = [name for name in FORMATS if name != "metadata"]
SIGNS = ("=", "+", "-", "@", "＝", "\t", "\r", "\n")
DANGEROUS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1+1",
    "a;=1+1",
    "a; @b",
    "'=1",
    "plain",
]


def get(client, query, **headers):
    return client.get(LIST + query, headers=headers)


def parquet_rows(response) -> list[dict]:
    return pyarrow.parquet.read_table(io.BytesIO(sent(response))).to_pylist()


def sheet(response, name="mitigations") -> list[dict]:
    head, *rows = (
        CalamineWorkbook.from_filelike(io.BytesIO(sent(response)))
        .get_sheet_by_name(name)
        .to_python()
    )
    return [dict(zip(head, row, strict=True)) for row in rows]


def accessions(response, form) -> list[str]:
    """Of what is in a file, in its order."""
    if form == "csv":
        return [row["accession"] for row in csv_rows(response)]
    if form == "xlsx":
        return [row["accession"] for row in sheet(response)]
    if form == "parquet":
        return [row["accession"] for row in parquet_rows(response)]
    if form == "ndjson":
        return [
            json.loads(line)["accession"]
            for line in text_of(response).splitlines()
        ]
    if form in ("txt", "md"):
        return re.findall(r"(?m)^(?:- \[\*\*)?(M\d{4,}) ", text_of(response))
    if FORMATS[form].is_of_references:
        return [key for key in keys_of(response, form) if key.startswith("M")]
    return [row["accession"] for row in json.loads(sent(response))["results"]]


def keys_of(response, form) -> list[str]:
    """Of the references in a file, in its order."""
    text = sent(response).decode()
    if form == "bib":
        library = bibtexparser.parse_string(text)
        assert not library.failed_blocks
        return [entry.key for entry in library.entries]
    if form == "ris":
        return [record["id"] for record in rispy.loads(text)]
    return [item["id"] for item in json.loads(text)]


@pytest.fixture
def odd_mitigation():
    """Texts that a careless writer would break on, and gaps."""
    document = DocumentFactory(
        label='A "quoted"; label',
        year=None,
        preliminary_notice="May change, =or not.",
    )
    mitigation = MitigationFactory(
        name="=HYPERLINK(1), “so”",
        description='Two\r\nlines, "quotes", a | bar; ünïcode 🜁, and\ttabs.',
        alternative_names="One | two\nback\\slash",
        document=document,
        is_preliminary=True,
        section="",
        page="007",
        phases=2,
    )
    ClassificationFactory(
        mitigation=mitigation,
        category__taxonomy__is_default=True,
    )
    return mitigation


# Values


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1)))
def test_several_values_in_one_cell_come_back(values):
    assert parted(joined(values)) == values


def test_csv_brings_every_value_back(client, odd_mitigation):
    [row] = csv_rows(get(client, "?format=csv"))

    [record] = records([odd_mitigation.pk], base_url="http://testserver")
    table = MitigationTable()
    assert row == dict(
        zip(
            [c.name for c in table.columns],
            map(as_text, table.rows([record])[0]),
            strict=True,
        ),
    )
    assert unguarded(row["name"]) == odd_mitigation.name
    assert row["description"] == odd_mitigation.description
    assert (
        parted(row["alternative_names"])
        == odd_mitigation.alternative_name_list
    )
    assert (row["section"], row["page"], row["document_year"]) == (
        "",
        "007",
        "",
    )


def test_csv_is_what_a_spreadsheet_takes_for_utf8(client, odd_mitigation):
    content = sent(get(client, "?format=csv"))

    assert content.startswith(b"\xef\xbb\xbfaccession,")
    assert content.endswith(b"\r\n")


def test_parquet_brings_every_value_back_in_its_type(client, odd_mitigation):
    [row] = parquet_rows(get(client, "?format=parquet"))

    assert row["name"] == odd_mitigation.name
    assert row["description"] == odd_mitigation.description
    assert row["alternative_names"] == odd_mitigation.alternative_name_list
    assert row["phases"] == [
        phase.slug for phase in odd_mitigation.phases.all()
    ]
    assert (row["preliminary"], row["document_year"], row["section"]) == (
        True,
        None,
        None,
    )
    assert row["created_at"] == odd_mitigation.created_at


def test_a_workbook_brings_every_value_back_in_its_type(
    client,
    odd_mitigation,
):
    [row] = sheet(get(client, "?format=xlsx"))

    assert unguarded(row["name"]) == odd_mitigation.name
    assert row["description"] == odd_mitigation.description
    assert (
        parted(row["alternative_names"])
        == odd_mitigation.alternative_name_list
    )
    assert (row["preliminary"], row["document_year"], row["page"]) == (
        True,
        "",
        "007",
    )
    moment = odd_mitigation.created_at.replace(tzinfo=None)
    assert isinstance(row["created_at"], datetime)
    assert abs((row["created_at"] - moment).total_seconds()) < 0.01


def test_ndjson_and_json_hold_the_records_of_the_api(client, odd_mitigation):
    page = get(client, "?include=document").json()["results"]

    lines = [
        json.loads(line)
        for line in text_of(
            get(client, "?format=ndjson&include=document"),
        ).splitlines()
    ]
    whole = json.loads(sent(get(client, "?format=json&include=document")))

    assert lines == whole["results"] == page


@pytest.mark.parametrize("text", DANGEROUS)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_no_cell_begins_a_formula(client, text, form):
    mitigation = MitigationFactory(
        name=text,
        description=f"{text} is what it is called.",
        section=text,
    )

    [row] = (
        csv_rows(get(client, "?format=csv"))
        if form == "csv"
        else sheet(get(client, "?format=xlsx"))
    )

    cells = [value for value in row.values() if isinstance(value, str)]
    assert [
        cell
        for cell in cells
        if cell.startswith(SIGNS)
        or cell.partition(";")[2].lstrip().startswith(SIGNS)
    ] == []
    assert (unguarded(row["name"]), unguarded(row["section"])) == (
        mitigation.name,
        mitigation.section,
    )


def test_what_a_cell_of_a_workbook_cannot_hold_says_that_it_is_cut():
    assert fitting_cell("a" * MOST_CHARACTERS) == "a" * MOST_CHARACTERS
    cut = fitting_cell("🜁" * MOST_CHARACTERS)
    assert cut.endswith(CUT)
    assert len(cut.encode("utf-16-le")) // 2 in (
        MOST_CHARACTERS,
        MOST_CHARACTERS - 1,
    )


def test_more_records_than_a_sheet_holds_are_refused(client, monkeypatch):
    monkeypatch.setitem(FORMATS, "xlsx", replace(FORMATS["xlsx"], most=1))
    MitigationFactory.create_batch(2)

    response = get(client, "?format=xlsx")

    assert response.status_code == 400
    assert "take csv or parquet" in response.json()["detail"]


def test_a_sheet_never_loses_rows(client, monkeypatch):
    monkeypatch.setattr("catalogue.files.exports.workbook.MOST_ROWS", 1)
    MitigationFactory.create_batch(2)

    with pytest.raises(ValueError, match="1 rows at most"):
        sent(get(client, "?format=xlsx"))


# What goes out


@pytest.mark.parametrize("form", WHOLE)
def test_a_draft_is_in_no_file(client, form):
    seen = MitigationFactory()
    MitigationFactory(status="draft", name="Zebra")

    response = get(client, f"?format={form}")

    assert accessions(response, form) == [seen.accession]


@pytest.mark.parametrize("form", WHOLE)
def test_a_file_holds_the_selection_in_its_order(client, form):
    phase = LifecyclePhaseFactory()
    for name in ("b", "a", "c"):
        MitigationFactory(name=name, phases=[phase])
    MitigationFactory(name="d")

    response = get(client, f"?phase={phase.slug}&ordering=-name&format={form}")

    assert accessions(response, form) == ["M0003", "M0001", "M0002"]


@pytest.mark.parametrize("form", WHOLE)
def test_an_empty_selection_is_an_empty_file_and_no_error(client, form):
    MitigationFactory()

    assert accessions(get(client, f"?q=nowhere&format={form}"), form) == []


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_fields_choose_columns(client, form):
    MitigationFactory()
    response = get(client, f"?format={form}&fields=name,accession")

    [row] = {"csv": csv_rows, "xlsx": sheet, "parquet": parquet_rows}[form](
        response,
    )

    assert list(row) == ["accession", "name"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("?format=cvs", "format"),
        ("?format=csv&page_size=5", "page_size"),
        ("?format=json&cursor=x", "cursor"),
        ("?format=ndjson&facets=phase", "facets"),
        ("?format=csv&include=evidence", "include"),
        ("?format=csv&fields=locator", "fields"),
        ("?format=ndjson&fields=code", "fields"),
        ("?format=parquet&phase=deplyo", "phase"),
    ],
)
def test_what_has_no_meaning_in_a_file_is_refused(client, query, parameter):
    response = get(client, query)

    assert (response.status_code, response["Content-Type"]) == (
        400,
        "application/problem+json",
    )
    assert response.json()["errors"][0]["parameter"] == parameter


def test_one_record_comes_as_json_only(client):
    path = reverse(
        "api:mitigation-detail",
        args=[MitigationFactory().accession],
    )

    assert client.get(f"{path}?format=csv").json()["errors"][0]["allowed"] == [
        "json",
    ]
    assert client.get(path, headers={"Accept": "text/csv"}).status_code == 406


@pytest.mark.parametrize(
    "form",
    [form for form in FORMATS.values() if form.name != "json"],
    ids=lambda form: form.name,
)
def test_a_format_can_be_asked_for_by_the_header(client, form):
    MitigationFactory()

    response = get(client, "", accept=form.media_type)

    assert response["Content-Type"].startswith(form.media_type)
    assert "Accept" in response["Vary"]
    assert sent(response)


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/json", "application/json, text/csv;q=0.5"],
)
def test_a_page_comes_to_who_takes_json(client, accept):
    assert get(client, "", accept=accept).json()["next"] is None


# What goes along


@pytest.fixture
def preliminary():
    return MitigationFactory(
        is_preliminary=True,
        document__label="A study",
        document__preliminary_notice="May still change.",
    )


def test_metadata_say_what_a_table_is_and_what_its_columns_mean(
    client,
    preliminary,
):
    link = get(client, "?format=csv&preliminary=true")["Link"]
    assert 'rel="describedby"' in link

    told = json.loads(sent(client.get(link[1 : link.index(">")])))

    assert (
        told["url"]
        == "http://testserver/api/v1/mitigations/?preliminary=true&format=csv"
    )
    assert [
        column["name"] for column in told["tableSchema"]["columns"]
    ] == MitigationTable().known
    [note] = told["notes"]
    assert (note["query"], note["count"], note["notices"]) == (
        {"preliminary": ["true"]},
        1,
        ["A study: May still change."],
    )


def test_what_goes_along_with_records_can_be_read(client, preliminary):
    link = get(client, "?format=ndjson&include=document&fields=document")[
        "Link"
    ]

    assert client.get(link[1 : link.index(">")]).status_code == 200


def test_json_parquet_and_workbooks_carry_notice_query_and_revision(
    client,
    preliminary,
):
    of_json = json.loads(sent(get(client, "?format=json&preliminary=true")))[
        "about"
    ]
    schema = pyarrow.parquet.read_schema(
        io.BytesIO(sent(get(client, "?format=parquet&preliminary=true"))),
    )
    of_parquet = json.loads(schema.metadata[b"catalogue"])
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(sent(get(client, "?format=xlsx&preliminary=true"))),
    )
    of_workbook = dict(book.get_sheet_by_name("About").to_python())

    for told in (of_json, of_parquet):
        assert (told["notices"], told["query"]) == (
            ["A study: May still change."],
            {"preliminary": ["true"]},
        )
        assert told["revision"] > 0
        assert "[Preliminary in part]" in told["citation"]
    assert (of_workbook["notices"], of_workbook["query"]) == (
        "A study: May still change.",
        "preliminary=true",
    )
    assert of_workbook["revision"] == str(of_json["revision"])


def test_a_notice_stands_in_each_row_that_is_preliminary(client, preliminary):
    MitigationFactory()

    rows = csv_rows(get(client, "?format=csv"))

    assert [
        (row["preliminary"], row["preliminary_notice"]) for row in rows
    ] == [
        ("true", "May still change."),
        ("false", ""),
    ]


def test_what_is_not_preliminary_has_no_notice(client, preliminary):
    MitigationFactory()

    told = json.loads(sent(get(client, "?format=json&preliminary=false")))[
        "about"
    ]

    assert told["notices"] == []
    assert "Preliminary" not in told["citation"]


# How it goes out


def test_a_file_of_one_state_is_the_same_whenever_it_is_made(
    client,
    odd_mitigation,
):
    made = [sent(get(client, f"?format={form}")) for form in FORMATS]
    time.sleep(1.1)  # the second is the finest that any of them tells

    assert [sent(get(client, f"?format={form}")) for form in FORMATS] == made


@pytest.mark.parametrize("form", FORMATS)
def test_a_short_file_is_not_sent_again_to_who_has_it(
    kept_connection,
    odd_mitigation,
    form,
):
    readers, query = Readers(), f"format={form}"
    first = readers.get(LIST, QUERY_STRING=query)

    again = readers.get(
        LIST,
        QUERY_STRING=query,
        headers={"If-None-Match": first.etag},
    )

    assert (first.status, again.status, again.body) == (200, 304, b"")
    assert int(first.headers["content-length"]) == len(first.body)
    assert readers.rendered == 1


def listing() -> MitigationListing:
    return MitigationListing(
        MitigationFilter(QueryDict(), Mitigation.objects.published()),
        "http://testserver",
    )


@pytest.fixture
def many(monkeypatch):
    """Four lots of records, and a list of those that were read."""
    MitigationFactory.create_batch(8, document=DocumentFactory())
    chunks, read = (
        MitigationFilter(
            QueryDict(),
            Mitigation.objects.published(),
        ).qs.key_batches(2),
        [],
    )

    def counted(selection, size=2):
        for keys in chunks:
            read.append(keys)
            yield keys

    monkeypatch.setattr(
        "catalogue.listing.ordering.Selection.key_batches",
        counted,
    )
    return read


@pytest.mark.parametrize(
    ("form", "pieces"),
    [("csv", 2), ("ndjson", 1), ("json", 2)],
)
def test_the_first_records_go_out_before_the_others_are_read(
    many,
    form,
    pieces,
):
    address = ListAddress("http://testserver", LIST, QueryDict())
    stream = FORMATS[form].write(listing(), address)

    first = b"".join(islice(stream, pieces))

    assert b"M0001" in first
    assert len(many) == 1
    assert b"M0008" in b"".join(stream)
    assert len(many) == 4


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_the_first_bytes_go_out_before_anything_is_read(many, form):
    stream = FORMATS[form].write(
        listing(),
        ListAddress("http://testserver", LIST, QueryDict()),
    )

    assert next(stream)

    assert many == []


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_compression_holds_nothing_back(client, many, encoding, monkeypatch):
    monkeypatch.setattr("serving.streams.SHORT", 0)
    response = get(client, "?format=csv", **{"Accept-Encoding": encoding})
    assert response["Content-Encoding"] == encoding

    first = b"".join(islice(response.streaming_content, 3))

    assert first
    assert len(many) <= 1


@pytest.mark.parametrize("form", WHOLE)
def test_each_lot_of_records_takes_the_same_queries(client, form):
    counts = []
    for more in (1, 5):
        for _ in range(more):
            ClassificationFactory(mitigation__phases=1)
        sent(
            get(client, f"?format={form}"),
        )  # what is read once and kept is not counted
        with CaptureQueriesContext(connection) as captured:
            sent(get(client, f"?format={form}"))
        counts.append(len(captured))

    assert counts[0] == counts[1]


# Other lists

LISTS = [
    "taxonomy",
    "category",
    "phase",
    "actor",
    "function",
    "document",
    "mapping",
    "risk-area",
    "study",
    "comment",
]


@pytest.mark.parametrize("name", LISTS)
def test_every_list_comes_in_every_format(client, name):
    ClassificationFactory(
        mitigation__phases=1,
        mitigation__actors=1,
        mitigation__functions=1,
    )
    path = reverse(f"api:{name}-list")
    page = client.get(path).json()

    assert (
        json.loads(sent(client.get(f"{path}?format=json")))["results"]
        == page["results"]
    )
    assert [
        json.loads(line)
        for line in text_of(client.get(f"{path}?format=ndjson")).splitlines()
    ] == page["results"]
    assert len(csv_rows(client.get(f"{path}?format=csv"))) == page["count"]
    assert (
        len(parquet_rows(client.get(f"{path}?format=parquet")))
        == page["count"]
    )


def test_objects_become_columns_and_lists_of_objects_json(client):
    DocumentFactory(authors=[{"family": "Sou", "given": "Zé"}], kind="report")

    [row] = csv_rows(client.get("/api/v1/documents/?format=csv"))

    assert json.loads(row["authors"]) == [
        {"family": "Sou", "given": "Zé", "organisation": None},
    ]
    assert row["kind"] == "report"


def test_the_guard_is_one_for_texts_of_every_kind():
    assert as_text(["=1", "b"]) == guarded("=1 | b") == "'=1 | b"
    assert as_text(-1.5) == "-1.5"


def test_csv_is_quoted_as_its_readers_expect(client, odd_mitigation):
    rows = list(
        csv.reader(
            io.StringIO(text_of(get(client, "?format=csv")), newline=""),
        ),
    )

    assert {len(row) for row in rows} == {len(MitigationTable().columns)}
