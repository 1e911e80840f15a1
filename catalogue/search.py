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
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import snowballstemmer
from django.db import connections, models
from django.db.models import Case, F, Q, Value, When
from django.db.models.expressions import Combinable, Func
from django.db.models.functions import Length
from rapidfuzz.distance import OSA

from catalogue import database
from catalogue.fields import code_path

from .models import Classification, ExternalIdentifier, Mitigation

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

TOKEN = re.compile(r"[^\W_]+")
PIECE = re.compile(r'"([^"]*)"?|(\S+)')
IDENTIFIER = re.compile(r"[A-Za-z]+[.\-]?[A-Za-z]*[0-9]{3,}|[1-9][0-9]*(\.[1-9][0-9]*)+")


def tokens(text: str) -> list[str]:
    """The words of a text, without case and accents, as both engines' indexes split it."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return TOKEN.findall(plain.lower())


_porter = snowballstemmer.stemmer("porter")


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Porter (1980), as FTS5's tokenizer and PostgreSQL's snowball dictionary have it: two letters are left alone."""
    return _porter.stemWord(word) if len(word) > 2 else word


class InIndex(Func):
    """Whether the id is among those that the engine's search index gives."""

    output_field = models.BooleanField()

    def __init__(self, pk, words: tuple[str, ...], prefix: bool, within: str | None = None):
        super().__init__(pk)
        self.words, self.prefix, self.within = words, prefix, within

    def as_sql(self, compiler, connection, **extra):
        column, column_params = compiler.compile(self.source_expressions[0])
        sql, params = database.engine(connection).matching(list(self.words), self.prefix, self.within)
        return f"{column} IN ({sql})", [*column_params, *params]


@dataclass(frozen=True)
class Term:
    """A word, or several in a row where the query has them in quotes. `typed` is what the reader wrote."""

    words: tuple[str, ...]
    prefix: bool = False
    typed: str = ""

    def condition(self, field: str | None = None) -> InIndex:
        return InIndex(F("pk"), self.words, self.prefix, field)


@dataclass
class SearchPlan:
    """What a query was taken to mean."""

    query: str
    terms: list[Term] = field(default_factory=list)
    identified: list[int] = field(default_factory=list)
    category_paths: list[tuple[int, str]] = field(default_factory=list)
    found: dict[Term, int] = field(default_factory=dict)
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

    def restrict(self, mitigations: models.QuerySet) -> models.QuerySet:
        """The mitigations that the query finds."""
        by_identity = Q(pk__in=self.identified)
        for taxonomy, path in self.category_paths:
            filed = Classification.objects.filter(taxonomy=taxonomy, category__path__startswith=path)
            by_identity |= Q(pk__in=filed.values("mitigation"))
        if not self.terms:
            return mitigations.filter(by_identity)
        conditions = [Q(term.condition()) for term in self.terms]
        by_words = conditions[0]
        for condition in conditions[1:]:
            by_words = by_words | condition if self.uses_any_word else by_words & condition
        return mitigations.filter(by_words | by_identity)

    def rank(self, mitigations: models.QuerySet) -> models.QuerySet:
        """Annotates `score`, a whole number (higher is nearer), and `name_length`, to break ties."""
        total = max(Mitigation.objects.published().count(), 1)
        parts: list[Combinable] = [_points(Q(pk__in=self.identified), IDENTIFIER_WEIGHT)]
        for term in self.terms:
            rarity = math.log(1 + total / (self.found.get(term, 0) + 0.5))
            for name, weight in FIELD_WEIGHTS.items():
                parts.append(_points(term.condition(name), round(100 * weight * rarity)))
        words = tuple(word for term in self.terms for word in term.words)
        if len(self.terms) > 1:
            whole = Term(words, prefix=self.terms[-1].prefix)
            for name, weight in FIELD_WEIGHTS.items():
                parts.append(_points(whole.condition(name), 100 * PHRASE_BONUS * weight))
        score = parts[0]
        for part in parts[1:]:
            score = score + part
        return mitigations.annotate(score=score, name_length=Length("name"))


