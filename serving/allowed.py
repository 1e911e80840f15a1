"""What may be asked at an address: to read it, and outside the admin, the questionnaires and the
form for feedback nothing else. Where readers may send words for an answer, that only reads too; a
short link is stored where one is asked for. A file that takes no parameters is asked for without.
"""

from collections.abc import Collection

from django.http import HttpRequest, HttpResponse

from . import traits
from .parameters import Problem, clipped, described, told
from .problems import bad_parameters, problem_response
from .public import PRIVATE
from .sharing import is_api

READS = ("GET", "HEAD", "OPTIONS")
SENDS = (*READS, "POST")
ONLY_SENDS = ("OPTIONS", "POST")


class AllowedRequests:
    """Refuses others, before a file is made, and before anything asks for the token of a form,
    which would answer that one is missing.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: traits.View,
        *arguments: object,
    ) -> HttpResponse | None:
        return _refused_method(request, view) or _refused_query(request, view)


def _refused_method(
    request: HttpRequest,
    view: traits.View,
) -> HttpResponse | None:
    if request.path_info.startswith(PRIVATE) or request.method in (
        "GET",
        "HEAD",
    ):
        return None
    is_sent_words = traits.has(view, "is_sent_words")
    if is_sent_words and request.method == "POST":
        return None
    response = (
        HttpResponse(status=204)
        if request.method == "OPTIONS"
        else refused(request, _methods_of(view))
    )
    response["Allow"] = ", ".join(_methods_of(view))
    return response


def _methods_of(view: traits.View) -> tuple[str, ...]:
    if traits.has(view, "is_only_sent_to"):
        return ONLY_SENDS
    return SENDS if traits.has(view, "is_sent_words") else READS


def _what_is_possible(methods: Collection[str]) -> str:
    """In words: what else than `methods` is refused."""
    if "GET" not in methods:
        return "this address only takes what a form sends"
    if "POST" in methods:
        return "this address can be read, and sent words for an answer"
    return "this address can only be read"


def refused(request: HttpRequest, methods: Collection[str]) -> HttpResponse:
    method = (request.method or "")[:20]
    detail = f"“{method}” is not possible here: {_what_is_possible(methods)}."
    if is_api(request.path_info):
        return problem_response(405, detail)
    return HttpResponse(
        detail,
        status=405,
        content_type="text/plain; charset=utf-8",
    )


def _refused_query(
    request: HttpRequest,
    view: traits.View,
) -> HttpResponse | None:
    if not request.GET or not traits.has(view, "is_query_refused"):
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
