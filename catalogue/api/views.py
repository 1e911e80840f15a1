"""What every list and record of the API has in common: pages by cursor, formats, problems,
links.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import ClassVar

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.extensions import OpenApiFilterExtension
from rest_framework import viewsets
from rest_framework.exceptions import NotFound
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from catalogue.api import deprecation
from catalogue.files.exports.address import ListAddress
from catalogue.files.exports.delivery import deliver
from catalogue.files.exports.formats import FORMATS, Format, tables_first
from catalogue.files.exports.listings import Listing, SerializedListing
from catalogue.files.exports.negotiation import RENDERERS
from catalogue.listing.pagination import (
    DEFAULT_SIZE,
    LARGEST_SIZE,
    BadCursor,
    Page,
)
from serving.parameters import (
    Problem,
    clipped,
    given_twice,
    left_empty,
    unknown_parameter,
)
from serving.problems import Elsewhere, Gone
from serving.renderers import JSONRenderer
from serving.strict import StrictFilterSet

from .refusing import (
    PAGE_PARAMETERS,
    problems_of_release,
    refuse,
    values_listed,
    without_meaning,
)


class PageSchema(BasePagination):
    """What a page looks like, for the API's schema. `CatalogueViewSet.paged` makes them."""

    def get_paginated_response_schema(self, schema):
        address = {"type": ["string", "null"], "format": "uri"}
        members = {
            "count": {
                "type": "integer",
                "description": "Of the whole selection.",
            },
            "next": address,
            "previous": address,
            "results": schema,
        }
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": members,
        }

    def get_schema_operation_parameters(self, view):
        return []


class PageResponse(Response):
    """A page of a list."""


class StrictFilterBackend(DjangoFilterBackend):
    """Narrows a list by the filter set of its view. Raises BadParameters for what that refuses."""

    def get_filterset_kwargs(self, request, queryset, view):
        extra = [*PAGE_PARAMETERS, *view.list_parameters]
        return {
            **super().get_filterset_kwargs(request, queryset, view),
            "extra": extra,
        }

    def filter_queryset(self, request, queryset, view):
        filterset = self.get_filterset(request, queryset, view)
        refuse(filterset.problems)
        return filterset.qs


class DescribedByView(OpenApiFilterExtension):
    """The schema has the parameters of a list as its view describes them, and guesses none from
    its filters, which are of no fields of a model.
    """

    target_class = StrictFilterBackend
    priority = 1

    def get_schema_operation_parameters(self, auto_schema):
        return []


