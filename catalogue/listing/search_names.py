"""What a search names outright: categories by their codes, mitigations by their accessions and
their ids elsewhere, documents by DOI or arXiv id. What is left of it are words.
"""

import re
import unicodedata
from dataclasses import dataclass, field

from pyroaring import BitMap

from catalogue.fields import accession_from, code_from

from ..models import (
    Category,
    Document,
    ExternalIdentifier,
    Mapping,
    Mitigation,
    Taxonomy,
)
from ..models.document import names_of
from .index import Index
from .search_spelling import DIGIT
from .search_terms import Typed
from .sources import BY_DOCUMENT, EMPTY, at_or_below
from .words import tokens

PIECE = re.compile(r'"([^"]*)"?|(\S+)')
#: What looks like an identifier even among words.
IDENTIFIER = re.compile(r"[A-Za-z]+[.\-]?[A-Za-z]*[0-9]{3,}|[0-9]+(\.[0-9]+)+")
#: What may stand around an identifier in a sentence.
PUNCTUATION = ".,;:!?()[]{}<>'‘’“”„«»*#§"


@dataclass
class NamedOutright:
    """What a query names.

    `identified` are keys of mitigations, `documents` of documents; `categories_elsewhere` have
    the codes of `categories` in other taxonomies.
    """

    query: str
    identified: list[int] = field(default_factory=list)
    categories: list[Category] = field(default_factory=list)
    categories_elsewhere: list[Category] = field(default_factory=list)
    documents: list[int] = field(default_factory=list)

    def named_in(self, index: Index) -> BitMap:
        """The keys of the mitigations that are named, or stand in what is."""
        found = [BitMap(self.identified)]
        for category in self.categories:
            sets = index.sets(at_or_below(category.taxonomy))
            found.append(sets.get(category.path, EMPTY))
        if self.documents:
            sets = index.sets(BY_DOCUMENT)
            found += [sets.get(key, EMPTY) for key in self.documents]
        return BitMap.union(*found)


def typed_words(
    named: NamedOutright,
    taxonomy: Taxonomy | None,
    index: Index,
) -> list[Typed]:
    """The words of a query, in order, without what names something: `named` takes that.

    Codes are read in `taxonomy` first.
    """
    pieces = PIECE.findall(named.query)
    if len(pieces) > 1 and _is_named_as_a_whole(named):
        return []
    typed: list[Typed] = []
    # "m1" by itself or in a list is an accession, and "2" a code; among words they are words.
    names = [_without_punctuation(piece) for quoted, piece in pieces]
    are_all_names = all(DIGIT.search(name) for name in names)
    for (quoted, piece), name in zip(pieces, names, strict=True):
        if quoted:
            typed.append(Typed(tuple(tokens(quoted)), is_quoted=True))
            continue
        is_name = are_all_names or IDENTIFIER.fullmatch(name)
        if _names_document(named, name, index) or (
            is_name and _is_named(named, name, taxonomy)
        ):
            continue
        typed += [Typed((word,)) for word in tokens(piece)]
    return [one for one in typed if one.words]


def _without_punctuation(piece: str) -> str:
    return unicodedata.normalize("NFKC", piece).strip(PUNCTUATION)


def _is_named_as_a_whole(named: NamedOutright) -> bool:
    """Whether the query is an entry of another catalogue of which the id has blanks, such as
    “GOVERN 1.2”.
    """
    if not DIGIT.search(named.query):
        return False
    found = _known_elsewhere(_without_punctuation(named.query))
    named.identified += found
    return bool(found)


def _known_elsewhere(name: str) -> list[int]:
    """The keys of mitigations that have this id in another catalogue, or are mapped to an entry
    that has it.
    """
    own = ExternalIdentifier.objects.filter(value__iexact=name)
    mapped = Mapping.objects.filter(entry__iexact=name)
    return [
        *own.values_list("mitigation", flat=True),
        *mapped.values_list("source", flat=True),
    ]


def _names_document(named: NamedOutright, name: str, index: Index) -> bool:
    if not DIGIT.search(name):
        return False
    known = index.per_structure(
        "documents by DOI and arXiv id",
        lambda: Document.objects.by_name(),
    )
    found = {known[one] for one in names_of(name, name) if one in known}
    named.documents += sorted(found)
    return bool(found)


def _is_named(
    named: NamedOutright,
    name: str,
    taxonomy: Taxonomy | None,
) -> bool:
    """Whether `name` is that of a category, of `taxonomy` if it has one; of a mitigation; or its
    id elsewhere.
    """
    if code := code_from(name):
        known = list(
            Category.objects.filter(code=code).select_related("taxonomy"),
        )
        known.sort(key=lambda category: category.taxonomy != taxonomy)
        named.categories += known[:1]
        named.categories_elsewhere += known[1:]
        return bool(known)
    published = Mitigation.objects.published()
    if accession := accession_from(name):
        by_accession = published.filter(accession=accession)
    else:
        by_accession = published.with_accession_begun(name)
    found = [
        *by_accession.values_list("pk", flat=True),
        *_known_elsewhere(name),
    ]
    named.identified += found
    return bool(found)
