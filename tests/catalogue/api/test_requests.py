"""What an address that is not quite right is answered with: what it means where that is plain,
else what would be right.
"""

from pathlib import Path

import pytest
from django.conf import settings
from django.templatetags.static import static
from hypothesis import given
from hypothesis import strategies as st

from catalogue.listing.filters import MitigationFilter
from catalogue.models import ExternalIdentifier
from catalogue.releases.cutting import cut
from config.wsgi import django_application
from serving.answers import PublicAnswers
from serving.conditional import Conditional
from serving.gate import Gate
from serving.negotiation import accepted_ranges
from tests.factories import (
    CategoryFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
)
from tests.reading import ask
from tests.surveys.factories import make_study

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("kept_connection"),
]
API = "/api/v1/mitigations/"


@pytest.fixture
def site():
    """The site as its server runs it."""
    return Gate(Conditional(PublicAnswers(django_application)))


# Without the last slash


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/mitigations",
        "/api/v1/mitigations/M0001",
        "/api/v1/studies/x/results",
        "/api/v1/schema",
    ],
)
def test_an_address_without_its_last_slash_leads_to_the_one_with(site, path):
    answer = ask(site, f"{path}?phase=deploy&q=a%20b")

    assert (answer.status, answer.headers["location"]) == (
        308,
        f"{path}/?phase=deploy&q=a%20b",
    )


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nothing",
        "/api/v1/mitigations/M0001/nothing",
        "/api/v1//evil.example",
    ],
)
def test_where_nothing_stands_with_a_slash_either_there_is_nothing(site, path):
    assert ask(site, path).status == 404


def test_without_the_slash_it_can_only_be_read_either(site):
    answer = ask(site, "/api/v1/mitigations", "POST")

    assert (answer.status, answer.headers["allow"]) == (
        405,
        "GET, HEAD, OPTIONS",
    )


def test_the_root_of_the_api_lists_what_there_is(client):
    lists = client.get("/api/v1/").json()

    assert lists["mitigations"] == "http://testserver/api/v1/mitigations/"
    assert all(
        client.get(address).status_code == 200 for address in lists.values()
    )
    assert client.get("/api/v1/?x=1").status_code == 400


# Accept


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/csv", "text/csv"),
        ("text/*", "text/csv"),
        ("text/csv, */*", "text/csv"),
        ("application/json;q=0.1, text/csv", "text/csv"),
        ("text/csv;q=0.5, application/json;q=0.6", "application/json"),
        ("text/csv;q=0, */*", "application/json"),
        ("application/json;q=0, */*;q=0.1", "text/csv"),
        ("application/*", "application/json"),
        ("TEXT/CSV ; q=1.000", "text/csv"),
        ("text/html, application/xhtml+xml, */*;q=0.8", "application/json"),
    ],
)
def test_what_is_accepted_most_is_given(client, accept, media_type):
    answer = client.get(API, headers={"Accept": accept})

    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (
        200,
        media_type,
    )


@pytest.mark.parametrize(
    "accept",
    [
        "text/csv;q=0",
        "*/*;q=0",
        "text/html",
        "text/csv;q=x",
        "text/csv;q=0, text/calendar",
    ],
)
def test_what_is_not_accepted_is_not_given_and_what_there_is_is_named(
    client,
    accept,
):
    problem = client.get(API, headers={"Accept": accept})

    assert problem.status_code == 406
    assert "application/json, text/csv" in problem.json()["detail"]


def test_indentation_is_still_asked_for_there(client):
    assert (
        b"\n    "
        in client.get(
            API,
            headers={"Accept": "application/json; indent=4; q=0.9"},
        ).content
    )


@given(st.text(alphabet="abc/*;q=.01, -", max_size=40))
def test_no_header_is_an_error(text):
    assert all(0 <= quality <= 1 for quality, _, _ in accepted_ranges(text))


# Empty parameters


@pytest.mark.parametrize(
    "name",
    [
        *MitigationFilter.base_filters,
        "ordering",
        "fields",
        "include",
        "facets",
        "page_size",
        "cursor",
        "format",
        "release",
    ],
)
def test_an_empty_parameter_is_refused_by_name(client, name):
    for query in (f"{name}=", name, f"{name}=%20"):
        answer = client.get(f"{API}?{query}")

        assert answer.status_code == 400
        assert [error["parameter"] for error in answer.json()["errors"]] == [
            name,
        ]


@pytest.mark.parametrize(
    "path",
    [
        "comments/?study=",
        "mappings/?mitigation=",
        "categories/?taxonomy=",
        "mitigations/M0001/?fields=",
    ],
)
def test_an_empty_parameter_is_refused_in_every_list_and_record(client, path):
    assert client.get(f"/api/v1/{path}").status_code == 400


