"""Reads from replicas: the choice for each request, and another where the chosen one fails
midway.
"""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import DEFAULT_DB_ALIAS as PRIMARY
from django.db import DatabaseError, connections
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    parse_cookie,
)
from psycopg.errors import QueryCanceled

from . import site
from .public import Environ, is_public, is_signed_in
from .replicas import Source, read, reading, reading_from, replicas

#: Holds the revision after a curator's last write. Replicas are read again once they show it.
COOKIE = "written"
#: By then no replica is read that does not show it.
SECONDS_BEYOND_LAG = 60


def source_for(environ: Environ) -> Source:
    """What a public request is to read. Raises DatabaseError where nothing answers."""
    return replicas().source(at_least=written(environ))


def written(environ: Environ) -> int:
    """The revision after this reader's own last write; 0 where there was none."""
    if COOKIE not in environ.get("HTTP_COOKIE", ""):
        return 0
    number = parse_cookie(environ.get("HTTP_COOKIE", "")).get(COOKIE, "")
    if number.isascii() and number.isdecimal() and len(number) < 20:
        return int(number)
    return 0


class ReadFromReplicas:
    """The innermost middleware. A view that fails on a replica, or streams from one, is run
    again on another source.

    Public requests change nothing, so they may be run twice. What is streamed cannot be: some
    of it is gone by then.
    """

    def __init__(
        self,
        get_response: Callable[[HttpRequest], HttpResponseBase],
    ):
        if not settings.REPLICAS:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_public(request.META):
            return self.marked(request, self.get_response(request))
        with reading_from(reading() or source_for(request.META)):
            return self.read(request)

    def read(self, request: HttpRequest) -> HttpResponseBase:
        failed: set[str] = set()
        while True:
            response = self.get_response(request)
            source = reading()
            if source is None or source.alias == PRIMARY:
                return response
            if response.streaming:
                read(
                    replicas().source(
                        at_least=source.number,
                        but_not=settings.REPLICAS,
                    ),
                )
            elif connections[source.alias].errors_occurred and not getattr(
                request,
                "took_too_long",
                False,
            ):
                # Templates swallow errors in their conditions, so that it is the connection
                # that is asked.
                failed.add(source.alias)
                connections[source.alias].close()
                read(replicas().source(at_least=source.number, but_not=failed))
            else:
                return response
            response.close()

    def process_exception(
        self,
        request: HttpRequest,
        exception: Exception,
    ) -> HttpResponse | None:
        """Keeps an error out of the log that no reader gets to see."""
        source = reading()
        if (
            source is None
            or source.alias == PRIMARY
            or not isinstance(exception, DatabaseError)
        ):
            return None
        if isinstance(exception.__cause__, QueryCanceled):
            request.took_too_long = True  # type: ignore[attr-defined] # and would elsewhere too
            return None
        return HttpResponse(status=503)

    def marked(
        self,
        request: HttpRequest,
        response: HttpResponseBase,
    ) -> HttpResponseBase:
        """Notes what a curator has written, for the time after signing out."""
        if request.method not in ("GET", "HEAD", "OPTIONS") and is_signed_in(
            request.META,
        ):
            response.set_cookie(
                COOKIE,
                str(site.revision(PRIMARY)),
                max_age=settings.REPLICA_LAG_SECONDS + SECONDS_BEYOND_LAG,
                httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        return response
