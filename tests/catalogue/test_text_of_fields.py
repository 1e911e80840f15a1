"""Text is cleaned or refused on its way in, so that nothing that comes after it breaks."""

import io
import sqlite3
from importlib import import_module
from xml.etree import ElementTree

import pyarrow.parquet
import pytest
import rdflib
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogue.fields import (
    CleanedCharField,
    IdentifierField,
    LineField,
    ProseField,
    as_identifier,
    cleaned,
    on_one_line,
    slug_from,
    what_is_unusable,
)
from catalogue.files.importing import services
from catalogue.files.loading.contents import Contents
from catalogue.models import (
    Category,
    Document,
    ExternalIdentifier,
    Feedback,
    Mitigation,
)
from tests.factories import (
    AuthorFactory,
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    ExternalIdentifierFactory,
    MitigationFactory,
)
from tests.files import sent

ODD = "\0\x01\t\n\v\f\r\x1b\x85\x9f\xad\u200b\u200c\u200d\u200e\u202e\u2066\u2028\ufeff\ufffe\ud800'=+-@;|\\\"<&é＝🜁 a1"
#: Mitigations that are written together, each with three texts, and the texts of all that are:
#: a file of many costs as much as one of few.
RECORDS = 14
TEXTS_AT_ONCE = 3 * RECORDS + 3
TEXTS = st.text(st.one_of(st.sampled_from(ODD), st.characters()), max_size=40)


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("slide\vone\ftwo\u2028three", "slide\none\ntwo\nthree"),
        ("over\xadsight", "oversight"),
        ("\ufeffred\u200b teaming", "red teaming"),
        ("a\u202etxt.exe\u202c", "atxt.exe"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("tabs\tstay", "tabs\tstay"),
    ],
)
def test_what_nobody_sees_is_taken_out_and_lines_end_alike(given_text, kept):
    assert cleaned(given_text) == kept


def test_a_line_and_an_identifier_have_no_end_of_line_and_an_identifier_nothing_unseen():
    assert on_one_line("Red\r\n\tteaming") == "Red teaming"
    assert as_identifier(" 2.3.1\u200b\u200d\ufeff\n") == "2.3.1"


@given(TEXTS)
def test_cleaning_what_is_clean_changes_nothing(text):
    for clean in (cleaned, on_one_line, as_identifier):
        assert clean(clean(text)) == clean(text)


@given(TEXTS)
def test_xml_and_utf_8_hold_what_is_clean_and_usable(text):
    text = cleaned(text)
    if not what_is_unusable(text):
        element = ElementTree.Element("text")
        element.text = text
        assert (
            ElementTree.fromstring(ElementTree.tostring(element)).text or ""
        ) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\x01b", "control character (U+0001)"),
        ("a\ud800", "half of a sign"),
        ("a\uffff", "a sign that Unicode does not have (U+FFFF)"),
    ],
)
def test_a_form_refuses_what_can_be_no_text_and_says_what_and_what_to_do(
    text,
    words,
):
    with pytest.raises(ValidationError) as raised:
        CleanedCharField().clean(text)

    assert words in raised.value.messages[0]


#: Written by this software alone, or shown as it came.
OF_THE_SOFTWARE = {
    "checksum",
    "copy_checksum",
    "source_digest",
    "digest",
    "sha256",
    "fingerprint",
    "body of ReleaseContent",
    "code of ShortLink",
    "names of ShortLink",
    "targets of ShortLink",
    "body of ImportRow",
    "token_hash",
    "pseudonym",
    "software",
    "site",
    "licence of Release",
    "media_type",
    "subject",
    "found",
    "detail",
    "held_because",
    "what",
    "settled_as",
    "model",
    "key",
    "name of ReleaseFile",
    "label of ReleaseFile",
    "label of ImportRow",
    "kind",
    "file_name",
    "accession",
    "release",
    "page of Feedback",
    "url of LinkCheck",
    "path",
    "number",
    "agreement_bound",
    "operator",
    "chosen_as",
    "state_before",
    "seed",
    "sort_name",
    "message of ReleaseCutting",
    "preview of ReleaseCutting",
    "value of StudySecret",
}
#: They have rules of their own for what they take.
CHECKED = (models.SlugField, models.URLField, models.EmailField)


