"""What stands in the catalogue twice: mitigations of one document with the same name, and
documents that are the same one.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from catalogue.models import Document, Mitigation
from catalogue.models.document import names_of, words_of

from ..base import CHECKS, Check, Issue, change_url


def same_name_in_a_document() -> Iterator[Issue]:
    """One finding for each name, with all that have it."""
    rows = Mitigation.objects.not_retired().select_related("document")
    in_order = rows.order_by("document__slug", "accession")
    for document, mitigations in groupby(in_order, key=attrgetter("document")):
        for same in _groups_sharing(
            mitigations,
            lambda row: [words_of(row.name)],
        ):
            first, *others = same
            accessions = ", ".join(row.accession for row in others)
            yield Issue(
                subject=" ".join(row.accession for row in same),
                record=f"{first.accession} and {accessions}",
                message=f"“{first.name}” of {document} stands here {len(same)} times. Withdraw all but one, with {first.accession} "
                "for what replaces them, or give them names that tell them apart.",
                url=change_url(Mitigation, others[0].pk, "name"),
                decides=tuple((row.name, row.description) for row in same),
                document=document.slug,
            )


def same_document() -> Iterator[Issue]:
    """Documents with the same DOI in any case, the same arXiv id in any version, or the same
    title and year.
    """
    rows = list(Document.objects.order_by("slug"))
    for same in _groups_sharing(rows, _identities):
        first, *others = same
        slugs = ", ".join(row.slug for row in others)
        yield Issue(
            subject=" ".join(row.slug for row in same),
            record=f"{first.label} and {', '.join(row.label for row in others)}",
            message=f"“{first.title}” stands here as {first.slug} and as {slugs}. Give its mitigations to one of them, and delete "
            "the other; or correct what is wrong with DOI, arXiv id or title.",
            url=change_url(Document, others[0].pk, "title"),
            decides=tuple(
                (row.doi, row.arxiv_id, row.title, row.year) for row in same
            ),
            document=first.slug,
        )


def _identities(document: Document) -> set[str]:
    title = f"title:{words_of(document.title)} {document.year}"
    return names_of(document.doi, document.arxiv_id) | {title}


@dataclass
class _Group:
    names: set[str]
    rows: list[Any]


def _groups_sharing(
    rows: Iterable[Any],
    known_by: Callable[[Any], Iterable[str]],
) -> Iterator[list[Any]]:
    """Groups of at least two rows that share a name, directly or through others, in the order
    of their first ones.
    """
    group_of: dict[str, _Group] = {}
    place: dict[int, int] = {}
    for number, row in enumerate(rows):
        place[row.pk] = number
        group = _Group(set(known_by(row)), [row])
        joined: set[str] = set()
        for name in list(group.names):
            other = group_of.get(name)
            if other is None or name in joined:
                continue
            joined |= other.names
            group = _Group(other.names | group.names, other.rows + group.rows)
        group_of.update(dict.fromkeys(group.names, group))
    seen: set[int] = set()
    for group in group_of.values():
        if id(group) not in seen and len(group.rows) > 1:
            seen.add(id(group))
            yield sorted(group.rows, key=lambda row: place[row.pk])


CHECKS.register(
    Check(
        "same-name-in-document",
        "Mitigations of one document with the same name",
        "A measure that stands twice counts twice, and each has half of what is known of it. Withdraw all but one, with that one "
        "for what replaces them; or name them so that they can be told apart.",
        same_name_in_a_document,
        position=40,
    ),
)

CHECKS.register(
    Check(
        "same-document",
        "Documents that are likely the same one",
        "Documents with the same DOI in any case, the same arXiv id in any version, or the same title and year.",
        same_document,
        position=40,
    ),
)
