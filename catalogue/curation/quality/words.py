"""Words as the checks compare them: stemmed, without those that carry no subject, weighed by
how rare they are.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from catalogue.listing.search import STOP_WORDS, stem, tokens

Weights = dict[str, float]

#: Said everywhere in descriptions of measures, about measures as such.
GENERAL = frozenset(
    "measure measures mitigation mitigations practice practices something whatever any all each every other others one"
    " more most only than then there these those also may might could would must such both either neither own rather"
    " before after while during under over out through so far new used use uses make makes made take takes taken give"
    " gives given get gets put puts thus here if within without between because just too very it its".split(),
)
CODE = re.compile(r"\b\d+(?:\.\d+)+\b|\b(?:under|to|in|of|is|at) \d+\b")
SENTENCE = re.compile(r"(?<=[.;:!?])\s+")


@lru_cache(maxsize=100_000)
def stems(text: str) -> tuple[str, ...]:
    """The stems of a text's words in their order, without words that carry no subject.

    Cached (10,000 mitigations have about 60,000 texts), since several checks read the same ones,
    and after a change all others are as they were.
    """
    return tuple(stem(word) for word in tokens(text) if _has_subject(word))


def _has_subject(word: str) -> bool:
    if len(word) < 2 or word.isdigit():
        return False
    return word not in STOP_WORDS and word not in GENERAL


def spellings(text: str) -> dict[str, str]:
    """For each stem of a text the word that has it, as it stands there first."""
    by_stem: dict[str, str] = {}
    for word in tokens(text):
        by_stem.setdefault(stem(word), word)
    return by_stem


def without_references(definition: str) -> str:
    """A definition without the sentences that say what belongs elsewhere: “Screening what users
    type is 1.2.1.”
    """
    sentences = SENTENCE.split(definition)
    return " ".join(one for one in sentences if not CODE.search(one))


def rarity(texts: Iterable[Iterable[str]]) -> Weights:
    """The inverse document frequency of each stem over `texts`, each given as its stems: log(1
    + N / n).
    """
    counts: Counter[str] = Counter()
    total = 0
    for words in texts:
        counts.update(set(words))
        total += 1
    return {
        word: math.log(1 + total / count) for word, count in counts.items()
    }


def overlap(words: Iterable[str], others: Mapping[str, float]) -> Weights:
    """The stems that both have, with their weights in `others`, the heaviest first."""
    shared = {word: others[word] for word in set(words) if word in others}
    return dict(sorted(shared.items(), key=lambda row: (-row[1], row[0])))
