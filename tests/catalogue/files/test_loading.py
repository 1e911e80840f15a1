"""Loading data files: all or nothing, twice the same, and never over a curator's work."""

import copy

import pytest
import yaml

from catalogue.files.loading import DataError, load_catalogue
from catalogue.models import (
    Classification,
    LoadedRecord,
    Mitigation,
    Synonym,
    Taxonomy,
)

pytestmark = pytest.mark.django_db

TAXONOMY = {
    "taxonomy": {
        "slug": "t",
        "title": "Title",
        "short_title": "Short",
        "kind": "mitigations",
        "publisher": "Publisher",
        "default": True,
        "position": 1,
        "description": "What it sorts.",
    },
    "categories": [
        {"code": "1", "name": "One", "definition": "The first."},
        {"code": "1.1", "name": "One one", "definition": "Below the first."},
        {
            "code": "1.2",
            "name": "One two",
            "definition": "Below the first, too.",
        },
    ],
}
MITIGATION = {
    "accession": "M0001",
    "name": "Red teaming",
    "description": "Outsiders attack the model to find its faults.",
    "alternative_names": ["Adversarial testing"],
    "phases": ["deploy"],
    "actors": ["developer"],
    "functions": ["manage"],
    "external_ids": [{"scheme": "other", "value": "A1"}],
    "classifications": {
        "t": [
            {
                "code": "1.1",
                "primary": True,
                "origin": "project",
                "rationale": "It tests.",
            },
        ],
    },
}
DOCUMENT = {
    "document": {
        "slug": "d",
        "label": "Doc 2024",
        "title": "Document",
        "kind": "report",
        "abstract": "What it found.",
        "authors": [
            {"family": "Uuk", "given": "Risto"},
            {"organisation": "Somebody"},
        ],
    },
    "mitigations": [
        MITIGATION,
        {
            **copy.deepcopy(MITIGATION),
            "accession": "M0002",
            "name": "Audits",
            "external_ids": [],
        },
    ],
}
MAPPINGS = {
    "mappings": [
        {
            "source": {"document": "d", "name": "Red teaming"},
            "target": {"document": "d", "name": "Audits"},
            "relation": "relatedMatch",
            "asserted_by": "Editors",
            "note": "Both test.",
        },
    ],
}


def term(slug):
    return {
        "terms": [
            {
                "slug": slug,
                "name": slug.title(),
                "definition": "A term.",
                "special": False,
            },
        ],
    }


SYNONYMS = {
    "synonyms": [
        {
            "term": "kill switch",
            "also_typed": ["off switch", "stop button"],
            "means": ["shut down"],
        },
    ],
}


@pytest.fixture
def folder(tmp_path):
    """A small data folder, written by `write` so that a test can change it."""
    files = {
        "taxonomies/t.yaml": copy.deepcopy(TAXONOMY),
        "vocabularies/lifecycle-phases.yaml": term("deploy"),
        "vocabularies/actors.yaml": term("developer"),
        "vocabularies/functions.yaml": term("manage"),
        "documents/d.yaml": copy.deepcopy(DOCUMENT),
        "mappings.yaml": copy.deepcopy(MAPPINGS),
        "synonyms.yaml": copy.deepcopy(SYNONYMS),
    }

    def write(change=lambda files: None):
        change(files)
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(
                yaml.safe_dump(content, sort_keys=False),
            )
        return tmp_path

    return write


def mitigation(files, number=0):
    return files["documents/d.yaml"]["mitigations"][number]


def test_everything_is_loaded_with_its_relations(folder):
    load_catalogue(folder=folder())

    loaded = Mitigation.objects.get(accession="M0001")
    assert loaded.status == Mitigation.Status.PUBLISHED
    assert [str(author) for author in loaded.document.authors.all()] == [
        "Risto Uuk",
        "Somebody",
    ]
    assert loaded.phases.get().slug == "deploy"
    assert loaded.classifications.get().coder == "Catalogue editors"
    assert loaded.mappings_from.get().target.accession == "M0002"
    assert loaded.alternative_name_list == ["Adversarial testing"]


def test_a_second_load_changes_nothing(folder):
    load_catalogue(folder=folder())
    before = Mitigation.history.count()

    report = load_catalogue(folder=folder())

    assert (report.created, report.changed, report.removed, report.kept) == (
        0,
        0,
        0,
        [],
    )
    assert Mitigation.history.count() == before


def test_a_change_of_the_file_is_taken_over(folder):
    load_catalogue(folder=folder())

    report = load_catalogue(
        folder=folder(
            lambda files: mitigation(files).update(
                description="They try to break it.",
            ),
        ),
    )

    assert report.changed == 1
    assert (
        Mitigation.objects.get(accession="M0001").description
        == "They try to break it."
    )


def test_a_curators_change_stays_and_is_reported(folder):
    load_catalogue(folder=folder())
    Mitigation.objects.filter(accession="M0001").update(
        description="As a curator has it.",
    )

    report = load_catalogue(
        folder=folder(
            lambda files: mitigation(files).update(
                description="As the file has it.",
            ),
        ),
    )
    again = load_catalogue(folder=folder())

    assert (
        Mitigation.objects.get(accession="M0001").description
        == "As a curator has it."
    )
    assert (
        report.kept
        == again.kept
        == ["mitigation M0001: description: was changed here, and stays so"]
    )


def without_page_in_what_was_loaded():
    """As if the files had had no such field when they were loaded last."""
    loaded = LoadedRecord.objects.get(model="mitigation", key="M0001")
    del loaded.values["page"]
    loaded.save()


