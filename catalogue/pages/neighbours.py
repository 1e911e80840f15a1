"""What stands beside a mitigation: others of its category, and others of its document."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.db.models import Q, QuerySet
from pyroaring import BitMap

from ..listing.index import current_index
from ..listing.ordering import Run
from ..listing.sources import BY_KEY, EMPTY, at_or_below, by_primary_place
from ..models import Category, Document, Mitigation

#: How many of each kind a page names: the page is about the mitigation, and lists have the rest.
NEIGHBOURS = 3


@dataclass
class Neighbours:
    """The first few of a category's or document's other mitigations."""

    mitigations: Run
    #: How many mitigations the whole list has, the page's own among them.
    count: int


def neighbours(mitigation: Mitigation) -> dict[str, Neighbours | Category]:
    """Others of the same document, and of its category: `in_document`, and where it has a
    primary category `in_category`, with `category`, the narrowest one that has others.
    None is named in both.
    """
    of_document = Mitigation.objects.published().filter(
        document=mitigation.document,
    )
    in_document = _nearest_neighbours(of_document, mitigation)
    category, in_category = _in_category(mitigation, {*in_document})
    count = len(_in_document(mitigation.document))
    result: dict[str, Neighbours | Category] = {
        "in_document": Neighbours(_beside(in_document), count),
    }
    if category:
        result["category"] = category
        result["in_category"] = Neighbours(
            _beside(in_category),
            _count_in(category),
        )
    return result


def _beside(keys: list[int]) -> Run:
    """Mitigations to be drawn by `catalogue/_neighbour.html`."""
    records = Mitigation.objects.with_classifications()
    return Run(dict.fromkeys(keys, {}), records)


def _nearest_neighbours(
    of_document: QuerySet,
    mitigation: Mitigation,
) -> list[int]:
    """Those that stand next to it in its document: one before it, the others after it; more
    from one side where the other has fewer.
    """
    earlier = Q(position__lt=mitigation.position) | Q(
        position=mitigation.position,
        pk__lt=mitigation.pk,
    )
    keys = of_document.values_list("pk", flat=True)
    before = list(
        keys.filter(earlier).order_by("-position", "-pk")[:NEIGHBOURS],
    )
    after = list(
        keys.exclude(earlier)
        .exclude(pk=mitigation.pk)
        .order_by("position", "pk")[:NEIGHBOURS],
    )
    row = [*reversed(before), *after]
    start = min(len(before) - 1, len(row) - NEIGHBOURS)
    return row[max(start, 0) :][:NEIGHBOURS]


def _in_category(
    mitigation: Mitigation,
    named: set[int],
) -> tuple[Category | None, list[int]]:
    """The narrowest category above or at its primary one that has others, and the first of them."""
    primary = mitigation.primary
    if primary is None:
        return None, []
    but_not = {*named, mitigation.pk}
    for category in reversed(primary.category.lineage):
        keys = list(islice(_first_in(category, but_not), NEIGHBOURS))
        if keys:
            return category, keys
    return primary.category, []


def _first_in(category: Category, but_not: set[int]) -> Iterator[int]:
    """Those whose primary place is at or below a category, in the order of the codes."""
    places = current_index().sets(by_primary_place(category.taxonomy))
    for place in sorted(places):
        if place.startswith(category.path):
            yield from (key for key in places[place] if key not in but_not)


def _in_document(document: Document) -> BitMap:
    return current_index().sets(BY_KEY[Document]).get(document.pk, EMPTY)


def _count_in(category: Category) -> int:
    filed = current_index().sets(at_or_below(category.taxonomy))
    return len(filed.get(category.path, EMPTY))
