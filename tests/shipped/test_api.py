import itertools

import pytest
import schemathesis
from django.urls import reverse
from hypothesis import given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from catalogue.models import Mitigation
from config.wsgi import application

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]
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
    "not-covered",
    "mapping",
]


@pytest.mark.parametrize(
    ("size", "document"),
    [(1, "uuk-2024"), (25, None), (500, None)],
)
@pytest.mark.parametrize(
    "ordering",
    ["code", "-name", "-created_at", "updated_at"],
)
def test_pages_give_every_row_once_forwards_and_backwards(
    client,
    size,
    document,
    ordering,
):
    url = f"{reverse('api:mitigation-list')}?page_size={size}&ordering={ordering}&fields=accession"
    url += f"&document={document}" if document else ""
    forwards, backwards, last = [], [], None
    while url and len(forwards) < 1000:
        last = body = client.get(url).json()
        forwards += [row["accession"] for row in body["results"]]
        url = body["next"]
    while last and len(backwards) < 1000:
        backwards = [row["accession"] for row in last["results"]] + backwards
        last = (
            client.get(last["previous"]).json() if last["previous"] else None
        )

    of = {"document__slug": document} if document else {}
    assert (
        len(set(forwards))
        == Mitigation.objects.published().filter(**of).count()
    )
    assert forwards == backwards


CLIENTS = itertools.count(1)


def closed(environ, start_response):
    """The site, which closes what it was asked for, as a server does; the client of the tests
    of the schema does not. Each request is of another client: there are more of them in a
    minute than one client may send.
    """
    number = next(CLIENTS)
    environ["REMOTE_ADDR"] = (
        f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    )
    body = application(environ, start_response)
    try:
        return [b"".join(body)]
    finally:
        if hasattr(body, "close"):
            body.close()


@pytest.fixture
def schema(kept_connection):
    return schemathesis.openapi.from_wsgi("/api/v1/schema/", closed)


# Which codes are right depends on the taxonomy asked for, and which values on the data: a
# schema cannot say so, and a value that is well-formed but unknown is rightly refused.
HOW = {
    "headers": {"Host": "localhost", "Accept-Encoding": "identity"},
    "excluded_checks": [positive_data_acceptance],
}


@pytest.mark.any_engine
@pytest.mark.parametrize(
    "mode",
    [GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
)
def test_every_answer_is_what_the_schema_says(schema, mode):
    for operation in (found.ok() for found in schema.get_all_operations()):
        if mode == GenerationMode.NEGATIVE and "{" in operation.path:
            continue  # any text may be a name: there is nothing that the schema forbids

        @settings(max_examples=15)
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case):
            case.call_and_validate(**HOW)

        check()


@pytest.mark.any_engine
def test_records_of_a_list_are_at_their_own_addresses(schema):
    class Reader(schema.as_state_machine()):
        def get_call_kwargs(self, case):
            return {"headers": HOW["headers"]}

        def validate_response(
            self,
            response,
            case,
            additional_checks=(),
            **kwargs,
        ):
            case.validate_response(
                response,
                excluded_checks=HOW["excluded_checks"],
            )

    Reader.run(
        settings=settings(
            max_examples=15,
            stateful_step_count=4,
            deadline=None,
        ),
    )


def test_the_schema_leads_from_every_list_to_its_records(client):
    paths = client.get("/api/v1/schema/").json()["paths"]

    linked = {
        path.split("/")[3]
        for path, found in paths.items()
        if "links" in found["get"]["responses"]["200"]
    }

    assert linked >= {
        "mitigations",
        "taxonomies",
        "lifecycle-phases",
        "actors",
        "functions",
        "documents",
        "studies",
    }
