"""What is sent to the site is read here, whole, before a view sees any of it: up to a length,
and not for ever.

The server hands a request on once it has its headers, so that whoever sends the rest slowly
holds a thread. There are some threads more than WEB_THREADS for that; of these one client gets
half, so that it cannot hold up the others, and all the rest go on reading.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.utils.http import parse_header_parameters

from . import threads
from .gate import Environ, Refusal, client, refused
from .public import is_signed_in

#: Bodies that one process reads at once, and of one client; one more thread is for who waits.
PLACES = threads.FOR_BODIES - 1
PLACES_OF_A_CLIENT = 2
#: One more may wait so long for a place.
SECONDS_TO_WAIT = 2
#: In bytes: what forms of readers and experts may send, and what curators may hand in.
LONGEST = 2_500_000
LONGEST_OF_CURATORS = 100 * 2**20
#: Who has sent for so long has to have sent so many bytes a second.
SECONDS_OF_GRACE = 10
SLOWEST = 500
UTF_8 = "utf-8"
NOT_UTF_8 = "What is sent here is read as UTF-8, and this is said to be something else."
#: Read at once: little where it comes slowly, so that what is too slow is seen.
LEAST = 64
MOST = 65_536
#: Longer ones are kept on the disk while they are read.
IN_MEMORY = 1_000_000


class Places:
    """For so many bodies at once, and a part of them for each client."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.taken: Counter[str] = Counter()
        self.is_waited_for = False

    @contextmanager
    def place(self, who: str) -> Iterator[bool]:
        """Whether there is one."""
        has_place = self._take(who)
        try:
            yield has_place
        finally:
            if has_place:
                self._give_back(who)

    def _take(self, who: str) -> bool:
        with self.changed:
            if not self._is_free(who):
                if self.is_waited_for:
                    return False
                self.is_waited_for = True
                self.changed.wait_for(
                    lambda: self._is_free(who),
                    SECONDS_TO_WAIT,
                )
                self.is_waited_for = False
                if not self._is_free(who):
                    return False
            self.taken[who] += 1
            return True

    def _is_free(self, who: str) -> bool:
        return (
            self.taken.total() < PLACES
            and self.taken[who] < PLACES_OF_A_CLIENT
        )

    def _give_back(self, who: str) -> None:
        with self.changed:
            self.taken[who] -= 1
            self.taken += Counter()  # forgets who has none
            self.changed.notify_all()


class Unread(Exception):
    """A body that is not read to its end. Holds the refusal."""

    def __init__(self, status: HTTPStatus, detail: str):
        self.refusal = Refusal(status, detail)


class Bodies:
    """A WSGI application that reads what is sent, and then lets `application` answer."""

    def __init__(self, application: Any):
        self.application = application
        self.places = Places()

    def __call__(
        self,
        environ: Environ,
        start_response: Any,
    ) -> Iterable[bytes]:
        if not has_body(environ):
            if environ.get("CONTENT_TYPE"):
                # Django would read the address as that says.
                environ = {**environ, "CONTENT_TYPE": ""}
            return self.application(environ, start_response)
        with SpooledTemporaryFile(IN_MEMORY) as body:
            try:
                length = self.read(environ, body)
            except Unread as error:
                waits = (
                    [("Retry-After", "5")]
                    if error.refusal.status == HTTPStatus.SERVICE_UNAVAILABLE
                    else []
                )
                return refused(error.refusal, waits, environ, start_response)
            body.seek(0)
            # No answer is still reading it once it is begun.
            return self.application(
                {**environ, "wsgi.input": body, "CONTENT_LENGTH": str(length)},
                start_response,
            )

    def read(self, environ: Environ, body: IO[bytes]) -> int:
        """Reads what is sent into `body`: its length. Raises Unread."""
        if not is_utf_8(environ.get("CONTENT_TYPE", "")):
            raise Unread(HTTPStatus.BAD_REQUEST, NOT_UTF_8)
        longest = LONGEST_OF_CURATORS if is_of_a_curator(environ) else LONGEST
        told = announced(environ)
        if told is not None and told > longest:
            raise too_long(longest)
        with self.places.place(client(environ)) as has_place:
            if not has_place:
                detail = "More is being sent from where you are than is read at once. Send it again in some seconds."
                raise Unread(HTTPStatus.SERVICE_UNAVAILABLE, detail)
            return copied(environ["wsgi.input"], body, told, longest)


def has_body(environ: Environ) -> bool:
    if environ["REQUEST_METHOD"] in ("GET", "HEAD", "OPTIONS"):
        return False  # nothing here reads one
    return "HTTP_TRANSFER_ENCODING" in environ or environ.get(
        "CONTENT_LENGTH",
        "",
    ) not in (
        "",
        "0",
    )


def announced(environ: Environ) -> int | None:
    length = environ.get("CONTENT_LENGTH", "")
    if length.isascii() and length.isdecimal():
        return int(length)
    return None


def is_utf_8(content_type: str) -> bool:
    """Whether what is sent says that it is UTF-8, or does not say what it is."""
    try:
        _, parameters = parse_header_parameters(content_type)
    except (LookupError, ValueError):
        return False
    return parameters.get("charset", UTF_8).lower() == UTF_8


def is_of_a_curator(environ: Environ) -> bool:
    return environ["PATH_INFO"].startswith("/admin/") and is_signed_in(environ)


def too_long(longest: int) -> Unread:
    detail = f"What you sent is too long: at most {longest / 1e6:.1f} MB are read here."
    return Unread(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)


def copied(
    source: Any,
    body: IO[bytes],
    told: int | None,
    longest: int,
) -> int:
    """Reads all of `source` into `body`: its length. Raises Unread where it is too long, too
    slow, or ends before what was `told`.
    """
    length = 0
    size = LEAST
    began = time.monotonic()
    while told is None or length < told:
        asked = time.monotonic()
        piece = source.read(size if told is None else min(size, told - length))
        now = time.monotonic()
        if not piece:
            break
        length += len(piece)
        if length > longest:
            raise too_long(longest)
        if now - began > SECONDS_OF_GRACE and length < SLOWEST * (now - began):
            raise Unread(
                HTTPStatus.REQUEST_TIMEOUT,
                "What you send arrives too slowly to be read.",
            )
        size = min(size * 4, MOST) if now - asked < 0.1 else LEAST
        body.write(piece)
    if told is not None and length < told:
        raise Unread(
            HTTPStatus.BAD_REQUEST,
            "What you sent ended before its end.",
        )
    return length
