"""Search across kinds: of what a reader typed, the mitigations and all else that it leads to.

What categories, risks, terms, documents and so on are called is held in memory, by words, for
one structure of the catalogue: nothing is asked of the database for them. Words are read as the
search of mitigations reads them (`search`): forms of a word, words written together or apart,
beginnings, one slip. All words must be found; where nothing has all of them, what has some in
its names is found.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlsplit

from django import forms
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import QueryDict
from django.utils.text import capfirst, get_text_list
from pyroaring import BitMap

from catalogue.fields import code_from
from serving.strict import StrictForm

from ..models import Category, Mitigation
from ..models.document import bare_arxiv_id, bare_doi
from .filters import MitigationFilter
from .index import Index
from .names import with_units_in_names, with_words_in_names
from .ordering import Selection
from .search_questions import ENTRIES, OF_QUESTIONS, is_question
from .search_spelling import corrections_while_typed, with_words
from .search_units import Unit, units_of
from .simple_filters import LONGEST_QUERY, TOO_LONG
from .sources import EMPTY
from .target_words import (
    SHORTEST_TYPED,
    Postings,
    TargetWords,
    known_targets,
    larger,
)
from .targets import DEFINITION, Target, TargetKind
from .words import tokens

#: How much more counts what is named by its code, or by its whole name.
OF_CODE = 100.0
#: What is found by some words only is shown where it comes so near to the best.
NEAR_ENOUGH = 0.35
#: and has at least so much of what tells most: “models” alone is not “open source models”.
LEAST_TOLD = 0.35
#: So many ways are shown that have the words in their definitions only.
MOST_BY_DEFINITION = 2
#: So many mitigations are suggested for the beginning of an accession, at most.
MOST_BY_ACCESSION = 10
#: Words of a question about anything here: where nothing has all words, they find nothing.
OF_ANYTHING = ENTRIES | OF_QUESTIONS | {"find", "opinion", "should"}


class Match(NamedTuple):
    """How near a target comes to what was typed; whether its names have the words that it has;
    and how much of what was typed these are, the rare words counting more.
    """

    score: float
    is_named: bool
    share_told: float = 1.0


@dataclass(frozen=True, eq=False)
class Having:
    """The targets that have a unit of the text, as much as it counts there, and those of them that
    have it as it was typed.
    """

    unit: Unit
    weights: Postings
    as_typed: frozenset[int]

    def words_at(self, place: int) -> int:
        """As how many words of a name it counts: what it stands for as one."""
        return len(self.unit.telling) if place in self.as_typed else 1


@dataclass(frozen=True, eq=False)
class FoundTarget:
    """A target that a search found. `count`: how many mitigations its list has."""

    target: Target
    score: float
    is_named: bool
    index: Index

    @cached_property
    def count(self) -> int:
        return len(self.target.carriers(self.index))

    @property
    def leads_somewhere(self) -> bool:
        """Whether it has a page of its own, or mitigations."""
        return bool(self.target.page_url or self.count)

    @property
    def url(self) -> str:
        """Where a reader who chooses it is led: to the list of its mitigations; of a source, or
        of what has none, to its page.
        """
        target = self.target
        if target.kind.is_source or not self.count:
            return target.page_url or target.list_url
        return target.list_url

    @property
    def counted(self) -> str:
        """How many mitigations its list has, in words."""
        kind = self.target.kind
        if not self.count:
            return kind.without
        one, several = kind.counted
        return f"{intcomma(self.count)} {one if self.count == 1 else several}"


@dataclass(frozen=True)
class Group:
    """What a search found of one kind: the first of it, and how many there are."""

    kind: TargetKind
    found: list[FoundTarget]
    count: int


def heading_of(found: Iterable[FoundTarget]) -> str:
    """What stands below it, by its kinds: “Categories, laws, codes and standards”. That of which
    the nearest is comes first.
    """
    nouns = [noun for one in found for noun in one.target.kind.nouns]
    return capfirst(get_text_list(list(dict.fromkeys(nouns)), "and"))


class SearchAcross:
    """What the search of a list of mitigations leads to beside them. `is_unfinished`: its last
    word is still being typed, and stands for all that begin with it.
    """

    def __init__(
        self,
        filters: MitigationFilter,
        *,
        is_unfinished: bool = False,
    ):
        self.filters = filters
        self.text = filters.value("q").strip()
        self.is_unfinished = is_unfinished

    @property
    def index(self) -> Index:
        return self.filters.index

    @cached_property
    def _read_as(self) -> str:
        """The text with misspelt words replaced, as mitigations are searched for it; while it is
        typed, with those that begin no word.
        """
        if self.is_unfinished:
            corrected = corrections_while_typed(self.text, self.index)
            return with_words(self.text, corrected)
        plan = self.filters.search
        return plan.corrected_query or self.text if plan else self.text

    @property
    def is_readable(self) -> bool:
        """Whether enough was typed to look for."""
        letters = sum(len(word) for unit in self._units for word in unit.words)
        return self._code is not None or letters >= SHORTEST_TYPED

    @cached_property
    def _code(self) -> str | None:
        return code_from(self.text.rstrip("."))

    @cached_property
    def found(self) -> list[FoundTarget]:
        """All targets that are found, the nearest first."""
        if not self.is_readable:
            return []
        known = known_targets(self.index)
        matches = self._by_code(known) or self._by_words(known)
        found = []
        for place, match in sorted(matches.items(), key=_nearest_first):
            one = FoundTarget(
                known.targets[place],
                match.score,
                match.is_named,
                self.index,
            )
            if one.leads_somewhere:
                found.append(one)
        return sorted(found, key=_is_empty_and_last)

    @cached_property
    def mitigations(self) -> Selection:
        """Those that the list of mitigations has for the text; while it is typed, those that
        have its words in their names, or an accession that begins so.
        """
        if not self.is_readable:
            return Selection(EMPTY, ("pk",), {}, Mitigation.objects.all())
        if self.is_unfinished and not any(map(str.isdigit, self.text)):
            return self._suggested()
        if self.is_unfinished and (begun := self._with_accession_begun()):
            return begun
        return self.filters.qs

    def _with_accession_begun(self) -> Selection:
        """The first of them, which are all that is shown."""
        rows = Mitigation.objects.published().with_accession_begun(self.text)
        return Selection(
            BitMap(rows.values_list("pk", flat=True)[:MOST_BY_ACCESSION]),
            ("accession", "pk"),
            {},
            Mitigation.objects.select_related("document"),
        )

    def _suggested(self) -> Selection:
        """By their names: with what was typed, else with what that stands for; without words of
        questions, where nothing has all.
        """
        units = self._units
        words = [word for unit in units for word in unit.telling]
        found = with_words_in_names(self.index, words)
        found = found or with_units_in_names(self.index, units)
        telling = [
            unit for unit in units if not OF_ANYTHING.issuperset(unit.words)
        ]
        if found or not telling:
            return found
        return with_units_in_names(
            self.index,
            telling,
            may_lack_some=is_question(self.text),
        )

    def ways(self, most: int) -> list[FoundTarget]:
        """What leads to a list of mitigations: what has the words in its names; else the first
        of what has them in definitions.
        """
        gaps = self._gaps
        ways = [
            one
            for one in self.found
            if not one.target.kind.is_source and one.target.record not in gaps
        ]
        named = [one for one in ways if one.is_named]
        return named[:most] or ways[:MOST_BY_DEFINITION]

    @property
    def _gaps(self) -> list[Category]:
        """What the search itself says of: categories that nothing stands in."""
        plan = None if self.is_unfinished else self.filters.search
        return plan.gaps if plan else []

    def further_ways(self, most: int) -> list[FoundTarget]:
        """Those that the list itself does not have among its filters, nor tells of as codes."""
        if self._code is not None:
            return []
        return [
            one for one in self.ways(most) if not self._is_chosen(one.target)
        ]

    def _is_chosen(self, target: Target) -> bool:
        query = QueryDict(urlsplit(target.list_url).query)
        return all(
            set(values) <= set(self.filters.values(name))
            for name, values in query.lists()
        )

    def sources(self, most: int) -> list[FoundTarget]:
        """Documents and studies."""
        return [
            one
            for one in self.found
            if one.target.kind.is_source and one.is_named
        ][:most]

    def groups(self, most: int) -> list[Group]:
        """The targets by their kinds, the kind with the nearest first; at most so many of each."""
        by_kind: dict[TargetKind, list[FoundTarget]] = defaultdict(list)
        for one in self.found:
            by_kind[one.target.kind].append(one)
        return [
            Group(kind, found[:most], len(found))
            for kind, found in by_kind.items()
        ]

    def _by_code(self, known: TargetWords) -> dict[int, Match]:
        """Where the text is a code: what has it, and, while it is typed, what lies below."""
        code = self._code
        if code is None:
            return {}
        exact = known.by_code.get(code, [])
        matches = dict.fromkeys(exact, Match(OF_CODE, True))
        if self.is_unfinished:
            for other, places in known.by_code.items():
                if other.startswith(f"{code}."):
                    matches |= dict.fromkeys(places, Match(1.0, True))
        return matches

    def _by_words(self, known: TargetWords) -> dict[int, Match]:
        every = self._having_units(known)
        matches = _matches(known, every)
        having = [set(one.weights) for one in every]
        everywhere = set.intersection(*having) if having else set()
        whole = {
            place: match
            for place, match in matches.items()
            if place in everywhere
        }
        # What was typed is the whole name of something: that is what is meant.
        named = known.by_name.get(tuple(tokens(self._read_as)), [])
        whole |= dict.fromkeys(named, Match(OF_CODE, True))
        if whole or len(every) < 2:
            return whole
        telling = [
            one for one in every if not OF_ANYTHING.issuperset(one.unit.words)
        ]
        if is_question(self.text):
            # Most words of a sentence are its own.
            telling = [one for one in telling if one.weights]
        return _near_the_best(_matches(known, telling))

    @cached_property
    def _units(self) -> list[Unit]:
        text = bare_arxiv_id(bare_doi(self._read_as))[0]
        return units_of(text, self.index, is_unfinished=self.is_unfinished)

    def _having_units(self, known: TargetWords) -> list[Having]:
        """What has each unit; of several words that nothing has together, each by itself."""
        found = []
        for at, unit in enumerate(self._units):
            one = self._having(known, at)
            if one.weights or unit.is_single:
                found.append(one)
                continue
            for part in unit.parts:
                weights = known.having(part.words[0], is_unfinished=False)
                found.append(Having(part, weights, frozenset(weights)))
        return found

    def _having(self, known: TargetWords, at: int) -> Having:
        """What has a unit of the text, or what that stands for: each as it counts most."""
        unit = self._units[at]
        as_typed = (
            self._having_word(known, at)
            if unit.is_single
            else known.having_row(unit.words)
        )
        weights = as_typed
        for expansion in unit.expansions:
            weights = larger(weights, known.meant_by(expansion))
        if not weights and unit.is_single and not self._is_typed(at):
            weights = known.corrected(unit.words[0])
        return Having(unit, weights, frozenset(as_typed))

    def _is_typed(self, at: int) -> bool:
        """Whether it is still being typed."""
        return self.is_unfinished and at == len(self._units) - 1

    def _having_word(self, known: TargetWords, at: int) -> Postings:
        """What has a word, or that word written together with its neighbour."""
        word = self._units[at].words[0]
        found = known.having(word, is_unfinished=self._is_typed(at))
        for pair in (self._units[at - 1 : at + 1], self._units[at : at + 2]):
            together = "".join(unit.words[0] for unit in pair)
            are_single = all(unit.is_single for unit in pair)
            if len(pair) == 2 and are_single and together in known:
                beside = known.having(together, is_unfinished=False)
                found = larger(found, beside)
        return found


def _nearest_first(entry: tuple[int, Match]) -> tuple[float, int]:
    place, match = entry
    return -match.score, place


def _is_empty_and_last(one: FoundTarget) -> bool:
    """Unless it is the very thing that was named."""
    is_named_whole = one.score >= OF_CODE
    return (
        one.target.kind.is_empty_last and not one.count and not is_named_whole
    )


def _matches(
    known: TargetWords,
    every: list[Having],
) -> dict[int, Match]:
    """The targets that have any of some units."""
    scores: dict[int, float] = defaultdict(float)
    told: dict[int, float] = defaultdict(float)
    words: dict[int, int] = defaultdict(int)
    by_definition: set[int] = set()
    in_all = 0.0
    for one in every:
        rarity = known.rarity(one.weights)
        in_all += rarity
        for place, weight in one.weights.items():
            scores[place] += weight * rarity
            told[place] += rarity
            if weight > DEFINITION:
                words[place] += one.words_at(place)
            else:
                by_definition.add(place)
    matches = {}
    for place, score in scores.items():
        share = known.share_of_name(place, words[place])
        matches[place] = Match(
            score * (0.5 + share),
            place not in by_definition,
            told[place] / in_all,
        )
    return matches


def _near_the_best(matches: dict[int, Match]) -> dict[int, Match]:
    """Of what has some of what was typed, that which has it in its names, with a good part of
    what that tells, and nearly as well as the best.
    """
    good = {
        place: match
        for place, match in matches.items()
        if match.is_named and match.share_told >= LEAST_TOLD
    }
    best = max((match.score for match in matches.values()), default=0.0)
    return {
        place: match
        for place, match in good.items()
        if match.score >= best * NEAR_ENOUGH
    }


class SearchForm(StrictForm):
    """What is searched for."""

    q = forms.CharField(
        max_length=LONGEST_QUERY,
        required=False,
        strip=False,
        error_messages={"max_length": TOO_LONG},
    )


def search_across(text: str, *, is_unfinished: bool = False) -> SearchAcross:
    """What a text leads to. Of what is still being typed, mitigations come with their document
    alone.
    """
    rows = Mitigation.objects.for_list()
    if is_unfinished:
        rows = Mitigation.objects.select_related("document")
    return SearchAcross(
        MitigationFilter(_query(text), rows),
        is_unfinished=is_unfinished,
    )


def _query(text: str) -> QueryDict:
    query = QueryDict(mutable=True)
    query["q"] = text
    return query
