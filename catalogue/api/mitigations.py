"""Mitigations in the API. Their list takes the same filters as the page."""

from dataclasses import replace
from functools import cached_property
from typing import Any

import orjson
from django.db import DatabaseError
from django.http import QueryDict
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_view,
)
from rest_framework.request import Request
from rest_framework.response import Response

from catalogue.files.exports.columns import MitigationTable
from catalogue.files.exports.formats import FORMATS
from catalogue.files.exports.listings import Listing, MitigationListing
from catalogue.listing.crosstab import AXES, groups_by
from catalogue.listing.facet_filter import FacetFilter, IndexFilter
from catalogue.listing.facet_values import facet_payload
from catalogue.listing.filters import MitigationFilter
from catalogue.listing.search import SearchPlan, SynonymUsed
from catalogue.models import Mitigation
from catalogue.record.reader import Reader
from catalogue.record.schema import MEMBERS, MitigationSerializer
from serving.parameters import Problem, unknown_value

from .parameters import PAGING, RELEASE, parameter
from .refusing import PAGE_PARAMETERS, refuse, values_listed
from .views import CatalogueViewSet


def description_of(one: IndexFilter, among_records: str = "") -> str:
    """What the schema says of a filter; `among_records` says where its values are."""
    parts = [one.explanation]
    if among_records:
        parts.append(among_records)
    if one.takes_several:
        parts.append("Repeat it for “or”.")
    if isinstance(one, FacetFilter):
        for value, label in one.special_values.items():
            parts.append(f"“{value}”: {label.lower()}.")
    return " ".join(parts)


def filter_parameters() -> list[OpenApiParameter]:
    """The filters of the list, from their one declaration."""
    several = {"type": "array", "items": {"type": "string"}}
    rows = []
    for name, one in MitigationFilter.base_filters.items():
        rows.append(
            OpenApiParameter(
                name,
                several if one.takes_several else str,
                description=description_of(one),
            ),
        )
    about = "Field to order by; a minus sign means descending. Missing values come last."
    return [
        *rows,
        parameter("ordering", about, enum=MitigationFilter.ordering_values()),
    ]


FIELDS = parameter(
    "fields",
    "Only these fields, separated by commas, besides the accession. Of tables such as CSV, only these columns of the data dictionary.",
)
INCLUDE = parameter(
    "include",
    "Further fields, separated by commas; “document” gives the whole source in place of its slug.",
)
FACETS = parameter(
    "facets",
    "Filters, separated by commas, to count the values of in the same answer.",
)
MOST_FIELDS = 2
GROUP_BY = parameter(
    "group_by",
    "One field, or two separated by a comma, to count each value or pair of in the same answer: categories at their second level.",
)


def values_of(facet: FacetFilter) -> list[str]:
    """None before the first migration, when checks of the deployment make the schema too."""
    try:
        return [choice.value for choice in facet.choices()]
    except DatabaseError:
        return []


def options_of(facet: FacetFilter) -> list[tuple[str, str]]:
    """Its values with their labels: a category's is its code and name."""
    return [
        (
            one.value,
            f"{one.code} {one.label}"
            if one.code
            else f"{one.label} ({one.value})",
        )
        for one in facet.choices()
    ]


def _from_records(facet: FacetFilter) -> dict[str, Any]:
    """Where to find what a filter takes, with a value that is there: others may be added before
    anybody reads the schema anew.
    """
    name = facet.field_name
    values = values_of(facet)
    such_as = f", such as {values[0]}" if values else ""
    place = f"Slugs of /api/v1/{facet.resource}/{such_as}; “facets={name}” counts them all."
    text = description_of(facet, place)
    return {"description": text, **({"example": values[:1]} if values else {})}


def _of_facet(facet: FacetFilter) -> dict[str, Any]:
    """Members of the parameter of a facet in the API's schema."""
    values = values_of(facet) if facet.has_fixed_values else []
    if values:
        values += facet.special_values
    items = facet.value_schema
    if values:
        items = {**items, "enum": values}
    members: dict[str, Any] = {
        "schema": {"type": "array", "items": items},
        "style": "form",
        "explode": True,
        "description": description_of(facet),
    }
    if facet.resource:
        members |= _from_records(facet)
    return members


