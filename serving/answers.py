"""Answers to anonymous readers, by the revision of the data: ETags, 304, and a cache that is
never stale.

This stands in front of Django. A page or an answer of the API depends on the data, the code,
and what was asked, so its ETag is made of those: it is known before anything is rendered. What
was rendered from one revision is kept as it goes over the wire, each encoding by itself, and
given again as long as the revision stands. Each request reads the revision anew.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import DatabaseError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django_http_compression.middleware import best_coding

from . import site
from .availability import AWAY
from .conditional import (
    is_named,
)
from .making import File, on_disk
from .middleware import source_for
from .public import Environ, is_costly, is_public, reads_query
from .replicas import Away, Source, reading, reading_from
from .sharing import FOR_EVER, is_api, is_shared
from .store import Answer, Headers, Key, Shared, Store, UnderWay
from .streams import (
    HAS_PLACE,
    SHORT,
    places_for_files,
)
from .trackers import without_trackers
from .wire import (
    Made,
    finished,
    given,
    refusal_while_busy,
    rendered,
    whole_headers,
    without_body,
)

#: What answers depend on, as they say it in Vary. One that depends on anything else, such as
#: cookies, is not kept.
VARY_OF_API = "Accept, Accept-Encoding, Origin"
VARY_OF_PAGES = "Accept-Encoding, HX-Request"
#: Of what other sites may read beside the API.
VARY_OF_FILES = f"{VARY_OF_PAGES}, Origin"
#: Whoever keeps an answer asks each time whether it still holds. One that says anything else is
#: not kept.
CACHE_CONTROL = "public, no-cache"
#: How long one request waits for another that is making the same answer. Then it makes its own.
SECONDS_TO_WAIT = 10
#: Whatever ends up in an answer and may change from one deployment to the next.
SOURCES = (
    "catalogue",
    "config",
    "decisions",
    "serving",
    "surveys",
    "templates",
    "static",
    "requirements",
    "staticfiles/staticfiles.json",
)
SHOWN_SETTINGS = (
    "SITE_NAME",
    "STATIC_URL",
    "ALLOWED_HOSTS",
    "BEHIND_HTTPS_PROXY",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
)


@cache
def site_version() -> bytes:
    """Changes with code, templates, static files, dependencies, and settings that show."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(_sources(Path(settings.BASE_DIR))):
        digest.update(
            f"{path.relative_to(settings.BASE_DIR)}\0".encode()
            + path.read_bytes()
            + b"\0",
        )
    digest.update(
        repr([getattr(settings, name) for name in SHOWN_SETTINGS]).encode(),
    )
    return digest.digest()


def _sources(base: Path) -> Iterator[Path]:
    for name in SOURCES:
        yield from (
            path
            for path in (base / name, *(base / name).rglob("*"))
            if path.is_file() and path.suffix != ".pyc"
        )


#: Instead of a source.
NONE_ANSWERS = Source("none answers", 0)