def test_on_a_page_an_empty_field_of_a_form_is_none(client):
    assert client.get("/mitigations/?q=&phase=").status_code == 200


# What was meant


def problem_of(client, path: str) -> dict:
    [error] = client.get(path).json()["errors"]
    return error


@pytest.mark.parametrize(
    ("query", "suggestion"),
    [
        ("format=csvv", "csv"),
        ("page=2", "cursor"),
        ("offset=50", "cursor"),
        ("limit=10", "page_size"),
        ("sort=name", "ordering"),
        ("search=audit", "q"),
        ("fields=code", "classifications"),
        ("fields=descripton", "description"),
    ],
)
def test_what_was_meant_is_suggested(client, query, suggestion):
    assert problem_of(client, f"{API}?{query}")["suggestion"] == suggestion


def test_who_asks_for_a_page_by_its_number_is_told_how_pages_follow(client):
    assert (
        "the address in “next”"
        in problem_of(client, f"{API}?page=2")["detail"]
    )


def test_who_asks_records_for_a_column_is_told_that_it_is_of_tables(client):
    assert (
        "it is a column of tables (csv, xlsx, parquet, metadata)"
        in problem_of(client, f"{API}?fields=code")["detail"]
    )


@pytest.mark.parametrize("value", ["0.75", "101", "-1"])
def test_what_a_filter_of_any_number_takes_is_said_and_not_its_examples(
    client,
    value,
):
    error = problem_of(client, f"{API}?min_agreement={value}")

    assert (
        "a whole number of per cent from 0 to 100, such as 75"
        in error["detail"]
    )
    assert error["allowed"] == []
    assert client.get(f"{API}?min_agreement=75").status_code == 200


def test_a_release_is_refused_alike_by_api_and_files_before_any_was_cut(
    client,
):
    of_api = problem_of(client, f"{API}?release=2026.11")
    of_file = problem_of(client, "/data/mappings.ttl?release=2026.11")

    assert of_api == of_file
    assert "none has been cut yet" in of_api["detail"]


# Names of records


def test_a_record_by_another_spelling_or_name_leads_to_its_own(client):
    one = MitigationFactory()
    ExternalIdentifier.objects.create(
        mitigation=one,
        scheme="mitre-atlas",
        value="AML.M0004",
    )
    own = f"http://testserver{API}{one.accession}/"

    for name in (one.accession.lower(), "AML.M0004", "aml.m0004"):
        answer = client.get(f"{API}{name}/?fields=name")
        assert (answer.status_code, answer["Location"]) == (
            308,
            f"{own}?fields=name",
        )
    document = client.get(f"/api/v1/documents/{one.document.slug.upper()}/")
    assert (
        document["Location"]
        == f"http://testserver/api/v1/documents/{one.document.slug}/"
    )


def test_a_page_by_another_spelling_or_name_leads_to_its_own(client):
    one = MitigationFactory()
    ExternalIdentifier.objects.create(
        mitigation=one,
        scheme="mitre-atlas",
        value="AML.M0004",
    )
    phase, category = LifecyclePhaseFactory(), CategoryFactory()

    for name in (
        one.accession.lower(),
        f"m{int(one.accession[1:])}",
        "aml.m0004",
    ):
        answer = client.get(f"/mitigations/{name}/?a=b")
        assert (answer.status_code, answer["Location"]) == (
            301,
            f"{one.get_absolute_url()}?a=b",
        )
    cited = client.get(f"/mitigations/{one.accession.lower()}/cite.bib")
    assert cited["Location"] == f"{one.get_absolute_url()}cite.bib"
    for record in (one.document, phase, category.taxonomy):
        own = record.get_absolute_url()
        answer = client.get(own.replace(record.slug, record.slug.upper()))
        assert (answer.status_code, answer["Location"]) == (301, own)


def test_a_page_of_what_is_not_public_is_led_to_by_no_spelling(client):
    draft = MitigationFactory(status="draft")

    for name in (draft.accession, draft.accession.lower()):
        assert client.get(f"/mitigations/{name}/").status_code == 404


def test_a_slug_in_other_letters_is_suggested_as_it_is_written(client):
    MitigationFactory(document__slug="schuett-2023")

    [error] = client.get(f"{API}?document=SCHUETT-2023").json()["errors"]

    assert error["suggestion"] == "schuett-2023"


def test_a_record_that_is_not_there_is_named(client):
    assert (
        client.get(f"{API}M9999/").json()["detail"]
        == "There is no mitigation “M9999”."
    )


def test_a_draft_is_not_found_by_any_name(client):
    draft = MitigationFactory(status="draft")
    ExternalIdentifier.objects.create(
        mitigation=draft,
        scheme="mitre-atlas",
        value="AML.M0004",
    )

    assert (
        client.get(f"{API}{draft.accession.lower()}/").status_code
        == client.get(f"{API}AML.M0004/").status_code
        == 404
    )


