"""The data of a study as files: every count and estimate in rows, and with them what is needed
to read and cite them.
"""

from collections.abc import Iterator
from typing import Any

from catalogue.files.exports.columns import Column, Type
from catalogue.files.exports.listings import Listing
from catalogue.files.exports.tables import Table, listed, to
from catalogue.listing.ordering import BATCH
from catalogue.models import Mitigation

from ..models import CommentSummary, ExpertComment, Item, RiskArea, Study
from .citing import citation_of
from .columns import LONG
from .findings import Finding
from .selection import ResultFilter
from .serializers import (
    CommentSerializer,
    FindingSerializer,
    RiskAreaSerializer,
    StudySerializer,
)
from .statistics import SHARE_AGREEING, STATISTICS, Estimate

#: A consensus as a number, on the side that `ScalePoint.Side` has it.
CONSENSUS = {"to agree": 1, "none": 0, "to disagree": -1}


def data_file(selection: ResultFilter, base_url: str) -> dict[str, Any]:
    """A study: the results selected, with the notice, the rules and the checksum that go with
    them, and the comments.
    """
    study = selection.study
    items = list(selection.qs)
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
        "results": rows_of(selection, items),
        "comments": CommentSerializer(comments, many=True).data,
        "summaries": [
            {
                "mitigation": item.mitigation.accession,
                "body": item.summary.body,
            }
            for item in items
            if hasattr(item, "summary")
        ],
    }


class StudyListing(Listing):
    """The results of a study: each finding as a record, and each count and estimate as a row;
    shares from 0 to 1.
    """

    columns = LONG

    def __init__(self, study: Study, selection: ResultFilter | None = None):
        self.study = study
        self.name = f"{study.slug}-results"
        self.selection = selection or ResultFilter(study=study)

    def __len__(self):
        return sum(
            len(self.selection.findings(item)) for item in self.selection.qs
        )

    def row_count(self):
        return len(rows_of(self.selection, list(self.selection.qs)))

    def records(self):
        findings = []
        for item in self.selection.qs:
            findings += self.selection.findings(item)
        for start in range(0, len(findings), BATCH):
            batch = findings[start : start + BATCH]
            records = FindingSerializer(batch, many=True).data
            yield [dict(record) for record in records]

    def rows(self):
        cells = []
        for row in rows_of(self.selection, list(self.selection.qs)):
            cells.append([column.of(row) for column in LONG])
        yield cells

    def notices(self):
        if self.study.is_preliminary:
            return [self.study.named_notice]
        return []


def rows_of(
    selection: ResultFilter,
    items: list[Item],
) -> list[dict[str, Any]]:
    study = selection.study
    rows = []
    for item in items:
        for finding in selection.findings(item):
            base = {
                "study": study.slug,
                "mitigation": item.mitigation.accession,
                "name": item.mitigation.name,
                **finding.result.slugs,
                "scale_point": None,
                "preliminary": study.is_preliminary,
            }
            for row in _count_rows(finding) + _estimate_rows(finding):
                rows.append({**base, **row})
    return rows


def _count_rows(finding: Finding) -> list[dict[str, Any]]:
    """How many chose each point, skipped the question, or were not asked, as far as it is known."""
    result = finding.result
    counts: list[tuple[str, str | None, int | None]] = []
    for tally in result.tallies.all():
        counts.append(("count", tally.point.slug, tally.count))
    counts.append(("skipped", None, result.skipped))
    counts.append(("not_asked", None, result.not_asked))
    rows = []
    for statistic, point, count in counts:
        if count is None:
            continue
        row = {
            "statistic": statistic,
            "scale_point": point,
            "operator": None,
            "value": count,
            "low": None,
            "high": None,
            "n": finding.n,
            "origin": _origin(result.item.study),
        }
        rows.append(row)
    return rows


def _origin(study: Study) -> str:
    if study.ran_elsewhere:
        return "counted from answers brought in"
    return "counted here" if study.ran_here else "published"


def _estimate_rows(finding: Finding) -> list[dict[str, Any]]:
    estimates = [finding.estimates[name] for name in STATISTICS]
    estimates.append(_consensus(finding))
    return [
        _figure_columns(estimate)
        for estimate in estimates
        if estimate.is_known
    ]


def _consensus(finding: Finding) -> Estimate:
    side = CONSENSUS.get(finding.consensus)
    origin = finding.estimates[SHARE_AGREEING].origin
    return Estimate("consensus", "consensus", side, n=finding.n, origin=origin)


def _figure_columns(estimate: Estimate) -> dict[str, Any]:
    return {
        "statistic": estimate.statistic,
        "operator": estimate.operator or None,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
        "origin": estimate.origin,
    }


# Tables of the whole catalogue's file

SUMMARY = [*LONG[:2], Column("body", Type.TEXT, "In one to three sentences.")]


def _summaries() -> Iterator[list[list[Any]]]:
    published = Study.Status.PUBLISHED, Mitigation.Status.PUBLISHED
    seen = CommentSummary.objects.filter(
        item__study__status=published[0],
        item__mitigation__status=published[1],
    )
    yield [
        list(row)
        for row in seen.order_by("pk").values_list(
            "item__study__slug",
            "item__mitigation__accession",
            "body",
        )
    ]


def tables() -> list[Table]:
    seen = Study.objects.published().for_records()
    of_mitigation = to("mitigations", "mitigation", "accession")
    of_study = to("studies", "study", "slug")
    return [
        listed(
            "risk_areas",
            "Areas of harm that experts are asked about separately.",
            RiskArea.objects.all,
            RiskAreaSerializer,
        ),
        listed(
            "studies",
            "Published expert surveys.",
            seen.order_by("pk").all,
            StudySerializer,
            references=[to("documents", "document", "slug")],
        ),
        Table(
            "evidence",
            "Every count and estimate of every study, one on each row.",
            LONG,
            (),
            (of_study, of_mitigation),
            lambda base_url: (
                rows for study in seen for rows in StudyListing(study).rows()
            ),
        ),
        listed(
            "comments",
            "Points that experts made, as others tell them: no quotations.",
            ExpertComment.objects.published().for_display().all,
            CommentSerializer,
            (),
            [of_study, of_mitigation, to("risk_areas", "risk_area", "slug")],
        ),
        Table(
            "comment_summaries",
            "What the comments on a mitigation in a study come to.",
            SUMMARY,
            ("study", "mitigation"),
            (of_study, of_mitigation),
            lambda base_url: _summaries(),
        ),
    ]
