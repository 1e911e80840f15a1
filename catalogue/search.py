"""Free-text search: what a query means, which mitigations it finds, and in which order.

A word is looked for by its stem; where no published mitigation has it, as a beginning; where none
has that, as the nearest word that the catalogue knows. All words must be found; where no mitigation
has all of them, those with any are shown, and the page says so. Codes (2.3.1), accessions (M0006)
and identifiers of other catalogues (AML.M0004) are found as such.

Both engines find the same mitigations in the same order: the index of each gives membership only,
and the score is computed here from the rarity of a word and the field that holds it.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from heapq import nsmallest

import snowballstemmer
from pyroaring import BitMap
from rapidfuzz.distance import OSA

from catalogue.fields import code_path

from .facets import filed_under
from .index import EMPTY, Index
from .models import ExternalIdentifier, Mitigation, Taxonomy
from .words import tokens

#: How much a word counts, by the field that holds it.
FIELD_WEIGHTS = {"name": 8, "alternative_names": 6, "description": 3}
PHRASE_BONUS = 12
IDENTIFIER_WEIGHT = 100_000
MOST_TERMS = 12

#: Words that carry no subject. Dropped from queries only, and only where other words remain.
STOP_WORDS = frozenset(
    "a an and are as at be by can do does for from has have how in into is it its of on or our should so that the"
    " their them they this to use using was we what when where which who why will with you your about against"
    " ai people not no".split()
)

PIECE = re.compile(r'"([^"]*)"?|(\S+)')
DIGIT = re.compile("[0-9]")
IDENTIFIER = re.compile(r"[A-Za-z]+[.\-]?[A-Za-z]*[0-9]{3,}|[1-9][0-9]*(\.[1-9][0-9]*)+")


_porter = snowballstemmer.stemmer("porter")


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Porter (1980), as FTS5's tokenizer and PostgreSQL's snowball dictionary have it: two letters are left alone."""
    return _porter.stemWord(word) if len(word) > 2 else word


@dataclass(frozen=True)
class Term:
    """A word, or several in a row where the query has them in quotes. `typed` is what the reader wrote."""

    words: tuple[str, ...]
    prefix: bool = False
    typed: str = ""

    def found_in(self, index: Index, field: str | None = None) -> BitMap:
        return index.matching(self.words, self.prefix, field)


@dataclass
class SearchPlan:
    """What a query was taken to mean."""

    query: str
    terms: list[Term] = field(default_factory=list)
    identified: list[int] = field(default_factory=list)
    categories: list[tuple[Taxonomy, str]] = field(default_factory=list)
    uses_any_word: bool = False

    @property
    def corrected_query(self) -> str | None:
        """The query with misspelt words replaced, or None where there was nothing to replace."""
        corrections = {t.typed: t.words[0] for t in self.terms if t.typed and t.typed != t.words[0]}
        if not corrections:
            return None
        return " ".join(corrections.get(word, word) for word in tokens(self.query))

    @property
    def stems(self) -> frozenset[str]:
        return frozenset(stem(word) for term in self.terms for word in term.words)

    @property
    def prefixes(self) -> tuple[str, ...]:
        return tuple(stem(term.words[-1]) for term in self.terms if term.prefix)

    def found_in(self, index: Index) -> BitMap:
        """The keys of the mitigations that the query finds."""
        by_words = [term.found_in(index) for term in self.terms]
        join = BitMap.union if self.uses_any_word else BitMap.intersection
        by_identity = [index.sets(filed_under(taxonomy)).get(path, EMPTY) for taxonomy, path in self.categories]
        return BitMap.union(join(*by_words) if by_words else EMPTY, BitMap(self.identified), *by_identity)

    def scores(self, index: Index, keys: BitMap) -> dict[int, BitMap]:
        """Of `keys`, those that have each score: a whole number, higher where nearer."""
        groups = {0: keys}
        for found, points in self._points(index):
            split: dict[int, BitMap] = {}
            for score, group in groups.items():
                for total, part in ((score + points, group & found), (score, group - found)):
                    if part:
                        split[total] = split[total] | part if total in split else part
            groups = split
        return groups

    def _points(self, index: Index) -> Iterator[tuple[BitMap, int]]:
        """What counts for a mitigation, and how much: the rarer a word, the more; and by the field that has it."""
        yield BitMap(self.identified), IDENTIFIER_WEIGHT
        total = max(len(index.published), 1)
        for term in self.terms:
            rarity = math.log(1 + total / (len(term.found_in(index)) + 0.5))
            for name, weight in FIELD_WEIGHTS.items():
                yield term.found_in(index, name), round(100 * weight * rarity)
        if len(self.terms) > 1:
            whole = Term(tuple(word for term in self.terms for word in term.words), prefix=self.terms[-1].prefix)
            for name, weight in FIELD_WEIGHTS.items():
                yield whole.found_in(index, name), 100 * PHRASE_BONUS * weight


