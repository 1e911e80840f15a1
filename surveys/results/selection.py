"""Which results of a study go into a file: those of the view beside which it stands."""

from collections.abc import Iterator
from functools import cached_property

from django.db.models import QuerySet
from django.http import QueryDict

from catalogue.models import Category, Classification, Mitigation
from serving.parameters import (
    Problem,
    given_twice,
    left_empty,
    told,
    unknown_parameter,
    unknown_value,
)

from ..models import Criterion, ExpertiseArea, Item, RiskArea, Study
from .findings import Finding


class ResultSelection:
    """The results of mitigations in a category, under a criterion, for a risk area, of an area
    of expertise: all, unless asked for. Nothing is ignored: `problems` names what does not
    exist.
    """

    PARAMETERS = ("category", "criterion", "risk_area", "expertise_area")

    def __init__(self, study: Study, query: QueryDict | None = None):
        self.study = study
        self.query = QueryDict() if query is None else query

    @cached_property
    def known(self) -> dict[str, list[str]]:
        """The values of each parameter for which the study says something."""
        of_study = {"results__item__study": self.study}
        criteria = (
            Criterion.objects.filter(**of_study)
            .order_by()
            .values_list("slug", flat=True)
        )
        risk_areas = (
            RiskArea.objects.filter(**of_study)
            .order_by()
            .values_list("slug", flat=True)
        )
        expertise = (
            ExpertiseArea.objects.filter(**of_study)
            .order_by()
            .values_list("slug", flat=True)
        )
        return {
            "category": self._codes(),
            "criterion": sorted(set(criteria)),
            "risk_area": sorted(set(risk_areas)),
            "expertise_area": sorted(set(expertise)),
        }

    def _codes(self) -> list[str]:
        """Of the categories of the default taxonomy in which its mitigations stand, and of
        those above.
        """
        places = Classification.objects.filter(
            mitigation__in=self.study.items.values("mitigation"),
            taxonomy__is_default=True,
        )
        found = set()
        for code in places.values_list("category__code", flat=True):
            parts = code.split(".")
            found.update(".".join(parts[:depth]) for depth in range(1, len(parts) + 1))
        return sorted(found, key=lambda code: [int(part) for part in code.split(".")])

    def problems(self, other: tuple[str, ...] = ()) -> list[Problem]:
        """What is wrong with the query; `other` are parameters that the caller itself reads."""
        return told(self._problems(other))

    def _problems(self, other: tuple[str, ...]) -> Iterator[Problem]:
        for name, values in self.query.lists():
            if name in other:
                continue
            if name not in self.PARAMETERS:
                yield unknown_parameter(
                    name, str(values[0]), [*self.PARAMETERS, *other]
                )
                continue
            yield from left_empty(name, [str(value) for value in values])
            yield from given_twice(name, [str(value) for value in values])
            for value in values:
                if value and value not in self.known[name]:
                    yield unknown_value(name, str(value), self.known[name])

    def value(self, name: str) -> str:
        return self.query.get(name) or ""

    def items(self) -> QuerySet[Item]:
        seen = Mitigation.objects.published()
        if code := self.value("category"):
            seen = seen.in_categories(
                Category.objects.filter(taxonomy__is_default=True, code=code)
            )
        rows = (
            Item.objects.with_results()
            .with_words()
            .filter(study=self.study, mitigation__in=seen.values("pk"))
        )
        return rows.order_by("position", "pk")

    def findings(self, item: Item) -> list[Finding]:
        return [finding for finding in item.findings if self._takes(finding)]

    def _takes(self, finding: Finding) -> bool:
        of_finding = {
            "criterion": finding.criterion,
            "risk_area": finding.risk_area,
            "expertise_area": finding.expertise_area,
        }
        return all(
            not self.value(name)
            or (record is not None and record.slug == self.value(name))
            for name, record in of_finding.items()
        )