def schema_of_parameters() -> dict[str, dict[str, Any]]:
    """Members of parameters in the API's schema, by the names of the parameters: what each
    takes now.
    """
    filters = MitigationFilter(QueryDict())
    facets = filters.facet_filters
    found: dict[str, dict[str, Any]] = {}
    for name, one in filters.filters.items():
        if name in facets:
            found[name] = _of_facet(facets[name])
        else:
            found[name] = {
                "schema": one.value_schema,
                "description": description_of(one),
            }
    with_commas = {
        "fields": MitigationSerializer.selectable(),
        "include": MitigationSerializer.includable(),
        "facets": list(facets),
        "group_by": list(AXES),
    }
    for name, known in with_commas.items():
        items = {"type": "string", "enum": known}
        found[name] = {
            "schema": {"type": "array", "items": items},
            "style": "form",
            "explode": False,
        }
    return found


def no_member(parameter: str, value: str, allowed: list[str]) -> Problem:
    """What is wrong with asking records for a member that they do not have: tables may have a
    column of that name.
    """
    columns = {column.name: column for column in MitigationTable().columns}
    if value not in columns:
        return unknown_value(parameter, value, allowed)
    tables = ", ".join(form.name for form in FORMATS.values() if form.is_table)
    problem = unknown_value(
        parameter,
        value,
        allowed,
        f" in records: it is a column of tables ({tables})",
    )
    member = columns[value].member
    return replace(problem, suggestion=member if member in allowed else None)


@extend_schema_view(
    list=extend_schema(
        summary="Published mitigations",
        parameters=[
            *filter_parameters(),
            FIELDS,
            INCLUDE,
            FACETS,
            GROUP_BY,
            *PAGING,
        ],
    ),
    retrieve=extend_schema(
        summary="One mitigation",
        parameters=[FIELDS, INCLUDE, RELEASE],
    ),
)
class MitigationViewSet(CatalogueViewSet):
    """Published mitigations, with the same filters as the page."""

    queryset = Mitigation.objects.published()
    serializer_class = MitigationSerializer
    has_references = True
    lookup_field = "accession"
    lookup_value_regex = "[^/]+"  # identifiers of other catalogues have points
    filterset_class = MitigationFilter
    list_parameters = ("ordering", "fields", "include", "facets", "group_by")
    detail_parameters = ("fields", "include")

    def known_as(self, key: str) -> str | None:
        """By the names that other catalogues have for it too."""
        return Mitigation.objects.published().known_as(key)

    @cached_property
    def members(self) -> tuple[list[str], list[str]]:
        """What `fields` and `include` ask for together: the only members of a record, none for
        all, and what of it is whole.

        A member that is named in either is there, be it one that a record has only where it is
        asked for, and so is the accession: a record says which it is.
        """
        only = values_listed(
            self.request,
            "fields",
            MitigationSerializer.selectable(),
            no_member,
        )
        included = values_listed(
            self.request,
            "include",
            MitigationSerializer.includable(),
        )
        asked_for = [
            name for name in only if name in MitigationSerializer.on_request()
        ]
        if not only:
            return [], MitigationSerializer.with_what_comes_along(included)
        only = ["accession", *only, *included]
        return list(dict.fromkeys(only)), list(
            dict.fromkeys([*included, *asked_for]),
        )

    @property
    def base_url(self) -> str:
        return self.request.build_absolute_uri("/").rstrip("/")

    def retrieve(self, request, *args, **kwargs):
        only, included = self.members
        mitigation = self.get_object()
        [record] = Reader(included, self.base_url, only).read([mitigation.pk])
        order = [*MEMBERS, *included]
        return Response(
            {name: record[name] for name in order if name in record},
        )

    def said_of(self, rows) -> list:
        """From plain rows. A record as it is without “fields” and “include” is written once for
        each state of its mitigation.
        """
        only, included = self.members
        reader = Reader(included, self.base_url, only)
        if only or included:
            return reader.read(rows.keys)

        def written(keys: list[int]) -> dict[int, orjson.Fragment]:
            return {
                key: orjson.Fragment(orjson.dumps(record))
                for key, record in reader.by_key(keys).items()
            }

        return self.filters.index.per_mitigation(
            ("record", self.base_url),
            rows.keys,
            written,
        )

    @cached_property
    def filters(self) -> MitigationFilter:
        """The same for all that one page says."""
        return self.read_filters()

    def read_filters(self) -> MitigationFilter:
        """What the query asks for. Raises BadParameters."""
        extra = (*PAGE_PARAMETERS, "fields", "include", "facets", "group_by")
        filters = MitigationFilter(
            self.request.query_params,
            Mitigation.objects.all(),
            extra=extra,
        )
        refuse(filters.problems)
        return filters

    def listing(self) -> Listing:
        form = self.asked_format
        if form and form.is_table:
            filters = self.read_filters()
            columns = values_listed(
                self.request,
                "fields",
                MitigationTable(chosen=filters.for_entries).known,
            )
            return MitigationListing(filters, self.base_url, (), columns)
        only, included = self.members
        return MitigationListing(
            self.read_filters(),
            self.base_url,
            included,
            only,
        )

    def list(self, request, *args, **kwargs):
        if self.asked_format:
            return self.file(self.asked_format)
        filters = self.filters
        wanted = values_listed(request, "facets", list(filters.facet_filters))
        more: dict[str, Any] = {"measures": filters.measure_count}
        if filters.search:
            more["search"] = _search_note(filters.search)
        if wanted:
            more["facets"] = [
                facet_payload(filters.facet(name))
                for name in dict.fromkeys(wanted)
            ]
        if fields := _grouped_by(request):
            more["groups"] = _groups_payload(filters, fields)
        return self.paged(
            filters.qs,
            filters.order_columns,
            len(filters.keys),
            **more,
        )


