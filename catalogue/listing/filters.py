"""The filters of the catalogue: for the page, the API and whatever else lists mitigations."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from urllib.parse import quote_plus

import django_filters
from django import forms
from django.db.models.functions import Length
from django.template.defaultfilters import truncatechars
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import is_naive, make_aware
from pyroaring import BitMap

from serving.parameters import Problem
from serving.registry import Registry
from serving.strict import NameFilter, StrictFilterSet

from ..models import Mitigation, Taxonomy
from ..models.mitigation import UNCODED
from .facets import (
    CategoryFacet,
    Facet,
    FacetFilter,
    IndexFilter,
    filed_under,
    primary_in,
)
from .index import Index, current_index
from .ordering import Ordering, Selection, turned
from .search import SearchPlan, plan_search
from .sources import EMPTY, FacetSource, pairs

LONGEST_QUERY = 300
#: The parameter of the page that names a facet of which all values are to be shown.
WHOLE_FACET = "all"


@dataclass
class Chip:
    """A filter that is on; `url` takes it off."""

    facet_label: str
    label: str
    url: str


@dataclass
class Choice:
    """An ordering or a taxonomy that can be chosen."""

    value: str
    label: str
    url: str
    is_current: bool


class SearchFilter(IndexFilter, django_filters.CharFilter):
    """Free text; see `catalogue.listing.search`."""

    def narrow(self, index: Index, keys: BitMap, values: list[str]) -> BitMap:
        return keys & self.parent.search.found_in(index)


class TaxonomyFilter(IndexFilter, NameFilter):
    """Mitigations that are classified in a taxonomy. Codes of `category` are read in it."""

    is_shown_in_entries = True

    def narrow(self, index: Index, keys: BitMap, values: list[str]) -> BitMap:
        filed = (
            index.sets(filed_under(self.parent.code_taxonomy)).values()
            if self.parent.code_taxonomy
            else ()
        )
        return keys & BitMap.union(EMPTY, *filed)


class MomentField(forms.Field):
    """A date, or a date and time, in ISO 8601; without a zone it is UTC."""

    def to_python(self, value):
        if not value:
            return None
        text = value.replace(" ", "+")  # a plus sign that was not encoded
        try:
            moment = (
                parse_datetime(text if len(text) > 10 else f"{text}T00:00")
                if parse_date(text[:10])
                else None
            )
        except ValueError:
            moment = None
        # At either end of the calendar there is no such moment in UTC.
        if moment is None or not value.isascii() or not 1 < moment.year < 9999:
            raise forms.ValidationError(
                "Give a date such as 2026-11-03, or a time such as 2026-11-03T12:00:00Z."
            )
        return make_aware(moment) if is_naive(moment) else moment


class MomentFilter(IndexFilter, django_filters.Filter):
    """Mitigations that changed at a moment or later."""

    field_class = MomentField

    def narrow(self, index: Index, keys: BitMap, values: list[str]) -> BitMap:
        changed = (
            Mitigation.objects.published()
            .filter(updated_at__gte=self.field.clean(values[0]))
            .order_by()
        )
        return keys & BitMap(
            changed.values_list("pk", flat=True).iterator(chunk_size=10_000)
        )


def by_score(filters: "MitigationFilter") -> dict[int, BitMap]:
    plan = filters.search or SearchPlan("")
    return plan.scores(filters.index, filters.keys)


BY_LENGTH_OF_NAME = FacetSource(
    "length of name",
    partial(
        pairs, Mitigation.objects.published().annotate(n=Length("name")), "pk", "n"
    ),
    is_lasting=True,
)


def by_length_of_name(filters: "MitigationFilter") -> dict[int, BitMap]:
    return filters.index.sets(BY_LENGTH_OF_NAME)


def by_code(filters: "MitigationFilter") -> dict[str, BitMap]:
    """By the path of the primary category; those without one come last."""
    index, taxonomy = filters.index, filters.code_taxonomy

    def made() -> dict[str, BitMap]:
        sets = index.sets(primary_in(taxonomy)) if taxonomy else {}
        return {**sets, UNCODED: index.published - BitMap.union(EMPTY, *sets.values())}

    return index.per_revision(("by code", taxonomy and taxonomy.pk), made)


def taxonomies(index: Index) -> list[Taxonomy]:
    return index.per_structure("taxonomies", lambda: list(Taxonomy.objects.all()))


def _said(name: str, values: Iterable[str]) -> str:
    return "&".join(
        f"{quote_plus(name)}={quote_plus(value)}" for value in values if value != ""
    )


#: So many filters are named in the title of a list.
MOST_IN_TITLE = 4


class MitigationFilter(StrictFilterSet):
    """Filters of mitigations. Values of one parameter are joined by "or", parameters by "and".

    `qs` is no query set but a `Selection`, which has the length, the slices and the order of
    one: rows are chosen by the bitmaps of the index, and read from the database a page at a
    time. `filter_queryset` narrows any query set of mitigations.

    Filters by a mitigation's own fields are declared with them in `record/fields.py`, which
    registers them here.
    """

    #: By the field that they go by. A minus sign before it is descending.
    ORDERINGS: Registry[str, Ordering] = Registry(
        "ordering",
        {
            "relevance": Ordering(
                "relevance",
                ("score", "-name_length", "-pk"),
                {"score": by_score, "name_length": by_length_of_name},
                begins_with_most=True,
            ),
            "code": Ordering("code", ("code_path", "pk"), {"code_path": by_code}),
            "name": Ordering("name", ("sort_name", "pk")),
            "created_at": Ordering(
                "newest", ("created_at", "pk"), begins_with_most=True
            ),
            "updated_at": Ordering(
                "last change", ("updated_at", "pk"), begins_with_most=True
            ),
        },
    )
    #: Words that were taken before, each for what it has always meant.
    #: `catalogue/api/deprecation.py` says that they go.
    FORMER_ORDERINGS: Registry[str, str] = Registry(
        "former ordering",
        {
            "relevance": "-relevance",
            "newest": "-created_at",
            "-newest": "created_at",
            "updated": "-updated_at",
            "-updated": "updated_at",
        },
    )

    q = SearchFilter(
        label="Search",
        max_length=LONGEST_QUERY,
        strip=False,
        error_messages={
            "max_length": f"A search takes at most {LONGEST_QUERY} characters."
        },
    )
    taxonomy = TaxonomyFilter(label="Taxonomy", names="taxonomy_slugs")
    category = CategoryFacet(
        field_name="category",
        label="Category",
        taxonomy_of=lambda filters: filters.code_taxonomy,
    )
    risk = CategoryFacet(
        field_name="risk",
        label="Risk addressed",
        taxonomy_of=lambda filters: filters.risk_taxonomy,
    )

    class Meta(StrictFilterSet.Meta):
        model = Mitigation
        fields: list[str] = []

    # What is asked for

    def values(self, parameter: str) -> list[str]:
        """Those given; an empty one, and a search for blanks, is none."""
        return [
            value
            for value in self.data.getlist(parameter)
            if (value.strip() if parameter == "q" else value)
        ]

    def value(self, parameter: str) -> str:
        return next(iter(self.values(parameter)), "")

    @cached_property
    def all_taxonomies(self) -> list[Taxonomy]:
        return taxonomies(self.index)

    @cached_property
    def code_taxonomy(self) -> Taxonomy | None:
        """The taxonomy whose codes `category` takes: the one asked for, or the default."""
        named = [
            t
            for t in self.all_taxonomies
            if t.slug == self.value("taxonomy") and not t.is_of_risks
        ]
        return next(
            iter(named), next((t for t in self.all_taxonomies if t.is_default), None)
        )

    @cached_property
    def risk_taxonomy(self) -> Taxonomy | None:
        return next((t for t in self.all_taxonomies if t.is_of_risks), None)

    @cached_property
    def search(self) -> SearchPlan | None:
        return (
            plan_search(self.value("q").strip(), self.code_taxonomy, self.index)
            if self.value("q").strip()
            else None
        )

    @cached_property
    def facet_filters(self) -> dict[str, FacetFilter]:
        return {
            name: f for name, f in self.filters.items() if isinstance(f, FacetFilter)
        }

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
            return [Problem(name, "", "A null character cannot be searched for.", [])]
        return super().problems_of(name)

    def get_form_class(self):
        form_class = super().get_form_class()
        form_class.base_fields["ordering"] = self.field_of("ordering")
        return form_class

    @property
    def taxonomy_slugs(self) -> list[str]:
        """What `taxonomy` takes."""
        return [one.slug for one in self.all_taxonomies if not one.is_of_risks]

    # What it gives

    @cached_property
    def index(self) -> Index:
        """The same for all that is worked out here."""
        return current_index()

    def narrowed(self, without: str | None = None) -> BitMap:
        """The keys of the mitigations that every filter but `without` lets through."""
        keys = self.index.published
        for name, one in self.filters.items():
            if name != without and (values := self.values(name)):
                keys = one.narrow(self.index, keys, values)
        return keys

    @cached_property
    def keys(self) -> BitMap:
        """The keys of what it lets through."""
        return self.narrowed()

    def filter_queryset(self, queryset):
        """Of a query set of mitigations those that it lets through."""
        return queryset.published_among(self.keys)

    @cached_property
    def qs(self) -> Selection:
        """What it lets through, in the order asked for."""
        splits = {
            column: split(self) for column, split in self._ordering.splits.items()
        }
        return Selection(self.keys, self.order_columns, splits, self.queryset)

    @classmethod
    def ordering_values(cls) -> list[str]:
        """All that `ordering` takes, former words last."""
        values = [sign + key for key in cls.ORDERINGS for sign in ("", "-")]
        return list(
            dict.fromkeys(
                [
                    *(one for one in values if one not in cls.FORMER_ORDERINGS),
                    *cls.FORMER_ORDERINGS,
                ]
            )
        )

    @classmethod
    def offered_orderings(cls) -> dict[str, str]:
        """What pages offer: the value of `ordering` for each field."""
        return {
            key: f"-{key}" if one.begins_with_most else key
            for key, one in cls.ORDERINGS.items()
        }

    @property
    def ordering(self) -> str:
        """The ordering asked for; without one, by relevance where there is a search, else by
        code.
        """
        requested = self.value("ordering") or ("-relevance" if self.search else "code")
        return self.FORMER_ORDERINGS.get(requested, requested)

    @property
    def _ordering(self) -> Ordering:
        return self.ORDERINGS[self.ordering.removeprefix("-")]

    @property
    def order_columns(self) -> list[str]:
        """The columns to order by, the last of them unique."""
        columns = self._ordering.columns
        return (
            list(self._ordering.turned or turned(columns))
            if self.ordering.startswith("-")
            else list(columns)
        )

    def facet(self, name: str) -> Facet:
        """A facet, counted among what all other filters let through."""
        values = self.values(name)
        among = self.narrowed(without=name) if values else self.keys
        is_whole = name in self.values(WHOLE_FACET)
        facet = self.facet_filters[name].facet(
            self.index, among, values, self._urls_by(name), is_whole
        )
        if facet.more:
            facet.whole_url = self.url(**{WHOLE_FACET: [name]})
        return facet

    @cached_property
    def facets(self) -> list[Facet]:
        return [self.facet(name) for name in self.facet_filters]

    # What leads on from it

    @cached_property
    def _asked(self) -> dict[str, str]:
        """What each parameter says in the address of the first page."""
        return {
            name: _said(name, self.data.getlist(name))
            for name in self.data
            if name not in ("page", "cursor")
        }

    def url(self, **changes: list[str]) -> str:
        """The query string of this view with some parameters changed; always back on the first
        page.
        """
        said = {
            **self._asked,
            **{name: _said(name, values) for name, values in changes.items()},
        }
        return "?" + "&".join(filter(None, said.values()))

    def _urls_by(self, name: str) -> Callable[[list[str]], str]:
        """What gives the query string of this view with one parameter changed: a page has
        hundreds of these.
        """
        rest = self.url(**{name: []})
        start = rest if rest == "?" else f"{rest}&"
        return lambda values: start + _said(name, values) if values else rest

    @property
    def as_typed_url(self) -> str:
        """The query string of this view without the corrections of its search."""
        return self.url(q=[self.search.query_as_typed] if self.search else [])

    @property
    def did_you_mean_url(self) -> str:
        """The query string of this view with the spelling that its search offers."""
        return self.url(q=[self.search.did_you_mean or ""] if self.search else [])

    @property
    def clear_url(self) -> str:
        """The query string without any filter, in the same layout."""
        return "?" + _said("view", self.data.getlist("view")[-1:])

    @cached_property
    def chips(self) -> list[Chip]:
        chips = []
        for name in self.filters:
            if name not in self.facet_filters and self.value(name):
                label = (
                    self.code_taxonomy.short_title
                    if name == "taxonomy" and self.code_taxonomy
                    else self.value(name)
                )
                changes: dict[str, list[str]] = (
                    {name: [], "category": []} if name == "taxonomy" else {name: []}
                )
                chips.append(Chip(self.filters[name].label, label, self.url(**changes)))
        for facet in self.facets:
            for value in facet.selected:
                chips.append(
                    Chip(facet.label, f"{value.code} {value.label}".strip(), value.url)
                )
        return chips

    @property
    def title(self) -> str:
        """What the list holds, in a few words: the search and the filters, as a tab and a
        bookmark name it.
        """
        search = f"“{truncatechars(self.search.query, 60)}” · " if self.search else ""
        labels = [
            chip.label
            for chip in self.chips
            if chip.facet_label != self.filters["q"].label
        ]
        shown = ", ".join(labels[:MOST_IN_TITLE])
        more = (
            f" and {len(labels) - MOST_IN_TITLE} more"
            if len(labels) > MOST_IN_TITLE
            else ""
        )
        return f"{search}Mitigations{f': {shown}{more}' if labels else ''}"

    @property
    def for_entries(self) -> dict[str, tuple[str, ...]]:
        """The values that each entry of the list answers to, by parameter: the risk areas whose
        figures are to be shown, the taxonomy whose codes.
        """
        return {
            name: tuple(self.values(name))
            for name, one in self.filters.items()
            if getattr(one, "is_shown_in_entries", False) and self.values(name)
        }

    @property
    def orderings(self) -> list[Choice]:
        """The orderings that can be chosen here; relevance only where there is a search."""
        current_key = self.ordering.removeprefix("-")
        return [
            Choice(
                value,
                self.ORDERINGS[key].label,
                self.url(ordering=[value]),
                key == current_key,
            )
            for key, value in self.offered_orderings().items()
            if key != "relevance" or self.search
        ]

    @property
    def taxonomies(self) -> list[Choice]:
        """The taxonomies whose tree the category facet can show."""
        return [
            Choice(
                t.slug,
                t.short_title,
                self.url(taxonomy=[] if t.is_default else [t.slug], category=[]),
                t == self.code_taxonomy,
            )
            for t in self.all_taxonomies
            if not t.is_of_risks
        ]


#: Other apps register theirs when Django is ready.
MitigationFilter.base_filters = Registry("filter", MitigationFilter.base_filters)
