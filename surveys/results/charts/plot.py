"""Shares on an axis from 0 to 100 %, as dots with the lines of their intervals, or as what a
published bound allows: what is drawn on the page of a study, and in the picture of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ..evidence import ItemEvidence
from ..findings import Finding
from ..statistics import SHARE_AGREEING
from ..wording import percent

Row = tuple[ItemEvidence, Finding]
#: Where the axis has lines and numbers, in per cent.
TICKS = (0, 25, 50, 75, 100)
#: Which word stands for a dot: the share and its whole interval above a half, the share alone, or
#: neither.
MAJORITY = "majority"
UNSURE = "unsure"
MINORITY = "minority"
#: Only a bound is published: the share may be anything on one side of it.
OPEN = "open"
#: How bounds are told beside what is drawn.
BOUNDS = {">": "more than ", "<": "fewer than "}


@dataclass(frozen=True)
class Dot:
    """One share. `value`, `low` and `high` are in per cent, from 0 to 100; `agreeing` of
    `answered` experts gave it.
    """

    label: str
    url: str
    agreeing: int
    answered: int
    value: float
    low: float
    high: float

    @property
    def standing(self) -> str:
        """Whether more than half agree, as far as that can be told of so many answers."""
        if 2 * self.agreeing <= self.answered:
            return MINORITY
        if self.low <= 50:
            return UNSURE
        return MAJORITY

    @property
    def count(self) -> str:
        return f"{self.agreeing} of {self.answered}"

    @property
    def width(self) -> float:
        """Of its interval."""
        return self.high - self.low


@dataclass(frozen=True)
class PublishedDot:
    """A share that is published without counts, in per cent. With an `operator`, “>” or “<”, it
    is a bound, and what is drawn is all that the share may be.
    """

    label: str
    url: str
    operator: str
    value: float

    @property
    def standing(self) -> str:
        if self.operator:
            return OPEN
        return MAJORITY if self.value > 50 else MINORITY

    @property
    def low(self) -> float:
        return 0 if self.operator == "<" else self.value

    @property
    def high(self) -> float:
        return 100 if self.operator == ">" else self.value

    @property
    def count(self) -> str:
        """Of experts, as it is published."""
        return f"{BOUNDS.get(self.operator, '')}{percent(self.value / 100)}"


@dataclass(frozen=True)
class Panel:
    """One of several plots that stand side by side: all measures in one risk area, or as one
    group of experts sees them. Without a title where it is the only one.
    """

    title: str
    dots: Sequence[Dot | PublishedDot]


def dot_of(row: Row) -> Dot | None:
    """None where nobody answered."""
    item, finding = row
    share = finding.estimates[SHARE_AGREEING]
    if not finding.n or share.value is None:
        return None
    return Dot(
        label=item.item.asked_name,
        url=item.item.mitigation.get_absolute_url(),
        agreeing=finding.agreeing,
        answered=finding.n,
        value=100 * share.value,
        low=100 * (share.low or 0),
        high=100 * (share.high or 0),
    )


def _dots(rows: Sequence[Row]) -> list[Dot]:
    dots = []
    for row in rows:
        dot = dot_of(row)
        if dot is not None:
            dots.append(dot)
    return dots


def panels_by_risk_area(rows: Sequence[Row]) -> list[Panel]:
    """One for each risk area, in the order of the areas, and one without a title for what was
    asked of none. In each the measures stand in the order in which they first come in `rows`,
    so that a measure can be followed from one to the next.
    """
    places: dict[int, int] = {}
    by_area: dict[tuple[int, str], list[Row]] = {}
    for item, finding in rows:
        places.setdefault(item.item.pk, len(places))
        area = finding.risk_area
        key = (area.position + 1, area.name) if area else (0, "")
        by_area.setdefault(key, []).append((item, finding))
    panels = []
    for key in sorted(by_area):
        in_order = sorted(
            by_area[key],
            key=lambda row: places[row[0].item.pk],
        )
        dots = _dots(in_order)
        if dots:
            panels.append(Panel(key[1] if len(by_area) > 1 else "", dots))
    return panels


def panels_by_group(
    rows: Sequence[Row],
    items: Sequence[ItemEvidence],
) -> list[Panel]:
    """One for each group of experts that may be shown, of what `rows` has of everybody."""
    wanted = {
        (f.result.item_id, f.result.criterion_id, f.result.risk_area_id): place
        for place, (_, f) in enumerate(rows)
    }
    by_group: dict[tuple[int, str], list[tuple[int, Row]]] = {}
    for item in items:
        for finding in item.by_expertise:
            result = finding.result
            question = (
                result.item_id,
                result.criterion_id,
                result.risk_area_id,
            )
            if question in wanted:
                group = finding.expertise_area
                row = (wanted[question], (item, finding))
                by_group.setdefault((group.position, group.name), []).append(
                    row,
                )
    panels = []
    for (_, name), placed in sorted(by_group.items(), key=lambda one: one[0]):
        in_order = [row for _, row in sorted(placed, key=lambda one: one[0])]
        panels.append(Panel(name, _dots(in_order)))
    return panels