def plan_search(query: str, taxonomy: Taxonomy | None, index: Index) -> SearchPlan:
    """Works out what `query` means; codes are read in `taxonomy`. Takes a fixed number of queries."""
    plan, words = SearchPlan(query), []
    for quoted, piece in PIECE.findall(query):
        if quoted:
            words.append(tuple(tokens(quoted)))
        # A number by itself is a code; among words it is a word. What has no digit names nothing.
        elif (IDENTIFIER.fullmatch(piece) or piece == query and DIGIT.search(piece)) and _identify(
            plan, piece, taxonomy
        ):
            continue
        else:
            words += [(word,) for word in tokens(piece)]
    words = list(dict.fromkeys(filter(None, words)))[:MOST_TERMS]
    words = [w for w in words if w[0] not in STOP_WORDS or len(w) > 1] or words
    plan.terms = list(dict.fromkeys(_resolved(word, index) for word in words))
    plan.uses_any_word = len(plan.terms) > 1 and not plan.found_in(index)
    return plan


def _identify(plan: SearchPlan, piece: str, taxonomy) -> bool:
    """Notes what `piece` names: a category of `taxonomy`, a mitigation, or its id in another catalogue."""
    if piece[0].isdigit():
        if len(piece) > 40 or taxonomy is None or not taxonomy.categories.filter(code=piece).exists():
            return False
        plan.categories.append((taxonomy, code_path(piece)))
        return True
    named = Mitigation.objects.published().filter(accession=piece.upper()).values_list("pk", flat=True)
    foreign = ExternalIdentifier.objects.filter(value__iexact=piece).values_list("mitigation", flat=True)
    found = [*named, *foreign]
    plan.identified += found
    return bool(found)


def _resolved(words: tuple[str, ...], index: Index) -> Term:
    """Words by their stems, else the last as a beginning, else the nearest known word."""
    exact, beginning = Term(words), Term(words, prefix=True)
    if exact.found_in(index):
        return exact
    if len(words[-1]) > 1 and beginning.found_in(index):
        return beginning
    return _nearest(exact, index) or exact


def _nearest(term: Term, index: Index) -> Term | None:
    """The known word fewest slips away (a slip: a letter added, left out, replaced, or swapped with the next)."""
    word = term.words[0]
    slips = 0 if len(term.words) > 1 or len(word) < 3 else 1 if len(word) < 6 else 2
    if not slips:
        return None
    known = index.words()
    alike = (other for length in range(len(word) - slips, len(word) + slips + 1) for other in known.get(length, ()))
    distances = ((OSA.distance(word, other, score_cutoff=slips), other) for other in alike)
    near = nsmallest(8, ((distance, other) for distance, other in distances if distance <= slips))
    candidates = [(distance, Term((known,), typed=word)) for distance, known in near]
    ranked = sorted((d, -len(t.found_in(index)), t.words) for d, t in candidates if t.found_in(index))
    return Term(ranked[0][2], typed=word) if ranked else None
