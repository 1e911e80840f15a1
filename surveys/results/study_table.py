"""Results of a study as a table, for its page."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from operator import attrgetter
from urllib.parse import urlencode

from django.http import QueryDict

from catalogue.models import Category, Classification
from serving.strict import NameFilter

from ..models import Criterion, ExpertiseArea, RiskArea, Study
from .evidence import ItemEvidence, ranks
from .findings import Finding
from .selection import ResultFilter
from .statistics import SHARE_AGREEING, SHARE_OF_COMBINATIONS, STATISTICS, Sort


@dataclass(frozen=True)
class TableSort:
    """What a study's page can be sorted by: a figure of a finding, None where it is not known."""

    sort: Sort
    value: Callable[[Finding], float | None]

    @property
    def direction(self) -> str:
        """Of the figures in the column, for those who hear it."""
        if self.sort.descending:
            return "descending"
        return "ascending"

    def key(self, finding: Finding) -> tuple[bool, float]:
        """By which findings are sorted: what is not known comes last."""
        value = self.value(finding)
        if value is None:
            return True, 0
        return False, -value if self.sort.descending else value


def _table_sorts() -> dict[str, TableSort]:
    """By the value of the parameter `sort`, in the order in which they are offered."""
    sorts = [
        TableSort(
            Sort("dont-know", "don’t know", 4),
            attrgetter("dont_know_share"),
        ),
        TableSort(Sort("n", "n", 6), attrgetter("n")),
    ]
    for name, statistic in STATISTICS.items():
        if statistic.sort:
            value = partial(_estimated, name)
            sorts.append(TableSort(statistic.sort, value))
    sorts.sort(key=lambda one: one.sort.position)
    return {one.sort.parameter: one for one in sorts}


def _estimated(name: str, finding: Finding) -> float | None:
    return finding.estimates[name].value


SORTS = _table_sorts()


@dataclass(frozen=True)
class Option:
    """A value of a parameter that can be chosen; `url` is the page with it, or, where it is on
    and can be taken off, without it.
    """

    label: str
    url: str
    is_current: bool
    can_be_taken_off: bool = False


class SortFilter(NameFilter):
    """Orders rows, which no query has."""

    def filter(self, qs, value):
        return qs


class StudyTableFilter(ResultFilter):
    """What the page of a study takes: of results those on a scale, and by what they are sorted."""

    refuses_empty = False

    sort = SortFilter(names="sorts")

    @classmethod
    def get_filters(cls):
        """The order comes first where they are listed."""
        filters = super().get_filters()
        return {"sort": filters.pop("sort"), **filters}

    @property
    def sorts(self):
        return SORTS

    @property
    def codes(self):
        return [category.code for category in self.categories]

    @property
    def criteria(self):
        return [criterion.slug for criterion in self.scaled_criteria]

    @property
    def risk_areas(self):
        return [area.slug for area in self.scaled_risk_areas]

    @property
    def expertise_areas(self):
        return [area.slug for area in self.shown_expertise_areas]

    @cached_property
    def categories(self) -> list[Category]:
        """The second-level categories in which the study's mitigations stand."""
        filed = Category.objects.filter(
            taxonomy__is_default=True,
            parent__parent=None,
            parent__isnull=False,
        )
        # By keys, and not by joins with “distinct”, which PostgreSQL may plan badly before it
        # has statistics.
        places = Classification.objects.filter(
            mitigation__in=self.study.items.values("mitigation"),
        )
        return list(
            filed.filter(pk__in=places.values("category__parent")).order_by(
                "path",
            ),
        )

    @cached_property
    def scaled_criteria(self) -> list[Criterion]:
        """Those answered on a scale."""
        return list(
            self.study.criteria.filter(
                results__tallies__isnull=False,
            ).distinct(),
        )

    @cached_property
    def scaled_risk_areas(self) -> list[RiskArea]:
        """Those for which there are answers."""
        return list(
            RiskArea.objects.filter(
                results__item__study=self.study,
                results__tallies__isnull=False,
            ).distinct(),
        )

    @cached_property
    def shown_expertise_areas(self) -> list[ExpertiseArea]:
        """Those of which there are answers that may be shown."""
        return list(
            ExpertiseArea.objects.filter(
                results__item__study=self.study,
            ).distinct(),
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
        return f"{100 * self.average_agreement:.1f} %"

    # Links

    @property
    def sorts(self) -> list[Option]:
        return [
            Option(one.sort.label, self._url(sort=key), key == self.sort)
            for key, one in SORTS.items()
        ]

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
