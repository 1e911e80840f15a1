"""Measures: mitigations that "the same measure" mappings join, directly or through others.

Several documents may ask for one measure, each in its own words. A mitigation without such a
mapping is a measure of its own. Mappings through a mitigation that is not published join
nothing: no reader could see why.
"""

from collections.abc import Collection, Iterable
from itertools import chain

import numpy
from pyroaring import BitMap

from ..models import Mapping
from .sources import FacetSource, Row, Sets, pairs, values_by_key


def _rows(keys: Iterable[int] | None) -> Iterable[Row]:
    same = Mapping.objects.filter(
        relation=Mapping.Relation.EXACT,
        target__isnull=False,
    )
    return chain(
        pairs(same, "source_id", "target_id", keys),
        pairs(same, "target_id", "source_id", keys),
    )


#: Mitigations by the key of one that is the same measure.
SAME_MEASURE = FacetSource("same measure", _rows, is_lasting=True)


class Measures:
    """The measures of one revision, of published mitigations."""

    def __init__(self, same: Sets, published: BitMap):
        #: For each mitigation with several wordings, all of them, itself among them.
        self.wordings: dict[int, BitMap] = {}
        for key, twins in same.items():
            if key in published:
                self._join(BitMap([key]) | twins)
        #: The mitigations whose measure has several wordings.
        self.reworded = BitMap(self.wordings)
        first_of: dict[int, BitMap] = {}
        for wordings in self.wordings.values():
            first_of[wordings.min()] = wordings
        #: The first mitigation of the measure of each reworded one, at the place of its key.
        last = self.reworded.max() if self.reworded else 0
        self._first = values_by_key(first_of, last)

    def _join(self, keys: BitMap) -> None:
        known = [self.wordings[key] for key in keys if key in self.wordings]
        joined = BitMap.union(keys, *known)
        for key in joined:
            self.wordings[key] = joined

    def wordings_of(self, key: int) -> BitMap:
        """All mitigations of its measure, itself among them."""
        return self.wordings.get(key) or BitMap([key])

    def within(self, keys: BitMap) -> BitMap:
        """All mitigations of the measures of `keys`."""
        known = [self.wordings[key] for key in keys & self.reworded]
        return BitMap.union(keys, *known)

    def count(self, keys: BitMap) -> int:
        """How many measures `keys` are of."""
        return len(keys) - self._surplus(keys & self.reworded)

    def surpluses(
        self,
        keys: BitMap,
        sets: Collection[BitMap],
    ) -> numpy.ndarray:
        """For each set, by how many those of `keys` in it are more than their measures."""
        reworded = keys & self.reworded
        surpluses = (self._surplus(reworded & one) for one in sets)
        return numpy.fromiter(surpluses, numpy.int64, len(sets))

    def _surplus(self, reworded: BitMap) -> int:
        if len(reworded) < 2:
            return 0
        measures = set(self._first[reworded.to_array()].tolist())
        return len(reworded) - len(measures)

    def one_of_each(self, keys: BitMap, in_order: Iterable[int]) -> BitMap:
        """Of `keys` one for each measure: of those with several wordings, which `in_order`
        has, the one that comes first there.
        """
        chosen = BitMap()
        seen = BitMap()
        for key in in_order:
            if key not in seen:
                chosen.add(key)
                seen |= self.wordings[key]
        return (keys - self.reworded) | chosen
