"""Records that nobody has looked at for a year."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from catalogue.curation.history import tracked_models
from catalogue.models import Document, Mitigation, Review

from ..base import (
    CHECKS,
    Check,
    Issue,
    active_records,
    change_url,
    document_slug,
    record_label,
)

DAYS = 365
#: What is reviewed, and what its key is.
REVIEWED: dict[Any, str] = {Mitigation: "accession", Document: "slug"}


def overdue() -> Iterator[Issue]:
    """Records whose last review is a year ago: the last change to them or their parts, or a
    curator's word that they are right as they stand, whichever is later.
    """
    since = timezone.now() - timedelta(days=DAYS)
    for model, key in REVIEWED.items():
        changed = _last_changes(model)
        reviewed = _last_reviews(model)
        rows = active_records(model).order_by(key)
        if model is Mitigation:
            rows = rows.select_related("document")
        for row in rows:
            dates = [
                # What came in past the history, such as made-up records, was new when it was
                # made.
                changed.get(row.pk) or getattr(row, "created_at", None),
                reviewed.get(getattr(row, key)),
            ]
            last = max(filter(None, dates), default=None)
            if last is None or last < since:
                yield _overdue_issue(model, key, row, last)


def _last_changes(model: Any) -> dict[int, datetime]:
    newest: dict[int, datetime] = {}
    for part, column in tracked_models(model):
        rows = (
            part.history.order_by()
            .values(column)
            .annotate(last=Max("history_date"))
        )
        for key, last in rows.values_list(column, "last"):
            newest[key] = max(last, newest.get(key, last))
    return newest


def _last_reviews(model: Any) -> dict[str, datetime]:
    rows = Review.objects.filter(model=model._meta.model_name)
    return dict(rows.values_list("key", "reviewed_at"))


def _overdue_issue(
    model: Any,
    key: str,
    row: Any,
    last: datetime | None,
) -> Issue:
    message = "Nobody has changed or reviewed it yet."
    if last:
        message = f"It was last changed or reviewed on {last:%-d %B %Y}."
    return Issue(
        subject=f"{model._meta.model_name} {getattr(row, key)}",
        record=record_label(row),
        message=message,
        url=change_url(model, row.pk),
        decides=(last,),
        document=document_slug(row),
        group=str(model._meta.verbose_name_plural),
    )


def mark_reviewed(subject: str, reviewer: Any) -> Review:
    """Notes that `reviewer` has found a record right as it stands, now. Raises ValueError for
    what is no record.
    """
    name, _, value = subject.partition(" ")
    models = {model._meta.model_name: model for model in REVIEWED}
    model = models.get(name)
    if (
        model is None
        or not model.objects.filter(**{REVIEWED[model]: value}).exists()
    ):
        raise ValueError("This record is no longer there.")
    values = {"reviewed_at": timezone.now(), "reviewer": reviewer}
    review, _ = Review.objects.update_or_create(
        model=name,
        key=value,
        defaults=values,
    )
    return review


CHECKS.register(
    Check(
        "not-reviewed",
        "Not reviewed for a year",
        "Records that nobody has changed or reviewed for a year. Look whether the source has a newer version and the text still "
        "holds; if nothing needs to change, mark it as reviewed.",
        overdue,
        follows_revision=False,
        action=("Mark as reviewed", mark_reviewed),
        position=100,
    ),
)
