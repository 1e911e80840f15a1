"""The API's addresses."""

from http import HTTPStatus

from django.http import HttpResponse
from django.urls import include, is_valid_path, path, resolve
from django.utils.encoding import iri_to_uri
from django.utils.http import escape_leading_slashes
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.routers import APIRootView, SimpleRouter

from catalogue import reading
from catalogue.api import reference
from catalogue.api.documentation import api_documentation, sent_by_form
from catalogue.api.mitigations import MitigationViewSet
from catalogue.api.releases import ReleaseViewSet
from catalogue.api.views import problems_of_release, refuse
from serving.parameters import unknown_parameter
from serving.problems import problem_response
from surveys.results import api as surveys


def not_found(request, *args, **kwargs):
    """Leads to the address with a slash where that is what is missing."""
    if (
        not request.path.endswith("/")
        and is_valid_path(f"{request.path_info}/")
        and not is_last(f"{request.path_info}/")
    ):
        # Of the same method, so that a program that has read no documentation gets its answer
        # all the same.
        query = request.META.get("QUERY_STRING", "")
        location = f"{escape_leading_slashes(iri_to_uri(request.path))}/{f'?{query}' if query else ''}"
        return HttpResponse(
            status=HTTPStatus.PERMANENT_REDIRECT, headers={"Location": location}
        )
    return problem_response(
        404, f"There is nothing at {request.path}. The API's documentation is at /api/."
    )


def is_last(path: str) -> bool:
    """Whether nothing but `not_found` stands there."""
    return resolve(path).func is not_found


class RootView(APIRootView):
    """Every list, by its name."""

    def get(self, request, *args, **kwargs):
        known = [reading.RELEASE]
        refuse(
            unknown_parameter(name, request.GET[name], known)
            for name in request.GET
            if name not in known
        )
        refuse(problems_of_release(request.GET.get(reading.RELEASE, "")))
        return super().get(request, *args, **kwargs)


class Router(SimpleRouter):
    """With a root that lists what there is."""

    def get_urls(self):
        names = {prefix: f"{basename}-list" for prefix, _, basename in self.registry}
        return [
            path("", RootView.as_view(api_root_dict=names), name="root"),
            *super().get_urls(),
        ]


router = Router()
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
    path("try/<path:rest>", sent_by_form, name="try"),
    path("v1/schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("v1/", include(router.urls)),
    path("v1/<path:rest>", not_found),
]
