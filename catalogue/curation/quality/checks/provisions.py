"""Mappings to a provision of a law, code or standard that another took the place of, and those of
them that nobody has looked at for a year.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

from catalogue.models import Instrument, Mapping, Mitigation, Provision

from ..base import CHECKS, Check, Issue, change_url, record_label

#: After so many an instrument is to be looked at again.
DAYS_BETWEEN_LOOKS = 365


def out_of_date() -> Iterator[Issue]:
    rows = (
        Mapping.objects.exclude(provision__instrument__replaced_by=None)
        .exclude(source__status__in=Mitigation.RETIRED)
        .exclude(provision=None)
        .select_related(
            "source__document",
            "provision__instrument__replaced_by",
        )
        .order_by("provision__instrument", "provision__position", "pk")
    )
    successors = {
        one.replaces_id: one
        for one in Provision.objects.exclude(replaces=None)
    }
    for row in rows:
        yield _issue(row, successors.get(row.provision_id))


def _issue(row: Any, successor: Provision | None) -> Issue:
    provision = row.provision
    instrument = provision.instrument
    current = instrument.replaced_by
    if successor:
        advice = f"{successor.code} stands there in its place."
    else:
        advice = "Nothing there is said to stand in its place."
    return Issue(
        subject=f"mapping {row.pk}",
        record=record_label(row.source),
        document=row.source.document.slug,
        group=instrument.short_title,
        message=(
            f"It is mapped to {provision.code} of {instrument.short_title}, which {current.short_title} has replaced. {advice}"
        ),
        url=change_url(Mapping, row.pk, "provision"),
        decides=(provision.key, current.slug),
    )


def not_looked_at() -> Iterator[Issue]:
    """Instruments that still are current and were last looked at more than a year ago."""
    since = timezone.localdate() - timedelta(days=DAYS_BETWEEN_LOOKS)
    rows = Instrument.objects.filter(ended_on=None, replaced_by=None).filter(
        Q(checked_on=None) | Q(checked_on__lt=since),
    )
    for row in rows:
        last = "Nobody has said when its text and dates were looked at."
        if row.checked_on:
            last = f"Its text and dates were last looked at on {date_format(row.checked_on, 'j F Y')}."
        yield Issue(
            subject=f"instrument {row.slug}",
            record=row.short_title,
            message=last,
            url=change_url(Instrument, row.pk, "checked_on"),
            decides=(row.slug, str(row.checked_on)),
        )


CHECKS.register(
    Check(
        "superseded-provision",
        "Mapping to a provision of a superseded version",
        "Mappings to provisions of a law, code or standard that another has replaced. Look whether the new one asks for the same, "
        "and lead the mapping there; which replaced which stands under Instruments.",
        out_of_date,
        position=91,
    ),
)
CHECKS.register(
    Check(
        "instrument-not-looked-at",
        "Law, code or standard not looked at for a year",
        "Laws, codes and standards whose text and dates nobody has compared with their source for a year. Look whether they were amended, "
        "postponed or replaced, and give the day under “last looked at”.",
        not_looked_at,
        position=92,
        follows_revision=False,
    ),
)
