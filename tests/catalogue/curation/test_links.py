"""Checking links: politely, never within, and never saying “none broken” of what was not asked."""

import socket
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from catalogue.curation.quality import CHECKS, desk, requests
from catalogue.curation.quality.checks import links
from catalogue.models import LinkCheck
from tests.factories import DocumentFactory, ExternalIdentifierFactory

ASKED = Counter()


class Answers(BaseHTTPRequestHandler):
    """Answers with the status that the path names: /404, or /302?to=/200."""

    def answer(self):
        ASKED[self.command, self.path] += 1
        path, _, location = self.path.partition("?to=")
        if path == "/hangs":
            threading.Event().wait(2)
            return
        if path == "/drips":
            self.drip(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n")
            return
        if path == "/continues":
            self.drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n")
            return
        if path == "/loop":
            path, location = "/302", "/loop"
        status = {"/head-refused": 405 if self.command == "HEAD" else 200}.get(
            path,
        ) or int(path[1:4])
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def drip(self, first, piece):
        """Sends a bit again and again, faster than any timeout of a read, and comes to no end."""
        with suppress(OSError):
            self.wfile.write(first)
            while True:
                self.wfile.write(piece)
                time.sleep(0.02)

    do_HEAD = do_GET = answer

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://links.example:{running.server_address[1]}"
        running.shutdown()


def here(host, port):
    """Takes the made-up host for this machine, and judges every other name as the site does."""
    return (
        "127.0.0.1"
        if host == "links.example"
        else requests.public_address(host, port)
    )


def ask(url, **how):
    return requests.check_link(url, address_of=here, **how)


@pytest.mark.parametrize(
    ("path", "outcome", "status", "detail"),
    [
        ("/200", "sound", 200, ""),
        ("/302?to=/200", "sound", 200, "leads to {server}/200"),
        ("/head-refused", "sound", 200, ""),
        ("/404", "broken", 404, "there is nothing (404)"),
        (
            "/301?to=/410",
            "broken",
            410,
            "there is nothing at {server}/410 (410)",
        ),
        ("/403", "unclear", 403, "the server refuses or fails (403)"),
        ("/503", "unclear", 503, "the server refuses or fails (503)"),
        (
            "/302?to=/302?to=/302",
            "sound",
            302,
            "leads to {server}/302?to=/302",
        ),
    ],
)
def test_what_a_server_answers_is_judged(
    server,
    path,
    outcome,
    status,
    detail,
):
    answer = ask(server + path)

    assert answer.outcome == outcome
    if path.count("to=") < 2:
        assert (answer.status, answer.detail) == (
            status,
            detail.format(server=server),
        )


def test_a_loop_of_redirects_ends(server):
    answer = ask(f"{server}/loop")

    assert (answer.outcome, answer.detail) == (
        "broken",
        "it leads on and on, 6 times and more",
    )


def test_get_is_asked_only_where_head_was_not_enough(server):
    ASKED.clear()

    ask(f"{server}/200")
    ask(f"{server}/head-refused")

    assert ASKED == {
        ("HEAD", "/200"): 1,
        ("HEAD", "/head-refused"): 1,
        ("GET", "/head-refused"): 1,
    }


def test_a_server_that_says_nothing_is_given_up(server):
    answer = ask(f"{server}/hangs", seconds=0.2)

    assert (answer.outcome, answer.was_reached) == ("unclear", False)


@pytest.mark.parametrize("path", ["/drips", "/continues"])
def test_a_server_that_comes_to_no_end_is_given_up(server, path):
    assert (
        ask(server + path, seconds=0.2).detail
        == "it did not answer within 0 seconds"
    )


# Never within


@contextmanager
def resolving_to(monkeypatch, *addresses):
    with monkeypatch.context() as patch:
        patch.setattr(
            socket,
            "getaddrinfo",
            lambda *args, **kwargs: [
                (2, 1, 6, "", (one, 80)) for one in addresses
            ],
        )
        yield


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.9",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fc00::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "fe80::1%eth0",
        "::7f00:1",
        "::93.184.215.14",
        "fec0::1",
        "64:ff9b:1::a00:1",
        "192.0.0.8",
        "3fff::1",
    ],
)
def test_no_host_within_is_asked_whatever_it_is_called(monkeypatch, address):
    with resolving_to(monkeypatch, address):
        with pytest.raises(requests.NotRequested, match="no public host"):
            requests.public_address("harmless.example", 80)
        assert (
            requests.check_link("http://harmless.example/").detail
            == "harmless.example is no public host, and is not asked"
        )


def test_a_host_is_refused_where_one_of_its_addresses_is_within(monkeypatch):
    with (
        resolving_to(monkeypatch, "93.184.215.14", "127.0.0.1"),
        pytest.raises(requests.NotRequested),
    ):
        requests.public_address("both.example", 80)


