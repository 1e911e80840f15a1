"""Parameters of files: those that take none say so."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from serving.parameters import Problem, clipped, described, told

from . import traits
from .problems import bad_parameters


class StrictFiles:
    """Refuses what a file does not take, before it is made."""

    def __init__(
        self,
        get_response: Callable[[HttpRequest], HttpResponseBase],
    ):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        *view: object,
    ) -> HttpResponse | None:
        if (
            not request.GET
            or request.resolver_match is None
            or not traits.has(request.resolver_match.func, "is_query_refused")
        ):
            return None
        problems = (
            Problem(
                name,
                str(value),
                f"There is no parameter “{clipped(name)}” here: this file takes none.",
                [],
            )
            for name, value in request.GET.items()
        )
        return bad_parameters(
            [described(problem) for problem in told(problems)],
        )
