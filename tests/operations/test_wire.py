"""What comes in over the wire as no library would send it: the server answers or hangs up, at
once, and goes on.
"""

import socket
import urllib.request
from contextlib import ExitStack

import pytest

from tests.site import Site, own_database

pytestmark = pytest.mark.any_engine
SECONDS = 10  # on a busy machine; it takes milliseconds
HEAD = (
    b"GET /mitigations/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
)
POST = (
    b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
)
SENT = {
    "no request line": b"\r\n\r\n\r\n\r\n",
    "one word": b"GET\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "a version that does not exist": b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    + bytes(range(256)) * 2,
    "zeros": bytes(100_000),
    "a null in the address": b"GET /\x00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "bytes that are no text in the address": b"GET /\xff\xfe\xc3( HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "wrong percent signs": b"GET /%zz%/%c3%28/?q=%%%&%ff=%fe HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "bytes that are no text in the query": b"GET /api/v1/mitigations/?q=\xe9\xff HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "an address of 1 MB": b"GET /"
    + b"a" * 1_000_000
    + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a header of 1 MB": HEAD + b"X-Long: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "10,000 headers": HEAD
    + b"".join(b"X-%d: 1\r\n" % n for n in range(10_000))
    + b"\r\n",
    "a header without a name": HEAD + b": nothing\r\n\r\n",
    "a header that is none": HEAD + b"no colon\r\n\r\n",
    "bytes that are no text in headers": HEAD
    + b"Accept: \xff\xfe\r\nCookie: \xc3(=\xff\r\nIf-None-Match: \xe9\r\nAccept-Encoding: \xff\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n",
    "a host that is none": b"GET / HTTP/1.1\r\nHost: \xff@[::\r\nConnection: close\r\n\r\n",
    "the whole address of another site": b"GET http://elsewhere.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "a tunnel": b"CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "options of everything": b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "a length below zero": POST + b"Content-Length: -1\r\n\r\n",
    "a length that is no number": POST + b"Content-Length: five\r\n\r\n",
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length and chunks": POST
    + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk of no size": POST
    + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "a chunk of too many": POST
    + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "chunks of another kind": POST + b"Transfer-Encoding: sideways\r\n\r\nabc",
    "a form of no encoding": POST
    + b"Content-Type: application/x-www-form-urlencoded; charset=none\r\nContent-Length: 5\r\n\r\n\xff=\xfe&a",
    "parts without a border": POST
    + b"Content-Type: multipart/form-data\r\nContent-Length: 5\r\n\r\n--a--",
    "packed nonsense": POST
    + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory, migrated):
    folder = tmp_path_factory.mktemp("wire")
    with own_database(folder, migrated) as database:
        site = Site(
            folder,
            WEB_CONCURRENCY="1",
            DEBUG="1",
            RESPONSE_CACHE="on",
            **database,
        )
        try:
            site.start()
            yield site
        finally:
            site.kill()


def connected(site) -> socket.socket:
    return socket.create_connection(
        ("127.0.0.1", int(site.environment["PORT"])),
        timeout=SECONDS,
    )


def answer_to(site, data: bytes) -> bytes:
    """All that comes back until the server hangs up."""
    with connected(site) as wire:
        try:
            wire.sendall(data)
            wire.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: wire.recv(65536), b""))
        except TimeoutError:
            return b"It keeps us waiting."
        except OSError:  # it has hung up before all was sent
            return b""


def status_of(site) -> int:
    with urllib.request.urlopen(
        f"{site.url}/mitigations/",
        timeout=SECONDS,
    ) as answer:
        return answer.status


def assert_nothing_broke(site):
    """Of a host that is not ours Django writes down where it was refused; of nothing else."""
    printed = site.printed
    assert printed.count("Traceback") == printed.count(
        "raise DisallowedHost(msg)",
    ), printed
    assert "Internal Server Error" not in printed, printed


def test_nothing_that_is_sent_breaks_the_server_or_keeps_it_waiting(site):
    first_lines = {
        name: answer_to(site, data).partition(b"\r\n")[0].decode("latin-1")
        for name, data in SENT.items()
    }

    assert {
        name: line
        for name, line in first_lines.items()
        if line and not line.startswith(("HTTP/1.1 2", "HTTP/1.1 4"))
    } == {}
    assert_nothing_broke(site)
    assert status_of(site) == 200


def test_clients_that_are_slow_keep_no_other_waiting(site):
    """Of those that send a form slowly, fewer than there are threads: a proxy in front takes
    forms whole first.
    """
    slow = [HEAD, b"GET /mit", b"GET / HTTP/1.1\r\nHost: "] * 40 + [
        POST + b"Content-Length: 1000\r\n\r\na=",
    ] * 3
    with ExitStack() as stack:
        for begun in slow:
            stack.enter_context(connected(site)).sendall(begun)

        assert status_of(site) == 200


def test_a_reader_who_leaves_midway_leaves_nothing_behind(site):
    for _ in range(5):
        with connected(site) as wire:
            wire.sendall(
                HEAD.replace(b"/mitigations/", b"/data/catalogue.sqlite3")
                + b"\r\n",
            )
            wire.recv(10)

    assert status_of(site) == 200
    assert_nothing_broke(site)
