"""Records that nobody has looked at for a year."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from catalogue.curation.history import PARTS
from catalogue.models import Document, Mitigation, Review

from .base import CHECKS, Check, Finding, change_url
from .descriptions import document_of, named, records

DAYS = 365
#: What is reviewed, and what its key is.
REVIEWED: dict[Any, str] = {Mitigation: "accession", Document: "slug"}


def overdue() -> Iterator[Finding]:
    """Records whose last review is a year ago: the last change to them or their parts, or a
    curator's word that they are right as they stand, whichever is later.
    """
    since = timezone.now() - timedelta(days=DAYS)
    for model, key in REVIEWED.items():
        changed, reviewed = _last_changes(model), _last_reviews(model)
        rows = records(model).select_related(
            *(["document"] if model is Mitigation else [])
        )
        for row in rows.order_by(key):
            # What came in past the history, such as made-up records, was new when it was made.
            new = changed.get(row.pk) or getattr(row, "created_at", None)
            dates = [when for when in (new, reviewed.get(getattr(row, key))) if when]
            last = max(dates, default=None)
            if last is None or last < since:
                yield _finding(model, key, row, last)


def _last_changes(model: Any) -> dict[int, datetime]:
    newest: dict[int, datetime] = {}
    for kind, column in [
        (model, "id"),
        *((part, f"{key}_id") for part, key in PARTS[model]),
    ]:
        rows = kind.history.order_by().values(column).annotate(last=Max("history_date"))
        for key, last in rows.values_list(column, "last"):
            newest[key] = max(last, newest.get(key, last))
    return newest


def _last_reviews(model: Any) -> dict[str, datetime]:
    return dict(
        Review.objects.filter(model=model._meta.model_name).values_list(
            "key", "reviewed_at"
        )
    )


def _finding(model: Any, key: str, row: Any, last: datetime | None) -> Finding:
    since = (
        f"It was last changed or reviewed on {last:%-d %B %Y}."
        if last
        else "Nobody has changed or reviewed it yet."
    )
    return Finding(
        subject=f"{model._meta.model_name} {getattr(row, key)}",
        record=named(row),
        message=since,
        url=change_url(model, row.pk),
        decides=(last,),
        document=document_of(row),
        group=str(model._meta.verbose_name_plural),
    )


def mark_reviewed(subject: str, reviewer: Any) -> Review:
    """Notes that `reviewer` has found a record right as it stands, now. Raises ValueError for
    what is no record.
    """
    name, _, value = subject.partition(" ")
    model = next((one for one in REVIEWED if one._meta.model_name == name), None)
    if model is None or not model.objects.filter(**{REVIEWED[model]: value}).exists():
        raise ValueError("This record is no longer there.")
    now = {"reviewed_at": timezone.now(), "reviewer": reviewer}
    return Review.objects.update_or_create(model=name, key=value, defaults=now)[0]


NOT_REVIEWED = CHECKS.register(
    Check(
        "not-reviewed",
        "Not reviewed for a year",
        "Records that nobody has changed or reviewed for a year. Look whether the source has a newer version and the text still "
        "holds; if nothing needs to change, mark it as reviewed.",
        overdue,
        follows_revision=False,
        action=("Mark as reviewed", mark_reviewed),
    )
)
