"""One result as it is shown: every figure with its n, its interval, and where it comes from."""

from dataclasses import dataclass, replace
from functools import cached_property

from catalogue.statistics import wilson_interval

from ..models import Figure, Result, ScalePoint
from . import estimates
from .services import counts_of

COMPUTED, PUBLISHED, BOUND = "computed from counts", "published", "published bound"
NOT_REPORTED = "not reported"
STABLE_BELOW = f"{100 * estimates.STABLE:.0f} %"


@dataclass(frozen=True)
class Estimate:
    """A statistic: a value, or a bound (`operator` is > or <), or neither, with the `reason`
    why.

    Shares, and the ends of their interval, are from 0 to 1; those of a mean are on its scale.
    `n` is the denominator.
    """

    statistic: str
    label: str
    value: float | None = None
    operator: str = ""
    low: float | None = None
    high: float | None = None
    n: int | None = None
    origin: str = ""
    reason: str = ""

    @property
    def is_known(self) -> bool:
        return self.value is not None

    @property
    def is_share(self) -> bool:
        return self.statistic.startswith("share")

    @property
    def text(self) -> str:
        """As it is read: “92.2 %”, “> 60 %”, “1.33”, or “not reported”."""
        if self.value is None:
            return self.reason
        sign = f"{self.operator} " if self.operator else ""
        if not self.is_share:
            return f"{sign}{self.value:.2f}".replace("-", "−")
        number = (
            f"{100 * self.value:.0f}" if self.operator else f"{100 * self.value:.1f}"
        )
        return f"{sign}{number} %"

    @property
    def interval(self) -> str:
        if self.low is None or self.high is None:
            return ""
        if not self.is_share:
            return f"{self.low:.2f} to {self.high:.2f}".replace("-", "−")
        return f"{100 * self.low:.1f} to {100 * self.high:.1f}"

    @property
    def mark(self) -> float:
        """Where the value stands on a line from 0 to 100, so that a mark of width 1 does not
        leave it.
        """
        return min(99.0, 100 * (self.value or 0))

    @property
    def drawn(self) -> tuple[float, float]:
        """Where it lies on a line from 0 to 100: its interval, or for a bound all that it
        allows.
        """
        if self.operator == ">":
            return 100 * (self.value or 0), 100
        if self.operator == "<":
            return 0, 100 * (self.value or 0)
        return 100 * (self.low or 0), 100 * (self.high or 0)


@dataclass(frozen=True)
class Segment:
    """A piece of a diverging bar. `start` and `width` in per cent; 0 is the middle of those who
    are undecided.
    """

    slug: str
    label: str
    count: int
    share: float
    start: float
    width: float
    tone: str


@dataclass(frozen=True)
class Choice:
    """One answer of a scale: how many chose it, and the share of all who answered."""

    point: ScalePoint
    count: int
    share: Estimate
    tone: str


