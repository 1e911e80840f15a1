"""Which words are forms of one word, for search: "audits" of "audit", "evaluated" of
"evaluation", "licence" of "license".

A stemmer cuts off endings until words look alike, and so joins what differs: Porter's gives
"govern" for government and governance, "intern" for internal and international, "gener" for
general and generative. Here two words are forms of one where

- they differ by number, tense, or British and American spelling; or
- the one names what the other does or is (deploy and deployment, secure and security), and
  English has made no second such noun of it. Where it has, the nouns mean different things
  (Aronoff, 1976, Word Formation in Generative Grammar, calls it blocking): government and
  governance, statement and station, importance and importation.

Two nouns made of one word are no forms of each other.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from .english import frequency, is_english

Endings = list[tuple[str, str]]

#: Endings of number and tense, and what stands in the word itself in their place. The first
#: that gives a word is taken.
OF_NUMBER = [("ies", "y"), ("sses", "ss"), ("s", ""), ("es", "")]
OF_TENSE = [("ied", "y"), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", "")]
#: Endings that name what a verb does, and what stands in the verb in their place.
OF_VERBS = [
    ("ment", ""),
    ("ance", ""),
    ("ance", "e"),
    ("iance", "y"),
    ("ence", ""),
    ("ence", "e"),
    ("ation", ""),
    ("ation", "e"),
    ("ification", "ify"),
    ("ion", ""),
    ("ion", "e"),
    ("al", "e"),
    ("osure", "ose"),
]
#: Those that name who or what does it.
OF_DOERS = [("er", ""), ("er", "e"), ("or", ""), ("or", "e")]
#: Those that name what an adjective says.
OF_ADJECTIVES = [
    ("ability", "able"),
    ("ibility", "ible"),
    ("ity", ""),
    ("ity", "e"),
    ("ence", "ent"),
    ("ency", "ent"),
    ("ance", "ant"),
    ("ancy", "ant"),
]
#: Those that leave what a word is about.
THAT_KEEP = [
    ("ness", ""),
    ("iness", "y"),
    ("ly", ""),
    ("ly", "le"),
    ("ily", "y"),
    ("ous", ""),
    ("ful", ""),
]
#: Of other adjectives "ity" makes something else: author and authority, universe and university.
BEFORE_ITY = ("al", "ble", "ense", "ic", "id", "ile", "ive", "ure")
#: What has fewer letters is alike by chance: act and action, miss and mission.
SHORTEST_BASE = 5
#: Of two nouns made of one word, one that is so many times rarer does not count. A word and its
#: noun, of which one is so many times rarer, have lives of their own: confer and conference,
#: public and publicity.
MUCH_RARER = 50

#: Endings that are spelt in two ways, and how they are spelt here.
SPELLINGS = [
    ("ise", "ize"),
    ("isation", "ization"),
    ("isational", "izational"),
    ("yse", "yze"),
    ("ysis", "yze"),
    ("our", "or"),
    ("oural", "oral"),
    ("ense", "ence"),
    ("ogue", "og"),
    ("amme", "am"),
    ("tre", "ter"),
]
OTHER_SPELLINGS = [(spelt, written) for written, spelt in SPELLINGS]
VOWEL = re.compile("[aeiouy]")
DOUBLED = re.compile(r"([bdfgklmnprtv])\1$")
SHORT = re.compile("[^aeiou]*[aeiouy][^aeiouwxy]")


@lru_cache(maxsize=50_000)
def root(word: str) -> str:
    """The same for words that differ by number, tense or spelling alone."""
    return _spelt(_plain(word))


def _plain(word: str) -> str:
    """The word without number and tense."""
    return _without_tense(_without_number(word))


def _spelt(word: str) -> str:
    for written, spelt in SPELLINGS:
        if len(word) > SHORTEST_BASE and word.endswith(written):
            word = word.removesuffix(written) + spelt
    return word


def _spelt_otherwise(word: str) -> set[str]:
    """The word, and the same one in its other spellings."""
    spelt = _spelt(word)
    others = {spelt, *_bases(spelt, OTHER_SPELLINGS)}
    return {word} | {
        other
        for other in others
        if is_english(other) and _spelt(other) == spelt
    }


def _without_number(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return word
    for base in _bases(word, OF_NUMBER):
        if is_english(base):
            return base
    if is_english(word) or word.endswith(("us", "is")):
        return word
    return word[:-1]


def _without_tense(word: str) -> str:
    if not word.endswith(("ed", "ing")):
        return word
    shortest = 4 if word.endswith("eed") else 3  # "need" is of no "nee"
    bases = [base for base in _tenseless(word) if len(base) >= shortest]
    # What has number has no tense: "teased" is of "tease", and of no "teas".
    known = [
        base
        for base in bases
        if is_english(base) and _without_number(base) == base
    ]
    if known:
        return max(known, key=frequency)
    if bases and not is_english(word):
        return bases[-1]
    return word


def _tenseless(word: str) -> Iterator[str]:
    """What a form in "ed" or "ing" may be of."""
    for base in _bases(word, OF_TENSE):
        # What is short doubles its last letter: "planned" is of "plan", "planed" is of "plane".
        if not SHORT.fullmatch(base) and VOWEL.search(base.removesuffix("e")):
            yield base
        if DOUBLED.search(base):
            yield base[:-1]


def _bases(word: str, endings: Endings) -> Iterator[str]:
    for ending, base_ending in endings:
        if word.endswith(ending):
            yield word.removesuffix(ending) + base_ending


@lru_cache(maxsize=50_000)
def related_roots(word: str) -> frozenset[str]:
    """The roots of all words that are forms of the same word as this one."""
    related = set()
    for spelling in _spelt_otherwise(_plain(word)):
        related.update([spelling], _made_of(spelling), _made_from(spelling))
    return frozenset(map(_spelt, related))


def _made_from(word: str) -> Iterator[str]:
    """The words for which this one names what they do or are."""
    for endings in (OF_VERBS, OF_DOERS, OF_ADJECTIVES, THAT_KEEP):
        for base in _bases(word, endings):
            if word in _made_of(base):
                yield base


def _made_of(base: str) -> list[str]:
    """The words that name what this one does or is."""
    if (
        len(base) < SHORTEST_BASE - 1
        or not is_english(base)
        or _plain(base) != base
    ):
        return []
    words = [
        word
        for word in _derived(base, THAT_KEEP)
        if _are_as_common(base, word)
    ]
    if len(base) >= SHORTEST_BASE:
        if not base.endswith("nt") or _is_adjective(base):
            words += _only_noun(base, OF_ADJECTIVES)
        if _is_verb(base):
            words += _only_noun(base, OF_VERBS) or _only_noun(base, OF_DOERS)
    return [word for word in words if _plain(word) == word]


def _only_noun(base: str, endings: Endings) -> list[str]:
    """The noun that these endings make of a word; none where there are several, which then mean
    different things.
    """
    nouns = [
        noun
        for noun in _derived(base, endings)
        if not _is_another_ity(noun, base)
    ]
    commonest = max(map(frequency, nouns), default=0)
    common = [
        noun for noun in nouns if frequency(noun) * MUCH_RARER > commonest
    ]
    if len(common) == 1 and _are_as_common(base, common[0]):
        return common
    return []


def _are_as_common(word: str, other: str) -> bool:
    rarer, commoner = sorted([frequency(word), frequency(other)])
    return rarer * MUCH_RARER > commoner


def _is_another_ity(noun: str, base: str) -> bool:
    return noun.endswith("ity") and not base.endswith(BEFORE_ITY)


def _derived(base: str, endings: Endings) -> list[str]:
    found = (
        base.removesuffix(old) + new
        for new, old in endings
        if base.endswith(old)
    )
    return [word for word in dict.fromkeys(found) if is_english(word)]


def _is_verb(word: str) -> bool:
    gerunds = (
        word + "ing",
        word.removesuffix("e") + "ing",
        word + word[-1] + "ing",
    )
    return any(map(is_english, gerunds))


def _is_adjective(word: str) -> bool:
    """Of words in "nt": transparent and resilient are, agent and assistant name somebody."""
    return is_english(word + "ly") or not is_english(word + "s")


def by_root(words: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for word in words:
        found.setdefault(root(word), set()).add(word)
    return found
