"""What a search leads to beside mitigations: categories, risks, terms, documents and filters.

Each kind is declared once in `TARGET_KINDS`; other apps register theirs when Django is ready.
What targets are called is read once for each structure of the catalogue (`target_words`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from django.http import QueryDict
from django.urls import reverse
from pyroaring import BitMap

from serving.registry import Registry

from ..models import (
    VOCABULARIES,
    Category,
    Document,
    Instrument,
    Provision,
    Taxonomy,
    Term,
)
from .asked_for import BY_ASKER
from .facet_filter import FacetFilter
from .facet_values import FacetValue
from .facets import TermFacet
from .filters import MitigationFilter
from .index import Index
from .instrument_names import names_of_instrument
from .sources import BY_KEY, EMPTY, at_or_below

#: How much a word counts that stands in a name, in another name, and in a definition: as with
#: mitigations (`database/searched.py`).
NAME, OTHER_NAME, DEFINITION = 8, 6, 3


class TargetText(NamedTuple):
    """A text by which a target is found, and how much each of its words counts."""

    text: str
    weight: int


@dataclass(frozen=True, eq=False)
class Target:
    """Something that a search leads to. It holds no address: pages of a release begin theirs
    otherwise.

    `id` is what programs call it, `name` what readers do; `note` tells it from others of its
    name.
    """

    kind: "TargetKind"
    record: Any
    id: str
    name: str
    texts: tuple[TargetText, ...]
    code: str = ""
    note: str = ""

    def __str__(self):
        return f"{self.code} {self.name}".strip()

    @property
    def page_url(self) -> str:
        """Its own page; empty where it has none."""
        return self.kind.page_url(self.record)

    @property
    def list_url(self) -> str:
        """The list of its mitigations."""
        return self.kind.list_url(self.record)

    def carriers(self, index: Index) -> BitMap:
        """The published mitigations that its list has."""
        return self.kind.carriers(index, self.record)


@dataclass(frozen=True, eq=False)
class TargetKind:
    """A kind of what a search leads to.

    `name` is for programs; `label` stands at one target, and `nouns` are what several are called,
    a noun for each sort of them, from which headings are made: see `heading_of`. `read` gives the
    targets, in the order in which those stand that are found equally well. `counted`
    are the words behind the number of its mitigations, for one and for several, and `without`
    those where it has none. `is_source`: readers go to its page, and not to the list of its
    mitigations. `is_order`: it is the list in another order. `is_empty_last`: those
    without mitigations come after all else.
    """

    name: str
    label: str
    nouns: tuple[str, ...]
    read: Callable[["TargetKind"], Iterable[Target]]
    list_url: Callable[[Any], str]
    carriers: Callable[[Index, Any], BitMap]
    page_url: Callable[[Any], str] = lambda record: record.get_absolute_url()
    counted: tuple[str, str] = ("mitigation", "mitigations")
    without: str = "no mitigation"
    is_source: bool = False
    is_order: bool = False
    is_empty_last: bool = False


def list_with(parameter: str, value: str) -> str:
    """The address of the list under one filter."""
    query = QueryDict(mutable=True)
    query[parameter] = value
    return f"{reverse('mitigation-list')}?{query.urlencode()}"


# Categories and risks

#: What is said of a category, and of a risk, that no mitigation stands in.
NAMES_NOTHING = "no document here names such a measure yet"
AGAINST_NOTHING = "no document here names a measure against it yet"


def category_id(category: Category) -> str:
    """What programs call a category, in whichever taxonomy it is."""
    return f"{category.taxonomy.slug}:{category.code}"


def _targets_of_categories(
    kind: TargetKind,
    *,
    are_risks: bool,
) -> Iterable[Target]:
    taxonomies = list(Taxonomy.objects.order_by("-is_default", "position"))
    for taxonomy in taxonomies:
        if taxonomy.is_of_risks != are_risks:
            continue
        for category in taxonomy.categories.order_by("path"):
            category.taxonomy = taxonomy
            note = (
                ""
                if taxonomy.is_default or are_risks
                else taxonomy.short_title
            )
            yield Target(
                kind,
                category,
                id=category_id(category),
                name=category.name,
                code=category.code,
                note=note,
                texts=(
                    TargetText(category.name, NAME),
                    TargetText(category.definition, DEFINITION),
                ),
            )


def _classified_in(index: Index, category: Category) -> BitMap:
    filed = index.sets(at_or_below(category.taxonomy))
    return filed.get(category.path, EMPTY)


def _kind_of_categories(
    name: str,
    label: str,
    noun: str,
    *,
    are_risks: bool,
) -> TargetKind:
    return TargetKind(
        name,
        label,
        (noun,),
        read=partial(_targets_of_categories, are_risks=are_risks),
        list_url=lambda category: category.list_url,
        carriers=_classified_in,
        without=AGAINST_NOTHING if are_risks else NAMES_NOTHING,
    )


# Terms and documents


def _carried_by(index: Index, record: Term | Document) -> BitMap:
    return index.sets(BY_KEY[type(record)]).get(record.pk, EMPTY)


def _targets_of_terms(
    kind: TargetKind,
    *,
    vocabulary: type[Term],
) -> Iterable[Target]:
    for term in vocabulary._default_manager.all():
        yield Target(
            kind,
            term,
            id=term.slug,
            name=term.name,
            texts=(
                TargetText(term.name, NAME),
                TargetText(term.slug, OTHER_NAME),
                TargetText(term.definition, DEFINITION),
            ),
        )


def _kind_of_terms(vocabulary: type[Term]) -> TargetKind:
    label = str(vocabulary._meta.verbose_name)
    return TargetKind(
        vocabulary.parameter,
        label[0].upper() + label[1:],
        (vocabulary.title.lower(),),
        read=partial(_targets_of_terms, vocabulary=vocabulary),
        list_url=lambda term: list_with(vocabulary.parameter, term.slug),
        carriers=_carried_by,
    )


def _targets_of_documents(kind: TargetKind) -> Iterable[Target]:
    for document in Document.objects.with_authors():
        authors = [author.family for author in document.authors.all()]
        known_as = (document.slug, document.doi, document.arxiv_id)
        yield Target(
            kind,
            document,
            id=document.slug,
            name=document.label,
            note=document.title,
            texts=(
                TargetText(document.title, NAME),
                TargetText(document.label, NAME),
                TargetText(" ".join([*authors, *known_as]), OTHER_NAME),
            ),
        )


# Laws, codes and standards, and what they ask for

#: What is said of what no mitigation here answers to.
ASKS_ELSEWHERE = "asks for no measure here"


def _targets_of_instruments(kind: TargetKind) -> Iterable[Target]:
    for one in Instrument.objects.all():
        yield Target(
            kind,
            one,
            id=one.slug,
            name=one.short_title,
            note=one.title,
            texts=(
                *(TargetText(name, NAME) for name in names_of_instrument(one)),
                TargetText(one.title, OTHER_NAME),
                TargetText(
                    f"{one.issuer} {one.get_kind_display()}",
                    DEFINITION,
                ),
            ),
        )


def _targets_of_provisions(kind: TargetKind) -> Iterable[Target]:
    """By their ids: what they ask for is in other words what mitigations are."""
    for one in Provision.objects.with_instruments():
        instrument = one.instrument.short_title
        yield Target(
            kind,
            one,
            id=one.key,
            name=f"{one.code}: {one.name}",
            note=instrument,
            texts=(
                TargetText(one.code, NAME),
                TargetText(instrument, OTHER_NAME),
                TargetText(one.name, DEFINITION),
            ),
        )


def _asked_for_by(index: Index, name: str) -> BitMap:
    return index.sets(BY_ASKER).get(name, EMPTY)


# Filters by what is no record


def _choices(kind: TargetKind) -> Iterable[Target]:
    """The values of filters by what is no record, such as whether there are comments."""
    facets = MitigationFilter(QueryDict()).facet_filters
    for parameter, facet in facets.items():
        if not _is_of_records(facet) and not facet.takes_more:
            for choice in facet.choices():
                yield _choice(kind, parameter, facet, choice)


def _is_of_records(facet: FacetFilter) -> bool:
    return (
        facet.is_tree or bool(facet.resource) or isinstance(facet, TermFacet)
    )


def _choice(
    kind: TargetKind,
    parameter: str,
    facet: FacetFilter,
    choice: FacetValue,
) -> Target:
    return Target(
        kind,
        (parameter, choice.value),
        id=f"{parameter}={choice.value}",
        name=choice.label,
        note=str(facet.label),
        texts=(
            # Less than the name of a record: “CBRN: found effective” comes after CBRN.
            TargetText(choice.label, OTHER_NAME),
            TargetText(str(facet.label), DEFINITION),
        ),
    )


def _chosen(index: Index, record: tuple[str, str]) -> BitMap:
    parameter, value = record
    facets = MitigationFilter(QueryDict()).facet_filters
    return facets[parameter].carriers(index)(value) & index.published


_KINDS = [
    _kind_of_categories("category", "Category", "categories", are_risks=False),
    _kind_of_categories("risk", "Risk", "risks", are_risks=True),
    *map(_kind_of_terms, VOCABULARIES),
    TargetKind(
        "instrument",
        "Law, code or standard",
        ("laws", "codes", "standards"),
        read=_targets_of_instruments,
        list_url=lambda one: list_with("instrument", one.slug),
        carriers=lambda index, one: _asked_for_by(index, one.slug),
        without=ASKS_ELSEWHERE,
    ),
    TargetKind(
        "provision",
        "Provision",
        ("provisions",),
        read=_targets_of_provisions,
        list_url=lambda one: list_with("provision", one.key),
        carriers=lambda index, one: _asked_for_by(index, one.key),
        without=ASKS_ELSEWHERE,
        is_empty_last=True,
    ),
    TargetKind(
        "filter",
        "Filter",
        ("filters",),
        read=_choices,
        list_url=lambda record: list_with(*record),
        carriers=_chosen,
        page_url=lambda record: "",
    ),
    TargetKind(
        "document",
        "Source",
        ("sources",),
        read=_targets_of_documents,
        list_url=lambda document: list_with("document", document.slug),
        carriers=_carried_by,
        is_source=True,
    ),
]
TARGET_KINDS: Registry[str, TargetKind] = Registry(
    "kind of what a search leads to",
    [(kind.name, kind) for kind in _KINDS],
)
