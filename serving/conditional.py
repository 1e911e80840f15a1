"""Conditional requests and parts of files (RFC 9110, 13 and 14), for whatever answers with an
ETag.

This stands in front of whoever answers. A reader who has an answer already is sent nothing but
that it holds; of an answer with a length, a reader gets the bytes asked for. Parts are of the
answer as it is, not of a compressed one: by then nobody knows the places.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any, NamedTuple

from django.utils.http import parse_etags

from .gate import Environ, Headers, Refusal, refused

#: What a 304 says, of what the whole answer says.
BRIEFLY = {
    "etag",
    "cache-control",
    "vary",
    "content-location",
    "expires",
    "access-control-allow-origin",
    "access-control-expose-headers",
}
CHANGED = Refusal(
    HTTPStatus.PRECONDITION_FAILED,
    "What stands here has changed: it is not what “If-Match” names. Ask without it, and take the new “ETag”.",
)
#: One range of bytes: from a place to another, from a place on, or so many at the end.
ONE_RANGE = re.compile(
    r"bytes=[ \t]*(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))[ \t]*",
    re.ASCII | re.IGNORECASE,
)


class Part(NamedTuple):
    """From `start` up to and without `stop`."""

    start: int
    stop: int


class OutOfReach(Exception):
    """None of the bytes that were asked for exists."""


def part_of(header: str, length: int) -> Part | None:
    """The bytes that a header `Range` asks for, of so many. None: the whole is the answer,
    since the header is none that can be read, or asks for several parts. Raises OutOfReach.
    """
    match = ONE_RANGE.fullmatch(header)
    if match is None or not length:
        return None
    first, last, at_end = match.groups()
    if at_end is not None:
        if not int(at_end):
            raise OutOfReach
        return Part(max(0, length - int(at_end)), length)
    start = int(first)
    stop = int(last) + 1 if last else length
    if last and stop <= start:
        return None
    if start >= length:
        raise OutOfReach
    return Part(start, min(stop, length))


def is_named(etag: str, header: str) -> bool:
    """Whether `etag` is in the list of If-None-Match, which is compared weakly: a proxy may
    have marked it as weak.
    """
    if etag == header:
        return True
    named = [one.removeprefix("W/") for one in parse_etags(header)]
    return etag.removeprefix("W/") in named


def is_among(etag: str, header: str) -> bool:
    """Whether `etag` is in the list of If-Match, which is compared strongly."""
    if header.strip() == "*":
        return True
    return etag.startswith('"') and etag in parse_etags(header)


def is_changed(etag: str, environ: Environ) -> bool:
    """Whether a reader who wants nothing but the answer that “If-Match” names would get another
    one.
    """
    return "HTTP_IF_MATCH" in environ and not is_among(
        etag,
        environ["HTTP_IF_MATCH"],
    )


def is_held(etag: str, environ: Environ) -> bool:
    """Whether the reader has this answer already."""
    copies = environ.get("HTTP_IF_NONE_MATCH", "").strip()
    return bool(copies) and (copies == "*" or is_named(etag, copies))


def status_line(status: HTTPStatus) -> str:
    return f"{status.value} {status.phrase}"


class Conditional:
    """A WSGI application that lets `application` answer, and sends of its answer what the
    reader does not have.
    """

    def __init__(self, application: Any):
        self.application = application

    def __call__(
        self,
        environ: Environ,
        start_response: Any,
    ) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.application(environ, start_response)
        inner = environ
        if environ["REQUEST_METHOD"] == "GET" and "HTTP_RANGE" in environ:
            inner = {**environ, "HTTP_ACCEPT_ENCODING": "identity"}
        begun: list[Any] = []
        body = self.application(inner, lambda *sent: begun.append(sent))
        status, headers, *rest = begun[-1]
        answer = Answered(headers, body)
        if not status.startswith("200") or not answer.etag:
            start_response(status, headers, *rest)
            return body
        return answer.sent(environ, start_response)


class Answered:
    """A whole answer, 200, with an ETag."""

    def __init__(self, headers: Headers, body: Iterable[bytes]):
        self.headers = headers
        self.body = body
        self.named = {name.lower(): value for name, value in headers}
        self.etag = self.named.get("etag", "")

    @property
    def length(self) -> int | None:
        """Of what can be had in parts."""
        if "content-encoding" in self.named or not self.etag.startswith('"'):
            return None
        length = self.named.get("content-length")
        return None if length is None else int(length)

    def sent(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        if is_changed(self.etag, environ):
            self.close()
            return refused(
                CHANGED,
                [("ETag", self.etag)],
                environ,
                start_response,
            )
        if is_held(self.etag, environ):
            return self.briefly(start_response)
        if self.length is None:
            start_response(status_line(HTTPStatus.OK), self.headers)
            return self.body
        if self.is_in_part(environ):
            try:
                part = part_of(environ["HTTP_RANGE"], self.length)
            except OutOfReach:
                return self.out_of_reach(environ, start_response)
            if part:
                return self.partly(part, start_response)
        start_response(
            status_line(HTTPStatus.OK),
            [*self.headers, ("Accept-Ranges", "bytes")],
        )
        return self.body

    def is_in_part(self, environ: Environ) -> bool:
        """Whether a part is asked for, of this answer and no older one."""
        if environ["REQUEST_METHOD"] != "GET" or "HTTP_RANGE" not in environ:
            return False
        # Compared strongly; no answer here has a date.
        return environ.get("HTTP_IF_RANGE", self.etag).strip() == self.etag

    def briefly(self, start_response: Any) -> list[bytes]:
        """That the reader's copy holds."""
        self.close()
        brief = [pair for pair in self.headers if pair[0].lower() in BRIEFLY]
        start_response(status_line(HTTPStatus.NOT_MODIFIED), brief)
        return []

    def partly(self, part: Part, start_response: Any) -> Iterable[bytes]:
        own = [
            ("Content-Length", str(part.stop - part.start)),
            (
                "Content-Range",
                f"bytes {part.start}-{part.stop - 1}/{self.length}",
            ),
            ("Accept-Ranges", "bytes"),
        ]
        others = [
            pair
            for pair in self.headers
            if pair[0].lower() != "content-length"
        ]
        start_response(
            status_line(HTTPStatus.PARTIAL_CONTENT),
            [*others, *own],
        )
        return Pieces(self.body, part, self.close)

    def out_of_reach(
        self,
        environ: Environ,
        start_response: Any,
    ) -> list[bytes]:
        self.close()
        detail = f"There are {self.length} bytes here, and none of those that “Range” asks for."
        headers = [
            ("Content-Range", f"bytes */{self.length}"),
            ("Accept-Ranges", "bytes"),
        ]
        return refused(Refusal(416, detail), headers, environ, start_response)

    def close(self) -> None:
        if close := getattr(self.body, "close", None):
            close()


class Pieces:
    """The bytes of a part of `body`, and `close` once the server is done with them."""

    def __init__(
        self,
        body: Iterable[bytes],
        part: Part,
        close: Callable[[], None],
    ):
        self.close = close
        self.pieces = cut_out(body, part)

    def __iter__(self) -> Iterator[bytes]:
        return self.pieces


def cut_out(body: Iterable[bytes], part: Part) -> Iterator[bytes]:
    """What of `body` is in the part: read no further than that."""
    position = 0
    for piece in body:
        start = max(0, part.start - position)
        stop = max(0, part.stop - position)
        if data := piece[start:stop]:
            yield data
        position += len(piece)
        if position >= part.stop:
            return