class Finding:
    """A result with everything that can be said of it. `rank`: its place by mean among the
    items of the study that were asked the same, the best first, and how many they are; None
    where it has none.
    """

    stable_below = STABLE_BELOW

    def __init__(self, result: Result, rank: tuple[int, int] | None = None):
        self.result, self.rank = result, rank

    @property
    def criterion(self):
        return self.result.criterion

    @property
    def risk_area(self):
        return self.result.risk_area

    @property
    def expertise_area(self):
        """None: everybody."""
        return self.result.expertise_area

    @property
    def question(self) -> str:
        """What was asked, in a few words: “Effectiveness: critical sectors”."""
        return ": ".join(str(part) for part in (self.criterion, self.risk_area) if part)

    @property
    def worded(self) -> str:
        """The question as experts read it."""
        return self.criterion.worded(self.risk_area) if self.criterion else ""

    @property
    def is_support(self) -> bool:
        return self.criterion is not None and self.criterion.is_support

    @cached_property
    def counts(self) -> estimates.Counts:
        return counts_of(self.result)

    @property
    def n(self) -> int | None:
        """Everyone who answered, don't know included; None: not reported."""
        return estimates.total(self.counts) or None

    @property
    def dont_know(self) -> int | None:
        return (
            sum(c for point, c in self.counts.items() if point.is_dont_know)
            if self.counts
            else None
        )

    @property
    def dont_know_share(self) -> float | None:
        return (
            self.dont_know / self.n if self.dont_know is not None and self.n else None
        )

    def share(self, statistic: str, label: str, chosen: int | None) -> Estimate:
        if not self.n or chosen is None:
            return self.published(statistic, label)
        low, high = wilson_interval(chosen, self.n)
        return Estimate(
            statistic,
            label,
            chosen / self.n,
            low=low,
            high=high,
            n=self.n,
            origin=COMPUTED,
        )

    def published(self, statistic: str, label: str) -> Estimate:
        figure = next(
            (
                f
                for f in self.result.figures.all()
                if f.statistic == statistic and f.point_id is None
            ),
            None,
        )
        if figure is None:
            return Estimate(statistic, label, reason=NOT_REPORTED)
        origin = BOUND if figure.operator else PUBLISHED
        return Estimate(
            statistic, label, figure.value, operator=figure.operator, origin=origin
        )

    def number(self, statistic: str, label: str, function) -> Estimate:
        """A mean or the like: computed where there are counts."""
        if not self.counts:
            return self.published(statistic, label)
        try:
            value = function(self.counts)
        except ValueError as error:
            return Estimate(statistic, label, reason=str(error))
        n = sum(count for _, count in estimates.valued(self.counts))
        return Estimate(statistic, label, value, n=n, origin=COMPUTED)

    @cached_property
    def agreeing(self) -> Estimate:
        chosen = estimates.on_side(self.counts, 1) if self.counts else None
        return self.share(Figure.Statistic.AGREEING, self.side_label(1), chosen)

    @cached_property
    def disagreeing(self) -> Estimate:
        chosen = estimates.on_side(self.counts, -1) if self.counts else None
        return self.share(Figure.Statistic.DISAGREEING, self.side_label(-1), chosen)

    @cached_property
    def strongly(self) -> Estimate:
        """The share on the last point of the agreeing side: the one farthest from disagreement."""
        ends = [
            (p, c)
            for p, c in self.counts.items()
            if p.side == 1 and p.value is not None
        ]
        chosen = (
            max(ends, key=lambda row: self.direction * (row[0].value or 0))[1]
            if ends
            else None
        )
        return self.share("share_strongly_agreeing", self.last_label, chosen)

    @cached_property
    def points(self) -> list[ScalePoint]:
        """Its scale, from the most that disagrees to the most that agrees; don't know last."""
        return sorted(
            self._scale_points,
            key=lambda p: (
                p.is_dont_know,
                p.side,
                self.direction * (p.value or 0),
                p.position,
            ),
        )

    @cached_property
    def _scale_points(self) -> list[ScalePoint]:
        counted = [tally.point for tally in self.result.tallies.all()]
        if counted or not self.criterion or not self.criterion.scale:
            return counted
        return list(
            self.criterion.scale.points.all()
        )  # only shares are published, of a scale that is known

    @cached_property
    def direction(self) -> int:
        """See `estimates.direction`."""
        return estimates.direction(
            (point.value, point.side) for point in self._scale_points
        )

    @property
    def last_label(self) -> str:
        agreeing = [
            point
            for point in self.points
            if point.side == 1 and point.value is not None
        ]
        return _lowered(agreeing[-1].label) if agreeing else "strongly agree"

    @property
    def span(self) -> str:
        """What a bar shows, from left to right: “disagree to agree”, or the ends of the scale."""
        if (self.agreeing.label, self.disagreeing.label) == ("agree", "disagree"):
            return "disagree to agree"
        shown = [point for point in self.points if not point.is_dont_know]
        return (
            f"{_lowered(shown[0].label)} to {_lowered(shown[-1].label)}"
            if shown
            else ""
        )

    def side_label(self, side: int) -> str:
        """How a side of the scale is read after a share: “agree”, or “very or extremely
        effective”.
        """
        word = {1: "agree", -1: "disagree"}[side]
        labels = [_lowered(point.label) for point in self.points if point.side == side]
        if not labels or all(word in label.split() for label in labels):
            return word
        return _joined(labels)

    @cached_property
    def combinations(self) -> Estimate:
        """The share of combinations that hold the item, of the experts who were asked about it
        and gave one.
        """
        chosen, n = self.result.combined, self.result.combiners
        statistic, label = Figure.Statistic.COMBINATIONS, "of preferred combinations"
        if chosen is None or not n:
            return self.published(statistic, label)
        low, high = wilson_interval(chosen, n)
        return Estimate(
            statistic, label, chosen / n, low=low, high=high, n=n, origin=COMPUTED
        )

    @cached_property
    def mean(self) -> Estimate:
        mean = self.number(Figure.Statistic.MEAN, "mean", estimates.mean)
        try:
            low, high = estimates.mean_interval(self.counts)
        except ValueError:  # too few answers, or none
            return mean
        return replace(mean, low=low, high=high)

    @cached_property
    def variance(self) -> Estimate:
        return self.number(Figure.Statistic.VARIANCE, "variance", estimates.variance)

    @cached_property
    def standard_error(self) -> Estimate:
        return self.number(
            Figure.Statistic.STANDARD_ERROR,
            "standard error of the mean",
            estimates.standard_error,
        )

    @cached_property
    def median(self) -> Estimate:
        return self.number(Figure.Statistic.MEDIAN, "median", estimates.median)

    @cached_property
    def quartiles(self) -> tuple[Estimate, Estimate]:
        first = self.number(
            "first_quartile",
            "first quartile",
            lambda counts: estimates.quantile(counts, 0.25),
        )
        third = self.number(
            "third_quartile",
            "third quartile",
            lambda counts: estimates.quantile(counts, 0.75),
        )
        return first, third

    @property
    def consensus(self) -> str:
        """By the rule that the study states: which side has it, if any. Empty: no rule, or no
        counts.
        """
        percent = self.result.item.study.consensus_percent
        if percent is None or not self.n:
            return ""
        # In whole numbers: 29 of 50 are 58 per cent, whatever the machine makes of 0.58.
        sides = [("to agree", 1), ("to disagree", -1)]
        reached = (
            name
            for name, side in sides
            if 100 * estimates.on_side(self.counts, side) >= percent * self.n
        )
        return next(reached, "none")

    @property
    def consensus_text(self) -> str:
        """As it is read: which side has it, none, or why that cannot be said."""
        study = self.result.item.study
        if self.consensus:
            return self.consensus
        return (
            "no rule stated"
            if study.ran_here and study.consensus_percent is None
            else NOT_REPORTED
        )

    @cached_property
    def shift(self) -> Estimate:
        """How much the answers moved since the round before."""
        value = self.result.shift
        if value is None:
            reason = (
                "no round before it with enough answers"
                if self.result.item.study.ran_here
                else NOT_REPORTED
            )
            return Estimate(
                "share_moved", "moved since the round before", reason=reason
            )
        return Estimate(
            "share_moved",
            "moved since the round before",
            value,
            n=self.n,
            origin=COMPUTED,
        )

    @property
    def is_stable(self) -> bool:
        return self.result.shift is not None and self.result.shift < estimates.STABLE

    @property
    def stability(self) -> str:
        """What the shift comes to, with the rule: “stable: below 15 %”."""
        if self.result.shift is None:
            return ""
        return (
            f"stable: below {STABLE_BELOW}"
            if self.is_stable
            else f"not stable: {STABLE_BELOW} or more"
        )

    @property
    def ends(self) -> str:
        """The lowest and the highest value of the scale, between which a mean lies: “−2 to 2”."""
        values = [
            tally.point.value
            for tally in self.result.tallies.all()
            if tally.point.value is not None
        ]
        return f"{min(values)} to {max(values)}".replace("-", "−") if values else ""

    @cached_property
    def spread(self) -> Estimate:
        return self.number("agreement", "agreement A", estimates.agreement)

    @cached_property
    def tones(self) -> dict[int, str]:
        """Which colour stands for each point, by its key: the last one on either side is the
        strong one, the next a light one, further ones the palest. Don't know stands apart from
        those who are undecided.
        """
        tones = {
            point.pk: "apart" if point.is_dont_know else "neutral"
            for point in self.points
        }
        for side, word in ((-1, "disagree"), (1, "agree")):
            outwards = [point for point in self.points if point.side == side][::-side]
            for place, point in enumerate(outwards):
                tones[point.pk] = f"{word}-{max(0, 2 - place)}"
        return tones

    @cached_property
    def segments(self) -> list[Segment]:
        """The diverging bar: from the most that disagree to the most that agree, don't know
        left out.
        """
        if not self.n:
            return []
        of_point = {t.point_id: t for t in self.result.tallies.all()}
        rows = [of_point[point.pk] for point in self.points if not point.is_dont_know]
        width = {t.point_id: 100 * t.count / self.n for t in rows}
        left = sum(
            width[t.point_id] / (2 if t.point.side == 0 else 1)
            for t in rows
            if t.point.side <= 0
        )
        start, found = -left, []
        for t in rows:
            found.append(
                Segment(
                    t.point.slug,
                    t.point.label,
                    t.count,
                    t.count / self.n,
                    start,
                    width[t.point_id],
                    self.tones[t.point_id],
                )
            )
            start += width[t.point_id]
        return found

    @property
    def frame(self) -> tuple[int, int]:
        """Where a bar begins and how wide it is: the same for all, so that bars can be
        compared, but for the rare one in which more than half disagree.
        """
        extent = -min((piece.start for piece in self.segments), default=0.0)
        return (-50, 150) if extent <= 50 else (-100, 200)

    @cached_property
    def answers(self) -> list[Choice]:
        """The table behind the bar: every point of the scale in its order, don't know too."""
        return [
            Choice(
                t.point,
                t.count,
                self.share("share_choosing", t.point.label, t.count),
                self.tones[t.point_id],
            )
            for t in self.result.tallies.all()
        ]

    @property
    def in_words(self) -> str:
        """The bar for those who do not see it."""
        return ", ".join(
            f"{t.count} {t.point.label.lower()}" for t in self.result.tallies.all()
        )


def _lowered(label: str) -> str:
    return label[:1].lower() + label[1:]


def _joined(labels: list[str]) -> str:
    """“very or extremely effective”: the last word once, where all end with it."""
    last = {label.split()[-1] for label in labels}
    if len(labels) > 1 and len(last) == 1 and all(" " in label for label in labels):
        labels = [*(label.rsplit(" ", 1)[0] for label in labels[:-1]), labels[-1]]
    return " or ".join(filter(None, [", ".join(labels[:-1]), labels[-1]]))
