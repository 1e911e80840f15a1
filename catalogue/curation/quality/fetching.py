"""Asking whether an address answers, politely, and never an address within: whoever may enter a
link must not be able to reach what only this machine can.

Each host is resolved once and asked at the address that was judged, so that it cannot name
another in between; each redirect is judged anew.
"""

import http.client
import io
import ipaddress
import socket
import ssl
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from typing import Any, NamedTuple
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from django.conf import settings

from catalogue.models import LinkCheck

SECONDS = 10
MOST_REDIRECTS = 6
#: How many hosts are asked at a time (each by one thread, one address after another), with how
#: long a pause between two.
HOSTS_AT_A_TIME, PAUSE = 4, 1.0
#: A server that means “there is nothing”; any other refusal may be meant for robots.
GONE = {404, 410}
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
#: Nobody's public address, though some versions of Python take one or the other for it: IPv4
#: wrapped in the way that was given up, site-local, NAT64 of one's own, IETF protocols (of
#: both), documentation, segment routing.
NOT_PUBLIC = [
    ipaddress.ip_network(text)
    for text in (
        "::/96",
        "fec0::/10",
        "64:ff9b:1::/48",
        "192.0.0.0/24",
        "2001:2::/48",
        "3fff::/20",
        "5f00::/16",
    )
]
PORTS = {"http": 80, "https": 443}

SOUND, BROKEN, UNCLEAR = (
    LinkCheck.Outcome.SOUND,
    LinkCheck.Outcome.BROKEN,
    LinkCheck.Outcome.UNCLEAR,
)


class Answer(NamedTuple):
    outcome: str
    status: int | None
    detail: str
    #: Whether anything answered at all: where nothing does anywhere, it is this machine that
    #: has no way out.
    was_reached: bool = True


class Refused(Exception):
    """An address that is not asked. The message says why."""


def public_address(host: str, port: int) -> str:
    """The address at which a host is asked. Raises Refused where any of its addresses is not a
    public one, such as loopback, private, link-local or reserved ones, and OSError where it has
    none.
    """
    found = {
        info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    }
    for text in found:
        address = ipaddress.ip_address(str(text).partition("%")[0])
        if not all(_is_public(one) for one in (address, *_within(address))):
            raise Refused(f"{host} is no public host, and is not asked")
    # Those of IPv4 first: a machine without IPv6 cannot reach the others.
    return str(min(found, key=lambda text: (":" in str(text), str(text))))


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if not address.is_global or address.is_multicast:
        return False
    return not any(address in network for network in NOT_PUBLIC)


def _within(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for, in each of the ways to wrap one."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    wrapped = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        wrapped.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in wrapped if one is not None]


class _UntilThen(io.RawIOBase):
    """Reads from a socket until a moment (of `time.monotonic`), however often something
    arrives. Raises TimeoutError.
    """

    def __init__(self, sock: socket.socket, end: float):
        self.sock = sock
        self.end = end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.sock.settimeout(_left(self.end))
        return self.sock.recv_into(buffer)


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Connection(http.client.HTTPConnection):
    """Goes to the address that was judged, whatever the host's name says by then. All of it
    takes at most `seconds`: a timeout of a socket begins anew with every byte that a server
    drips.
    """

    def __init__(self, target: SplitResult, address: str, port: int, seconds: float):
        super().__init__(target.hostname or "", port, timeout=seconds)
        self.address = address
        self.is_secure = target.scheme == "https"
        self.end = time.monotonic() + seconds
        self.response_class = self.response_until_then  # type: ignore[assignment]

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), self.timeout)
        if self.is_secure:
            context = ssl.create_default_context()
            self.sock.settimeout(_left(self.end))
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)

    def response_until_then(
        self, sock: socket.socket, *rest: Any, **options: Any
    ) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(sock, *rest, **options)
        response.fp.close()
        response.fp = io.BufferedReader(_UntilThen(sock, self.end))
        return response


