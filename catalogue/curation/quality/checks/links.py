"""Addresses that no longer lead anywhere: those of documents, their DOIs and arXiv ids,
external identifiers, taxonomies.

`manage.py check_links` requests them and stores what they answered; the desk reads what was stored.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone
from django.utils.timesince import timesince

from catalogue.models import (
    Document,
    ExternalIdentifier,
    LinkCheck,
    Mitigation,
    Taxonomy,
)

from ..base import CHECKS, Check, Issue, change_url, record_label

#: A server that cannot be told about (it refuses robots, it is slow, it fails) is named after
#: so many checks in a row.
PATIENCE = 3


class Holder(NamedTuple):
    """A record that holds an address."""

    url: str
    record: str
    edit_url: str
    document: str = ""
    kind: str = ""


def holders() -> Iterator[Holder]:
    """Every address of the catalogue, with the record that holds it. One that several hold
    comes several times.
    """
    for document in Document.objects.order_by("pk"):
        yield from _addresses_of(document)
    identifiers = ExternalIdentifier.objects.exclude(url="")
    identifiers = identifiers.select_related("mitigation__document")
    for identifier in identifiers.order_by("pk"):
        mitigation = identifier.mitigation
        yield Holder(
            identifier.url,
            record_label(mitigation),
            f"{change_url(Mitigation, mitigation.pk)}#external_identifiers-group",
            mitigation.document.slug,
            "external identifier",
        )
    for taxonomy in Taxonomy.objects.exclude(url=""):
        yield Holder(
            taxonomy.url,
            taxonomy.title,
            change_url(Taxonomy, taxonomy.pk, "url"),
            kind="taxonomy",
        )


#: Of documents: the field, how its address begins, and how the field is called.
ADDRESS_FIELDS = (
    ("url", "", "address"),
    ("doi", "https://doi.org/", "DOI"),
    ("arxiv_id", "https://arxiv.org/abs/", "arXiv id"),
)


def _addresses_of(document: Document) -> Iterator[Holder]:
    for field, prefix, label in ADDRESS_FIELDS:
        if value := getattr(document, field):
            yield Holder(
                f"{prefix}{value}",
                document.label,
                change_url(Document, document.pk, field),
                document.slug,
                f"document’s {label}",
            )


def broken() -> Iterator[Issue]:
    checks = LinkCheck.objects.exclude(outcome=LinkCheck.Outcome.SOUND)
    by_url = {check.url: check for check in checks}
    for holder in holders():
        check = by_url.get(holder.url)
        if check is None:
            continue
        is_unclear = check.outcome == LinkCheck.Outcome.UNCLEAR
        if is_unclear and check.failures < PATIENCE:
            continue
        times = (
            f", {check.failures} checks in a row" if check.failures > 1 else ""
        )
        yield Issue(
            subject=f"{holder.edit_url.removeprefix('/admin/')} {holder.url}"[
                :200
            ],
            record=holder.record,
            message=f"{holder.url} {check.get_outcome_display()}: {check.detail}{times}.",
            url=holder.edit_url,
            decides=(holder.url, check.outcome, check.status),
            document=holder.document,
            group=holder.kind,
            details={"link": holder.url, "checked_at": check.checked_at},
        )


def reliability() -> str:
    """How far the answer can be relied upon. Unknown is never “none”."""
    urls = held_urls()
    checked = LinkCheck.objects.filter(url__in=urls).aggregate(
        n=Count("pk"),
        last=Max("checked_at"),
    )
    how = "Run “manage.py check_links”."
    if not urls:
        return "The catalogue holds no addresses."
    if not checked["n"]:
        return f"Never checked: whether any of {len(urls)} addresses is broken is not known. {how}"
    rest = f"All {len(urls)} were checked."
    if unchecked := len(urls) - checked["n"]:
        rest = f"{unchecked} of {len(urls)} have not been checked yet. {how}"
    last = checked["last"]
    return f"Last checked on {last:%-d %B %Y}, {timesince(last)} ago. {rest}"


def is_checked() -> bool:
    return LinkCheck.objects.exists()


def held_urls() -> set[str]:
    return {holder.url for holder in holders()}


@transaction.atomic
def store_link_checks(answers: dict[str, tuple[str, int | None, str]]) -> None:
    """Stores (outcome, status, detail) of each address, and counts how often in a row it
    failed; forgets addresses that the catalogue no longer holds.
    """
    now = timezone.now()
    existing = LinkCheck.objects.in_bulk(field_name="url")
    rows = []
    for url, (outcome, status, detail) in answers.items():
        row = existing.get(url) or LinkCheck(url=url)
        row.failures = (
            0 if outcome == LinkCheck.Outcome.SOUND else row.failures + 1
        )
        row.outcome = outcome
        row.status = status
        row.detail = detail[:300]
        row.checked_at = now
        rows.append(row)
    LinkCheck.objects.bulk_create([row for row in rows if row.pk is None])
    LinkCheck.objects.bulk_update(
        [row for row in rows if row.url in existing],
        ["checked_at", "outcome", "status", "detail", "failures"],
        200,
    )
    LinkCheck.objects.exclude(url__in=held_urls()).delete()


CHECKS.register(
    Check(
        "broken-link",
        "Broken links",
        "Addresses of documents, their DOIs and arXiv ids, of external identifiers and taxonomies that lead nowhere. Look for where "
        f"the page has gone. A server that only refuses robots, or is slow, is named after {PATIENCE} checks in a row.",
        broken,
        follows_revision=False,
        is_known=is_checked,
        note=reliability,
        template="admin/catalogue/quality/_link.html",
        position=70,
    ),
)
