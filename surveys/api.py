from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.response import Response

from catalogue.api import PAGING, CatalogueViewSet, listed, parameter
from catalogue.models import Mitigation

from .models import ExpertComment, Item, RiskArea, Study
from .serializers import CommentSerializer, FindingSerializer, RiskAreaSerializer, StudySerializer


@extend_schema_view(
    list=extend_schema(summary="Risk areas of studies", parameters=PAGING),
    retrieve=extend_schema(summary="One risk area"),
)
class RiskAreaViewSet(CatalogueViewSet):
    queryset = RiskArea.objects.all()
    serializer_class = RiskAreaSerializer
    order_columns = ["position", "pk"]


@extend_schema_view(
    list=extend_schema(summary="Published studies", parameters=PAGING), retrieve=extend_schema(summary="One study")
)
class StudyViewSet(CatalogueViewSet):
    queryset = Study.objects.published().select_related("document")
    serializer_class = StudySerializer

    @extend_schema(summary="Every result of a study", responses=FindingSerializer(many=True), parameters=[])
    @action(detail=True, pagination_class=None)
    def results(self, request, slug=None):
        items = Item.objects.with_results().filter(study=self.get_object())
        seen = items.filter(mitigation__status=Mitigation.Status.PUBLISHED).order_by("position", "pk")
        return Response(FindingSerializer([f for item in seen for f in item.findings], many=True).data)


@extend_schema_view(
    list=extend_schema(
        summary="Experts’ comments",
        parameters=[parameter("study", "Only those of this study (its slug)."), *PAGING],
    ),
    retrieve=extend_schema(exclude=True),
)
class CommentViewSet(CatalogueViewSet):
    queryset = ExpertComment.objects.published().for_display()
    serializer_class = CommentSerializer
    lookup_field = "pk"
    list_parameters = ("study",)

    def get_queryset(self):
        slugs = list(Study.objects.published().values_list("slug", flat=True))
        chosen = listed(self.request, "study", slugs) if self.request else []
        return super().get_queryset().filter(item__study__slug__in=chosen) if chosen else super().get_queryset()
