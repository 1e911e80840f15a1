"""What the browsing pages show: categories and terms with how many published mitigations stand there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber, Substr

from . import changes
from .facets import filed_under
from .fields import PATH_STEP
from .filters import MitigationFilter
from .index import EMPTY, current
from .models import (
    Actor,
    Category,
    Classification,
    Document,
    LifecyclePhase,
    Mapping,
    Mitigation,
    Release,
    RiskManagementFunction,
    Taxonomy,
)
from .problems import Problem, unknown_value
from .releases import reading

PUBLISHED = Q(mitigations__status=Mitigation.Status.PUBLISHED)

#: The forms in which the list can be shown; the first one unless asked.
LAYOUTS = ("cards", "table")
PAGE_SIZE = 25
#: Pages by number go no deeper: the database would have to walk past all that comes before. The API's cursors go to the end.
LAST_PAGE = 400
PAGE_NUMBER = re.compile("[1-9][0-9]{0,8}")
TOO_DEEP = (
    f"Give a whole number from 1 to {LAST_PAGE}. For what comes after {LAST_PAGE * PAGE_SIZE:,} mitigations, choose more filters, "
    "or take all from the API."
)

#: Steps of shade in the figure on the home page.
SHADES = 5

#: How many mitigations of one category a mitigation's page names.
SHELF = 4

Counted = TypeVar("Counted", bound=Any)


@dataclass
class Branch:
    """A category with the number of published mitigations at or below it, and its branches.

    `share` is that number as a percentage of the largest one beside which it is drawn.
    """

    category: Category
    count: int
    branches: list["Branch"] = field(default_factory=list)
    share: int = 0


@dataclass
class Shelf:
    """A category beside a mitigation's own: how many stand there, and the first few of them."""

    category: Category
    count: int
    mitigations: list[Mitigation]


def with_shares(rows: Sequence[Counted], largest: int | None = None) -> Sequence[Counted]:
    """The rows, each with `share`: its `count` in per cent of the largest."""
    largest = largest or max((row.count for row in rows), default=0)
    for row in rows:
        row.share = round(100 * row.count / largest) if largest else 0
    return rows


def tree(taxonomy: Taxonomy) -> list[Branch]:
    """The whole tree of a taxonomy, in three queries."""
    filed = current().sets(filed_under(taxonomy))
    top: list[Branch] = []
    by_code: dict[str, Branch] = {}
    for category in taxonomy.categories.order_by("path"):
        category.taxonomy = taxonomy
        branch = by_code[category.code] = Branch(category, len(filed.get(category.path, EMPTY)))
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


def counted(model):
    """Terms of a vocabulary, or documents, each with its `count` of published mitigations."""
    return model.objects.annotate(count=Count("mitigations", filter=PUBLISHED, distinct=True)).order_by(
        *model._meta.ordering
    )


def lifecycle() -> list[LifecyclePhase]:
    """The phases in their order, without the special terms."""
    return list(LifecyclePhase.objects.filter(is_special=False))


# The home page


def phase_grid(branches: list[Branch], phases: list[LifecyclePhase]) -> list[dict]:
    """Published mitigations by second-level category (rows) and lifecycle phase: each count is that of the list.

    Branches without any mitigation are left out; an empty category of another branch shows as a gap.
    """
    filed = Classification.objects.filter(taxonomy__is_default=True, mitigation__status=Mitigation.Status.PUBLISHED)
    counts = {
        (place, phase): n
        for place, phase, n in filed.annotate(place=Substr("category__path", 1, 2 * PATH_STEP))
        .values_list("place", "mitigation__phases__slug")
        .annotate(n=Count("mitigation", distinct=True))
        .order_by()
    }
    filled = [inner.category for branch in branches if branch.count for inner in branch.branches or [branch]]
    slugs = {phase.slug for phase in phases}
    largest = max((n for (_, phase), n in counts.items() if phase in slugs), default=0)
    return [{"category": row, "cells": [_cell(counts, row, p, largest) for p in phases]} for row in filled]


