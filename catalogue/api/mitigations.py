"""Mitigations in the API. Their list takes the same filters as the page."""

from functools import cached_property

import orjson
from django.db.models import Prefetch
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view

from catalogue.exports.columns import MitigationTable
from catalogue.exports.listings import Listing, MitigationListing
from catalogue.facets import FacetFilter, as_json
from catalogue.filters import MitigationFilter
from catalogue.models import Mapping, Mitigation
from catalogue.records import Reader
from catalogue.search import SearchPlan
from catalogue.serializers import MitigationSerializer

from .parameters import PAGING, RELEASE, parameter
from .views import PAGE_PARAMETERS, CatalogueViewSet, listed, refuse


def filter_parameters() -> list[OpenApiParameter]:
    """The filters of the list, from their one declaration."""
    several = {"type": "array", "items": {"type": "string"}}
    rows = []
    for name, one in MitigationFilter.base_filters.items():
        repeated = isinstance(one, FacetFilter)
        note = " Repeat it for “or”." if repeated else ""
        note += " A code; takes in everything below it." if getattr(one, "is_tree", False) else ""
        rows.append(OpenApiParameter(name, several if repeated else str, description=f"{one.label}.{note}"))
    about = "The field to order by; with a minus sign descending. What is not known comes last either way."
    return [*rows, parameter("ordering", about, enum=MitigationFilter.ordering_values())]


FIELDS = parameter(
    "fields",
    f"Only these members, with commas: {', '.join(MitigationSerializer.Meta.fields)}. In tables, only these columns; the data "
    "dictionary names them.",
)
INCLUDE = parameter(
    "include", f"Whole records in the place of references: {', '.join(MitigationSerializer.INCLUDABLE)}."
)
FACETS = parameter("facets", "Counts by these filters, with commas, in the same answer.")


@extend_schema_view(
    list=extend_schema(
        summary="Published mitigations", parameters=[*filter_parameters(), FIELDS, INCLUDE, FACETS, *PAGING],
    ),
    retrieve=extend_schema(
        summary="One mitigation", parameters=[FIELDS, INCLUDE, RELEASE]
    ),
)  # fmt: skip
class MitigationViewSet(CatalogueViewSet):
    """Published mitigations, with the same filters as the page."""

    queryset = Mitigation.objects.published()
    serializer_class = MitigationSerializer
    lookup_field = "accession"
    list_parameters = (*MitigationFilter.base_filters, "ordering", "fields", "include", "facets")
    detail_parameters = ("fields", "include")

    def get_queryset(self):
        rows = super().get_queryset().for_detail()
        if MitigationSerializer.also_included.keys() & set(self.included):
            rows = rows.prefetch_related(*rows.told_elsewhere)
        if "mappings" in self.included:
            seen = Mapping.objects.published().for_display()
            rows = rows.prefetch_related(Prefetch("mappings_from", seen), Prefetch("mappings_to", seen))
        return rows

    @property
    def included(self) -> list[str]:
        return listed(self.request, "include", list(MitigationSerializer.INCLUDABLE))

    def get_serializer(self, *args, **kwargs):
        only = listed(self.request, "fields", MitigationSerializer.Meta.fields)
        return super().get_serializer(*args, only=only, include=self.included, **kwargs)

    def said_of(self, rows) -> list:
        """From plain rows. A record as it is without “fields” and “include” is written once for each state of its mitigation."""
        only = listed(self.request, "fields", MitigationSerializer.Meta.fields)
        base_url = self.request.build_absolute_uri("/").rstrip("/")
        reader = Reader(self.included, base_url, only)
        if only or self.included:
            return reader.read(rows.keys)

        def written(keys: list[int]) -> dict[int, orjson.Fragment]:
            return {key: orjson.Fragment(orjson.dumps(record)) for key, record in reader.by_key(keys).items()}

        return self.filters.index.kept(("record", base_url), rows.keys, written)

    @cached_property
    def filters(self) -> MitigationFilter:
        """The same for all that one page says."""
        return self.read_filters()

    def read_filters(self) -> MitigationFilter:
        """What the query asks for. Raises BadParameters."""
        extra = (*PAGE_PARAMETERS, "fields", "include", "facets")
        filters = MitigationFilter(self.request.query_params, Mitigation.objects.all(), extra=extra)
        refuse(filters.problems)
        return filters

    def listing(self) -> Listing:
        form, base_url = self.asked_format, self.request.build_absolute_uri("/").rstrip("/")
        known = MitigationTable().known if form and form.is_table else MitigationSerializer.Meta.fields
        only = listed(self.request, "fields", known)
        return MitigationListing(self.read_filters(), base_url, self.included, only)

    def list(self, request, *args, **kwargs):
        if self.asked_format:
            return self.file(self.asked_format)
        filters = self.filters
        wanted = listed(request, "facets", list(filters.facet_filters))
        more = {"search": _search_note(filters.search)} if filters.search else {}
        if wanted:
            more["facets"] = [as_json(filters.facet(name)) for name in dict.fromkeys(wanted)]
        return self.paged(filters.qs, filters.order_columns, len(filters.keys), **more)


def _search_note(plan: SearchPlan) -> dict:
    """As `views.SEARCH_NOTE` describes it."""
    return {
        "query": plan.query,
        "corrected": plan.corrected_query,
        "corrections": [{"typed": typed, "used": used} for typed, used in plan.corrections.items()],
        "did_you_mean": plan.did_you_mean,
        "missing": plan.missing,
        "beginnings": plan.beginnings,
        "categories": [{"taxonomy": one.taxonomy.slug, "code": one.code} for one in plan.categories],
        "words": "any" if plan.uses_any_word else "all",
    }
