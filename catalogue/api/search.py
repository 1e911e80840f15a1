"""Search across kinds in the API."""

from typing import Any

from drf_spectacular.utils import (
    extend_schema,
    extend_schema_serializer,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.response import Response

from catalogue.listing.across import (
    FoundTarget,
    Group,
    SearchAcross,
    SearchForm,
    search_across,
)
from catalogue.listing.targets import TARGET_KINDS
from catalogue.models import Mitigation
from serving.renderers import JSONRenderer
from serving.strict import NamesField

from .parameters import RELEASE, parameter
from .refusing import refuse
from .views import CatalogueViewSet

MITIGATION = "mitigation"
#: What is said of a kind, and what was found of it.
Found = tuple[dict[str, Any], list[dict[str, Any]]]
#: So many of each kind are given.
MOST_OF_KIND = 10


class HitSerializer(serializers.Serializer):
    """Something that a search found."""

    kind = serializers.CharField()
    id = serializers.CharField(
        help_text="Of a mitigation its accession, of a category taxonomy:code, of a filter or an order parameter=value, else the slug.",
    )
    code = serializers.CharField(
        allow_null=True,
        help_text="Of a category or risk, and of a mitigation where it stands in the default taxonomy.",
    )
    name = serializers.CharField()
    detail = serializers.CharField(
        allow_null=True,
        help_text="What tells it from others of its name, such as the taxonomy or the title.",
    )
    page_url = serializers.URLField(
        allow_null=True,
        help_text="Its page; null where it has none.",
    )
    list_url = serializers.URLField(
        allow_null=True,
        help_text="The list of its mitigations; null for a mitigation.",
    )
    count = serializers.IntegerField(
        allow_null=True,
        help_text="How many mitigations that list has; null for a mitigation.",
    )


class KindSerializer(serializers.Serializer):
    """How many were found of one kind."""

    kind = serializers.CharField()
    name = serializers.CharField()
    count = serializers.IntegerField()


@extend_schema_serializer(many=False)
class FoundSerializer(serializers.Serializer):
    """What a search found: the kinds with how many there are of each, and the first of each."""

    query = serializers.CharField()
    kinds = KindSerializer(many=True)
    results = HitSerializer(many=True)


def kinds_of_hits() -> list[tuple[str, str]]:
    """Read when it is asked for: other apps register theirs when Django is ready."""
    known = {name: kind.label for name, kind in TARGET_KINDS.items()}
    return [(MITIGATION, "Mitigation"), *known.items()]


class AcrossForm(SearchForm):
    """What is searched for, and of which kinds."""

    refuses_empty = True

    kind = NamesField(choices=kinds_of_hits, required=False)


@extend_schema_view(
    list=extend_schema(
        summary="Search across mitigations, categories, risks, risk areas, terms, documents and studies",
        description=f"The first {MOST_OF_KIND} of each kind, the nearest first. All mitigations are in the list of mitigations, with the same “q”.",
        parameters=[
            parameter(
                "q",
                "Words, a code such as 2.3.1, an accession, or a question. Without it nothing is found.",
            ),
            parameter(
                "kind",
                "Only these kinds, repeated or with commas, by their names in “kinds”.",
            ),
            RELEASE,
        ],
        responses=FoundSerializer,
    ),
)
class SearchViewSet(CatalogueViewSet):
    """What a text leads to, as the page of the search has it."""

    queryset = Mitigation.objects.published()
    serializer_class = FoundSerializer
    pagination_class = None
    retrieve = None  # type: ignore[assignment]
    page_parameters = ("format", "release")
    list_parameters = ("q", "kind")

    def get_renderers(self):
        return [JSONRenderer()]

    def list(self, request, *args, **kwargs):
        form = self._form()
        across = search_across(form.value("q"))
        every = [
            self._group_of_mitigations(across),
            *map(self._group, across.groups(MOST_OF_KIND)),
        ]
        kinds = form.value("kind")
        found = [
            (kind, hits)
            for kind, hits in every
            if not kinds or kind["kind"] in kinds
        ]
        return Response(
            {
                "query": across.text,
                "kinds": [kind for kind, _ in found],
                "results": [hit for _, hits in found for hit in hits],
            },
        )

    def _form(self) -> "AcrossForm":
        """What is asked for. Raises BadParameters."""
        form = AcrossForm(
            self.request.query_params,
            extra=self.page_parameters,
        )
        refuse(form.problems)
        return form

    def _group_of_mitigations(self, across: SearchAcross) -> Found:
        count = len(across.mitigations)
        kind = {"kind": MITIGATION, "name": "Mitigation", "count": count}
        first = across.mitigations[:MOST_OF_KIND]
        return kind, [self._mitigation(one) for one in first]

    def _group(self, group: Group) -> Found:
        kind = {
            "kind": group.kind.name,
            "name": group.kind.label,
            "count": group.count,
        }
        return kind, [self._target(one) for one in group.found]

    def _mitigation(self, mitigation: Mitigation) -> dict[str, Any]:
        primary = mitigation.primary
        return {
            "kind": MITIGATION,
            "id": mitigation.accession,
            "code": primary.category.code if primary else None,
            "name": mitigation.name,
            "detail": mitigation.document.label,
            "page_url": self._address(mitigation.get_absolute_url()),
            "list_url": None,
            "count": None,
        }

    def _target(self, found: FoundTarget) -> dict[str, Any]:
        target = found.target
        return {
            "kind": target.kind.name,
            "id": target.id,
            "code": target.code or None,
            "name": target.name,
            "detail": target.note or None,
            "page_url": self._address(target.page_url),
            "list_url": self._address(target.list_url),
            "count": found.count,
        }

    def _address(self, path: str) -> str | None:
        return self.request.build_absolute_uri(path) if path else None
