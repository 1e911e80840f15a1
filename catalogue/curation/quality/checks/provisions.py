"""Mappings to a provision of a law, code or standard that another took the place of."""

from collections.abc import Iterator
from typing import Any

from catalogue.models import Mapping, Mitigation, Provision

from ..base import CHECKS, Check, Issue, change_url, record_label


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
