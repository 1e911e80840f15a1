"""Facets: filters whose values are shown with counts. Each is declared once, in `filters.py`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import django_filters
from django import forms
from pyroaring import BitMap

from .fields import PATH_STEP, code_path
from .index import EMPTY, Index, Source, pairs
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
    #: Top level only where it is a tree; `flat` has all that are shown.
    values: list[FacetValue]
    flat: list[FacetValue]
    #: How many more values have results and are not shown.
    more: int = 0

    @property
    def selected_count(self) -> int:
        return sum(value.is_selected for value in self.flat)


class RepeatedField(forms.MultipleChoiceField):
    """Takes any strings: the filter set itself says which values there are, and suggests the nearest."""

    def valid_value(self, value):
        return True


class FacetFilter(django_filters.Filter):
    """A filter by any of several values. Those below give `source`, or `carriers`, and `choices`."""

    field_class = RepeatedField
    is_tree = False
    #: Where it takes other values than its choices too: which ones, for an error. `accepts` says whether a value is one.
    takes_more = ""
    #: So many values are shown at most, those with the most results; all where it is None.
    most_shown: int | None = None

    def accepts(self, value: str) -> bool:
        return any(choice.value == value for choice in self.choices())

    def choice(self, value: str) -> FacetValue:
        """A value that was asked for and is not among the choices."""
        return FacetValue(value, value)

    def choices(self) -> list[FacetValue]:
        """All its values, in the order in which they are shown."""
        raise NotImplementedError

    def source(self) -> Source:
        """Where the sets of mitigations by value come from."""
        raise NotImplementedError

    def carriers(self, index: Index) -> Callable[[str], BitMap]:
        """What gives the mitigations that carry a value."""
        sets = index.sets(self.source())
        return lambda value: sets.get(value, EMPTY)

    def narrow(self, index: Index, keys: BitMap, values: list[str]) -> BitMap:
        """Those of `keys` that carry any of `values`."""
        return keys & BitMap.union(EMPTY, *map(self.carriers(index), values))

    def facet(self, index: Index, keys: BitMap, selected: list[str], url) -> Facet:
        """Its values with their counts among `keys`. `url(values)` addresses the list with these chosen."""
        known = index.once(f"choices of {self.name}", self.choices)
        values = [replace(choice, children=[]) for choice in known]
        if self.takes_more:
            values += [self.choice(value) for value in selected if value not in {choice.value for choice in values}]
        carrying = self.carriers(index)
        for value in values:
            value.count = keys.intersection_cardinality(carrying(value.value))
            value.is_selected = value.value in selected
        values, more = self._shown(values)
        largest = max((value.count for value in values), default=0)
        for value in values:
            value.share = value.count / largest if largest else 0.0
            others = [other for other in selected if other != value.value]
            value.url = url(others if value.is_selected else [*selected, value.value])
        return Facet(self.field_name, self.label, self.is_tree, self.top(values), values, more)

    @property
    def name(self) -> str:
        """Of its choices: what stands for them as long as nothing but mitigations changes."""
        return self.field_name

    def _shown(self, values: list[FacetValue]) -> tuple[list[FacetValue], int]:
        """Where there are too many: those chosen, and those with the most results; and how many others have some."""
        if self.most_shown is None or len(values) <= self.most_shown:
            return values, 0
        best = sorted(values, key=lambda value: (not value.is_selected, -value.count))
        kept = {value.value for value in best[: self.most_shown]}
        return [v for v in values if v.value in kept], sum(v.count > 0 for v in best[self.most_shown :])

    def top(self, values: list[FacetValue]) -> list[FacetValue]:
        return values


class TermFacet(FacetFilter):
    """By the terms of a vocabulary. `relation` is the name of the mitigation's many-to-many field."""

    def __init__(self, *args, relation: str, **kwargs):
        super().__init__(*args, **kwargs)
        links = getattr(Mitigation, relation)
        self.through, self.terms, self.relation = links.through, links.rel.model, relation
        self.column = self.terms._meta.model_name

    def choices(self):
        return [FacetValue(term.slug, term.name, is_special=term.is_special) for term in self.terms.objects.all()]

    def source(self):
        return Source(
            self.relation, partial(pairs, self.through.objects.all(), "mitigation_id", f"{self.column}__slug")
        )


class DocumentFacet(FacetFilter):
    """By the document that a mitigation is taken from."""

    most_shown = 20

    def choices(self):
        return [FacetValue(document.slug, document.label) for document in Document.objects.only("slug", "label")]

    def source(self):
        return Source("document", partial(pairs, Mitigation.objects.published(), "pk", "document__slug"))


class FlagFacet(FacetFilter):
    """By a yes or no on the mitigation. `labels` are for yes and no."""

    def __init__(self, *args, column: str, labels: tuple[str, str], **kwargs):
        super().__init__(*args, **kwargs)
        self.column, self.labels = column, labels

    def choices(self):
        return [FacetValue("true", self.labels[0]), FacetValue("false", self.labels[1])]

    def source(self):
        return Source(self.column, partial(pairs, Mitigation.objects.published(), "pk", self.column))

    def carriers(self, index):
        sets = index.sets(self.source())
        return lambda value: sets.get(value == "true", EMPTY)


def filed_under(taxonomy: Taxonomy) -> Source:
    """Mitigations by the path of each category at or above which they are classified."""
    filed = Classification.objects.filter(taxonomy=taxonomy)
    return Source(
        f"filed under {taxonomy.slug}", partial(pairs, filed, "mitigation_id", "category__path"), paths_down_to
    )


def primary_in(taxonomy: Taxonomy) -> Source:
    """Mitigations by the path of their primary category."""
    filed = Classification.objects.filter(taxonomy=taxonomy, is_primary=True)
    return Source(f"primary in {taxonomy.slug}", partial(pairs, filed, "mitigation_id", "category__path"))


def paths_down_to(path: str) -> Iterable[str]:
    """The paths of a category and of all above it."""
    return (path[:length] for length in range(PATH_STEP, len(path) + 1, PATH_STEP))


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

    @property
    def name(self):
        return f"{self.field_name} of {self.taxonomy.slug}" if self.taxonomy else self.field_name

    def choices(self):
        if self.taxonomy is None:
            return []
        rows = Category.objects.filter(taxonomy=self.taxonomy).order_by("path")
        return [FacetValue(row.code, row.name, code=row.code) for row in rows]

    def carriers(self, index):
        sets = index.sets(filed_under(self.taxonomy)) if self.taxonomy else {}
        return lambda code: sets.get(code_path(code), EMPTY)

    def top(self, values):
        by_code = {value.value: value for value in values}
        for value in values:
            above = by_code.get(value.value.rpartition(".")[0])
            if above:
                above.children.append(value)
        return [value for value in values if "." not in value.value]


def as_json(facet: Facet) -> dict[str, Any]:
    """A facet for the API: its values with their counts, in order, and how many more have results."""
    values = [{"value": v.value, "label": v.label, "count": v.count, "selected": v.is_selected} for v in facet.flat]
    return {"parameter": facet.parameter, "label": facet.label, "values": values, "more": facet.more}
