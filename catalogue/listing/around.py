"""What stands around mitigations, for search: the names and definitions of the categories,
terms, documents and whatever else they are organised by.

A mitigation is found by the words of what it is placed in as by its own, and they count less.
These texts are few, and so they stand in no index of the database: their words are held in
memory, each with where it stands, and the index says which mitigations stand there. A category
that is renamed is found by its new name at once, with all that is placed in it, and both
engines find the same.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from pyroaring import BitMap

from serving.registry import Registry

from ..models import (
    VOCABULARIES,
    Category,
    Document,
    Instrument,
    Provision,
)
from ..models.vocabulary import Term as VocabularyTerm
from .asked_for import BY_ASKER
from .index import Index
from .sources import (
    BY_DOCUMENT,
    BY_KEY,
    EMPTY,
    FILED,
    FacetSource,
    RelabelledSource,
)
from .used_words import UsedWords
from .words import tokens

#: The fields of what stands around, as a search tells them apart.
NAMES = "names around"
DEFINITIONS = "definitions around"
#: Names of what mitigations do not only stand in, but were found to help with.
HELPED = "names of what they help with"
#: Likewise, of what they are said to help with and nobody counted.
SAID_TO_HELP = "names of what they are said to help with"
FIELDS = (NAMES, DEFINITIONS, HELPED, SAID_TO_HELP)

#: The end of a sentence that says what stands elsewhere: “Screening what users type is 1.2.1.”
ELSEWHERE = re.compile(r"\b[0-9]+(\.[0-9]+)*\.?$")
END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+")

#: (value among the sets of the source, name, definition)
Row = tuple[Hashable, str, str]


@dataclass(frozen=True)
class Surroundings:
    """A kind of thing that mitigations stand in. `source` says which stand in which; `rows`
    gives each with its texts, and hangs on nothing that a mitigation says; its names are found
    in `field`.
    """

    name: str
    source: FacetSource | RelabelledSource
    rows: Callable[[], Iterable[Row]]
    field: str = NAMES


class Spot(NamedTuple):
    """One text that stands around mitigations."""

    surroundings: str
    value: Hashable
    field: str


class WordsAround:
    """The words of all that stands around mitigations, with where each stands, and what that is
    called: by the kind of surroundings and the value.
    """

    def __init__(
        self,
        spots: Iterable[tuple[Spot, list[str]]],
        names: dict[tuple[str, Hashable], str],
    ):
        self.names = names
        self.texts: dict[Spot, list[str]] = {}
        self._by_word: dict[str, set[Spot]] = defaultdict(set)
        for spot, words in spots:
            self.texts[spot] = words
            for word in words:
                self._by_word[word].add(spot)
        self.words = UsedWords(self._by_word)

    def spots(
        self,
        forms: tuple[tuple[str, ...], ...],
        field: str | None = None,
    ) -> set[Spot]:
        """The texts that have a form of each word, in a row; in one of the fields or in both."""
        by_form = []
        for some in forms:
            by_form.append(
                set().union(*(self._by_word.get(form, ()) for form in some)),
            )
        spots = set.intersection(*by_form) if by_form else set()
        return {
            spot
            for spot in spots
            if field in (None, spot.field)
            and _stand_in_a_row(forms, self.texts[spot])
        }

    def having(
        self,
        index: Index,
        forms: tuple[tuple[str, ...], ...],
        field: str | None = None,
    ) -> BitMap:
        """The published mitigations that stand where a form of each word stands, in a row."""
        places = {spot[:2] for spot in self.spots(forms, field)}
        return BitMap.union(EMPTY, *(_standing(index, *at) for at in places))

    def defined_so(
        self,
        index: Index,
        forms: tuple[tuple[str, ...], ...],
    ) -> list[str]:
        """What mitigations stand in, by name, of which the definition has a form of each word."""
        places = {spot[:2] for spot in self.spots(forms, DEFINITIONS)}
        return sorted(self.names[at] for at in places if _standing(index, *at))


def _standing(index: Index, name: str, value: Hashable) -> BitMap:
    return index.sets(SURROUNDINGS[name].source).get(value, EMPTY)


def _stand_in_a_row(
    forms: tuple[tuple[str, ...], ...],
    words: list[str],
) -> bool:
    if len(forms) == 1:
        return True
    for start in range(len(words) - len(forms) + 1):
        row = words[start : start + len(forms)]
        if all(word in some for word, some in zip(row, forms, strict=True)):
            return True
    return False


def words_around(index: Index) -> WordsAround:
    return index.per_structure("words around", _words_around)


def _words_around() -> WordsAround:
    spots = []
    names = {}
    for kind in SURROUNDINGS.values():
        for value, name, definition in kind.rows():
            names[kind.name, value] = name
            spots.append((Spot(kind.name, value, kind.field), tokens(name)))
            about = tokens(without_what_stands_elsewhere(definition))
            spots.append((Spot(kind.name, value, DEFINITIONS), about))
    return WordsAround(spots, names)


def without_what_stands_elsewhere(definition: str) -> str:
    """A definition without the sentences that end in another category's code: what they name
    does not belong here.
    """
    sentences = END_OF_SENTENCE.split(definition)
    return " ".join(one for one in sentences if not ELSEWHERE.search(one))


# Those of the catalogue


def _lineages() -> list[tuple[int, list[int]]]:
    """Each category with itself and all above it, by keys."""
    parents = dict(
        Category.objects.order_by().values_list("pk", "parent_id"),
    )
    rows = []
    for key in parents:
        lineage = [key]
        while (above := parents[lineage[-1]]) is not None:
            lineage.append(above)
        rows.append((key, lineage))
    return rows


#: Mitigations by the keys of the categories at or below which they are placed.
AT_OR_BELOW = RelabelledSource("at or below", FILED, _lineages)


def _categories() -> Iterable[Row]:
    columns = ("pk", "name", "definition")
    return Category.objects.order_by().values_list(*columns)


def _names_of_terms(model: type[VocabularyTerm]) -> Iterable[Row]:
    """But for special ones, which say that none fits."""
    columns = ("pk", "name", "definition")
    terms = model._default_manager.filter(is_special=False)
    return terms.order_by().values_list(*columns)


def _documents() -> Iterator[Row]:
    """Its label counts as a name; the title and the authors say what it is about and whose."""
    for document in Document.objects.order_by().with_authors():
        authors = [str(author) for author in document.authors.all()]
        about = " · ".join([document.title, *authors])
        yield document.pk, document.label, about


def _instruments() -> Iterator[Row]:
    """Of a law the word itself counts as in its title: “California law”."""
    for one in Instrument.objects.order_by():
        noun = "law" if one.kind == Instrument.Kind.LAW else ""
        yield one.slug, one.short_title, f"{one.title} {noun}"


def _ids_of_provisions() -> Iterator[Row]:
    """What they ask for is in other words what the mitigations are: it would find too much."""
    for provision in Provision.objects.order_by().with_instruments():
        yield provision.key, provision.code, ""


SURROUNDINGS: Registry[str, Surroundings] = Registry(
    "kind of surroundings",
    {"category": Surroundings("category", AT_OR_BELOW, _categories)},
)
for _model in VOCABULARIES:
    SURROUNDINGS.register(
        Surroundings(
            _model.parameter,
            BY_KEY[_model],
            partial(_names_of_terms, _model),
        ),
    )
SURROUNDINGS.register(Surroundings("document", BY_DOCUMENT, _documents))
SURROUNDINGS.register(Surroundings("instrument", BY_ASKER, _instruments))
SURROUNDINGS.register(Surroundings("provision", BY_ASKER, _ids_of_provisions))
