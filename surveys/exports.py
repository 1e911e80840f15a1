"""The data of a study as files: every count and estimate in rows, and with them what is needed to read and cite them."""

from collections.abc import Iterator
from typing import Any

from catalogue.exports.columns import Column, Type
from catalogue.exports.listings import Listing
from catalogue.exports.tables import Table, listed, to
from catalogue.models import Mitigation
from catalogue.ordering import CHUNK

from .citing import citation_of
from .columns import LONG
from .findings import Estimate, Finding
from .models import CommentSummary, ExpertComment, Item, RiskArea, Study
from .serializers import CommentSerializer, FindingSerializer, RiskAreaSerializer, StudySerializer

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


class StudyListing(Listing):
    """The results of a study: each finding as a record, and each count and estimate as a row; shares from 0 to 1."""

    columns = LONG

    def __init__(self, study: Study):
        self.study, self.name = study, f"{study.slug}-results"

    def __len__(self):
        return sum(len(item.findings) for item in items_of(self.study))

    def records(self):
        findings = [finding for item in items_of(self.study) for finding in item.findings]
        for start in range(0, len(findings), CHUNK):
            yield [dict(record) for record in FindingSerializer(findings[start : start + CHUNK], many=True).data]

    def rows(self):
        yield [[column.of(row) for column in LONG] for row in rows_of(self.study, list(items_of(self.study)))]

    def notices(self):
        return [self.study.preliminary_notice] if self.study.is_preliminary else []


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
            "statistic": statistic, "scale_point": point, "operator": None, "value": count, "low": None, "high": None,
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
        "statistic": estimate.statistic, "operator": estimate.operator or None, "value": estimate.value, "low": estimate.low,
        "high": estimate.high, "n": estimate.n, "origin": estimate.origin,
    }  # fmt: skip


# Tables of the whole catalogue's file

SUMMARY = [*LONG[:2], Column("body", Type.TEXT, "In one to three sentences.")]


def _summaries() -> Iterator[list[list[Any]]]:
    published = Study.Status.PUBLISHED, Mitigation.Status.PUBLISHED
    seen = CommentSummary.objects.filter(item__study__status=published[0], item__mitigation__status=published[1])
    yield [
        list(row) for row in seen.order_by("pk").values_list("item__study__slug", "item__mitigation__accession", "body")
    ]


def tables() -> list[Table]:
    seen, of_mitigation = (
        Study.objects.published().select_related("document"),
        to("mitigations", "mitigation", "accession"),
    )
    of_study = to("studies", "study", "slug")
    return [
        listed("risk_areas", "Areas of harm that experts are asked about separately.", RiskArea.objects.all,
               RiskAreaSerializer),
        listed("studies", "Published expert surveys.", seen.order_by("pk").all, StudySerializer,
               references=[to("documents", "document", "slug")]),
        Table("evidence", "Every count and estimate of every study, one on each row.", LONG, (), (of_study, of_mitigation),
              lambda base_url: (rows for study in seen for rows in StudyListing(study).rows())),
        listed("comments", "Points that experts made.", ExpertComment.objects.published().for_display().all,
               CommentSerializer, (), [of_study, of_mitigation, to("risk_areas", "risk_area", "slug")]),
        Table("comment_summaries", "What the comments on a mitigation in a study come to.", SUMMARY, ("study", "mitigation"),
              (of_study, of_mitigation), lambda base_url: _summaries()),
    ]  # fmt: skip
