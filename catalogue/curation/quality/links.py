"""Addresses that no longer lead anywhere: those of documents, their DOIs and arXiv ids,
external identifiers, taxonomies.

`manage.py check_links` asks them and keeps what they answered; the desk reads what was kept.
"""

from collections import defaultdict
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Count, Max, Min
from django.utils import timezone
from django.utils.timesince import timesince

from catalogue.models import (
    Document,
    ExternalIdentifier,
    LinkCheck,
    Mitigation,
    Taxonomy,
)

from .base import CHECKS, Check, Finding, change_url
from .descriptions import named

#: A server that cannot be told about (it refuses robots, it is slow, it fails) is named after
#: so many checks in a row.
PATIENCE = 3


class Source:
    """A record that holds an address."""

    def __init__(
        self, url: str, record: str, edit_url: str, document: str = "", kind: str = ""
    ):
        self.url, self.record, self.edit_url, self.document, self.kind = (
            url,
            record,
            edit_url,
            document,
            kind,
        )


def sources() -> Iterator[Source]:
    """Every address of the catalogue, with the record that holds it. One that several hold
    comes several times.
    """
    for row in Document.objects.order_by("pk"):
        kept = {"url": row.url, "doi": row.doi and f"https://doi.org/{row.doi}"}
        kept["arxiv_id"] = row.arxiv_id and f"https://arxiv.org/abs/{row.arxiv_id}"
        for field, url in kept.items():
            if url:
                yield Source(
                    url,
                    row.label,
                    change_url(Document, row.pk, field),
                    row.slug,
                    f"document’s {LABELS[field]}",
                )
    for identifier in (
        ExternalIdentifier.objects.exclude(url="")
        .select_related("mitigation__document")
        .order_by("pk")
    ):
        mitigation = identifier.mitigation
        edit_url = f"{change_url(Mitigation, mitigation.pk)}#external_identifiers-group"
        yield Source(
            identifier.url,
            named(mitigation),
            edit_url,
            mitigation.document.slug,
            "external identifier",
        )
    for taxonomy in Taxonomy.objects.exclude(url=""):
        yield Source(
            taxonomy.url,
            taxonomy.title,
            change_url(Taxonomy, taxonomy.pk, "url"),
            kind="taxonomy",
        )


LABELS = {"url": "address", "doi": "DOI", "arxiv_id": "arXiv id"}


def broken() -> Iterator[Finding]:
    checks = {
        row.url: row
        for row in LinkCheck.objects.exclude(outcome=LinkCheck.Outcome.SOUND)
    }
    for source in sources():
        row = checks.get(source.url)
        if row is None or (
            row.outcome == LinkCheck.Outcome.UNCLEAR and row.failures < PATIENCE
        ):
            continue
        times = f", {row.failures} checks in a row" if row.failures > 1 else ""
        yield Finding(
            subject=f"{source.edit_url.removeprefix('/admin/')} {source.url}"[:200],
            record=source.record,
            message=f"{source.url} {row.get_outcome_display()}: {row.detail}{times}.",
            url=source.edit_url,
            decides=(source.url, row.outcome, row.status),
            document=source.document,
            group=source.kind,
            shown={"link": source.url, "checked_at": row.checked_at},
        )


def note() -> str:
    """How far the answer can be relied upon. Unknown is never “none”."""
    urls = {source.url for source in sources()}
    checked = LinkCheck.objects.filter(url__in=urls).aggregate(
        n=Count("pk"), first=Min("checked_at"), last=Max("checked_at")
    )
    how = "Run “manage.py check_links”."
    if not urls:
        return "The catalogue holds no addresses."
    if not checked["n"]:
        return f"Never checked: whether any of {len(urls)} addresses is broken is not known. {how}"
    unchecked = len(urls) - checked["n"]
    rest = (
        f" {unchecked} of {len(urls)} have not been checked yet. {how}"
        if unchecked
        else f" All {len(urls)} were checked."
    )
    return f"Last checked on {checked['last']:%-d %B %Y}, {timesince(checked['last'])} ago.{rest}"


def is_checked() -> bool:
    return LinkCheck.objects.exists()


def by_url() -> dict[str, list[Source]]:
    found: dict[str, list[Source]] = defaultdict(list)
    for source in sources():
        found[source.url].append(source)
    return found


@transaction.atomic
def keep(answers: dict[str, tuple[str, int | None, str]]) -> None:
    """Stores (outcome, status, detail) of each address, and counts how often in a row it
    failed; forgets addresses that the catalogue no longer holds.
    """
    now, known = timezone.now(), LinkCheck.objects.in_bulk(field_name="url")
    for url, (outcome, status, detail) in answers.items():
        row = known.setdefault(url, LinkCheck(url=url))
        row.failures = 0 if outcome == LinkCheck.Outcome.SOUND else row.failures + 1
        row.outcome, row.status, row.detail, row.checked_at = (
            outcome,
            status,
            detail[:300],
            now,
        )
    rows = [known[url] for url in answers]
    new, old = (
        [row for row in rows if row.pk is None],
        [row for row in rows if row.pk is not None],
    )
    LinkCheck.objects.bulk_create(new)
    LinkCheck.objects.bulk_update(
        old, ["checked_at", "outcome", "status", "detail", "failures"], 200
    )
    LinkCheck.objects.exclude(url__in=by_url()).delete()


BROKEN = CHECKS.register(
    Check(
        "broken-link",
        "Broken links",
        "Addresses of documents, their DOIs and arXiv ids, of external identifiers and taxonomies that lead nowhere. Look for where "
        f"the page has gone. A server that only refuses robots, or is slow, is named after {PATIENCE} checks in a row.",
        broken,
        follows_revision=False,
        is_known=is_checked,
        note=note,
        template="admin/catalogue/quality/_link.html",
    )
)
