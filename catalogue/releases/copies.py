"""A release as a read-only SQLite database, made of its frozen rows by the process that first
needs it.

Workers stay without state: the file can be thrown away at any time. It is made under another
name and put in its place in one step, once the checksum of the rows was found right. Rows are
written into the tables as they were when they were frozen, and then today's migrations bring
them forward, so that today's code reads them.
"""

import fcntl
import hashlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import quote

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from catalogue import database
from catalogue.database.public import TABLES
from catalogue.models import Release

from .. import reading
from ..reading import Reading
from . import files, freezing

logger = logging.getLogger(__name__)
ALIAS = "release"
#: Copies for other versions of this software are kept so long: one of them may still be running.
SECONDS_KEPT = 24 * 3600
_lock = threading.Lock()


class BrokenRelease(Exception):
    """What is stored of a release is not what was stored when it was cut."""


def folder() -> Path:
    path = Path(settings.RELEASE_CACHE_DIR)
    path.mkdir(parents=True, exist_ok=True)
    return path


def opened(release: Release) -> Reading:
    """The release to read from; makes its copy where there is none. Raises BrokenRelease."""
    path = (
        folder()
        / f"{release.number}-{release.copy_checksum[:16]}-{schema_version()[:12]}.sqlite3"
    )
    if not path.exists():
        with _one_at_a_time():
            if not path.exists():
                _make(release, path)
    return Reading(release, _alias(f"{ALIAS}-{path.stem}", path))


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Among the threads and processes of this machine."""
    with _lock, (folder() / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(release: Release, path: Path) -> None:
    began = time.monotonic()
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    build(part, release, _checked(files.lines_of_copy(release), release))
    os.replace(part, path)
    for other in folder().glob(f"{release.number}-*.sqlite3"):
        if other != path and time.time() - other.stat().st_mtime > SECONDS_KEPT:
            other.unlink(missing_ok=True)
    logger.info(
        "Made the copy of release %s in %.1f s",
        release.number,
        time.monotonic() - began,
    )


def _checked(lines: Iterable[str], release: Release) -> Iterator[str]:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode())
        yield line
    if digest.hexdigest() != release.copy_checksum:
        raise BrokenRelease(
            f"What is stored of release {release.number} is not what was frozen: restore the database from a backup."
        )


# Connections


def _alias(alias: str, path: Path, *, is_read_only: bool = True) -> str:
    """Adds a database to Django's. Once there it is kept; each request opens its own
    connection, and closes it.
    """
    with _lock_of_aliases:
        if alias not in connections.settings:
            name = (
                f"file:{quote(str(path))}?mode=ro&immutable=1"
                if is_read_only
                else str(path)
            )
            wanted = {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": name,
                "CONN_MAX_AGE": 0,
            }
            default = connections.settings[DEFAULT_DB_ALIAS]
            whole = connections.configure_settings(
                {DEFAULT_DB_ALIAS: {**default}, alias: wanted}
            )[alias]
            # A new dictionary: another thread may be going through the one that is there.
            connections.settings = {**connections.settings, alias: whole}
    return alias


_lock_of_aliases = threading.Lock()


def forget(alias: str) -> None:
    """Closes this thread's connection, and takes the database away from Django's."""
    with _lock_of_aliases:
        if alias in connections.settings:
            connections[alias].close()
            connections.settings = {
                name: one for name, one in connections.settings.items() if name != alias
            }
            del connections[alias]


@contextmanager
def reading_of(path: Path, release: Release) -> Iterator[Reading]:
    """A copy that is at `path` for a while."""
    alias = _alias(f"{ALIAS}-{path.name}", path)
    try:
        yield Reading(release, alias)
    finally:
        forget(alias)


# Making


def migrations_now() -> dict[str, str]:
    """The last migration of each app whose tables hold what is published."""
    return {app: name for app, name in _leaves() if app in TABLES}


@cache
def _leaves() -> list[tuple[str, str]]:
    return sorted(MigrationLoader(None).graph.leaf_nodes())


@cache
def schema_version() -> str:
    """Changes with whatever a copy is made by."""
    script = [
        *database.script("sqlite"),
        repr(sorted(MigrationLoader(None).disk_migrations)),
    ]
    return hashlib.sha256("\0".join(script).encode()).hexdigest()


def build(path: Path, release: Release, lines: Iterable[str]) -> None:
    """Makes a database at `path` of a release's frozen rows. Leaves nothing there where that
    fails.
    """
    alias = _alias(f"{ALIAS}-making-{path.name}", path, is_read_only=False)
    try:
        _fill(alias, path, release, lines)
    except BaseException:
        forget(alias)
        path.unlink(missing_ok=True)
        raise
    finally:
        forget(alias)


def _fill(alias: str, path: Path, release: Release, lines: Iterable[str]) -> None:
    is_of_now = release.migrations == migrations_now()
    if is_of_now:
        _copied(path)
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode = OFF")
        cursor.execute("PRAGMA synchronous = OFF")
    models_then = _models_now if is_of_now else _migrated_to(alias, release)
    with transaction.atomic(using=alias):
        freezing.thaw(lines, models_then, alias)
    if not is_of_now:
        _migrate(alias, _leaves())
    database.install(connection)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalogue_revision SET number = %s, structure = %s",
            [release.revision] * 2,
        )


def _migrate(alias: str, targets: list[tuple[str, str]]) -> Any:
    """The state of models that the migrations lead to. Whatever they read and write by models
    is in the copy.
    """
    with reading.building_in(alias):
        return MigrationExecutor(connections[alias]).migrate(targets)


def _models_now(table: str) -> Any:
    return {
        m._meta.db_table: m for m in apps.get_models(include_auto_created=True)
    }.get(table)


def _copied(path: Path) -> None:
    """Empty tables of today's models: made once for each version of this software."""
    template = folder() / f"tables-{schema_version()[:12]}.sqlite3"
    if not template.exists():
        with NamedTemporaryFile(dir=folder(), suffix=".part") as file:
            made = Path(file.name)
            alias = _alias(f"{ALIAS}-tables-{made.name}", made, is_read_only=False)
            _create_tables(alias)
            forget(alias)
            with (
                closing(sqlite3.connect(made)) as tables,
                closing(sqlite3.connect(f"{made}.whole")) as whole,
            ):
                tables.backup(whole)
            os.replace(f"{made}.whole", template)
    with (
        closing(sqlite3.connect(template)) as tables,
        closing(sqlite3.connect(path)) as copy,
    ):
        tables.backup(copy)


def _create_tables(alias: str) -> None:
    """Those that today's migrations lead to, without going through them all, which takes ten
    times as long.
    """
    with connections[alias].schema_editor() as editor:
        for model in apps.get_models():
            if model._meta.can_migrate(alias):
                editor.create_model(model)


def _migrated_to(alias: str, release: Release) -> Any:
    """Tables as they were for the release; where one of its migrations is no longer known, as
    they are today.
    """
    executor = MigrationExecutor(connections[alias])
    others = [(app, name) for app, name in _leaves() if app not in TABLES]
    then = [(app, name) for app, name in release.migrations.items()]
    if not all(node in executor.loader.graph.nodes for node in then):
        _migrate(alias, _leaves())
        return _models_now
    state = _migrate(alias, [*others, *then])
    known = {
        m._meta.db_table: m for m in state.apps.get_models(include_auto_created=True)
    }
    return known.get
