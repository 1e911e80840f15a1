"""The API's addresses."""

from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.routers import SimpleRouter

from catalogue.api import reference
from catalogue.api.mitigations import MitigationViewSet
from catalogue.releases.api import ReleaseViewSet
from config.documentation import api_documentation
from config.problems import problem_response
from surveys import api as surveys


def not_found(request, *args, **kwargs):
    return problem_response(404, f"There is nothing at {request.path}. The API's documentation is at /api/.")


router = SimpleRouter()
router.register("mitigations", MitigationViewSet, basename="mitigation")
router.register("taxonomies", reference.TaxonomyViewSet, basename="taxonomy")
router.register("categories", reference.CategoryViewSet, basename="category")
router.register("lifecycle-phases", reference.LifecyclePhaseViewSet, basename="phase")
router.register("actors", reference.ActorViewSet, basename="actor")
router.register("functions", reference.FunctionViewSet, basename="function")
router.register("documents", reference.DocumentViewSet, basename="document")
router.register("risk-areas", surveys.RiskAreaViewSet, basename="risk-area")
router.register("studies", surveys.StudyViewSet, basename="study")
router.register("comments", surveys.CommentViewSet, basename="comment")
router.register("mappings", reference.MappingViewSet, basename="mapping")
router.register("releases", ReleaseViewSet, basename="release")

app_name = "api"
urlpatterns = [
    path("", api_documentation, name="documentation"),
    path("v1/schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("v1/", include(router.urls)),
    path("v1/<path:rest>", not_found),
]
