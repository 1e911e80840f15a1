"""Requests of addresses, whether they answer: politely, and never an address within: whoever may enter a
link must not be able to reach what only this machine can.

Each host is resolved once and requested at the address that was judged, so that it cannot name
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
HOSTS_AT_A_TIME = 4
PAUSE = 1.0
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

SOUND = LinkCheck.Outcome.SOUND
BROKEN = LinkCheck.Outcome.BROKEN
UNCLEAR = LinkCheck.Outcome.UNCLEAR
REDIRECTS = {301, 302, 303, 307, 308}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: With (host, port): the address at which it is requested.
AddressOf = Callable[[str, int], str]


class Answer(NamedTuple):
    outcome: str
    status: int | None
    detail: str
    #: Whether anything answered at all: where nothing does anywhere, it is this machine that
    #: has no way out.
    was_reached: bool = True


class NotRequested(Exception):
    """An address that is not requested. The message says why."""


def public_address(host: str, port: int) -> str:
    """The address at which a host is asked. Raises NotRequested where any of its addresses is not a
    public one, such as loopback, private, link-local or reserved ones, and OSError where it has
    none.
    """
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    texts = {str(info[4][0]) for info in infos}
    for text in texts:
        address = ipaddress.ip_address(text.partition("%")[0])
        if not all(map(_is_public, [address, *_wrapped_addresses(address)])):
            raise NotRequested(f"{host} is no public host, and is not asked")
    # Those of IPv4 first: a machine without IPv6 cannot reach the others.
    return min(texts, key=lambda text: (":" in text, text))


def _is_public(address: Address) -> bool:
    if not address.is_global or address.is_multicast:
        return False
    return not any(address in network for network in NOT_PUBLIC)


def _wrapped_addresses(address: Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for, in each of the ways to wrap one."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    wrapped = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        wrapped.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in wrapped if one is not None]


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket until a moment (of `time.monotonic`), however often something
    arrives. Raises TimeoutError.
    """

    def __init__(self, sock: socket.socket, end: float):
        self.sock = sock
        self.end = end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.sock.settimeout(_seconds_left(self.end))
        return self.sock.recv_into(buffer)


def _seconds_left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Connection(http.client.HTTPConnection):
    """Goes to the address that was judged, whatever the host's name says by then. All of it
    takes at most `seconds`: a timeout of a socket begins anew with every byte that a server
    drips.
    """

    def __init__(
        self,
        target: SplitResult,
        address: str,
        port: int,
        seconds: float,
    ):
        super().__init__(target.hostname or "", port, timeout=seconds)
        self.address = address
        self.is_secure = target.scheme == "https"
        self.end = time.monotonic() + seconds
        self.response_class = self._response_with_deadline  # type: ignore[assignment]

    def connect(self) -> None:
        self.sock = socket.create_connection(
            (self.address, self.port),
            self.timeout,
        )
        if self.is_secure:
            context = ssl.create_default_context()
            self.sock.settimeout(_seconds_left(self.end))
            self.sock = context.wrap_socket(
                self.sock,
                server_hostname=self.host,
            )

    def _response_with_deadline(
        self,
        sock: socket.socket,
        *rest: Any,
        **options: Any,
    ) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(sock, *rest, **options)
        response.fp.close()
        response.fp = io.BufferedReader(_DeadlineReader(sock, self.end))
        return response


def check_link(
    url: str,
    *,
    address_of: AddressOf = public_address,
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
    except NotRequested as error:
        return Answer(BROKEN, None, str(error))
    except ssl.SSLCertVerificationError as error:
        detail = f"its certificate does not hold ({error.verify_message})"
        return Answer(BROKEN, None, detail)
    except socket.gaierror:
        detail = f"there is no host {urlsplit(url).hostname}"
        return Answer(BROKEN, None, detail, was_reached=False)
    except TimeoutError:
        detail = f"it did not answer within {seconds:.0f} seconds"
        return Answer(UNCLEAR, None, detail, was_reached=False)
    except (OSError, http.client.HTTPException, ValueError) as error:
        detail = f"the connection failed ({type(error).__name__})"
        return Answer(UNCLEAR, None, detail, was_reached=False)


def _follow(
    method: str,
    url: str,
    address_of: AddressOf,
    seconds: float,
) -> Answer:
    location = url
    for _ in range(MOST_REDIRECTS):
        status, redirect = _send_request(method, location, address_of, seconds)
        if status not in REDIRECTS or not redirect:
            return _answer_of(status, "" if location == url else location)
        location = urljoin(location, redirect)
    detail = f"it leads on and on, {MOST_REDIRECTS} times and more"
    return Answer(BROKEN, status, detail)


def _send_request(
    method: str,
    url: str,
    address_of: AddressOf,
    seconds: float,
) -> tuple[int, str]:
    """The status, and where it redirects to; empty: nowhere."""
    target = urlsplit(url)
    if target.scheme not in PORTS or not target.hostname:
        raise NotRequested("it is neither http:// nor https://")
    port = target.port or PORTS[target.scheme]
    path = quote(target.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if target.query:
        path += f"?{quote(target.query, safe='/%:@!$&()*+,;=~-._?')}"
    headers = {
        "User-Agent": user_agent(),
        "Accept": "*/*",
        "Connection": "close",
    }
    connection = _Connection(
        target,
        address_of(target.hostname, port),
        port,
        seconds,
    )
    with closing(connection):
        connection.request(method, path, headers=headers)
        # The body of a GET is left unread: that there is one is enough.
        response = connection.getresponse()
        return response.status, response.headers.get("Location", "")


def user_agent() -> str:
    return f"{settings.SITE_NAME} link check (one request at a time)"


def _answer_of(status: int, led_to: str) -> Answer:
    where = f" at {led_to}" if led_to else ""
    if 200 <= status < 400:
        return Answer(SOUND, status, f"leads to {led_to}" if led_to else "")
    if status in GONE:
        return Answer(BROKEN, status, f"there is nothing{where} ({status})")
    return Answer(
        UNCLEAR,
        status,
        f"the server refuses or fails{where} ({status})",
    )


def check_links(
    urls: Iterable[str],
    check: Callable[[str], Answer] = check_link,
    pause: float = PAUSE,
) -> Iterator[tuple[str, Answer]]:
    """Checks each address once, several hosts at a time and each host one address after
    another; in the order of answers.
    """
    by_host: dict[str | None, list[str]] = defaultdict(list)
    for url in dict.fromkeys(urls):
        by_host[_hostname(url)].append(url)
    with ThreadPoolExecutor(HOSTS_AT_A_TIME) as pool:
        # One address of each host at a time, so that answers come in as they are had. By what
        # runs: the addresses of its host that are left.
        running = {}
        for group in by_host.values():
            rest = iter(group)
            running[pool.submit(_check_after, 0.0, next(rest), check)] = rest
        while running:
            future = next(as_completed(running))
            rest = running.pop(future)
            following = next(rest, None)
            if following is not None:
                task = pool.submit(_check_after, pause, following, check)
                running[task] = rest
            yield future.result()


def _check_after(
    pause: float,
    url: str,
    check: Callable[[str], Answer],
) -> tuple[str, Answer]:
    time.sleep(pause)
    return url, check(url)


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
