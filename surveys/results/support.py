"""What studies say of an entry of a list: a sentence for each figure, with its question and its
study, or why there is none, and which way comments lean.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ..models import Item, Lean
from .findings import Finding, foremost, supporting
from .sentences import (
    Sentence,
    absence,
    interval_sentence,
    place_sentence,
    sentence,
    share_in_words,
    short_sentence,
)
from .statistics import SHARE_AGREEING, Estimate

#: How comments lean, within a sentence.
LEANINGS = {
    Lean.Direction.HELPFUL: "comments lean more helpful",
    Lean.Direction.LESS: "comments lean less helpful",
    Lean.Direction.MIXED: "comments are mixed",
}


@dataclass(frozen=True)
class Line:
    """One figure. `areas`: in how many risk areas the same was found, with their names where a
    page lists them; `others`: in how many it is less.
    """

    finding: Finding
    areas: int = 1
    others: int = 0
    area_names: tuple[str, ...] = ()

    @property
    def sentence(self) -> Sentence | None:
        return sentence(self.finding, self.areas)

    @property
    def told(self) -> Sentence | None:
        """Its sentence with the names of the risk areas, for pages that list them nowhere else."""
        return sentence(self.finding, self.areas, self.area_names)

    @property
    def short(self) -> str:
        return short_sentence(self.finding, self.areas)

    @property
    def verdict(self) -> str:
        """How many agree, in words of a fixed range: “nearly all agree”. Empty where the answers
        are no agreement, or where it is left open.
        """
        word = share_in_words(self.finding)
        if not word or self.finding.scale.agree != "agree":
            return ""
        return f"{word} agree"

    @property
    def meaning_of_interval(self) -> str:
        return interval_sentence(self.finding)

    @property
    def place(self) -> str:
        return place_sentence(self.finding)

    @property
    def share(self) -> Estimate:
        return self.finding.estimates[SHARE_AGREEING]


@dataclass(frozen=True)
class Support:
    """What one study says of a mitigation in a list."""

    item: Item
    risk_areas: Collection[str]
    lines: list[Line]

    @property
    def absence(self) -> str:
        """What stands in place of lines."""
        return absence(self.item, self.risk_areas)

    @property
    def leanings(self) -> list[str]:
        return leanings(self.item, self.risk_areas)

    @property
    def text(self) -> str:
        """Its sentences, one after the other, or why there is none; then which way comments
        lean, as a list shows it.
        """
        return self._text([str(line.sentence) for line in self.lines])

    @property
    def told(self) -> str:
        """The same with the names of the risk areas that have the same figure."""
        return self._text([str(line.told) for line in self.lines])

    def _text(self, sentences: list[str]) -> str:
        leanings = [f"{leaning}." for leaning in self.leanings]
        return " ".join([*(sentences or [self.absence]), *leanings])


def support_of(item: Item, risk_areas: Collection[str] = ()) -> Support:
    """With `risk_areas` (slugs that readers filter by) the figure of each of these; otherwise
    the largest, named for all risk areas that have the same. Needs `Item.for_lists`.
    """
    if risk_areas:
        lines = [Line(one) for one in supporting(item, risk_areas)]
    else:
        largest = foremost(item)
        lines = [_largest(item, largest)] if largest else []
    return Support(item, risk_areas, lines)


def _largest(item: Item, largest: Finding) -> Line:
    """The largest figure, for as many risk areas as have it."""
    if largest.risk_area is None:
        return Line(largest)
    key = str(sentence(largest, areas=2))
    alike = []
    others = 0
    for finding in supporting(item):
        if finding.criterion != largest.criterion or not finding.risk_area:
            continue
        if str(sentence(finding, areas=2)) == key:
            alike.append(finding.risk_area.label)
        else:
            others += 1
    return Line(largest, len(alike), others, tuple(alike))


def lines_of(findings: Iterable[Finding]) -> list[Line]:
    """One for each finding of which something is known; risk areas in which the same was found
    have one together.
    """
    groups: dict[tuple[int | None, str], list[Finding]] = {}
    for finding in findings:
        said = sentence(finding, areas=2 if finding.risk_area else 1)
        if said:
            key = (finding.result.criterion_id, str(said))
            groups.setdefault(key, []).append(finding)
    lines = []
    for alike in groups.values():
        areas = [one.risk_area for one in alike if one.risk_area]
        names = tuple(area.label for area in areas)
        lines.append(Line(alike[0], len(alike), area_names=names))
    return lines


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
