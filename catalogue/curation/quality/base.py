"""What a check is, what it finds, and how records are named on the desk."""

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from django.db.models import Model, QuerySet
from django.urls import reverse

from catalogue.models import Document, Mitigation
from catalogue.models.mitigation import among
from serving.registry import Registry


@dataclass(frozen=True)
class Issue:
    """One thing that needs work.

    `subject` names it within its check and stays the same while its record does; `decides` is
    what it was found by: when that changes, a dismissed issue comes back.
    """

    subject: str
    record: str
    message: str
    #: Where it is put right: the field of the form in the admin.
    url: str
    decides: tuple[Any, ...] = ()
    #: Slug of the document that it is about. Empty: none.
    document: str = ""
    #: Which of several kinds of the check it is, such as a taxonomy.
    group: str = ""
    #: What else the check's own template shows.
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        text = repr(self.decides or self.message)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Check:
    """`find` takes a fixed number of queries, however many records there are."""

    name: str
    title: str
    #: What it finds, and what to do about it.
    explanation: str
    find: Callable[[], Iterable[Issue]]
    #: Its place on the desk, from the top; several may have the same.
    position: int = 100
    #: Whether it reads nothing but what moves the revision, so that what it found holds as long
    #: as the revision does.
    follows_revision: bool = True
    #: Whether it could look at all. Where it could not, that nothing was found is not said.
    is_known: Callable[[], bool] | None = None
    #: A line on how far its answer can be relied upon, such as when links were last checked.
    note: Callable[[], str] | None = None
    #: What to show of an issue besides its message.
    template: str = ""
    #: What can be done about an issue where it is shown: the label of the button, and what it
    #: does with (subject, curator). It raises ValueError, in words for the curator, where it
    #: cannot.
    action: tuple[str, Callable[..., Any]] | None = None

    def is_unknown(self) -> bool:
        """Whether it could not look, so that to find nothing means nothing."""
        return self.is_known is not None and not self.is_known()


#: By name. Other apps register theirs when Django is ready.
CHECKS: Registry[str, Check] = Registry("check")


def ordered_checks() -> list[Check]:
    """All, in the order of the desk."""
    return sorted(CHECKS.values(), key=attrgetter("position"))


def rows_by_key(rows: QuerySet, keys: Collection[int]) -> dict[int, Any]:
    """Records by their keys, in one query. A check reads of all only the columns that decide:
    to make every one of them, with its document, took most of the time. What it found, it then
    reads completely.
    """
    return {row.pk: row for row in rows.filter(pk__in=among(keys)).order_by()}


def change_url(model: type[Model] | Model, key: Any, field: str = "") -> str:
    """The form of a record in the admin, opened at a field."""
    opts = model._meta
    address = reverse(
        f"admin:{opts.app_label}_{opts.model_name}_change",
        args=[key],
    )
    return f"{address}#id_{field}" if field else address


def active_records(model: Any) -> QuerySet[Any]:
    """All records of a model but those that nobody works on any more."""
    if model is Mitigation:
        return model.objects.not_retired()
    return model.objects.all()


def record_label(row: Any) -> str:
    """A record as the desk names it: a mitigation with its accession."""
    if isinstance(row, Mitigation):
        return f"{row.accession} {row.name}"
    return str(row)


def document_slug(row: Any) -> str:
    """Of the document that a record is, or comes from; empty: none."""
    if isinstance(row, Document):
        return row.slug
    if isinstance(row, Mitigation):
        return row.document.slug
    return ""
