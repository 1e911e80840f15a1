"""What a search leads to beside mitigations, held in memory by the words of its texts."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from rapidfuzz.distance import OSA

from .english import is_english
from .index import Index
from .search_spelling import SHORTEST_CORRECTED
from .search_terms import STOP_WORDS
from .synonyms import Expansion
from .targets import (
    DEFINITION,
    NAME,
    TARGET_KINDS,
    Target,
    category_id,
)
from .used_words import UsedWords
from .words import tokens

#: How much less the beginning of a word counts than a word, and one that was corrected,
OF_BEGINNING = 0.7
OF_CORRECTED = 0.5
#: and what a word stands for.
OF_SYNONYM = 0.8
#: How much more counts the very place that a word stands for,
OF_PLACE = 2
#: and where two words stand beside each other, as they were typed.
IN_A_ROW = 2.5
#: So much has to be typed before anything is found by its beginning.
SHORTEST_TYPED = 2

#: By the place of a target, how much a word counts there.
Postings = dict[int, float]


def larger(some: Postings, others: Postings) -> Postings:
    """What has either, as it counts more."""
    joined = dict(some)
    for place, weight in others.items():
        joined[place] = max(weight, joined.get(place, 0))
    return joined


class TargetWords:
    """All targets, by the words of their texts."""

    def __init__(self, targets: Iterable[Target]):
        self.targets = list(targets)
        self.by_code: dict[str, list[int]] = defaultdict(list)
        self.by_id: dict[str, int] = {}
        #: By the words of a name, in their order.
        self.by_name: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._postings: dict[str, Postings] = defaultdict(dict)
        self._words_in_name: list[int] = []
        for place, target in enumerate(self.targets):
            self._read(place, target)
        self._used = UsedWords(self._postings)

    def _read(self, place: int, target: Target) -> None:
        if target.code:
            self.by_code[target.code].append(place)
            self.by_id[target.id] = place
        for text in target.texts:
            words = tokens(text.text)
            if text.weight == NAME:
                self.by_name[tuple(words)].append(place)
            pairs = zip(words, words[1:], strict=False)
            together = [first + second for first, second in pairs]
            for word in [*words, *together]:
                known = self._postings[word]
                known[place] = max(text.weight, known.get(place, 0))
        named = [
            word for word in tokens(target.name) if word not in STOP_WORDS
        ]
        self._words_in_name.append(max(len(named), 1))

    def __contains__(self, word: str) -> bool:
        return bool(self._used.forms(word))

    def having(self, word: str, *, is_unfinished: bool) -> Postings:
        """The targets that have a form of a word; where there is none, or the word is still
        being typed, those too that have it as a beginning.
        """
        found = self._union(self._used.forms(word))
        if (is_unfinished or not found) and len(word) >= SHORTEST_TYPED:
            beginning = self._union(self._used.beginning_with(word))
            for place, weight in beginning.items():
                found[place] = max(
                    found.get(place, 0),
                    weight * OF_BEGINNING,
                )
        return found

    def having_all(self, words: Sequence[str]) -> Postings:
        """The targets that have a form of each word: as it counts least."""
        least, *others = [
            self._union(self._used.forms(word)) for word in words
        ]
        for postings in others:
            least = {
                place: min(weight, postings[place])
                for place, weight in least.items()
                if place in postings
            }
        return least

    def having_row(self, words: Sequence[str]) -> Postings:
        """The targets that have all of several words in their names, or two words in a row
        anywhere: these count more.
        """
        telling = [word for word in words if word not in STOP_WORDS]
        found: Postings = {}
        if telling:
            for place, weight in self.having_all(telling).items():
                if weight > DEFINITION:
                    found[place] = weight
        if len(words) == 2:
            beside = self._union(self._used.forms("".join(words)))
            row = {
                place: weight * IN_A_ROW for place, weight in beside.items()
            }
            found = larger(found, row)
        return found

    def _union(self, words: Iterable[str]) -> Postings:
        found: Postings = {}
        for word in words:
            for place, weight in self._postings[word].items():
                found[place] = max(weight, found.get(place, 0))
        return found

    def corrected(self, word: str) -> Postings:
        """The targets that have what is one slip from a word that is not known here and in
        English.
        """
        if len(word) < SHORTEST_CORRECTED or is_english(word):
            return {}
        near = [
            other
            for length in range(len(word) - 1, len(word) + 2)
            for other in self._used.of_length(length)
            if OSA.distance(word, other, score_cutoff=1) <= 1
        ]
        found = self._union(near)
        return {
            place: weight * OF_CORRECTED for place, weight in found.items()
        }

    def meant_by(self, expansion: Expansion) -> Postings:
        """The targets that something stands for that was typed: places, and what has the words
        in its names.
        """
        found: Postings = {}
        for category in expansion.categories:
            place = self.by_id.get(category_id(category))
            if place is not None:
                found[place] = NAME * OF_SYNONYM * OF_PLACE
        for label in expansion.words:
            for place, least in self.having_all(tokens(label)).items():
                if least > DEFINITION:
                    found[place] = least * OF_SYNONYM
        return found

    def rarity(self, postings: Postings) -> float:
        return math.log(1 + len(self.targets) / (len(postings) + 0.5))

    def share_of_name(self, place: int, words: int) -> float:
        """How much of a target's name so many words are, from 0 to 1."""
        return min(words / self._words_in_name[place], 1.0)


def known_targets(index: Index) -> TargetWords:
    """All that a search can lead to, held until anything but mitigations changes."""
    return index.per_structure("words of targets", _all_targets)


def _all_targets() -> TargetWords:
    kinds = TARGET_KINDS.values()
    return TargetWords(target for kind in kinds for target in kind.read(kind))
