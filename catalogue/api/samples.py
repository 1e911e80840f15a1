"""Answers of the API as its documentation shows them: real ones, shortened."""

import json
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, QueryDict
from django.urls import Resolver404, resolve
from rest_framework.response import Response

#: So many entries of a list, characters of a text and lines are shown.
ENTRIES = 1
LONGEST = 70
LINES = 36
ELLIPSIS = "…"


def answer_of(path: str, host: str, query: dict[str, Any]) -> Any:
    """What the API answers at `path`, as data; None where it has nothing there."""
    request = _request(path, host, query)
    try:
        view, args, kwargs = resolve(path)
        response = view(request, *args, **kwargs)
    except (Http404, Resolver404):
        return None
    if not isinstance(response, Response) or response.status_code != 200:
        return None
    return json.loads(response.render().content)


def _request(path: str, host: str, query: dict[str, Any]) -> HttpRequest:
    """As a reader of `host` would send it."""
    request = HttpRequest()
    request.method = "GET"
    request.path = request.path_info = path
    encoded = urlencode(query, doseq=True)
    request.GET = QueryDict(encoded)
    request.META = {"HTTP_HOST": host, "QUERY_STRING": encoded}
    return request


def sample(answer: Any) -> str:
    """The answer as indented JSON, its lists, texts and length cut short."""
    lines = json.dumps(
        _shortened(answer),
        indent=2,
        ensure_ascii=False,
    ).splitlines()
    if len(lines) > LINES:
        lines = [*lines[:LINES], ELLIPSIS]
    return "\n".join(lines)


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shortened(one) for name, one in value.items()}
    if isinstance(value, list):
        shown = [_shortened(one) for one in value[:ENTRIES]]
        return [*shown, ELLIPSIS] if len(value) > ENTRIES else shown
    if isinstance(value, str) and len(value) > LONGEST:
        return value[:LONGEST].rstrip() + ELLIPSIS
    return value
