"""What a word of a search may have been meant to be, where the catalogue does not have it.

What is a word of English, or of the names and definitions that stand around mitigations, is
never taken for another.
"""

import re
from collections.abc import Iterable

from django.apps import apps
from django.db import models
from rapidfuzz.distance import OSA

from catalogue.database import public

from .english import is_english
from .index import Index
from .search_terms import Term, Typed, Vocabulary, meanings_of
from .synonyms import synonyms_of
from .words import tokens

#: A word of at least so many letters is corrected where it is one slip from a known one:
#: shorter ones are alike by chance.
SHORTEST_CORRECTED = 5
#: Corrections of shorter words are only offered.
SHORTEST_OFFERED = 4
#: A word of so many letters is taken for one that is two slips away if that begins with the same
#: letters, and no other word does: “jailbrake”. Else such a one is only offered.
SHORTEST_WITH_TWO_SLIPS = 8
SAME_LETTERS_FIRST = 3
#: Where a word is found, another spelling is offered if it is found so many times as often.
MUCH_COMMONER = 10

DIGIT = re.compile("[0-9]")
WORD = re.compile(r"[^\W_]+")


def correction(word: str, index: Index) -> str | None:
    """What is searched for in the place of a word that is unknown."""
    if _is_settled(word, index) or len(word) < SHORTEST_CORRECTED:
        return None
    return _nearest(word, 1, index) or _only_one_begun_alike(word, index)


def offer(word: str, index: Index) -> str | None:
    """What an unknown word may be that is not corrected."""
    if _is_settled(word, index) or len(word) < SHORTEST_OFFERED:
        return None
    near = _nearest(word, 1, index)
    if near is None and len(word) >= SHORTEST_WITH_TWO_SLIPS:
        near = _nearest(word, 2, index)
    return near


def commoner(term: Term, index: Index) -> str | None:
    """Another spelling of a word that is found seldom, and that nothing but mitigations' own
    texts has.
    """
    word = term.words[0]
    if len(word) < SHORTEST_CORRECTED or _is_settled(word, index):
        return None
    near = _nearest(word, 1, index, but_not=term.hits)
    least = MUCH_COMMONER * len(term.found_in(index))
    if near and _count(near, index) >= least:
        return near
    return None


def corrections_beside(typed: list[Typed], index: Index) -> dict[int, str]:
    """Of words that nothing here has, English or not, what they are one slip from that stands
    here beside the same words as they do: by their places.
    """
    found = {}
    for at, one in enumerate(typed):
        if one.is_plain and _is_unknown(one.words[0], index):
            near = _near_beside(typed, at, index)
            if near:
                found[at] = near
    return found


def _is_unknown(word: str, index: Index) -> bool:
    return not (
        len(word) < SHORTEST_CORRECTED
        or DIGIT.search(word)
        or Vocabulary(index).forms(word)
        or synonyms_of(index).of([word])
    )


def _near_beside(typed: list[Typed], at: int, index: Index) -> str | None:
    before = _words_up_to_a_telling_one(reversed(typed[:at]))[::-1]
    after = _words_up_to_a_telling_one(typed[at + 1 :])
    known = Vocabulary(index)
    ranked = []
    for other in _one_slip_from(typed[at].words[0], known):
        rows = [[*before, other]] if before else []
        rows += [[other, *after]] if after else []
        for row in rows:
            forms = tuple(map(known.forms, row))
            if count := len(Term(tuple(row), forms).found_in(index)):
                ranked.append((-count, other))
    return min(ranked)[1] if ranked else None


def _words_up_to_a_telling_one(typed: Iterable[Typed]) -> list[str]:
    """Up to the first that is no “of”; none where there is no such."""
    words = []
    for one in typed:
        if not one.is_plain:
            return []
        words.append(one.words[0])
        if not one.is_stop_word:
            return words
    return []


def _one_slip_from(word: str, known: Vocabulary) -> list[str]:
    lengths = range(len(word) - 1, len(word) + 2)
    return [
        other
        for length in lengths
        for other in known.of_length(length)
        if OSA.distance(word, other, score_cutoff=1) <= 1
    ]


