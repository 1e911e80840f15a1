"""Which results of a study are shown or go into a file: those of the view beside which it stands."""

from collections.abc import Iterable
from functools import cached_property

from django.db.models import Model, QuerySet

from catalogue.models import Category, Classification, Mitigation
from serving.strict import NameFilter, StrictFilterSet

from ..models import Criterion, ExpertiseArea, Item, RiskArea, Study
from .findings import Finding, findings_of


class CategoryFilter(NameFilter):
    """Items of mitigations in a category of the default taxonomy, or below it."""

    def filter(self, qs, value):
        if not value:
            return qs
        places = Category.objects.filter(taxonomy__is_default=True, code=value)
        mitigations = Mitigation.objects.in_categories(places)
        return qs.filter(mitigation__in=mitigations.values("pk"))


class FindingFilter(NameFilter):
    """Chooses among the findings of items, and not among items."""

    def filter(self, qs, value):
        return qs

    def takes(self, finding: Finding, value: str) -> bool:
        record = getattr(finding, self.field_name)
        return not value or (record is not None and record.slug == value)


class ResultFilter(StrictFilterSet):
    """The results of mitigations in a category, under a criterion, for a risk area, of an area
    of expertise: all, unless one is chosen.

    `qs` are the items of the study; `findings` gives the results of one of them.
    """

    refuses_empty = True

    category = CategoryFilter(names="codes")
    criterion = FindingFilter(names="criteria")
    risk_area = FindingFilter(names="risk_areas")
    expertise_area = FindingFilter(names="expertise_areas")

    def __init__(self, data=None, queryset=None, *, study: Study, **kwargs):
        if queryset is None:
            queryset = self.items_of(study)
        super().__init__(data, queryset, **kwargs)
        self.study = study

    @staticmethod
    def items_of(study: Study) -> QuerySet[Item]:
        published = Mitigation.objects.published()
        rows = Item.objects.with_results().with_words()
        rows = rows.filter(study=study, mitigation__in=published.values("pk"))
        return rows.order_by("position", "pk")

    @cached_property
    def codes(self) -> list[str]:
        """Of the categories of the default taxonomy in which its mitigations stand, and of
        those above.
        """
        places = Classification.objects.filter(
            mitigation__in=self.study.items.values("mitigation"),
            taxonomy__is_default=True,
        )
        codes = set()
        for code in places.values_list("category__code", flat=True):
            parts = code.split(".")
            codes.update(
                ".".join(parts[:depth]) for depth in range(1, len(parts) + 1)
            )
        return sorted(
            codes,
            key=lambda code: [int(part) for part in code.split(".")],
        )

    @cached_property
    def criteria(self) -> Iterable[str]:
        return self._with_results(Criterion)

    @cached_property
    def risk_areas(self) -> Iterable[str]:
        return self._with_results(RiskArea)

    @cached_property
    def expertise_areas(self) -> Iterable[str]:
        return self._with_results(ExpertiseArea)

    def _with_results(self, model: type[Model]) -> list[str]:
        """The slugs of those for which the study says something."""
        rows = model._default_manager.filter(results__item__study=self.study)
        return sorted(set(rows.order_by().values_list("slug", flat=True)))

    def findings(self, item: Item) -> list[Finding]:
        return [
            finding for finding in findings_of(item) if self.takes(finding)
        ]

    def takes(self, finding: Finding) -> bool:
        for name, one in self.filters.items():
            if not isinstance(one, FindingFilter):
                continue
            if not one.takes(finding, self.value(name)):
                return False
        return True
