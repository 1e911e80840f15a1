"""Readers who take a file slowly, or never, and those who send slowly, do not keep others
waiting.
"""

import http.client
import socket
import time
import urllib.error
import urllib.request
from contextlib import ExitStack

import pytest
import requests

from tests.site import Site, own_database

PATH = "/api/v1/mitigations/?format=ndjson"
MITIGATIONS = 1_000
#: So that the file is longer than what the system holds for a reader who takes nothing: over 10 MB.
FILL = f"""
from django.db.models import F, Value
from django.db.models.functions import Concat
from catalogue.operations.generation import generate_catalogue
from catalogue.models import Mitigation
generate_catalogue(mitigations={MITIGATIONS}, seed=1)
Mitigation.objects.update(description=Concat(F("description"), Value(" And so on." * 1_000)))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory, loaded):
    folder = tmp_path_factory.mktemp("slow")
    with own_database(folder, loaded) as database:
        site = Site(
            folder,
            WEB_CONCURRENCY="1",
            WEB_THREADS="4",
            DEBUG="1",
            RESPONSE_CACHE="on",
            **database,
        )
        site.manage("shell", "--no-imports", "--command", FILL)
        try:
            site.start()
            yield site
        finally:
            site.kill()


def lines_once_there_is_a_place(site) -> int:
    """Of the file. That a reader is gone is seen when the next piece is sent to them, a moment
    after.
    """
    until = time.monotonic() + 30
    while (
        answer := requests.get(f"{site.url}{PATH}", timeout=60)
    ).status_code == 503:
        assert time.monotonic() < until, "no place became free"
        time.sleep(0.2)
    return answer.text.count("\n")


def slow_reader(site) -> socket.socket:
    """Asks for the file, waits for its first bytes, and takes no more."""
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    wire.settimeout(30)
    wire.connect(("127.0.0.1", int(site.environment["PORT"])))
    wire.sendall(f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    wire.recv(1)
    return wire


def status_of(site, path: str) -> int:
    try:
        return urllib.request.urlopen(f"{site.url}{path}", timeout=30).status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.any_engine
def test_slow_readers_hold_up_nobody_and_their_places_are_free_when_they_are_gone(
    site,
):
    with ExitStack() as readers:
        for _ in range(6):  # more than there are threads
            readers.enter_context(slow_reader(site))

        assert status_of(site, "/mitigations/") == 200
        assert status_of(site, "/healthz") == 200
        assert status_of(site, PATH) == 503

    assert lines_once_there_is_a_place(site) > MITIGATIONS


def slow_sender(site) -> socket.socket:
    """Sends the beginning of a form, and no more."""
    wire = socket.create_connection(
        ("127.0.0.1", int(site.environment["PORT"])),
        timeout=30,
    )
    head = "POST /feedback/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n"
    wire.sendall(
        f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\nkind=".encode(),
    )
    return wire


def status_of_form_from(site, address: str) -> int:
    """Of a form sent whole from another address of this machine, with a field too few: it is
    read, and refused.
    """
    port = int(site.environment["PORT"])
    sending = http.client.HTTPConnection(
        "127.0.0.1",
        port,
        timeout=30,
        source_address=(address, 0),
    )
    sending.request("POST", "/feedback/", body="kind=error")
    status = sending.getresponse().status
    sending.close()
    return status


@pytest.mark.any_engine
def test_slow_senders_hold_up_nobody(site):
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(slow_sender(site))
        assert [
            status_of(site, path)
            for path in ("/healthz", "/", "/mitigations/")
        ] == [
            200,
            200,
            200,
        ]
        assert status_of_form_from(site, "127.0.0.2") == 400