def _cell(counts: dict[tuple[str, str], int], row: Category, phase: LifecyclePhase, largest: int) -> dict:
    count = counts.get((row.path, phase.slug), 0)
    # By the root: a few cells are far larger than the others, which would else all look alike.
    shade = -(-SHADES * (count / largest) ** 0.5 // 1) if count else 0
    return {"phase": phase, "count": count, "shade": int(shade)}


def home() -> dict:
    """All that the home page shows."""
    taxonomies = list(Taxonomy.objects.all())
    default = next((t for t in taxonomies if t.is_default), None)
    risks = next((t for t in taxonomies if t.is_of_risks), None)
    branches = tree(default) if default else []
    phases = lifecycle()
    return {
        "taxonomy": default,
        "risk_taxonomy": risks,
        "branches": branches,
        "risks": tree(risks) if risks else [],
        "vocabularies": [
            ("By lifecycle phase", with_shares(list(counted(LifecyclePhase)))),
            ("By who acts", with_shares(list(counted(Actor)))),
            ("By function", with_shares(list(counted(RiskManagementFunction)))),
        ],
        "documents": with_shares(list(counted(Document))),
        "mitigation_count": Mitigation.objects.published().count(),
        "category_count": default.categories.count() if default else 0,
        "lifecycle": phases,
        "grid": phase_grid(branches, phases),
        "latest_release": None if reading.current() else Release.objects.newest_first().first(),
        "newest": Mitigation.objects.published().for_list().order_by("-created_at", "pk")[:5],
    }


# The page of a mitigation


def related_mappings(mitigation: Mitigation) -> list[dict]:
    """The mitigation's mappings as its reader sees them: `other` (or None, and `mapping.entry`), `relation`, `mapping`."""
    rows = Mapping.objects.published().about(mitigation).for_display()
    order = list(Mapping.Relation)
    seen = []
    for mapping in rows:
        other, relation = mapping.seen_from(mitigation)
        seen.append({"other": other, "relation": relation, "mapping": mapping})
    return sorted(seen, key=lambda row: order.index(row["relation"]))


def shelves(mitigation: Mitigation, own: Category) -> list[Shelf]:
    """The categories under the same parent as `own`, it too, each with the first of its other mitigations.

    Counts are those of the list under that category; named are those whose primary place it is.
    """
    beside = Category.objects.filter(taxonomy=own.taxonomy_id, parent=own.parent_id) if own.parent else [own]
    above = own.parent or own
    filed = Classification.objects.filter(
        taxonomy=own.taxonomy_id,
        category__path__startswith=above.path,
        mitigation__status=Mitigation.Status.PUBLISHED,
    ).annotate(place=Substr("category__path", 1, len(own.path)))
    counts = dict(filed.values_list("place").annotate(n=Count("mitigation", distinct=True)).order_by())
    named: dict[str, list[Mitigation]] = {}
    for row in _first_of_each(filed.filter(is_primary=True).exclude(mitigation=mitigation)):
        named.setdefault(row.place, []).append(row.mitigation)
    found = []
    for category in beside:
        category.taxonomy = own.taxonomy
        found.append(Shelf(category, counts.get(category.path, 0), named.get(category.path, [])))
    return found


def _first_of_each(filed):
    """The first classifications of each `place`, in the order of their codes, in one query."""
    order = ["category__path", "mitigation__accession"]
    nth = Window(RowNumber(), partition_by=F("place"), order_by=order)
    return filed.annotate(nth=nth).filter(nth__lte=SHELF).select_related("mitigation__document").order_by(*order)


def around(mitigation: Mitigation) -> dict:
    """What a mitigation's page shows beside its own record."""
    primary = mitigation.primary
    neighbours = Mitigation.objects.published().filter(document=mitigation.document)
    return {
        "parent": (primary.category.parent or primary.category) if primary else None,
        "shelves": shelves(mitigation, primary.category) if primary else [],
        "mappings": related_mappings(mitigation),
        "before": neighbours.filter(_stands_before(mitigation)).order_by("-position", "-pk")[:3][::-1],
        "after": neighbours.exclude(_stands_before(mitigation))
        .exclude(pk=mitigation.pk)
        .order_by("position", "pk")[:3],
        "past": changes.history_of(mitigation.pk),
        "lifecycle": lifecycle(),
    }


def _stands_before(mitigation: Mitigation) -> Q:
    """Those that come earlier in the same document."""
    return Q(position__lt=mitigation.position) | Q(position=mitigation.position, pk__lt=mitigation.pk)


def documents_with_authors():
    return counted(Document).prefetch_related("authors")


# Addresses that cannot be read


def layout_problems(filters: MitigationFilter) -> list[Problem]:
    """What is wrong with `view` and `page`, which only the page reads."""
    view, page = filters.value("view"), filters.value("page")
    problems = [unknown_value("view", view, list(LAYOUTS))] if view and view not in LAYOUTS else []
    if page and not (PAGE_NUMBER.fullmatch(page) and int(page) <= LAST_PAGE):
        problems.append(Problem("page", page, TOO_DEEP, []))
    return problems


def corrected_query(filters: MitigationFilter) -> str:
    """The nearest query string that can be read: with what is suggested, and without what is near to nothing."""
    data = filters.data.copy()
    known = [*filters.filters, "ordering", *filters.extra]
    for problem in [*filters.problems, *layout_problems(filters)]:
        if problem.parameter not in data:
            continue
        values = data.pop(problem.parameter)
        if problem.parameter not in known and problem.suggestion:
            data.setlist(problem.suggestion, [*data.getlist(problem.suggestion), *values])
        elif problem.parameter in known and problem.value in values:
            better = [problem.suggestion if value == problem.value else value for value in values]
            data.setlist(problem.parameter, [value for value in better if value])
    data.pop("page", None)
    for name in type(filters)(data, filters.queryset, extra=filters.extra).refused():
        data.pop(name)
    return "?" + data.urlencode()
