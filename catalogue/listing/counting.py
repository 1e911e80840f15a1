"""How many of the chosen stand in each of many sets: what counts of facets come down to.

All sets are of `published` keys. To look up the keys of a small set among bits takes a tenth of
the time that it takes to search for them in lists of keys, and Roaring lists keys where few are
chosen; there it is those not chosen, most of all, that are asked.
"""

from collections.abc import Collection, Iterable

import numpy
from pyroaring import BitMap

#: Of keys that are chosen, one in fewer than so many is listed, and not a bit.
SPARSE = 16


def counted(keys: BitMap, published: BitMap, sets: Collection[BitMap]) -> numpy.ndarray:
    """How many of `keys` stand in each set."""
    others = published - keys
    found: Iterable[int]
    if not others:
        found = map(len, sets)
    elif len(keys) * SPARSE < len(published):
        found = (len(one) - others.intersection_cardinality(one) for one in sets)
    else:
        found = map(keys.intersection_cardinality, sets)
    return numpy.fromiter(found, numpy.int64, len(sets))


def largest(counts: numpy.ndarray, number: int) -> list[int]:
    """The places of the largest counts, the largest first, and of those that are equal the
    first.
    """
    ranks = numpy.arange(len(counts)) - counts * len(counts)  # no two are equal
    found = (
        numpy.argpartition(ranks, number)[:number]
        if number < len(counts)
        else numpy.arange(len(counts))
    )
    return found[numpy.argsort(ranks[found])].tolist()
