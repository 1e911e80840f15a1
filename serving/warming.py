"""What a process makes when it starts, beside serving: the index of the data, so that its first
reader does not wait for it.

With a million mitigations that takes about ten seconds. Who asks meanwhile waits for the part
that is being made; `/readyz` says that there is one, so that a balancer sends its readers
elsewhere.
"""

import logging
import threading

from django.db import DatabaseError, connections

from . import site
from .middleware import source_for
from .replicas import reading_from

logger = logging.getLogger(__name__)

_under_way = threading.Event()


def is_under_way() -> bool:
    return _under_way.is_set()


def start() -> threading.Thread:
    """In a thread of its own, which a server that stops does not wait for."""
    _under_way.set()
    thread = threading.Thread(target=_run, name="warming", daemon=True)
    thread.start()
    return thread


def _run() -> None:
    try:
        with reading_from(source_for({})):
            site.make_beforehand()
    except DatabaseError as error:  # no database yet, or no tables in it: the first request will see
        logger.info("Nothing is made beforehand: %s", error)
    finally:
        _under_way.clear()
        connections.close_all()
