"""What readers type for what the catalogue has under other words: “kill switch” is searched for
as “shut down” too, “bioweapons” as the risk and the risk area of such weapons.

Curators keep them as records (`models.Synonym`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ..models import Category, Synonym
from ..models.synonym import lines, place_named, places
from .index import Index, current_index
from .word_forms import root
from .words import tokens

Roots = tuple[str, ...]


@dataclass(frozen=True)
class Expansion:
    """What a word, or several in a row, of a query stand for too.

    `typed` are these words; `words` are words of the catalogue, each entry one or several in a
    row, such as “shut down”; `categories` are places in taxonomies, with their taxonomy.
    """

    typed: str
    words: tuple[str, ...]
    categories: tuple[Category, ...]


class Synonyms:
    """All synonyms, by the roots of what is typed: plurals and spellings do not matter."""

    def __init__(self, records: Sequence[Synonym]):
        self._means: dict[Roots, tuple[str, ...]] = {}
        self._places = places() if records else {}
        #: Those of several words, by how they are written in one: “killswitch”.
        self._apart: dict[str, list[str]] = {}
        #: The words that are synonyms by themselves, and their plurals.
        self.words: set[str] = set()
        for record in records:
            means = [line for line in lines(record.means) if tokens(line)]
            for typed in record.typed:
                words = tokens(typed)
                if words:
                    self._add(words, means)
        longest = max(map(len, self._means), default=0)
        self.longest = max(longest, 2) if longest else 0

    def _add(self, words: list[str], means: list[str]) -> None:
        roots = tuple(map(root, words))
        known = self._means.get(roots, ())
        self._means[roots] = tuple(dict.fromkeys([*known, *means]))
        if len(words) == 1:
            self.words.update(words, [f"{words[0]}s"])
        else:
            self._apart[root("".join(words))] = words

    def apart(self, word: str) -> list[str]:
        """The words of which a synonym consists that is written in one, else this word."""
        single = root(word)
        if (single,) in self._means:
            return [word]
        return self._apart.get(single, [word])

    def of(self, words: Sequence[str]) -> Expansion | None:
        """What exactly these words stand for, or None; two count as one where they are one of
        the synonyms: “bio weapons”.
        """
        means = self._means.get(tuple(map(root, words)))
        if means is None and len(words) == 2:
            means = self._means.get((root("".join(words)),))
        if means is None:
            return None
        other_words = []
        categories = []
        for line in means:
            place = place_named(line)
            if place in self._places:
                categories.append(self._places[place])
            elif not place and tokens(line) != [*words]:
                other_words.append(line)
        return Expansion(
            " ".join(words),
            tuple(other_words),
            tuple(categories),
        )

    def first_of(self, words: Sequence[str]) -> Expansion | None:
        """What the most words at the beginning of these stand for together, or None."""
        for length in range(min(self.longest, len(words)), 0, -1):
            if expansion := self.of(words[:length]):
                return expansion
        return None


def synonyms_of(index: Index) -> Synonyms:
    return index.per_structure(
        "synonyms",
        lambda: Synonyms(list(Synonym.objects.all())),
    )


def expand(query: str, index: Index | None = None) -> list[Expansion]:
    """What the words of a query stand for too, in their order; of words that overlap the
    longest row. Empty where nobody said so. Takes no query of the database but once after the
    catalogue's structure changed.
    """
    known = synonyms_of(index or current_index())
    words: list[str] = []
    for word in tokens(query):
        words += known.apart(word)
    expansions = []
    while words:
        expansion = known.first_of(words)
        taken = 1
        if expansion:
            expansions.append(expansion)
            taken = len(expansion.typed.split())
        words = words[taken:]
    return expansions