def check(
    url: str,
    *,
    address_of: Callable[[str, int], str] = public_address,
    seconds: float = SECONDS,
) -> Answer:
    """What an address answers: first to HEAD, and to GET where that is refused, since many
    servers do not know it.
    """
    try:
        answer = _follow("HEAD", url, address_of, seconds)
        if answer.outcome != SOUND and answer.status is not None:
            answer = _follow("GET", url, address_of, seconds)
        return answer
    except Refused as refused:
        return Answer(BROKEN, None, str(refused))
    except ssl.SSLCertVerificationError as error:
        return Answer(
            BROKEN, None, f"its certificate does not hold ({error.verify_message})"
        )
    except socket.gaierror:
        return Answer(
            BROKEN,
            None,
            f"there is no host {urlsplit(url).hostname}",
            was_reached=False,
        )
    except TimeoutError:
        return Answer(
            UNCLEAR,
            None,
            f"it did not answer within {seconds:.0f} seconds",
            was_reached=False,
        )
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(
            UNCLEAR,
            None,
            f"the connection failed ({type(error).__name__})",
            was_reached=False,
        )


def _follow(
    method: str, url: str, address_of: Callable[[str, int], str], seconds: float
) -> Answer:
    asked = url
    for _ in range(MOST_REDIRECTS):
        status, location = _ask(method, asked, address_of, seconds)
        if status not in (301, 302, 303, 307, 308) or not location:
            return _judged(status, "" if asked == url else asked)
        asked = urljoin(asked, location)
    return Answer(
        BROKEN, status, f"it leads on and on, {MOST_REDIRECTS} times and more"
    )


def _ask(
    method: str, url: str, address_of: Callable[[str, int], str], seconds: float
) -> tuple[int, str]:
    target = urlsplit(url)
    if target.scheme not in PORTS or not target.hostname:
        raise Refused("it is neither http:// nor https://")
    port = target.port or PORTS[target.scheme]
    path = quote(target.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
        f"?{quote(target.query, safe='/%:@!$&()*+,;=~-._?')}" if target.query else ""
    )
    connection = _Connection(target, address_of(target.hostname, port), port, seconds)
    with closing(connection):
        connection.request(
            method,
            path,
            headers={
                "User-Agent": user_agent(),
                "Accept": "*/*",
                "Connection": "close",
            },
        )
        # The body of a GET is left unread: that there is one is enough.
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", "")


def user_agent() -> str:
    return f"{settings.SITE_NAME} link check (one request at a time)"


def _judged(status: int, led_to: str) -> Answer:
    where = f" at {led_to}" if led_to else ""
    if 200 <= status < 400:
        return Answer(SOUND, status, f"leads to {led_to}" if led_to else "")
    if status in GONE:
        return Answer(BROKEN, status, f"there is nothing{where} ({status})")
    return Answer(UNCLEAR, status, f"the server refuses or fails{where} ({status})")


def check_all(
    urls: Iterable[str], ask: Callable[[str], Answer] = check, pause: float = PAUSE
) -> Iterator[tuple[str, Answer]]:
    """Asks each address once, several hosts at a time and each host one address after another;
    in the order of answers.
    """
    hosts: dict[str | None, list[str]] = defaultdict(list)
    for url in dict.fromkeys(urls):
        hosts[_host(url)].append(url)
    with ThreadPoolExecutor(HOSTS_AT_A_TIME) as pool:
        # One address of each host at a time, so that answers come in as they are had.
        running = {
            pool.submit(_in_turn, iter(group), ask, 0.0): None
            for group in hosts.values()
        }
        while running:
            done = next(as_completed(running))
            running.pop(done)
            found = done.result()
            if found is not None:
                url, answer, rest = found
                running[pool.submit(_in_turn, rest, ask, pause)] = None
                yield url, answer


def _in_turn(
    urls: Iterator[str], ask: Callable[[str], Answer], pause: float
) -> tuple[str, Answer, Iterator[str]] | None:
    url = next(urls, None)
    if url is None:
        return None
    time.sleep(pause)
    return url, ask(url), urls


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
