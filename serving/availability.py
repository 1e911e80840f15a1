"""What fails for a while, and is told so: a database that does not answer, that somebody else
is writing to for long, or that can only be read.
"""

import sqlite3
from collections.abc import Callable, Iterator
from http import HTTPStatus

import psycopg
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string

from .logs import request_id
from .problems import problem_response
from .sharing import is_api

SECONDS_TO_COME_BACK = 10
#: Set in the environment of a request where it is known already that no database answers.
AWAY = "catalogue.away"
DETAIL = "The database does not answer just now. Nothing of this request was saved. Try again in some seconds."
#: SQLite's own codes, of which the lowest byte is the kind: somebody else writes, or the file
#: cannot be opened, or only be read.
FOR_A_WHILE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
}


def is_for_a_while(error: BaseException | None) -> bool:
    """Whether `error`, or what led to it, is of a database that may answer again by itself."""
    return any(map(_is_of_the_database, _with_causes(error)))


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _is_of_the_database(error: BaseException) -> bool:
    if isinstance(
        error,
        sqlite3.OperationalError,
    ):  # also of SQL that is wrong
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in FOR_A_WHILE
    return isinstance(
        error,
        psycopg.OperationalError | psycopg.errors.ReadOnlySqlTransaction,
    )


def come_back(request: HttpRequest) -> HttpResponse:
    """503, with when to ask again. Asks nothing of the database."""
    status = HTTPStatus.SERVICE_UNAVAILABLE
    if is_api(request.path_info):
        answer: HttpResponse = problem_response(status, DETAIL)
    else:
        told = {
            "request_id": request_id(),
            "is_sent": request.method not in ("GET", "HEAD"),
        }
        answer = HttpResponse(
            render_to_string("503.html", told),
            status=status,
        )
    answer["Retry-After"] = str(SECONDS_TO_COME_BACK)
    answer["Cache-Control"] = "no-store"
    return answer


class WhileAway:
    """Answers at once, without asking a database that did not answer a moment ago."""

    def __init__(
        self,
        get_response: Callable[[HttpRequest], HttpResponseBase],
    ):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.META.get(AWAY):
            return come_back(request)
        return self.get_response(request)