def test_a_field_that_files_had_not_is_taken_over(folder):
    load_catalogue(
        folder=folder(lambda files: mitigation(files).pop("page", None)),
    )
    without_page_in_what_was_loaded()

    report = load_catalogue(
        folder=folder(lambda files: mitigation(files).update(page="7")),
    )

    assert Mitigation.objects.get(accession="M0001").page == "7"
    assert (report.changed, report.kept) == (1, [])


def test_a_field_that_files_had_not_stays_as_a_curator_wrote_it(folder):
    load_catalogue(
        folder=folder(lambda files: mitigation(files).pop("page", None)),
    )
    without_page_in_what_was_loaded()
    Mitigation.objects.filter(accession="M0001").update(page="9")

    report = load_catalogue(
        folder=folder(lambda files: mitigation(files).update(page="7")),
    )

    assert Mitigation.objects.get(accession="M0001").page == "9"
    assert report.kept == [
        "mitigation M0001: page: was changed here, and stays so",
    ]


def test_overwrite_takes_the_files_version(folder):
    load_catalogue(folder=folder())
    Mitigation.objects.filter(accession="M0001").update(
        name="As a curator has it",
    )

    load_catalogue(folder=folder(), overwrite=True)

    assert Mitigation.objects.get(accession="M0001").name == "Red teaming"


def test_what_a_curator_deleted_stays_deleted(folder):
    load_catalogue(folder=folder())
    Classification.objects.filter(mitigation__accession="M0001").delete()

    report = load_catalogue(folder=folder())

    assert report.kept == [
        "classification M0001/t/1.1: was deleted here, and stays so",
    ]
    assert not Classification.objects.filter(
        mitigation__accession="M0001",
    ).exists()


def test_a_primary_classification_can_move(folder):
    load_catalogue(folder=folder())

    def move(files):
        mitigation(files)["classifications"]["t"] = [
            {
                "code": "1.1",
                "primary": False,
                "origin": "project",
                "rationale": "It tests.",
            },
            {
                "code": "1.2",
                "primary": True,
                "origin": "project",
                "rationale": "It attacks.",
            },
        ]

    load_catalogue(folder=folder(move))

    assert (
        Mitigation.objects.get(accession="M0001")
        .classifications.get(is_primary=True)
        .category.code
        == "1.2"
    )


def test_a_classification_that_left_the_file_goes(folder):
    def second(files):
        rows = mitigation(files)["classifications"]["t"]
        rows.append(
            {"code": "1.2", "origin": "project", "rationale": "It attacks."},
        )

    load_catalogue(folder=folder(second))
    report = load_catalogue(
        folder=folder(
            lambda files: mitigation(files)["classifications"]["t"].pop(),
        ),
    )

    assert report.removed == 1
    assert (
        Mitigation.objects.get(accession="M0001").classifications.count() == 1
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda f: mitigation(f).pop("description"),
            "documents/d.yaml: M0001: description: is missing",
        ),
        (
            lambda f: mitigation(f).update(colour="red"),
            "documents/d.yaml: M0001: colour: is not a field here",
        ),
        (
            lambda f: mitigation(f).update(phases=["deplyo"]),
            "documents/d.yaml: M0001: phases: there is no 'deplyo'",
        ),
        (
            lambda f: mitigation(f)["classifications"]["t"][0].update(
                code="1.9",
            ),
            "documents/d.yaml: M0001: t 1.9: code: there is no such category",
        ),
        (
            lambda f: mitigation(f).update(accession="X1"),
            "documents/d.yaml: X1: accession: An accession is M and",
        ),
        (
            lambda f: mitigation(f, 1).update(accession="M0001"),
            "documents/d.yaml: M0001: M0001: stands in",
        ),
        (
            lambda f: mitigation(f).update(description="Red teaming"),
            "documents/d.yaml: M0001: the database refuses it",
        ),
        (
            lambda f: mitigation(f)["classifications"]["t"][0].update(
                origin="hearsay",
            ),
            "documents/d.yaml: M0001: t 1.1: origin: Value 'hearsay' is not a valid choice",
        ),
        (
            lambda f: f["mappings.yaml"]["mappings"][0]["target"].update(
                name="Nothing",
            ),
            "mappings.yaml: mapping 1: target: there is no 'Nothing' in 'd'",
        ),
        (
            lambda f: f["synonyms.yaml"]["synonyms"][0].update(
                means=["category 8"],
            ),
            "synonyms.yaml: kill switch: means: there is no category 8",
        ),
        (
            lambda f: f["synonyms.yaml"]["synonyms"][0].pop("means"),
            "synonyms.yaml: synonym 1: means: is missing",
        ),
        (
            lambda f: f["taxonomies/t.yaml"]["categories"].pop(0),
            "taxonomies/t.yaml: category 1.1",
        ),
    ],
)
def test_a_fault_is_named_by_file_record_and_field_and_nothing_is_loaded(
    folder,
    change,
    expected,
):
    with pytest.raises(DataError) as error:
        load_catalogue(folder=folder(change))

    assert any(line.startswith(expected) for line in error.value.problems), (
        error.value.problems
    )
    assert not Taxonomy.objects.exists()
    assert not LoadedRecord.objects.exists()


def test_a_synonym_comes_and_goes_with_its_file(folder):
    load_catalogue(folder=folder())
    synonym = Synonym.objects.get()
    assert synonym.typed == ["kill switch", "off switch", "stop button"]

    load_catalogue(folder=folder(lambda f: f["synonyms.yaml"].clear()))

    assert not Synonym.objects.exists()
