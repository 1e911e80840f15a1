"""What two laws, codes or standards ask for in common, in the API."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.response import Response

from catalogue.files.exports.crosswalk import line_of, line_of_provision
from catalogue.listing.index import current_index
from catalogue.models import Instrument, Mapping
from catalogue.record.crosswalk import (
    CAUTION,
    CHOOSE_TWO,
    FROM,
    TO,
    CrossedMeasures,
    Crosswalk,
    CrosswalkForm,
    OnlyOne,
)
from catalogue.record.meeting import Met
from catalogue.record.serializers import InstrumentSerializer
from serving.parameters import Problem, given_twice, unknown_value
from serving.renderers import JSONRenderer

from .parameters import RELEASE, parameter
from .refusing import refuse
from .views import CatalogueViewSet

#: Which page of the answer, of which each part has so many mitigations.
PAGE = "page"
MEASURES_ON_PAGE = 500


class CrossedProvisionSerializer(serializers.Serializer):
    """A provision of one of the two."""

    instrument = serializers.CharField(help_text="Its slug.")
    provision = serializers.CharField(help_text="Its id there.")
    section_of = serializers.CharField(
        allow_null=True,
        help_text="Of a number alone: the code whose section it is; null: the id says it.",
    )
    provision_name = serializers.CharField()
    applies = serializers.CharField(
        allow_null=True,
        help_text="To whom and from when; null: not recorded.",
    )
    met = serializers.ChoiceField(
        choices=Met.choices,
        help_text="How near what is here comes to it.",
    )
    is_verified = serializers.BooleanField()


class CrossedAnswerSerializer(CrossedProvisionSerializer):
    """What a provision asks about a measure."""

    relation = serializers.ChoiceField(choices=Mapping.Relation.choices)
    force = serializers.ChoiceField(
        choices=Mapping.Force.choices,
        allow_null=True,
    )
    asks = serializers.CharField(help_text="Force and relation in words.")
    note = serializers.CharField(allow_null=True, help_text="Why.")
    asserted_by = serializers.CharField()
    confidence = serializers.CharField(allow_null=True)


class CrossedMeasureSerializer(serializers.Serializer):
    """A mitigation with what either asks about it, the nearest to it first."""

    accession = serializers.CharField()
    name = serializers.CharField()
    first = CrossedAnswerSerializer(many=True)
    second = CrossedAnswerSerializer(many=True)


class OnlyOneSerializer(serializers.Serializer):
    """What one of them asks for and the other does not."""

    mitigations = CrossedMeasureSerializer(many=True)
    unmet = CrossedProvisionSerializer(
        many=True,
        help_text="Its provisions that no mitigation here meets.",
    )
    only_related = CrossedProvisionSerializer(
        many=True,
        help_text="Its provisions to which mitigations here are only related.",
    )


class CrossedCountsSerializer(serializers.Serializer):
    """How many mitigations each part has on all pages; null where this is not known, since nothing is
    mapped to one of the two.
    """

    both = serializers.IntegerField(allow_null=True)
    both_measures = serializers.IntegerField(
        allow_null=True,
        help_text="How many different measures these are: several mitigations may word one.",
    )
    both_near = serializers.IntegerField(
        allow_null=True,
        help_text="Of both: as they stand or nearly so on both sides.",
    )
    both_between = serializers.IntegerField(
        allow_null=True,
        help_text="Of both: neither of these two.",
    )
    both_related = serializers.IntegerField(
        allow_null=True,
        help_text="Of both: with something only related on a side.",
    )
    only_first = serializers.IntegerField(allow_null=True)
    only_second = serializers.IntegerField(allow_null=True)


@extend_schema_serializer(many=False)
class CrosswalkSerializer(serializers.Serializer):
    """From one law, code or standard to another, through the mitigations."""

    first = InstrumentSerializer()
    second = InstrumentSerializer()
    both = CrossedMeasureSerializer(many=True)
    only_first = OnlyOneSerializer()
    only_second = OnlyOneSerializer()
    counts = CrossedCountsSerializer()
    pages = serializers.IntegerField(
        help_text=f"How many pages there are: of each part of the crosswalk, a page has {MEASURES_ON_PAGE} mitigations.",
    )
    notices = serializers.ListField(child=serializers.CharField())
    page_url = serializers.URLField()


@extend_schema_view(
    list=extend_schema(
        summary="What two laws, codes or standards ask for in common",
        description="As the page /crosswalk/ has it. " + CAUTION,
        parameters=[
            parameter(
                FROM,
                "Slug of a law, code or standard.",
                required=True,
            ),
            parameter(TO, "Slug of another one.", required=True),
            OpenApiParameter(
                PAGE,
                {"type": "integer", "minimum": 1},
                description="Which page, from 1 on. Provisions that no mitigation meets stand on the first.",
            ),
            RELEASE,
        ],
        responses=CrosswalkSerializer,
    ),
)
class CrosswalkViewSet(CatalogueViewSet):
    queryset = Instrument.objects.all()
    serializer_class = CrosswalkSerializer
    pagination_class = None
    list_parameters = (FROM, TO)
    page_parameters = ("format", "release", PAGE)
    retrieve = None  # type: ignore[assignment]

    @classmethod
    def example_query(cls):
        slugs = list(Instrument.objects.values_list("slug", flat=True)[:2])
        if len(slugs) < 2:
            return None
        return {FROM: slugs[:1], TO: slugs[1:]}

    def get_renderers(self):
        return [JSONRenderer()]

    def list(self, request, *args, **kwargs):
        form = CrosswalkForm(self.own_parameters())
        refuse(form.problems)
        if form.chosen is None:
            refuse(_not_chosen(form))
        crosswalk = Crosswalk(*form.chosen, current_index())
        found = {
            "both": len(crosswalk.both),
            "only_first": len(crosswalk.only_first.measures),
            "only_second": len(crosswalk.only_second.measures),
        }
        pages = max(1, -(-max(found.values()) // MEASURES_ON_PAGE))
        near = crosswalk.how_near
        found |= {
            "both_measures": crosswalk.both.measure_count,
            "both_near": near.near,
            "both_between": near.between,
            "both_related": near.related,
        }
        counts = dict.fromkeys(found) if crosswalk.unmapped else found
        page = _page(request.query_params.getlist(PAGE), pages)
        return Response(
            {
                "first": InstrumentSerializer(crosswalk.first).data,
                "second": InstrumentSerializer(crosswalk.second).data,
                "both": _measures(crosswalk.both, page),
                "only_first": _only(crosswalk.only_first, page),
                "only_second": _only(crosswalk.only_second, page),
                "counts": counts,
                "pages": pages,
                "notices": crosswalk.notices,
                "page_url": request.build_absolute_uri(crosswalk.url()),
            },
        )


def _not_chosen(form: CrosswalkForm) -> list[Problem]:
    """Of each of the two that is missing."""
    slugs = list(form.instruments)
    return [
        Problem(name, "", CHOOSE_TWO, slugs)
        for name in (FROM, TO)
        if not form.value(name)
    ]


def _page(values: list[str], pages: int) -> int:
    """Raises BadParameters for what is no page."""
    refuse(given_twice(PAGE, values))
    [value] = values or ["1"]
    allowed = [str(number) for number in range(1, pages + 1)]
    if value not in allowed:
        refuse([unknown_value(PAGE, value, allowed)])
    return int(value)


def _only(only: OnlyOne, page: int) -> dict[str, Any]:
    is_first = page == 1
    unmet = only.unmet if is_first else []
    related = only.only_related if is_first else []
    return {
        "mitigations": _measures(only.measures, page),
        "unmet": [line_of_provision(one) for one in unmet],
        "only_related": [line_of_provision(one) for one in related],
    }


#: Stand in each mitigation once.
_OF_MEASURE = ("mitigation", "mitigation_name")


def _measures(measures: CrossedMeasures, page: int) -> list[dict[str, Any]]:
    start = (page - 1) * MEASURES_ON_PAGE
    return [
        {
            "accession": one.mitigation.accession,
            "name": one.mitigation.name,
            "first": [_line_alone(line_of(answer)) for answer in one.first],
            "second": [_line_alone(line_of(answer)) for answer in one.second],
        }
        for one in measures[start : start + MEASURES_ON_PAGE]
    ]


def _line_alone(line: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in line.items() if name not in _OF_MEASURE
    }
