"""Which mitigations an address names."""

import pytest

from catalogue.models import Mitigation
from decisions.selected import select
from tests.factories import ExternalIdentifierFactory, MitigationFactory

pytestmark = pytest.mark.django_db


def selected(*names):
    return select(names, Mitigation.objects.all())


@pytest.fixture
def three():
    return [MitigationFactory() for _ in range(3)]


def test_they_come_in_the_order_in_which_they_are_named(three):
    first, second, third = [one.accession for one in three]

    assert selected(third, first, second).accessions == [third, first, second]


def test_one_named_twice_comes_once_and_is_said(three):
    accession = three[0].accession
    found = selected(accession, accession.lower())

    assert found.accessions == [accession]
    assert found.repeated == [accession]


@pytest.mark.parametrize(
    "spell",
    [str.lower, lambda name: f"M{int(name[1:])}"],
)
def test_another_spelling_of_an_accession_names_it(three, spell):
    accession = three[1].accession
    found = selected(spell(accession))

    assert found.accessions == [accession]
    assert not found.is_canonical


def test_the_identifier_of_another_catalogue_names_it(three):
    ExternalIdentifierFactory(
        mitigation=three[2],
        scheme="mitre-atlas",
        value="AML.M0004",
    )
    found = selected("aml.m0004")

    assert found.accessions == [three[2].accession]
    assert not found.is_canonical


def test_what_there_is_not_is_named(three):
    found = selected("M9999", three[0].accession, "nothing")

    assert found.unknown == ["M9999", "nothing"]
    assert found.accessions == [three[0].accession]


def test_a_draft_is_unknown():
    draft = MitigationFactory(status=Mitigation.Status.DRAFT)

    assert selected(draft.accession).unknown == [draft.accession]


def test_a_withdrawn_one_is_among_them():
    gone = MitigationFactory(
        status=Mitigation.Status.WITHDRAWN,
        withdrawal_note="It was the same as another.",
    )
    found = selected(gone.accession)

    assert found.withdrawn == [gone]
    assert found.published == []


def test_queries_do_not_grow_with_names(three, django_assert_num_queries):
    accessions = [one.accession for one in three]
    with django_assert_num_queries(2):
        selected("a", accessions[0])
    with django_assert_num_queries(2):
        selected("a", "b", "c", *accessions)


@pytest.mark.any_engine
@pytest.mark.parametrize(
    "address",
    [
        "/shortlist/?m=%00",
        "/shortlist/?x=a%00b",
        "/compare/?m=%00",
        "/api/v1/shortlist/?m=%00",
        "/s/%00",
    ],
)
def test_what_no_database_takes_is_no_fault_of_the_site(client, address):
    assert client.get(address).status_code < 500
