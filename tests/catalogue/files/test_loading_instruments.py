"""The data files of laws, codes and standards."""

import copy

import pytest
import yaml

from catalogue.files.loading import DataError, load_catalogue
from catalogue.models import Instrument, Mapping, NotCovered, Provision
from tests.catalogue.files.test_loading import DOCUMENT, TAXONOMY, term
from tests.factories import (
    InstrumentFactory,
    MappingFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

OLD = {
    "instrument": {
        "slug": "a-code",
        "title": "A code of practice",
        "short_title": "A code",
        "issuer": "An office",
        "kind": "code",
        "status_note": "Whoever signs it keeps to it.",
        "published": "2023-12",
        "ended_on": "2026-08-03",
        "replaced_by": "b-code",
        "url": "https://example.org/a",
        "further_links": ["https://example.org/a/1 Its chapter"],
        "unverified": ["The names.", "The dates."],
        "position": 2,
    },
    "provisions": [
        {"code": "1", "name": "Test models", "verified": True},
        {"code": "1.1", "name": "Test them early", "parent": "1"},
    ],
}
NEW = {
    "instrument": {
        **OLD["instrument"],
        "slug": "b-code",
        "ended_on": None,
        "replaced_by": None,
        "position": 1,
    },
    "provisions": [
        {
            "code": "Measure 7",
            "name": "Test models",
            "replaces": "a-code/1",
            "applies_from": "2027-01-01",
        },
    ],
}
CROSSWALK = {
    "instrument": "a-code",
    "asserted_by": "Editors",
    "mappings": [
        {
            "provision": "1.1",
            "mitigation": "M0001",
            "relation": "narrowMatch",
            "force": "requires",
            "confidence": "high",
            "note": "It asks for tests before release.",
        },
    ],
}


@pytest.fixture
def folder(tmp_path):
    files = {
        "taxonomies/t.yaml": TAXONOMY,
        "vocabularies/lifecycle-phases.yaml": term("deploy"),
        "vocabularies/actors.yaml": term("developer"),
        "vocabularies/functions.yaml": term("manage"),
        "documents/d.yaml": DOCUMENT,
        "instruments/a.yaml": OLD,
        "instruments/b.yaml": NEW,
        "crosswalk/a.yaml": CROSSWALK,
    }
    files = copy.deepcopy(files)
    files["documents/d.yaml"]["mitigations"][0]["instruments_checked_on"] = (
        "2026-11-30"
    )

    def write():
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(yaml.safe_dump(content))
        return tmp_path

    write.files = files
    return write


def test_instruments_come_with_their_trees_and_what_they_replace(folder):
    load_catalogue(folder=folder())

    old = Instrument.objects.get(slug="a-code")
    assert old.replaced_by.slug == "b-code"
    assert old.links == [("https://example.org/a/1", "Its chapter")]
    assert [one.code for one in old.provisions.all()] == ["1", "1.1"]
    assert old.provisions.get(code="1.1").parent.code == "1"
    successor = Provision.objects.get(instrument__slug="b-code")
    assert successor.replaces.key == "a-code:1"
    assert str(successor.applies_from) == "2027-01-01"
    mapping = Mapping.objects.get()
    assert (mapping.source.accession, mapping.provision.code) == (
        "M0001",
        "1.1",
    )
    assert (mapping.force, mapping.asserted_by) == ("requires", "Editors")
    assert str(mapping.source.instruments_checked_on) == "2026-11-30"


def test_a_second_load_of_instruments_changes_nothing(folder):
    load_catalogue(folder=folder())

    report = load_catalogue(folder=folder())

    assert (report.created, report.changed, report.kept) == (0, 0, [])


def test_a_mapping_that_left_the_file_of_its_instrument_goes(folder):
    load_catalogue(folder=folder())
    folder.files["crosswalk/a.yaml"]["mappings"].clear()

    report = load_catalogue(folder=folder())

    assert report.removed == 1
    assert not Mapping.objects.exists()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            lambda f: f["instruments/a.yaml"]["instrument"].update(
                replaced_by="c-code",
            ),
            "instruments/a.yaml: replaced_by: there is no instrument 'c-code'",
        ),
        (
            lambda f: f["instruments/a.yaml"]["provisions"][1].update(
                parent="9",
            ),
            "instruments/a.yaml: 1.1: parent: there is no provision 'a-code/9'",
        ),
        (
            lambda f: f["crosswalk/a.yaml"]["mappings"][0].update(
                provision="9",
            ),
            "mapping 1: provision: there is no provision 'a-code/9'",
        ),
        (
            lambda f: f["crosswalk/a.yaml"]["mappings"][0].update(
                mitigation="M0009",
            ),
            "mapping 1: mitigation: there is no 'M0009'",
        ),
        (
            lambda f: f["crosswalk/a.yaml"].pop("asserted_by"),
            "crosswalk/a.yaml: asserted_by: is missing",
        ),
    ],
)
def test_a_fault_in_the_files_of_instruments_is_named(folder, fault, message):
    fault(folder.files)

    with pytest.raises(DataError, match=message):
        load_catalogue(folder=folder())
    assert not Instrument.objects.exists()


