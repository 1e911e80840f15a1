"""What is offered to be compared too."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import QueryDict

from catalogue.listing.filters import MitigationFilter
from catalogue.listing.index import current_index
from catalogue.listing.sources import EMPTY, at_or_below
from catalogue.models import Mitigation

#: So many are offered, of which so many for each reason but the first.
MOST_OFFERED = 5
MOST_OF_A_KIND = 3


@dataclass(frozen=True)
class Offer:
    """A mitigation, and why it is offered; empty: it was searched for."""

    mitigation: Mitigation
    why: str = ""


def offers_matching(text: str, chosen: list[str]) -> list[Offer]:
    """What the list finds for what was typed, but those chosen."""
    query = QueryDict(mutable=True)
    query["q"] = text
    filters = MitigationFilter(query, Mitigation.objects.for_list())
    if filters.problems:
        return []
    found = filters.qs[: MOST_OFFERED + len(chosen)]
    others = [one for one in found if one.accession not in chosen]
    return [Offer(one) for one in others[:MOST_OFFERED]]


def alike(chosen: list[Mitigation]) -> list[Offer]:
    """Other wordings of the measures chosen, then those of the first one's category, then those
    that address its foremost risk.
    """
    taken = {one.pk for one in chosen}
    reasons: dict[int, str] = {}
    for why, keys in _reasons(chosen):
        rest = [key for key in keys if key not in taken and key not in reasons]
        most = MOST_OFFERED - len(reasons)
        for key in rest[: min(most, MOST_OF_A_KIND)]:
            reasons[key] = why
    rows = Mitigation.objects.published_among(reasons)
    found = rows.select_related("document").in_bulk()
    return [
        Offer(found[key], why) for key, why in reasons.items() if key in found
    ]


def _reasons(chosen: list[Mitigation]) -> Iterator[tuple[str, list[int]]]:
    """Why some may be offered, and their keys."""
    index = current_index()
    for one in chosen:
        yield "the same measure", list(index.measures.wordings_of(one.pk))
    rows = sorted(
        chosen[0].classifications.all(),
        key=lambda row: (row.taxonomy.is_of_risks, not row.is_primary),
    )
    for row in rows:
        category = row.category
        filed = index.sets(at_or_below(row.taxonomy))
        why = "addresses" if row.taxonomy.is_of_risks else "in"
        keys = filed.get(category.path, EMPTY)
        yield f"{why} {category.code} {category.name}", list(keys)
