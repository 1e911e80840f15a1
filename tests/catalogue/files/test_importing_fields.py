"""What a dry run says would change is what is written, for every field of every kind of record."""

import pytest

from catalogue.files.importing.kinds import importer_for, mitigation_rows
from catalogue.files.importing.kinds.base import member, of_model
from catalogue.files.importing.kinds.mitigations import Mitigations
from catalogue.models import Mitigation, NotCovered, Taxonomy
from tests.catalogue.files.test_importing import (
    checked,
    counts,
    faults,
    imported,
)
from tests.factories import (
    ActorFactory,
    CategoryFactory,
    DocumentFactory,
    InstrumentFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
    ProvisionFactory,
    RiskManagementFunctionFactory,
    TaxonomyFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

#: A cell for each field beside those that name the record. Several fields of the same thing
#: stand in files of their own.
CELLS = {
    "mitigations": [
        {
            "name": "Renamed",
            "alternative_names": "One | Two",
            "description": "Somebody does it.",
            "requirements": "Outside testers.",
            "document": "other",
            "position": "3",
            "section": "2 > a",
            "page": "9",
            "preliminary": "true",
            "status": "published",
            "code": "2.3",
            "rationale": "Because of it.",
            "classification_origin": "published",
            "classification_coder": "Eve",
            "classification_confidence": "high",
            "risks": "1",
            "risk_rationale": "It lowers it.",
            "phases": "deploy",
            "actors": "dev",
            "functions": "govern",
            "key": "17",
            "mappings": "closeMatch:M9999",
            "instruments_checked_on": "2026-11-30",
        },
        {
            "category@main": "2.3",
            "rationale@main": "As they say.",
            "origin@main": "published",
            "coder@main": "Eve",
            "confidence@main": "low",
        },
        {
            "classifications": "main:2.3",
            "rationale": "Because of it.",
            "external_identifiers": "atlas:1",
        },
        {
            "classification_details": '[{"taxonomy": "main", "code": "2.3", "rationale": "So.", "coder": "Eve"}]',
            "external_identifier_details": '[{"scheme": "atlas", "value": "1", "url": "https://example.org/1"}]',
        },
    ],
    "documents": [
        {
            "label": "Renamed",
            "title": "Another title",
            "kind": "article",
            "year": "2020",
            "version": "2",
            "publisher": "A journal",
            "abstract": "It asked others.",
            "doi": "10.1/b",
            "arxiv_id": "2305.07153",
            "url": "https://example.org/2",
            "licence": "CC0",
            "preliminary_notice": "Not final.",
            "authors": "Lovelace, Ada",
        },
    ],
    "taxonomies": [
        {
            "title": "Renamed",
            "short_title": "R",
            "publisher": "Somebody",
            "version": "2",
            "description": "In other words.",
            "url": "https://example.org/2",
            "is_default": "true",
        },
        {"kind": "risks"},
    ],
    "categories": [
        {
            "name": "Renamed",
            "definition": "In other words.",
            "is_working_name": "true",
            "published_count": "4",
        },
    ],
    "instruments": [
        {
            "title": "Another title",
            "short_title": "A",
            "issuer": "Somebody",
            "kind": "law",
            "status_note": "In force.",
            "applies_to_note": "All of them.",
            "published": "2023-12",
            "published_as": "signed",
            "in_force_on": "2024-08-01",
            "ended_on": "2026-08-03",
            "version": "2",
            "url": "https://example.org/2",
            "url_label": "About it",
            "sections_of": "Some Code",
            "further_links": '[{"url": "https://example.org/3", "name": "Its part"}]',
            "licence": "CC0",
            "is_whole": "true",
            "checked_on": "2026-11-30",
            "unverified": "The names. | The dates.",
            "replaced_by": "b-code",
        },
    ],
    "provisions": [
        {
            "name": "Renamed",
            "is_official_name": "true",
            "parent": "1",
            "sort": "action",
            "serves": "Article 55(1)",
            "replaces": "b-code:7",
            "applies_to": "large developers",
            "addressee": "frontier",
            "applies_from": "2027-12-02",
            "applies_from_note": "Some systems later.",
            "longer_for": "Small firms have until 2030.",
            "is_verified": "true",
            "note": "Printed otherwise.",
        },
    ],
    "not-covered": [{"reason": "Only its summary was read."}],
    "mappings": [
        {
            "relation": "broadMatch",
            "asserted_by": "Eve",
            "confidence": "low",
            "note": "As they say.",
        },
    ],
}
NAMES = {
    "mitigations": {"accession": "M0001"},
    "documents": {"slug": "paper"},
    "taxonomies": {"slug": "plain"},
    "categories": {"taxonomy": "main", "code": "2.3"},
    "instruments": {"slug": "a-code"},
    "provisions": {"instrument": "a-code", "code": "1.1"},
    "not-covered": {"name": "A late act"},
    "mappings": {"source_accession": "M0001", "target_accession": "M9999"},
}
#: Of a provision and of an outside framework, which name a mapping instead of the second
#: mitigation, and what only they have.
OTHER_NAMES = {
    "provision_instrument",
    "provision_code",
    "force",
    "framework",
    "framework_version",
    "entry",
    "entry_name",
}


@pytest.fixture
def records():
    main = TaxonomyFactory(slug="main")
    risks = TaxonomyFactory(slug="dangers", kind="risks")
    TaxonomyFactory(slug="plain", title="Plain")
    CategoryFactory(taxonomy=main, code="2.3", name="Deployment")
    CategoryFactory(taxonomy=risks, code="1", name="Bias")
    paper = DocumentFactory(slug="paper", doi="10.1/a")
    other = DocumentFactory(slug="other")
    LifecyclePhaseFactory(slug="deploy")
    ActorFactory(slug="dev")
    RiskManagementFunctionFactory(slug="govern")
    one = MitigationFactory(accession="M0001", document=paper, status="draft")
    code = InstrumentFactory(slug="a-code")
    for name in ("1", "1.1"):
        ProvisionFactory(instrument=code, code=name, is_verified=False)
    ProvisionFactory(instrument__slug="b-code", code="7")
    NotCovered.objects.create(name="A late act", reason="Unread.")
    MappingFactory(
        source=one,
        target=MitigationFactory(accession="M9999", document=other),
        relation="closeMatch",
        asserted_by="Ann",
    )


FILES = [(kind, cells) for kind, files in CELLS.items() for cells in files]


@pytest.mark.parametrize(
    ("kind", "cells"),
    FILES,
    ids=[f"{kind} {', '.join(list(c)[:2])}" for kind, c in FILES],
)
def test_what_a_dry_run_says_would_change_is_written(records, kind, cells):
    if kind == "mitigations":
        Taxonomy.objects.filter(slug="main").update(is_default=True)
    if cells.get("kind") == "risks":
        Taxonomy.objects.filter(slug="dangers").update(
            kind="mitigations",
        )  # only one sorts risks
    row = {**NAMES[kind], **cells}

    batch = imported(row, kind=kind, scheme="acme", reason="So it is.")

    told = batch.rows.get().content["after"]
    key = batch.rows.get().record
    state = importer_for(kind, {}).read([key])[key]
    assert {name: state[name] for name in told} == told
    assert counts(checked(row, kind=kind, scheme="acme")) == {"left": 1}


@pytest.mark.parametrize("kind", CELLS)
def test_every_field_of_a_kind_has_a_cell_above(records, kind):
    Taxonomy.objects.filter(slug="main").update(is_default=True)
    tried = {name for cells in CELLS[kind] for name in cells}

    fields = set(importer_for(kind, {}).fields)

    others = {name for name in fields if name.endswith(("@dangers", "@plain"))}
    assert fields - others - set(NAMES[kind]) - OTHER_NAMES == tried


@pytest.fixture
def with_one_more_field(monkeypatch):
    """A plain column of mitigations, declared once more than there are."""
    monkeypatch.setitem(
        mitigation_rows.PLAIN,
        "withdrawal_note",
        "withdrawal_note",
    )
    fields = Mitigations.all_fields
    more = of_model(Mitigation, "withdrawal_note")
    monkeypatch.setattr(
        Mitigations,
        "all_fields",
        lambda self: [*fields(self), more],
    )


def test_a_column_that_is_declared_once_is_compared_and_written(
    with_one_more_field,
    records,
):
    added = {
        "name": "New",
        "description": "Somebody does it.",
        "document": "paper",
    }

    batch = imported(
        {"accession": "M0001", "withdrawal_note": "Because."},
        {**added, "withdrawal_note": "Of that."},
    )

    assert counts(batch) == {"added": 1, "changed": 1}
    notes = (
        Mitigation.objects.exclude(accession="M9999")
        .order_by("accession")
        .values_list("withdrawal_note", flat=True)
    )
    assert set(notes) == {"Because.", "Of that."}


def test_a_field_of_which_no_list_knows_is_no_change_that_nobody_writes(
    monkeypatch,
    records,
):
    fields = Mitigations.all_fields
    more = member("cost", "cost", str)
    monkeypatch.setattr(
        Mitigations,
        "all_fields",
        lambda self: [*fields(self), more],
    )

    with pytest.raises(LookupError, match="cost"):
        checked({"accession": "M0001", "cost": "low"})


# What holds for all rows, and what columns say of each taxonomy


def classifications_of(batch) -> dict:
    [row] = batch.rows.all()
    return row.content["after"]["classifications"]


def test_origin_and_confidence_hold_for_all_rows_that_do_not_say_them(records):
    batch = checked(
        {
            "name": "New",
            "description": "Somebody does it.",
            "document": "paper",
            "risks": "1",
            "category@main": "2.3",
            "origin@main": "project",
        },
        origin="published",
        confidence="low",
        rationale="By its table.",
    )

    found = {
        name: (place["origin"], place["confidence"])
        for name, place in classifications_of(batch).items()
    }

    assert found == {
        "main:2.3": ("project", "low"),
        "dangers:1": ("published", "low"),
    }


def test_further_places_of_an_addition_have_the_origin_that_its_row_says(
    records,
):
    CategoryFactory(taxonomy=Taxonomy.objects.get(slug="main"), code="2.4")

    batch = checked(
        {
            "name": "New",
            "description": "Somebody does it.",
            "document": "paper",
            "category@main": "2.3 | 2.4",
            "origin@main": "published",
        },
        rationale="By its table.",
    )

    assert {
        place["origin"] for place in classifications_of(batch).values()
    } == {"published"}


def test_an_origin_of_another_taxonomy_names_the_column_that_takes_it(records):
    Taxonomy.objects.filter(slug="plain").update(is_default=True)
    row = {
        "name": "New",
        "description": "Somebody does it.",
        "document": "paper",
        "category@main": "2.3",
        "origin": "published",
    }

    [(number, column, message)] = faults(
        checked(row, rationale="By its table."),
    )

    assert (number, column) == (2, "origin")
    assert "call this column “origin@main”" in message


def test_additions_that_the_document_has_already_are_left_out_where_that_is_wanted(
    records,
):
    named = {
        "name": "New",
        "description": "Somebody does it.",
        "document": "paper",
    }
    stands = {**named, "name": Mitigation.objects.get(accession="M0001").name}

    batch = checked(
        named,
        stands,
        {**named, "description": "In other words."},
        skip_same=True,
    )

    assert counts(batch) == {"added": 1, "left": 2, "warned": 2}
    said = [
        row.content["warnings"]
        for row in batch.rows.filter(verdict="left").order_by("number")
    ]
    assert "is M0001 already, and so the row is left out" in said[0][0]
    assert "is in row 2 already" in said[1][0]


def test_what_many_rows_are_refused_for_is_told_once_for_all(records):
    rows = [
        {
            "name": f"Measure {n}",
            "description": f"Somebody does {n}.",
            "document": f"Nowhere {n}",
        }
        for n in range(1, 8)
    ]

    batch = checked(*rows)

    assert counts(batch) == {"refused": 7}
    assert [note for note in batch.reading if note.startswith("Refused")] == [
        "Refused in 7 rows, in the column “document”: there is no document “…”; possible are other, paper.",
    ]
