"""What every request passes before anything else: it is refused where it is too large, or where
its client asks too often.

This stands in front of the kept answers, since these count too, and knows nothing of the
database. What a client is counted by is a hash of its address under the site's key, gone when
the minute is over.
"""

import functools
import hashlib
import ipaddress
import json
import logging
import math
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache

from . import logs
from .busy import is_for_reader
from .problems import CONTENT_TYPE, problem
from .public import is_file, is_signed_in
from .security import refusal_headers
from .sharing import is_api, is_shared

logger = logging.getLogger(__name__)
Environ = dict[str, Any]
Headers = list[tuple[str, str]]

#: The one page that takes passwords.
SIGN_IN = "/admin/login/"
#: In bytes; the longest address that the site itself makes, a cursor by name, takes half.
LONGEST_ADDRESS = 8_000
LONGEST_HEADER = 8_000
WINDOW = 60  # seconds
HOUR = 3600


def is_counted(environ: Environ) -> bool:
    return is_api(environ["PATH_INFO"])


def is_sign_in(environ: Environ) -> bool:
    """Whether it brings a name and a password."""
    return (
        environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] == SIGN_IN
    )


def is_for_programs(environ: Environ) -> bool:
    """Whether a program asks, which reads an error as application/problem+json: for the API, or
    for a file.
    """
    return is_counted(environ) or is_file(environ["PATH_INFO"])


class Refusal(NamedTuple):
    """`page`: makes what a reader is shown in place of `detail`."""

    status: int
    detail: str
    page: Callable[[Environ], str] | None = None


class Count(NamedTuple):
    """Where a client stands: requests in this window, and the seconds until the next."""

    used: int
    reset: int

    def headers(self, limit: int) -> Headers:
        """As draft-ietf-httpapi-ratelimit-headers-10 has them, and as many programs know them
        from before.
        """
        left = max(0, limit - self.used)
        return [
            ("RateLimit-Policy", f'"api";q={limit};w={WINDOW}'),
            ("RateLimit", f'"api";r={left};t={self.reset}'),
            ("RateLimit-Limit", str(limit)),
            ("RateLimit-Remaining", str(left)),
            ("RateLimit-Reset", str(self.reset)),
        ]


class Gate:
    """A WSGI application that lets `application` answer what may pass, and gives each request
    its id.
    """

    def __init__(self, application: Any):
        self.application = application
        self.limit = settings.API_REQUESTS_PER_MINUTE
        self.counter = Counter(self.limit)
        self.sign_ins = Counter(settings.SIGN_INS_PER_MINUTE, "sign-in")

    def __call__(
        self,
        environ: Environ,
        start_response: Any,
    ) -> Iterable[bytes]:
        began = time.perf_counter()
        # A name from outside is taken over only where a proxy of ours stands in front, and has
        # seen to it.
        name = logs.begin_request(
            environ.get("HTTP_X_REQUEST_ID") if settings.NUM_PROXIES else None,
        )
        is_logged = logs.requests.isEnabledFor(logging.INFO)

        def start(status: str, headers: Headers, *rest: Any) -> Any:
            if is_logged:
                logs.log_request(environ, status, began)
            return start_response(
                status,
                [*headers, (logs.REQUEST_ID, name)],
                *rest,
            )

        return self.answer(environ, start)

    def answer(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        if refusal := unreadable(environ):
            return refused(refusal, [], environ, start_response)
        if is_sign_in(environ) and (
            refusal := self.too_many_sign_ins(environ)
        ):
            retry = [("Retry-After", str(WINDOW))]
            return refused(refusal, retry, environ, start_response)
        is_options = environ["REQUEST_METHOD"] == "OPTIONS"
        if not self.limit or not is_counted(environ) or is_options:
            return self.application(environ, start_response)
        count = self.counter.add(client(environ))
        headers = count.headers(self.limit)
        if count.used > self.limit:
            headers.insert(0, ("Retry-After", str(count.reset)))
            return refused(
                self.too_often(count),
                headers,
                environ,
                start_response,
            )

        def start(status: str, sent: Headers, *rest: Any) -> Any:
            return start_response(status, [*sent, *headers], *rest)

        return self.application(environ, start)

    def too_many_sign_ins(self, environ: Environ) -> Refusal | None:
        """Counts an attempt, whatever the name: each takes a while of the processor, and many
        names can be tried from one place.
        """
        limit = settings.SIGN_INS_PER_MINUTE
        if not limit or self.sign_ins.add(client(environ)).used <= limit:
            return None
        detail = f"From where you are, more than {limit} attempts to sign in were made in a minute. Wait a minute."
        return Refusal(HTTPStatus.TOO_MANY_REQUESTS, detail)

    def too_often(self, count: Count) -> Refusal:
        detail = f"More than {self.limit} requests in a minute: wait {count.reset} s. For all records ask with page_size=500."
        return Refusal(HTTPStatus.TOO_MANY_REQUESTS, detail)


def unreadable(environ: Environ) -> Refusal | None:
    """Why a request is not read at all."""
    path = environ["PATH_INFO"]
    query = environ.get("QUERY_STRING", "")
    length = len(path) + len(query)
    if length > LONGEST_ADDRESS:
        detail = f"This address is too long: {length} bytes, where at most {LONGEST_ADDRESS} are read. Ask for less at once."
        return Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, detail)
    most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    if query.count("&") >= most:
        detail = f"There are more than {most} parameters in this address."
        return Refusal(HTTPStatus.BAD_REQUEST, detail)
    if "\x00" in path:
        detail = "There is a null character in this address."
        return Refusal(HTTPStatus.BAD_REQUEST, detail)
    for name, value in environ.items():
        if name[:5] == "HTTP_" and len(value) > LONGEST_HEADER:
            header = name[5:].replace("_", "-").title()
            detail = f"The header {header[:80]} is too long: at most {LONGEST_HEADER} bytes are read."
            return Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, detail)
    return None


