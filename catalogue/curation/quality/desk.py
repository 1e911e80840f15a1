"""The quality desk: what every check finds, without what curators have dismissed."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import router
from django.db.models import Count, Max
from django.utils import timezone

from catalogue import revision
from catalogue.models import (
    Dismissal,
    FrameworkVersion,
    LinkCheck,
    Mitigation,
    Review,
)
from catalogue.reading import one_state_of_the_database
from serving.once import MadeOnce

from .base import CHECKS, Check, Issue, ordered_checks

#: Where counting takes longer (in seconds), the front page shows what was counted last, and
#: says when.
PATIENCE = 2.0
COUNTS = "quality-counts"

#: What a check found, by its name and the number of the revision.
_found: MadeOnce[tuple[str, int], list[Issue]] = MadeOnce()


def all_issues(check: Check) -> list[Issue]:
    """All that a check finds, dismissed or not. Cached as long as the revision holds, where it
    hangs on that alone.
    """
    if not check.follows_revision:
        return _find_at_once(check)
    number, _ = revision.current(router.db_for_read(Mitigation))
    # Once: several who open the desk at the same time shall not all do the same work.
    found = _found.get((check.name, number), lambda: _find_at_once(check))
    for name, revision_found in list(_found.results):
        if name == check.name and revision_found != number:
            _found.forget((name, revision_found))
    return found


def _find_at_once(check: Check) -> list[Issue]:
    """Of one moment: what a check reads completely must not be gone since it was found."""
    with one_state_of_the_database():
        return list(check.find())


@dataclass(frozen=True)
class JudgedIssue:
    """An issue, and what a curator said of it, if any."""

    issue: Issue
    dismissal: Dismissal | None
    #: What is in review and would put it right.
    proposal: Any = None

    @property
    def is_open(self) -> bool:
        """Whether nobody dismissed it, or what was dismissed was another."""
        if self.dismissal is None:
            return True
        return self.dismissal.fingerprint != self.issue.fingerprint


def judged_issues(check: Check) -> list[JudgedIssue]:
    """What a check finds, each with what curators said of it."""
    dismissals = Dismissal.objects.filter(check_name=check.name)
    by_subject = {
        one.subject: one for one in dismissals.select_related("dismissed_by")
    }
    return [
        JudgedIssue(issue, by_subject.get(issue.subject))
        for issue in all_issues(check)
    ]


def open_issues(check: Check) -> list[Issue]:
    return [row.issue for row in judged_issues(check) if row.is_open]


# Counts


@dataclass(frozen=True)
class Counts:
    """How many open issues each check has, by its name; None where it could not look.
    `is_current`: nothing has changed since they were counted.
    """

    open: dict[str, int | None]
    counted_at: datetime
    is_current: bool = True

    @property
    def total(self) -> int:
        return sum(count or 0 for count in self.open.values())

    @property
    def rows(self) -> list[tuple[Check, int | None]]:
        """In the order of the desk."""
        checks = [
            check for check in ordered_checks() if check.name in self.open
        ]
        return [(check, self.open[check.name]) for check in checks]


def counts(*, patience: float = PATIENCE) -> Counts:
    """The counts as they are now; or the last ones, where counting took longer than `patience`
    seconds then.
    """
    state = _state_of_the_desk()
    cached = cache.get(COUNTS)
    if cached and (cached["stamp"] == state or cached["seconds"] > patience):
        counted_at = datetime.fromisoformat(cached["counted_at"])
        return Counts(cached["open"], counted_at, cached["stamp"] == state)
    start = time.perf_counter()
    counted = Counts(
        {name: count_open(check) for name, check in CHECKS.items()},
        timezone.now(),
    )
    payload = {
        "stamp": state,
        "open": counted.open,
        "counted_at": counted.counted_at.isoformat(),
        "seconds": time.perf_counter() - start,
    }
    cache.set(COUNTS, payload, None)
    return counted


def count_open(check: Check) -> int | None:
    """Open issues; None where there are none because the check could not look."""
    count = len(open_issues(check))
    return None if not count and check.is_unknown() else count


def _state_of_the_desk() -> str:
    """Changes with all that counts depend on: the revision, what curators have on the desk, and
    the day.
    """
    number, _ = revision.current(router.db_for_read(Mitigation))
    parts = [number, timezone.now().date()]
    for model, column in (
        (Dismissal, "dismissed_at"),
        (LinkCheck, "checked_at"),
        (Review, "reviewed_at"),
    ):
        row = model.objects.aggregate(n=Count("pk"), last=Max(column))
        parts += [row["n"], row["last"]]
    versions = FrameworkVersion.history.aggregate(last=Max("history_id"))
    parts.append(versions["last"])
    return " ".join(map(str, parts))


# Dismissing


def dismiss(
    *,
    check: Check,
    subject: str,
    fingerprint: str,
    reason: str,
    curator: Any,
) -> Dismissal:
    """Keeps an issue from being shown, as long as it stays what it is. Raises ValidationError
    without a reason, and where what is found there is no longer what the curator saw.
    """
    reason = reason.strip()
    if not reason:
        raise ValidationError(
            "Say why it needs nothing: the reason is kept with it.",
        )
    if len(reason) > 300:
        raise ValidationError("Give the reason in 300 characters at most.")
    by_subject = {issue.subject: issue for issue in all_issues(check)}
    issue = by_subject.get(subject)
    if issue is None:
        raise ValidationError(
            "This is no longer found: nothing is left to dismiss.",
        )
    if issue.fingerprint != fingerprint:
        raise ValidationError(
            f"{issue.record} has changed since you opened this page. Look at it again.",
        )
    values = {
        "fingerprint": fingerprint,
        "found": issue.message,
        "reason": reason,
        "dismissed_by": curator,
    }
    dismissal, _ = Dismissal.objects.update_or_create(
        check_name=check.name,
        subject=subject,
        defaults=values,
    )
    return dismissal


def undo_dismissal(*, check: Check, subject: str) -> bool:
    """Lets a dismissed issue be shown again. False where it was not dismissed."""
    deleted, _ = Dismissal.objects.filter(
        check_name=check.name,
        subject=subject,
    ).delete()
    return bool(deleted)


def rows_of_file(
    issues: Iterable[tuple[Check, Issue]],
    base: str,
) -> Iterator[list[str]]:
    """Issues as rows for a spreadsheet, the heading first; `base` is the site's address without
    a slash at its end.
    """
    yield [
        "check",
        "record",
        "finding",
        "kind",
        "document",
        "subject",
        "address",
    ]
    for check, issue in issues:
        yield [
            check.name,
            issue.record,
            issue.message,
            issue.group,
            issue.document,
            issue.subject,
            f"{base}{issue.url}",
        ]
