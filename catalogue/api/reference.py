"""What mitigations refer to, in the API: taxonomies, vocabularies, documents and mappings."""

import django_filters
from django import forms
from django.http import Http404
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_view,
)
from rest_framework.exceptions import NotFound

from catalogue.files.exports.listings import DocumentListing
from catalogue.models import (
    Category,
    Document,
    Mapping,
    Mitigation,
    Provision,
    Taxonomy,
    Term,
)
from catalogue.record.serializers import (
    TERM_SERIALIZERS,
    CategorySerializer,
    DocumentSerializer,
    MappingSerializer,
    TaxonomySerializer,
)
from serving.parameters import clipped
from serving.strict import NamesFilter, StrictFilterSet

from .instruments import (
    OF_MAPPINGS,
    LawInForceFilter,
    MappedProvisionFilter,
    WithInstruments,
)
from .parameters import PAGING, RELEASE, parameter
from .views import CatalogueViewSet


class CategoryFilter(StrictFilterSet):
    taxonomy = NamesFilter(field_name="taxonomy__slug", names="taxonomies")

    @property
    def taxonomies(self):
        return Taxonomy.objects.values_list("slug", flat=True)


class AccessionField(forms.Field):
    """Cleans an accession to the published mitigation that has it."""

    def to_python(self, value):
        if not value:
            return None
        published = Mitigation.objects.published()
        mitigation = published.filter(
            accession=value.replace("\x00", ""),
        ).first()
        if mitigation is None:
            raise forms.ValidationError(
                f"There is no mitigation “{clipped(value)}”: give one such as M0001.",
            )
        return mitigation


class EitherEndFilter(django_filters.Filter):
    """Mappings at either end of which a mitigation stands."""

    field_class = AccessionField

    def filter(self, qs, value):
        return qs.about(value) if value else qs


class MappingFilter(WithInstruments):
    mitigation = EitherEndFilter()
    instrument = NamesFilter(
        field_name="provision__instrument__slug",
        names="instruments",
    )
    provision = MappedProvisionFilter()
    force = NamesFilter(field_name="force", names="forces")
    relation = NamesFilter(field_name="relation", names="relations")
    addressee = NamesFilter(
        field_name="provision__addressee",
        names="addressees",
    )
    in_force_on = LawInForceFilter()

    @property
    def forces(self):
        return Mapping.Force.values

    @property
    def relations(self):
        return Mapping.Relation.values

    @property
    def addressees(self):
        return Provision.Addressee.values


@extend_schema_view(
    list=extend_schema(summary="Taxonomies", parameters=PAGING),
    retrieve=extend_schema(summary="One taxonomy", parameters=[RELEASE]),
)
class TaxonomyViewSet(CatalogueViewSet):
    queryset = Taxonomy.objects.all()
    serializer_class = TaxonomySerializer
    order_columns = ["position", "pk"]


@extend_schema_view(
    list=extend_schema(
        summary="Categories",
        parameters=[
            parameter("taxonomy", "Only those of this taxonomy (its slug)."),
            *PAGING,
        ],
    ),
    retrieve=extend_schema(
        summary="One category, as taxonomy:code",
        parameters=[
            OpenApiParameter(
                "place",
                str,
                "path",
                description="Such as mitigations-v2:2.3.1.",
            ),
            RELEASE,
        ],
    ),
)
class CategoryViewSet(CatalogueViewSet):
    queryset = Category.objects.with_parents()
    serializer_class = CategorySerializer
    filterset_class = CategoryFilter
    order_columns = ["taxonomy_id", "path"]
    lookup_field = "place"
    lookup_value_regex = "[^/]+"

    def get_object(self):
        slug, _, code = self.kwargs["place"].partition(":")
        category = (
            self.get_queryset().filter(taxonomy__slug=slug, code=code).first()
            if "\x00" not in code + slug
            else None
        )
        if category is None:
            raise NotFound(
                "There is no such category. Address one as taxonomy:code, such as mitigations-v2:2.3.1.",
            )
        return category


def term_view_set(terms: type[Term]) -> type[CatalogueViewSet]:
    """What the API answers of a vocabulary: all its terms, or one by its slug."""
    described = extend_schema_view(
        list=extend_schema(summary=terms.title, parameters=PAGING),
        retrieve=extend_schema(
            summary=f"One {terms.parameter}",
            parameters=[RELEASE],
        ),
    )
    members = {
        "queryset": terms._default_manager.all(),
        "serializer_class": TERM_SERIALIZERS[terms],
        "order_columns": ["position", "pk"],
    }
    name = f"{terms.schema_name}ViewSet"
    return described(type(name, (CatalogueViewSet,), members))


@extend_schema_view(
    list=extend_schema(summary="Sources (documents)", parameters=PAGING),
    retrieve=extend_schema(summary="One document", parameters=[RELEASE]),
)
class DocumentViewSet(CatalogueViewSet):
    queryset = Document.objects.with_authors()
    serializer_class = DocumentSerializer
    listing_class = DocumentListing
    has_references = True

    def notices(self):
        return [
            document.named_notice
            for document in Document.objects.exclude(preliminary_notice="")
        ]


@extend_schema_view(
    list=extend_schema(
        summary="Mappings between mitigations, to laws, codes and standards, and to other frameworks",
        parameters=[
            parameter(
                "mitigation",
                "Only those at either end of which this accession stands.",
            ),
            *OF_MAPPINGS,
            *PAGING,
        ],
    ),
    retrieve=extend_schema(exclude=True),
)
class MappingViewSet(CatalogueViewSet):
    queryset = Mapping.objects.published().for_display()
    serializer_class = MappingSerializer
    lookup_field = "pk"
    filterset_class = MappingFilter

    def retrieve(self, request, *args, **kwargs):
        raise Http404
