"""From a closed study to a published one, which stays as it is."""

import hashlib
import json
from typing import Any

from django.core.exceptions import ValidationError

from catalogue import revision

from . import coding, secrecy
from .models import Result, Study


def checksum(study: Study) -> str:
    """SHA-256, in hexadecimal, of every count and comment of a study in canonical JSON: keys sorted, no spaces, UTF-8.
    Whoever has the results can compute it anew; docs/running-a-study.md says how."""
    return hashlib.sha256(canonical(study)).hexdigest()


def canonical(study: Study) -> bytes:
    """What the checksum is of."""
    return json.dumps(_content(study), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _content(study: Study) -> dict:
    results = Result.objects.filter(item__study=study).select_related(
        "item__mitigation", "criterion", "risk_area", "expertise_area"
    )
    counts = [
        {
            "mitigation": result.item.mitigation.accession, "wording": result.item.wording,
            "criterion": result.criterion.slug if result.criterion else None,
            "risk_area": result.risk_area.slug if result.risk_area else None,
            "expertise_area": result.expertise_area.slug if result.expertise_area else None,
            "counts": {tally.point.slug: tally.count for tally in result.tallies.all()},
            "skipped": result.skipped, "not_asked": result.not_asked,
            "combined": result.combined, "combiners": result.combiners,
        }
        for result in results.prefetch_related("tallies__point")
    ]  # fmt: skip
    comments = [
        {
            "mitigation": item.mitigation.accession, "body": point.body, "stance": point.stance, "count": point.count,
            "risk_area": point.risk_area.slug if point.risk_area else None,
        }
        for item in study.items.select_related("mitigation")
        for point in item.comments.select_related("risk_area")
    ]  # fmt: skip
    return {"study": study.slug, "results": _in_order(counts), "comments": _in_order(comments)}


def _in_order(rows: list[dict]) -> list[dict]:
    """An order of the content alone, the same on every engine."""
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def problems(study: Study) -> list[str]:
    """All that stands against publishing a study, in a fixed number of queries."""
    found = []
    if study.status != Study.Status.CLOSED:
        found.append(f"Only a closed study can be published; this one is {study.standing}.")
    if study.year is None:
        found.append("It has no year.")
    if not Result.objects.filter(item__study=study).exists():
        found.append(f"It has no results: no question has {study.min_cell_size} answers or more.")
    return found + coding.problems(study)


def check(study: Study, reason: str = "", by: Any = None) -> None:
    """Raises ValidationError with all that stands against publishing it."""
    if found := problems(study):
        raise ValidationError(found)


def can_preview(study: Study) -> bool:
    """Whether somebody without an account may be shown its page: as soon as it could be submitted."""
    return study.status == Study.Status.CLOSED and not problems(study)


def prepare(study: Study) -> None:
    """Gives comments the counts and words that they are published with. Raises ValidationError where they have none yet."""
    if found := coding.settle(study):
        raise ValidationError(found)


def publish_as(study: Study, reason: str, by: Any) -> None:
    publish(study, reason=reason, by=by)


def leave_closed(study: Study, reason: str, by: Any) -> None:
    """A study that waits for review is closed before and after."""


@revision.writing()
def publish(study: Study, *, reason: str = "", by: Any = None) -> None:
    """Makes a closed study public, with a checksum. Raises ValidationError with all that stands against it. `reason` and who it
    was stand in the history."""
    study = Study.objects.select_for_update().get(pk=study.pk)
    check(study)
    coding.settle(study)
    study.status = Study.Status.PUBLISHED
    study._change_reason = reason or None  # type: ignore[attr-defined]
    if by is not None:
        study._history_user = by  # type: ignore[attr-defined]
    study.checksum = checksum(study)
    study.save()
    if not study.invitations.exists():  # its answers came by a file, and are corrected no more
        secrecy.destroy(study)
