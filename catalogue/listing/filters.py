"""The filters of the catalogue: for the page, the API and whatever else lists mitigations."""

from collections.abc import Collection
from functools import cached_property
from itertools import chain
from typing import Any

from django import forms
from django.template.defaultfilters import truncatechars
from pyroaring import BitMap

from serving.parameters import Problem
from serving.registry import Registry
from serving.strict import StrictFilterSet

from ..models import Mitigation, Taxonomy
from . import ordering as orders
from .addressed import Addressed, Chip, Choice
from .chosen import ChosenFilter
from .facet_filter import FacetFilter
from .facet_values import Facet
from .facets import CategoryFacet
from .facets_of_coding import CONFIDENCE, KIND, ORIGIN, YEAR
from .index import Index, current_index
from .order_groups import OrderGroups
from .ordering import BY_RELEVANCE, Ordering, Selection
from .search import SearchPlan, plan_search
from .simple_filters import (
    LONGEST_QUERY,
    TOO_LONG,
    FirstGroupFilter,
    GroupFilter,
    SearchFilter,
    TaxonomyFilter,
)

#: The parameter of the page that names a facet of which all values are to be shown.
WHOLE_FACET = "all"
#: The value of `group` that shows one entry for each measure.
BY_MEASURE = "measure"
#: So many filters are named in the title of a list.
MOST_IN_TITLE = 4


def all_taxonomies(index: Index) -> list[Taxonomy]:
    return index.per_structure(
        "taxonomies",
        lambda: list(Taxonomy.objects.all()),
    )


