"""What studies add to the filters and orderings of mitigations."""

from functools import partial
from typing import ClassVar

from django.db import models
from django.db.models import Max, Q, Value
from django.db.models.functions import Concat
from pyroaring import BitMap

from catalogue.listing import around
from catalogue.listing.around import Surroundings
from catalogue.listing.crosstab import AxisKind
from catalogue.listing.facet_filter import FacetFilter
from catalogue.listing.facet_values import FacetValue
from catalogue.listing.sources import EMPTY, FacetSource, pairs

from ..models import ExpertComment, Item, Lean, Result, RiskArea, Study
from .wording import HAIR

BY_STUDY = FacetSource(
    "study",
    partial(pairs, Item.objects.published(), "mitigation_id", "study__slug"),
)
COMMENTED = FacetSource(
    "has comments",
    partial(
        pairs,
        ExpertComment.objects.published().annotate(has=Value(1)),
        "item__mitigation_id",
        "has",
    ),
)


def _risk_areas(keys):
    for relation in ("results", "comments", "leans"):
        column = f"{relation}__risk_area__slug"
        said = Item.objects.published().filter(**{f"{column}__isnull": False})
        yield from pairs(said, "mitigation_id", column, keys)


BY_RISK_AREA = FacetSource("risk area", _risk_areas)


#: Of more than so large a share of experts it is said that most agree.
HALF = 0.5
#: Where the share, or what a bound implies, is more than half.
MOST_AGREE = Q(agreement__gt=HALF) | Q(
    agreement=HALF,
    agreement_bound=Result.Bound.ABOVE,
)


def majority(share: float, bound: str) -> bool | None:
    """Whether more than half agree; None where a bound leaves it open. `MOST_AGREE` is the
    same for a query.
    """
    if bound == Result.Bound.ABOVE:
        return True if share >= HALF else None
    if bound == Result.Bound.BELOW:
        return False if share <= HALF else None
    return share > HALF


def _risk_areas_helped(keys):
    """Where most experts of a study have it that a mitigation helps."""
    found = shares_agreeing().filter(
        MOST_AGREE,
        risk_area__isnull=False,
    )
    return pairs(found, "item__mitigation_id", "risk_area__slug", keys)


def _risk_areas_commended(keys):
    """Where the comments of a study lean to that a mitigation helps."""
    leaning = Lean.objects.filter(
        item__in=Item.objects.published(),
        direction=Lean.Direction.HELPFUL,
    )
    return pairs(leaning, "item__mitigation_id", "risk_area__slug", keys)


HELPED = FacetSource("risk area helped", _risk_areas_helped)
COMMENDED = FacetSource("risk area commended", _risk_areas_commended)


def _texts_of_risk_areas():
    columns = ("slug", "name", "definition")
    return RiskArea.objects.order_by().values_list(*columns)


def _names_of_risk_areas():
    for slug, name, _definition in _texts_of_risk_areas():
        yield slug, name, ""


#: A search for a risk area finds what was studied there: first what most experts found to help,
#: then what their comments commend.
SURROUNDINGS = (
    Surroundings("risk area", BY_RISK_AREA, _texts_of_risk_areas),
    Surroundings(
        "risk area helped",
        HELPED,
        _names_of_risk_areas,
        around.HELPED,
    ),
    Surroundings(
        "risk area commended",
        COMMENDED,
        _names_of_risk_areas,
        around.SAID_TO_HELP,
    ),
)


class StudyFacet(FacetFilter):
    """By the published studies that asked about a mitigation."""

    resource = "studies"
    explanation = "A study that asked experts about the measure."
    chip_words = "Asked about in {}"
    not_given = "In no study"

    def choices(self):
        return [
            FacetValue(study.slug, study.label)
            for study in Study.objects.published().only("slug", "label")
        ]

    def source(self):
        return BY_STUDY


class RiskAreaFacet(FacetFilter):
    """By the risk areas for which a published study says something about a mitigation, in
    figures or in words.
    """

    is_shown_in_entries = True
    resource = "risk-areas"
    explanation = "A risk area for which a study has results or comments on the measure, whatever they say."
    chip_words = "Results or comments on {}"
    not_given = "In none"

    def choices(self):
        return [
            FacetValue(area.slug, area.name) for area in RiskArea.objects.all()
        ]

    def source(self):
        return BY_RISK_AREA


class CommentsFacet(FacetFilter):
    """By whether experts' comments on a mitigation are published."""

    explanation = (
        "Whether comments of experts on the mitigation are published."
    )
    has_fixed_values = True

    def choices(self):
        return [
            FacetValue("true", "With comments"),
            FacetValue("false", "Without comments"),
        ]

    def source(self):
        return COMMENTED

    def carriers(self, index):
        commented = index.sets(COMMENTED).get(1, EMPTY)
        return lambda value: (
            commented if value == "true" else index.published - commented
        )


def shown_shares() -> models.QuerySet[Result]:
    """The results that say how many support a measure: published, about support. See
    `findings.supporting`.
    """
    return Result.objects.filter(
        item__study__status=Study.Status.PUBLISHED,
        criterion__is_support=True,
        agreement__isnull=False,
    )


