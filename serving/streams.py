"""Files on their way out: short ones whole, and of long ones only so many at once.

A file that is sent piece by piece holds one of the process's threads until its reader has the
last piece, and a reader may be slow, or never come for it. Half of the threads are kept for
everybody else.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from http import HTTPStatus
from itertools import chain

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from .busy import SECONDS_TO_COME_BACK, busy_page, is_for_reader
from .problems import problem_response
from .public import is_costly, quicker_forms
from .sharing import is_api

#: In bytes. What is no longer than this is sent whole: it holds no thread, says how long it is,
#: and is kept as a page is.
SHORT = 1_000_000
#: In the environment of a request whose answer is taken by somebody who holds a place.
HAS_PLACE = "catalogue.has_place"
BUSY = "As many long files are being sent as this server sends at once. Ask again in some seconds, or for less."


@cache
def places_for_files(threads: int) -> threading.BoundedSemaphore:
    """For all that holds one of so many threads for long: a file that is made, waited for, or
    sent.
    """
    return threading.BoundedSemaphore(max(1, threads // 2))


class Streams:
    """Within it are the middlewares that decide what is sent, and around it those that compress."""

    def __init__(
        self,
        get_response: Callable[[HttpRequest], HttpResponseBase],
    ):
        self.get_response = get_response

    @property
    def places_for_files(self) -> threading.BoundedSemaphore:
        return places_for_files(settings.WEB_THREADS)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (
            HAS_PLACE in request.META
        ):  # whoever asks has one, and takes the file as it is made
            return self.get_response(request)
        if is_costly(request.META):
            return self.made(request)
        response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse):
            return self.sent(request, response)
        return response

    def made(self, request: HttpRequest) -> HttpResponseBase:
        """What takes long to make takes its place before that, and holds it no longer than it
        is made where it is short.
        """
        if not self.places_for_files.acquire(blocking=False):
            return busy(request)
        try:
            response, is_whole = short_ones_whole(self.get_response(request))
        except BaseException:
            self.places_for_files.release()
            raise
        if is_whole:
            self.places_for_files.release()
            return response
        return closed_with(response, self.places_for_files.release)

    def sent(
        self,
        request: HttpRequest,
        response: StreamingHttpResponse,
    ) -> HttpResponseBase:
        answer, is_whole = short_ones_whole(response)
        if is_whole:
            return answer
        if not self.places_for_files.acquire(blocking=False):
            return closed_with(busy(request), answer.close)
        return closed_with(answer, self.places_for_files.release)


def short_ones_whole(
    response: HttpResponseBase,
) -> tuple[HttpResponseBase, bool]:
    """The response, read to its end where it is a short one that is sent piece by piece; and
    whether it is whole.
    """
    if not isinstance(response, StreamingHttpResponse):
        return response, True
    beginning, rest = begun(iter(response))
    if rest is None:
        whole = HttpResponse(
            beginning,
            status=response.status_code,
            headers=response.headers,
        )
        return closed_with(whole, response.close), True
    response.streaming_content = chain([beginning], rest)
    return response, False


def begun(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes] | None]:
    """The beginning, a little longer than what is short, and the rest; None where that is all."""
    found = []
    size = 0
    for piece in pieces:
        found.append(piece)
        size += len(piece)
        if size > SHORT:
            return b"".join(found), pieces
    return b"".join(found), None


def closed_with(
    response: HttpResponseBase,
    do: Callable[[], None],
) -> HttpResponseBase:
    """The response, and something to be done once, when the server is done with it, be it sent
    or given up.

    An answer that was made and is not sent is closed then too, and not before: Django takes
    that for the end of the request.
    """
    closers = ExitStack()
    closers.callback(do)
    closers.callback(response.close)
    response.close = closers.close  # type: ignore[method-assign]
    return response


def _words_of(request: HttpRequest) -> list[tuple[str, str]]:
    """What a reader sent for a file that is had as something else at once, too: a browser does
    not give it back to who goes back.
    """
    if request.method != "POST" or not quicker_forms(request.path_info):
        return []
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
    ]


def busy(request: HttpRequest) -> HttpResponse:
    status = HTTPStatus.SERVICE_UNAVAILABLE
    if is_api(request.path_info):
        answer: HttpResponse = problem_response(status, BUSY)
    elif is_for_reader(request.META):
        page = busy_page(request.META, _words_of(request))
        answer = HttpResponse(page, status=status)
    else:
        answer = HttpResponse(BUSY, status=status, content_type="text/plain")
    answer["Retry-After"] = str(SECONDS_TO_COME_BACK)
    answer["Cache-Control"] = "no-store"
    return answer
