"""Requests that ask for a release: they read it, and are then answered by the same views as any
other.
"""

from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from serving.parameters import (
    Problem,
    clipped,
    described,
    given_twice,
    unknown_release,
)
from serving.problems import bad_parameters
from serving.public import PRIVATE, is_file, names_release
from serving.sharing import API_AND_DOCUMENTATION, FOR_EVER, is_api

from .. import reading
from . import copies


class ReadReleases:
    """`/releases/2026.11/…` is the address `/…` in a release; so is `release=2026.11` in the
    API.
    """

    def __init__(
        self,
        get_response: Callable[[HttpRequest], HttpResponseBase],
    ):
        self.get_response = get_response
        # Django makes it from the prefix of the request that first asks for it, and keeps it.
        _ = settings.STATIC_URL

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_by_parameter(request):
            return redirect_to_address(request)
        query = request.META.get("QUERY_STRING", "")
        requested = reading.release_requested(request.path_info, query)
        if requested.number is None:
            bare = reading.BARE.fullmatch(request.path_info)
            if bare and reading.find(bare[1]):
                return redirect(f"{reading.PREFIX}{bare[1]}/")
            return self.get_response(request)
        release = reading.find(requested.number)
        if requested.path == request.path_info:
            if release is None:
                # The API says so itself.
                return self.get_response(request)
            return self.answer(request, release)
        if release is None:
            return release_not_found(request, requested.number)
        if reading.OF_TODAY.match(requested.path):
            return redirect(
                f"{requested.path}?{query}" if query else requested.path,
            )
        if not reading.WITHIN.match(requested.path):
            return not_in_release(request, release)
        request.path_info = requested.path
        return self.answer(request, release)

    def answer(
        self,
        request: HttpRequest,
        release: reading.Release,
    ) -> HttpResponseBase:
        source = copies.open_copy(release)
        within = partial(reading.reading_from, source)
        with within():
            response = self.get_response(request)
            # Templates and REST framework's answers are rendered by now.
        if response.streaming:
            pieces = response.streaming_content  # type: ignore[attr-defined]
            response.streaming_content = reading.piecewise(pieces, within)  # type: ignore[attr-defined]
        if is_api(request.path_info) and response.status_code == HTTPStatus.OK:
            response["Cache-Control"] = FOR_EVER
        return response


def is_by_parameter(request: HttpRequest) -> bool:
    """Whether a page or a file is asked for with `release=`. The API reads it itself, and what
    is private knows nothing of it.
    """
    return (
        request.method in ("GET", "HEAD")
        and names_release(request.META.get("QUERY_STRING", ""))
        and not request.path_info.startswith(API_AND_DOCUMENTATION)
        and not request.path_info.startswith(PRIVATE)
    )


def redirect_to_address(request: HttpRequest) -> HttpResponse:
    """In a release, a page or file has an address of its own."""
    query = request.GET.copy()
    numbers = query.pop(reading.RELEASE)
    within = reading.release_requested(request.path_info, "")
    problems = [
        *given_twice(reading.RELEASE, numbers),
        *_problems_of(numbers[0], within),
    ]
    if problems:
        return refuse_parameters(request, problems)
    rest = f"?{query.urlencode()}" if query else ""
    return redirect(f"{reading.PREFIX}{numbers[0]}{within.path}{rest}")


def _problems_of(number: str, within: reading.Requested) -> Iterator[Problem]:
    if not reading.WITHIN.match(within.path) or reading.OF_TODAY.match(
        within.path,
    ):
        yield Problem(
            reading.RELEASE,
            number,
            "This address is of no release: leave “release” out.",
            [],
        )
    elif within.number not in (None, number):
        message = f"This address is of the release {clipped(within.number)}: leave “release” out."
        yield Problem(reading.RELEASE, number, message, [])
    elif reading.find(number) is None:
        yield unknown_release(number, reading.numbers())


def refuse_parameters(
    request: HttpRequest,
    problems: list[Problem],
) -> HttpResponse:
    if is_file(request.path_info):
        return bad_parameters([described(problem) for problem in problems])
    return render(
        request,
        "400.html",
        {"problems": problems, "corrected_query": "?"},
        status=400,
    )


def release_not_found(request: HttpRequest, number: str) -> HttpResponse:
    context = {
        "wrong_release": number[:80],
        "known_releases": reading.numbers()[:20],
    }
    return render(request, "404.html", context, status=404)


def not_in_release(
    request: HttpRequest,
    release: reading.Release,
) -> HttpResponse:
    return render(request, "404.html", {"of_release": release}, status=404)
