"""Facets: filters whose values are shown with counts. Each is declared once, in `filters.py`."""

from collections import Counter
from functools import partial
from typing import ClassVar

import numpy
from django.template.defaultfilters import truncatechars

from ..fields import code_path
from ..models import Category, Document, Mitigation, Taxonomy, Term
from .facet_filter import FacetFilter
from .facet_values import NOT_GIVEN, FacetValue
from .sources import (
    BY_DOCUMENT,
    BY_KEY,
    DOCUMENTS,
    EMPTY,
    FacetSource,
    RelabelledSource,
    at_or_below,
    pairs,
    slugs_of,
)


class TermFacet(FacetFilter):
    """By the terms of a vocabulary."""

    has_fixed_values = True
    not_given = "Not given"

    def __init__(self, *args, terms: type[Term], **kwargs):
        super().__init__(*args, **kwargs)
        self.terms = terms
        self.explanation = terms.purpose
        self._source = RelabelledSource(
            f"slugs of {terms._meta.model_name}",
            BY_KEY[terms],
            slugs_of(terms),
        )

    def choices(self):
        return [
            FacetValue(term.slug, term.name, is_special=term.is_special)
            for term in self.terms.objects.all()
        ]

    def source(self):
        return self._source


#: So much of a title tells documents of one label apart.
LONGEST_TITLE = 60


class DocumentFacet(FacetFilter):
    """By the document that a mitigation is taken from."""

    resource = "documents"
    explanation = "The document that a mitigation is taken from."
    most_shown = 20

    def choices(self):
        rows = list(Document.objects.values_list("slug", "label", "title"))
        documents_of = Counter(label for _, label, _ in rows)
        return [
            FacetValue(
                slug,
                label
                if documents_of[label] == 1
                else f"{label}: {truncatechars(title, LONGEST_TITLE)}",
            )
            for slug, label, title in rows
        ]

    def source(self):
        return DOCUMENTS

    def _counted(self, index, keys):
        documents = index.per_structure("documents in order", self._in_order)
        return index.tally(BY_DOCUMENT, keys, documents.max(initial=0))[
            documents
        ]

    @staticmethod
    def _in_order() -> numpy.ndarray:
        """The keys of documents, as they stand among the choices."""
        return numpy.fromiter(
            Document.objects.values_list("pk", flat=True),
            numpy.int64,
        )


class FlagFacet(FacetFilter):
    """By a yes or no on the mitigation. `labels` are for yes and no."""

    has_fixed_values = True

    def __init__(
        self,
        *args,
        column: str,
        labels: tuple[str, str],
        explanation: str,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.explanation = explanation
        self.column = column
        self.labels = labels
        self._source = FacetSource(
            column,
            partial(pairs, Mitigation.objects.published(), "pk", column),
            is_lasting=True,
        )

    def choices(self):
        return [
            FacetValue("true", self.labels[0]),
            FacetValue("false", self.labels[1]),
        ]

    def source(self):
        return self._source

    def carriers(self, index):
        sets = index.sets(self.source())
        return lambda value: sets.get(value == "true", EMPTY)


class ChoiceFacet(FacetFilter):
    """By a field of mitigations that has choices: (value, label) of each."""

    has_fixed_values = True

    def __init__(
        self,
        *args,
        column: str,
        choices: list[tuple[str, str]],
        explanation: str,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.explanation = explanation
        self._choices = choices
        self._source = FacetSource(
            column,
            partial(pairs, Mitigation.objects.published(), "pk", column),
            is_lasting=True,
        )

    def choices(self):
        return [FacetValue(value, label) for value, label in self._choices]

    def source(self):
        return self._source


class CategoryFacet(FacetFilter):
    """By the categories of a taxonomy; a category takes in everything below it.

    `taxonomy_of(filterset)` says which taxonomy its codes are read in.
    """

    is_tree = True
    not_given = "Not classified"
    value_schema: ClassVar = {
        "type": "string",
        "pattern": rf"^([0-9]+(\.[0-9]+)*|{NOT_GIVEN})$",
    }

    def __init__(
        self,
        *args,
        taxonomy_of,
        explanation,
        chip_words="{}",
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.chip_words = chip_words
        self.taxonomy_of = taxonomy_of
        self.explanation = explanation

    @property
    def taxonomy(self) -> Taxonomy | None:
        return self.taxonomy_of(self.parent)

    @property
    def name(self):
        if self.taxonomy:
            return f"{self.field_name} of {self.taxonomy.pk}"
        return self.field_name

    def choices(self):
        if self.taxonomy is None:
            return []
        rows = Category.objects.filter(taxonomy=self.taxonomy).order_by("path")
        return [FacetValue(row.code, row.name, code=row.code) for row in rows]

    def carriers(self, index):
        sets = index.sets(at_or_below(self.taxonomy)) if self.taxonomy else {}
        return lambda code: sets.get(code_path(code), EMPTY)
