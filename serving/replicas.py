"""Which database a public request reads: a replica that answers and shows what it must, or else
the primary.

What a replica must show is a revision (`catalogue/revision.py`), never a time: the last that
the primary is known to have had `REPLICA_LAG_SECONDS` ago, or a later one that the reader has
written. docs/decisions/0007 says why.
"""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS as PRIMARY
from django.db import DatabaseError, connections

from . import site
from .availability import is_for_a_while

logger = logging.getLogger(__name__)

#: How long a database that does not answer is passed over.
SECONDS_TO_REST = 5
#: How often a process asks the primary for its revision, so as to know which replica is behind.
SECONDS_BETWEEN_LOOKS = 1


class Source(NamedTuple):
    """A database to read, and the revision that it showed when it was chosen."""

    alias: str
    number: int


class Floor:
    """The revision below which a replica is too far behind: the last that the primary had shown
    `lag` seconds ago.

    Who has not looked for longer than that cannot tell old writes from new ones, and takes what
    the primary shows now.
    """

    def __init__(self, lag: float):
        self.lag = lag
        self.number = 0
        self.newer: deque[tuple[float, int]] = deque()
        self.looked_at = self.next_look = float("-inf")
        self.is_primary_away = False
        self.lock = threading.Lock()

    def current(self) -> int:
        now = time.monotonic()
        # While one thread looks, the others go on with what is known, unless that is too old
        # and there may be something newer.
        waits = now - self.looked_at > self.lag and not self.is_primary_away
        if now >= self.next_look and self.lock.acquire(blocking=waits):
            try:
                self._look()
            finally:
                self.lock.release()
        return self.number

    def _look(self) -> None:
        if (now := time.monotonic()) < self.next_look:
            return
        number = asked(PRIMARY)
        self.is_primary_away = number is None
        if (
            number is None
        ):  # replicas go on with what they have: nobody can write meanwhile
            self.next_look = time.monotonic() + SECONDS_TO_REST
            return
        self.next_look = now + SECONDS_BETWEEN_LOOKS
        self.learn(number, now)

    def learn(self, number: int, now: float) -> None:
        """The primary shows `number` at the time `now`."""
        newest = self.newer[-1][1] if self.newer else self.number
        # A number that is lower is of a database that was put in the place of the one before.
        if now - self.looked_at > self.lag or number < newest:
            self.newer.clear()
            self.number = number
        elif number > newest:
            self.newer.append((now, number))
        while self.newer and self.newer[0][0] <= now - self.lag:
            self.number = self.newer.popleft()[1]
        self.looked_at = now


class Away(DatabaseError):
    """No database answers, and none did a moment ago."""


class Replicas:
    """The replicas of this process. One that does not answer is passed over for a while, and
    then tried by one thread.
    """

    def __init__(self, aliases: Collection[str], lag: float):
        # Each process has a first choice of its own: it holds the index and the answers of one
        # source, and numbers do not go back and forth.
        start = os.getpid() % len(aliases) if aliases else 0
        self.aliases = [*list(aliases)[start:], *list(aliases)[:start]]
        self.floor = Floor(lag)
        self.resting_until: dict[str, float] = {}
        self.lock = threading.Lock()

    def source(
        self,
        at_least: int = 0,
        but_not: Collection[str] = (),
    ) -> Source:
        """The first replica that shows what it must, or the primary; an older replica only
        where the primary does not answer.

        Raises DatabaseError where nothing answers: Away as long as it is not asked again.
        """
        needed = max(at_least, self.floor.current()) if self.aliases else 0
        behind: list[Source] = []
        for alias in self.aliases:
            number = self._asked(alias) if alias not in but_not else None
            if number is not None and number >= needed:
                return Source(alias, number)
            if number is not None:
                behind.append(Source(alias, number))
        return self._primary(behind)

    def _primary(self, otherwise: list[Source]) -> Source:
        if otherwise and asked(PRIMARY) is None:
            return max(otherwise, key=lambda source: source.number)
        if not self._may_be_asked(PRIMARY):
            raise Away("The database did not answer a moment ago.")
        number = self._asked_again()
        if self.resting_until.pop(PRIMARY, None):
            logger.warning("The database answers again")
        return Source(PRIMARY, number)

    def _asked_again(self) -> int:
        """The revision of the primary, on a new connection where the one at hand failed."""
        try:
            return site.revision(PRIMARY)
        except DatabaseError as error:
            if not is_for_a_while(error):
                raise
            connections[PRIMARY].close()
        try:
            return site.revision(PRIMARY)
        except DatabaseError as error:
            if is_for_a_while(error):
                self._rest(PRIMARY)
                raise Away("The database does not answer.") from error
            raise

    def _asked(self, alias: str) -> int | None:
        if not self._may_be_asked(alias):
            return None
        number = asked(alias)
        if number is None:
            self._rest(alias)
        elif self.resting_until.pop(alias, None):
            logger.warning("%s answers again", alias)
        return number

    def _may_be_asked(self, alias: str) -> bool:
        with self.lock:
            until = self.resting_until.get(alias)
            now = time.monotonic()
            if until is None:
                return True
            if now < until:
                return False
            self.resting_until[alias] = (
                now + SECONDS_TO_REST
            )  # for all but this thread
            return True

    def _rest(self, alias: str) -> None:
        if alias not in self.resting_until:
            logger.warning(
                "%s does not answer, and is passed over for %d seconds at a time",
                alias,
                SECONDS_TO_REST,
            )
        with self.lock:
            self.resting_until[alias] = time.monotonic() + SECONDS_TO_REST


def asked(alias: str) -> int | None:
    """The revision there; None where it does not answer, on a new connection either."""
    had_connection = connections[alias].connection is not None
    for _ in range(1 + had_connection):
        try:
            return site.revision(alias)
        except DatabaseError as error:
            logger.info("%s: %r", alias, error)
            connections[alias].close()
    return None


@cache
def replicas() -> Replicas:
    return Replicas(settings.REPLICAS, settings.REPLICA_LAG_SECONDS)


class _Reading(threading.local):
    source: Source | None = None


_reading = _Reading()


def reading() -> Source | None:
    """What this thread's request reads; None outside public requests, which read the primary."""
    return _reading.source


def read(source: Source) -> None:
    """Has the rest of the request read `source`."""
    _reading.source = source


@contextmanager
def reading_from(source: Source) -> Iterator[None]:
    before = _reading.source
    _reading.source = source
    try:
        yield
    finally:
        _reading.source = before


def after_a_write() -> None:
    """Has the rest of a request that writes read the primary."""
    if _reading.source is not None:
        _reading.source = Source(PRIMARY, _reading.source.number)
