"""Facets by the source of a mitigation and by how it was classified: lists take them, and a matrix
counts by them. They stand beside a list only where one of them is chosen.
"""

from functools import partial
from typing import Any, ClassVar

from ..models import Classification, Document, Mitigation
from .facet_filter import FacetFilter
from .facet_values import FacetValue
from .index import Index
from .sources import EMPTY, FacetSource, pairs

BY_YEAR = FacetSource(
    "year of the source",
    partial(
        pairs,
        Mitigation.objects.published().exclude(document__year=None),
        "pk",
        "document__year",
    ),
)
BY_KIND = FacetSource(
    "kind of the source",
    partial(pairs, Mitigation.objects.published(), "pk", "document__kind"),
)


def _of_classifications(column: str) -> FacetSource:
    """Mitigations by what any of their classifications says."""
    return FacetSource(
        f"classified: {column}",
        partial(
            pairs,
            Classification.objects.exclude(**{column: ""}),
            "mitigation_id",
            column,
        ),
        is_lasting=True,
    )


class YearFacet(FacetFilter):
    """By the year of the document that a mitigation is taken from."""

    place_on_pages = 2

    is_on_pages = False
    not_given = "Not reported"
    value_schema: ClassVar = {"type": "string", "pattern": "^([0-9]+|none)$"}
    explanation = "The year of the source, such as 2024."

    def choices(self):
        rows = Document.objects.exclude(year=None).order_by("-year")
        years = dict.fromkeys(rows.values_list("year", flat=True))
        return [FacetValue(str(year), str(year)) for year in years]

    def source(self):
        return BY_YEAR

    def carriers(self, index: Index):
        sets = index.sets(BY_YEAR)
        return lambda value: sets.get(int(value), EMPTY)


class WordFacet(FacetFilter):
    """By words of a fixed list: (value, label) of each."""

    place_on_pages = 2

    is_on_pages = False
    has_fixed_values = True

    def __init__(
        self,
        *args: Any,
        words: list[tuple[str, str]],
        source: FacetSource,
        explanation: str,
        not_given: str = "",
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self._words = words
        self._source = source
        self.explanation = explanation
        self.not_given = not_given

    def choices(self):
        return [
            FacetValue(value, label[:1].upper() + label[1:])
            for value, label in self._words
        ]

    def source(self):
        return self._source


YEAR = YearFacet(field_name="year", label="Year of the source")
KIND = WordFacet(
    field_name="document_kind",
    label="Kind of source",
    words=Document.Kind.choices,
    source=BY_KIND,
    explanation="What kind of document the source is.",
)
ORIGIN = WordFacet(
    field_name="origin",
    label="Who classified it",
    words=Classification.Origin.choices,
    source=_of_classifications("origin"),
    explanation="Who put it into any of its categories or risks: its source, or this project.",
    not_given="Not classified",
)
CONFIDENCE = WordFacet(
    field_name="confidence",
    label="Confidence of its coders",
    words=Classification.Confidence.choices,
    source=_of_classifications("confidence"),
    explanation="How sure of any of its categories or risks those are who put it there.",
    not_given="Not reported",
)