@pytest.mark.parametrize(
    ("framework", "version", "is_adopted"),
    [
        ("NIST AI RMF", "1.0", True),
        ("nist ai rmf 1.0", "", True),
        ("NIST AI RMF", "2.0", False),
        ("Another", "1.0", False),
    ],
)
def test_a_mapping_in_free_text_leads_to_the_provision_once_that_is_listed(
    folder,
    framework,
    version,
    is_adopted,
):
    instrument = InstrumentFactory(short_title="NIST AI RMF 1.0")
    provision = ProvisionFactory(instrument=instrument, code="GOVERN 1.1")
    mapping = MappingFactory(
        framework=framework,
        framework_version=version,
        entry="Govern 1.1",
        force="suggests",
        note="As they say.",
    )

    load_catalogue(folder=folder())

    mapping.refresh_from_db()
    assert mapping.provision == (provision if is_adopted else None)
    assert bool(mapping.framework) != is_adopted
    assert mapping.note == "As they say."


def test_a_mapping_in_free_text_that_says_too_little_stays_as_it_is(folder):
    instrument = InstrumentFactory(short_title="Some code")
    ProvisionFactory(instrument=instrument, code="1")
    mapping = MappingFactory(framework="Some code", entry="1", note="Why.")

    load_catalogue(folder=folder())

    mapping.refresh_from_db()
    assert (mapping.framework, mapping.provision) == ("Some code", None)


def test_a_mapping_in_free_text_stays_where_the_provision_is_mapped_already(
    folder,
):
    instrument = InstrumentFactory(short_title="Some code")
    standing = ProvisionMappingFactory(
        provision=ProvisionFactory(instrument=instrument, code="1"),
    )
    mapping = MappingFactory(
        source=standing.source,
        framework="Some code",
        entry="1",
        force="suggests",
        note="As they say.",
    )

    load_catalogue(folder=folder())

    mapping.refresh_from_db()
    assert mapping.provision is None


def test_what_is_not_covered_comes_and_goes_with_its_file(folder):
    entry = {"name": "Another act", "reason": "It was not gone through."}
    folder.files["not_covered.yaml"] = {"not_covered": [entry]}
    load_catalogue(folder=folder())
    assert NotCovered.objects.get().reason == "It was not gone through."

    folder.files["not_covered.yaml"] = {"not_covered": []}
    load_catalogue(folder=folder())

    assert not NotCovered.objects.exists()


def test_what_is_not_covered_without_a_reason_is_refused(folder):
    folder.files["not_covered.yaml"] = {"not_covered": [{"name": "An act"}]}

    with pytest.raises(DataError) as error:
        load_catalogue(folder=folder())

    assert error.value.problems == [
        "not_covered.yaml: entry 1: reason: is missing",
    ]


def test_what_is_not_covered_may_have_a_long_name(folder):
    entry = {"name": "A" * 150, "reason": "It was not gone through."}
    folder.files["not_covered.yaml"] = {"not_covered": [entry]}
    load_catalogue(folder=folder())

    [event] = NotCovered.history.all()
    assert len(event.history_change_reason) <= 100