class PublicAnswers:
    """A WSGI application that answers readers from what it has kept, and otherwise lets
    `application` answer.
    """

    def __init__(self, application: WSGIHandler):
        self.application = application
        self.version = site_version()
        self.store = Store(settings.RESPONSE_CACHE_MEGABYTES * 1_000_000)
        self.shared = Shared()
        self.files = on_disk()
        self.under_way = UnderWay()
        self.asked = [
            "wsgi.url_scheme",
            "HTTP_HOST",
            "SCRIPT_NAME",
            "PATH_INFO",
            "QUERY_STRING",
        ]
        if settings.SECURE_PROXY_SSL_HEADER:
            self.asked.append(settings.SECURE_PROXY_SSL_HEADER[0])

    def __call__(
        self,
        environ: Environ,
        start_response: Any,
    ) -> Iterable[bytes]:
        source = self.source(environ) if is_public(environ) else None
        if source is None:
            return self.application(environ, start_response)
        if source is NONE_ANSWERS:
            return self.application({**environ, AWAY: True}, start_response)
        query = environ.get("QUERY_STRING", "")
        environ = {
            **environ,
            "QUERY_STRING": without_trackers(environ["PATH_INFO"], query),
        }
        if environ["QUERY_STRING"] and not reads_query(
            environ["PATH_INFO"],
            environ["QUERY_STRING"],
        ):
            environ = {**environ, "QUERY_STRING": ""}
        key = self.key(environ)
        number = state_of_release(environ) or source.number
        answer: Answer | Made | None = self.store.get(key, number)
        if answer is None:
            with reading_from(source):
                answer = self.find(environ, key, number)
        status, headers, body = (
            answer if isinstance(answer, Made) else given(answer, environ)
        )
        start_response(status, headers)
        return body

    def source(self, environ: Environ) -> Source | None:
        """What to read, and its revision now; None where that cannot be told: Django's own
        answer will say why.
        """
        try:
            return source_for(environ)
        except Away:
            return NONE_ANSWERS
        except DatabaseError:
            return None

    def number(self, environ: Environ) -> int | None:
        """The revision now of what this request reads, which is another source where the first
        failed.
        """
        source = reading()
        try:
            if state := state_of_release(environ):
                return state
            return site.revision(source.alias) if source else None
        except DatabaseError:
            return None

    def key(self, environ: Environ) -> Key:
        """All of a request that its answer may depend on."""
        return (
            *map(environ.get, self.asked),
            best_coding(environ.get("HTTP_ACCEPT_ENCODING", "")),
            "HTTP_ORIGIN" in environ,
            # As django-htmx takes it.
            environ.get("HTTP_HX_REQUEST") == "true",
            # Pages come as HTML, whatever is accepted.
            _digest(environ.get("HTTP_ACCEPT", ""))
            if is_api(environ["PATH_INFO"])
            else None,
        )

    def etag(self, key: Key, number: int) -> str:
        digest = hashlib.blake2b(
            repr((number, key)).encode(),
            key=self.version,
            digest_size=16,
        )
        return f'"{digest.hexdigest()}"'

    def find(self, environ: Environ, key: Key, number: int) -> Answer | Made:
        """An answer that this process does not have at hand."""
        etag = self.etag(key, number)
        # What a reader has under this ETag holds, though we kept it no longer. A script of
        # another site needs CORS headers too.
        if (
            is_named(etag, environ.get("HTTP_IF_NONE_MATCH", ""))
            and "HTTP_ORIGIN" not in environ
        ):
            return Made(
                "304 Not Modified",
                [("ETag", etag), *_headers_of(environ)],
                [],
            )
        answer = self.shared.get(etag)
        if answer is None and is_costly(environ) and self.files.is_usable:
            return self.find_file(environ, key, number, etag)
        if answer is None:
            return self.make_once(environ, key, number, etag)
        self.store.put(key, answer)
        return answer

    def make_once(
        self,
        environ: Environ,
        key: Key,
        number: int,
        etag: str,
    ) -> Answer | Made:
        """Of all who ask for the same at once, one makes it."""
        flight = (number, *key)
        if not self.under_way.is_ours(flight, SECONDS_TO_WAIT):
            return self.store.get(key, number) or self.make(
                environ,
                key,
                number,
                etag,
            )
        try:
            answer = self.store.get(key, number) or self.shared.get_or_claim(
                etag,
                SECONDS_TO_WAIT,
            )
            return answer or self.make(environ, key, number, etag)
        finally:
            self.shared.release(etag)
            self.under_way.done(flight)

    def find_file(
        self,
        environ: Environ,
        key: Key,
        number: int,
        etag: str,
    ) -> Answer | Made:
        """What takes long to make: from the disk, or made there."""
        free = places_for_files(settings.WEB_THREADS)
        if not free.acquire(blocking=False):
            return refusal_while_busy(environ)
        with ExitStack() as place:
            place.callback(free.release)
            found = self.files.get(etag) or self.make_file(
                environ,
                key,
                number,
                etag,
            )
            if not isinstance(found, File):
                return found
            if environ["REQUEST_METHOD"] == "GET":
                found.closers.append(place.pop_all().close)
                return Made("200 OK", found.headers, found)
            found.close()
            return Made("200 OK", found.headers, [])

    def make_file(
        self,
        environ: Environ,
        key: Key,
        number: int,
        etag: str,
    ) -> Answer | Made | File:
        with self.files.one_at_a_time() as is_ours:
            if not is_ours:
                return refusal_while_busy(environ)
            found = self.store.get(key, number) or self.files.get(etag)
            if found is not None:
                return found
            asked = {**as_first_asked(environ), HAS_PLACE: True}
            made = rendered(self.application, asked)
            if not may_be_given(made.body, asked):
                if environ["REQUEST_METHOD"] == "GET":
                    return made
                return without_body(made)
            if (
                isinstance(made.body, HttpResponse)
                and len(made.body.content) <= SHORT
            ):
                return self.kept(made, environ, key, number, etag)
            try:
                return self.files.put(
                    etag,
                    lambda length: whole_headers(
                        made.headers,
                        etag,
                        length,
                        _headers_of(environ),
                    ),
                    made.body,
                    lambda: self.number(environ) == number,
                )
            finally:
                made.body.close()  # type: ignore[attr-defined]

    def make(
        self,
        environ: Environ,
        key: Key,
        number: int,
        etag: str,
    ) -> Answer | Made:
        """Has Django answer; keeps that where everybody may have it and the data stayed the
        same meanwhile.
        """
        asked = as_first_asked(environ)
        made = rendered(self.application, asked)
        if not is_for_everybody(made.body, asked):
            if environ["REQUEST_METHOD"] == "GET":
                return made
            return without_body(made)
        return self.kept(made, environ, key, number, etag)

    def kept(
        self,
        made: Made,
        environ: Environ,
        key: Key,
        number: int,
        etag: str,
    ) -> Answer | Made:
        """An answer for everybody, whole; kept where the data stayed the same while it was made."""
        if self.number(environ) != number:
            if environ["REQUEST_METHOD"] == "GET":
                return made
            return without_body(made)
        assert isinstance(made.body, HttpResponse)
        answer = finished(
            made.body,
            made.headers,
            etag,
            number,
            _headers_of(environ),
        )
        made.body.close()
        self.store.put(key, answer)
        self.shared.put(answer)
        return answer


