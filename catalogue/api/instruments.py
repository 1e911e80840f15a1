"""Laws, codes and standards in the API: what they are, what they ask for, and about which
mitigations.
"""

import datetime

import django_filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.exceptions import NotFound

from catalogue.listing.asked_fields import DayField, ProvisionField
from catalogue.listing.facet_values import meanings_in_words
from catalogue.listing.index import current_index
from catalogue.models import Instrument, Mapping, NotCovered, Provision
from catalogue.models.mitigation import among
from catalogue.record.meeting import Met, met_by_key
from catalogue.record.serializers import (
    InstrumentSerializer,
    NotCoveredSerializer,
    ProvisionSerializer,
)
from serving.strict import NamesFilter, StrictFilterSet

from .parameters import PAGING, RELEASE, parameter
from .views import CatalogueViewSet

EXAMPLE_OF_PROVISION = "eu-ai-act:Article 9"


class LawInForceFilter(django_filters.Filter):
    """What provisions of law ask that apply on a day."""

    field_class = DayField

    def filter(self, qs, value):
        if not value:
            return qs
        return qs.in_force_on(datetime.date.fromisoformat(value))


class MappedProvisionFilter(django_filters.Filter):
    """Of provisions, each with all that it consists of."""

    field_class = ProvisionField

    def filter(self, qs, value):
        if not value:
            return qs
        return qs.filter(provision__in=Provision.objects.with_parts_of(value))


class InstrumentFilterSet(StrictFilterSet):
    kind = NamesFilter(field_name="kind", names="kinds")

    @property
    def kinds(self):
        return Instrument.Kind.values


class WithInstruments(StrictFilterSet):
    """What is narrowed by instruments: `instruments` are the slugs of all."""

    @property
    def instruments(self):
        return Instrument.objects.values_list("slug", flat=True)


class MetFilter(NamesFilter):
    """By how near what is here comes to a provision."""

    def filter(self, qs, value):
        if not value:
            return qs
        keys = met_by_key(current_index())
        names = [key for key, met in keys.items() if met.value in value]
        return qs.filter(pk__in=among(Provision.objects.keys_of(names)))


class ProvisionFilterSet(WithInstruments):
    instrument = NamesFilter(
        field_name="instrument__slug",
        names="instruments",
    )
    met = MetFilter(field_name="pk", names="meetings")
    in_force_on = LawInForceFilter()

    @property
    def meetings(self):
        return Met.values


@extend_schema_serializer(component_name="Provision")
class MetProvisionSerializer(ProvisionSerializer):
    """A provision, with how near what is here comes to it."""

    met = serializers.SerializerMethodField(
        help_text=f"{'; '.join(f'{one.value}: {one.label}' for one in Met)}.",
    )

    class Meta(ProvisionSerializer.Meta):
        fields = [*ProvisionSerializer.Meta.fields, "met"]

    @extend_schema_field(serializers.ChoiceField(choices=Met.choices))
    def get_met(self, provision: Provision) -> str:
        return met_by_key(current_index())[provision.key].value


INSTRUMENT = parameter(
    "instrument",
    "Only those of these laws, codes and standards (their slugs).",
)
IN_FORCE_ON = parameter(
    "in_force_on",
    "A day such as 2026-12-02: only provisions of binding law that apply on that day. What applies on some systems only later, by "
    "“applies_from_note” or “longer_for”, counts from its first day.",
    type=OpenApiTypes.DATE,
)


def _provision_names(
    name: str,
    values: list[str],
    text: str,
) -> OpenApiParameter:
    """Of a parameter that takes several of some values, with commas."""
    return OpenApiParameter(
        name,
        {"type": "array", "items": {"type": "string", "enum": values}},
        description=f"{text} Several are joined by “or”.",
        explode=False,
    )


OF_MAPPINGS = [
    INSTRUMENT,
    OpenApiParameter(
        "provision",
        {"type": "array", "items": {"type": "string"}},
        description=(
            f"Only those to this provision, as instrument:id, such as {EXAMPLE_OF_PROVISION}, and to its parts. Repeat it for “or”."
        ),
    ),
    _provision_names(
        "force",
        Mapping.Force.values,
        f"Only those to provisions that do this about the measure: {meanings_in_words(Mapping.Force.choices)}.",
    ),
    _provision_names(
        "relation",
        Mapping.Relation.values,
        f"Only those of this relation, as seen from the source: {meanings_in_words(Mapping.Relation.choices)}.",
    ),
    _provision_names(
        "addressee",
        Provision.Addressee.values,
        f"Only those to provisions of law that bind this group: {meanings_in_words(Provision.Addressee.choices)}.",
    ),
    IN_FORCE_ON,
]


@extend_schema_view(
    list=extend_schema(
        summary="Laws, codes, frameworks and standards",
        parameters=[
            parameter(
                "kind",
                "Only those of these kinds.",
                enum=Instrument.Kind.values,
            ),
            *PAGING,
        ],
    ),
    retrieve=extend_schema(
        summary="One law, code, framework or standard",
        parameters=[RELEASE],
    ),
)
class InstrumentViewSet(CatalogueViewSet):
    queryset = Instrument.objects.select_related("replaced_by")
    serializer_class = InstrumentSerializer
    filterset_class = InstrumentFilterSet
    order_columns = ["position", "pk"]


@extend_schema_view(
    list=extend_schema(
        summary="What laws, codes and standards ask for",
        parameters=[
            INSTRUMENT,
            _provision_names(
                "met",
                Met.values,
                "Only those to which what is here comes so near: met=none is what no measure here meets.",
            ),
            IN_FORCE_ON,
            *PAGING,
        ],
    ),
    retrieve=extend_schema(
        summary="One provision, as instrument:id",
        parameters=[
            OpenApiParameter(
                "provision",
                str,
                "path",
                description=f"Such as {EXAMPLE_OF_PROVISION}.",
            ),
            RELEASE,
        ],
    ),
)
class ProvisionViewSet(CatalogueViewSet):
    queryset = Provision.objects.with_instruments()
    serializer_class = MetProvisionSerializer
    filterset_class = ProvisionFilterSet
    order_columns = ["instrument_id", "position", "pk"]
    lookup_field = "provision"
    lookup_value_regex = "[^/]+"

    def get_object(self):
        provision = self.get_queryset().named(self.kwargs["provision"])
        if provision is None:
            raise NotFound(
                f"There is no such provision. Address one as instrument:id, such as {EXAMPLE_OF_PROVISION}.",
            )
        return provision


@extend_schema_view(
    list=extend_schema(
        summary="Laws, codes and standards that are not covered",
        description="That one of them asks for nothing here is not known.",
        parameters=PAGING,
    ),
)
class NotCoveredViewSet(CatalogueViewSet):
    queryset = NotCovered.objects.all()
    serializer_class = NotCoveredSerializer
    order_columns = ["position", "pk"]
    retrieve = None  # type: ignore[assignment]
