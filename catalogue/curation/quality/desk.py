"""The quality desk: what every check finds, without what curators have dismissed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from threading import RLock
from typing import Any

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import router
from django.db.models import Count, Max
from django.utils import timezone

from catalogue import revision
from catalogue.models import Dismissal, FrameworkVersion, LinkCheck, Mitigation, Review
from catalogue.reading import one_state_of_the_database

from .base import CHECKS, Check, Finding

#: Where counting takes longer (in seconds), the front page shows what was counted last, and
#: says when.
PATIENCE = 2.0
COUNTS = "quality-counts"

#: What a check found in a revision, by the check's name.
_held: dict[str, tuple[int, list[Finding]]] = {}
_lock = RLock()


def find(check: Check) -> list[Finding]:
    """All that a check finds, dismissed or not. Kept as long as the revision stands, where it
    hangs on that alone.
    """
    if not check.follows_revision:
        return _found(check)
    number, _ = revision.current(router.db_for_read(Mitigation))
    held = _held.get(check.name)
    if held is None or held[0] != number:
        # One at a time: several who open the desk at once shall not all do the same work.
        with _lock:
            held = _held.get(check.name)
            if held is None or held[0] != number:
                held = _held[check.name] = (number, _found(check))
    return held[1]


def _found(check: Check) -> list[Finding]:
    """Of one moment: what a check asks for whole must not be gone since it was found."""
    with one_state_of_the_database():
        return list(check.find())


@dataclass(frozen=True)
class Judged:
    """A finding, and what a curator said of it, if any."""

    finding: Finding
    dismissal: Dismissal | None
    #: What is in review and would mend it.
    proposal: Any = None

    @property
    def is_open(self) -> bool:
        """Whether nobody dismissed it, or what was dismissed was another."""
        return (
            self.dismissal is None
            or self.dismissal.fingerprint != self.finding.fingerprint
        )


def judged(check: Check) -> list[Judged]:
    """What a check finds, each with what curators said of it."""
    dismissals = {
        row.subject: row
        for row in Dismissal.objects.filter(check_name=check.name).select_related(
            "dismissed_by"
        )
    }
    return [Judged(finding, dismissals.get(finding.subject)) for finding in find(check)]


def open_findings(check: Check) -> list[Finding]:
    return [row.finding for row in judged(check) if row.is_open]


# Counts


@dataclass(frozen=True)
class Counts:
    """How many open findings each check has, by its name; None where it could not look.
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
        return [
            (check, self.open[name])
            for name, check in CHECKS.items()
            if name in self.open
        ]


def counts(*, patience: float = PATIENCE) -> Counts:
    """The counts as they are now; or the last ones, where counting took longer than `patience`
    seconds then.
    """
    stamp, kept = _stamp(), cache.get(COUNTS)
    if kept and (kept["stamp"] == stamp or kept["seconds"] > patience):
        return Counts(
            kept["open"],
            datetime.fromisoformat(kept["counted_at"]),
            kept["stamp"] == stamp,
        )
    start = time.perf_counter()
    found = {name: count(check) for name, check in CHECKS.items()}
    counted = Counts(found, timezone.now())
    seconds = time.perf_counter() - start
    told = {
        "stamp": stamp,
        "open": found,
        "counted_at": counted.counted_at.isoformat(),
        "seconds": seconds,
    }
    cache.set(COUNTS, told, None)
    return counted


def count(check: Check) -> int | None:
    """Open findings; None where there are none because the check could not look."""
    found = len(open_findings(check))
    return None if not found and check.is_known and not check.is_known() else found


def _stamp() -> str:
    """Changes with all that counts depend on: the revision, what curators keep on the desk, and
    the day.
    """
    number, _ = revision.current(router.db_for_read(Mitigation))
    parts = (
        number,
        timezone.now().date(),
        *Dismissal.objects.aggregate(n=Count("pk"), last=Max("dismissed_at")).values(),
        *LinkCheck.objects.aggregate(n=Count("pk"), last=Max("checked_at")).values(),
        *Review.objects.aggregate(n=Count("pk"), last=Max("reviewed_at")).values(),
        FrameworkVersion.history.aggregate(last=Max("history_id"))["last"],
    )
    return " ".join(map(str, parts))


# Dismissing


def dismiss(
    *, check: Check, subject: str, fingerprint: str, reason: str, curator: Any
) -> Dismissal:
    """Keeps a finding from being shown, as long as it stays what it is. Raises ValidationError
    without a reason, and where what is found there is no longer what the curator saw.
    """
    reason = reason.strip()
    if not reason:
        raise ValidationError("Say why it needs nothing: the reason is kept with it.")
    if len(reason) > 300:
        raise ValidationError("Give the reason in 300 characters at most.")
    finding = next((one for one in find(check) if one.subject == subject), None)
    if finding is None:
        raise ValidationError("This is no longer found: nothing is left to dismiss.")
    if finding.fingerprint != fingerprint:
        raise ValidationError(
            f"{finding.record} has changed since you opened this page. Look at it again."
        )
    values = {
        "fingerprint": fingerprint,
        "found": finding.message,
        "reason": reason,
        "dismissed_by": curator,
    }
    return Dismissal.objects.update_or_create(
        check_name=check.name, subject=subject, defaults=values
    )[0]


def take_back(*, check: Check, subject: str) -> bool:
    """Lets a dismissed finding be shown again. False where it was not dismissed."""
    deleted, _ = Dismissal.objects.filter(
        check_name=check.name, subject=subject
    ).delete()
    return bool(deleted)


def rows_of_file(
    findings: Iterator[tuple[Check, Finding]], base: str
) -> Iterator[list[str]]:
    """Findings as rows for a spreadsheet, the heading first; `base` is the site's address
    without a slash at its end.
    """
    yield ["check", "record", "finding", "kind", "document", "subject", "address"]
    for check, one in findings:
        yield [
            check.name,
            one.record,
            one.message,
            one.group,
            one.document,
            one.subject,
            f"{base}{one.url}",
        ]
