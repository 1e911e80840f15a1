"""The geometry of what is drawn: answers as a bar, a share on a line."""

from dataclasses import dataclass
from functools import cached_property
from math import floor

from ..models import ScalePoint, Tally
from .statistics import Estimate


def coordinate(value: float, places: int = 2) -> str:
    """A place in a drawing, with so many decimals. `floatformat` of templates, which minds how
    a country writes numbers, takes twenty times as long, and a page has hundreds of these.
    """
    scale = 10**places
    return f"{floor(value * scale + 0.5) / scale:.{places}f}"


@dataclass(frozen=True)
class Segment:
    """A piece of a bar that shows all answers. `start` and `width` in per cent of the bar."""

    slug: str
    label: str
    count: int
    start: float
    width: float
    tone: str

    @property
    def middle(self) -> float:
        return self.start + self.width / 2

    @property
    def holds_number(self) -> bool:
        """Whether its count can be read in it, in a bar as wide as a phone."""
        return bool(self.count) and self.width >= 2 + 3 * len(str(self.count))


class Bar:
    """All answers, from the most that disagree to the most that agree, and don't know at the
    end: the whole width is everyone who answered.

    `points` are those of the scale in that order; there is a tally for each.
    """

    def __init__(self, tallies: list[Tally], points: list[ScalePoint]):
        self.tallies = tallies
        self.points = points

    @cached_property
    def tones(self) -> dict[int, str]:
        """Which colour stands for each point, by its key: the last one on either side is the
        strong one, the next a light one, further ones the palest. Don't know stands apart from
        those who are undecided.
        """
        result = {}
        for point in self.points:
            result[point.pk] = "apart" if point.is_dont_know else "neutral"
        for side, word in ((-1, "disagree"), (1, "agree")):
            outwards = [point for point in self.points if point.side == side][
                ::-side
            ]
            for place, point in enumerate(outwards):
                result[point.pk] = f"{word}-{max(0, 2 - place)}"
        return result

    @cached_property
    def segments(self) -> list[Segment]:
        """Empty where nobody answered."""
        n = sum(tally.count for tally in self.tallies)
        if not n:
            return []
        counts = {tally.point_id: tally.count for tally in self.tallies}
        start = 0.0
        result = []
        for point in self.points:
            count = counts[point.pk]
            width = 100 * count / n
            tone = self.tones[point.pk]
            segment = Segment(
                point.slug,
                point.label,
                count,
                start,
                width,
                tone,
            )
            result.append(segment)
            start += width
        return result

    @property
    def as_text(self) -> str:
        """The bar for those who do not see it."""
        counts = [
            f"{tally.count} {tally.point.label.lower()}"
            for tally in self.tallies
        ]
        return ", ".join(counts)


class Range:
    """A share on a line from 0 to 100: its interval, or for a bound all that it allows."""

    def __init__(self, estimate: Estimate):
        value = 100 * (estimate.value or 0)
        self.is_bound = bool(estimate.operator)
        #: Where the value stands, so that a mark of width 1 does not leave the line.
        self.mark = min(99.0, value)
        if estimate.operator == ">":
            self.start = value
            self.end = 100.0
        elif estimate.operator == "<":
            self.start = 0.0
            self.end = value
        else:
            self.start = 100 * (estimate.low or 0)
            self.end = 100 * (estimate.high or 0)
