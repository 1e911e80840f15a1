"""The site's own exports, imported again: no change here, and the same records where there were
none.
"""

import io

import pytest
from django.db import connection, transaction
from django.test import Client

from catalogue.files.importing import services
from catalogue.models import (
    Category,
    Classification,
    Document,
    ExternalIdentifier,
    Instrument,
    Mapping,
    Mitigation,
    NotCovered,
    Provision,
    Taxonomy,
)
from catalogue.record.reader import records
from surveys.models import ExpertComment
from tests.files import sent

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("shipped_catalogue"),
]

KINDS = [
    "mitigations",
    "documents",
    "taxonomies",
    "categories",
    "instruments",
    "provisions",
    "not-covered",
    "mappings",
    "comments",
]
FORMATS = ["csv", "xlsx", "ndjson", "json"]


def export(kind: str, form: str) -> bytes:
    return sent(Client().get(f"/api/v1/{kind}/?format={form}"))


def check(kind: str, form: str, content: bytes, **options):
    batch = services.hand_in(
        name=f"{kind}.{form}",
        content=io.BytesIO(content),
        kind=kind,
        options=options,
    )
    return services.check_batch(batch)


def counts(batch) -> dict:
    return {name: count for name, count in batch.counts.items() if count}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_export_imported_again_is_no_change(kind, form):
    model = {
        "mitigations": Mitigation,
        "documents": Document,
        "taxonomies": Taxonomy,
        "categories": Category,
        "instruments": Instrument,
        "provisions": Provision,
        "not-covered": NotCovered,
        "mappings": Mapping,
        "comments": ExpertComment,
    }[kind]

    batch = check(kind, form, export(kind, form))

    assert (batch.notes, counts(batch)) == (
        [],
        {"left": model.objects.count()},
    )


def told() -> list[dict]:
    """Every record as the API has it, but for when it was written."""
    keys = list(
        Mitigation.objects.order_by("accession").values_list("pk", flat=True),
    )
    return [
        {
            n: v
            for n, v in record.items()
            if n not in ("created_at", "updated_at")
        }
        for record in records(keys)
    ]


@pytest.mark.parametrize("form", FORMATS)
def test_exports_give_an_empty_catalogue_the_same_records(form):
    before, mapped = told(), sorted(export("mappings", "ndjson").splitlines())
    files = {
        kind: export(kind, form)
        for kind in ("documents", "mitigations", "mappings")
    }
    empty()

    for kind in ("documents", "mitigations", "mappings"):
        batch = services.commit(
            check(kind, form, files[kind], keep_accessions=True, publish=True),
        )
        assert counts(batch).keys() <= {"added", "warned"}, batch.notes

    assert told() == before
    assert sorted(export("mappings", "ndjson").splitlines()) == mapped


def empty() -> None:
    """Takes away all mitigations and documents, and with them what keeps an accession from
    being given again.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        for table in (
            "surveys_lean",
            "surveys_commentsummary",
            "surveys_expertcomment",
            "surveys_tally",
            "surveys_figure",
            "surveys_result",
            "surveys_item",
        ):
            cursor.execute(f"DELETE FROM {table}")
        for model in (Mapping, Classification, ExternalIdentifier):
            model.objects.all()._raw_delete("default")
        for name in ("phases", "actors", "functions"):
            getattr(Mitigation, name).through.objects.all()._raw_delete(
                "default",
            )
        cursor.execute("DELETE FROM catalogue_mitigation")
        cursor.execute("DELETE FROM catalogue_accession")
        cursor.execute(
            "UPDATE surveys_study SET document_id = NULL, status = 'draft'",
        )
        cursor.execute("DELETE FROM catalogue_author")
        cursor.execute("DELETE FROM catalogue_document")