def test_every_text_that_people_write_is_kept_in_a_field_that_cleans():
    plain = [
        f"{field.name} of {model.__name__}"
        for app in ("catalogue", "decisions", "surveys")
        for model in apps.get_app_config(app).get_models()
        if not model.__name__.startswith("Historical")
        for field in model._meta.get_fields()
        if isinstance(field, models.CharField | models.TextField)
        and not isinstance(
            field,
            (LineField, ProseField, IdentifierField, *CHECKED),
        )
        and not field.choices
    ]

    assert [
        name for name in plain if not {name, name.split()[0]} & OF_THE_SOFTWARE
    ] == []


@pytest.mark.any_engine
@pytest.mark.django_db
def test_rows_written_in_bulk_and_by_a_query_are_cleaned_too():
    mitigation = MitigationFactory()
    ExternalIdentifier.objects.bulk_create(
        [
            ExternalIdentifier(
                mitigation=mitigation,
                scheme="a",
                value="4\ufeff",
            ),
        ],
    )
    Mitigation.objects.filter(pk=mitigation.pk).update(
        description="one\r\ntwo",
    )

    assert ExternalIdentifier.objects.get().value == "4"
    assert Mitigation.objects.get().description == "one\ntwo"
    assert ExternalIdentifier.objects.filter(value="\u200b4").exists()


@pytest.mark.any_engine
@pytest.mark.django_db
def test_what_can_be_no_text_is_never_written():
    with pytest.raises(ValidationError, match="U\\+0001"):
        MitigationFactory(name="a\x01b")


def test_a_data_file_is_cleaned_and_refused_by_record_and_field():
    contents = Contents()
    assert contents.take(
        "x.yaml: M0001",
        {"name": "Red\xad teaming\r\n"},
        "name",
    ) == {"name": "Red teaming\n"}
    assert (
        contents.take(
            "x.yaml: M0002",
            {"authors": [{"family": "A\x02"}]},
            "authors",
        )
        is None
    )
    assert contents.problems == [
        "x.yaml: M0002: authors: this holds a control character (U+0002): delete it.",
    ]


@pytest.mark.any_engine
@pytest.mark.django_db
def test_texts_from_before_are_cleaned_once_and_a_twin_is_left_to_curators():
    migration = import_module("catalogue.migrations.0014_clean_texts")
    mitigation, other = MitigationFactory.create_batch(2)
    twins = [
        ExternalIdentifierFactory(scheme="s", value=value)
        for value in ("4", "5")
    ]
    _as_it_was(mitigation, description="one\r\ntwo\x0bthree\x01")
    _as_it_was(twins[1], value="4\ufeff")

    migration.clean(apps, None)

    mitigation.refresh_from_db()
    assert mitigation.description == "one\ntwo\nthree\ufffd"
    assert Mitigation.objects.get(pk=other.pk).description == other.description
    assert _stored(twins[1], "value") == "4\ufeff"


def _as_it_was(row, **values):
    """Writes past the fields, as an older version did."""
    [(name, value)] = values.items()
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {row._meta.db_table} SET {name} = %s WHERE id = %s",
            [value, row.pk],
        )


def _stored(row, name):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {name} FROM {row._meta.db_table} WHERE id = %s",
            [row.pk],
        )
        return cursor.fetchone()[0]


@pytest.mark.any_engine
@pytest.mark.django_db
def test_a_form_of_readers_keeps_lines_as_every_other_way_does(client):
    client.post(
        "/feedback/",
        {
            "kind": "error",
            "text": "One\r\nline and\xad more, long enough to be read.",
        },
    )

    assert [row.text for row in Feedback.objects.all()] in (
        [],
        ["One\nline and more, long enough to be read."],
    )


# What comes after


