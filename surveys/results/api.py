from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.response import Response

from catalogue.api.parameters import FORMAT, PAGING, RELEASE, parameter
from catalogue.api.refusing import refuse
from catalogue.api.views import CatalogueViewSet
from serving.strict import NamesFilter, StrictFilterSet

from ..models import ExpertComment, RiskArea, Study
from .exports import StudyListing
from .selection import ResultFilter
from .serializers import (
    CommentSerializer,
    FindingSerializer,
    RiskAreaSerializer,
    StudySerializer,
)

RESULT_PARAMETERS = [
    parameter(
        "category",
        "Only of mitigations there or below: a code of the default taxonomy.",
    ),
    parameter("criterion", "Only under this criterion (its slug)."),
    parameter(
        "risk_area",
        "Only for this risk area (its slug, as risk-areas has it).",
    ),
    parameter("expertise_area", "Only of experts of this area (its slug)."),
]


def preliminary_notices(studies) -> list[str]:
    """What is to be shown with what these say, of those that are preliminary."""
    preliminary = studies.filter(is_preliminary=True).select_related(
        "document",
    )
    return list(dict.fromkeys(study.named_notice for study in preliminary))


@extend_schema_view(
    list=extend_schema(summary="Risk areas of studies", parameters=PAGING),
    retrieve=extend_schema(summary="One risk area", parameters=[RELEASE]),
)
class RiskAreaViewSet(CatalogueViewSet):
    queryset = RiskArea.objects.all()
    serializer_class = RiskAreaSerializer
    order_columns = ["position", "pk"]


@extend_schema_view(
    list=extend_schema(summary="Published studies", parameters=PAGING),
    retrieve=extend_schema(summary="One study", parameters=[RELEASE]),
)
class StudyViewSet(CatalogueViewSet):
    queryset = Study.objects.published().for_records()
    serializer_class = StudySerializer
    exported = ("results",)
    action_parameters = {"results": tuple(ResultFilter.base_filters)}

    def notices(self):
        return preliminary_notices(Study.objects.published())

    @extend_schema(
        summary="Every result of a study",
        description="As a table, a row for each count and each estimate.",
        responses=FindingSerializer(many=True),
        parameters=[*RESULT_PARAMETERS, FORMAT, RELEASE],
    )
    @action(detail=True, pagination_class=None)
    def results(self, request, slug=None):
        study = self.get_object()
        extra = ("format", "release")
        selection = ResultFilter(
            request.query_params,
            study=study,
            extra=extra,
        )
        refuse(selection.problems)
        if self.asked_format:
            return self.file(
                self.asked_format,
                lambda: StudyListing(study, selection),
            )
        findings = [
            finding
            for item in selection.qs
            for finding in selection.findings(item)
        ]
        return Response(FindingSerializer(findings, many=True).data)


class CommentFilter(StrictFilterSet):
    study = NamesFilter(field_name="item__study__slug", names="studies")

    @property
    def studies(self):
        return Study.objects.published().values_list("slug", flat=True)


@extend_schema_view(
    list=extend_schema(
        summary="Experts’ comments",
        parameters=[
            parameter(
                "study",
                "Only those of this study (its slug, as studies has it).",
            ),
            *PAGING,
        ],
    ),
    retrieve=extend_schema(exclude=True),
)
class CommentViewSet(CatalogueViewSet):
    queryset = ExpertComment.objects.published().for_display()
    serializer_class = CommentSerializer
    lookup_field = "pk"
    filterset_class = CommentFilter

    def notices(self):
        commented = ExpertComment.objects.published().values("item__study")
        return preliminary_notices(Study.objects.filter(pk__in=commented))