def _grouped_by(request: Request) -> list[str]:
    """The fields to count by. Raises BadParameters."""
    fields = values_listed(request, "group_by", list(AXES))
    fields = list(dict.fromkeys(fields))
    if len(fields) > MOST_FIELDS:
        text = ",".join(fields)
        message = f"Give at most {MOST_FIELDS} fields."
        refuse([Problem("group_by", text, message, [])])
    return fields


def _groups_payload(
    filters: MitigationFilter,
    fields: list[str],
) -> dict[str, Any]:
    groups = groups_by(filters, fields)
    measures = filters.index.measures
    counts = [
        {
            "values": [cell.values[field] for field in fields],
            "count": cell.count,
            "measures": measures.count(cell.keys),
        }
        for cell in groups.cells
    ]
    return {"by": fields, "counts": counts, "more": groups.more}


def _synonym_payload(used: SynonymUsed) -> dict:
    return {
        "typed": used.typed,
        "meanings": [meaning.text for meaning in used.meanings],
    }


def _search_note(plan: SearchPlan) -> dict:
    """As `views.SEARCH_NOTE` describes it."""
    return {
        "query": plan.query,
        "corrected": plan.corrected_query,
        "corrections": [
            {"typed": typed, "used": used}
            for typed, used in plan.corrected.items()
        ],
        "did_you_mean": plan.did_you_mean,
        "missing": plan.missing,
        "beginnings": plan.beginnings,
        "categories": [
            {"taxonomy": one.taxonomy.slug, "code": one.code}
            for one in plan.categories
        ],
        "synonyms": list(map(_synonym_payload, plan.synonyms)),
        "gaps": [
            {"taxonomy": one.taxonomy.slug, "code": one.code, "name": one.name}
            for one in plan.gaps
        ],
        "words": "any" if plan.uses_any_word else "all",
    }
