"""What was typed, parted into what is looked for as one: a word, or several in a row that stand
for something together, such as “loss of control”.
"""

from dataclasses import dataclass, replace

from ..models import Instrument
from .index import Index
from .instrument_names import instrument_names
from .search_terms import STOP_WORDS
from .synonyms import Expansion, synonyms_of
from .words import tokens

#: The beginning of a synonym has at least so many letters.
SHORTEST_BEGINNING_OF_SYNONYM = 4
MOST_UNITS = 12


@dataclass(frozen=True)
class Unit:
    """Words that are looked for as one, and what they stand for."""

    words: tuple[str, ...]
    expansions: tuple[Expansion, ...] = ()
    #: The laws, codes and standards of which they are the name.
    instruments: tuple[Instrument, ...] = ()

    @property
    def is_single(self) -> bool:
        return len(self.words) == 1

    @property
    def telling(self) -> list[str]:
        """Its words that carry a subject; all where none does."""
        telling = [word for word in self.words if word not in STOP_WORDS]
        return telling or list(self.words)

    @property
    def parts(self) -> list["Unit"]:
        """Its telling words, each by itself."""
        return [Unit((word,)) for word in self.telling]


def units_of(text: str, index: Index, *, is_unfinished: bool) -> list[Unit]:
    """The units of a text that carry a subject; all of them where none does. While the last word
    is typed, it stands for what the words do that begin with it, too.
    """
    units = list(dict.fromkeys(_units_of(tokens(text), index)))
    telling = [unit for unit in units if not STOP_WORDS.issuperset(unit.words)]
    units = (telling or units)[:MOST_UNITS]
    if is_unfinished and units and units[-1].is_single:
        begun = _begun(units[-1].words[0], index)
        expansions = dict.fromkeys([*units[-1].expansions, *begun])
        units[-1] = replace(units[-1], expansions=tuple(expansions))
    return units


def _units_of(words: list[str], index: Index) -> list[Unit]:
    known = synonyms_of(index)
    parts: list[str] = []
    for word in words:
        parts += known.apart(word)
    units = []
    while parts:
        taken, instruments = instrument_names(index).first_of(parts)
        expansion = None if instruments else known.first_of(parts)
        if expansion:
            taken = len(expansion.typed.split())
        taken = max(taken, 1)
        expansions = (expansion,) if expansion else ()
        units.append(Unit(tuple(parts[:taken]), expansions, instruments))
        parts = parts[taken:]
    return units


def _begun(start: str, index: Index) -> list[Expansion]:
    """What those words stand for that begin so."""
    if len(start) < SHORTEST_BEGINNING_OF_SYNONYM:
        return []
    known = synonyms_of(index)
    begun = sorted(word for word in known.words if word.startswith(start))
    meant = [known.of([word]) for word in begun]
    return [expansion for expansion in meant if expansion]
