"""What releases hold of studies, beside the rows that refer to what is published."""

from catalogue.models import Mitigation
from catalogue.releases.canonical import Key, Records, without_addresses

from ..models import (
    CommentSummary,
    ExpertComment,
    ExpertiseArea,
    Item,
    RiskArea,
    Scale,
    ScalePoint,
    Study,
)
from .selection import ResultFilter
from .serializers import CommentSerializer, RiskAreaSerializer, StudySerializer

KINDS = {
    "study": "studies",
    "result": "results of studies",
    "comment": "experts’ comments",
    "summary": "summaries of comments",
    "risk-area": "risk areas",
}


def study_records() -> Records:
    studies = list(
        Study.objects.published().for_records().order_by("pk"),
    )
    for study in studies:
        yield (
            Key("study", study.slug),
            without_addresses(
                dict(StudySerializer(study, context={"base_url": ""}).data),
            ),
        )
    for area in RiskArea.objects.order_by("pk"):
        yield Key("risk-area", area.slug), dict(RiskAreaSerializer(area).data)
    for study in studies:
        yield from _results(study)
    for comment in (
        ExpertComment.objects.published().for_display().order_by("pk")
    ):
        yield (
            Key("comment", str(comment.pk)),
            dict(CommentSerializer(comment).data),
        )
    seen = Item.objects.published().filter(
        mitigation__status=Mitigation.Status.PUBLISHED,
    )
    summaries = CommentSummary.objects.filter(item__in=seen).select_related(
        "item__study",
        "item__mitigation",
    )
    for summary in summaries.order_by("pk"):
        item = summary.item
        key = f"{item.study.slug}:{item.mitigation.accession}"
        yield (
            Key("summary", key),
            {
                "study": item.study.slug,
                "mitigation": item.mitigation.accession,
                "body": summary.body,
            },
        )


FIELDS_OF_RESULTS = (
    "skipped",
    "not_asked",
    "combined",
    "combiners",
    "shift",
    "agreement",
    "agreement_bound",
)


def _results(study: Study) -> Records:
    """Every count, and every figure as it was published; what is computed from them is not in a
    release’s records.
    """
    for item in ResultFilter.items_of(study):
        for result in item.results.all():
            accession = item.mitigation.accession
            slugs = result.slugs
            names = [study.slug, accession, *slugs.values()]
            figures = {}
            for figure in result.figures.all():
                name = figure.statistic
                if figure.point:
                    name = f"{name}:{figure.point.slug}"
                figures[name] = {
                    "operator": figure.operator,
                    "value": figure.value,
                }
            record = {
                "study": study.slug,
                "mitigation": accession,
                "wording": item.wording,
                **slugs,
                "counts": {
                    one.point.slug: one.count for one in result.tallies.all()
                },
                "figures": figures,
            }
            for field in FIELDS_OF_RESULTS:
                record[field] = getattr(result, field)
            yield Key("result", ":".join(name or "" for name in names)), record


#: Scales and areas of expertise belong to no study: of these, what published studies use.
ROWS = {
    "surveys_scale": lambda: Scale.objects.filter(
        criteria__study__status=Study.Status.PUBLISHED,
    ).distinct(),
    "surveys_scalepoint": lambda: ScalePoint.objects.filter(
        scale__criteria__study__status=Study.Status.PUBLISHED,
    ).distinct(),
    "surveys_expertisearea": lambda: ExpertiseArea.objects.filter(
        studies__status=Study.Status.PUBLISHED,
    ).distinct(),
}
