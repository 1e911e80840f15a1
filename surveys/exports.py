"""The data of a study as files: every count and estimate in rows, and with them what is needed to read and cite them."""

from typing import Any

from catalogue.models import Mitigation

from .citing import citation_of
from .findings import Estimate, Finding
from .models import Item, Study
from .serializers import CommentSerializer

COLUMNS = [
    "study", "mitigation", "name", "criterion", "risk_area", "expertise_area", "statistic", "scale_point", "operator", "value", "low",
    "high", "n", "origin", "preliminary",
]  # fmt: skip
#: A consensus as a number, on the side that `ScalePoint.Side` has it.
CONSENSUS = {"to agree": 1, "none": 0, "to disagree": -1}


def items_of(study: Study):
    return Item.objects.with_results().with_words().filter(
        study=study, mitigation__status=Mitigation.Status.PUBLISHED
    ).order_by("position", "pk")  # fmt: skip


def data_file(study: Study, base_url: str) -> dict[str, Any]:
    """A study whole: its results with the notice, the rules and the checksum that go with them, and its comments."""
    items = list(items_of(study))
    comments = [comment for item in items for comment in item.comments.all()]
    return {
        "study": study.slug,
        "title": study.title,
        "preliminary": study.is_preliminary,
        "notice": study.preliminary_notice or None,
        "citation": citation_of(study, base_url).apa,
        "checksum": study.checksum or None,
        "min_cell_size": study.min_cell_size,
        "consensus_percent": study.consensus_percent,
        "results": rows_of(study, items),
        "comments": CommentSerializer(comments, many=True).data,
        "summaries": [
            {"mitigation": item.mitigation.accession, "body": item.summary.body}
            for item in items
            if hasattr(item, "summary")
        ],
    }


def data_rows(study: Study) -> list[dict[str, Any]]:
    """Every count and estimate of a study, as `COLUMNS` names them; shares from 0 to 1."""
    return rows_of(study, list(items_of(study)))


def rows_of(study: Study, items: list[Item]) -> list[dict[str, Any]]:
    rows = []
    for item in items:
        for finding in item.findings:
            base = {
                "study": study.slug, "mitigation": item.mitigation.accession, "name": item.mitigation.name,
                "criterion": finding.criterion.slug if finding.criterion else None,
                "risk_area": finding.risk_area.slug if finding.risk_area else None,
                "expertise_area": finding.expertise_area.slug if finding.expertise_area else None, "scale_point": None,
                "preliminary": study.is_preliminary,
            }  # fmt: skip
            rows += [{**base, **row} for row in (*_counts(finding), *_estimates(finding))]
    return rows


def _counts(finding: Finding) -> list[dict[str, Any]]:
    """How many chose each point, skipped the question, or were not asked, as far as it is known."""
    result = finding.result
    known: list[tuple[str, str | None, int | None]] = [
        ("count", tally.point.slug, tally.count) for tally in result.tallies.all()
    ]
    known += [("skipped", None, result.skipped), ("not_asked", None, result.not_asked)]
    return [
        {
            "statistic": statistic, "scale_point": point, "operator": "", "value": count, "low": None, "high": None,
            "n": finding.n, "origin": "counted here" if result.item.study.ran_here else "published",
        }
        for statistic, point, count in known
        if count is not None
    ]  # fmt: skip


def _estimates(finding: Finding) -> list[dict[str, Any]]:
    found = [
        finding.agreeing, finding.disagreeing, finding.strongly, finding.mean, finding.median, *finding.quartiles,
        finding.spread, finding.combinations, finding.shift, _consensus(finding),
    ]  # fmt: skip
    return [_figures(estimate) for estimate in found if estimate.is_known]


def _consensus(finding: Finding) -> Estimate:
    side = CONSENSUS.get(finding.consensus)
    return Estimate("consensus", "consensus", side, n=finding.n, origin=finding.agreeing.origin)


def _figures(estimate: Estimate) -> dict[str, Any]:
    return {
        "statistic": estimate.statistic, "operator": estimate.operator, "value": estimate.value, "low": estimate.low,
        "high": estimate.high, "n": estimate.n, "origin": estimate.origin,
    }  # fmt: skip
