"""The rows of an import as its page shows them."""

import re
from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import mark_safe

from catalogue.files.importing import reports
from catalogue.files.importing.kinds.base import Importer
from catalogue.models import ImportRow, Mitigation

ACCESSION = re.compile(r"\bM[0-9]{4,9}\b")


def rows_for_page(
    importer: Importer,
    rows: Iterable[ImportRow],
) -> list[dict[str, Any]]:
    """What each row says: its changes, and its faults and warnings with links to the
    mitigations that they name.
    """
    shown = [_row_for_page(importer, row) for row in rows]
    keys = _keys_of_named_mitigations(shown)
    for one in shown:
        one["faults"] = [
            (name, _with_links(text, keys)) for name, text in one["faults"]
        ]
        one["warnings"] = [_with_links(text, keys) for text in one["warnings"]]
    return shown


def _row_for_page(importer: Importer, row: ImportRow) -> dict[str, Any]:
    address = ""
    if row.record and row.verdict != ImportRow.Verdict.REFUSED:
        opts = importer.model._meta
        page = f"admin:{opts.app_label}_{opts.model_name}_change"
        address = reverse(page, args=[row.record])
    return {
        "row": row,
        "changes": reports.changes_of_row(importer, row.content),
        "faults": row.content.get("faults", []),
        "warnings": row.content.get("warnings", []),
        "address": address,
    }


def _keys_of_named_mitigations(shown: list[dict[str, Any]]) -> dict[str, int]:
    """By accession, of those that are here."""
    accessions: set[str] = set()
    for one in shown:
        for text in (*(fault[1] for fault in one["faults"]), *one["warnings"]):
            accessions.update(ACCESSION.findall(text))
    if not accessions:
        return {}
    mitigations = Mitigation.objects.filter(
        accession__in=accessions,
    ).order_by()
    return dict(mitigations.values_list("accession", "pk"))


def _with_links(text: str, keys: dict[str, int]) -> str:
    if not keys:
        return text

    def link(match: re.Match[str]) -> str:
        accession = match[0]
        if accession not in keys:
            return accession
        address = reverse(
            "admin:catalogue_mitigation_change",
            args=[keys[accession]],
        )
        return f'<a href="{address}">{accession}</a>'

    return mark_safe(ACCESSION.sub(link, escape(text)))
