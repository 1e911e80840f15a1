import json
import re

import pytest
from django.test import Client
from django.urls import reverse
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from drf_spectacular.generators import SchemaGenerator
from hypothesis import given
from hypothesis import strategies as st

from catalogue.listing import index
from catalogue.models import Mapping
from tests.factories import (
    ClassificationFactory,
    DocumentFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
)

pytestmark = pytest.mark.django_db
LISTS = [
    "mitigation",
    "taxonomy",
    "category",
    "phase",
    "actor",
    "function",
    "document",
    "instrument",
    "provision",
    "mapping",
]


def get(client, name, query="", *args, status=200):
    response = client.get(f"{reverse(f'api:{name}', args=args)}{query}")
    assert response.status_code == status, response.content
    return response.json()


def test_a_page_is_stable_while_rows_come_in_before_it(client):
    for name in ("b", "c", "d"):
        MitigationFactory(name=name)
    first = get(client, "mitigation-list", "?ordering=name&page_size=2")

    MitigationFactory(name="a")

    assert [
        row["name"] for row in client.get(first["next"]).json()["results"]
    ] == ["d"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("?phse=deploy", "phse"),
        ("?page_size=501", "page_size"),
        ("?page_size=x", "page_size"),
        ("?page_size=0", "page_size"),
        ("?cursor=zzz", "cursor"),
        ("?fields=nmae", "fields"),
        ("?include=all", "include"),
        ("?facets=phse", "facets"),
        ("?ordering=size", "ordering"),
        ("?category=99.99", "category"),
    ],
)
def test_a_bad_parameter_is_a_problem_that_names_it(client, query, parameter):
    response = client.get(reverse("api:mitigation-list") + query)

    assert (response.status_code, response["Content-Type"]) == (
        400,
        "application/problem+json",
    )
    assert response.json()["errors"][0]["parameter"] == parameter


@pytest.mark.parametrize("name", LISTS)
def test_every_list_refuses_an_unknown_parameter(client, name):
    assert (
        get(client, f"{name}-list", "?nothing=1", status=400)["errors"][0][
            "parameter"
        ]
        == "nothing"
    )


@given(st.text(max_size=40))
def test_no_cursor_is_a_server_error(cursor):
    response = Client().get(reverse("api:mitigation-list"), {"cursor": cursor})

    assert response.status_code in (200, 400)


def test_an_address_that_does_not_exist_is_a_problem(client):
    for path in (
        "/api/v1/mitigations/M9999/",
        "/api/v1/nothing/",
        "/api/v1/categories/none:1/",
    ):
        response = client.get(path)
        assert (response.status_code, response["Content-Type"]) == (
            404,
            "application/problem+json",
        )


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written(client, method):
    response = getattr(client, method)(reverse("api:mitigation-list"))

    assert (response.status_code, response["Content-Type"]) == (
        405,
        "application/problem+json",
    )


def test_drafts_are_in_no_answer(client):
    draft = MitigationFactory(status="draft", name="Zebra")
    MappingFactory(source=draft)

    assert get(client, "mitigation-list")["count"] == 1
    assert get(client, "mapping-list")["count"] == 0
    get(client, "mitigation-detail", "", draft.accession, status=404)
    target = Mapping.objects.get().target
    assert "Zebra" not in json.dumps(
        get(
            client,
            "mitigation-detail",
            "?include=mappings",
            target.accession,
        ),
    )


def test_fields_keep_only_what_is_asked_for(client):
    mitigation = MitigationFactory()

    body = get(
        client,
        "mitigation-detail",
        "?fields=accession,name",
        mitigation.accession,
    )

    assert body == {"accession": mitigation.accession, "name": mitigation.name}


def test_include_puts_the_whole_document_in(client):
    mitigation = MitigationFactory()

    document = get(
        client,
        "mitigation-detail",
        "?include=document",
        mitigation.accession,
    )["document"]

    assert document["abstract"] == mitigation.document.abstract


def test_what_is_not_reported_is_null(client):
    mitigation = MitigationFactory(section="", page="")

    assert get(client, "mitigation-detail", "", mitigation.accession)[
        "locator"
    ] == {
        "section": None,
        "page": None,
    }


def test_preliminary_material_comes_with_its_notice(client):
    document = DocumentFactory(preliminary_notice="May change.")
    mitigation = MitigationFactory(document=document, is_preliminary=True)

    body = get(client, "mitigation-detail", "", mitigation.accession)

    assert (body["preliminary"], body["preliminary_notice"]) == (
        True,
        "May change.",
    )


def test_a_search_says_how_it_was_read(client):
    MitigationFactory(
        name="Watermarking",
        description="Output carries a mark.",
    )

    search = get(client, "mitigation-list", "?q=watermrking")["search"]

    assert (search["query"], search["corrected"], search["words"]) == (
        "watermrking",
        "watermarking",
        "all",
    )
    assert search["corrections"] == [
        {"typed": "watermrking", "used": "watermarking"},
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number_of_rows(
    client,
    count,
    django_assert_num_queries,
):
    phases = LifecyclePhaseFactory.create_batch(2)
    for _ in range(count):
        ClassificationFactory(mitigation__phases=phases)

    index._indexes.clear()  # whatever other tests have read
    # taxonomies, keys, codes, and what is the same measure, from either end; the records, and
    # what stands in their lists
    with django_assert_num_queries(14):
        client.get(reverse("api:mitigation-list"))


def test_scripts_of_other_sites_may_read(client):
    response = client.get(
        reverse("api:mitigation-list"),
        headers={"Origin": "https://elsewhere.example"},
    )

    assert response["Access-Control-Allow-Origin"] == "*"


def test_a_form_of_the_documentation_leads_to_what_was_filled_in_and_sends_nothing_empty(
    client,
):
    MitigationFactory(phases=[LifecyclePhaseFactory(slug="deploy")])
    page = client.get("/api/").content.decode()
    form = re.search(r'<form class="try" method="get" action="([^"]*)"', page)[
        1
    ]

    answer = client.get(
        form,
        {
            "phase": ["deploy"],
            "q": "",
            "actor": " ",
            "release": "",
            "page_size": "5",
        },
        follow=True,
    )

    assert answer.redirect_chain == [
        ("/api/v1/mitigations/?phase=deploy&page_size=5", 302),
    ]
    assert answer.json()["count"] == 1


def test_filters_by_records_say_where_their_values_are_with_one_that_is_there(
    client,
):
    MitigationFactory(document__slug="a-study")

    parameters = client.get("/api/v1/schema/").json()["paths"][
        "/api/v1/mitigations/"
    ]["get"]["parameters"]
    described = {one["name"]: one["description"] for one in parameters}

    assert (
        "/api/v1/documents/, such as a-study; “facets=document”"
        in described["document"]
    )
    assert "/api/v1/studies/" in described["study"]
    assert "/api/v1/risk-areas/" in described["risk_area"]
    assert '<option value="a-study">' in client.get("/api/").content.decode()


def test_the_documentation_leads_to_no_release_before_any_was_cut(client):
    page = client.get("/api/").content.decode()

    assert "There is none yet." in page
    assert 'href="/api/v1/releases/2026.11/"' not in page


def test_a_form_leads_nowhere_but_into_the_api(client):
    assert (
        client.get("/api/try//example.com/?q=")["Location"]
        == "/api/v1//example.com/"
    )


def test_the_schema_is_made_without_warnings(capsys):
    reset_generator_stats()
    SchemaGenerator().get_schema(request=None, public=True)

    assert not GENERATOR_STATS, capsys.readouterr().err
