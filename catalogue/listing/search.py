"""Free-text search: what a query means, which mitigations it finds, and in which order.

A word is looked for in a mitigation's own texts and, where it counts less, in the names and
definitions of what it stands in (`around`); in all its forms (`word_forms`), joined with its
neighbour and taken apart ("red-teaming", "red teaming", "redteaming"); where nothing has any,
as a beginning. What is then still unknown, in the catalogue and in English, and is one slip from
a word that it has, is taken for it, and so is a long one two slips from the only one that begins
as it does; the page says so, and words in quotes never are. All words
must be found; where no mitigation has all of them, those with any are shown, and the page says
so. Codes (2.3.1), accessions (M0006) and identifiers of other catalogues (AML.M0004) are found
as such, as people write them.

Both engines find the same mitigations in the same order: the index of each gives membership
only, and the score is computed here from the rarity of a word and the field that holds it.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import takewhile
from typing import Any, NamedTuple

import snowballstemmer
from pyroaring import BitMap

from catalogue.database.searched import SEARCHED

from ..models import Category, Instrument, Taxonomy
from . import around
from .around import AT_OR_BELOW, words_around
from .english import is_english
from .index import Index
from .instrument_names import InstrumentNamed, naming_instruments
from .search_names import PIECE, NamedOutright, typed_words
from .search_questions import words_without_subject
from .search_spelling import (
    commoner,
    corrections_of,
    offer,
    with_words,
)
from .search_terms import (
    FIELDS,
    STOP_WORDS,
    PlaceMeant,
    Term,
    Typed,
    Vocabulary,
    meanings_of,
)
from .sources import EMPTY
from .synonyms import Synonyms, synonyms_of
from .words import tokens

PHRASE_BONUS = 12
IDENTIFIER_WEIGHT = 100_000
MOST_TERMS = 12
MOST_GAPS = 3
MOST_NAMES = 5
NAMES_AROUND = [name for name in around.FIELDS if name != around.DEFINITIONS]
#: Where not all words are found, what each that is found counts by itself.
PER_WORD = 1000
#: How much of its points what a word stands for counts, where the word itself is found too.
SHARE_OF_MEANINGS = 0.5

_porter = snowballstemmer.stemmer("porter")


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Porter (1980), as FTS5's tokenizer and PostgreSQL's snowball dictionary have it: two
    letters are left alone.
    """
    return _porter.stemWord(word) if len(word) > 2 else word


class OfDefinition(NamedTuple):
    """A word that mitigations are found by only since what they stand in is defined with it."""

    typed: str
    names: list[str]


class SynonymUsed(NamedTuple):
    """What a word stood for: its meanings, and whether any mitigation has the word itself."""

    typed: str
    meanings: tuple[Term | PlaceMeant, ...]
    is_found: bool


@dataclass
class SearchPlan(NamedOutright):
    """What a query was taken to mean.

    `missing` is what no mitigation has; `offered` are spellings that may have been meant, by
    what was typed; `synonyms` what some of its words stood for; `instruments` the laws, codes and
    standards that it names; `corrected` what misspelt words were taken for, by what was typed;
    `of_definitions` the words that only definitions have; `gaps` are categories that it asks for,
    and that have no mitigation.
    """

    terms: list[Term] = field(default_factory=list)
    synonyms: list[SynonymUsed] = field(default_factory=list)
    instruments: list[Instrument] = field(default_factory=list)
    corrected: dict[str, str] = field(default_factory=dict)
    of_definitions: list[OfDefinition] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    offered: dict[str, str] = field(default_factory=dict)
    uses_any_word: bool = False
    gaps: list[Category] = field(default_factory=list)

    @property
    def has_no_subject(self) -> bool:
        """Whether all that was typed are words such as “the”, which most texts have, or of a
        question about anything.
        """
        words = [word for term in self.terms for word in term.words]
        without_subject = STOP_WORDS | words_without_subject(self.query)
        return bool(words) and without_subject.issuperset(words)

    @property
    def corrected_query(self) -> str | None:
        """The query with misspelt words replaced, or None where there was nothing to replace."""
        if self.corrected:
            return with_words(self.query, self.corrected)
        return None

    @property
    def query_as_typed(self) -> str:
        """The query that is not corrected: with what was corrected in quotes."""
        return PIECE.sub(self._as_typed, self.query)

    def _as_typed(self, piece: re.Match) -> str:
        is_corrected = piece[2] and self.corrected.keys() & set(
            tokens(piece[2]),
        )
        if is_corrected:
            return f'"{piece[2].replace(chr(34), "")}"'
        return piece[0]

    @property
    def did_you_mean(self) -> str | None:
        """The query with other spellings that may have been meant, or None where there are none."""
        if self.offered:
            return with_words(self.query, self.corrected | self.offered)
        return None

    @property
    def beginnings(self) -> list[str]:
        """What no mitigation has as a word, and some as the beginning of one."""
        return [term.words[-1] for term in self.terms if term.is_beginning]

    @property
    def hits(self) -> frozenset[str]:
        """The words of the catalogue that it finds."""
        return frozenset().union(*(term.hits for term in self.terms))

    def found_in(self, index: Index) -> BitMap:
        """The keys of the mitigations that the query finds."""
        by_words = [term.found_in(index) for term in self.terms]
        join = BitMap.union if self.uses_any_word else BitMap.intersection
        found = join(*by_words) if by_words else EMPTY
        return found | self.named_in(index)

    def scores(self, index: Index, keys: BitMap) -> dict[int, BitMap]:
        """Of `keys`, those that have each score: a whole number, higher where nearer."""
        groups = {0: keys}
        for found, points in self._points(index):
            split: dict[int, BitMap] = {}
            for score, group in groups.items():
                for total, part in (
                    (score + points, group & found),
                    (score, group - found),
                ):
                    if part:
                        split[total] = (
                            split[total] | part if total in split else part
                        )
            groups = split
        return groups

    def _points(self, index: Index) -> Iterator[tuple[BitMap, int]]:
        """What counts for a mitigation, and how much."""
        yield BitMap(self.identified), IDENTIFIER_WEIGHT
        for term in self.terms:
            as_typed = term.found_as_typed(index)
            yield from _points_of(term, index, term.found_as_typed)
            if self.uses_any_word:
                # Several words, each once, are nearer than one in several fields.
                yield term.found_in(index), PER_WORD
            part = SHARE_OF_MEANINGS if as_typed else 1
            for meaning in term.meanings:
                yield from _points_of(meaning, index, meaning.found_in, part)
        if len(self.terms) > 1:
            whole = Term(
                tuple(word for term in self.terms for word in term.words),
                tuple(forms for term in self.terms for forms in term.forms),
                self.terms[-1].is_beginning,
            )
            for column in SEARCHED:
                weight = 100 * PHRASE_BONUS * column.weight
                yield whole.found_in(index, column.name), weight