def _digest(text: str) -> bytes:
    """Instead of what may be long, and of a client's choice."""
    return hashlib.blake2b(
        text.encode(errors="replace"),
        digest_size=16,
    ).digest()


def state_of_release(environ: Environ) -> int | None:
    """What stands for the state of the release that is asked for, whatever today's revision;
    None where none is, or none such.
    """
    number, _ = site.requested(
        environ["PATH_INFO"],
        environ.get("QUERY_STRING", ""),
    )
    try:
        return site.state_of(number) if number else None
    except DatabaseError:
        return None


def _headers_of(environ: Environ) -> Headers:
    for_ever = is_api(environ["PATH_INFO"]) and state_of_release(environ)
    return [
        ("Cache-Control", FOR_EVER if for_ever else CACHE_CONTROL),
        ("Vary", _vary_of(environ)),
    ]


def _vary_of(environ: Environ) -> str:
    if is_api(environ["PATH_INFO"]):
        return VARY_OF_API
    if is_shared(environ["PATH_INFO"]):
        return VARY_OF_FILES
    return VARY_OF_PAGES


def as_first_asked(environ: Environ) -> Environ:
    """The request for the whole of what this one asks for."""
    return {
        **{
            name: value
            for name, value in environ.items()
            if not name.startswith("HTTP_IF_")
        },
        "REQUEST_METHOD": "GET",
    }


def is_for_everybody(response: Any, environ: Environ) -> bool:
    """Whether it is whole, and may be given to another reader who asks the same."""
    return isinstance(response, HttpResponse) and may_be_given(
        response,
        environ,
    )


def may_be_given(response: Any, environ: Environ) -> bool:
    """Whether another reader who asks the same may be given it: a page or file without cookies
    or form tokens in it.
    """
    if (
        not isinstance(response, HttpResponseBase)
        or response.status_code != HTTPStatus.OK
    ):
        return False  # errors are not kept, so that made-up addresses cannot fill the store
    has_own_secrets = (
        bool(response.cookies) or "CSRF_COOKIE_NEEDS_UPDATE" in environ
    )
    known = dict(_headers_of(environ))
    return not has_own_secrets and all(
        _listed(response.headers.get(name, "")) <= _listed(known[name])
        for name in ("Cache-Control", "Vary")
    )


def _listed(text: str) -> set[str]:
    return {part.strip().lower() for part in text.split(",") if part.strip()}
