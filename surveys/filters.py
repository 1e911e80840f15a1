"""What studies add to the filters and orderings of mitigations."""

from django.db import models
from django.db.models import Case, Count, Exists, Max, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce

from catalogue.facets import FacetFilter, FacetValue
from catalogue.filters import MitigationFilter, Ordering

from .models import ExpertComment, Item, Result, RiskArea, Study

#: Sorts below every share; never shown.
UNKNOWN = -1.0


class StudyFacet(FacetFilter):
    """By the published studies that asked about a mitigation."""

    def choices(self):
        return [FacetValue(study.slug, study.label) for study in Study.objects.published().only("slug", "label")]

    def narrow(self, mitigations, values):
        asked = Item.objects.published().filter(study__slug__in=values)
        return mitigations.filter(pk__in=asked.values("mitigation"))

    def counts(self, mitigations):
        asked = Item.objects.published().filter(mitigation__in=mitigations.values("pk"))
        return dict(asked.values_list("study__slug").annotate(n=Count("mitigation", distinct=True)).order_by())


class RiskAreaFacet(FacetFilter):
    """By the risk areas for which a published study says something about a mitigation, in figures or in words."""

    SAYS = ("results", "comments", "leans")

    def choices(self):
        return [FacetValue(area.slug, area.name) for area in RiskArea.objects.all()]

    def _about(self, slug):
        said = models.Q()
        for relation in self.SAYS:
            said |= models.Q(**{f"{relation}__risk_area__slug": slug})
        return Item.objects.published().filter(said)

    def narrow(self, mitigations, values):
        found = models.Q(pk__in=[])
        for slug in values:
            found |= models.Q(pk__in=self._about(slug).values("mitigation"))
        return mitigations.filter(found)

    def counts(self, mitigations):
        keys = mitigations.values("pk")
        slugs = RiskArea.objects.values_list("slug", flat=True)
        wanted = {
            slug.replace("-", "_"): Count(
                "mitigation", distinct=True, filter=models.Q(pk__in=self._about(slug).values("pk"))
            )
            for slug in slugs
        }
        if not wanted:
            return {}
        found = Item.objects.published().filter(mitigation__in=keys).aggregate(**wanted)
        return {slug: found[slug.replace("-", "_")] for slug in slugs}


class CommentsFacet(FacetFilter):
    """By whether experts' comments on a mitigation are published."""

    def choices(self):
        return [FacetValue("true", "With comments"), FacetValue("false", "Without comments")]

    def _commented(self):
        return ExpertComment.objects.published().values("item__mitigation")

    def narrow(self, mitigations, values):
        if {"true", "false"} <= set(values):
            return mitigations
        commented = models.Q(pk__in=self._commented())
        return mitigations.filter(commented if "true" in values else ~commented)

    def counts(self, mitigations):
        yes = mitigations.filter(pk__in=self._commented()).count()
        return {"true": yes, "false": mitigations.count() - yes}


def shares() -> models.QuerySet[Result]:
    """The results that say how many support a measure: published, not an upper bound, about support."""
    asked = Result.objects.filter(
        item__study__status=Study.Status.PUBLISHED, criterion__is_support=True, agreement__isnull=False
    )
    return asked.exclude(agreement_bound=Result.Bound.BELOW)


class MinimumAgreementFacet(FacetFilter):
    """By the largest share of experts agreeing that any study found; a bound such as “> 60 %” counts as its limit."""

    takes_more = "give a percentage from 0 to 100, such as 75"

    def accepts(self, value):
        return value.isascii() and value.isdigit() and len(value) <= 3 and int(value) <= 100

    def choice(self, value):
        return FacetValue(value, f"{value} % or more")

    def choices(self):
        return [self.choice(str(share)) for share in (50, 60, 70, 80, 90)]

    def narrow(self, mitigations, values):
        least = min(int(value) for value in values) / 100
        return mitigations.filter(pk__in=shares().filter(agreement__gte=least - 1e-9).values("item__mitigation"))

    def counts(self, mitigations):
        asked = shares().filter(item__mitigation__in=mitigations.values("pk"))
        best = asked.values("item__mitigation").annotate(best=Max("agreement")).values_list("best", flat=True)
        found = list(best)
        levels = {*(choice.value for choice in self.choices()), *self.parent.values(self.field_name)}
        return {
            level: sum(share >= int(level) / 100 - 1e-9 for share in found) for level in levels if self.accepts(level)
        }


def by_agreement(filters, mitigations):
    """Annotates `support`, the largest share agreeing that any study found, and `is_unknown` (1) where none says."""
    best = shares().filter(item__mitigation=OuterRef("pk")).values("item__mitigation").annotate(best=Max("agreement"))
    known = Exists(shares().filter(item__mitigation=OuterRef("pk")))
    return mitigations.annotate(
        support=Coalesce(Subquery(best.values("best")), Value(UNKNOWN)),
        is_unknown=Case(When(known, then=Value(0)), default=Value(1), output_field=models.IntegerField()),
    )


def register():
    MitigationFilter.extend(
        filters={
            "study": StudyFacet(field_name="study", label="Study"),
            "risk_area": RiskAreaFacet(field_name="risk_area", label="Risk area in studies"),
            "min_agreement": MinimumAgreementFacet(field_name="min_agreement", label="Experts agreeing"),
            "has_comments": CommentsFacet(field_name="has_comments", label="Experts’ comments"),
        },
        orderings={
            "agreement": Ordering(
                "agreement", ("is_unknown", "-support", "pk"), by_agreement, turned=("is_unknown", "support", "pk")
            )
        },
    )
