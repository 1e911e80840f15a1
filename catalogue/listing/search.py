"""Free-text search: what a query means, which mitigations it finds, and in which order.

A word is looked for in all its forms (`word_forms`), joined with its neighbour and taken apart
("red-teaming", "red teaming", "redteaming"); where no published mitigation has any, as a
beginning. What is then still unknown, in the catalogue and in English, and is one slip from a
word that mitigations use, is taken for it, and the page says so; words in quotes never are. All
words must be found; where no mitigation has all of them, those with any are shown, and the page
says so. Codes (2.3.1), accessions (M0006) and identifiers of other catalogues (AML.M0004) are
found as such, as people write them.

Both engines find the same mitigations in the same order: the index of each gives membership
only, and the score is computed here from the rarity of a word and the field that holds it.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import snowballstemmer
from django.apps import apps
from django.db import models
from pyroaring import BitMap
from rapidfuzz.distance import OSA

from catalogue.database import public
from catalogue.database.searched import SEARCHED
from catalogue.fields import accession_from, code_from

from ..models import Category, ExternalIdentifier, Mitigation, Taxonomy
from .english import is_english
from .index import Index
from .sources import EMPTY, at_or_below
from .words import tokens

PHRASE_BONUS = 12
IDENTIFIER_WEIGHT = 100_000
MOST_TERMS = 12

#: A word of at least so many letters is corrected where it is one slip from a known one:
#: shorter ones are alike by chance.
SHORTEST_CORRECTED = 5
#: Corrections that are only offered: of shorter words, and of longer ones by two slips.
SHORTEST_OFFERED = 4
SHORTEST_WITH_TWO_SLIPS = 8
#: Where a word is found, another spelling is offered if it is found so many times as often.
MUCH_COMMONER = 10

#: Words that carry no subject. Dropped from queries only, and only where other words remain.
STOP_WORDS = frozenset(
    "a an and are as at be by can do does for from has have how in into is it its of on or our should so that the"
    " their them they this to use using was we what when where which who why will with you your about against"
    " ai people not no s t".split(),
)

PIECE = re.compile(r'"([^"]*)"?|(\S+)')
WORD = re.compile(r"[^\W_]+")
DIGIT = re.compile("[0-9]")
#: What looks like an identifier even among words.
IDENTIFIER = re.compile(r"[A-Za-z]+[.\-]?[A-Za-z]*[0-9]{3,}|[0-9]+(\.[0-9]+)+")
#: What may stand around an identifier in a sentence.
PUNCTUATION = ".,;:!?()[]{}<>'‘’“”„«»*#§"


_porter = snowballstemmer.stemmer("porter")


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Porter (1980), as FTS5's tokenizer and PostgreSQL's snowball dictionary have it: two
    letters are left alone.
    """
    return _porter.stemWord(word) if len(word) > 2 else word


@dataclass(frozen=True)
class Term:
    """A word, or several in a row, with the words of the catalogue that count as each.

    `others` are other ways to write it; `typed` is what the reader wrote where this was taken
    for it.
    """

    words: tuple[str, ...]
    forms: tuple[tuple[str, ...], ...]
    is_beginning: bool = False
    others: tuple["Term", ...] = ()
    typed: str = ""

    def found_in(self, index: Index, field: str | None = None) -> BitMap:
        found = BitMap.intersection(
            *(index.having(forms, field) for forms in self.forms),
        )
        if len(self.words) > 1 and found:
            found &= index.matching(self.words, self.is_beginning, field)
        return BitMap.union(
            found,
            *(other.found_in(index, field) for other in self.others),
        )

    @property
    def hits(self) -> set[str]:
        """The words of the catalogue that it finds."""
        own = {form for forms in self.forms for form in forms}
        return own.union(*(other.hits for other in self.others))


@dataclass
class SearchPlan:
    """What a query was taken to mean.

    `categories_elsewhere` have the codes of `categories` in other taxonomies; `missing` is what
    no mitigation has; `offered` are spellings that may have been meant, by what was typed.
    """

    query: str
    terms: list[Term] = field(default_factory=list)
    identified: list[int] = field(default_factory=list)
    categories: list[Category] = field(default_factory=list)
    categories_elsewhere: list[Category] = field(default_factory=list)
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
        by_identity = [
            index.sets(at_or_below(one.taxonomy)).get(one.path, EMPTY)
            for one in self.categories
        ]
        return BitMap.union(
            join(*by_words) if by_words else EMPTY,
            BitMap(self.identified),
            *by_identity,
        )

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
            rarity = math.log(1 + total / (len(term.found_in(index)) + 0.5))
            for column in SEARCHED:
                weight = round(100 * column.weight * rarity)
                yield term.found_in(index, column.name), weight
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


@dataclass(frozen=True)
class Typed:
    """A word of a query, or several in a row where the query has them in quotes. What is in
    quotes is meant so.
    """

    words: tuple[str, ...]
    is_quoted: bool = False

    @property
    def is_stop_word(self) -> bool:
        return len(self.words) == 1 and self.words[0] in STOP_WORDS


def plan_search(
    query: str,
    taxonomy: Taxonomy | None,
    index: Index,
) -> SearchPlan:
    """Works out what `query` means; codes are read in `taxonomy` first. Takes a fixed number of
    queries.
    """
    plan = SearchPlan(query)
    typed = _typed(plan, taxonomy)
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


# What was typed


