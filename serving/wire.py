"""Answers as they go over the wire."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, NamedTuple

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse

from .busy import SECONDS_TO_COME_BACK, busy_page
from .conditional import (
    BRIEFLY,
    CHANGED,
    is_changed,
    is_held,
    status_line,
)
from .gate import Refusal, refused
from .public import Environ
from .store import Answer, Headers
from .streams import BUSY


class Made(NamedTuple):
    """What Django answered, where it is for this request alone."""

    status: str
    headers: Headers
    body: Iterable[bytes]


def rendered(application: WSGIHandler, environ: Environ) -> Made:
    begun: list[tuple[str, Headers]] = []

    def begin(
        status: str,
        headers: Headers,
        exc_info: Any = None,
        /,
    ) -> Callable[[bytes], object]:
        begun.append((status, headers))
        return (
            NotImplemented  # to write past the iterable, which Django does not
        )

    body = application(environ, begin)
    return Made(*begun[-1], body)


def refusal_while_busy(environ: Environ) -> Made:
    waits = [("Retry-After", str(SECONDS_TO_COME_BACK))]
    return made_refusal(
        Refusal(HTTPStatus.SERVICE_UNAVAILABLE, BUSY, busy_page),
        waits,
        environ,
    )


def made_refusal(refusal: Refusal, more: Headers, environ: Environ) -> Made:
    begun: list[Any] = []
    body = refused(refusal, more, environ, lambda *sent: begun.append(sent))
    [(status, headers)] = begun
    return Made(status, headers, body)


def without_body(made: Made) -> Made:
    if close := getattr(made.body, "close", None):
        close()
    return Made(made.status, made.headers, [])


def finished(
    response: HttpResponse,
    headers: Headers,
    etag: str,
    number: int,
    own: Headers,
) -> Answer:
    """The answer as it goes over the wire."""
    body = response.content
    whole = whole_headers(headers, etag, len(body), own)
    return Answer(
        number,
        etag,
        whole,
        body,
        [(name, value) for name, value in whole if name.lower() in BRIEFLY],
    )


def whole_headers(
    headers: Headers,
    etag: str,
    length: int,
    own: Headers,
) -> Headers:
    mine = [("ETag", etag), *own, ("Content-Length", str(length))]
    # X-Noise hides how long a secret is that is compressed with the page. There is none in what
    # everybody gets.
    replaced = {"x-noise", *(name.lower() for name, _ in mine)}
    return [
        *mine,
        *(
            (name, value)
            for name, value in headers
            if name.lower() not in replaced
        ),
    ]


def given(answer: Answer, environ: Environ) -> Made:
    """What goes out: the answer, or that the reader's own copy holds."""
    if is_changed(answer.etag, environ):
        return made_refusal(CHANGED, [("ETag", answer.etag)], environ)
    if is_held(answer.etag, environ):
        return Made(
            status_line(HTTPStatus.NOT_MODIFIED),
            answer.brief_headers[:],
            [],
        )
    # Lists of their own: a server may change them.
    return Made(
        "200 OK",
        answer.headers[:],
        [answer.body] if environ["REQUEST_METHOD"] == "GET" else [],
    )
