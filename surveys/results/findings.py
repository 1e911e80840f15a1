"""One result as it is shown: every figure with its n, its interval, and where it comes from."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from .. import estimates
from ..models import Item, Result, ScalePoint
from ..shares import counts_of
from . import wording
from .bars import Bar
from .ranking import Rank
from .statistics import (
    STATISTICS,
    VAN_DER_EIJK_A,
    Estimate,
    share_estimate,
)

#: What was asked of items as a set, where its wording is not known here.
COMBINED = "which measures they would combine."


@dataclass(frozen=True)
class Choice:
    """One answer of a scale: how many chose it, and the share of all who answered."""

    point: ScalePoint
    count: int
    share: Estimate
    tone: str


class Estimates(dict[str, Estimate]):
    """Of a finding, by the names of `STATISTICS`; each is worked out when it is looked up."""

    def __init__(self, finding: "Finding"):
        super().__init__()
        self.finding = finding

    def __missing__(self, name: str) -> Estimate:
        statistic = STATISTICS[name]
        finding = self.finding
        label = statistic.label_on(finding.scale)
        self[name] = statistic.estimate(finding.result, finding.counts, label)
        return self[name]


class Finding:
    """A result with everything that can be said of it. `rank`: its place among the items of the
    study that were asked the same; None where it has none.
    """

    stable_below = wording.STABLE_BELOW

    def __init__(self, result: Result, rank: Rank | None = None):
        self.result = result
        self.rank = rank
        self.estimates = Estimates(self)

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
        parts = [self.criterion, self.risk_area]
        return ": ".join(str(part) for part in parts if part)

    @property
    def worded(self) -> str:
        """The question as experts read it."""
        if self.criterion:
            return self.criterion.worded(self.risk_area)
        return ""

    @property
    def asked(self) -> str:
        """The question as pages tell it: in quotation marks where its wording is known (see
        `Study.quoted`).
        """
        study = self.result.item.study
        if self.criterion:
            return study.quoted(self.criterion, self.risk_area)
        if study.ran_here:
            return f"“{study.COMBINATION_QUESTION}”"
        return f"{COMBINED} The wording is not known here."

    @property
    def asked_in_short(self) -> str:
        """The same, where it was told before that its wording is not known here."""
        if self.criterion or self.result.item.study.ran_here:
            return self.asked
        return COMBINED

    @property
    def is_support(self) -> bool:
        return self.criterion is not None and self.criterion.is_support

    # What was counted

    @property
    def van_der_eijk_a(self) -> Estimate:
        return self.estimates[VAN_DER_EIJK_A]

    @cached_property
    def counts(self) -> estimates.Counts:
        return counts_of(self.result)

    @property
    def n(self) -> int | None:
        """Everyone who answered, don't know included; None: not reported."""
        return estimates.total(self.counts) or None

    @property
    def agreeing(self) -> int:
        """How many of them agree."""
        return estimates.count_agreeing(self.counts)

    @property
    def agreeing_strongly(self) -> int | None:
        return estimates.count_agreeing_strongly(self.counts)

    @property
    def disagreeing(self) -> int:
        return estimates.count_disagreeing(self.counts)

    @property
    def dont_know(self) -> int | None:
        if not self.counts:
            return None
        return sum(
            count for point, count in self.counts.items() if point.is_dont_know
        )

    @property
    def dont_know_share(self) -> float | None:
        if not self.n or self.dont_know is None:
            return None
        return self.dont_know / self.n

    @cached_property
    def answers(self) -> list[Choice]:
        """The table behind the bar: every point of the scale in its order, don't know too."""
        result = []
        for tally in self.result.tallies.all():
            point = tally.point
            share = self._share_choosing(point, tally.count)
            choice = Choice(
                point,
                tally.count,
                share,
                self.bar.tones[point.pk],
            )
            result.append(choice)
        return result

    def _share_choosing(self, point: ScalePoint, count: int) -> Estimate:
        if not self.n:
            return Estimate(
                "share_choosing",
                point.label,
                reason=wording.NOT_REPORTED,
            )
        return share_estimate("share_choosing", point.label, count, self.n)

    # What is said of it

    @cached_property
    def scale(self) -> wording.ScaleWording:
        points = [tally.point for tally in self.result.tallies.all()]
        if not points and self.criterion and self.criterion.scale:
            # Only shares are published, of a scale that is known.
            points = list(self.criterion.scale.points.all())
        return wording.ScaleWording(points)

    @cached_property
    def bar(self) -> Bar:
        return Bar(list(self.result.tallies.all()), self.scale.points)

    @property
    def estimates_of_question(self) -> list[Estimate]:
        """Of what was asked: on a scale, or of the items as a set."""
        is_of_set = self.criterion is None
        return [
            self.estimates[name]
            for name, statistic in STATISTICS.items()
            if statistic.is_of_set == is_of_set
        ]

    @property
    def further_estimates(self) -> list[tuple[str, Estimate]]:
        """(heading, estimate) of what pages show and has no place of its own there."""
        return [
            (statistic.heading, self.estimates[name])
            for name, statistic in STATISTICS.items()
            if statistic.heading
        ]

    @property
    def consensus(self) -> str:
        """By the rule that the study states: which side has it, if any. Empty: no rule, or no
        counts.
        """
        percent = self.result.item.study.consensus_percent
        if percent is None or not self.n:
            return ""
        # In whole numbers: 29 of 50 are 58 per cent, whatever the machine makes of 0.58.
        if 100 * estimates.count_agreeing(self.counts) >= percent * self.n:
            return "to agree"
        if 100 * estimates.count_disagreeing(self.counts) >= percent * self.n:
            return "to disagree"
        return "none"

    @property
    def consensus_text(self) -> str:
        """As it is read: which side has it, none, or why that cannot be said."""
        study = self.result.item.study
        if self.consensus:
            return self.consensus
        if study.ran_here and study.consensus_percent is None:
            return "no rule stated"
        return wording.NOT_REPORTED

    @property
    def is_stable(self) -> bool:
        shift = self.result.shift
        return shift is not None and shift < estimates.STABLE

    @property
    def stability(self) -> str:
        return wording.stability(self.result.shift)


def findings_of(item: Item) -> list[Finding]:
    """The results of an item, ready to be shown. Takes no query after `with_results`."""
    return [Finding(result) for result in item.results.all()]


def supporting(item: Item, risk_areas: Collection[str] = ()) -> list[Finding]:
    """The findings that say how many support an item: all, or where a reader filters by risk
    areas (slugs) those of these.
    """
    result = []
    for finding in findings_of(item):
        area = finding.risk_area
        is_chosen = not risk_areas or (
            area is not None and area.slug in risk_areas
        )
        is_known = finding.result.agreement is not None
        if finding.is_support and is_known and is_chosen:
            result.append(finding)
    return result


def foremost(item: Item, risk_areas: Collection[str] = ()) -> Finding | None:
    """The one of these that stands for the item in a list, on a page and in a file alike: that
    with the largest share agreeing, the first of several; or None.
    """
    known = supporting(item, risk_areas)
    return max(
        known,
        key=lambda finding: finding.result.agreement or 0,
        default=None,
    )
