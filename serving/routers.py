"""Where models are read and written, with replicas."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS as PRIMARY
from django.db import connections

from . import replicas


class ReplicaRouter:
    """Reads of public requests go where the request reads; writes, and whatever goes with them,
    to the primary.
    """

    def db_for_read(self, model: Any, **hints: Any) -> str:
        source = replicas.reading()
        if source is None or connections[PRIMARY].in_atomic_block:
            return PRIMARY
        return source.alias

    def db_for_write(self, model: Any, **hints: Any) -> str:
        replicas.after_a_write()
        return PRIMARY

    def allow_relation(self, *objects: Any, **hints: Any) -> bool:
        return True  # they hold the same rows

    def allow_migrate(self, db: str, *of: Any, **hints: Any) -> bool:
        return db == PRIMARY
