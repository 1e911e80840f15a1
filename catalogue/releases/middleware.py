"""Requests that ask for a release: they read it, and are then answered by the same views as any other."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from . import copies, reading

#: A release never changes: whoever keeps an answer of the API need not ask again. Pages change with the site's look.
FOR_EVER = "public, max-age=31536000, immutable"


class ReadReleases:
    """`/releases/2026.11/…` is the address `/…` in a release; so is `release=2026.11` in the API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response
        # Django makes it from the prefix of the request that first asks for it, and keeps it.
        _ = settings.STATIC_URL

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asked = reading.asked(request.path_info, request.META.get("QUERY_STRING", ""))
        if asked.number is None:
            return self.get_response(request)
        release = reading.find(asked.number)
        if asked.path == request.path_info:
            # Of a release that does not exist, the API says so itself.
            return self.answer(request, release) if release else self.get_response(request)
        if release is None:
            return unknown(request, asked.number)
        if not reading.WITHIN.match(asked.path):
            return nothing_there(request, release)
        if reading.OF_TODAY.match(asked.path):
            return redirect(asked.path)
        request.path_info = asked.path
        return self.answer(request, release)

    def answer(self, request: HttpRequest, release: reading.Release) -> HttpResponseBase:
        source = copies.opened(release)

        within = partial(reading.reading_from, source)
        with within():
            response = self.get_response(request)
            # Templates and REST framework's answers are rendered by now.
        if response.streaming:
            response.streaming_content = reading.piecewise(response.streaming_content, within)  # type: ignore[attr-defined]
        if request.path_info.startswith(reading.API) and response.status_code == HTTPStatus.OK:
            response["Cache-Control"] = FOR_EVER
        return response


def unknown(request: HttpRequest, number: str) -> HttpResponse:
    context = {"wrong_release": number[:80], "known_releases": reading.numbers()[:20]}
    return render(request, "404.html", context, status=404)


def nothing_there(request: HttpRequest, release: reading.Release) -> HttpResponse:
    return render(request, "404.html", {"of_release": release}, status=404)