def _points_of(
    term: Term | PlaceMeant,
    index: Index,
    found_in: Callable[[Index, str | None], BitMap],
    part: float = 1,
) -> Iterator[tuple[BitMap, int]]:
    """What a word counts for the mitigations that have it: the rarer, the more; and by field."""
    # What stands around many has little to do with how rare a word is in their texts.
    having = term.found_in_own_texts(index) or found_in(index, None)
    if not having:
        return
    rarity = math.log(1 + len(index.published) / (len(having) + 0.5))
    for name, weight in FIELDS:
        points = round(100 * weight * rarity * part)
        yield found_in(index, name), points


def plan_search(
    query: str,
    taxonomy: Taxonomy | None,
    index: Index,
) -> SearchPlan:
    """Works out what `query` means; codes are read in `taxonomy` first. Takes a fixed number of
    queries.
    """
    plan = SearchPlan(query)
    typed = typed_words(plan, taxonomy, index)
    typed = _spelt_rightly(typed, plan, index)
    typed = naming_instruments(typed, index)
    typed = _taken_apart(_standing_together(typed, index), index)
    joined = _written_together(typed, index)
    for one in _with_a_subject(typed, query)[:MOST_TERMS]:
        term = _resolved(one, joined.get(one, []), plan, index)
        if term not in plan.terms:
            plan.terms.append(term)
    for term in plan.terms:
        if term.meanings and not isinstance(term, InstrumentNamed):
            is_found = bool(term.found_as_typed(index))
            plan.synonyms.append(
                SynonymUsed(term.text, term.meanings, is_found),
            )
    plan.uses_any_word = len(plan.terms) > 1 and not plan.found_in(index)
    plan.gaps = _gaps(plan.terms, index)
    plan.of_definitions = _of_definitions(plan.terms, index)
    return plan


def _with_a_subject(typed: list[Typed], query: str) -> list[Typed]:
    """What was typed without words that say nothing of a subject, once each. Where nothing else
    was typed, they are all there is.
    """
    typed = list(dict.fromkeys(typed))
    left_out = words_without_subject(query)
    without_stop_words = [one for one in typed if not one.is_stop_word]
    chosen = [
        one
        for one in without_stop_words
        if not one.is_plain or one.words[0] not in left_out
    ]
    return chosen or without_stop_words or typed


def _of_definitions(terms: list[Term], index: Index) -> list[OfDefinition]:
    found = []
    for term in terms:
        has_more = term.found_in_own_texts(index) or any(
            term.found_in(index, name) for name in NAMES_AROUND
        )
        if term.meanings or has_more:
            continue
        names = words_around(index).defined_so(index, term.forms)
        if names:
            found.append(OfDefinition(term.text, names[:MOST_NAMES]))
    return found


def _gaps(terms: list[Term], index: Index) -> list[Category]:
    """The categories and risks in which no mitigation is placed, and that words stand for, or
    name where no mitigation's own text has them.
    """
    keys: set[Any] = set()
    for term in terms:
        if isinstance(term, InstrumentNamed):
            continue
        if not term.found_in_own_texts(index):
            for spot in words_around(index).spots(term.forms, around.NAMES):
                if spot.surroundings == "category":
                    keys.add(spot.value)
        expansion = synonyms_of(index).of(term.words)
        if expansion:
            keys.update(one.pk for one in expansion.categories)
    empty = keys - index.sets(AT_OR_BELOW).keys() if keys else keys
    if not empty:
        return []
    categories = Category.objects.filter(pk__in=empty)
    ordered = categories.order_by("taxonomy__position", "path")
    return list(ordered.select_related("taxonomy")[:MOST_GAPS])


