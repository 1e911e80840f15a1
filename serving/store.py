"""Where finished answers are kept: in this process, and in a cache that processes share."""

import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache

logger = logging.getLogger(__name__)
Headers = list[tuple[str, str]]
Key = tuple[Any, ...]

#: What the objects of an answer take in memory beside their text, about, and its place in the
#: store.
OVERHEAD = 2000
#: Before the length of what describes a body that is shared. Changes with what is written there.
WRITTEN = b"answer 1\n"


@dataclass(slots=True)
class Answer:
    """An answer as it goes over the wire, made from the data of one revision. `etag` names
    revision, address and encoding.
    """

    revision: int
    etag: str
    headers: Headers
    body: bytes
    #: The headers of a 304.
    brief_headers: Headers
    was_asked_for: bool = False

    def __len__(self) -> int:
        size = OVERHEAD + len(self.body)
        for name, value in self.headers:
            size += len(name) + len(value)
        return size

    def as_bytes(self) -> bytes:
        """For processes that share a cache: a line that says what follows, its length, JSON of
        all but the body, the body.
        """
        about = orjson.dumps(
            [self.revision, self.etag, self.headers, self.brief_headers],
        )
        return b"".join([WRITTEN, len(about).to_bytes(4), about, self.body])

    @classmethod
    def from_bytes(cls, written: object) -> "Answer | None":
        """What `as_bytes` wrote; None where it is anything else, since others may write to a
        shared cache.
        """
        if not isinstance(written, bytes) or not written.startswith(WRITTEN):
            return None
        start = len(WRITTEN) + 4
        end = start + int.from_bytes(written[len(WRITTEN) : start])
        try:
            revision, etag, headers, brief_headers = orjson.loads(
                written[start:end],
            )
            return cls(
                revision,
                etag,
                _as_headers(headers),
                written[end:],
                _as_headers(brief_headers),
            )
        except (ValueError, TypeError):
            return None


def _as_headers(headers: list[list[str]]) -> Headers:
    return [(str(name), str(value)) for name, value in headers]


class Plain:
    """How values stand in a cache that is shared: bytes, or numbers and text as JSON. Never as
    pickles, which can run code when they are read, so that whoever can write to the cache could
    have this site run theirs.
    """

    BYTES = b"b"
    JSON = b"j"

    def dumps(self, value: Any) -> int | bytes:
        if isinstance(value, int) and not isinstance(value, bool):
            return value  # which the cache can count up
        if isinstance(value, bytes):
            return self.BYTES + value
        return self.JSON + orjson.dumps(value)

    def loads(self, written: bytes) -> Any:
        """None, as if nothing were there, for what `dumps` did not write, such as what an
        earlier version left.
        """
        kind = written[:1]
        rest = written[1:]
        if kind == self.BYTES:
            return rest
        try:
            if kind == self.JSON:
                return orjson.loads(rest)
            return int(written)
        except ValueError:
            return None


def _size(key: Any) -> int:
    """About what a key takes: the length of all text in it."""
    if isinstance(key, tuple):
        return sum(map(_size, key))
    return len(str(key))


class Store:
    """Answers of this process, by what was asked for, up to so many bytes. Those not asked for
    again leave first.

    Reading takes no lock: it marks the answer. Making room goes through them in order of
    arrival, and lets one that was asked for since it last came by stay for another turn.
    """

    def __init__(self, size: int):
        self.size = size
        self.used = 0
        self.answers: dict[Key, Answer] = {}
        self.lock = threading.Lock()

    def get(self, key: Key, revision: int) -> Answer | None:
        answer = self.answers.get(key)
        if answer is None or answer.revision != revision:
            return None
        answer.was_asked_for = True
        return answer

    def put(self, key: Key, answer: Answer) -> None:
        """One that takes more than an eighth of the room is not kept, so that a few large ones
        do not drive out the rest.
        """
        if _size(key) + len(answer) > self.size // 8:
            return
        with self.lock:
            self._drop(key)
            self._add(key, answer)
            while self.used > self.size:
                self._make_room()

    def clear(self) -> None:
        with self.lock:
            self.answers.clear()
            self.used = 0

    def _make_room(self) -> None:
        key, answer = next(iter(self.answers.items()))
        self._drop(key)
        if answer.was_asked_for:
            answer.was_asked_for = False
            self._add(key, answer)

    def _add(self, key: Key, answer: Answer) -> None:
        self.answers[key] = answer
        self.used += _size(key) + len(answer)

    def _drop(self, key: Key) -> None:
        if (answer := self.answers.pop(key, None)) is not None:
            self.used -= _size(key) + len(answer)


class UnderWay:
    """What is being made in this process: of several who ask for the same, one makes it, and
    the others wait for it.
    """

    def __init__(self) -> None:
        self.events: dict[Key, threading.Event] = {}
        self.lock = threading.Lock()

    def is_ours(self, key: Key, seconds: float) -> bool:
        """True: make it, and then call `done`. False: another thread has made it, or the wait
        was too long.
        """
        with self.lock:
            event = self.events.get(key)
            if event is None:
                self.events[key] = threading.Event()
                return True
        event.wait(seconds)
        return False

    def done(self, key: Key) -> None:
        with self.lock:
            self.events.pop(key).set()


class Shared:
    """The answers of all processes, in Django's cache, by their ETags. A cache that fails is
    let rest, and done without.
    """

    #: How long an answer is kept; it is never stale, but nobody may ask for it again.
    SECONDS = 3600
    SECONDS_TO_REST = 5
    POLL = 0.02

    def __init__(self) -> None:
        # Where the cache is this process's own memory, it would keep every answer twice.
        self.is_used = not isinstance(
            caches["default"],
            LocMemCache | DummyCache,
        )
        self.resting_until = 0.0

    def get(self, etag: str) -> Answer | None:
        written = self._tried(lambda cache: cache.get(f"answer:{etag}"))
        return Answer.from_bytes(written)

    def put(self, answer: Answer) -> None:
        key = f"answer:{answer.etag}"
        self._tried(
            lambda cache: cache.set(key, answer.as_bytes(), self.SECONDS),
        )

    def get_or_claim(self, etag: str, seconds: float) -> Answer | None:
        """The answer, once another process has made it; waits for that as long. None: make it."""
        key = f"making:{etag}"
        claim = uuid.uuid4().hex
        end = time.monotonic() + seconds
        if self._tried(
            lambda cache: cache.add(key, claim, seconds),
            otherwise=True,
        ):
            return self.get(etag)  # made between our first look and our claim
        first = self._claim_on(etag)
        # Where the first is done and has kept nothing, there is nothing to wait for: all others
        # make their own.
        while (
            first and self._claim_on(etag) == first and time.monotonic() < end
        ):
            time.sleep(self.POLL)
        return self.get(etag)

    def _claim_on(self, etag: str) -> str | None:
        return self._tried(lambda cache: cache.get(f"making:{etag}"))

    def release(self, etag: str) -> None:
        self._tried(lambda cache: cache.delete(f"making:{etag}"))

    def _tried(self, do: Callable[[Any], Any], otherwise: Any = None) -> Any:
        if not self.is_used or time.monotonic() < self.resting_until:
            return otherwise
        try:
            return do(caches["default"])
        except Exception as error:  # whatever the cache's own client raises
            self.resting_until = time.monotonic() + self.SECONDS_TO_REST
            logger.warning(
                "The shared cache does not answer, and is left alone for a while: %r",
                error,
            )
            return otherwise
