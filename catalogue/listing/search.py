"""Free-text search: what a query means, which mitigations it finds, and in which order.

A word is looked for in a mitigation's own texts and, where it counts less, in the names and
definitions of what it stands in (`around`); in all its forms (`word_forms`), joined with its
neighbour and taken apart ("red-teaming", "red teaming", "redteaming"); where nothing has any,
as a beginning. What is then still unknown, in the catalogue and in English, and is one slip from
a word that it has, is taken for it, and the page says so; words in quotes never are. All words
must be found; where no mitigation has all of them, those with any are shown, and the page says
so. Codes (2.3.1), accessions (M0006) and identifiers of other catalogues (AML.M0004) are found
as such, as people write them.

Both engines find the same mitigations in the same order: the index of each gives membership
only, and the score is computed here from the rarity of a word and the field that holds it.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import snowballstemmer
from pyroaring import BitMap

from catalogue.database.searched import SEARCHED

from ..models import Taxonomy
from .english import is_english
from .index import Index
from .search_names import PIECE, NamedOutright, typed_words
from .search_spelling import commoner, correction, offer
from .search_terms import FIELDS, STOP_WORDS, Term, Typed, Vocabulary
from .sources import EMPTY
from .words import tokens

PHRASE_BONUS = 12
IDENTIFIER_WEIGHT = 100_000
MOST_TERMS = 12

WORD = re.compile(r"[^\W_]+")

_porter = snowballstemmer.stemmer("porter")


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Porter (1980), as FTS5's tokenizer and PostgreSQL's snowball dictionary have it: two
    letters are left alone.
    """
    return _porter.stemWord(word) if len(word) > 2 else word


@dataclass
class SearchPlan(NamedOutright):
    """What a query was taken to mean.

    `missing` is what no mitigation has; `offered` are spellings that may have been meant, by
    what was typed.
    """

    terms: list[Term] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    offered: dict[str, str] = field(default_factory=dict)
    uses_any_word: bool = False

    @property
    def corrections(self) -> dict[str, str]:
        """The words that were taken for what was typed, by what was typed."""
        return {term.typed: term.words[0] for term in self.terms if term.typed}

    @property
    def corrected_query(self) -> str | None:
        """The query with misspelt words replaced, or None where there was nothing to replace."""
        if self.corrections:
            return _with_words(self.query, self.corrections)
        return None

    @property
    def query_as_typed(self) -> str:
        """The query that is not corrected: with what was corrected in quotes."""
        return PIECE.sub(self._as_typed, self.query)

    def _as_typed(self, piece: re.Match) -> str:
        is_corrected = piece[2] and self.corrections.keys() & set(
            tokens(piece[2]),
        )
        if is_corrected:
            return f'"{piece[2].replace(chr(34), "")}"'
        return piece[0]

    @property
    def did_you_mean(self) -> str | None:
        """The query with other spellings that may have been meant, or None where there are none."""
        if self.offered:
            return _with_words(self.query, self.corrections | self.offered)
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
        """What counts for a mitigation, and how much: the rarer a word, the more; and by the
        field that has it.
        """
        yield BitMap(self.identified), IDENTIFIER_WEIGHT
        total = max(len(index.published), 1)
        for term in self.terms:
            # What stands around many has little to do with how rare a word is in their texts.
            having = term.found_in_own_texts(index) or term.found_in(index)
            rarity = math.log(1 + total / (len(having) + 0.5))
            for name, weight in FIELDS:
                points = round(100 * weight * rarity)
                yield term.found_in(index, name), points
        if len(self.terms) > 1:
            whole = Term(
                tuple(word for term in self.terms for word in term.words),
                tuple(forms for term in self.terms for forms in term.forms),
                self.terms[-1].is_beginning,
            )
            for column in SEARCHED:
                weight = 100 * PHRASE_BONUS * column.weight
                yield whole.found_in(index, column.name), weight


def _with_words(query: str, replacements: dict[str, str]) -> str:
    """The query with some of its words replaced, and the rest as it was typed."""
    return WORD.sub(
        lambda word: replacements.get("".join(tokens(word[0])), word[0]),
        query,
    )


def plan_search(
    query: str,
    taxonomy: Taxonomy | None,
    index: Index,
) -> SearchPlan:
    """Works out what `query` means; codes are read in `taxonomy` first. Takes a fixed number of
    queries.
    """
    plan = SearchPlan(query)
    typed = _taken_apart(typed_words(plan, taxonomy, index), index)
    joined = _written_together(typed, index)
    chosen = list(
        dict.fromkeys(one for one in typed if not one.is_stop_word),
    ) or list(dict.fromkeys(typed))
    for one in chosen[:MOST_TERMS]:
        term = _resolved(one, joined.get(one, []), plan, index)
        if term not in plan.terms:
            plan.terms.append(term)
    plan.uses_any_word = len(plan.terms) > 1 and not plan.found_in(index)
    return plan


# What is looked for


def _resolved(
    typed: Typed,
    others: list[Term],
    plan: SearchPlan,
    index: Index,
) -> Term:
    """The forms of what was typed and other ways to write it, else what it begins, else what it
    is one slip from. The plan notes what else may be meant, and what is not found.
    """
    known = Vocabulary(index)
    words = typed.words
    forms = tuple(map(known.forms, words))
    whole = Term(words, forms, others=tuple(others))
    is_single = len(words) == 1 and not typed.is_quoted
    if whole.found_in(index):
        near = commoner(whole, index) if is_single else None
        if near:
            plan.offered[words[0]] = near
        return whole
    beginning = Term(
        words,
        (*forms[:-1], known.beginning_with(words[-1])),
        is_beginning=True,
    )
    if len(words[-1]) > 1 and beginning.found_in(index):
        return beginning
    near = correction(words[0], index) if is_single else None
    if near:
        return Term((near,), (known.forms(near),), typed=words[0])
    plan.missing.append(" ".join(words))
    if is_single and (near := offer(words[0], index)):
        plan.offered[words[0]] = near
    return whole


def _written_together(
    typed: list[Typed],
    index: Index,
) -> dict[Typed, list[Term]]:
    """For words that stand side by side, the one word that they are where written together:
    "pre deployment".
    """
    found: dict[Typed, list[Term]] = {}
    for pair in zip(typed, typed[1:], strict=False):
        if any(one.is_quoted for one in pair):
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
        parts = () if one.is_quoted else _parts_in_a_row(one.words[0], index)
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