def shares_agreeing() -> models.QuerySet[Result]:
    """Of these, all but upper bounds: what to filter and order by."""
    return shown_shares().exclude(agreement_bound=Result.Bound.BELOW)


def _largest_shares(keys):
    best = (
        shares_agreeing()
        .values("item__mitigation")
        .annotate(best=Max("agreement"))
    )
    return pairs(best, "item__mitigation", "best", keys)


#: The largest share agreeing that any study found; a bound such as “> 60 %” counts as its limit.
SUPPORT = FacetSource("support", _largest_shares)


def is_per_cent(text: str) -> bool:
    """Whether it is a whole number from 0 to 100."""
    is_number = text.isascii() and text.isdigit() and len(text) <= 3
    return is_number and int(text) <= 100


class MinimumAgreementFacet(FacetFilter):
    """By the largest share of experts agreeing that any study found, to any of its questions.
    `agreement_filter` is of one question, and what pages offer.
    """

    is_on_pages = False
    takes_more = "give a whole number of per cent from 0 to 100, such as 75"
    value_schema: ClassVar = {"type": "integer", "minimum": 0, "maximum": 100}
    explanation = (
        "A whole number of per cent, such as 75: where a study found that so many experts agree, or more, "
        "whichever of its questions about support they answered. Of several, the lowest counts."
    )
    note = (
        "The highest share in any study. Studies ask different questions: whether a measure works, or whether "
        "it should be done."
    )

    chip_words = "Agreeing with any question: {}"

    def accepts(self, value):
        return is_per_cent(value)

    def makes_way(self, value, other):
        return True

    def choice(self, value):
        return FacetValue(value, f"{value} % or more")

    def choices(self):
        return [self.choice(str(share)) for share in (50, 60, 70, 80, 90)]

    def carriers(self, index):
        sets = index.sets(SUPPORT)
        return lambda value: BitMap.union(
            EMPTY,
            *(
                keys
                for share, keys in sets.items()
                if share >= int(value) / 100 - HAIR
            ),
        )


#: How it is read what experts said for a risk area, by the last part of a value.
RESULTS = {
    "found-effective": "found effective",
    "comments-for": "comments lean more helpful",
    "comments-against": "comments lean less helpful",
    "comments-mixed": "comments are mixed",
}
DIRECTIONS = {
    Lean.Direction.HELPFUL: "comments-for",
    Lean.Direction.LESS: "comments-against",
    Lean.Direction.MIXED: "comments-mixed",
}


def _results_by_risk_area(keys):
    """(mitigation, “cbrn.found-effective”) for all that is known."""
    most = shares_agreeing().filter(
        MOST_AGREE,
        risk_area__isnull=False,
    )
    value = _of_area("found-effective")
    yield from pairs(
        most.annotate(said=value),
        "item__mitigation_id",
        "said",
        keys,
    )
    for direction, result in DIRECTIONS.items():
        leaning = Lean.objects.filter(
            item__in=Item.objects.published(),
            direction=direction,
        )
        yield from pairs(
            leaning.annotate(said=_of_area(result)),
            "item__mitigation_id",
            "said",
            keys,
        )


def _of_area(result: str) -> Concat:
    return Concat("risk_area__slug", Value(f".{result}"))


BY_RESULT = FacetSource("result by risk area", _results_by_risk_area)


class RiskAreaResultFacet(FacetFilter):
    """By what experts said of a mitigation for a risk area: that most find it effective, or
    which way their comments lean.
    """

    value_schema: ClassVar = {
        "type": "string",
        "pattern": rf"^[-\w]+\.({'|'.join(RESULTS)})$",
    }
    explanation = (
        "A risk area and what experts said for it, such as “cbrn.found-effective”: in a study more than half found it effective. "
        "“comments-for”, “comments-against” and “comments-mixed” say which way their comments lean."
    )

    def in_entries(self, values):
        """The risk areas of the values: their figures are to be shown."""
        return {
            RiskArea.parameter: [value.partition(".")[0] for value in values],
        }

    def choices(self):
        return [
            FacetValue(f"{area.slug}.{result}", f"{area.label}: {words}")
            for area in RiskArea.objects.all()
            for result, words in RESULTS.items()
        ]

    def source(self):
        return BY_RESULT


FILTERS = {
    "study": StudyFacet(field_name="study", label="Study"),
    "risk_area": RiskAreaFacet(
        field_name="risk_area",
        label="Risk area with results or comments",
    ),
    "risk_area_result": RiskAreaResultFacet(
        field_name="risk_area_result",
        label="What experts said by risk area",
    ),
    "min_agreement": MinimumAgreementFacet(
        field_name="min_agreement",
        label="Experts agreeing, any question",
    ),
    "has_comments": CommentsFacet(
        field_name="has_comments",
        label="Experts’ comments",
    ),
}

AXES = [AxisKind("risk_area", "risk area"), AxisKind("study", "study")]
