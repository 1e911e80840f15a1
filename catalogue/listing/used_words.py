"""The words that mitigations use, to be looked up by their forms, beginnings and lengths."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cached_property
from itertools import islice, takewhile

from .word_forms import by_root, related_roots


class UsedWords:
    """Some words may have gone out of use since: look whether any mitigation has them."""

    def __init__(self, words: Iterable[str]):
        self.words = frozenset(words)

    def __contains__(self, word: str) -> bool:
        return word in self.words

    def plus(self, words: Iterable[str]) -> "UsedWords":
        union = self.words.union(words)
        if len(union) == len(self.words):
            return self
        return UsedWords(union)

    def forms(self, word: str) -> tuple[str, ...]:
        """Those that are forms of a word, in order; it may be none of them itself."""
        forms = {word} & self.words
        for root in related_roots(word):
            forms |= self._by_root.get(root, set())
        return tuple(sorted(forms))

    def beginning_with(self, start: str) -> tuple[str, ...]:
        place = bisect_left(self._in_order, start)
        following = islice(self._in_order, place, None)
        return tuple(takewhile(lambda word: word.startswith(start), following))

    def of_length(self, length: int) -> Collection[str]:
        return self._by_length.get(length, ())

    @cached_property
    def _in_order(self) -> list[str]:
        return sorted(self.words)

    @cached_property
    def _by_root(self) -> dict[str, set[str]]:
        return by_root(self.words)

    @cached_property
    def _by_length(self) -> dict[int, list[str]]:
        words: dict[int, list[str]] = defaultdict(list)
        for word in self.words:
            words[len(word)].append(word)
        return words
