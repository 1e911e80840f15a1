"""Descriptions that are missing, or say nothing."""

import re
from collections.abc import Iterator
from typing import Any

from django.db import models
from rapidfuzz import fuzz

from catalogue.listing.search import tokens
from catalogue.models import Category, Document, Mitigation

from .base import CHECKS, Check, Finding, change_url, whole
from .words import stems

#: Fewer words are no description.
FEWEST_WORDS = 5
PLACEHOLDER = re.compile(
    r"\W*(tbd|todo|tba|n/?a|none|null|xxx+|lorem ipsum.*|to be (written|added|done).*|description)\W*",
    re.I,
)
#: From which likeness (0 to 100, words sorted) a description is the name again; and how many
#: words it must add to it.
SAME, FEWEST_NEW_WORDS = 85, 3

#: What has a text of its own: the model, the field, and how its records are named.
TEXTS = ((Mitigation, "description"), (Document, "abstract"), (Category, "definition"))


def without_description() -> Iterator[Finding]:
    for model, field in TEXTS:
        texts = (
            records(model)
            .order_by("pk")
            .values_list("pk", field)
            .iterator(chunk_size=2000)
        )
        problems = {
            key: problem for key, text in texts if (problem := _missing(text, field))
        }
        rows = whole(model.objects.select_related(*_related(model)), problems)
        yield from (
            _without(rows[key], field, problem) for key, problem in problems.items()
        )


def _without(row: Any, field: str, problem: str) -> Finding:
    kind = type(row)._meta
    return Finding(
        subject=row.accession
        if isinstance(row, Mitigation)
        else f"{kind.verbose_name} {row.pk}",
        record=getattr(row, "full_label", None) or named(row),
        message=problem,
        url=change_url(row, row.pk, field),
        decides=(getattr(row, field),),
        document=document_of(row),
        group=str(kind.verbose_name_plural),
    )


def records(model: Any) -> models.QuerySet[Any]:
    """Those that are worked on."""
    return model.objects.not_retired() if model is Mitigation else model.objects.all()


def _related(model) -> list[str]:
    return {Mitigation: ["document"], Category: ["taxonomy"]}.get(model, [])


def named(row) -> str:
    """A record as the desk names it: a mitigation with its accession."""
    return f"{row.accession} {row.name}" if isinstance(row, Mitigation) else str(row)


def document_of(row) -> str:
    if isinstance(row, Document):
        return row.slug
    return row.document.slug if isinstance(row, Mitigation) else ""


def _missing(text: str, field: str) -> str:
    words = tokens(text)
    if not words:
        return f"It has no {field}."
    if PLACEHOLDER.fullmatch(text.strip()):
        return f"Its {field} holds its place only: “{text.strip()[:60]}”."
    if len(words) < FEWEST_WORDS:
        return f"Its {field} has {len(words)} word{'s' if len(words) > 1 else ''}: “{text.strip()[:60]}”."
    return ""


def repeats_name(name: str, description: str) -> bool:
    """Whether a description says what the name says, in nearly the same words or with hardly
    any others.
    """
    name_words, words = stems(name), stems(description)
    if fuzz.token_sort_ratio(" ".join(name_words), " ".join(words), score_cutoff=SAME):
        return True
    return (
        bool(set(words) & set(name_words))
        and len(set(words) - set(name_words)) < FEWEST_NEW_WORDS
    )


def repeating_the_name() -> Iterator[Finding]:
    texts = (
        Mitigation.objects.not_retired()
        .order_by("accession")
        .values_list("pk", "name", "description")
    )
    keys = [
        key
        for key, name, description in texts.iterator(chunk_size=2000)
        if not _missing(description, "description") and repeats_name(name, description)
    ]
    rows = whole(Mitigation.objects.select_related("document"), keys)
    for row in map(rows.__getitem__, keys):
        yield Finding(
            subject=row.accession,
            record=named(row),
            message=f"It is described as “{row.description}”",
            url=change_url(Mitigation, row.pk, "description"),
            decides=(row.name, row.description),
            document=row.document.slug,
        )


NO_DESCRIPTION = CHECKS.register(
    Check(
        "no-description",
        "No description",
        "Mitigations, documents and categories whose text is missing, or only holds its place. Say what is done, by whom, and "
        "what it guards against, in one to three sentences.",
        without_description,
    )
)
REPEATS_NAME = CHECKS.register(
    Check(
        "description-repeats-name",
        "Description repeats the name",
        "A reader who has read the name learns nothing more from such a description. Say what is done, by whom, and what it "
        "guards against.",
        repeating_the_name,
    )
)