def corrections_of(typed: list[Typed], index: Index) -> dict[int, str]:
    """What is read for words that nothing here has, by their places: what stands beside the same
    words as they do, else what is nearest to one with which nothing begins.
    """
    found = corrections_beside(typed, index)
    known = Vocabulary(index)
    for at, one in enumerate(typed):
        if at in found or not one.is_plain:
            continue
        word = one.words[0]
        if not _is_unknown(word, index) or known.beginning_with(word):
            continue
        if near := correction(word, index):
            found[at] = near
    return found


def corrections_while_typed(text: str, index: Index) -> dict[str, str]:
    """What is read for words of which nothing here has, or begins with, any: by these."""
    typed = [Typed((word,)) for word in tokens(text)]
    found = corrections_of(typed, index)
    return {typed[at].words[0]: near for at, near in found.items()}


def with_words(text: str, replacements: dict[str, str]) -> str:
    """A text with some of its words replaced, and the rest as it was typed."""
    return WORD.sub(
        lambda word: replacements.get("".join(tokens(word[0])), word[0]),
        text,
    )


def _is_settled(word: str, index: Index) -> bool:
    return bool(DIGIT.search(word)) or _is_known(word, index)


def _only_one_begun_alike(word: str, index: Index) -> str | None:
    """The word two slips away that begins as this one does, in whichever of its forms; None
    where several words are.
    """
    if len(word) < SHORTEST_WITH_TWO_SLIPS:
        return None
    near = _near(word, 2, index, begun=word[:SAME_LETTERS_FIRST])
    if not near:
        return None
    forms = Vocabulary(index).forms(near[0])
    return near[0] if {near[0], *forms}.issuperset(near) else None


def _nearest(
    word: str,
    slips: int,
    index: Index,
    but_not: Iterable[str] = (),
) -> str | None:
    near = _near(word, slips, index, but_not)
    return near[0] if near else None


def _near(
    word: str,
    slips: int,
    index: Index,
    but_not: Iterable[str] = (),
    begun: str = "",
) -> list[str]:
    """The words of mitigations at most so many slips away: the nearest first, then the commonest.
    `begun`: of those that begin so.

    A slip is a letter added, left out, replaced, or swapped with the next.
    """
    known = Vocabulary(index)
    typed_for_others = synonyms_of(index).words
    skipped = set(but_not)
    ranked = []
    for length in range(len(word) - slips, len(word) + slips + 1):
        candidates = known.of_length(length)
        candidates |= {one for one in typed_for_others if len(one) == length}
        for other in candidates:
            if not other.startswith(begun):
                continue
            distance = OSA.distance(word, other, score_cutoff=slips)
            if (
                distance <= slips
                and other not in skipped
                and (count := _count(other, index))
            ):
                ranked.append((distance, -count, other))
    return [other for *_, other in sorted(ranked)]


def _count(word: str, index: Index) -> int:
    """How many mitigations have a form of a word, or what it stands for."""
    forms = Vocabulary(index).forms(word)
    meanings = meanings_of([word], index)
    return len(Term((word,), (forms,), meanings=meanings).found_in(index))


def _is_known(word: str, index: Index) -> bool:
    """Whether a word that mitigations may not use is one: of English, or of the names and
    definitions around them.
    """
    return is_english(word) or word in index.per_structure(
        "words of names",
        words_of_names,
    )


def words_of_names() -> frozenset[str]:
    """The words of the names, labels and definitions of all that stands beside mitigations:
    categories, documents, authors, studies and so on.
    """
    words: set[str] = set()
    for model in apps.get_models():
        names = [
            column.name
            for column in model._meta.fields
            if _is_of_names(column)
        ]
        if names and model._meta.db_table in public.structure():
            for texts in model._default_manager.order_by().values_list(*names):
                words.update(tokens(" ".join(filter(None, texts))))
    return frozenset(words)


#: Long texts, and what curators write for each other.
NOT_NAMES = ("abstract", "note")


def _is_of_names(column: models.Field) -> bool:
    """Whether a column holds words for readers, and not too many: an abstract is no name."""
    is_text = isinstance(
        column,
        models.CharField | models.TextField,
    ) and not isinstance(column, models.URLField)
    return is_text and not column.choices and column.name not in NOT_NAMES