def _typed(plan: SearchPlan, taxonomy: Taxonomy | None) -> list[Typed]:
    """The words of a query, in order, without what names a category or a mitigation: the plan
    notes that.
    """
    typed: list[Typed] = []
    pieces = PIECE.findall(plan.query)
    # "m1" by itself or in a list is an accession, and "2" a code; among words they are words.
    names = [_without_punctuation(piece) for quoted, piece in pieces]
    are_all_names = all(DIGIT.search(name) for name in names)
    for (quoted, piece), name in zip(pieces, names, strict=True):
        if quoted:
            typed.append(Typed(tuple(tokens(quoted)), is_quoted=True))
        elif (are_all_names or IDENTIFIER.fullmatch(name)) and _identify(
            plan,
            name,
            taxonomy,
        ):
            continue
        else:
            typed += [Typed((word,)) for word in tokens(piece)]
    return [one for one in typed if one.words]


def _without_punctuation(piece: str) -> str:
    return unicodedata.normalize("NFKC", piece).strip(PUNCTUATION)


def _identify(plan: SearchPlan, name: str, taxonomy: Taxonomy | None) -> bool:
    """Notes what `name` names: a category, of `taxonomy` if it has one; a mitigation; or its id
    in another catalogue.
    """
    if code := code_from(name):
        known = list(
            Category.objects.filter(code=code).select_related("taxonomy"),
        )
        known.sort(key=lambda category: category.taxonomy != taxonomy)
        plan.categories += known[:1]
        plan.categories_elsewhere += known[1:]
        return bool(known)
    published = Mitigation.objects.published()
    named = published.filter(accession=accession_from(name)).values_list(
        "pk",
        flat=True,
    )
    foreign = ExternalIdentifier.objects.filter(
        value__iexact=name,
    ).values_list("mitigation", flat=True)
    found = [*named, *foreign]
    plan.identified += found
    return bool(found)


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
    known = index.used_words
    words = typed.words
    forms = tuple(map(known.forms, words))
    whole = Term(words, forms, others=(*others, *_written_apart(typed, index)))
    is_single = len(words) == 1 and not typed.is_quoted
    if whole.found_in(index):
        if is_single:
            _offer_commoner(whole, plan, index)
        return whole
    beginning = Term(
        words,
        (*forms[:-1], known.beginning_with(words[-1])),
        is_beginning=True,
    )
    if len(words[-1]) > 1 and beginning.found_in(index):
        return beginning
    correction = _correction(words[0], plan, index) if is_single else None
    if correction is None:
        plan.missing.append(" ".join(words))
    return correction or whole


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
        forms = index.used_words.forms(word)
        if forms and not _is_chance(word, *(one.words[0] for one in pair)):
            for one in pair:
                found.setdefault(one, []).append(Term((word,), (forms,)))
    return found


def _written_apart(typed: Typed, index: Index) -> list[Term]:
    """The two words in a row that a word is where written apart: "redteaming"."""
    if len(typed.words) > 1:
        return []
    word = typed.words[0]
    known = index.used_words
    found = []
    for place in range(1, len(word) - 1):
        start = word[:place]
        end = word[place:]
        if (
            start in known
            and (forms := known.forms(end))
            and not _is_chance(word, start, end)
        ):
            found.append(Term((start, end), ((start,), forms)))
    return [term for term in found if term.found_in(index)]


def _is_chance(word: str, *parts: str) -> bool:
    """Whether an English word only happens to be made of these: "apart" is not "a part", but
    "onsite" is "on site".
    """
    return any(part in STOP_WORDS for part in parts) and is_english(word)


# What may have been meant


def _correction(word: str, plan: SearchPlan, index: Index) -> Term | None:
    """What is searched for in the place of a word that is unknown. Where that is less sure, the
    plan offers it instead.
    """
    if DIGIT.search(word) or _is_known(word, index):
        return None
    near = _nearest(word, 1, index)
    if near and len(word) >= SHORTEST_CORRECTED:
        return Term((near,), (index.used_words.forms(near),), typed=word)
    if near is None and len(word) >= SHORTEST_WITH_TWO_SLIPS:
        near = _nearest(word, 2, index)
    if near and len(word) >= SHORTEST_OFFERED:
        plan.offered[word] = near
    return None


def _offer_commoner(term: Term, plan: SearchPlan, index: Index) -> None:
    """Offers another spelling of a word that is found seldom, and that nothing but mitigations'
    own texts has.
    """
    word = term.words[0]
    if (
        len(word) < SHORTEST_CORRECTED
        or DIGIT.search(word)
        or _is_known(word, index)
    ):
        return
    near = _nearest(word, 1, index, but_not=term.hits)
    if near and _count(near, index) >= MUCH_COMMONER * len(
        term.found_in(index),
    ):
        plan.offered[word] = near


def _nearest(
    word: str,
    slips: int,
    index: Index,
    but_not: Iterable[str] = (),
) -> str | None:
    """The word of mitigations at most so many slips away; of several the nearest, then the
    commonest.

    A slip is a letter added, left out, replaced, or swapped with the next.
    """
    known = index.used_words
    skipped = set(but_not)
    ranked = []
    for length in range(len(word) - slips, len(word) + slips + 1):
        for other in known.of_length(length):
            distance = OSA.distance(word, other, score_cutoff=slips)
            if (
                distance <= slips
                and other not in skipped
                and (count := _count(other, index))
            ):
                ranked.append((distance, -count, other))
    return min(ranked)[2] if ranked else None


def _count(word: str, index: Index) -> int:
    """How many mitigations have a form of a word."""
    return len(index.having(index.used_words.forms(word)))


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


def _is_of_names(column: models.Field) -> bool:
    """Whether a column holds words for readers, and not too many: an abstract is no name."""
    is_text = isinstance(
        column,
        models.CharField | models.TextField,
    ) and not isinstance(column, models.URLField)
    return is_text and not column.choices and column.name != "abstract"