class CatalogueViewSet(viewsets.ReadOnlyModelViewSet):
    """Lists come in pages by cursor; a parameter that is not known is refused."""

    filter_backends = (StrictFilterBackend,)
    filterset_class: type[StrictFilterSet] = StrictFilterSet
    #: Those of paging that the list takes.
    page_parameters = PAGE_PARAMETERS
    #: Parameters of the list, and of one record, beside those of paging and its filters.
    list_parameters: tuple[str, ...] = ()
    detail_parameters: tuple[str, ...] = ()
    #: Those of further actions, by their names.
    action_parameters: ClassVar[dict[str, tuple[str, ...]]] = {}
    order_columns = ["pk"]
    #: Whether it is of no release, but of all that there are.
    is_of_today = False
    #: What makes files of the list, and whether it is of works to cite.
    listing_class: type[SerializedListing] = SerializedListing
    has_references = False
    #: Further actions whose answer comes as a file too.
    exported: tuple[str, ...] = ()
    lookup_field = "slug"
    pagination_class: type[BasePagination] | None = PageSchema
    renderer_classes = RENDERERS

    def get_renderers(self):
        """Only lists, and what has results in rows, come as files."""
        if self.action not in (None, "list", *self.exported):
            return [JSONRenderer()]
        formats = self.formats()
        renderers = []
        for renderer in super().get_renderers():
            if getattr(renderer, "form", "json") in formats:
                renderers.append(renderer)
        return renderers

    def own_parameters(self) -> QueryDict:
        """What is asked, without what each list of the API takes."""
        data = self.request.query_params.copy()
        for name in self.page_parameters:
            data.pop(name, None)
        return data

    @classmethod
    def example_query(cls) -> dict[str, list[str]] | None:
        """What its list is shown with as an example, where it answers to no less. None: there is
        nothing yet that it could be shown with.
        """
        return {}

    @classmethod
    def formats(cls) -> dict[str, Format]:
        """Those that its list comes in."""
        formats = {}
        for name, form in FORMATS.items():
            if cls.has_references or not form.is_of_references:
                formats[name] = form
        return formats

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        request.query_params  # noqa: B018 - decoded before it is judged
        known = (
            ["format", "release", *self.detail_parameters]
            if self.detail
            else [
                *self.page_parameters,
                *self.filterset_class.base_filters,
                *self.list_parameters,
            ]
        )
        known += self.action_parameters.get(self.action, ())
        if self.is_of_today:
            known.remove("release")
        asked = request.query_params
        refuse(
            unknown_parameter(name, asked[name], known)
            for name in asked
            if name not in known
        )
        refuse(
            empty
            for name in asked
            for empty in left_empty(name, asked.getlist(name))
        )
        refuse(
            twice
            for name in PAGE_PARAMETERS
            for twice in given_twice(name, asked.getlist(name))
        )
        refuse(problems_of_release(asked.get("release", "")))

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(
            request,
            response,
            *args,
            **kwargs,
        )
        # Whoever keeps an answer asks each time whether it still holds.
        patch_cache_control(response, public=True, no_cache=True)
        if response.status_code == HTTPStatus.OK:
            links = [
                f'<{url}>; rel="{rel}"'
                for rel, url in self.links(response).items()
                if url
            ]
            # A file says itself what describes it.
            response["Link"] = ", ".join(
                filter(None, [response.get("Link"), *links]),
            )
            for name, value in self.deprecations().items():
                response[name] = value
        return response

    def deprecations(self) -> dict[str, str]:
        members = self.request.query_params.getlist("fields")
        only = [
            name.strip()
            for text in members
            for name in text.split(",")
            if name.strip()
        ]
        return deprecation.headers(
            self.request.path_info.split("/")[3],
            self.request.query_params,
            only,
        )

    def filter_queryset(self, queryset):
        """One record is found by its address alone."""
        if self.detail:
            return queryset
        return super().filter_queryset(queryset)

    def get_object(self):
        """Raises Gone for a record that was withdrawn, which points to what replaces it."""
        try:
            return super().get_object()
        except Http404:
            if hasattr(self.queryset, "withdrawn"):
                self.look_for_withdrawn(
                    self.queryset.model.objects.withdrawn(),
                )
            key = self.kwargs[self.lookup_field].replace("\x00", "")
            if name := self.known_as(key):
                raise Elsewhere(self.address_of(name)) from None
            raise NotFound(
                f"There is no {self.queryset.model._meta.verbose_name} “{clipped(key)}”.",
            ) from None

    def known_as(self, key: str) -> str | None:
        """The name under which a record stands that is also called `key`; None: there is none
        such, or more than one.
        """
        names = (
            self.get_queryset()
            .filter(**{f"{self.lookup_field}__iexact": key})
            .values_list(self.lookup_field, flat=True)
        )
        return names[0] if len(names) == 1 else None

    def address_of(self, name: str) -> str:
        query = self.request.META.get("QUERY_STRING", "")
        return f"{self.reverse_action('detail', args=[name])}{f'?{query}' if query else ''}"

    def look_for_withdrawn(self, rows) -> None:
        key = self.kwargs[self.lookup_field].replace("\x00", "")
        record = rows.filter(**{self.lookup_field: key}).first()
        if record is None:
            return
        successor = record.successor
        at = record.withdrawn_at
        address = (
            self.request.build_absolute_uri(
                self.reverse_action(
                    "detail",
                    args=[getattr(successor, self.lookup_field)],
                ),
            )
            if successor
            else None
        )
        detail = f"{record.withdrawal_notice} {'It is replaced by ' + address + '.' if address else 'Nothing replaces it.'}"
        raise Gone(
            detail,
            replaced_by=address,
            withdrawn_at=at.isoformat() if at else None,
        )

    def links(self, response: Response) -> dict[str, str | None]:
        """For the Link header: what describes an answer, what it is called, and in a list where
        to go on.
        """
        schema = self.request.build_absolute_uri(reverse("api:schema"))
        if not isinstance(response, PageResponse):
            return {
                "describedby": schema,
                "canonical": self.address(without=("format",)),
            }
        ways = {
            "first": self.address(),
            "prev": response.data["previous"],
            "next": response.data["next"],
        }
        return {
            **ways,
            "describedby": schema,
            "canonical": self.address(
                without=("page_size", "cursor", "format"),
            ),
        }

    def page_size(self) -> int:
        text = self.request.query_params.get("page_size") or str(DEFAULT_SIZE)
        if not (
            text.isascii()
            and text.isdigit()
            and 1 <= int(text[:9]) <= LARGEST_SIZE
            and len(text) < 9
        ):
            refuse(
                [
                    Problem(
                        "page_size",
                        clipped(text),
                        f"Give a whole number from 1 to {LARGEST_SIZE}.",
                        [],
                    ),
                ],
            )
        return int(text)

    def page(self, rows, columns: list[str]) -> Page:
        cursor = self.request.query_params.get("cursor", "")
        try:
            return Page(rows, columns, cursor, self.page_size())
        except BadCursor:
            message = "This cursor does not belong to this list in this order: begin again without it."
            refuse([Problem("cursor", cursor[:80], message, [])])
            raise

    def address(
        self,
        cursor: str | None = None,
        without: tuple[str, ...] = ("cursor",),
    ) -> str:
        """Of this list: from its beginning, or from a cursor."""
        query = self.request.query_params.copy()
        for name in without:
            query.pop(name, None)
        if cursor:
            query["cursor"] = cursor
        asked = f"?{query.urlencode()}" if query else ""
        return self.request.build_absolute_uri(f"{self.request.path}{asked}")

    def paged(self, rows, columns: list[str], count: int, **more) -> Response:
        page = self.page(rows, columns)
        ways = {"next": page.next, "previous": page.previous}
        links = {
            name: self.address(cursor) if cursor else None
            for name, cursor in ways.items()
        }
        results = self.said_of(page.rows)
        return PageResponse(
            {"count": count, **links, **more, "results": results},
        )

    def said_of(self, rows) -> list:
        """What is said of the records of a page."""
        return self.get_serializer(rows, many=True).data

    # The whole list as a file

    @property
    def asked_format(self) -> Format | None:
        """The format asked for by `format`, or else by the header Accept; None: a page. Raises
        BadParameters.
        """
        values_listed(self.request, "format", list(self.formats()))
        asked = self.request.query_params.get("format") or getattr(
            self.request.accepted_renderer,
            "form",
            None,
        )
        return FORMATS[asked] if asked else None

    def file(self, form: Format, make: Callable[[], Listing] | None = None):
        """The whole list in a format. Raises BadParameters for what has no meaning there."""
        query = self.request.query_params
        refuse(
            Problem(name, query[name], reason, [])
            for name, reason in without_meaning(form).items()
            if query.get(name)
        )
        make = make or self.listing
        address = ListAddress(
            self.request.build_absolute_uri("/").rstrip("/"),
            self.request.path,
            query,
        )
        listing = make()
        if (
            form.most is not None
            and (count := listing.row_count()) > form.most
        ):
            larger = [
                one.name
                for one in tables_first()
                if one.is_table and not one.most
            ]
            reason = (
                f"A sheet holds {form.most:,} records, and this list has {count:,}: "
                f"filter it, or take {' or '.join(larger)}."
            )
            refuse([Problem("format", form.name, reason, [])])
        return deliver(make, address, form, listing.name)

    def listing(self) -> Listing:
        """What is exported, read anew each time."""
        name = self.request.path.rstrip("/").rpartition("/")[2]
        context = self.get_serializer_context()
        rows = self.filter_queryset(self.get_queryset()).order_by(
            *self.order_columns,
        )
        return self.listing_class(
            name,
            rows,
            self.get_serializer_class(),
            context,
            self.notices,
        )

    def notices(self) -> list[str]:
        """What is to be shown with the list."""
        return []

    def list(self, request, *args, **kwargs):
        if self.asked_format:
            return self.file(self.asked_format)
        rows = self.filter_queryset(self.get_queryset())
        return self.paged(rows, self.order_columns, rows.count())
