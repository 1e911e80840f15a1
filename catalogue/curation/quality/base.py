"""What a check is, and what it finds. Each check is a module of its own, which registers it
in `CHECKS`.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet
from django.urls import reverse

from catalogue.models.mitigation import among
from serving.registry import Registry


@dataclass(frozen=True)
class Finding:
    """One thing that needs work.

    `subject` names it within its check and stays the same while its record does; `decides` is
    what it was found by: when that changes, a dismissed finding comes back.
    """

    subject: str
    record: str
    message: str
    #: Where it is mended: the field of the form in the admin.
    url: str
    decides: tuple[Any, ...] = ()
    #: Slug of the document that it is about. Empty: none.
    document: str = ""
    #: Which of several kinds of the check it is, such as a taxonomy.
    group: str = ""
    #: What else its own template shows.
    shown: dict[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        return hashlib.blake2b(
            repr(self.decides or self.message).encode(), digest_size=16
        ).hexdigest()


@dataclass(frozen=True)
class Check:
    """`find` takes a fixed number of queries, however many records there are."""

    name: str
    title: str
    #: What it finds, and what to do about it.
    explanation: str
    find: Callable[[], Iterable[Finding]]
    #: Whether it reads nothing but what moves the revision, so that what it found holds as long
    #: as the revision stands.
    follows_revision: bool = True
    #: Whether it could look at all. Where it could not, that nothing was found is not said.
    is_known: Callable[[], bool] | None = None
    #: A line on how far its answer can be relied upon, such as when links were last asked.
    note: Callable[[], str] | None = None
    #: What to show of a finding besides its message.
    template: str = ""
    #: What can be done about a finding where it stands: the label of the button, and what it
    #: does with (subject, curator). It raises ValueError, in words for the curator, where it
    #: cannot.
    action: tuple[str, Callable[..., Any]] | None = None


#: In the order of the desk.
CHECKS: Registry[str, Check] = Registry("check")


def whole(rows: QuerySet, keys: Collection[int]) -> dict[int, Any]:
    """Records by their keys, in one query. A check reads of all only the columns that decide:
    to make every one of them, with its document, took most of the time. What it found, it then
    asks for whole.
    """
    return {row.pk: row for row in rows.filter(pk__in=among(keys)).order_by()}


def change_url(model: type[Model] | Model, key: Any, field: str = "") -> str:
    """The form of a record in the admin, opened at a field."""
    address = reverse(
        f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[key]
    )
    return f"{address}#id_{field}" if field else address
