"""Mitigations by the words of their names, held in memory: what is suggested while a reader
types may not wait for a search of all texts.
"""

from collections.abc import Iterable, Iterator

from pyroaring import BitMap

from ..models import Mitigation
from .index import Index
from .instrument_names import mitigations_asked_for_by
from .ordering import BY_LENGTH_OF_NAME, Selection
from .search_units import Unit
from .sources import EMPTY, FacetSource, Row, Sets, pairs
from .used_words import UsedWords
from .words import tokens

NAMES = ("name", "alternative_names")


def _words_of_names(keys: Iterable[int] | None) -> Iterator[Row]:
    rows = Mitigation.objects.all()
    for column in NAMES:
        for key, text in pairs(rows, "pk", column, keys):
            for word in set(tokens(text)):
                yield key, word


WORDS_OF_NAMES = FacetSource(
    "words of names",
    _words_of_names,
    is_lasting=True,
)


def with_words_in_names(index: Index, words: list[str]) -> Selection:
    """Published mitigations that have all these words in their names, the last of which is
    still being typed: first those that have it as a word, then the shortest.
    """
    sets = index.sets(WORDS_OF_NAMES)
    used = _used_words(index)
    *before, last = words
    having = [_having_any(sets, used.forms(word)) for word in before]
    as_word = _having_any(sets, used.forms(last))
    begun = _having_any(sets, used.beginning_with(last))
    found = BitMap.intersection(as_word | begun, *having)
    return _shortest_first(index, found, as_word)


def with_units_in_names(
    index: Index,
    units: list[Unit],
    *,
    may_lack_some: bool = False,
) -> Selection:
    """Published mitigations that have in their names, of each unit, all its words or all words of
    something that it stands for; of a sentence, as many units as any has, the rarest first.
    """
    having = [_having_unit(index, unit) for unit in units]
    if may_lack_some:
        having = sorted(filter(None, having), key=len)
    found = having[0] if having else EMPTY
    for one in having:
        narrowed = found & one
        if narrowed or not may_lack_some:
            found = narrowed
    return _shortest_first(index, found, found)


def _having_unit(index: Index, unit: Unit) -> BitMap:
    if unit.instruments:
        return mitigations_asked_for_by(index, unit.instruments)
    sets = index.sets(WORDS_OF_NAMES)
    used = _used_words(index)
    rows = [unit.telling]
    for expansion in unit.expansions:
        rows += map(tokens, expansion.words)
    found = EMPTY
    for row in rows:
        every = [_having_any(sets, used.forms(word)) for word in row]
        found = found | BitMap.intersection(*every)
    return found


def _used_words(index: Index) -> UsedWords:
    return index.per_revision(
        "used words of names",
        lambda: UsedWords(index.sets(WORDS_OF_NAMES)),
    )


def _shortest_first(
    index: Index,
    found: BitMap,
    as_word: BitMap,
) -> Selection:
    splits = {
        "is_begun": {0: found & as_word, 1: found - as_word},
        "name_length": index.sets(BY_LENGTH_OF_NAME),
    }
    return Selection(
        found,
        ("is_begun", "name_length", "pk"),
        splits,
        Mitigation.objects.select_related("document"),
    )


def _having_any(sets: Sets, words: Iterable[str]) -> BitMap:
    return BitMap.union(EMPTY, *(sets[word] for word in words))
