"""Which laws, codes and standards were gone through for measures. Of the others nobody knows whether
they ask for one.
"""

from collections.abc import Collection
from dataclasses import dataclass

from ..listing.asked_for import BY_ASKER
from ..listing.index import Index
from ..models import Instrument


@dataclass(frozen=True)
class LookedFor:
    """How many are listed, and those that were not gone through: to which nothing is mapped yet,
    or which were looked at on no known day.
    """

    listed: int
    not_yet: tuple[Instrument, ...]

    @property
    def count(self) -> int:
        """How many were gone through."""
        return self.listed - len(self.not_yet)

    def not_yet_in_words(
        self,
        asking: Collection[Instrument] = (),
        is_of_law: bool = False,
    ) -> str:
        """“Not yet looked for in: New Act.” Empty: it was in all but those `asking`, of which it
        is known. `is_of_law`: of binding law alone.
        """
        titles = [
            one.short_title
            for one in self.not_yet
            if one not in asking and (one.is_binding or not is_of_law)
        ]
        return f"Not yet looked for in: {', '.join(titles)}." if titles else ""


def looked_for(index: Index) -> LookedFor:
    return index.per_revision(
        "instruments looked for",
        lambda: _looked_for(index),
    )


def _looked_for(index: Index) -> LookedFor:
    listed = index.per_structure("instruments", _read_instruments)
    mapped = index.sets(BY_ASKER)
    not_yet = [
        one for one in listed if not (one.checked_on and mapped.get(one.slug))
    ]
    return LookedFor(len(listed), tuple(not_yet))


def _read_instruments() -> list[Instrument]:
    columns = ("slug", "short_title", "kind", "checked_on")
    return list(Instrument.objects.only(*columns))
