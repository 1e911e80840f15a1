"""How figures and answers are read: as words beside a figure, and as sentences."""

import math
from collections.abc import Iterable
from functools import cached_property

from django.contrib.humanize.templatetags.humanize import ordinal

from .. import estimates
from ..models import ScalePoint

#: Less than any two shares of up to a million experts differ by, in per cent or not.
HAIR = 1e-9
NOT_REPORTED = "not reported"
STABLE_BELOW = f"{100 * estimates.STABLE:.0f} %"


def with_minus(text: str) -> str:
    return text.replace("-", "−")


def whole_percent(share: float) -> int:
    """Half a per cent is rounded up, on every machine, and so is a half that stands a hair
    lower as a binary number: 23 of 40 are 58.
    """
    return math.floor(100 * share + 0.5 + HAIR)


def percent(share: float) -> str:
    """A share of experts as whole per cent: “92 %”. Only all are 100, and only none are 0."""
    whole = whole_percent(share)
    if share < 1:
        whole = min(99, whole)
    if share > 0:
        whole = max(1, whole)
    return f"{whole} %"


class ScaleWording:
    """What the answers of a scale are called."""

    def __init__(self, points: Iterable[ScalePoint]):
        given = list(points)
        self.direction = estimates.direction((p.value, p.side) for p in given)
        #: From the most that disagrees to the most that agrees; don't know last.
        self.points = sorted(given, key=self._place)

    def _place(self, point: ScalePoint) -> tuple[bool, int, int, int]:
        value = self.direction * (point.value or 0)
        return point.is_dont_know, point.side, value, point.position

    @cached_property
    def agree(self) -> str:
        """How the agreeing side is read after a share: “agree”, or “very or extremely
        effective”.
        """
        return self._side(1, "agree")

    @cached_property
    def disagree(self) -> str:
        return self._side(-1, "disagree")

    def _side(self, side: int, word: str) -> str:
        labels = [_lowered(p.label) for p in self.points if p.side == side]
        if all(word in label.split() for label in labels):
            return word
        return _joined_labels(labels)

    @property
    def strongly_agree(self) -> str:
        agreeing = [
            p for p in self.points if p.side == 1 and p.value is not None
        ]
        if agreeing:
            return _lowered(agreeing[-1].label)
        return "strongly agree"

    @property
    def span(self) -> str:
        """What a bar shows, from left to right: “disagree to agree”, or the ends of the scale."""
        if (self.agree, self.disagree) == ("agree", "disagree"):
            return "disagree to agree"
        drawn = [point for point in self.points if not point.is_dont_know]
        if not drawn:
            return ""
        return f"{_lowered(drawn[0].label)} to {_lowered(drawn[-1].label)}"

    @property
    def ends(self) -> str:
        """The lowest and the highest value, between which a mean lies: “−2 to 2”."""
        values = [p.value for p in self.points if p.value is not None]
        if not values:
            return ""
        return with_minus(f"{min(values)} to {max(values)}")


def stability(shift: float | None) -> str:
    """What a shift comes to, with the rule: “stable: below 15 %”. Empty: there is none."""
    if shift is None:
        return ""
    if shift < estimates.STABLE:
        return f"stable: below {STABLE_BELOW}"
    return f"not stable: {STABLE_BELOW} or more"


def place_range(best: int, worst: int) -> str:
    """Between which places something may stand: “1st to 7th”, or “3rd”."""
    if best == worst:
        return str(ordinal(best))
    return f"{ordinal(best)} to {ordinal(worst)}"


def _lowered(label: str) -> str:
    return label[:1].lower() + label[1:]


def _joined_labels(labels: list[str]) -> str:
    """“very or extremely effective”: the last word once, where all end with it."""
    *others, last = labels
    endings = {label.split()[-1] for label in labels}
    if others and len(endings) == 1 and all(" " in label for label in labels):
        others = [label.rsplit(" ", 1)[0] for label in others]
    if not others:
        return last
    return f"{', '.join(others)} or {last}"