def test_a_value_in_other_letters_is_suggested(client):
    slug = MitigationFactory().document.slug

    [error] = client.get(API, {"document": slug.upper()}).json()["errors"]

    assert error["suggestion"] == slug


# A release


@pytest.fixture
def released(site):
    make_study(status="published")
    cut("2026.11", base_url="http://testserver")
    return site


def test_a_page_or_file_of_a_release_is_found_by_the_parameter_too(released):
    for path in (
        "/",
        "/mitigations/",
        "/about/",
        "/data/catalogue.sqlite3",
        "/data/mappings.ttl",
        "/data/cite.bib",
        "/studies/study-1/results.csv",
        "/mitigations/M0001/cite.bib",
    ):
        answer = ask(released, f"{path}?release=2026.11&x=1")
        assert (answer.status, answer.headers["location"]) == (
            302,
            f"/releases/2026.11{path}?x=1",
        )
    within = "/releases/2026.11/data/mappings.ttl"
    assert (
        ask(released, f"{within}?release=2026.11").headers["location"]
        == within
    )


def test_a_release_is_refused_where_there_is_none_such_or_it_means_nothing(
    released,
):
    for address in (
        "/data/mappings.ttl?release=2020.01",
        "/data/mappings.ttl?release=",
        "/?release=2020.01",
        "/data/mappings.ttl?release=2026.11&release=2026.11",
        "/data/releases/2026.11/mitigations.csv?release=2026.11",
        "/data/changes.json?release=2026.11",
        "/changes.atom?release=2026.11",
        "/robots.txt?release=2026.11",
        "/releases/2026.11/data/mappings.ttl?release=2020.01",
        "/releases/2026.11/?release=2020.01",
    ):
        assert ask(released, address).status == 400, address
    problem = ask(released, "/data/mappings.ttl?release=2020.01")
    assert problem.headers["content-type"] == "application/problem+json"
    assert b'"allowed": ["2026.11"]' in problem.body


# Files


@pytest.mark.parametrize(
    "path",
    [
        "/data/catalogue.sqlite3",
        "/data/mappings.ttl",
        "/data/dictionary.json",
        "/data/dataset.jsonld",
        "/data/cite.bib",
        "/changes.atom",
    ],
)
def test_a_file_refuses_parameters(site, path):
    answer = ask(site, f"{path}?foo=1")

    assert (answer.status, answer.headers["content-type"]) == (
        400,
        "application/problem+json",
    )
    assert b"foo" in answer.body


def test_changes_that_cannot_be_told_are_a_problem(client):
    answer = client.get("/data/changes.json?from=x")

    assert (answer.status_code, answer["Content-Type"]) == (
        400,
        "application/problem+json",
    )
    assert answer.json()["errors"][0]["parameter"] == "from"


# fields and include


@pytest.mark.parametrize(
    "name",
    [
        "mappings",
        "history",
        "provisions",
        "evidence",
        "evidence_by_study",
        "comments",
    ],
)
def test_a_member_that_is_asked_for_is_there_by_whichever_parameter(
    client,
    name,
):
    one = MitigationFactory()
    whole = client.get(f"{API}{one.accession}/?include={name}").json()[name]

    for query in (
        f"fields={name}",
        f"fields=accession,{name}&include={name}",
        f"fields=accession&include={name}",
    ):
        for record in (
            client.get(f"{API}{one.accession}/?{query}").json(),
            client.get(f"{API}?{query}").json()["results"][0],
        ):
            assert record[name] == whole
            assert set(record) == {"accession", name}


def test_a_document_that_is_included_is_whole_and_there(client):
    one = MitigationFactory()

    record = client.get(
        f"{API}{one.accession}/?fields=accession&include=document",
    ).json()

    assert set(record) == {"accession", "document"}
    assert "authors" in record["document"]


def test_browsers_find_the_icon_where_no_page_names_it(client):
    assert client.get("/favicon.ico").headers["Location"] == static(
        "img/favicon.svg",
    )


def test_every_page_that_begins_a_document_names_the_icon(client):
    begun = [
        path
        for path in Path(settings.BASE_DIR, "templates").rglob("*.html")
        if "<head>" in path.read_text()
    ]

    assert {path.name for path in begun} == {
        "base.html",
        "500.html",
        "503.html",
        # In a frame of another site.
        "chart.html",
        "matrix_alone.html",
    }
    assert [
        path.name for path in begun if 'rel="icon"' not in path.read_text()
    ] == []
    assert 'rel="icon"' in client.get("/admin/login/").text


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [",", "name,", "name,,accession"])
def test_nothing_between_commas_is_refused(client, fields):
    response = client.get(f"/api/v1/mitigations/?fields={fields}")

    assert response.status_code == 400
    assert "without a value" in response.json()["detail"]
