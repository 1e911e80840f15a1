"""Records from files: what a dry run finds, what a commit does, and taking it back."""

import csv
import io
import json
import tracemalloc

import pytest
from django.core.management import CommandError, call_command

from catalogue.files.importing import services
from catalogue.files.importing.columns import guess
from catalogue.files.importing.kinds import importer_for
from catalogue.files.importing.services import NotNow
from catalogue.models import (
    Category,
    Classification,
    Document,
    ExternalIdentifier,
    ImportBatch,
    ImportProfile,
    ImportRow,
    Mapping,
    Mitigation,
    Taxonomy,
)
from tests.factories import (
    ActorFactory,
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    ExternalIdentifierFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
    TaxonomyFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def as_csv(*rows: dict) -> bytes:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def checked(
    *rows: dict,
    kind="mitigations",
    user=None,
    name="sheet.csv",
    content=None,
    columns=None,
    **options,
):
    content = as_csv(*rows) if content is None else content
    batch = services.hand_in(
        name=name,
        content=io.BytesIO(content),
        kind=kind,
        user=user,
        options={"coder": "Ann", **options},
        columns=columns,
    )
    return services.check_batch(batch)


def imported(
    *rows: dict,
    without_refused=False,
    user=None,
    reason="",
    **kwargs,
):
    batch = checked(*rows, user=user, **kwargs)
    return services.commit(
        batch,
        user=user,
        reason=reason,
        without_refused=without_refused,
        is_trusted=True,
    )


def counts(batch) -> dict:
    return {name: count for name, count in batch.counts.items() if count}


def faults(batch) -> list[tuple]:
    return [
        (row.number, *fault)
        for row in batch.rows.filter(verdict="refused")
        for fault in row.content["faults"]
    ]


def changes(batch) -> list[tuple]:
    importer = importer_for(batch.kind, batch.options)
    rows = batch.rows.filter(verdict="changed")
    return [
        change
        for row in rows
        for change in importer.changes(
            row.content["before"],
            row.content["after"],
        )
    ]


def new(number=1, **values) -> dict:
    return {
        "key": number,
        "name": f"Measure {number}",
        "description": f"Somebody does thing {number}.",
        **values,
    }


@pytest.fixture
def document():
    return DocumentFactory(slug="paper", label="Ann et al. 2024")


@pytest.fixture
def taxonomy():
    taxonomy = TaxonomyFactory(
        slug="main",
        short_title="Main",
        is_default=True,
    )
    CategoryFactory(
        taxonomy=taxonomy,
        code="2.3.1",
        name="Deployment Management",
    )
    CategoryFactory(taxonomy=taxonomy, code="2.10", name="Red Teaming")
    return taxonomy


OPTIONS = {"document": "paper", "scheme": "acme"}

# What is taken in


def test_a_row_becomes_a_draft_with_all_that_belongs_to_it(document, taxonomy):
    phase, actor = (
        LifecyclePhaseFactory(slug="deploy", name="Deployment"),
        ActorFactory(slug="dev", name="AI Developer"),
    )
    other = MitigationFactory()
    row = new(
        17,
        section="2 > b",
        page="9",
        code="2.3.1 Deployment Management",
        reasoning="It is about deploying.",
        phases="Deployment",
        actors="ai developer",
        external_identifiers="mitre-atlas:AML.M0001",
        mappings=f"closeMatch:{other.accession}",
    )
    row["alternative_names"] = "One | Two"

    batch = imported(row, **OPTIONS)

    made = Mitigation.objects.exclude(pk=other.pk).get()
    place = made.classifications.get()
    assert (
        made.status,
        made.name,
        made.document,
        made.section,
        made.page,
    ) == (
        "draft",
        "Measure 17",
        document,
        "2 > b",
        "9",
    )
    assert made.alternative_name_list == ["One", "Two"]
    assert (list(made.phases.all()), list(made.actors.all())) == (
        [phase],
        [actor],
    )
    assert (
        place.category.code,
        place.rationale,
        place.coder,
        place.is_primary,
    ) == (
        "2.3.1",
        "It is about deploying.",
        "Ann",
        True,
    )
    assert {str(one) for one in made.external_identifiers.all()} == {
        "17",
        "AML.M0001",
    }
    assert made.mappings_from.get().target == other
    assert batch.rows.get().record == made.pk
    assert not batch.pieces.exists()


def test_the_history_names_who_imported_what_and_every_part(
    document,
    taxonomy,
):
    user = UserFactory()
    LifecyclePhaseFactory(slug="deploy")

    batch = imported(
        new(code="2.10", rationale="So.", phases="deploy"),
        user=user,
        **OPTIONS,
    )

    made = Mitigation.objects.get()
    for part in (
        made,
        made.classifications.get(),
        made.external_identifiers.get(),
    ):
        record = part.history.get()
        assert (
            record.history_type,
            record.history_user,
            record.history_change_reason,
        ) == (
            "+",
            user,
            batch.reason,
        )
    assert [
        link.lifecyclephase.slug for link in made.history.get().phases.all()
    ] == ["deploy"]


@pytest.mark.parametrize(
    "cell",
    [
        "2.3.1",
        "2.3.1 Deployment Management",
        "2.3.1: deployment management",
        "Deployment  management",
        "main:2.3.1",
    ],
)
def test_a_category_is_found_by_code_by_name_and_by_both(
    document,
    taxonomy,
    cell,
):
    imported(new(code=cell, rationale="So."), **OPTIONS)

    assert Classification.objects.get().category.code == "2.3.1"


@pytest.mark.parametrize(
    ("column", "cell", "remedy"),
    [
        (
            "code",
            "Deploiment Managment",
            "did you mean “Deployment Management”?",
        ),
        (
            "code",
            "2.3.1 Red Teaming",
            "2.3.1 is called “Deployment Management” here",
        ),
        ("code", "9.9", "there is no category"),
        ("phases", "Deploymnt", "did you mean “Deployment”?"),
        ("document", "Anne et al. 2024", "did you mean “Ann et al. 2024”?"),
        ("preliminary", "perhaps", "write true or false"),
        ("position", "first", "whole number"),
        ("description", "Measure 1", "in other words than its name"),
        ("accession", "M9999", "there is no M9999 here"),
        ("accession", "seventeen", "M and at least four digits"),
        ("external_identifiers", "AML.M0001", "write scheme:value"),
        ("mappings", "closeMatch:M9999", "there is no M9999 here"),
        ("mappings", "sameAs:M9999", "exactMatch"),
        ("classifications", "2.3.1", "write taxonomy:code"),
        ("status", "withdrawn for good", "is none of"),
    ],
)
def test_a_value_that_fits_nothing_is_refused_with_row_column_and_remedy(
    document,
    taxonomy,
    column,
    cell,
    remedy,
):
    LifecyclePhaseFactory(slug="deploy", name="Deployment")

    batch = checked(new(1), {**new(1), "key": 2, column: cell}, **OPTIONS)

    [(row, at, message)] = faults(batch)
    assert (row, at) == (3, column)
    assert remedy in message


def test_a_category_without_a_reason_is_refused(document, taxonomy):
    assert faults(checked(new(code="2.10"), **OPTIONS)) == [
        (
            2,
            "rationale",
            "say why it stands in 2.10: a classification gives its reason, in a column “rationale” or as “Reason” for all rows.",
        ),
    ]


def test_near_names_and_other_words_are_guessed_as_columns_and_nothing_twice():
    found = guess(
        [
            "Title",
            "Descripton",
            "Reasoning",
            "lifecycle phase",
            "No",
            "Colour",
            "page_url",
            "name",
        ],
        importer_for("mitigations", {}),
    )

    assert found["Title"] == ("", True)  # “name” is surer
    assert found["Descripton"] == ("description", False)
    assert (found["lifecycle phase"], found["No"]) == (
        ("phases", True),
        ("key", True),
    )
    assert (found["Colour"], found["page_url"], found["name"]) == (
        ("", True),
        ("", True),
        ("name", True),
    )


# Which record is meant


def test_a_mitigation_is_found_by_accession_and_by_identifier_and_never_by_name(
    document,
):
    known = MitigationFactory(name="Same name", document=document)
    ExternalIdentifierFactory(mitigation=known, scheme="acme", value="1")

    batch = checked(
        {"accession": known.accession, "name": "By accession"},
        kind="mitigations",
        columns=None,
    )
    by_key = checked({"key": "1", "name": "By key"}, **OPTIONS)
    by_name = checked(
        {"key": "2", "name": "Same name", "description": "Another."},
        **OPTIONS,
    )

    assert [counts(one) for one in (batch, by_key)] == [
        {"changed": 1},
        {"changed": 1},
    ]
    assert counts(by_name) == {"added": 1, "warned": 1}
    assert "is this the same?" in by_name.rows.get().content["warnings"][0]


def test_a_row_that_names_two_records_and_a_record_named_by_two_rows_are_refused(
    document,
):
    one, two = MitigationFactory(), MitigationFactory()
    ExternalIdentifierFactory(mitigation=two, scheme="acme", value="1")

    batch = checked(
        {"accession": one.accession, "key": "1", "name": "A"},
        {"accession": two.accession, "key": "", "name": "B"},
        {"accession": two.accession, "key": "", "name": "C"},
        **OPTIONS,
    )

    assert [
        (row, "not name the same" in message, "already" in message)
        for row, _, message in faults(batch)
    ] == [
        (2, True, False),
        (4, False, True),
    ]


def test_the_same_file_again_changes_nothing_with_keys_and_without(
    document,
    taxonomy,
):
    rows = [new(n, code="2.10", rationale="So.") for n in (1, 2)]
    nameless = [
        {**row, "key": "", "name": f"Nameless {row['key']}"} for row in rows
    ]

    imported(*rows, *nameless, **OPTIONS)
    again = checked(*rows, *nameless, **OPTIONS)

    assert counts(again) == {"left": 4, "warned": 2}
    with pytest.raises(NotNow, match="nothing to import"):
        services.commit(again)


def test_only_what_differs_is_changed_and_told_old_and_new(document, taxonomy):
    kept = MitigationFactory(
        document=document,
        section="Old",
        page="3",
        description="It stays.",
    )
    ClassificationFactory(
        mitigation=kept,
        category=Category.objects.get(code="2.10"),
        rationale="Because.",
    )

    batch = imported(
        {
            "accession": kept.accession,
            "section": "New",
            "page": "",
            "description": "It stays.",
        },
    )

    kept.refresh_from_db()
    assert (kept.section, kept.page, kept.status) == ("New", "3", "published")
    assert changes(batch) == [("section", "Old", "New")]
    assert [record.history_type for record in kept.history.all()] == ["~", "+"]


def test_an_empty_cell_empties_only_where_that_was_asked(document):
    kept = MitigationFactory(document=document, page="3", phases=1)

    imported(
        {"accession": kept.accession, "page": "", "phases": "", "name": ""},
        empty_cells=True,
    )

    kept.refresh_from_db()
    assert (kept.page, kept.phases.count(), bool(kept.name)) == ("", 0, True)


def test_one_edited_column_of_an_export_is_enough_though_others_tell_of_the_same(
    document,
    taxonomy,
):
    kept = MitigationFactory(document=document)
    ClassificationFactory(
        mitigation=kept,
        category=Category.objects.get(code="2.10"),
        rationale="Because.",
        coder="Bob",
    )
    details = json.dumps(
        [
            {
                "taxonomy": "main",
                "code": "2.10",
                "is_primary": True,
                "rationale": "Because.",
                "coder": "Bob",
            },
        ],
    )
    row = {
        "accession": kept.accession,
        "code": "2.3.1",
        "rationale": "Rather so.",
        "classifications": "main:2.10",
        "classification_details": details,
    }

    imported(row)

    place = kept.classifications.get()
    assert (place.category.code, place.rationale) == ("2.3.1", "Rather so.")


def test_columns_that_contradict_each_other_are_refused(document, taxonomy):
    kept = MitigationFactory(document=document)
    CategoryFactory(taxonomy=taxonomy, code="3")

    batch = checked(
        {
            "accession": kept.accession,
            "code": "2.10",
            "classifications": "main:3",
            "rationale": "So.",
        },
    )

    assert [
        (row, "says something else" in message)
        for row, _, message in faults(batch)
    ] == [(2, True)]


def test_a_primary_place_can_move_while_the_old_one_stays(document, taxonomy):
    kept = MitigationFactory(document=document)
    ClassificationFactory(
        mitigation=kept,
        category=Category.objects.get(code="2.10"),
        rationale="A.",
    )
    ClassificationFactory(
        mitigation=kept,
        category=Category.objects.get(code="2.3.1"),
        rationale="B.",
        is_primary=False,
    )

    imported(
        {
            "accession": kept.accession,
            "classifications": "main:2.3.1 | main:2.10",
        },
    )

    assert {
        (c.category.code, c.is_primary) for c in kept.classifications.all()
    } == {
        ("2.3.1", True),
        ("2.10", False),
    }


def test_accessions_of_a_file_are_taken_only_where_that_was_asked_and_never_one_that_was_given(
    document,
):
    gone = MitigationFactory(
        accession="M0007",
        status="draft",
        document=document,
    )
    gone.delete()
    row = {"name": "A", "description": "B", "document": "paper"}

    batch = imported({**row, "accession": "M0009"}, keep_accessions=True)
    used = checked({**row, "accession": "M0007"}, keep_accessions=True)

    assert Mitigation.objects.get().accession == "M0009"
    assert counts(batch) == {"added": 1}
    assert "never used again" in faults(used)[0][2]


# One step


def test_refused_rows_stop_a_commit_unless_they_are_left_out(document):
    rows = [new(1), new(2, phases="nowhere")]

    with pytest.raises(NotNow, match="refused"):
        services.commit(checked(*rows, **OPTIONS))
    imported(*rows, without_refused=True, **OPTIONS)

    assert Mitigation.objects.get().name == "Measure 1"


def test_a_commit_checks_again_where_the_catalogue_moved_and_says_so(document):
    kept = MitigationFactory(document=document, section="Old")
    batch = checked({"accession": kept.accession, "section": "New"})
    Mitigation.objects.filter(pk=kept.pk).update(section="Meanwhile")

    batch = services.commit(batch)

    assert (batch.state, "checked again" in batch.notes[0]["detail"]) == (
        ImportBatch.State.CHECKED,
        True,
    )
    assert changes(batch) == [("section", "Meanwhile", "New")]
    assert services.commit(batch).state == ImportBatch.State.COMMITTED


def test_a_commit_goes_on_where_what_moved_does_not_matter(document):
    batch = checked(new(), **OPTIONS)
    MitigationFactory()

    assert services.commit(batch).state == ImportBatch.State.COMMITTED


def test_undoing_takes_back_additions_and_changes_in_one_step(
    document,
    taxonomy,
):
    kept = MitigationFactory(
        document=document,
        section="Old",
        phases=1,
        status="draft",
    )
    phases = list(kept.phases.all())
    ClassificationFactory(
        mitigation=kept,
        category=Category.objects.get(code="2.10"),
        rationale="A.",
    )
    batch = imported(
        {
            **new(1),
            "accession": kept.accession,
            "section": "New",
            "code": "2.3.1",
            "rationale": "B.",
        },
        {
            **new(2),
            "accession": "",
            "section": "",
            "code": "2.10",
            "rationale": "C.",
        },
        **OPTIONS,
    )

    undone = services.undo(batch)

    kept.refresh_from_db()
    assert (kept.section, list(kept.phases.all()), undone.notes) == (
        "Old",
        phases,
        [],
    )
    assert [
        (c.category.code, c.rationale) for c in kept.classifications.all()
    ] == [("2.10", "A.")]
    assert list(Mitigation.objects.all()) == [kept]
    assert not ExternalIdentifier.objects.exists()
    assert (
        Mitigation.history.filter(history_type="-").get().history_change_reason
        == f"Undone: {batch.reason}"
    )


# Other kinds


def test_documents_come_with_their_authors_and_change_by_slug_or_doi():
    row = {
        "label": "Lee 2025",
        "title": "On tests",
        "kind": "report",
        "abstract": "What was found.",
        "year": "2025",
        "DOI": "https://doi.org/10.1/xy",
        "authors": "Lee, Kim; Example Institute",
    }
    imported(row, kind="documents")
    imported(
        {"DOI": "10.1/xy", "title": "On testing", "authors": "Lee, Kim"},
        kind="documents",
    )

    made = Document.objects.get()
    assert (made.slug, made.title, made.doi) == (
        "lee-2025",
        "On testing",
        "10.1/xy",
    )
    assert [str(author) for author in made.authors.all()] == ["Kim Lee"]
    assert counts(
        checked(
            row | {"title": "On testing", "authors": "Lee, Kim"},
            kind="documents",
        ),
    ) == {"left": 1}


def test_a_taxonomy_and_its_categories_come_in_any_order():
    imported(
        {
            "slug": "t",
            "title": "T",
            "short_title": "T",
            "publisher": "P",
            "description": "D",
            "kind": "risks",
        },
        kind="taxonomies",
    )
    batch = imported(
        {"taxonomy": "t", "code": "1.1", "name": "B", "definition": "b"},
        {"taxonomy": "t", "code": "1", "name": "A", "definition": "a"},
        {"taxonomy": "t", "code": "2.1", "name": "C", "definition": "c"},
        kind="categories",
        without_refused=True,
    )

    assert [
        (c.code, c.parent and c.parent.code)
        for c in Taxonomy.objects.get().categories.all()
    ] == [
        ("1", None),
        ("1.1", "1"),
    ]
    assert faults(batch) == [
        (
            4,
            "code",
            "There is no category 2 in this taxonomy: add it first, or in the same file.",
        ),
    ]


def test_a_second_taxonomy_of_risks_is_refused_with_its_row():
    row = {
        "title": "T",
        "short_title": "T",
        "publisher": "P",
        "description": "D",
        "kind": "risks",
    }

    imported({"slug": "one", **row}, kind="taxonomies")
    batch = checked({"slug": "two", **row}, kind="taxonomies")

    assert "Another taxonomy sorts risks already" in faults(batch)[0][2]


def test_mappings_are_added_changed_and_not_stated_twice():
    one, two = MitigationFactory(), MitigationFactory()
    row = {
        "source": one.accession,
        "relation": "closeMatch",
        "target": two.accession,
        "asserted_by": "Ann",
    }

    imported(
        row,
        {
            "source": one.accession,
            "relation": "relatedMatch",
            "framework": "F",
            "entry": "1",
            "asserted_by": "Ann",
        },
        kind="mappings",
    )
    imported({**row, "relation": "exactMatch"}, kind="mappings")
    back = checked(
        {**row, "source": two.accession, "target": one.accession},
        kind="mappings",
    )

    assert sorted(Mapping.objects.values_list("relation", flat=True)) == [
        "exactMatch",
        "relatedMatch",
    ]
    assert "mapped already" in faults(back)[0][2]


# Many


@pytest.mark.parametrize("rows", [3, 30])
def test_a_lot_takes_the_same_queries_for_any_number_of_rows(
    document,
    taxonomy,
    rows,
    django_assert_max_num_queries,
):
    LifecyclePhaseFactory(slug="deploy")
    content = as_csv(
        *(
            new(n, code="2.10", rationale="So.", phases="deploy")
            for n in range(rows)
        ),
    )

    with django_assert_max_num_queries(75):
        imported(content=content, **OPTIONS)

    assert Mitigation.objects.count() == rows


@pytest.mark.any_engine
def test_memory_does_not_grow_with_the_rows_of_a_file(
    document,
    taxonomy,
    monkeypatch,
):
    monkeypatch.setattr("catalogue.files.importing.planning.ROWS_AT_ONCE", 100)
    monkeypatch.setattr(
        "catalogue.files.importing.batch_rows.ROWS_AT_ONCE",
        100,
    )
    LifecyclePhaseFactory(slug="deploy")

    def most(first: int, rows: int) -> int:
        numbers = range(first, first + rows)
        content = as_csv(
            *(
                {
                    **new(
                        n,
                        code="2.10",
                        rationale="So." * 50,
                        phases="deploy",
                    ),
                    "description": f"{n} " * 300,
                }
                for n in numbers
            ),
        )
        tracemalloc.start()
        imported(content=content, **OPTIONS)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak - len(
            content,
        )  # which the test itself hands in from memory

    most(0, 100)  # what is loaded once
    few, many = most(1_000, 200), most(10_000, 1_000)

    assert (
        many < few + 2**20
    )  # five times the rows; their texts alone come to 1.5 MB


# The command


def test_the_command_shows_what_would_happen_and_does_it_when_told(
    document,
    tmp_path,
    capsys,
):
    path, report = tmp_path / "sheet.csv", tmp_path / "report.csv"
    path.write_bytes(as_csv(new(1), new(2)))
    options = {"document": "paper", "scheme": "acme"}

    call_command("import_records", str(path), report=report, **options)
    assert (Mitigation.objects.count(), ImportBatch.objects.count()) == (0, 0)
    assert "2 added" in capsys.readouterr().out
    assert report.read_text(encoding="utf-8-sig").count("Measure 1") > 1
    call_command("import_records", str(path), commit=True, **options)
    call_command("import_records", str(path), commit=True, **options)

    assert Mitigation.objects.count() == 2
    assert "Nothing to import" in capsys.readouterr().out


def test_the_command_takes_nothing_of_a_file_with_refused_rows(
    document,
    tmp_path,
):
    path = tmp_path / "sheet.csv"
    path.write_bytes(as_csv(new(1), new(2, phases="nowhere")))

    with pytest.raises(CommandError, match="row 3, column “phases”"):
        call_command(
            "import_records",
            str(path),
            commit=True,
            document="paper",
            scheme="acme",
        )

    assert (
        Mitigation.objects.count(),
        ImportBatch.objects.count(),
        ImportRow.objects.count(),
    ) == (
        0,
        0,
        0,
    )


def test_the_command_reads_columns_as_a_profile_or_an_option_says(
    document,
    tmp_path,
):
    path = tmp_path / "sheet.csv"
    path.write_bytes(b"Massnahme,Was,Nr\nEins,Jemand tut etwas.,5\n")
    columns = {"Massnahme": "name", "Was": "description"}
    ImportProfile.objects.create(
        name="german",
        kind="mitigations",
        columns=columns,
        options={"document": "paper"},
    )

    call_command(
        "import_records",
        str(path),
        commit=True,
        profile="german",
        column=["Nr=key"],
        scheme="de",
    )

    assert str(Mitigation.objects.get().external_identifiers.get()) == "5"
