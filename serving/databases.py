"""The databases of the settings: a pool for the primary, and replicas beside it; and the cache."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.core.exceptions import ImproperlyConfigured

from .environment import database_config
from .threads import FOR_BODIES, FOR_THE_INDEX

POSTGRESQL = "django.db.backends.postgresql"
#: A connection is made anew after an hour, so that one that a proxy or a server has forgotten
#: does not stay.
SECONDS_OF_A_CONNECTION = 3600
#: What one gives up after that nobody answers: to connect, to wait for the pool, and to wait
#: that what was sent arrives.
SECONDS_TO_CONNECT = 3
SECONDS_FOR_THE_POOL = 3
MILLISECONDS_TO_ARRIVE = 5000


#: Of SQLite. Readers do not wait for a writer (WAL). What is deleted is overwritten: not every
#: build of SQLite does that unasked.
ANY_FILE = "PRAGMA cache_size=-32000; PRAGMA mmap_size=268435456;"
WRITABLE_FILE = f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON; {ANY_FILE}"
#: Who waits for somebody else's long write is refused only shortly before a proxy would give up.
SECONDS_FOR_THE_WRITER_BEFORE = 55


def embedded(path: str) -> dict[str, Any]:
    """The options of a database of SQLite. One that cannot be written to, such as on a medium
    that is mounted to be read, is read.
    """
    if not _is_to_be_read_only(Path(path)):
        # Two writers queue instead of failing midway.
        return {
            "transaction_mode": "IMMEDIATE",
            "timeout": SECONDS_FOR_THE_WRITER_BEFORE,
            "init_command": WRITABLE_FILE,
        }
    return {"database": _read_only(Path(path)), "init_command": ANY_FILE}


def _is_to_be_read_only(path: Path) -> bool:
    return path.exists() and not (
        os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    )


def _read_only(path: Path) -> str:
    journal = path.with_name(f"{path.name}-wal")
    has_journal = journal.exists() and journal.stat().st_size > 0
    # Without a journal nothing beside the file is needed, and nothing is looked for.
    return f"file:{quote(str(path))}?{'mode=ro' if has_journal else 'immutable=1'}"


REDIS = "django.core.cache.backends.redis.RedisCache"


def cache(config: dict[str, Any]) -> dict[str, Any]:
    """The cache of the settings. What processes share there is written without pickles."""
    if config["BACKEND"] != REDIS:
        return config
    return {
        **config,
        "OPTIONS": {
            **config.get("OPTIONS", {}),
            "serializer": "serving.store.Plain",
        },
    }


#: What every connection to PostgreSQL is opened with, unless its address says otherwise. A
#: machine that is gone while one waits for its answer is noticed by what the kernel asks it
#: after some seconds (keepalives).
WIRE = {
    "connect_timeout": SECONDS_TO_CONNECT,
    "tcp_user_timeout": MILLISECONDS_TO_ARRIVE,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


def wired(database: dict[str, Any]) -> dict[str, Any]:
    """What to set in `database` so that nobody waits for one that is gone."""
    if database["ENGINE"] != POSTGRESQL:
        return {}
    return {"OPTIONS": {**WIRE, **database.get("OPTIONS", {})}}


def pooled(
    database: dict[str, Any],
    *,
    size: int,
    threads: int,
) -> dict[str, Any]:
    """What to set in `database` so that the threads of a process share up to `size` connections."""
    if database["ENGINE"] != POSTGRESQL:
        raise ImproperlyConfigured(
            "DATABASE_POOL_SIZE is for PostgreSQL: unset it, or set DATABASE_URL=postgres://...",
        )
    needed = threads + FOR_THE_INDEX
    if size < needed:
        # Between requests a thread may keep the connection that it last had.
        raise ImproperlyConfigured(
            f"DATABASE_POOL_SIZE={size} is less than the {needed} threads of a process (WEB_THREADS, {FOR_BODIES} that take in what is "
            f"sent, and {FOR_THE_INDEX} that makes the index): each needs a connection, so make it {needed} or more.",
        )
    pool = {
        "min_size": 1,
        "max_size": size,
        "max_lifetime": SECONDS_OF_A_CONNECTION,
        "timeout": SECONDS_FOR_THE_POOL,
    }
    return {
        "CONN_MAX_AGE": 0,
        "OPTIONS": {**database.get("OPTIONS", {}), "pool": pool},
    }


def replica_databases(
    primary: dict[str, Any],
    urls: list[str],
    *,
    seconds: int,
) -> dict[str, dict[str, Any]]:
    """The replicas at `urls`, as replica1 and so on. A query there is given up after `seconds`.

    Each thread keeps a connection of its own to a replica: a pool waits for a server that is
    gone, where a connection is refused at once.
    """
    if urls and primary["ENGINE"] != POSTGRESQL:
        raise ImproperlyConfigured(
            "REPLICA_URLS is for PostgreSQL: unset it, or set DATABASE_URL=postgres://... too.",
        )
    return {
        f"replica{number}": _replica(url, seconds)
        for number, url in enumerate(urls, start=1)
    }


def _replica(url: str, seconds: int) -> dict[str, Any]:
    database = database_config(
        "REPLICA_URLS",
        url,
        engines=[POSTGRESQL],
        expected="each must be postgres://user:password@host:5432/name",
    )
    options = {
        **WIRE,
        "options": f"-c statement_timeout={seconds}s",
        **database.get("OPTIONS", {}),
    }
    # In tests a replica is the primary's test database.
    kept = {
        "CONN_MAX_AGE": SECONDS_OF_A_CONNECTION,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"MIRROR": "default"},
    }
    return {**database, **kept, "OPTIONS": options}