def refused(
    refusal: Refusal,
    headers: Headers,
    environ: Environ,
    start_response: Any,
) -> list[bytes]:
    """Answers a request with why it is refused."""
    status = HTTPStatus(refusal.status)
    path = environ["PATH_INFO"]
    if refusal.page and is_for_reader(environ):
        content_type = "text/html; charset=utf-8"
        body = refusal.page(environ).encode()
    elif is_for_programs(environ):
        content_type = CONTENT_TYPE
        body = json.dumps(problem(status, refusal.detail)).encode()
    else:
        content_type = "text/plain; charset=utf-8"
        body = refusal.detail.encode()
    own = [
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        *refusal_headers(path),
    ]
    # Scripts of other sites may read it as well.
    if is_shared(path) and not is_signed_in(environ):
        exposed = ", ".join(settings.CORS_EXPOSE_HEADERS)
        own.append(("Access-Control-Allow-Origin", "*"))
        own.append(("Access-Control-Expose-Headers", exposed))
    start_response(f"{status.value} {status.phrase}", [*own, *headers])
    if environ["REQUEST_METHOD"] == "HEAD":
        return []
    return [body]


def client(environ: Environ) -> str:
    """Who asks, as a hash of 16 bytes: the address behind the proxies that are ours. What a
    client itself says of its address is not believed.
    """
    address = environ.get("REMOTE_ADDR", "")
    if settings.NUM_PROXIES:
        forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
        proxies = min(settings.NUM_PROXIES, len(forwarded))
        address = forwarded[-proxies].strip() or address
    key = site_key(settings.SECRET_KEY)
    digest = hashlib.blake2b(
        network(address).encode(),
        key=key,
        digest_size=16,
    )
    return digest.hexdigest()


@functools.cache
def site_key(secret: str) -> bytes:
    return hashlib.sha256(f"rate limit {secret}".encode()).digest()


def network(address: str) -> str:
    """The address; of one in IPv6, what a provider gives to one customer, who can take any
    within it.
    """
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address, 64), strict=False))
    except ValueError:
        return address


def times_within_hour(environ: Environ, what: str) -> int:
    """How often a client did something since its first time within an hour, this time among them;
    none where the cache does not answer: to refuse what people wrote would be worse than to take
    one too many.
    """
    key = f"{what}:{client(environ)}"
    try:
        cache = caches["default"]
        if cache.add(key, 0, HOUR):
            cache.set(_began(key), time.time(), HOUR)
        return cache.incr(key)
    except Exception as error:  # whatever the cache's own client raises
        logger.warning(
            "The cache does not answer, and “%s” is not counted: %r",
            what,
            error,
        )
        return 0


def seconds_to_wait(environ: Environ, what: str) -> int:
    """Until `times_within_hour` counts a client anew; an hour where the cache does not say."""
    try:
        began = caches["default"].get(_began(f"{what}:{client(environ)}"))
    except Exception:  # whatever the cache's own client raises
        began = None
    if began is None:
        return HOUR
    return max(1, min(HOUR, math.ceil(began + HOUR - time.time())))


def _began(key: str) -> str:
    return f"{key}:began"


@dataclass(slots=True)
class Tally:
    """Requests of one client in this window, as far as known here; `unshared` of them the other
    processes do not know of yet.
    """

    used: int = 0
    unshared: int = 0


class Counter:
    """Requests of each client in this minute.

    Counted in this process's memory, since a kept answer takes less time than asking a cache.
    Where processes share a cache each tells the others there of a client's first request, and
    then of every twentieth part of the limit: together they let through no more than that part
    each beyond it. Where the cache fails, each counts by itself.
    """

    SECONDS_TO_REST = 5
    MOST_CLIENTS = 50_000

    def __init__(self, limit: int, what: str = "rate") -> None:
        self.what = what
        self.part = max(1, limit // 20)
        self.is_shared = not isinstance(
            caches["default"],
            LocMemCache | DummyCache,
        )
        self.window = 0
        self.tallies: dict[str, Tally] = {}
        self.lock = threading.Lock()
        self.resting_until = 0.0

    def add(self, who: str) -> Count:
        now = time.time()
        window, passed = divmod(int(now), WINDOW)
        with self.lock:
            if window != self.window or len(self.tallies) > self.MOST_CLIENTS:
                self.window = window
                self.tallies = {}
            tally = self.tallies.setdefault(who, Tally())
            tally.used += 1
            tally.unshared += 1
            more = 0
            if self._is_time_to_share(tally, now):
                more = tally.unshared
                tally.unshared = 0
        if more and (
            total := self._share(f"{self.what}:{window}:{who}", more)
        ):
            tally.used = total + tally.unshared
        return Count(tally.used, WINDOW - passed)

    def _is_time_to_share(self, tally: Tally, now: float) -> bool:
        if not self.is_shared or now < self.resting_until:
            return False
        return tally.used == 1 or tally.unshared >= self.part

    def _share(self, key: str, more: int) -> int | None:
        """The requests in all processes, these among them; None where the cache does not say."""
        cache = caches["default"]
        try:
            cache.add(key, 0, WINDOW)
            return cache.incr(key, more)
        except Exception as error:  # whatever the cache's own client raises
            self.resting_until = time.time() + self.SECONDS_TO_REST
            logger.warning(
                "The shared cache does not answer, and each process counts requests by itself: %r",
                error,
            )
            return None
