"""Why a mitigation stands in a list that is filtered by what laws, codes and standards ask for."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..listing.asked_for import Chosen, mappings_that_answer
from ..listing.index import Index
from .asking import asks, from_when

#: So many provisions stand at an entry; the page of the mitigation has all.
MOST_SAID = 2


@dataclass(frozen=True)
class WhyListed:
    """“California SB 53, 22757.12(c): requires nearly this measure” for the first provisions, what
    still lies ahead last and with its day, and how many more there are.
    """

    said: list[str]
    more: int


def why_listed(
    index: Index,
    keys: Iterable[int],
    chosen: Chosen,
) -> dict[int, WhyListed]:
    """For those of some mitigations that are asked for by what has all that is `chosen`. At most
    one query.
    """
    lines: dict[int, list[str]] = defaultdict(list)
    rows = mappings_that_answer(index, keys, chosen)
    rows.sort(key=lambda row: row.provision.is_ahead)
    for row in rows:
        lines[row.source_id].append(_said(row))
    return {
        key: WhyListed(some[:MOST_SAID], len(some[MOST_SAID:]))
        for key, some in lines.items()
    }


def _said(mapping: Any) -> str:
    provision = mapping.provision
    title = provision.instrument.short_title
    said = f"{title}, {provision.code}: {asks(mapping)}"
    return f"{said}, {from_when(provision)}" if provision.is_ahead else said
