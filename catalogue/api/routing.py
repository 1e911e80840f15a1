"""How the API leads to its lists: a root that names them, and an answer where there is nothing."""

from http import HTTPStatus

from django.http import HttpResponse
from django.urls import is_valid_path, path, resolve
from django.utils.encoding import iri_to_uri
from django.utils.http import escape_leading_slashes
from rest_framework.routers import APIRootView, SimpleRouter

from catalogue import reading
from serving.parameters import unknown_parameter
from serving.problems import problem_response

from .refusing import problems_of_release, refuse


def not_found(request, *args, **kwargs):
    """Leads to the address with a slash where that is what is missing."""
    with_slash = f"{request.path_info}/"
    if (
        not request.path.endswith("/")
        and is_valid_path(with_slash)
        and not leads_nowhere(with_slash)
    ):
        # Of the same method, so that a program that has read no documentation gets its answer
        # all the same.
        location = f"{escape_leading_slashes(iri_to_uri(request.path))}/"
        if query := request.META.get("QUERY_STRING", ""):
            location += f"?{query}"
        return HttpResponse(
            status=HTTPStatus.PERMANENT_REDIRECT,
            headers={"Location": location},
        )
    return problem_response(
        404,
        f"There is nothing at {request.path}. The API's documentation is at /api/.",
    )


def leads_nowhere(path: str) -> bool:
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
    """With a root that lists what there is. A view set whose `retrieve` is None has a list alone."""

    def get_method_map(self, viewset, method_map):
        actions = super().get_method_map(viewset, method_map)
        return {
            method: action
            for method, action in actions.items()
            if getattr(viewset, action) is not None
        }

    def get_urls(self):
        names = {
            prefix: f"{basename}-list" for prefix, _, basename in self.registry
        }
        return [
            path("", RootView.as_view(api_root_dict=names), name="root"),
            *super().get_urls(),
        ]
