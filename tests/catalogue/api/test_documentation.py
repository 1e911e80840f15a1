"""The page of the API: real answers, and forms with values to choose from."""

import html

import pytest

from catalogue.api.samples import LINES, sample
from tests.factories import (
    CategoryFactory,
    MitigationFactory,
    ProvisionMappingFactory,
    TaxonomyFactory,
)

pytestmark = pytest.mark.django_db


def endpoint(client, path):
    endpoints = client.get("/api/").context["endpoints"]
    return next(one for one in endpoints if one.path == path)


def test_every_address_shows_what_it_answers(client):
    MitigationFactory(accession="M0001", name="Audits")

    page = html.unescape(client.get("/api/").content.decode())

    assert '"name": "Audits",' in page
    found = endpoint(client, "/api/v1/mitigations/{accession}/")
    assert found.example == "/api/v1/mitigations/M0001/"
    assert '"accession": "M0001"' in found.answer


def test_what_has_no_record_yet_has_neither_example_nor_answer(client):
    found = endpoint(client, "/api/v1/studies/{slug}/")

    assert (found.example, found.answer) == ("", "")


def test_codes_of_categories_are_chosen_by_name(client):
    taxonomy = TaxonomyFactory(is_default=True)
    CategoryFactory(taxonomy=taxonomy, code="2", name="Organisation")

    assert (
        '<option value="2">2 Organisation</option>'
        in client.get(
            "/api/",
        ).content.decode()
    )


def test_a_sample_is_cut_short():
    answer = {
        "results": [{"text": "long " * 50}, {"text": "another"}],
        **{f"field_{number}": number for number in range(LINES)},
    }

    shown = sample(answer).splitlines()

    assert len(shown) == LINES + 1
    assert shown[-1] == "…"
    assert len(shown[3]) < 100
    assert "another" not in "".join(shown)


def test_examples_have_what_their_address_answers_to_at_least(client):
    ProvisionMappingFactory()
    ProvisionMappingFactory(source=MitigationFactory())

    examples = [
        one.example
        for one in client.get("/api/").context["endpoints"]
        if one.example
    ]

    for part in ("/crosswalk/?from=", "/compare/?m=", "/provisions/code-"):
        [found] = [one for one in examples if part in one]
        assert client.get(found).status_code == 200
    assert "{" not in " ".join(examples)


def test_what_takes_two_has_no_example_before_there_are_two(client):
    MitigationFactory()

    found = endpoint(client, "/api/v1/mitigations/compare/")

    assert (found.example, found.answer) == ("", "")
