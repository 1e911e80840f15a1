"""Search across kinds in the API."""

import pytest

from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    MitigationFactory,
    TaxonomyFactory,
)

pytestmark = pytest.mark.django_db
SEARCH = "/api/v1/search/"


@pytest.fixture
def audits():
    taxonomy = TaxonomyFactory(slug="main", is_default=True)
    category = CategoryFactory(taxonomy=taxonomy, code="2", name="Audits")
    document = DocumentFactory(slug="books", label="Books 2024")
    mitigation = MitigationFactory(
        accession="M0030",
        name="Third-party audits",
        document=document,
    )
    ClassificationFactory(
        mitigation=mitigation,
        category=category,
        is_primary=True,
    )
    MitigationFactory(name="Audits that are not public", status="draft")


def test_each_hit_says_what_it_is_and_where_it_stands(client, audits):
    answer = client.get(SEARCH, {"q": "audits"})

    assert answer.json() == {
        "query": "audits",
        "kinds": [
            {"kind": "mitigation", "name": "Mitigation", "count": 1},
            {"kind": "category", "name": "Category", "count": 1},
        ],
        "results": [
            {
                "kind": "mitigation",
                "id": "M0030",
                "code": "2",
                "name": "Third-party audits",
                "detail": "Books 2024",
                "page_url": "http://testserver/mitigations/M0030/",
                "list_url": None,
                "count": None,
            },
            {
                "kind": "category",
                "id": "main:2",
                "code": "2",
                "name": "Audits",
                "detail": None,
                "page_url": "http://testserver/taxonomies/main/2/",
                "list_url": "http://testserver/mitigations/?category=2",
                "count": 1,
            },
        ],
    }


def test_only_the_kinds_that_are_asked_for_are_given(client, audits):
    def kinds(query: str) -> list[str]:
        hits = client.get(f"{SEARCH}?q=audits&{query}").json()["results"]
        return [hit["kind"] for hit in hits]

    assert kinds("kind=category") == ["category"]
    assert kinds("kind=study,category&kind=mitigation") == [
        "mitigation",
        "category",
    ]
    assert kinds("kind=study") == []


def test_without_a_text_nothing_is_found(client, audits):
    found = client.get(SEARCH).json()

    assert (found["query"], found["results"]) == ("", [])


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("q=", "q"),
        ("q=a&q=b", "q"),
        (f"q={'x' * 301}", "q"),
        ("q=a%00b", "q"),
        ("q=audits&kind=categry", "kind"),
        ("q=audits&page_size=3", "page_size"),
        ("q=audits&release=1999.01", "release"),
        ("query=audits", "query"),
    ],
)
def test_what_it_does_not_take_is_named(client, audits, query, parameter):
    answer = client.get(f"{SEARCH}?{query}")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["parameter"] == parameter


def test_a_script_of_another_site_may_read_it(client, audits):
    answer = client.get(
        SEARCH,
        {"q": "audits"},
        headers={"Origin": "https://example.org"},
    )

    assert answer["Access-Control-Allow-Origin"] == "*"
    assert 'rel="describedby"' in answer["Link"]


def test_the_schema_says_what_it_answers(client):
    schema = client.get("/api/v1/schema/").json()
    operation = schema["paths"][SEARCH]["get"]

    answer = operation["responses"]["200"]["content"]["application/json"]
    assert answer["schema"] == {"$ref": "#/components/schemas/Found"}
    assert [one["name"] for one in operation["parameters"]] == [
        "kind",
        "q",
        "release",
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_it_takes_the_same_queries_for_any_number_of_results(
    client,
    count,
    django_assert_num_queries,
):
    for number in range(count):
        MitigationFactory(name=f"Bounty {number}")
        CategoryFactory(name=f"Bounties {number}")
    client.get(SEARCH, {"q": "bounty"})
    with django_assert_num_queries(6):
        client.get(SEARCH, {"q": "bounty"})
