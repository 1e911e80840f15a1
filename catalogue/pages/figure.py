"""The figure on the home page: how many mitigations of each kind act in which phase."""

from collections.abc import Sequence
from itertools import product
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from ..listing.crosstab import Crosstab, axis_of
from ..listing.filters import MitigationFilter
from ..listing.index import Index
from ..models import Category, LifecyclePhase

#: Steps of shade in the figure on the home page.
SHADES = 5


def figure_of_kinds(
    categories: list[Category],
    phases: list[LifecyclePhase],
    terms: Sequence[Any],
    index: Index,
) -> dict[str, Any]:
    """`grid`: its rows, one for each of some second-level categories. `beside`: what it has no
    place for, so that nothing is lost: `phases`, those of `terms` that are no phase of the
    lifecycle, each with its `count`, which is that of its list; `unplaced`, how many mitigations
    have no category of the taxonomy; `unwritten`, how many have no phase at all.
    """
    filters = MitigationFilter(QueryDict())
    # Of what the rest of the page is made of: with a newer index it would show two moments.
    filters.index = index
    rows = axis_of(filters, "category", level=2, most=None)
    columns = axis_of(filters, LifecyclePhase.parameter, most=None)
    table = Crosstab(filters, rows, columns)
    return {
        "grid": _grid(table, categories, phases),
        "beside": {
            "phases": [one for one in terms if one.is_special and one.count],
            "unplaced": table.row_total(table.rows[-1]).count,
            "unwritten": table.column_total(table.columns[-1]).count,
        },
    }


def _grid(
    table: Crosstab,
    categories: list[Category],
    phases: list[LifecyclePhase],
) -> list[dict]:
    counts: dict[tuple[str, str], int] = {}
    for row, column in product(table.rows, table.columns):
        counts[row.code, column.value] = table.cell(row, column).count
    shown = product(categories, phases)
    largest = max(
        (counts[category.code, phase.slug] for category, phase in shown),
        default=0,
    )
    grid = []
    for category in categories:
        cells = [
            _grid_cell(
                category,
                phase,
                counts[category.code, phase.slug],
                largest,
            )
            for phase in phases
        ]
        grid.append({"category": category, "cells": cells})
    return grid


def _grid_cell(
    category: Category,
    phase: LifecyclePhase,
    count: int,
    largest: int,
) -> dict[str, Any]:
    # By the root: a few cells are far larger than the others, which would else all look alike.
    shade = -(-SHADES * (count / largest) ** 0.5 // 1) if count else 0
    query = {"category": category.code, LifecyclePhase.parameter: phase.slug}
    return {
        "title": f"{category}, {phase}",
        "query": urlencode(query),
        "count": count,
        "shade": int(shade),
    }
