"""Mappings to provisions of laws, codes and standards in files that are imported."""

import json

import pytest

from catalogue.models import Instrument, Mapping, Provision
from tests.catalogue.files.test_importing import (
    checked,
    counts,
    faults,
    imported,
)
from tests.factories import (
    InstrumentFactory,
    MappingFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture
def provision():
    instrument = InstrumentFactory(slug="eu-ai-act")
    return ProvisionFactory(instrument=instrument, code="Article 9")


@pytest.fixture
def mitigation():
    return MitigationFactory(accession="M0001", status="draft")


ROW = {
    "source_accession": "M0001",
    "provision_instrument": "eu-ai-act",
    "provision_code": "Article 9",
    "relation": "broadMatch",
    "force": "requires",
    "confidence": "high",
    "asserted_by": "Ann",
    "note": "It asks for the same.",
}


def test_a_file_of_mappings_leads_to_provisions(provision, mitigation):
    imported(ROW, kind="mappings")

    mapping = Mapping.objects.get()
    assert (mapping.source, mapping.provision) == (mitigation, provision)
    assert (mapping.force, mapping.confidence) == ("requires", "high")
    assert counts(checked(ROW, kind="mappings")) == {"left": 1}


def test_a_file_changes_the_force_of_a_mapping(provision, mitigation):
    imported(ROW, kind="mappings")

    imported({**ROW, "force": "suggests"}, kind="mappings")

    assert Mapping.objects.get().force == "suggests"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"provision_code": "Article 99"}, "there is no provision"),
        ({"force": "begs"}, "is none of requires"),
        ({"force": ""}, "Say what the provision does about the measure"),
        ({"note": ""}, "Say why the provision is judged to ask"),
    ],
)
def test_a_mapping_to_what_is_not_there_is_refused(
    provision,
    mitigation,
    changed,
    message,
):
    batch = checked({**ROW, **changed}, kind="mappings")

    assert message in str(faults(batch))


def test_a_file_of_mitigations_maps_to_provisions_beside_each_other(
    provision,
    mitigation,
):
    other = ProvisionFactory(instrument=provision.instrument, code="10")
    said = {"force": "requires", "note": "It says so."}
    entries = [
        {"relation": "broadMatch", "provision": "eu-ai-act:Article 9", **said},
        {"relation": "closeMatch", "provision": "eu-ai-act:10", **said},
    ]

    imported(
        {"accession": "M0001", "mappings": json.dumps(entries)},
        coder="Ann",
    )

    found = Mapping.objects.order_by("pk").values_list("provision", "relation")
    assert {*found} == {
        (provision.pk, "broadMatch"),
        (other.pk, "closeMatch"),
    }


def test_a_file_of_mitigations_changes_one_of_several_mappings_to_provisions(
    provision,
    mitigation,
):
    other = ProvisionFactory(instrument=provision.instrument, code="10")
    for one in (provision, other):
        ProvisionMappingFactory(source=mitigation, provision=one)
    MappingFactory(source=mitigation, framework="A framework", entry="1")
    entry = {
        "provision": {"instrument": "eu-ai-act", "code": "10"},
        "relation": "relatedMatch",
        "force": "suggests",
        "asserted_by": "Eve",
        "confidence": "low",
        "note": "Only by the way.",
    }

    imported({"accession": "M0001", "mappings": json.dumps([entry])})

    assert Mapping.objects.count() == 3
    changed = Mapping.objects.get(provision=other)
    assert (changed.force, changed.asserted_by) == ("suggests", "Eve")
    assert Mapping.objects.get(provision=provision).force == "requires"


PROVISION = {"instrument": "eu-ai-act", "name": "What it asks for"}


def test_a_file_adds_provisions_with_their_parts_in_any_order(provision):
    rows = [
        {**PROVISION, "code": "10(2)", "parent": "10"},
        {**PROVISION, "code": "10"},
    ]

    imported(*rows, kind="provisions")

    part = Provision.objects.get(code="10(2)")
    assert part.parent.code == "10"
    assert provision.position < part.parent.position < part.position


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"parent": "99"}, "there is no 99 in this instrument"),
        ({"parent": "10"}, "cannot be a part of itself"),
        ({"replaces": "eu-ai-act:99"}, "there is no provision eu-ai-act:99"),
        ({"applies_from": "in 2027"}, "date"),
    ],
)
def test_a_provision_that_does_not_fit_is_refused(provision, changed, message):
    row = {**PROVISION, "code": "10", **changed}

    assert message in str(faults(checked(row, kind="provisions")))


def test_a_file_adds_an_instrument_and_another_load_of_it_changes_nothing():
    row = {
        "slug": "a-law",
        "title": "A law",
        "short_title": "A law",
        "issuer": "A state",
        "kind": "law",
        "status_note": "In force.",
        "in_force_on": "2026-01-01",
        "url": "https://example.org",
    }

    imported(row, kind="instruments")

    assert str(Instrument.objects.get().in_force_on) == "2026-01-01"
    assert counts(checked(row, kind="instruments")) == {"left": 1}


def test_a_code_in_force_is_refused_in_a_file():
    InstrumentFactory(slug="a-code")
    row = {"slug": "a-code", "in_force_on": "2026-01-01"}

    batch = checked(row, kind="instruments")

    assert "Only a law is in force from a day" in str(faults(batch))


def test_a_provision_that_is_not_there_is_refused_in_a_file_of_mitigations(
    mitigation,
):
    entry = {
        "relation": "broadMatch",
        "provision": "eu-ai-act:Article 9",
        "force": "requires",
        "note": "It says so.",
    }

    batch = checked(
        {"accession": "M0001", "mappings": json.dumps([entry])},
        coder="Ann",
    )

    assert "there is no provision eu-ai-act:Article 9" in str(faults(batch))


def test_a_mapping_to_a_provision_without_force_and_note_is_refused_in_a_cell(
    provision,
    mitigation,
):
    batch = checked(
        {"accession": "M0001", "mappings": "broadMatch:eu-ai-act:Article 9"},
        coder="Ann",
    )

    assert "has no force and no note" in str(faults(batch))
