"""The comparison in the API says what its page says."""

import html

import pytest

from catalogue.models import Mitigation
from surveys.results.publishing import publish_study
from tests.factories import (
    MitigationFactory,
    ProvisionMappingFactory,
    UserFactory,
)
from tests.surveys.factories import make_closed_study

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/mitigations/compare/"


@pytest.fixture
def study():
    study = make_closed_study(items=2)
    publish_study(study=study, by=UserFactory())
    return study


@pytest.fixture
def names(study):
    return [item.mitigation.accession for item in study.items.all()]


def fetch(client, names, more=""):
    query = "&".join(f"m={name}" for name in names)
    return client.get(f"{ADDRESS}?{query}{more}")


def test_mitigations_stand_in_the_order_of_the_address(client, names):
    backwards = names[::-1]

    answer = fetch(client, backwards).json()

    assert [one["accession"] for one in answer["mitigations"]] == backwards
    for row in answer["rows"]:
        assert [one["mitigation"] for one in row["values"]] == backwards


def test_each_is_compared_with_each_and_says_in_which_study(
    client,
    study,
    names,
):
    [pair] = fetch(client, names).json()["comparisons"]

    assert (pair["a"], pair["b"]) == tuple(names)
    assert (pair["study"], pair["criterion"]) == (study.slug, "do")
    assert pair["verdict"] == "no clear difference"


def test_one_that_no_study_asked_about_is_named_in_its_pairs(client, names):
    other = MitigationFactory().accession

    pairs = fetch(client, [other, *names]).json()["comparisons"]

    apart = [
        (one["a"], one["b"])
        for one in pairs
        if one["verdict"] == "never asked"
    ]
    assert apart == [(other, names[0]), (other, names[1])]


def test_every_value_and_verdict_stands_on_the_page(client, names):
    answer = fetch(client, names).json()
    page = client.get(answer["page_url"]).content.decode()
    text = " ".join(html.unescape(page).replace("\xa0", " ").split())

    said = [one["reason"] for one in answer["comparisons"]]
    for row in answer["rows"]:
        said += [row["label"], *(one["text"] for one in row["values"])]
    assert [one for one in said if one not in text] == []


def test_differences_are_the_rows_that_differ(client, names):
    answer = fetch(client, names).json()
    less = fetch(client, names, "&only=differences").json()

    different = [row["label"] for row in answer["rows"] if row["differs"]]
    assert answer["differences"] == different
    assert [row["label"] for row in less["rows"]] == different


def test_what_there_is_not_is_named(client, names):
    answer = fetch(client, [*names, "M9999", names[0].lower()]).json()

    assert answer["unknown"] == ["M9999"]
    assert answer["repeated"] == [names[0]]


def test_more_than_five_are_refused(client):
    names = [MitigationFactory().accession for _ in range(6)]

    response = fetch(client, names)

    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == "m"


def test_where_all_are_withdrawn_they_are_named(client, names):
    Mitigation.objects.update(
        status=Mitigation.Status.WITHDRAWN,
        withdrawal_note="It was none.",
    )
    answer = fetch(client, names)

    assert answer.status_code == 200
    assert answer.json()["withdrawn"] == names


@pytest.mark.parametrize("query", ["", "?m=M9999"])
def test_where_nothing_is_left_there_is_nothing(client, query):
    response = client.get(f"{ADDRESS}{query}")

    assert response.status_code == 404
    assert "problem+json" in response["Content-Type"]


def test_records_of_mitigations_are_still_reached(client, names):
    answer = fetch(client, names).json()

    for one in answer["mitigations"]:
        record = client.get(one["url"]).json()
        assert record["accession"] == one["accession"]


def test_that_it_is_no_legal_advice_goes_with_what_laws_ask(client, names):
    mitigation = Mitigation.objects.get(accession=names[0])
    ProvisionMappingFactory(source=mitigation)

    [notice] = fetch(client, names).json()["notices"]

    assert "no legal advice" in notice


def test_the_study_that_is_asked_for_comes_first(client, study, names):
    rows = fetch(client, names, f"&study={study.slug}").json()["rows"]

    assert rows[0]["study"] == study.slug
    assert fetch(client, names, "&study=none-such").status_code == 400
