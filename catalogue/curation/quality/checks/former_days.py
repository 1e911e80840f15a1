"""Notes on laws and provisions that name a day which was theirs, and is not any more."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.text import capfirst

from catalogue.models import Instrument, Mapping, Mitigation, Provision

from ..base import CHECKS, Check, Issue, change_url, record_label

NAME = "note-names-former-day"
#: How notes write a day, and how it is read.
WRITTEN_DAYS = (
    (re.compile(r"\b\d{1,2}\s[A-Z][a-z]+\s\d{4}\b"), "%d %B %Y"),
    (re.compile(r"\b[A-Z][a-z]+\s\d{1,2},\s\d{4}\b"), "%B %d, %Y"),
    (re.compile(r"\b\d{4}-\d{2}-\d{2}\b"), "%Y-%m-%d"),
)
#: The notes of each that may name a day.
OF_INSTRUMENT = ("status_note", "applies_to_note", "unverified")
OF_PROVISION = ("applies_from_note", "longer_for", "note")


@dataclass
class Days:
    """Of a law or a provision: which are its own now, and which were."""

    now: set[date] = field(default_factory=set)
    ever: set[date] = field(default_factory=set)

    @property
    def former(self) -> set[date]:
        return self.ever - self.now

    def joined(self, other: "Days") -> "Days":
        return Days(self.now | other.now, self.ever | other.ever)


def days_named(text: str) -> set[date]:
    """Every day that a text names, with its year."""
    found = set()
    for pattern, form in WRITTEN_DAYS:
        for written in pattern.findall(text):
            try:
                day = datetime.strptime(" ".join(written.split()), form)
            except ValueError:
                continue  # no month, or no day that there is
            found.add(day.date())
    return found


def naming_former_days() -> Iterator[Issue]:
    """Every note that does; five queries."""
    of_laws = _days(Instrument)
    of_provisions = _days(Provision)
    provisions = Provision.objects.select_related("instrument")
    by_law: dict[int, Days] = defaultdict(Days)
    days: dict[int, Days] = {}
    for provision in provisions:
        key = provision.instrument_id
        own = of_provisions[provision.pk]
        days[provision.pk] = own.joined(of_laws[key])
        by_law[key] = by_law[key].joined(own)
    for law in Instrument.objects.all():
        # What is said of a law may name the day of any of its provisions.
        its_days = of_laws[law.pk].joined(by_law[law.pk])
        yield from _in_notes(law, OF_INSTRUMENT, its_days)
    for provision in provisions:
        yield from _in_notes(provision, OF_PROVISION, days[provision.pk])
    yield from _in_mappings(days)


def _days(model: Any) -> dict[int, Days]:
    """By the key of each row, from what it is and its history."""
    found: dict[int, Days] = defaultdict(Days)
    for key, *days in model.objects.order_by().values_list("pk", *model.DAYS):
        found[key].now.update(filter(None, days))
    history = model.history.order_by().values_list("id", *model.DAYS)
    for key, *days in history.distinct():
        found[key].ever.update(filter(None, days))
    return found


def _in_notes(
    row: Any,
    names: Iterable[str],
    days: Days,
) -> Iterator[Issue]:
    if isinstance(row, Instrument):
        law, provision, label = row, None, row.short_title
    else:
        law, provision = row.instrument, row.pk
        label = f"{law.short_title}, {row.code}"
    for name in names:
        note = getattr(row, name)
        if former := days.former & days_named(note):
            title = capfirst(row._meta.get_field(name).verbose_name)
            yield Issue(
                subject=f"{row._meta.model_name} {row.pk} {name}",
                record=label,
                group=law.short_title,
                message=_message(f"“{title}”", former),
                url=change_url(row, row.pk, name),
                decides=(*sorted(map(str, former)), note),
                details={"law": law.pk, "provision": provision},
            )


def _in_mappings(days: dict[int, Days]) -> Iterator[Issue]:
    moved = [key for key, its_days in days.items() if its_days.former]
    rows = (
        Mapping.objects.filter(provision__in=moved)
        .exclude(source__status__in=Mitigation.RETIRED)
        .select_related("source__document", "provision__instrument")
        .order_by("provision__instrument", "provision__position", "pk")
    )
    for row in rows:
        provision: Any = row.provision
        former = days[provision.pk].former & days_named(row.note)
        if former:
            law = provision.instrument
            form = change_url(Mitigation, row.source_id)
            yield Issue(
                subject=f"mapping {row.pk}",
                record=record_label(row.source),
                document=row.source.document.slug,
                group=law.short_title,
                message=_message(
                    f"Why it is mapped to {provision.code} of {law.short_title}",
                    former,
                ),
                url=f"{form}#mappings_from-group",
                decides=(*sorted(map(str, former)), row.note),
                details={"law": law.pk, "provision": provision.pk},
            )


def _message(note: str, former: set[date]) -> str:
    days = " and ".join(date_format(day, "j F Y") for day in sorted(former))
    what = (
        "days that were moved" if len(former) > 1 else "a day that was moved"
    )
    return f"{note} still names {days}, {what}."


def is_about(issue: Issue, row: Instrument | Provision) -> bool:
    """Whether it is of a law or of what it asks for; of a provision, or of what is said of its law."""
    if isinstance(row, Instrument):
        return issue.details["law"] == row.pk
    if issue.details["provision"] is None:
        return issue.details["law"] == row.instrument_id
    return issue.details["provision"] == row.pk


CHECKS.register(
    Check(
        NAME,
        "Note that names a day which was moved",
        "Notes on laws and provisions, and reasons of mappings to them, that name a day from or until which these held before and hold no "
        "more. Put the day right where the note is meant to say it; where it tells of the day as what was before, dismiss it.",
        naming_former_days,
        position=93,
    ),
)
