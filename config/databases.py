"""The databases of the settings: a pool for the primary, and replicas beside it; and the cache."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import Env

POSTGRESQL = "django.db.backends.postgresql"
#: A connection is made anew after an hour, so that one that a proxy or a server has forgotten does not stay.
SECONDS_OF_A_CONNECTION = 3600
#: What one gives up after that nobody answers: to connect, to wait for the pool, and to wait that what was sent arrives.
SECONDS_TO_CONNECT, SECONDS_FOR_THE_POOL, MILLISECONDS_TO_ARRIVE = 3, 3, 5000


REDIS = "django.core.cache.backends.redis.RedisCache"


def cache(config: dict[str, Any]) -> dict[str, Any]:
    """The cache of the settings. What processes share there is written without pickles."""
    if config["BACKEND"] != REDIS:
        return config
    return {**config, "OPTIONS": {**config.get("OPTIONS", {}), "serializer": "config.store.Plain"}}


def pooled(database: dict[str, Any], *, size: int, threads: int) -> dict[str, Any]:
    """What to set in `database` so that the threads of a process share up to `size` connections."""
    if database["ENGINE"] != POSTGRESQL:
        raise ImproperlyConfigured("DATABASE_POOL_SIZE is for PostgreSQL: unset it, or set DATABASE_URL=postgres://...")
    if size < threads:
        # Between requests a thread may keep the connection that it last had.
        raise ImproperlyConfigured(
            f"DATABASE_POOL_SIZE={size} is less than WEB_THREADS={threads}: each thread needs a connection, so make it {threads} or more."
        )
    pool = {"min_size": 1, "max_size": size, "max_lifetime": SECONDS_OF_A_CONNECTION, "timeout": SECONDS_FOR_THE_POOL}
    return {"CONN_MAX_AGE": 0, "OPTIONS": {**database.get("OPTIONS", {}), "pool": pool}}


def replicas(primary: dict[str, Any], urls: list[str], *, seconds: int) -> dict[str, dict[str, Any]]:
    """The replicas at `urls`, as replica1 and so on. A query there is given up after `seconds`.

    Each thread keeps a connection of its own to a replica: a pool waits for a server that is gone, where a connection is refused
    at once.
    """
    if urls and primary["ENGINE"] != POSTGRESQL:
        raise ImproperlyConfigured("REPLICA_URLS is for PostgreSQL: unset it, or set DATABASE_URL=postgres://... too.")
    return {f"replica{number}": _replica(url, seconds) for number, url in enumerate(urls, start=1)}


def _replica(url: str, seconds: int) -> dict[str, Any]:
    database = dict(Env.db_url_config(url))
    if database["ENGINE"] != POSTGRESQL:
        raise ImproperlyConfigured(f"REPLICA_URLS holds {url.partition(':')[0]}://...: each must be postgres://...")
    options = {
        "connect_timeout": SECONDS_TO_CONNECT,
        "tcp_user_timeout": MILLISECONDS_TO_ARRIVE,
        "options": f"-c statement_timeout={seconds}s",
        **database.get("OPTIONS", {}),
    }
    # In tests a replica is the primary's test database.
    kept = {"CONN_MAX_AGE": SECONDS_OF_A_CONNECTION, "CONN_HEALTH_CHECKS": True, "TEST": {"MIRROR": "default"}}
    return {**database, **kept, "OPTIONS": options}
