"""What the page of a study takes: of results those on a scale, and by what they are sorted."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from operator import attrgetter

from catalogue.models import Category, Classification
from serving.strict import NameFilter

from ..models import Criterion, ExpertiseArea, RiskArea
from .findings import Finding
from .selection import ResultFilter
from .statistics import STATISTICS, VAN_DER_EIJK_A, Sort

SORTED_BY_SPREAD = "how far answers lie apart, the most spread first"


@dataclass(frozen=True)
class TableSort:
    """What a study's page can be sorted by: a figure of a finding, None where it is not known.
    `words` say which, where it is no `statistic` that has a label of its own.
    """

    sort: Sort
    value: Callable[[Finding], float | None]
    words: str = ""
    statistic: str = ""

    @property
    def direction(self) -> str:
        """Of the figures in the column, for those who hear it."""
        if self.sort.descending:
            return "descending"
        return "ascending"

    def in_words(self, finding: Finding) -> str:
        """What comes first, on the scale of a finding."""
        if self.words:
            return self.words
        label = finding.estimates[self.statistic].label
        answer = f"said “{label}”"
        if label in ("agree", "disagree", "strongly agree"):
            answer = label
        return f"the share who {answer}, largest first"

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
            "the share who did not know, largest first",
        ),
        TableSort(
            Sort("n", "n", 6),
            attrgetter("n"),
            "how many answered, most first",
        ),
    ]
    for name, statistic in STATISTICS.items():
        if statistic.sort:
            value = partial(_estimated, name)
            words = SORTED_BY_SPREAD if name == VAN_DER_EIJK_A else ""
            sorts.append(TableSort(statistic.sort, value, words, name))
    sorts.sort(key=lambda one: one.sort.position)
    return {one.sort.parameter: one for one in sorts}


def _estimated(name: str, finding: Finding) -> float | None:
    return finding.estimates[name].value


SORTS = _table_sorts()


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

    @property
    def chosen_group(self) -> str:
        """The name of the area of expertise that is chosen. Empty: none is."""
        chosen = self.value("expertise_area")
        for area in self.shown_expertise_areas if chosen else ():
            if area.slug == chosen:
                return area.name
        return ""

    @property
    def chosen_category(self) -> str:
        """The code and the name of the category that is chosen. Empty: none is."""
        chosen = self.value("category")
        for category in self.categories if chosen else ():
            if category.code == chosen:
                return str(category)
        return ""

    @cached_property
    def shown_expertise_areas(self) -> list[ExpertiseArea]:
        """Those of which there are answers that may be shown."""
        return list(
            ExpertiseArea.objects.filter(
                results__item__study=self.study,
            ).distinct(),
        )