def _points(condition, points: int) -> Case:
    return Case(When(condition, then=Value(points)), default=Value(0), output_field=models.IntegerField())


def plan_search(query: str, taxonomy, using: str = "default") -> SearchPlan:
    """Works out what `query` means; codes are read in `taxonomy`. Takes a fixed number of queries."""
    plan, words = SearchPlan(query), []
    for quoted, piece in PIECE.findall(query):
        if quoted:
            words.append(tuple(tokens(quoted)))
        # A number by itself is a code; among words it is a word.
        elif (IDENTIFIER.fullmatch(piece) or piece == query) and _identify(plan, piece, taxonomy):
            continue
        else:
            words += [(word,) for word in tokens(piece)]
    words = list(dict.fromkeys(filter(None, words)))[:MOST_TERMS]
    words = [w for w in words if w[0] not in STOP_WORDS or len(w) > 1] or words
    plan.terms = _resolve(words, connections[using], plan.found)
    plan.uses_any_word = len(plan.terms) > 1 and not plan.restrict(Mitigation.objects.published()).exists()
    return plan


def _identify(plan: SearchPlan, piece: str, taxonomy) -> bool:
    """Notes what `piece` names: a category of `taxonomy`, a mitigation, or its id in another catalogue."""
    if piece[0].isdigit():
        if len(piece) > 40 or taxonomy is None or not taxonomy.categories.filter(code=piece).exists():
            return False
        plan.category_paths.append((taxonomy.pk, code_path(piece)))
        return True
    named = Mitigation.objects.published().filter(accession=piece.upper()).values_list("pk", flat=True)
    foreign = ExternalIdentifier.objects.filter(value__iexact=piece).values_list("mitigation", flat=True)
    found = [*named, *foreign]
    plan.identified += found
    return bool(found)


def _resolve(words: list[tuple[str, ...]], connection, found: dict[Term, int]) -> list[Term]:
    """A term for each word: by stem, else as a beginning, else the nearest known word. Fills in how many have it."""
    choices = [(Term(word), Term(word, prefix=True)) for word in words]
    counts = _count([term for pair in choices for term in pair], connection)
    terms = []
    for exact, beginning in choices:
        term = exact if counts[exact] else beginning if counts[beginning] and len(exact.words[-1]) > 1 else None
        term = term or _nearest(exact, connection, counts) or exact
        found[term] = counts[term]
        terms.append(term)
    return list(dict.fromkeys(terms))


def _count(terms: Iterable[Term], connection) -> dict[Term, int]:
    """How many published mitigations have each term, in one query."""
    terms = list(dict.fromkeys(terms))
    if not terms:
        return {}
    selects, params = [], []
    for term in terms:
        sql, values = database.engine(connection).matching(list(term.words), term.prefix)
        selects.append(f"(SELECT COUNT(*) FROM ({sql}) AS hits)")
        params += values
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(selects), params)
        return dict(zip(terms, cursor.fetchone(), strict=True))


def _nearest(term: Term, connection, counts: dict[Term, int]) -> Term | None:
    """The known word fewest slips away (a slip: a letter added, left out, replaced, or swapped with the next)."""
    word = term.words[0]
    slips = 0 if len(term.words) > 1 or len(word) < 3 else 1 if len(word) < 6 else 2
    if not slips:
        return None
    with connection.cursor() as cursor:
        cursor.execute(database.engine(connection).WORDS, [len(word) - slips, len(word) + slips])
        distances = ((OSA.distance(word, known, score_cutoff=slips), known) for (known,) in cursor.fetchall())
        near = sorted((distance, known) for distance, known in distances if distance <= slips)[:8]
    candidates = {Term((known,), typed=word): distance for distance, known in near}
    counts.update(_count(candidates, connection))
    ranked = sorted((d, -counts[t], t.words) for t, d in candidates.items() if counts[t])
    return Term(ranked[0][2], typed=word) if ranked else None
