"""One declaration that something of the API will go, told wherever programs and people look."""

from datetime import UTC, datetime

import pytest

from catalogue.api import deprecation
from catalogue.api.deprecation import Deprecation
from catalogue.listing.filters import MitigationFilter
from tests.factories import MitigationFactory

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
API = "/api/v1/mitigations/"
SINCE, UNTIL = (
    datetime(2027, 1, 1, tzinfo=UTC),
    datetime(2028, 6, 30, tzinfo=UTC),
)


@pytest.fixture
def declare(monkeypatch):
    def declared(**what):
        one = Deprecation("mitigations", SINCE, "take something else.", **what)
        monkeypatch.setattr(deprecation, "DEPRECATIONS", [one])
        monkeypatch.setattr("catalogue.api.documentation.DEPRECATIONS", [one])
        return one

    return declared


def test_nothing_is_deprecated_unless_declared(client, monkeypatch):
    monkeypatch.setattr(deprecation, "DEPRECATIONS", [])

    assert "Deprecation" not in client.get(f"{API}?ordering=newest")
    schema = client.get("/api/v1/schema/").content.decode()
    assert '"deprecated"' not in schema
    assert "Deprecated since" not in schema


@pytest.mark.parametrize("ordering", MitigationFilter.FORMER_ORDERINGS)
def test_former_words_for_an_order_are_deprecated(client, ordering):
    assert "Deprecation" in client.get(API, {"ordering": ordering})


@pytest.mark.parametrize(
    "ordering",
    MitigationFilter.offered_orderings(),
)
def test_the_fields_to_order_by_stay(client, ordering):
    assert "Deprecation" not in client.get(API, {"ordering": ordering})


def test_a_parameter_of_which_values_go_is_not_marked_but_says_so(client):
    [parameter] = [
        one
        for one in operation(client)[0]["parameters"]
        if one["name"] == "ordering"
    ]

    assert "deprecated" not in parameter
    assert "newest (-created_at)" in parameter["description"]


@pytest.mark.parametrize(
    ("what", "query", "is_told"),
    [
        ({}, "", True),
        ({"parameter": "ordering"}, "?ordering=name", True),
        ({"parameter": "ordering"}, "", False),
        ({"member": "locator"}, "", True),
        ({"member": "locator"}, "?fields=name,locator", True),
        ({"member": "locator"}, "?fields=name", False),
    ],
)
def test_the_answers_that_meet_it_say_so(
    client,
    declare,
    what,
    query,
    is_told,
):
    declare(**what, until=UNTIL)

    response = client.get(API + query)

    assert response.status_code == 200
    assert response.get("Deprecation") == (
        f"@{int(SINCE.timestamp())}" if is_told else None
    )
    assert response.get("Sunset") == (
        "Fri, 30 Jun 2028 00:00:00 GMT" if is_told else None
    )


def test_other_resources_say_nothing(client, declare):
    declare()

    assert "Deprecation" not in client.get("/api/v1/actors/")


def test_a_record_says_so_too_and_without_an_end_there_is_no_sunset(
    client,
    declare,
):
    declare()

    response = client.get(f"{API}{MitigationFactory().accession}/")

    assert "Deprecation" in response
    assert "Sunset" not in response


def operation(client):
    schema = client.get("/api/v1/schema/").json()
    return schema["paths"][API]["get"], schema["components"]["schemas"][
        "Mitigation"
    ]["properties"]


def test_the_schema_marks_a_resource(client, declare):
    declare()

    assert operation(client)[0]["deprecated"] is True


def test_the_schema_marks_a_parameter(client, declare):
    one = declare(parameter="ordering")

    found = {
        p["name"]: p
        for p in operation(client)[0]["parameters"]
        if p.get("deprecated")
    }

    assert list(found) == ["ordering"]
    assert found["ordering"]["description"].endswith(one.text)


def test_the_schema_does_not_say_that_a_parameter_goes_where_values_do(
    client,
    declare,
):
    one = declare(parameter="ordering", values=("newest",))

    found = {p["name"]: p for p in operation(client)[0]["parameters"]}

    assert "deprecated" not in found["ordering"]
    assert found["ordering"]["description"].endswith(one.text)
    assert one.text.startswith("Deprecated values, since ")


def test_the_schema_marks_a_member(client, declare):
    one = declare(member="locator")

    found = {
        name: member
        for name, member in operation(client)[1].items()
        if member.get("deprecated")
    }

    assert list(found) == ["locator"]
    assert one.text in found["locator"]["description"]


def test_the_documentation_says_it_of_a_parameter_only_where_that_is_taken(
    client,
    declare,
):
    one = declare(parameter="ordering")

    endpoints = client.get("/api/").context["endpoints"]

    assert [
        endpoint.path for endpoint in endpoints if one in endpoint.deprecated
    ] == [API]


def test_the_documentation_says_it(client, declare):
    one = declare(member="locator", until=UNTIL)

    assert (
        f"<code>locator</code> {one.text}"
        in client.get("/api/").content.decode()
    )
