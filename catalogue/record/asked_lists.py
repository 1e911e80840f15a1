"""Measures about which laws, codes and standards ask, as lists: each measure once, with the address
that shows exactly these.
"""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.urls import reverse
from pyroaring import BitMap

from ..listing.asked_for import INSTRUMENT, RELATION, Chosen, standing_for
from ..listing.filters import BY_MEASURE
from ..listing.index import Index
from ..models import Mapping

#: How near what is asked comes to a measure that is itself asked for, at least in part.
OF_MEASURES = (
    Mapping.Relation.EXACT,
    Mapping.Relation.CLOSE,
    Mapping.Relation.NARROW,
)


@dataclass(frozen=True)
class AskedList:
    """Measures of which something is asked that has all that is `chosen`."""

    index: Index
    chosen: Chosen

    @property
    def query(self) -> str:
        return urlencode({**self.chosen, "group": BY_MEASURE}, doseq=True)

    @property
    def url(self) -> str:
        return f"{reverse('mitigation-list')}?{self.query}"

    @cached_property
    def wordings(self) -> BitMap:
        """All mitigations that word one of them, and of which it is asked."""
        return self.index.published & standing_for(self.index, self.chosen)

    @cached_property
    def count(self) -> int:
        return self.index.measures.count(self.wordings)


@dataclass(frozen=True)
class AskedAbout:
    """About how many measures an instrument asks. Those to which what it asks is only related say
    little: they are counted last, and never without what is counted before them.
    """

    index: Index
    slug: str

    def _list(self, *relations: str) -> AskedList:
        chosen = {INSTRUMENT: [self.slug]}
        if relations:
            chosen[RELATION] = [*relations]
        return AskedList(self.index, chosen)

    @cached_property
    def themselves(self) -> AskedList:
        """Asked for as they stand, nearly, or in part."""
        return self._list(*OF_MEASURES)

    @cached_property
    def with_wider(self) -> AskedList:
        """With those that serve something wider that it asks for."""
        return self._list(*OF_MEASURES, Mapping.Relation.BROAD)

    @cached_property
    def in_all(self) -> AskedList:
        """With those to which what it asks is only related."""
        return self._list()
