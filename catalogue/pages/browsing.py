"""What the browsing pages show: categories and terms with how many published mitigations stand
there.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, TypeVar

from django import forms
from django.db.models import Min
from pyroaring import BitMap

from serving.registry import Registry

from .. import reading
from ..curation import changes
from ..listing.across import FoundTarget, SearchAcross
from ..listing.filters import MitigationFilter, all_taxonomies
from ..listing.index import Index, current_index
from ..listing.ordering import Selection
from ..listing.sources import (
    BY_KEY,
    EMPTY,
    at_or_below,
    by_primary_place,
)
from ..models import (
    VOCABULARIES,
    Category,
    Document,
    Instrument,
    LifecyclePhase,
    Mapping,
    Mitigation,
    Release,
    Taxonomy,
    Term,
)
from .asked import asked_for_by
from .figure import figure_of_kinds
from .neighbours import neighbours

#: The forms in which the list can be shown; the first one unless asked.
LAYOUTS = ("cards", "table")
PAGE_SIZE = 25
#: So many ways are shown above the results of a search.
MOST_WAYS = 4
#: Pages by number go no deeper: the database would have to walk past all that comes before. The
#: API's cursors go to the end.
LAST_PAGE = 400
#: The value of `page` that stands for all on one page, to be printed, and how many that page
#: holds at most.
WHOLE = "all"
LONGEST_PAGE = 500
PAGE_NUMBER = re.compile("[1-9][0-9]{0,8}")
TOO_DEEP = (
    f"Give a whole number from 1 to {LAST_PAGE}. For what comes after {LAST_PAGE * PAGE_SIZE:,} mitigations, choose more filters, "
    "or take all from the API."
)


#: How many of the mitigations that came last the home page shows.
NEWEST_AT_HOME = 5

#: How many documents the home page names.
DOCUMENTS_AT_HOME = 12

Counted = TypeVar("Counted", bound=Any)
Splits = dict[str, dict[Any, BitMap]]


@dataclass
class Branch:
    """A category with the number of published mitigations at or below it, and its branches.

    `share` is that number as a percentage of the largest one beside which it is drawn.
    """

    category: Category
    count: int
    branches: list["Branch"] = field(default_factory=list)
    share: int = 0


def with_shares(
    rows: Sequence[Counted],
    largest: int | None = None,
) -> Sequence[Counted]:
    """The rows, each with `share`: its `count` in per cent of the largest."""
    largest = largest or max((row.count for row in rows), default=0)
    for row in rows:
        row.share = round(100 * row.count / largest) if largest else 0
    return rows


def categories(index: Index, taxonomy: Taxonomy) -> list[Category]:
    """Those of a taxonomy, in order. They are everybody's: change none."""

    def read() -> list[Category]:
        rows = list(taxonomy.categories.order_by("path"))
        for category in rows:
            category.taxonomy = taxonomy
        return rows

    return index.per_structure(("categories", taxonomy.pk), read)


def tree(taxonomy: Taxonomy) -> list[Branch]:
    """The whole tree of a taxonomy."""
    index = current_index()
    filed = index.sets(at_or_below(taxonomy))
    top: list[Branch] = []
    by_code: dict[str, Branch] = {}
    for category in categories(index, taxonomy):
        branch = by_code[category.code] = Branch(
            category,
            len(filed.get(category.path, EMPTY)),
        )
        above = by_code.get(category.code.rpartition(".")[0])
        (above.branches if above else top).append(branch)
    with_shares(list(by_code.values()))
    return top


def branch_of(category: Category) -> tuple[Branch, list[Branch]]:
    """The category's own branch, and all those under the same parent, its own too."""

    def search(branches: list[Branch]) -> tuple[Branch, list[Branch]] | None:
        for branch in branches:
            if branch.category.pk == category.pk:
                return branch, branches
            if found := search(branch.branches):
                return found
        return None

    found = search(tree(category.taxonomy))
    assert found is not None  # the tree holds every category
    return found


def counted(rows: Iterable[Counted]) -> list[Counted]:
    """Terms of a vocabulary, or documents, each with its `count` of published mitigations."""
    found = list(rows)
    for row in found:
        row.count = len(carrying(row))
    return found


def lifecycle() -> list[LifecyclePhase]:
    """The phases in their order, without the special terms. They are everybody's: change none."""
    return current_index().per_structure(
        "lifecycle",
        lambda: list(LifecyclePhase.objects.filter(is_special=False)),
    )


def entries_of(
    keys: BitMap,
    columns: Sequence[str] = ("pk",),
    splits: Splits | None = None,
) -> Selection:
    """Mitigations as entries of a list, in an order."""
    return Selection(
        keys,
        columns,
        splits or {},
        Mitigation.objects.for_list(),
    )


def newest(most: int) -> Selection:
    """The last mitigations that were added, of those added after the day on which the catalogue
    began: what was loaded then is no newer than the rest.
    """
    published = Mitigation.objects.published()
    first = published.aggregate(first=Min("created_at"))["first"]
    if first is None:
        return entries_of(EMPTY)
    later = published.filter(
        created_at__gte=datetime.combine(first.date(), time.min, UTC)
        + timedelta(days=1),
    )
    keys = later.order_by("-created_at", "-pk").values_list("pk", flat=True)[
        :most
    ]
    return entries_of(BitMap(keys), ("-created_at", "-pk"))


def in_category(category: Category) -> tuple[BitMap, BitMap]:
    """The keys of those at or below a category: of those whose primary place it is, and of those
    whose primary place is elsewhere.
    """
    index = current_index()
    standing = index.sets(at_or_below(category.taxonomy)).get(
        category.path,
        EMPTY,
    )
    places = index.sets(by_primary_place(category.taxonomy))
    below = BitMap.union(
        EMPTY,
        *(
            keys
            for path, keys in places.items()
            if path.startswith(category.path)
        ),
    )
    return standing & below, standing - below


