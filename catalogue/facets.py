"""Facets: filters whose values are shown with counts. Each is declared once, in `filters.py`."""

from dataclasses import dataclass, field
from typing import Any

import django_filters
from django import forms
from django.db import models
from django.db.models import Count
from django.db.models.functions import Length, Substr

from .fields import PATH_STEP, code_path
from .models import Category, Classification, Document, Mitigation, Taxonomy


@dataclass
class FacetValue:
    """One value of a facet, with the number of results that carry it under every other facet's choice."""

    value: str
    label: str
    code: str = ""
    is_special: bool = False
    count: int = 0
    share: float = 0.0
    is_selected: bool = False
    url: str = ""
    children: list["FacetValue"] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether something below it is selected."""
        return any(child.is_selected or child.is_open for child in self.children)


@dataclass
class Facet:
    parameter: str
    label: str
    is_tree: bool
    #: Top level only where it is a tree; `flat` has all.
    values: list[FacetValue]
    flat: list[FacetValue]

    @property
    def selected_count(self) -> int:
        return sum(value.is_selected for value in self.flat)


class RepeatedField(forms.MultipleChoiceField):
    """Takes any strings: the filter set itself says which values there are, and suggests the nearest."""

    def valid_value(self, value):
        return True


class FacetFilter(django_filters.Filter):
    """A filter by any of several values. Those below give `choices`, `narrow` and `counts`."""

    field_class = RepeatedField
    is_tree = False
    #: Where it takes other values than its choices too: which ones, for an error. `accepts` says whether a value is one.
    takes_more = ""

    def accepts(self, value: str) -> bool:
        return any(choice.value == value for choice in self.choices())

    def choice(self, value: str) -> FacetValue:
        """A value that was asked for and is not among the choices."""
        return FacetValue(value, value)

    def choices(self) -> list[FacetValue]:
        """All its values, in the order in which they are shown."""
        raise NotImplementedError

    def narrow(self, mitigations: models.QuerySet, values: list[str]) -> models.QuerySet:
        """The mitigations that carry any of `values`."""
        raise NotImplementedError

    def counts(self, mitigations: models.QuerySet) -> dict[str, int]:
        """How many of `mitigations` carry each value; values with none may be left out."""
        raise NotImplementedError

    def filter(self, qs, value):
        return self.narrow(qs, value) if value else qs

    def facet(self, mitigations: models.QuerySet, selected: list[str], url) -> Facet:
        """Its values with their counts among `mitigations`. `url(values)` addresses the list with these chosen."""
        values = self.choices()
        if self.takes_more:
            values += [self.choice(value) for value in selected if value not in {choice.value for choice in values}]
        counts = self.counts(mitigations)
        largest = max(counts.values(), default=0)
        for value in values:
            value.count = counts.get(value.value, 0)
            value.share = value.count / largest if largest else 0.0
            value.is_selected = value.value in selected
            others = [other for other in selected if other != value.value]
            value.url = url(others if value.is_selected else [*selected, value.value])
        return Facet(self.field_name, self.label, self.is_tree, self.top(values), values)

    def top(self, values: list[FacetValue]) -> list[FacetValue]:
        return values


class TermFacet(FacetFilter):
    """By the terms of a vocabulary. `relation` is the name of the mitigation's many-to-many field."""

    def __init__(self, *args, relation: str, **kwargs):
        super().__init__(*args, **kwargs)
        links = getattr(Mitigation, relation)
        self.through, self.terms = links.through, links.rel.model
        self.column = self.terms._meta.model_name

    def choices(self):
        return [FacetValue(term.slug, term.name, is_special=term.is_special) for term in self.terms.objects.all()]

    def narrow(self, mitigations, values):
        links = self.through.objects.filter(**{f"{self.column}__slug__in": values})
        return mitigations.filter(pk__in=links.values("mitigation"))

    def counts(self, mitigations):
        links = self.through.objects.filter(mitigation__in=mitigations.values("pk"))
        return dict(links.values_list(f"{self.column}__slug").annotate(n=Count("pk")).order_by())


class DocumentFacet(FacetFilter):
    """By the document that a mitigation is taken from."""

    def choices(self):
        return [FacetValue(document.slug, document.label) for document in Document.objects.only("slug", "label")]

    def narrow(self, mitigations, values):
        return mitigations.filter(document__slug__in=values)

    def counts(self, mitigations):
        return dict(mitigations.values_list("document__slug").annotate(n=Count("pk")).order_by())


class FlagFacet(FacetFilter):
    """By a yes or no on the mitigation. `labels` are for yes and no."""

    def __init__(self, *args, column: str, labels: tuple[str, str], **kwargs):
        super().__init__(*args, **kwargs)
        self.column, self.labels = column, labels

    def choices(self):
        return [FacetValue("true", self.labels[0]), FacetValue("false", self.labels[1])]

    def narrow(self, mitigations, values):
        return mitigations.filter(**{f"{self.column}__in": [value == "true" for value in values]})

    def counts(self, mitigations):
        rows = mitigations.values_list(self.column).annotate(n=Count("pk")).order_by()
        return {"true" if flag else "false": n for flag, n in rows}


class CategoryFacet(FacetFilter):
    """By the categories of a taxonomy; a category takes in everything below it.

    `taxonomy_of(filterset)` says which taxonomy its codes are read in.
    """

    is_tree = True

    def __init__(self, *args, taxonomy_of, **kwargs):
        super().__init__(*args, **kwargs)
        self.taxonomy_of = taxonomy_of

    @property
    def taxonomy(self) -> Taxonomy | None:
        return self.taxonomy_of(self.parent)

    def choices(self):
        if self.taxonomy is None:
            return []
        rows = Category.objects.filter(taxonomy=self.taxonomy).order_by("path")
        return [FacetValue(row.code, row.name, code=row.code) for row in rows]

    def narrow(self, mitigations, values):
        below = models.Q(pk__in=[])
        for code in values:
            below |= models.Q(category__path__startswith=code_path(code))
        filed = Classification.objects.filter(below, taxonomy=self.taxonomy)
        return mitigations.filter(pk__in=filed.values("mitigation"))

    def counts(self, mitigations):
        """Distinct mitigations at or below each category: a level of the tree is a length of the path."""
        filed = Classification.objects.filter(taxonomy=self.taxonomy, mitigation__in=mitigations.values("pk"))
        paths = Category.objects.filter(taxonomy=self.taxonomy).values_list("path", flat=True)
        deepest = max((len(path) for path in paths), default=0)
        levels = [
            filed.annotate(length=Length("category__path"), place=Substr("category__path", 1, length))
            .filter(length__gte=length)
            .values_list("place")
            .annotate(n=Count("mitigation", distinct=True))
            .order_by()
            for length in range(PATH_STEP, deepest + 1, PATH_STEP)
        ]
        if not levels:
            return {}
        rows = levels[0].union(*levels[1:], all=True)
        return {".".join(number.lstrip("0") for number in path.split(".")[:-1]): n for path, n in rows}

    def top(self, values):
        by_code = {value.value: value for value in values}
        for value in values:
            above = by_code.get(value.value.rpartition(".")[0])
            if above:
                above.children.append(value)
        return [value for value in values if "." not in value.value]


def as_json(facet: Facet) -> dict[str, Any]:
    """A facet for the API: every value with its count, in order."""
    values = [{"value": v.value, "label": v.label, "count": v.count, "selected": v.is_selected} for v in facet.flat]
    return {"parameter": facet.parameter, "label": facet.label, "values": values}
