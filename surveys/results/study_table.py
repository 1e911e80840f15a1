"""Results of a study as a table, for its page."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict

from ..estimates import rank_ranges
from ..models import Criterion, RiskArea, Study
from .charts.bounds import BoundsTable, bounds_tables
from .charts.headline import answered, headline, headline_of_bounds
from .charts.plot import Panel, panels_by_group, panels_by_risk_area
from .charts.reasons import Reason, strongest_reasons
from .evidence import ItemEvidence
from .findings import Finding
from .ranking import ranks
from .selection import ResultFilter
from .statistics import SHARE_AGREEING, SHARE_OF_COMBINATIONS
from .study_filter import SORTS, StudyTableFilter
from .wording import percent, place_range


@dataclass(frozen=True)
class Option:
    """A value of a parameter that can be chosen; `url` is the page with it, or, where it is on
    and can be taken off, without it.
    """

    label: str
    url: str
    is_current: bool
    can_be_taken_off: bool = False
    #: Of an order, what comes first.
    words: str = ""


@dataclass(frozen=True)
class TableRow:
    """A finding as a row: `place` says between which places among those shown it may stand."""

    item: ItemEvidence
    finding: Finding
    place: str
    reasons: list[Reason]


#: The sorts in the heads of columns, by their parameter.
SORTED_IN_HEADS = (
    "agreement",
    "strong",
    "disagreement",
    "dont-know",
    "n",
    "spread",
)


class StudyTable:
    """The items of a study, a row for each finding on a scale: under one criterion, for all
    risk areas or one, of everybody or of one area of expertise.
    """

    def __init__(self, study: Study, data: QueryDict):
        self.study = study
        self.filter = StudyTableFilter(data, study=study)

    @property
    def sort(self) -> str:
        return self.filter.value("sort") or next(iter(SORTS))

    @property
    def category(self) -> str:
        return self.filter.value("category")

    @property
    def criteria(self) -> list[Criterion]:
        return self.filter.scaled_criteria

    @property
    def criterion(self) -> str:
        """The criterion shown: the first that was asked, unless another is chosen."""
        chosen = self.filter.value("criterion")
        if chosen or not self.criteria:
            return chosen
        return self.criteria[0].slug

    @property
    def risk_area(self) -> str:
        return self.filter.value("risk_area")

    @property
    def expertise_area(self) -> str:
        return self.filter.value("expertise_area")

    @property
    def is_narrowed(self) -> bool:
        return bool(self.category or self.risk_area or self.expertise_area)

    # What is shown

    @cached_property
    def items(self) -> list[ItemEvidence]:
        place = ranks([self.study])
        return [
            ItemEvidence(item, place)
            for item in self.filter.qs.with_questions()
        ]

    @cached_property
    def rows(self) -> list[tuple[ItemEvidence, Finding]]:
        """What is not known comes last; ties stand in the order of the study."""
        rows = []
        for item in self.items:
            findings = (
                item.by_expertise if self.expertise_area else item.scaled
            )
            for finding in findings:
                is_asked = finding.criterion.slug == self.criterion
                if is_asked and self.filter.takes(finding):
                    rows.append((item, finding))
        return sorted(rows, key=lambda row: SORTS[self.sort].key(row[1]))

    @cached_property
    def shown_rows(self) -> list[TableRow]:
        """The rows with what stands beside and below each."""
        places = self._places()
        shown = []
        for item, finding in self.rows:
            place = places.get(finding.result.pk, "")
            reasons = strongest_reasons(item, finding.risk_area)
            shown.append(TableRow(item, finding, place, reasons))
        return shown

    def _places(self) -> dict[int, str]:
        """By result: its place by the share agreeing among those that were asked the same."""
        by_area: dict[int | None, list[tuple[int, float, float]]]
        by_area = defaultdict(list)
        for _, finding in self.rows:
            share = finding.estimates[SHARE_AGREEING]
            if share.low is not None and share.high is not None:
                result = finding.result
                one = (result.pk, share.low, share.high)
                by_area[result.risk_area_id].append(one)
        places = {}
        for asked in by_area.values():
            ranges = rank_ranges([(low, high) for _, low, high in asked])
            for (key, *_), (best, worst) in zip(asked, ranges, strict=True):
                places[key] = place_range(best, worst)
        return places

    @property
    def asked(self) -> Criterion | None:
        """The criterion shown."""
        return next(
            (
                criterion
                for criterion in self.criteria
                if criterion.slug == self.criterion
            ),
            None,
        )

    @property
    def consensus_counts(self) -> Counter[str]:
        """How many rows have a consensus to agree, one to disagree, and none. Empty: the study
        states no rule.
        """
        return Counter(
            finding.consensus for _, finding in self.rows if finding.consensus
        )

    @property
    def consensus_text(self) -> str:
        counts = self.consensus_counts
        sides = " and ".join(
            f"{counts[side]} {side}" for side in ("to agree", "to disagree")
        )
        return f"{sides}, of {counts.total()}" if counts else ""

    @property
    def shifts(self) -> bool:
        """Whether a round before it is there to compare with."""
        return any(
            finding.result.shift is not None for _, finding in self.rows
        )

    @property
    def stable_count(self) -> int:
        return sum(finding.is_stable for _, finding in self.rows)

    @property
    def left_out(self) -> list[ItemEvidence]:
        return [item for item in self.items if item.left_out]

    @property
    def bounded(self) -> list[ItemEvidence]:
        return [item for item in self.items if item.published]

    @property
    def combined(self) -> list[tuple[ItemEvidence, Finding]]:
        """How often each item stands in a preferred combination, the most often first."""
        found = [
            (item, finding)
            for item in self.items
            for finding in item.combinations
        ]
        return sorted(
            found,
            key=lambda row: (
                -(row[1].estimates[SHARE_OF_COMBINATIONS].value or 0)
            ),
        )

    @property
    def commented(self) -> list[ItemEvidence]:
        return [item for item in self.items if item.comments or item.summary]

    @property
    def silent(self) -> list[ItemEvidence]:
        """Of a study published elsewhere: what it asked about, and says nothing of."""
        return [
            item for item in self.items if item.is_silent and not item.left_out
        ]

    @property
    def average_agreement(self) -> float | None:
        """The mean over rows of the share agreeing; None where no item has counts."""
        shares = [
            share
            for _, finding in self.rows
            if (share := finding.estimates[SHARE_AGREEING].value) is not None
        ]
        return sum(shares) / len(shares) if shares else None

    @property
    def average_text(self) -> str:
        if self.average_agreement is None:
            return ""
        return percent(self.average_agreement)

    # As charts

    @cached_property
    def headline(self) -> str:
        """What is shown, in a sentence. Empty: there is none to be made."""
        group = self.filter.chosen_group
        found = headline(self.rows, group=group)
        found = found or headline_of_bounds(self.items)
        place = self.filter.chosen_category
        if not found or not place:
            return found
        # Of a part it says of which: a chart is seen without the choices beside it.
        return f"In {place}, {found[0].lower()}{found[1:]}"

    @property
    def answered(self) -> str:
        """What those did who are counted: “agree”, or how they answered. Empty: nobody did."""
        if not self.rows:
            return ""
        return answered(self.rows[0][1])

    @cached_property
    def panels(self) -> list[Panel]:
        return panels_by_risk_area(self.rows)

    @cached_property
    def group_panels(self) -> list[Panel]:
        """By group of experts, where one question is shown and no group is chosen."""
        if self.expertise_area or len(self.panels) != 1:
            return []
        return panels_by_group(self.rows, self.items)

    @cached_property
    def bounds(self) -> list[BoundsTable]:
        return bounds_tables(self.items)

    # Links

    @cached_property
    def sorts(self) -> list[Option]:
        options = []
        for key, one in SORTS.items():
            words = one.in_words(self.rows[0][1]) if self.rows else ""
            option = Option(
                one.sort.label,
                self._url(sort=key),
                key == self.sort,
                words=words,
            )
            options.append(option)
        return options

    @property
    def heads(self) -> dict[str, Option]:
        """The sorts by name, for the heads of columns."""
        options = zip(SORTS, self.sorts, strict=True)
        return {key.replace("-", "_"): option for key, option in options}

    @property
    def sorted_by(self) -> str:
        """What comes first in the order shown."""
        return next(one.words for one in self.sorts if one.is_current)

    @property
    def further_sorts(self) -> list[Option]:
        """Those that no column has, to be offered beside what else can be chosen."""
        return [
            option
            for key, option in zip(SORTS, self.sorts, strict=True)
            if key not in SORTED_IN_HEADS
        ]

    @property
    def is_sorted_by_more(self) -> bool:
        """By a figure that stands in the second table."""
        return self.sort in ("n", "spread")

    @property
    def export_query(self) -> str:
        """For the files of what is shown here: of the parameters those that choose results, and
        not their order.
        """
        chosen = {
            name: self.filter.value(name) for name in ResultFilter.base_filters
        }
        return urlencode(
            {name: value for name, value in chosen.items() if value},
        )

    @property
    def shown_query(self) -> str:
        """The same with their order: all that decides on what is drawn."""
        order = urlencode({"sort": self.filter.value("sort")})
        parts = [self.export_query]
        if self.filter.value("sort"):
            parts.append(order)
        return "&".join(filter(None, parts))

    @property
    def chosen_risk_area(self) -> RiskArea | None:
        for area in self.filter.scaled_risk_areas:
            if area.slug == self.risk_area:
                return area
        return None

    @property
    def question(self) -> str:
        """As pages tell it, about the risk area that is chosen if one is. Empty: nothing was asked."""
        if self.asked is None:
            return ""
        return self.study.quoted(self.asked, self.chosen_risk_area)

    @property
    def direction(self) -> str:
        return SORTS[self.sort].direction

    @property
    def criterion_options(self) -> list[Option]:
        """One is always on. Another may not be asked by risk area, so that choosing one shows
        all of it.
        """
        return [
            Option(
                c.name,
                self._url(criterion=c.slug, risk_area=""),
                c.slug == self.criterion,
            )
            for c in self.criteria
        ]

    @property
    def risk_area_options(self) -> list[Option]:
        """Those in which the criterion shown was asked, and the one that is on."""
        asked = {
            f.risk_area.slug
            for i in self.items
            for f in i.scaled
            if f.risk_area and f.criterion == self.asked
        }
        areas = [
            (a.slug, a.name)
            for a in self.filter.scaled_risk_areas
            if a.slug in (*asked, self.risk_area)
        ]
        return self._options("risk_area", self.risk_area, areas)

    @property
    def expertise_options(self) -> list[Option]:
        areas = [
            (area.slug, area.name)
            for area in self.filter.shown_expertise_areas
        ]
        return self._options("expertise_area", self.expertise_area, areas)

    @property
    def category_options(self) -> list[Option]:
        return self._options(
            "category",
            self.category,
            [
                (category.code, str(category))
                for category in self.filter.categories
            ],
        )

    @property
    def has_options(self) -> bool:
        """Whether anything can be chosen."""
        return bool(
            self.further_sorts
            or self.criterion_options[1:]
            or self.risk_area_options
            or self.expertise_options
            or self.category_options,
        )

    def _options(
        self,
        name: str,
        current: str,
        values: list[tuple[str, str]],
    ) -> list[Option]:
        return [
            Option(
                label,
                self._url(**{name: "" if value == current else value}),
                value == current,
                value == current,
            )
            for value, label in values
        ]

    def _url(self, **changes: str) -> str:
        data = self.filter.data.copy()
        for name, value in changes.items():
            data[name] = value
            if not value:
                del data[name]
        return "?" + data.urlencode()
