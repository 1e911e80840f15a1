"""Laws, codes and standards by what readers call them: “SB 53”, “AI Act”, “ISO 42001”.

A search that names one finds what it asks for, and nothing else: who looks for a law does not
want what only stands near it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from pyroaring import BitMap

from ..models import Instrument
from . import around
from .asked_for import BY_ASKER
from .index import Index
from .search_terms import STOP_WORDS, Term, Typed
from .sources import EMPTY
from .word_forms import root
from .words import tokens

#: “/IEC” of “ISO/IEC 42001:2023”,
FURTHER_ISSUERS = re.compile(r"/[A-Z]+\b")
#: and its year; “(2025)” and “1.0” of others.
VERSION = re.compile(r":[0-9]{4}\b| \([0-9]{4}\)$| [0-9]+\.[0-9]+$")
ABBREVIATION = re.compile("[A-Z]{2}")


def names_of_instrument(instrument: Instrument) -> list[str]:
    """Its short title, with and without its version and further issuers; and what is left of these
    without whose it is, where that says which it is: “SB 53” of “California SB 53”.
    """
    title = instrument.short_title
    called = VERSION.sub("", title)
    whole = [
        title,
        called,
        FURTHER_ISSUERS.sub("", title),
        FURTHER_ISSUERS.sub("", called),
    ]
    names = list(whole)
    for name in whole:
        words = name.split()
        for start in range(1, len(words) - 1):
            if _says_which(words[start:]):
                names.append(" ".join(words[start:]))
    return list(dict.fromkeys(names))


def _says_which(words: list[str]) -> bool:
    """Whether these are a name: “AI Act” is, “AI measures” and “Code of Practice” are not."""
    has_abbreviation = any(map(ABBREVIATION.search, words))
    return has_abbreviation and not any(
        word[0].islower() and word not in STOP_WORDS for word in words
    )


class InstrumentNames:
    """All laws, codes and standards, by their names as written in one: blanks do not matter."""

    def __init__(self, instruments: Iterable[Instrument]):
        self._named: dict[str, list[Instrument]] = defaultdict(list)
        self._longest = 0
        for instrument in instruments:
            keys = set()
            for name in names_of_instrument(instrument):
                words = tokens(name)
                self._longest = max(self._longest, len(words))
                keys.add(_in_one(words))
            for key in keys:
                self._named[key].append(instrument)

    def first_of(
        self,
        words: Sequence[str],
    ) -> tuple[int, tuple[Instrument, ...]]:
        """How many words at the beginning of these are a name, at most, and whose."""
        for length in range(min(self._longest, len(words)), 0, -1):
            if named := self._named.get(_in_one(words[:length])):
                return length, tuple(named)
        return 0, ()


def _in_one(words: Sequence[str]) -> str:
    return "".join(map(root, words))


def instrument_names(index: Index) -> InstrumentNames:
    return index.per_structure(
        "names of instruments",
        lambda: InstrumentNames(Instrument.objects.all()),
    )


def mitigations_asked_for_by(
    index: Index,
    instruments: Iterable[Instrument],
) -> BitMap:
    sets = index.sets(BY_ASKER)
    return BitMap.union(EMPTY, *(sets.get(i.slug, EMPTY) for i in instruments))


@dataclass(frozen=True)
class InstrumentNamed(Term):
    """The name of a law, code or standard. What is known under that name otherwise, its
    `meanings`, comes first among what it asks for.
    """

    instruments: tuple[Instrument, ...] = ()

    @property
    def hits(self) -> set[str]:
        """None: it finds by what is asked for, and by no word."""
        return set()

    def found_in(self, index: Index, field: str | None = None) -> BitMap:
        return self.found_as_typed(index, field)

    def found_as_typed(
        self,
        index: Index,
        field: str | None = None,
    ) -> BitMap:
        if field in (None, around.NAMES):
            return mitigations_asked_for_by(index, self.instruments)
        return EMPTY

    def found_in_own_texts(self, index: Index) -> BitMap:
        return EMPTY


def naming_instruments(typed: list[Typed], index: Index) -> list[Typed]:
    """What was typed, with words in a row that are such a name as one."""
    known = instrument_names(index)
    together = []
    place = 0
    while place < len(typed):
        row = takewhile(lambda one: one.is_plain, typed[place:])
        words = [one.words[0] for one in row]
        length, named = known.first_of(words)
        if named:
            one = Typed(tuple(words[:length]), instruments=named)
            together.append(one)
        else:
            together.append(typed[place])
        place += max(length, 1)
    return together
