"""The statistics that studies show, each declared once, in one row of `STATISTICS`.

The API, the files of a study, their data dictionary, the sorts of its page, and the check of
published figures against their counts derive from it, in its order. The formulas are in
`surveys/estimates.py`. CONTRIBUTING.md says how to add one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import ClassVar

from catalogue.statistics import wilson_interval

from .. import estimates
from ..models import Figure, Result
from ..shares import published_figure
from .wording import (
    NOT_REPORTED,
    ScaleWording,
    percent,
    whole_percent,
    with_minus,
)

COMPUTED = "computed from counts"
PUBLISHED = "published"
BOUND = "published bound"
#: Statistics that are an answer, or lie between two.
ANSWERS = ("median", "first_quartile", "third_quartile")
NO_ROUND_BEFORE = "no round before it with enough answers"


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
    def has_decimals(self) -> bool:
        """Whether there are enough answers for tenths of a per cent to mean anything."""
        return self.n is not None and self.n >= 100

    @property
    def text(self) -> str:
        """As it is read: “92 %”, “> 60 %”, “1.33”, or “not reported”."""
        if self.value is None:
            return self.reason
        if self.statistic in ANSWERS:
            number = with_minus(f"{self.value:g}")
        elif not self.is_share:
            number = with_minus(f"{self.value:.2f}")
        elif self.has_decimals:
            number = f"{100 * self.value:.1f} %"
        else:
            number = percent(self.value)
        return f"{self.operator} {number}".lstrip()

    @property
    def interval(self) -> str:
        """As it is read, shares in per cent: “85 to 96”. Empty: there is none."""
        if self.low is None or self.high is None:
            return ""
        if self.is_share and self.has_decimals:
            return f"{100 * self.low:.1f} to {100 * self.high:.1f}"
        if self.is_share:
            return f"{whole_percent(self.low)} to {whole_percent(self.high)}"
        return with_minus(f"{self.low:.2f} to {self.high:.2f}")

    @property
    def between(self) -> str:
        """The interval of a share within a sentence: “between 85 and 96 %”. Empty: there is none."""
        if self.low is None or self.high is None:
            return ""
        low = whole_percent(self.low)
        return f"between {low} and {whole_percent(self.high)} %"


@dataclass(frozen=True)
class Sort:
    """How a study's page sorts by a statistic, the largest first or, where `descending` is
    False, the smallest.
    """

    parameter: str
    label: str
    #: Its place among the sorts that are offered.
    position: int
    descending: bool = True


Compute = Callable[[estimates.Counts], float]
Interval = Callable[[estimates.Counts], tuple[float, float]]
Label = Callable[[ScaleWording], str]


@dataclass(frozen=True, kw_only=True)
class Statistic:
    """One row of `STATISTICS`: a statistic of answers on a scale.

    `name` is its word in the API, in files, and where a source publishes it; `note` explains it
    in the data dictionary. `compute` raises ValueError where the counts do not give it, and
    `interval` where there is none.
    """

    name: str
    #: What is read beside the value, in the words of the scale where they matter.
    label: str | Label
    note: str = ""
    compute: Compute | None = None
    interval: Interval | None = None
    sort: Sort | None = None
    #: Its heading among the figures of a question. Empty: it has a place of its own there.
    heading: str = ""
    #: Whether it is of the items as a set, and not of answers on a scale.
    is_of_set: ClassVar[bool] = False

    def label_on(self, scale: ScaleWording) -> str:
        if isinstance(self.label, str):
            return self.label
        return self.label(scale)

    def estimate(
        self,
        result: Result,
        counts: estimates.Counts,
        label: str,
    ) -> Estimate:
        """Computed where there are counts, else as it is published."""
        if not counts or self.compute is None:
            return self.published(result, label)
        try:
            value = self.compute(counts)
        except ValueError as error:
            return Estimate(self.name, label, reason=str(error))
        low, high = self._interval(counts)
        n = estimates.valued_total(counts)
        return Estimate(
            self.name,
            label,
            value,
            low=low,
            high=high,
            n=n,
            origin=COMPUTED,
        )

    def _interval(
        self,
        counts: estimates.Counts,
    ) -> tuple[float, float] | tuple[None, None]:
        if self.interval is None:
            return None, None
        try:
            return self.interval(counts)
        except ValueError:
            return None, None

    def published(self, result: Result, label: str) -> Estimate:
        figure = published_figure(result, self.name)
        if figure is None:
            return Estimate(self.name, label, reason=NOT_REPORTED)
        origin = BOUND if figure.operator else PUBLISHED
        operator = figure.operator
        return Estimate(
            self.name,
            label,
            figure.value,
            operator=operator,
            origin=origin,
        )


def share_estimate(name: str, label: str, chosen: int, n: int) -> Estimate:
    """`chosen` of `n`, with the Wilson score interval. Raises ValueError where `n` is 0."""
    low, high = wilson_interval(chosen, n)
    return Estimate(
        name,
        label,
        chosen / n,
        low=low,
        high=high,
        n=n,
        origin=COMPUTED,
    )


@dataclass(frozen=True, kw_only=True)
class Share(Statistic):
    """A share of everyone who answered. `count` says how many of them; None: that is not known."""

    count: Callable[[estimates.Counts], int | None]

    def estimate(
        self,
        result: Result,
        counts: estimates.Counts,
        label: str,
    ) -> Estimate:
        n = estimates.total(counts)
        chosen = self.count(counts)
        if not n or chosen is None:
            return self.published(result, label)
        return share_estimate(self.name, label, chosen, n)


@dataclass(frozen=True, kw_only=True)
class ShareOfCombinations(Statistic):
    """Of the experts who were asked about the item and gave a preferred combination."""

    is_of_set = True

    def estimate(
        self,
        result: Result,
        counts: estimates.Counts,
        label: str,
    ) -> Estimate:
        if result.combined is None or not result.combiners:
            return self.published(result, label)
        return share_estimate(
            self.name,
            label,
            result.combined,
            result.combiners,
        )


@dataclass(frozen=True, kw_only=True)
class ShareMoved(Statistic):
    """Stored with the result: it needs the round before."""

    def estimate(
        self,
        result: Result,
        counts: estimates.Counts,
        label: str,
    ) -> Estimate:
        if result.shift is not None:
            n = estimates.total(counts) or None
            return Estimate(
                self.name,
                label,
                result.shift,
                n=n,
                origin=COMPUTED,
            )
        ran_here = result.item.study.ran_here
        reason = NO_ROUND_BEFORE if ran_here else NOT_REPORTED
        return Estimate(self.name, label, reason=reason)


#: Its name in the API, where “agreement” in addresses is a share: `sort=agreement`.
VAN_DER_EIJK_A = "agreement"

_ROWS: list[Statistic] = [
    Share(
        name=Figure.Statistic.SHARE_AGREEING,
        label=attrgetter("agree"),
        count=estimates.count_agreeing,
        sort=Sort("agreement", "agreement", 1),
    ),
    Share(
        name=Figure.Statistic.SHARE_DISAGREEING,
        label=attrgetter("disagree"),
        count=estimates.count_disagreeing,
        sort=Sort("disagreement", "disagreement", 3),
    ),
    Share(
        name="share_strongly_agreeing",
        label=attrgetter("strongly_agree"),
        count=estimates.count_agreeing_strongly,
        sort=Sort("strong", "strong agreement", 2),
    ),
    Statistic(
        name=Figure.Statistic.MEAN,
        label="mean",
        compute=estimates.mean,
        interval=estimates.mean_interval,
    ),
    Statistic(
        name=Figure.Statistic.STANDARD_ERROR,
        label="standard error of the mean",
        note="of the mean",
        compute=estimates.standard_error,
    ),
    Statistic(
        name=Figure.Statistic.VARIANCE,
        label="variance",
        note="with n - 1",
        compute=estimates.variance,
    ),
    Statistic(
        name=Figure.Statistic.MEDIAN,
        label="median",
        compute=estimates.median,
    ),
    Statistic(
        name="first_quartile",
        label="first quartile",
        compute=estimates.first_quartile,
    ),
    Statistic(
        name="third_quartile",
        label="third quartile",
        compute=estimates.third_quartile,
    ),
    Statistic(
        name=VAN_DER_EIJK_A,
        label="agreement A",
        note="van der Eijk’s A",
        compute=estimates.van_der_eijk_a,
        # The wider the answers lie apart, the smaller A.
        sort=Sort("spread", "spread", 5, descending=False),
    ),
    ShareOfCombinations(
        name=Figure.Statistic.SHARE_OF_COMBINATIONS,
        label="of preferred combinations",
    ),
    ShareMoved(
        name="share_moved",
        label="moved since the round before",
        note="since the round before",
    ),
]
STATISTICS = {str(row.name): row for row in _ROWS}
SHARE_AGREEING = str(Figure.Statistic.SHARE_AGREEING)
SHARE_OF_COMBINATIONS = str(Figure.Statistic.SHARE_OF_COMBINATIONS)
