"""Why a mitigation stands in a list that is filtered by what laws, codes and standards ask for."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from ..listing.asked_for import Chosen, mappings_that_answer
from ..listing.index import Index
from .asking import asks

#: So many provisions stand at an entry; the page of the mitigation has all.
MOST_SAID = 2


@dataclass(frozen=True)
class WhyListed:
    """“California SB 53, 22757.12(c): requires nearly this measure” for the first provisions, and
    how many more there are.
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
    for row in mappings_that_answer(index, keys, chosen):
        provision = row.provision
        title = provision.instrument.short_title
        lines[row.source_id].append(f"{title}, {provision.code}: {asks(row)}")
    return {
        key: WhyListed(some[:MOST_SAID], len(some[MOST_SAID:]))
        for key, some in lines.items()
    }