class MitigationFilter(Addressed, StrictFilterSet):
    """Filters of mitigations. Values of one parameter are joined by "or", parameters by "and".

    `qs` is no query set but a `Selection`, which has the length, the slices and the order of
    one: rows are chosen by the bitmaps of the index, and read from the database a page at a
    time. `filter_queryset` narrows any query set of mitigations.

    Filters by a mitigation's own fields are declared with them in `record/fields.py`, which
    registers them here.
    """

    ORDERINGS = orders.ORDERINGS
    FORMER_ORDERINGS = orders.FORMER_ORDERINGS
    ordering_values = staticmethod(orders.ordering_values)

    q = SearchFilter(
        label="Search",
        max_length=LONGEST_QUERY,
        strip=False,
        error_messages={"max_length": TOO_LONG},
    )
    m = ChosenFilter(label="Chosen")
    taxonomy = TaxonomyFilter(label="Taxonomy", names="taxonomy_slugs")
    group = GroupFilter(label="Entries", names="groupings")
    category = CategoryFacet(
        field_name="category",
        label="Category",
        taxonomy_of=lambda filters: filters.code_taxonomy,
        explanation=(
            "Codes of categories, in the main taxonomy or the one that “taxonomy” names; "
            "each takes in everything below it."
        ),
    )
    risk = CategoryFacet(
        field_name="risk",
        label="Risk addressed",
        taxonomy_of=lambda filters: filters.risk_taxonomy,
        explanation="Codes of risks; each takes in everything below it.",
        chip_words="Risk {}",
    )
    year = YEAR
    document_kind = KIND
    origin = ORIGIN
    confidence = CONFIDENCE

    class Meta(StrictFilterSet.Meta):
        model = Mitigation
        fields: list[str] = []

    # What is requested

    def values(self, name: str) -> list[str]:
        """Those given; an empty one, and a search for blanks, is none."""
        values = self.data.getlist(name)
        if name == "q":
            return [value for value in values if value.strip()]
        return [value for value in values if value]

    def value(self, name: str) -> str:
        values = self.values(name)
        return values[0] if values else ""

    @cached_property
    def all_taxonomies(self) -> list[Taxonomy]:
        return all_taxonomies(self.index)

    @cached_property
    def code_taxonomy(self) -> Taxonomy | None:
        """The taxonomy whose codes `category` takes: the one requested, or the default."""
        requested = self.value("taxonomy")
        default = None
        for taxonomy in self.all_taxonomies:
            if taxonomy.slug == requested and not taxonomy.is_of_risks:
                return taxonomy
            if taxonomy.is_default:
                default = taxonomy
        return default

    @cached_property
    def risk_taxonomy(self) -> Taxonomy | None:
        for taxonomy in self.all_taxonomies:
            if taxonomy.is_of_risks:
                return taxonomy
        return None

    @cached_property
    def search(self) -> SearchPlan | None:
        query = self.value("q").strip()
        if not query:
            return None
        return plan_search(query, self.code_taxonomy, self.index)

    @cached_property
    def facet_filters(self) -> dict[str, FacetFilter]:
        facets = {}
        for name, one in self.filters.items():
            if isinstance(one, FacetFilter):
                facets[name] = one
        return facets

    # What is wrong with it

    @property
    def names(self):
        return [*self.filters, "ordering"]

    def field_of(self, name):
        if name != "ordering":
            return super().field_of(name)
        choices = [(value, value) for value in self.ordering_values()]
        return forms.ChoiceField(choices=choices, required=False)

    def problems_of(self, name):
        if any("\x00" in value for value in self.values(name)):
            return [
                Problem(
                    name,
                    "",
                    "A null character cannot be searched for.",
                    [],
                ),
            ]
        return super().problems_of(name)

    def get_form_class(self):
        form_class = super().get_form_class()
        form_class.base_fields["ordering"] = self.field_of("ordering")
        return form_class

    #: What `group` takes.
    groupings = (BY_MEASURE,)

    @property
    def taxonomy_slugs(self) -> list[str]:
        """What `taxonomy` takes."""
        return [one.slug for one in self.all_taxonomies if not one.is_of_risks]

    # What it gives

    @cached_property
    def index(self) -> Index:
        """The same for all that is worked out here."""
        return current_index()

    def narrowed(self, without: Collection[str] = ()) -> BitMap:
        """The keys of the mitigations that every filter but those `without` lets through."""
        chosen = {}
        for name in self.filters:
            if name not in without and (values := self.values(name)):
                chosen[name] = values
        keys = self.index.published
        for name, values in chosen.items():
            one = self.filters[name]
            if one.together:
                together = {
                    other: chosen[other]
                    for other in one.together
                    if other in chosen
                }
                keys = one.narrow_together(self.index, keys, together)
            else:
                keys = one.narrow(self.index, keys, values)
        return keys

    @cached_property
    def wordings(self) -> BitMap:
        """The keys of all mitigations that it lets through."""
        return self.narrowed()

    @cached_property
    def keys(self) -> BitMap:
        """The keys of the entries of the list: of all that it lets through, or where it shows
        one entry for each measure, of the wording that comes first in its order.
        """
        if not self.is_by_measure:
            return self.wordings
        measures = self.index.measures
        reworded = self.in_order(self.wordings & measures.reworded)
        in_order = chain.from_iterable(reworded.key_batches())
        return measures.one_of_each(self.wordings, in_order)

    @cached_property
    def is_by_measure(self) -> bool:
        return self.value("group") == BY_MEASURE

    @property
    def noun(self) -> str:
        """What an entry of the list is."""
        return "measure" if self.is_by_measure else "mitigation"

    def count_entries(self, keys: BitMap) -> int:
        """How many entries the list would have for these mitigations."""
        if self.is_by_measure:
            return self.index.measures.count(keys)
        return len(keys)

    @cached_property
    def measure_count(self) -> int:
        """How many measures it lets through, in whatever words."""
        return self.index.measures.count(self.wordings)

    def filter_queryset(self, queryset):
        """Of a query set of mitigations those that it lets through."""
        return queryset.published_among(self.keys)

    @cached_property
    def qs(self) -> Selection:
        """What it lets through, in the order requested."""
        return self.in_order(self.keys)

    def in_order(self, keys: BitMap) -> Selection:
        """These mitigations, in the order requested."""
        splits = {}
        for column, split in self._ordering.splits.items():
            splits[column] = split(self)
        return Selection(keys, self.order_columns, splits, self.queryset)

    @classmethod
    def offered_orderings(cls) -> dict[str, str]:
        """What pages offer: labels by the value of `ordering`."""
        offered: dict[str, str] = {}
        for key, one in cls.ORDERINGS.items():
            offered |= one.offered(key)
        return offered

    @property
    def ordering(self) -> str:
        """The ordering requested; without one, by relevance where there is a search, else by
        code.
        """
        requested = self.value("ordering")
        if not requested:
            requested = BY_RELEVANCE if self.search else "code"
        return self.FORMER_ORDERINGS.get(requested, requested)

    @property
    def _ordering(self) -> Ordering:
        return self.ORDERINGS[self.ordering.removeprefix("-")]

    @cached_property
    def group_headings(self) -> dict[Any, str]:
        """The headings within the list, by the value of `groups.column`: none in an order that
        has no groups.
        """
        groups = self.groups
        return groups.headings(self) if groups else {}

    @property
    def groups(self) -> OrderGroups | None:
        return self._ordering.groups

    @property
    def first_groups(self) -> list[Choice]:
        """Which group can be asked to come first, where there are several."""
        if not self.groups:
            return []
        choices = self.groups.offered(self)
        if len(choices) < 2:
            return []
        name = self.groups.parameter
        # In their order: the first is the one that comes first now.
        first = next(iter(choices))
        return [
            Choice(value, label, self.url(**{name: [value]}), value == first)
            for value, label in choices.items()
        ]

    @property
    def names_of_groups(self) -> list[str]:
        """What a `FirstGroupFilter` takes."""
        names: list[str] = []
        for one in self.ORDERINGS.values():
            if one.groups:
                names += one.groups.choices(self)
        return names

    @property
    def order_columns(self) -> list[str]:
        """The columns to order by, the last of them unique."""
        return self._ordering.columns_of(self.ordering)

    def facet(self, name: str) -> Facet:
        """A facet, counted among what all other filters let through."""
        values = self.values(name)
        among = self.narrowed(without=[name]) if values else self.wordings
        measures = self.index.measures if self.is_by_measure else None
        is_whole = name in self.values(WHOLE_FACET)
        urls = self.urls_by(name)
        one = self.facet_filters[name]
        facet = one.facet(
            self.index,
            among,
            values,
            urls,
            is_whole,
            measures,
        )
        if facet.more:
            facet.whole_url = self.url(**{WHOLE_FACET: [name]})
        return facet

    @cached_property
    def facets(self) -> list[Facet]:
        shown = [
            name
            for name, one in self.facet_filters.items()
            if one.is_on_pages or self.values(name)
        ]
        shown.sort(key=lambda name: self.facet_filters[name].place_on_pages)
        return [self.facet(name) for name in shown]

    # What leads on from it

    @property
    def as_typed_url(self) -> str:
        """The query string of this view without the corrections of its search."""
        return self.url(q=[self.search.query_as_typed] if self.search else [])

    @property
    def did_you_mean_url(self) -> str:
        """The query string of this view with the spelling that its search offers."""
        return self.url(
            q=[self.search.did_you_mean or ""] if self.search else [],
        )

    @property
    def group_url(self) -> str:
        """The query string of this view with one entry for each measure, or where it has that,
        with every wording.
        """
        return self.url(group=[] if self.is_by_measure else [BY_MEASURE])

    @property
    def clear_url(self) -> str:
        """The query string without any filter, in the same layout, with what is carried along."""
        without: dict[str, list[str]] = dict.fromkeys(self.data, [])
        for name in self.extra:
            if name in self.data and name != WHOLE_FACET:
                without[name] = self.data.getlist(name)
        without["page"] = []
        without["group"] = self.values("group")
        return self.url(**without)

    @cached_property
    def chips(self) -> list[Chip]:
        chips = []
        for name in self.filters:
            if name in self.facet_filters or name == "group":
                continue
            if isinstance(self.filters[name], FirstGroupFilter):
                continue
            if self.value(name):
                chips.append(self._chip(name))
        # They take long to count, and other pages than lists show none.
        is_any_chosen = any(map(self.values, self.facet_filters))
        for facet in self.facets if is_any_chosen else []:
            for value in facet.selected:
                one = self.facet_filters[facet.parameter]
                chips.append(
                    Chip(facet.label, one.chip_label(value), value.url),
                )
        return chips

    def _chip(self, name: str) -> Chip:
        """That of a filter that is no facet. Without a taxonomy its categories go too."""
        label = self.filters[name].label_of(self.values(name))
        changes: dict[str, list[str]] = {name: []}
        if name == "taxonomy":
            changes["category"] = []
            if self.code_taxonomy:
                label = self.code_taxonomy.short_title
        return Chip(self.filters[name].label, label, self.url(**changes))

    @cached_property
    def title(self) -> str:
        """What the list holds, in a few words: the search and the filters, as a tab and a
        bookmark name it.
        """
        of_search = self.filters["q"].label
        labels = [
            one.label for one in self.chips if one.facet_label != of_search
        ]
        title = "Mitigations"
        if self.search:
            title = f"“{truncatechars(self.search.query, 60)}” · {title}"
        if labels:
            title = f"{title}: {', '.join(labels[:MOST_IN_TITLE])}"
        if len(labels) > MOST_IN_TITLE:
            title = f"{title} and {len(labels) - MOST_IN_TITLE} more"
        return title

    @property
    def for_entries(self) -> dict[str, tuple[str, ...]]:
        """The values that each entry of the list answers to, by parameter: the risk areas whose
        figures are to be shown, the taxonomy whose codes.
        """
        chosen: dict[str, list[str]] = {}
        for name, one in self.filters.items():
            for parameter, values in one.in_entries(self.values(name)).items():
                chosen.setdefault(parameter, []).extend(values)
        return {
            parameter: tuple(dict.fromkeys(values))
            for parameter, values in chosen.items()
            if values
        }

    @property
    def orderings(self) -> list[Choice]:
        """The orderings that can be chosen here; relevance only where there is a search."""
        choices = []
        for value, label in self.offered_orderings().items():
            if value == BY_RELEVANCE and not self.search:
                continue
            ordering = self.ORDERINGS[value.removeprefix("-")]
            is_current = ordering is self._ordering
            if ordering.label_of_other:
                is_current = value == self.ordering
            url = self.url(ordering=[value])
            choices.append(Choice(value, label, url, is_current))
        return choices

    @property
    def taxonomies(self) -> list[Choice]:
        """The taxonomies whose tree the category facet can show."""
        choices = []
        for one in self.all_taxonomies:
            if one.is_of_risks:
                continue
            url = self.url(
                taxonomy=[] if one.is_default else [one.slug],
                category=[],
            )
            is_current = one == self.code_taxonomy
            choices.append(Choice(one.slug, one.short_title, url, is_current))
        return choices


#: Other apps register theirs when Django is ready.
MitigationFilter.base_filters = Registry(
    "filter",
    MitigationFilter.base_filters,
)
