"""What stands at an entry of a list of what studies say: a sentence for each figure with its
question and its study, or why there is none, and which way comments lean.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from ..models import Item, Lean
from .findings import Finding, foremost, supporting
from .sentences import Sentence, absence, sentence, short_sentence
from .statistics import SHARE_AGREEING, Estimate

#: How comments lean, within a sentence.
LEANINGS = {
    Lean.Direction.HELPFUL: "comments lean more helpful",
    Lean.Direction.LESS: "comments lean less helpful",
    Lean.Direction.MIXED: "comments are mixed",
}


@dataclass(frozen=True)
class Line:
    """One figure. `areas`: in how many risk areas the same was found; `others`: in how many it
    is less.
    """

    finding: Finding
    areas: int = 1
    others: int = 0

    @property
    def sentence(self) -> Sentence | None:
        return sentence(self.finding, self.areas)

    @property
    def short(self) -> str:
        return short_sentence(self.finding, self.areas)

    @property
    def share(self) -> Estimate:
        return self.finding.estimates[SHARE_AGREEING]


@dataclass(frozen=True)
class Support:
    """What one study says of a mitigation in a list. `absence` is set where there are no lines."""

    item: Item
    lines: list[Line]
    absence: str = ""
    leanings: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its sentences, one after the other; or why there is none."""
        sentences = [str(line.sentence) for line in self.lines]
        return " ".join(sentences) or self.absence


def support_of(item: Item, risk_areas: Collection[str] = ()) -> Support:
    """With `risk_areas` (slugs that readers filter by) the figure of each of these; otherwise
    the largest, named for all risk areas that have the same. Needs `Item.for_lists`.
    """
    if risk_areas:
        lines = [Line(one) for one in supporting(item, risk_areas)]
    else:
        largest = foremost(item)
        lines = [_largest(item, largest)] if largest else []
    return Support(
        item,
        lines,
        "" if lines else absence(item, risk_areas),
        leanings(item, risk_areas),
    )


def _largest(item: Item, largest: Finding) -> Line:
    """The largest figure, for as many risk areas as have it."""
    if largest.risk_area is None:
        return Line(largest)
    key = str(sentence(largest, areas=2))
    alike = 0
    others = 0
    for finding in supporting(item):
        if finding.criterion != largest.criterion or not finding.risk_area:
            continue
        if str(sentence(finding, areas=2)) == key:
            alike += 1
        else:
            others += 1
    return Line(largest, alike, others)


def leanings(item: Item, risk_areas: Collection[str] = ()) -> list[str]:
    """Which way comments lean: “CBRN: comments lean less helpful”. Of the risk areas that
    readers filter by, or of all, those that lean the same way together.
    """
    by_direction: dict[str, list[str]] = {}
    for lean in item.leans.all():
        if not risk_areas or lean.risk_area.slug in risk_areas:
            areas = by_direction.setdefault(lean.direction, [])
            areas.append(lean.risk_area.label)
    lines = []
    for direction, words in LEANINGS.items():
        if direction in by_direction:
            lines.append(f"{', '.join(by_direction[direction])}: {words}")
    return lines
