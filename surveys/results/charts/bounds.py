"""Shares that are published without counts: as one small table, and as a plot."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...models import Criterion
from ..evidence import ItemEvidence
from ..findings import Finding
from ..statistics import SHARE_AGREEING, Estimate
from .headline import answered
from .plot import Panel, PublishedDot
from .reasons import Reason, strongest_reasons


@dataclass(frozen=True)
class BoundsRow:
    """One measure: (column, what is published) for each column, None where nothing is."""

    item: ItemEvidence
    cells: list[tuple[str, Estimate | None]]
    reasons: list[Reason]


@dataclass(frozen=True)
class BoundsTable:
    """What is published under one criterion: measures by risk area. A column without a name is
    of no risk area.
    """

    criterion: Criterion
    #: What the experts did who are counted: “found it effective”.
    answered: str
    columns: list[str]
    rows: list[BoundsRow]

    @property
    def has_bounds(self) -> bool:
        return any(
            estimate is not None and estimate.operator
            for row in self.rows
            for _, estimate in row.cells
        )

    @property
    def are_alike(self) -> bool:
        """Whether one and the same share is published of all, so that a drawing tells nothing
        apart.
        """
        shares = {
            estimate.text if estimate else ""
            for row in self.rows
            for _, estimate in row.cells
        }
        return len(shares) == 1

    @property
    def panels(self) -> list[Panel]:
        """One for each column, with the measures of which something is published there."""
        panels = []
        for place, name in enumerate(self.columns):
            dots = []
            for row in self.rows:
                _, estimate = row.cells[place]
                if estimate is not None and estimate.value is not None:
                    dots.append(_dot(row.item, estimate))
            panels.append(Panel(name if len(self.columns) > 1 else "", dots))
        return panels


def _dot(item: ItemEvidence, share: Estimate) -> PublishedDot:
    return PublishedDot(
        label=item.item.asked_name,
        url=item.item.mitigation.get_absolute_url(),
        operator=share.operator,
        value=100 * (share.value or 0),
    )


def bounds_tables(items: Sequence[ItemEvidence]) -> list[BoundsTable]:
    """One for each criterion of which something is published, in the order of the study."""
    by_criterion: dict[int, list[tuple[ItemEvidence, Finding]]] = {}
    for item in items:
        for finding in item.published:
            by_criterion.setdefault(finding.criterion.pk, []).append(
                (item, finding),
            )
    tables = [_table(pairs) for pairs in by_criterion.values()]
    return sorted(tables, key=lambda table: table.criterion.position)


def _table(pairs: list[tuple[ItemEvidence, Finding]]) -> BoundsTable:
    columns: dict[str, int] = {}
    cells: dict[tuple[int, str], Estimate] = {}
    items: dict[int, ItemEvidence] = {}
    for item, finding in pairs:
        area = finding.risk_area
        name = area.label if area else ""
        columns[name] = area.position if area else -1
        items[item.item.pk] = item
        cells[item.item.pk, name] = finding.estimates[SHARE_AGREEING]
    names = sorted(columns, key=lambda name: columns[name])
    rows = []
    for key, item in items.items():
        row = [(name, cells.get((key, name))) for name in names]
        rows.append(BoundsRow(item, row, strongest_reasons(item)))
    first = pairs[0][1]
    return BoundsTable(first.criterion, answered(first), names, rows)
