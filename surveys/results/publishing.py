"""From a closed study to a published one, which stays as it is."""

import hashlib
import json
from typing import Any

from django.core.exceptions import ValidationError

from catalogue import revision
from catalogue.releases.canonical import canonical_json

from ..comments import comment_coding
from ..models import Result, Study
from ..running import fielding, secrecy

#: How the frozen files of studies that are published now are written: by RFC 8785. Those of
#: format 2 were not, and those of format 1 had counts and comments alone.
FORMAT = 3


def checksum(study: Study) -> str:
    """SHA-256, in hexadecimal, of the frozen file of a study. Whoever has the results can
    compute it anew; docs/running-a-study.md says how.
    """
    return hashlib.sha256(frozen_file(study)).hexdigest()


def frozen_file(study: Study) -> bytes:
    """What was asked in a study, every count and every comment, as canonical JSON in UTF-8, in
    the format in which it was published.
    """
    content = _content(study)
    if study.checksum_format > 1:
        content |= _procedure(study)
    if study.checksum_format > 2:
        return canonical_json(content).encode()
    text = json.dumps(
        content,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return text.encode()


def _procedure(study: Study) -> dict:
    """What experts were asked, who was asked, and the rules by which the results were made."""
    questions = []
    for criterion, area in fielding.questions(study):
        scale = [
            {
                "point": point.slug,
                "label": point.label,
                "value": point.value,
                "side": point.side,
                "dont_know": point.is_dont_know,
            }
            for point in criterion.scale.points.all()  # type: ignore[union-attr]
        ]
        question = {
            "criterion": criterion.slug,
            "risk_area": area.slug if area else None,
            "question": criterion.question,
            "scale": scale,
        }
        questions.append(question)
    measures = [
        {
            "mitigation": item.mitigation.accession,
            "name": item.name,
            "wording": item.wording,
        }
        for item in study.items.select_related("mitigation")
    ]
    return {
        "format": study.checksum_format,
        "questions": questions,
        "measures": measures,
        "invited": study.invited,
        "replaced_links": study.replaced_links,
        "responded": study.responded,
        "rounds": [
            {"round": number, "responded": size}
            for number, size in study.round_sizes
        ],
        "measures_per_expert": study.items_per_expert,
        "asks_combination": study.asks_combination,
        "combination_limit": study.combination_limit,
        "min_cell_size": study.min_cell_size,
        "consensus_percent": study.consensus_percent,
    }


def _content(study: Study) -> dict:
    results = Result.objects.filter(item__study=study).select_related(
        "item__mitigation",
        "criterion",
        "risk_area",
        "expertise_area",
    )
    counts = []
    for result in results.prefetch_related("tallies__point"):
        tallies = {
            tally.point.slug: tally.count for tally in result.tallies.all()
        }
        row = {
            "mitigation": result.item.mitigation.accession,
            "wording": result.item.wording,
            **result.slugs,
            "counts": tallies,
            "skipped": result.skipped,
            "not_asked": result.not_asked,
            "combined": result.combined,
            "combiners": result.combiners,
        }
        counts.append(row)
    comments = [
        {
            "mitigation": item.mitigation.accession,
            "body": point.body,
            "stance": point.stance,
            "count": point.count,
            "risk_area": point.risk_area.slug if point.risk_area else None,
        }
        for item in study.items.select_related("mitigation")
        for point in item.comments.select_related("risk_area")
    ]
    return {
        "study": study.slug,
        "results": _in_order(counts, study),
        "comments": _in_order(comments, study),
    }


def _in_order(rows: list[dict], study: Study) -> list[dict]:
    """An order of the content alone, the same on every engine."""
    if study.checksum_format > 2:
        return sorted(rows, key=canonical_json)
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def publishing_problems(study: Study) -> list[str]:
    """All that stands against publishing a study, in a fixed number of queries."""
    found = []
    if study.status != Study.Status.CLOSED:
        found.append(
            f"Only a closed study can be published; this one is {study.standing}.",
        )
    if study.year is None:
        found.append("It has no year.")
    if study.ran_elsewhere and study.document is None:
        found.append(
            "It ran elsewhere: choose the document that it was published in.",
        )
    if study.status != Study.Status.CLOSED:
        return found  # Results and comments are made once it is closed.
    if not Result.objects.filter(item__study=study).exists():
        found.append(
            f"It has no results: no question has {study.min_cell_size} answers or more.",
        )
    return found + comment_coding.comment_problems(study)


def require_publishable(
    study: Study,
    reason: str = "",
    by: Any = None,
) -> None:
    """Raises ValidationError with all that stands against publishing it."""
    if found := publishing_problems(study):
        raise ValidationError(found)


def can_preview(study: Study) -> bool:
    """Whether somebody without an account may be shown its page: as soon as it could be
    submitted.
    """
    return study.status == Study.Status.CLOSED and not publishing_problems(
        study,
    )


def prepare_preview(study: Study) -> None:
    """Gives comments the counts and words that they are published with. Raises ValidationError
    where they have none yet.
    """
    if found := comment_coding.settle_comments(study):
        raise ValidationError(found)


def publish_as(study: Study, reason: str, by: Any) -> None:
    publish_study(study, reason=reason, by=by)


def leave_closed(study: Study, reason: str, by: Any) -> None:
    """A study that waits for review is closed before and after."""


@revision.writing()
def publish_study(study: Study, *, reason: str = "", by: Any = None) -> None:
    """Makes a closed study public, with a checksum. Raises ValidationError with all that stands
    against it. `reason` and who it was stand in the history.
    """
    study = Study.objects.select_for_update().get(pk=study.pk)
    require_publishable(study)
    comment_coding.settle_comments(study)
    study.status = Study.Status.PUBLISHED
    study._change_reason = reason or None  # type: ignore[attr-defined]
    if by is not None:
        study._history_user = by  # type: ignore[attr-defined]
    study.checksum_format = FORMAT
    study.checksum = checksum(study)
    study.save()
    # Its answers came by a file, and are corrected no more.
    if not study.invites_people:
        secrecy.destroy(study)
