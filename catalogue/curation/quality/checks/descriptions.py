"""Descriptions that are missing, say nothing, or say more than is known."""

import re
from collections.abc import Iterator
from typing import Any

from django.template.defaultfilters import pluralize
from rapidfuzz import fuzz

from catalogue.listing.search import tokens
from catalogue.models import Category, Document, Mitigation

from ..base import (
    CHECKS,
    Check,
    Issue,
    active_records,
    change_url,
    document_slug,
    record_label,
    rows_by_key,
)
from ..hedging import claims_of_effect
from ..words import stems

#: Fewer words are no description.
FEWEST_WORDS = 5
PLACEHOLDER = re.compile(
    r"\W*(tbd|todo|tba|n/?a|none|null|xxx+|lorem ipsum.*|to be (written|added|done).*|description)\W*",
    re.I,
)
#: From which likeness (0 to 100, words sorted) a description is the name again; and how many
#: words it must add to it.
SAME = 85
FEWEST_NEW_WORDS = 3

#: What has a text of its own: the model, the field, and how its records are named.
TEXTS = (
    (Mitigation, "description"),
    (Document, "abstract"),
    (Category, "definition"),
)
RELATED: dict[Any, list[str]] = {
    Mitigation: ["document"],
    Category: ["taxonomy"],
}


def without_description() -> Iterator[Issue]:
    for model, field in TEXTS:
        texts = active_records(model).order_by("pk").values_list("pk", field)
        problems = {}
        for key, text in texts.iterator(chunk_size=2000):
            if problem := _missing(text, field):
                problems[key] = problem
        related = RELATED.get(model, [])
        rows = rows_by_key(model.objects.select_related(*related), problems)
        for key, problem in problems.items():
            yield _issue_of_text(rows[key], field, problem)


def _issue_of_text(row: Any, field: str, problem: str) -> Issue:
    opts = row._meta
    subject = f"{opts.verbose_name} {row.pk}"
    if isinstance(row, Mitigation):
        subject = row.accession
    return Issue(
        subject=subject,
        record=getattr(row, "full_label", None) or record_label(row),
        message=problem,
        url=change_url(row, row.pk, field),
        decides=(getattr(row, field),),
        document=document_slug(row),
        group=str(opts.verbose_name_plural),
    )


def _missing(text: str, field: str) -> str:
    words = tokens(text)
    if not words:
        return f"It has no {field}."
    text = text.strip()
    if PLACEHOLDER.fullmatch(text):
        return f"Its {field} holds its place only: “{text[:60]}”."
    if len(words) < FEWEST_WORDS:
        count = f"{len(words)} word{pluralize(len(words))}"
        return f"Its {field} has {count}: “{text[:60]}”."
    return ""


def repeats_name(name: str, description: str) -> bool:
    """Whether a description says what the name says, in nearly the same words or with hardly
    any others.
    """
    of_name = stems(name)
    words = stems(description)
    if fuzz.token_sort_ratio(
        " ".join(of_name),
        " ".join(words),
        score_cutoff=SAME,
    ):
        return True
    new_words = set(words).difference(of_name)
    return (
        not set(words).isdisjoint(of_name)
        and len(new_words) < FEWEST_NEW_WORDS
    )


def repeating_the_name() -> Iterator[Issue]:
    rows = Mitigation.objects.not_retired().order_by("accession")
    texts = rows.values_list("pk", "name", "description")
    keys = []
    for key, name, description in texts.iterator(chunk_size=2000):
        is_missing = _missing(description, "description")
        if not is_missing and repeats_name(name, description):
            keys.append(key)
    by_key = rows_by_key(Mitigation.objects.select_related("document"), keys)
    for key in keys:
        row = by_key[key]
        yield Issue(
            subject=row.accession,
            record=record_label(row),
            message=f"It is described as “{row.description}”",
            url=change_url(Mitigation, row.pk, "description"),
            decides=(row.name, row.description),
            document=row.document.slug,
        )


def claiming_effect() -> Iterator[Issue]:
    rows = Mitigation.objects.not_retired().order_by("accession")
    texts = rows.values_list("pk", "description")
    claims = {}
    for key, description in texts.iterator(chunk_size=2000):
        if found := claims_of_effect(description):
            claims[key] = found
    by_key = rows_by_key(Mitigation.objects.select_related("document"), claims)
    for key, found in claims.items():
        row = by_key[key]
        yield Issue(
            subject=row.accession,
            record=record_label(row),
            message=f"“{'”, “'.join(found)}” says that it works: “{row.description}”",
            url=change_url(Mitigation, row.pk, "description"),
            decides=(row.description,),
            document=row.document.slug,
        )


CHECKS.register(
    Check(
        "no-description",
        "No description",
        "Mitigations, documents and categories whose text is missing, or only holds its place. Say what is done, by whom, and "
        "what it is meant to guard against, in one to three sentences.",
        without_description,
        position=10,
    ),
)
CHECKS.register(
    Check(
        "description-repeats-name",
        "Description repeats the name",
        "A reader who has read the name learns nothing more from such a description. Say what is done, by whom, and what it "
        "guards against.",
        repeating_the_name,
        position=10,
    ),
)
CHECKS.register(
    Check(
        "description-claims-effect",
        "Description says that the measure works",
        "Whether a measure helps is for studies to say, and stands beside their figures. A description says what the measure is "
        "meant to do: “is meant to”, “aims to”, “can”.",
        claiming_effect,
        position=10,
    ),
)