# What is looked for


def _resolved(
    typed: Typed,
    others: list[Term],
    plan: SearchPlan,
    index: Index,
) -> Term:
    """The forms of what was typed, other ways to write it and what it stands for, else what it
    begins. The plan notes what else may be meant, and what is not
    found.
    """
    known = Vocabulary(index)
    words = typed.words
    if typed.instruments:
        plan.instruments += typed.instruments
        return InstrumentNamed(
            words,
            (),
            meanings=meanings_of(words, index),
            instruments=typed.instruments,
        )
    is_single = typed.is_plain
    written_in_one = known.forms("".join(words))
    if len(words) > 1 and not typed.is_quoted and written_in_one:
        others = [*others, Term(("".join(words),), (written_in_one,))]
    whole = Term(
        words,
        tuple(map(known.forms, words)),
        others=tuple(others),
        meanings=() if typed.is_quoted else meanings_of(words, index),
    )
    if whole.found_in(index):
        is_plain = is_single and not whole.meanings
        near = commoner(whole, index) if is_plain else None
        if near:
            plan.offered[words[0]] = near
        return whole
    beginning = Term(
        words,
        (*whole.forms[:-1], known.beginning_with(words[-1])),
        is_beginning=True,
    )
    if len(words[-1]) > 1 and beginning.found_in(index):
        return beginning
    plan.missing.append(" ".join(words))
    if is_single and (near := offer(words[0], index)):
        plan.offered[words[0]] = near
    return whole


def _spelt_rightly(
    typed: list[Typed],
    plan: SearchPlan,
    index: Index,
) -> list[Typed]:
    """What was typed, with misspelt words replaced before it is looked at what they stand for
    together: “data poisoenig”.
    """
    near = corrections_of(typed, index)
    plan.corrected = {typed[at].words[0]: word for at, word in near.items()}
    return [
        Typed((near[at],)) if at in near else one
        for at, one in enumerate(typed)
    ]


def _standing_together(typed: list[Typed], index: Index) -> list[Typed]:
    """What was typed, with words in a row that stand for something together as one: “kill
    switch”.
    """
    known = synonyms_of(index)
    parts = []
    for one in typed:
        if not one.is_plain:
            parts.append(one)
        else:
            parts += [Typed((part,)) for part in known.apart(one.words[0])]
    return _in_rows(parts, known, index)


def _in_rows(
    typed: list[Typed],
    known: Synonyms,
    index: Index,
) -> list[Typed]:
    """The words that stand for something in a row as one, the longest row first."""
    together = []
    place = 0
    while place < len(typed):
        row = takewhile(lambda one: one.is_plain, typed[place:])
        words = [one.words[0] for one in row]
        expansion = known.first_of(words) if words else None
        length = len(expansion.typed.split()) if expansion else 1
        is_known = expansion and (
            expansion.categories or meanings_of(words[:length], index)
        )
        if length > 1 and is_known:
            together.append(Typed(tuple(words[:length])))
            place += length
        else:
            together.append(typed[place])
            place += 1
    return together


def _written_together(
    typed: list[Typed],
    index: Index,
) -> dict[Typed, list[Term]]:
    """For words that stand side by side, the one word that they are where written together:
    "pre deployment".
    """
    found: dict[Typed, list[Term]] = {}
    for pair in zip(typed, typed[1:], strict=False):
        if not all(one.is_plain for one in pair):
            continue
        word = pair[0].words[0] + pair[1].words[0]
        forms = Vocabulary(index).forms(word)
        if forms and not _is_chance(word, *(one.words[0] for one in pair)):
            for one in pair:
                found.setdefault(one, []).append(Term((word,), (forms,)))
    return found


def _taken_apart(typed: list[Typed], index: Index) -> list[Typed]:
    """What was typed, with each word that is written apart in the catalogue as the two that it
    is there: "redteaming" is found as "red teaming" is.
    """
    words = []
    for one in typed:
        parts = _parts_in_a_row(one.words[0], index) if one.is_plain else ()
        words += [Typed((part,)) for part in parts] or [one]
    return words


def _parts_in_a_row(word: str, index: Index) -> tuple[str, ...]:
    """The two words of which one consists, where the catalogue has them in a row."""
    known = Vocabulary(index)
    for place in range(1, len(word) - 1):
        parts = (word[:place], word[place:])
        if parts[0] in known and not _is_chance(word, *parts):
            forms = ((parts[0],), known.forms(parts[1]))
            if forms[1] and Term(parts, forms).found_in(index):
                return parts
    return ()


def _is_chance(word: str, *parts: str) -> bool:
    """Whether an English word only happens to be made of these: "apart" is not "a part", but
    "onsite" is "on site".
    """
    return any(part in STOP_WORDS for part in parts) and is_english(word)