def accepted(field, text: str) -> str:
    """What the form keeps of a text; a plain word where it refuses it."""
    try:
        return field.formfield().clean(text)
    except ValidationError:
        return "Plain"


def of(model, name):
    return model._meta.get_field(name)


@pytest.mark.any_engine
@pytest.mark.django_db
@settings(
    max_examples=3,  # each of as many texts as there are fields, in dozens of files
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],
)
@given(st.lists(TEXTS, min_size=TEXTS_AT_ONCE, max_size=TEXTS_AT_ONCE))
def test_whatever_a_form_accepts_leaves_every_file_working_and_an_import_of_it_changes_nothing(
    client,
    tmp_path,
    texts,
):
    records = list(Mitigation.objects.order_by("pk")) or _some_records()
    texts = iter(texts)
    for record in records:
        record.name = accepted(of(Mitigation, "name"), next(texts))
        record.description = accepted(
            of(Mitigation, "description"),
            next(texts),
        )
        if record.description == record.name:
            record.description = "In other words"
        record.save()
        classification = record.classifications.get()
        classification.rationale = accepted(
            of(type(classification), "rationale"),
            next(texts),
        )
        classification.save()
    document = Document.objects.get()
    document.title = accepted(of(Document, "title"), next(texts))
    document.abstract = accepted(of(Document, "abstract"), next(texts))
    document.save()
    category = Category.objects.first()
    category.definition = accepted(of(Category, "definition"), next(texts))
    category.save()

    assert (
        ElementTree.fromstring(sent(client.get("/changes.atom"))) is not None
    )
    taxonomy = sent(
        client.get(f"/data/taxonomies/{category.taxonomy.slug}.ttl"),
    ).decode()
    assert category.definition in {
        str(o)
        for o in rdflib.Graph().parse(data=taxonomy, format="turtle").objects()
    }
    table = pyarrow.parquet.read_table(
        io.BytesIO(sent(client.get("/api/v1/mitigations/?format=parquet"))),
    )
    assert {row["description"] for row in table.to_pylist()} == {
        record.description for record in records
    }
    (tmp_path / "site.sqlite3").write_bytes(
        sent(client.get("/data/catalogue.sqlite3")),
    )
    with sqlite3.connect(tmp_path / "site.sqlite3") as opened:
        kept = {
            name for (name,) in opened.execute("SELECT name FROM mitigations")
        }
    assert kept == {record.name for record in records}
    assert (
        client.get("/mitigations/").status_code
        == client.get(records[0].get_absolute_url()).status_code
        == 200
    )
    for form in ("csv", "xlsx", "ndjson", "json"):
        for kind in ("mitigations", "documents", "categories"):
            batch = _checked(client, kind, form)
            assert (
                {name for name, count in batch.counts.items() if count},
                batch.notes,
            ) == (
                {"left"},
                [],
            ), form


def _some_records() -> list[Mitigation]:
    document = DocumentFactory(authors=0)
    AuthorFactory(document=document)
    category = CategoryFactory(taxonomy__is_default=True)
    mitigations = MitigationFactory.create_batch(RECORDS, document=document)
    for mitigation in mitigations:
        ClassificationFactory(mitigation=mitigation, category=category)
    return mitigations


def _checked(client, kind: str, form: str):
    content = sent(client.get(f"/api/v1/{kind}/?format={form}"))
    return services.check_batch(
        services.hand_in(
            name=f"{kind}.{form}",
            content=io.BytesIO(content),
            kind=kind,
            options={},
        ),
    )


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Schuett et al. 2023", "schuett-et-al-2023"),
        ("Иванов и др. 2024", "ivanov-i-dr-2024"),
        ("Παπαδόπουλος 2025", "papadopoylos-2025"),
        ("Grøn, Łukasz & Weiß", "gron-lukasz-weiss"),
        ("Éddy", "eddy"),
        ("王 2024", "2024"),
        ("安全", ""),
    ],
)
def test_a_slug_is_written_in_latin_letters(text, slug):
    assert slug_from(text) == slug
