"""A PostgreSQL that says nothing more while it is waited for: stopped, or on a machine that
hangs.

A long query is no silence: the server is asked on a new connection whether it is there, and
what runs goes on where it is. Libpq itself notices only machines that acknowledge nothing more.
"""

import socket
import struct
import time
import weakref
from collections.abc import Callable, Generator
from typing import Any

import psycopg
from django.db.backends.signals import connection_created

#: After so long without an answer the server is asked whether it is there, and given so long to
#: say so.
SECONDS_OF_SILENCE = 4
SECONDS_TO_SAY_SO = 3
#: What asks a server whether it speaks TLS: any that is there answers it with a letter, before
#: it asks who is there.
SPEAKS_TLS = struct.pack("!ii", 8, 80877103)

#: What psycopg waits for: gives what it needs of the socket, and is told what came of that, 0
#: for nothing yet.
Waited = Generator[Any, Any, Any]


class Silent(psycopg.OperationalError):
    """The server says nothing more, on a new connection either."""


def start() -> None:
    """Has every connection of this process that is made from now on watched."""
    connection_created.connect(_watch, dispatch_uid="silence")


def _watch(sender: Any, connection: Any, **rest: Any) -> None:
    if connection.vendor != "postgresql":
        return
    own: Any = connection.connection
    if "wait" in vars(own):  # of a pool, and lent before
        return
    # Weakly, so that a connection that nobody holds any more goes at once.
    held = weakref.ref(own)

    def watched(waited_for: Waited, *options: Any, **more: Any) -> Any:
        own: Any = held()
        try:
            return type(own).wait(
                own,
                until_silent(waited_for, lambda: _still_there(own.info)),
                *options,
                **more,
            )
        except Silent:
            own.pgconn.finish()  # else it is for ever about to answer
            raise

    own.wait = watched


def until_silent(waited_for: Waited, answers: Callable[[], bool]) -> Waited:
    """The same, until nothing comes any more and the server does not answer elsewhere either.
    Raises Silent then.
    """
    try:
        state = next(waited_for)
        since = time.monotonic()
        while True:
            ready = yield state
            now = time.monotonic()
            if ready:
                since = now
            elif now - since > SECONDS_OF_SILENCE:
                if not answers():
                    raise Silent(
                        "The server says nothing more, on a new connection either.",
                    )
                since = time.monotonic()
            state = waited_for.send(ready)
    except StopIteration as end:
        return end.value


def _still_there(server: psycopg.ConnectionInfo) -> bool:
    """Asked at the address that was reached, since a name may lead elsewhere by now; twice,
    since a packet may be lost.
    """
    return any(
        is_there(server.hostaddr or server.host, server.port) for _ in range(2)
    )


def is_there(host: str, port: int) -> bool:
    """Whether a server answers there: at an address, or at a socket in the folder that `host`
    then is.
    """
    try:
        with _reached(host, port) as wire:
            wire.sendall(SPEAKS_TLS)
            return bool(wire.recv(1))
    except OSError:
        return False


def _reached(host: str, port: int) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, port), SECONDS_TO_SAY_SO)
    wire = socket.socket(socket.AF_UNIX)
    wire.settimeout(SECONDS_TO_SAY_SO)
    try:
        wire.connect(f"{host}/.s.PGSQL.{port}")
    except OSError:
        wire.close()
        raise
    return wire