def carrying(term: Term | Document) -> BitMap:
    return current_index().sets(BY_KEY[type(term)]).get(term.pk, EMPTY)


def from_document(document: Document) -> Selection:
    """Those of a document, as they stand in it."""
    return entries_of(carrying(document), ("position", "pk"))


# The home page


def home() -> dict:
    """All that the home page shows. It is everybody's: change nothing of it."""
    index = current_index()
    return index.per_revision("home", lambda: _home(index))


def _rows_of_figure(branches: list[Branch]) -> list[Category]:
    """Branches without any mitigation are left out; an empty category of another branch shows
    as a gap.
    """
    return [
        inner.category
        for branch in branches
        if branch.count
        for inner in branch.branches or [branch]
    ]


def _home(index: Index) -> dict:
    known = all_taxonomies(index)
    default = next((t for t in known if t.is_default), None)
    risks = next((t for t in known if t.is_of_risks), None)
    branches = tree(default) if default else []
    phases = lifecycle()
    terms = {
        one: with_shares(counted(one._default_manager.all()))
        for one in VOCABULARIES
    }
    largest = max(map(len, index.sets(BY_KEY[Document]).values()), default=0)
    return {
        "taxonomy": default,
        "risk_taxonomy": risks,
        "branches": branches,
        "risks": tree(risks) if risks else [],
        "vocabularies": [
            (one.heading, shares) for one, shares in terms.items()
        ],
        "documents": with_shares(
            documents_with_most(DOCUMENTS_AT_HOME),
            largest,
        ),
        "document_count": Document.objects.count(),
        "law_count": Instrument.objects.count(),
        "mitigation_count": len(index.published),
        "measure_count": index.measures.count(index.published),
        "category_count": len(categories(index, default)) if default else 0,
        "lifecycle": phases,
        **figure_of_kinds(
            _rows_of_figure(branches),
            phases,
            terms[LifecyclePhase],
            index,
        ),
        "latest_release": None
        if reading.current()
        else Release.objects.newest_first().first(),
        "newest": newest(NEWEST_AT_HOME)[:NEWEST_AT_HOME],
    }


def other_wordings(keys: Iterable[int]) -> dict[int, list[Mitigation]]:
    """For those of some mitigations whose measure has several wordings, the others: each with
    its document. At most one query.
    """
    measures = current_index().measures
    reworded = BitMap(keys) & measures.reworded
    if not reworded:
        return {}
    rows = Mitigation.objects.published_among(measures.within(reworded))
    found = rows.select_related("document").in_bulk()
    others = {}
    for key in reworded:
        other_keys = measures.wordings_of(key) - BitMap([key])
        others[key] = [found[one] for one in other_keys if one in found]
    return others


# The list


def further_ways(filters: MitigationFilter, page: int) -> list[FoundTarget]:
    """What the search of a list leads to beside it, to stand above its first page."""
    if not filters.search or page > 1:
        return []
    return SearchAcross(filters).further_ways(MOST_WAYS)


# The page of a mitigation


def related_mappings(mitigation: Mitigation) -> list[dict]:
    """The mitigation's mappings as its reader sees them: `other` (or None, and
    `mapping.entry`), `relation`, `mapping`.
    """
    rows = Mapping.objects.published().of_measures().about(mitigation)
    order = list(Mapping.Relation)
    seen = []
    for mapping in rows.with_measures():
        other, relation = mapping.seen_from(mitigation)
        seen.append({"other": other, "relation": relation, "mapping": mapping})
    return sorted(seen, key=lambda row: order.index(row["relation"]))


def around(mitigation: Mitigation) -> dict:
    """What a mitigation's page shows beside its own record."""
    return {
        **neighbours(mitigation),
        "mappings": related_mappings(mitigation),
        **asked_for_by(mitigation),
        "past": changes.history_of(mitigation.pk),
        "lifecycle": lifecycle(),
    }


def documents_with_most(number: int) -> list[Document]:
    """So many, those with the most mitigations first."""
    largest = sorted(
        current_index().sets(BY_KEY[Document]).items(),
        key=lambda entry: (-len(entry[1]), entry[0]),
    )
    found = Document.objects.in_bulk(
        [pk for pk, keys in largest[:number] if keys],
    )
    return counted([found[pk] for pk, _ in largest[:number] if pk in found])


def documents_behind(keys: BitMap) -> list[Document]:
    """Those that mitigations are of, in their own order, with their authors."""
    sources = current_index().sets(BY_KEY[Document])
    behind = [
        pk
        for pk, of_document in sources.items()
        if keys.intersect(of_document)
    ]
    return list(Document.objects.with_authors().filter(pk__in=behind))


def documents_with_authors() -> list[Document]:
    return counted(Document.objects.prefetch_related("authors"))


# Addresses that cannot be read


class PageField(forms.CharField):
    """The number of a page, or the word for all on one."""

    def validate(self, value):
        if value in ("", WHOLE):
            return
        if not PAGE_NUMBER.fullmatch(value) or int(value) > LAST_PAGE:
            raise forms.ValidationError(TOO_DEEP)


#: Further ways to look at a list than its own layouts: by name, what each is called, and its
#: address for the filters of the list, empty where it is none. Other apps register theirs when Django is ready.
FURTHER_LAYOUTS: Registry[
    str,
    tuple[str, Callable[[MitigationFilter], str]],
] = Registry("layout")


def further_layouts(filters: MitigationFilter) -> list[tuple[str, str]]:
    """(what each is called, its address) of those that the list can be looked at in."""
    found = []
    for label, address in FURTHER_LAYOUTS.values():
        if url := address(filters):
            found.append((label, url))
    return found