def test_a_public_host_is_asked_at_the_address_that_was_judged(monkeypatch):
    with resolving_to(monkeypatch, "2606:2800:21f::1", "93.184.215.14"):
        assert requests.public_address("public.example", 80) == "93.184.215.14"


def test_a_redirect_within_is_not_followed(server):
    inside = server.replace("links.example", "127.0.0.1")
    ASKED.clear()

    answer = ask(f"{server}/302?to={inside}/200")

    assert (answer.outcome, answer.detail) == (
        "broken",
        "127.0.0.1 is no public host, and is not asked",
    )
    assert ("HEAD", "/200") not in ASKED


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://links.example/x",
        "gopher://x",
        "http:///x",
        "http://[",
        "x",
    ],
)
def test_other_kinds_of_addresses_are_not_asked(url):
    assert requests.check_link(url, address_of=here).outcome in (
        "broken",
        "unclear",
    )


def test_hosts_are_asked_side_by_side_and_each_host_one_address_after_another():
    running, most = Counter(), Counter()
    lock = threading.Lock()

    def slow(url):
        host = url.split("/")[2]
        with lock:
            running[host] += 1
            most[host] = max(most[host], running[host])
            most["all"] = max(most["all"], sum(running.values()))
        threading.Event().wait(0.01)
        with lock:
            running[host] -= 1
        return requests.Answer("sound", 200, "")

    urls = [
        f"http://host{number % 6}.example/{number}" for number in range(24)
    ]
    found = dict(requests.check_links([*urls, *urls], slow, pause=0))

    assert sorted(found) == sorted(urls)
    assert most.pop("all") <= requests.HOSTS_AT_A_TIME
    assert set(most.values()) == {1}


# What is kept, and what the desk says


def kept(**answers):
    links.store_link_checks(
        {
            f"https://example.org/{name}": answer
            for name, answer in answers.items()
        },
    )


@pytest.mark.django_db
def test_what_was_never_checked_is_not_called_sound():
    DocumentFactory(
        url="https://example.org/a",
        doi="10.1000/1",
        arxiv_id="2305.07153",
    )

    assert (
        "Never checked: whether any of 3 addresses is broken is not known."
        in links.reliability()
    )
    assert desk.count_open(CHECKS["broken-link"]) is None

    kept(a=("sound", 200, ""))
    assert "2 of 3 have not been checked yet." in links.reliability()
    assert desk.count_open(CHECKS["broken-link"]) == 0


@pytest.mark.django_db
def test_a_broken_link_is_found_at_each_record_that_has_it_and_an_unclear_one_after_three_checks():
    DocumentFactory(url="https://example.org/a")
    ExternalIdentifierFactory(
        url="https://example.org/a",
        mitigation__document__url="https://example.org/b",
    )
    for times in (1, 2, 3):
        kept(
            a=("broken", 404, "there is nothing (404)"),
            b=("unclear", 503, "the server fails (503)"),
        )
        assert len(list(links.broken())) == (2 if times < 3 else 3)

    assert {row.group for row in links.broken()} == {
        "document’s address",
        "external identifier",
    }
    kept(a=("sound", 200, ""), b=("sound", 200, ""))
    assert list(links.broken()) == []
    assert LinkCheck.objects.get(url__endswith="/a").failures == 0


@pytest.mark.django_db
def test_the_command_keeps_what_it_learnt_and_forgets_what_is_no_longer_held(
    monkeypatch,
):
    DocumentFactory(url="https://example.org/a")
    LinkCheck.objects.create(
        url="https://gone.example/",
        checked_at="2026-01-01T00:00Z",
        outcome="broken",
    )
    answers = {
        "https://example.org/a": requests.Answer(
            "broken",
            404,
            "there is nothing (404)",
        ),
    }
    monkeypatch.setattr(
        requests,
        "check_links",
        lambda urls: [(url, answers[url]) for url in urls],
    )
    out = StringIO()

    call_command("check_links", stdout=out)

    assert "Links checked: 1; 1 broken, 0 could not be told." in out.getvalue()
    assert [(row.url, row.status) for row in LinkCheck.objects.all()] == [
        ("https://example.org/a", 404),
    ]


@pytest.mark.django_db
def test_a_machine_without_a_way_out_learns_nothing(monkeypatch):
    DocumentFactory(url="https://example.org/a")
    nothing = requests.Answer(
        "broken",
        None,
        "there is no host example.org",
        was_reached=False,
    )
    monkeypatch.setattr(
        requests,
        "check_links",
        lambda urls: [(url, nothing) for url in urls],
    )

    with pytest.raises(CommandError, match="no way out. Nothing was kept."):
        call_command("check_links", stdout=StringIO())

    assert not LinkCheck.objects.exists()
