"""What the browsing pages show: categories and terms with how many published mitigations stand there."""

from dataclasses import dataclass, field

from django.db.models import Count, Prefetch, Q

from .facets import CategoryFacet
from .models import (
    Actor,
    Category,
    Classification,
    Document,
    LifecyclePhase,
    Mapping,
    Mitigation,
    RiskManagementFunction,
    Taxonomy,
)

PUBLISHED = Q(mitigations__status=Mitigation.Status.PUBLISHED)


@dataclass
class Branch:
    """A category with the number of published mitigations at or below it, and its branches."""

    category: Category
    count: int
    branches: list["Branch"] = field(default_factory=list)


def tree(taxonomy: Taxonomy) -> list[Branch]:
    """The whole tree of a taxonomy, in two queries."""
    facet = CategoryFacet(taxonomy_of=lambda filters: taxonomy)
    facet.parent = None
    counts = facet.counts(Mitigation.objects.published())
    top: list[Branch] = []
    by_code: dict[str, Branch] = {}
    for category in taxonomy.categories.order_by("path"):
        category.taxonomy = taxonomy
        branch = by_code[category.code] = Branch(category, counts.get(category.code, 0))
        above = by_code.get(category.code.rpartition(".")[0])
        (above.branches if above else top).append(branch)
    return top


def branch_of(category: Category) -> tuple[Branch, list[Branch]]:
    """The category's own branch, and those beside it under the same parent."""

    def search(branches: list[Branch]) -> tuple[Branch, list[Branch]] | None:
        for branch in branches:
            if branch.category.pk == category.pk:
                return branch, [other for other in branches if other is not branch]
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


def phase_grid() -> dict:
    """Published mitigations by ordinary lifecycle phase (columns) and top category of the default taxonomy (rows)."""
    phases = list(LifecyclePhase.objects.filter(is_special=False))
    rows = list(
        Category.objects.filter(taxonomy__is_default=True, parent=None).select_related("taxonomy").order_by("path")
    )
    filed = Classification.objects.filter(
        taxonomy__is_default=True, is_primary=True, mitigation__status=Mitigation.Status.PUBLISHED
    )
    pairs = filed.values_list("category__path", "mitigation__phases__slug")
    cells: dict[tuple[str, str], int] = {}
    for path, phase in pairs:
        key = (path[:5], phase)
        cells[key] = cells.get(key, 0) + 1
    table = [
        {"category": row, "cells": [{"phase": p, "count": cells.get((row.path, p.slug), 0)} for p in phases]}
        for row in rows
    ]
    table = [row for row in table if any(cell["count"] for cell in row["cells"])]
    largest = max((cell["count"] for row in table for cell in row["cells"]), default=0)
    for row in table:
        for cell in row["cells"]:
            # The area of a dot stands for the count, so its radius is the root; 20 is half a cell of the drawing.
            cell["radius"] = round(19 * (cell["count"] / largest) ** 0.5, 1) if largest else 0
    return {"phases": phases, "rows": table}


def home() -> dict:
    """All that the home page shows."""
    taxonomies = list(Taxonomy.objects.all())
    default = next((t for t in taxonomies if t.is_default), None)
    risks = next((t for t in taxonomies if t.is_of_risks), None)
    return {
        "taxonomy": default,
        "branches": tree(default) if default else [],
        "risks": tree(risks) if risks else [],
        "phases": counted(LifecyclePhase),
        "actors": counted(Actor),
        "functions": counted(RiskManagementFunction),
        "documents": list(counted(Document)),
        "mitigation_count": Mitigation.objects.published().count(),
        "category_count": default.categories.count() if default else 0,
        "grid": phase_grid(),
        "newest": Mitigation.objects.published().for_list().order_by("-created_at", "pk")[:5],
    }


def related_mappings(mitigation: Mitigation) -> list[dict]:
    """The mitigation's mappings as its reader sees them: `other` (or None, and `mapping.entry`), `relation`, `mapping`."""
    rows = Mapping.objects.published().about(mitigation).for_display()
    order = list(Mapping.Relation)
    seen = []
    for mapping in rows:
        other, relation = mapping.seen_from(mitigation)
        seen.append({"other": other, "relation": relation, "mapping": mapping})
    return sorted(seen, key=lambda row: order.index(row["relation"]))


def around(mitigation: Mitigation) -> dict:
    """What a mitigation's page shows beside its own record."""
    published = Mitigation.objects.published()
    primary = mitigation.primary
    parent = (primary.category.parent or primary.category) if primary else None
    siblings = published.none()
    if parent:
        siblings = published.in_categories([parent]).with_code_path(parent.taxonomy).exclude(pk=mitigation.pk)
        siblings = siblings.for_list().order_by("code_path", "pk")
    return {
        "parent": parent,
        "siblings": siblings[:8],
        "sibling_count": siblings.count() if parent else 0,
        "mappings": related_mappings(mitigation),
        "neighbours": published.filter(document=mitigation.document)
        .exclude(pk=mitigation.pk)
        .order_by("position", "pk")[:6],
        "last_change": mitigation.history.first(),
    }


def documents_with_authors():
    return counted(Document).prefetch_related(Prefetch("authors"))
