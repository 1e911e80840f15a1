"""The column of tables of mitigations that says what asks for them."""

from typing import Any

from catalogue.listing.asked_for import TOGETHER
from catalogue.listing.index import current_index
from catalogue.models import Mitigation
from catalogue.record.asked_lines import asked_lines
from catalogue.record.evidence import Chosen

from .columns import Column, Type

NAME = "asked_for_by"


class AskedForColumn:
    """Of a list that is filtered by what asks for a measure, the column has only what answers."""

    def __init__(self, chosen: Chosen) -> None:
        self.chosen = {
            name: list(chosen[name]) for name in TOGETHER if chosen.get(name)
        }
        self.columns = [
            Column(
                NAME,
                Type.LIST,
                "Provisions of laws, codes and standards that ask for it: how strongly, how near to the measure, of whom and from when. "
                "In a list filtered by these, those that answer.",
                empty="nothing listed here, or not yet looked at: see instruments_checked_on",
            ),
        ]

    def add_to(self, records: list[dict[str, Any]]) -> None:
        names = [record["accession"] for record in records]
        rows = Mitigation.objects.filter(accession__in=names).order_by()
        keys = dict(rows.values_list("accession", "pk"))
        lines = asked_lines(current_index(), keys.values(), self.chosen)
        for record in records:
            record[NAME] = lines.get(keys[record["accession"]], [])
