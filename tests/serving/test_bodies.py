"""What is sent is read whole, up to a length and not for ever, and one client does not hold up
the others.
"""

import io
import threading
from contextlib import ExitStack

import pytest

from serving import bodies
from serving.bodies import Bodies, Places, Unread, copied
from tests.reading import ask

pytestmark = pytest.mark.any_engine


def echo(environ, start_response):
    start_response("200 OK", [])
    return [environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))]


def send(body, **environ):
    sent = {
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
        **environ,
    }
    return ask(
        Bodies(echo),
        environ.get("PATH_INFO", "/feedback/"),
        method="POST",
        **sent,
    )


@pytest.mark.parametrize("length", [1, 64, 100_000, 2_400_000])
def test_a_body_arrives_with_every_byte(length):
    body = bytes(range(256)) * (length // 256 + 1)

    assert send(body[:length]).body == body[:length]


def test_a_body_whose_length_is_not_told_arrives_too():
    answer = send(
        b"in chunks",
        CONTENT_LENGTH="",
        HTTP_TRANSFER_ENCODING="chunked",
    )

    assert (answer.status, answer.body) == (200, b"in chunks")


class Untouched:
    def read(self, size):
        raise AssertionError("It was read.")

    readline = read


def test_what_is_too_long_is_refused_before_any_of_it_is_read():
    answer = send(
        b"",
        CONTENT_LENGTH="400000000",
        **{"wsgi.input": Untouched()},
    )

    assert answer.status == 413
    assert b"2.5 MB" in answer.body


def test_what_turns_out_too_long_is_refused():
    assert (
        send(
            b"x" * 2_600_000,
            CONTENT_LENGTH="",
            HTTP_TRANSFER_ENCODING="chunked",
        ).status
        == 413
    )


def test_curators_may_hand_in_more():
    signed_in = {"HTTP_COOKIE": "sessionid=x"}

    assert (
        send(
            b"x" * 2_600_000,
            PATH_INFO="/admin/catalogue/importbatch/add/",
            **signed_in,
        ).status
        == 200
    )
    assert send(b"x" * 2_600_000, PATH_INFO="/admin/login/").status == 413


def test_what_ends_before_its_end_is_refused():
    assert send(b"half", CONTENT_LENGTH="8").status == 400


class Slow:
    """Gives a byte every two seconds of a clock that is not real."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        monkeypatch.setattr(bodies.time, "monotonic", lambda: self.now)

    def read(self, size):
        self.now += 2 * size
        return b"x" * size


def test_what_arrives_too_slowly_is_given_up(monkeypatch):
    slow = Slow(monkeypatch)

    with pytest.raises(Unread) as refused:
        copied(slow, io.BytesIO(), 100_000, bodies.LONGEST)

    assert refused.value.refusal.status == 408
    assert slow.now < 200


def test_one_client_holds_only_a_part_of_the_places(monkeypatch):
    monkeypatch.setattr(bodies, "SECONDS_TO_WAIT", 0)
    places = Places()
    with ExitStack() as stack:
        found = [
            stack.enter_context(places.place(who))
            for who in ("slow", "slow", "slow", "another")
        ]
    assert found == [True, True, False, True]
    with places.place("slow") as again:
        assert again
    assert places.taken.total() == 0


def test_one_may_wait_for_a_place_and_the_next_is_told_to_come_back():
    places = Places()
    waited = []
    with places.place("one"), places.place("one"):
        waiting = threading.Thread(
            target=lambda: waited.append(places._take("one")),
        )
        waiting.start()
        while not places.is_waited_for:
            pass
        with places.place("one") as third:
            assert not third
    waiting.join()
    assert waited == [True]


@pytest.mark.parametrize(
    "charset",
    ["rot13", "base64", "utf-7", "latin-1", "utf-8; charset*=rot13''a"],
)
@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=a"],
)
def test_what_says_that_it_is_not_utf_8_is_not_read(kind, charset):
    answer = send(b"title=a", CONTENT_TYPE=f"{kind}; charset={charset}")

    assert answer.status == 400
    assert b"UTF-8" in answer.body


@pytest.mark.parametrize("charset", ["", "; charset=utf-8", "; charset=UTF-8"])
def test_what_says_that_it_is_utf_8_or_nothing_is_read(charset):
    kind = f"application/x-www-form-urlencoded{charset}"

    assert send(b"title=a", CONTENT_TYPE=kind).body == b"title=a"


def test_without_a_body_nothing_says_how_an_address_is_read():
    def told(environ, start_response):
        start_response("200 OK", [])
        return [environ["CONTENT_TYPE"].encode()]

    environ = {
        "REQUEST_METHOD": "GET",
        "CONTENT_TYPE": "text/plain; charset=rot13",
    }

    assert Bodies(told)(environ, lambda *_: None) == [b""]
