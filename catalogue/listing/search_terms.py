"""The words of a search: in which forms and spellings each is looked for, and which mitigations
have it, in their own texts or in those around them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from catalogue.database.searched import SEARCHED

from ..models import Category, Instrument
from . import around
from .around import AT_OR_BELOW, words_around
from .index import Index
from .sources import EMPTY
from .synonyms import synonyms_of
from .words import tokens

#: The fields that a word may stand in, and how much it counts there: what stands around a
#: mitigation less than any text of its own.
FIELDS = (
    *((column.name, column.weight) for column in SEARCHED),
    (around.NAMES, 2),
    (around.HELPED, 3),
    (around.SAID_TO_HELP, 1),
    (around.DEFINITIONS, 1),
)

#: Words that carry no subject. Dropped from queries only, and only where other words remain.
STOP_WORDS = frozenset(
    "a an and are as at be by can do does for from has have how in into is it its of on or our should so that the"
    " their them they this to use using was we what when where which who why will with you your about against"
    " ai people not no s t".split(),
)


@dataclass(frozen=True)
class Typed:
    """A word of a query, or several where they are in quotes or stand for something together.
    What is in quotes is meant so.
    """

    words: tuple[str, ...]
    is_quoted: bool = False
    #: The laws, codes and standards of which they are the name.
    instruments: tuple[Instrument, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether it is a word like any other."""
        is_meant = self.is_quoted or bool(self.instruments)
        return len(self.words) == 1 and not is_meant

    @property
    def is_stop_word(self) -> bool:
        return self.is_plain and self.words[0] in STOP_WORDS


@dataclass(frozen=True)
class PlaceMeant:
    """A category that a word stands for."""

    category: Category
    #: It finds by where mitigations are placed, and by no word of theirs.
    hits = frozenset[str]()

    @property
    def text(self) -> str:
        noun = self.category.taxonomy.filter_name
        return f"{noun} {self.category.code} {self.category.name}"

    def found_in(self, index: Index, field: str | None = None) -> BitMap:
        if field in (None, around.NAMES):
            return index.sets(AT_OR_BELOW).get(self.category.pk, EMPTY)
        return EMPTY

    def found_in_own_texts(self, index: Index) -> BitMap:
        return EMPTY


@dataclass(frozen=True)
class Term:
    """A word, or several in a row, with the words of the catalogue that count as each.

    `others` are other ways to write it; `meanings` what else it stands for, which counts less.
    """

    words: tuple[str, ...]
    forms: tuple[tuple[str, ...], ...]
    is_beginning: bool = False
    others: tuple["Term", ...] = ()
    meanings: tuple["Term | PlaceMeant", ...] = ()
    #: As whoever wrote it has it, where that is known.
    label: str = ""

    @property
    def text(self) -> str:
        return self.label or " ".join(self.words)

    def found_in(self, index: Index, field: str | None = None) -> BitMap:
        """The published mitigations that have it: in one of `FIELDS`, or in any. Of its meanings
        all count, in whichever field.
        """
        meant = [one.found_in(index) for one in self.meanings]
        return BitMap.union(self.found_as_typed(index, field), *meant)

    def found_as_typed(
        self,
        index: Index,
        field: str | None = None,
    ) -> BitMap:
        """The same without its meanings."""
        found = EMPTY
        if field not in around.FIELDS:
            found = self._found_in_own(index, field)
        if field is None or field in around.FIELDS:
            # A new set: those of the index are never changed.
            found = found | words_around(index).having(
                index,
                self.forms,
                field,
            )
        return BitMap.union(
            found,
            *(other.found_in(index, field) for other in self.others),
        )

    def found_in_own_texts(self, index: Index) -> BitMap:
        """The published mitigations whose own texts have it."""
        return BitMap.union(
            self._found_in_own(index, None),
            *(other.found_in_own_texts(index) for other in self.others),
        )

    def _found_in_own(self, index: Index, field: str | None) -> BitMap:
        found = BitMap.intersection(
            *(index.having(forms, field) for forms in self.forms),
        )
        if len(self.words) > 1 and found:
            found &= index.matching(self.words, self.is_beginning, field)
        return found

    @property
    def hits(self) -> set[str]:
        """The words of the catalogue that it finds."""
        own = {form for forms in self.forms for form in forms}
        return own.union(
            *(other.hits for other in self.others),
            *(one.hits for one in self.meanings),
        )


class Vocabulary:
    """The words that can be found: those of mitigations and those of what stands around them."""

    def __init__(self, index: Index):
        self._parts = (index.used_words, words_around(index).words)

    def __contains__(self, word: str) -> bool:
        return any(word in part for part in self._parts)

    def forms(self, word: str) -> tuple[str, ...]:
        """Those that are forms of a word, in order; it may be none of them itself."""
        return self._joined([part.forms(word) for part in self._parts])

    def beginning_with(self, start: str) -> tuple[str, ...]:
        return self._joined(
            [part.beginning_with(start) for part in self._parts],
        )

    def of_length(self, length: int) -> set[str]:
        return set().union(*(part.of_length(length) for part in self._parts))

    @staticmethod
    def _joined(words: list[tuple[str, ...]]) -> tuple[str, ...]:
        return tuple(sorted(set().union(*words)))


def meanings_of(
    words: Sequence[str],
    index: Index,
) -> tuple[Term | PlaceMeant, ...]:
    """What these words together stand for, of which some mitigation has or is placed in."""
    expansion = synonyms_of(index).of(words)
    if expansion is None:
        return ()
    known = Vocabulary(index)
    meanings: list[Term | PlaceMeant] = []
    for label in expansion.words:
        row = tuple(tokens(label))
        forms = tuple(map(known.forms, row))
        meanings.append(Term(row, forms, label=label))
    meanings += map(PlaceMeant, expansion.categories)
    return tuple(one for one in meanings if one.found_in(index))
