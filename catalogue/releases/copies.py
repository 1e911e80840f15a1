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
from django.db.migrations.state import StateApps

from catalogue import database
from catalogue.database.public import TABLES
from catalogue.models import Release

from .. import reading
from ..reading import Reading
from . import files, freezing

logger = logging.getLogger(__name__)
ALIAS = "release"
#: Copies for other versions of this software are cached so long: one of them may still be running.
SECONDS_CACHED = 24 * 3600
_lock = threading.Lock()
_lock_of_aliases = threading.Lock()


class BrokenRelease(Exception):
    """What is stored of a release is not what was stored when it was cut."""


def cache_folder() -> Path:
    path = Path(settings.RELEASE_CACHE_DIR)
    path.mkdir(parents=True, exist_ok=True)
    return path


def open_copy(release: Release) -> Reading:
    """The release to read from; makes its copy where there is none. Raises BrokenRelease."""
    name = f"{release.number}-{release.copy_checksum[:16]}-{schema_version()[:12]}"
    path = cache_folder() / f"{name}.sqlite3"
    if not path.exists():
        with _one_at_a_time():
            if not path.exists():
                _make_copy(release, path)
    return Reading(release, add_alias(f"{ALIAS}-{path.stem}", path))


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Among the threads and processes of this machine."""
    with _lock, (cache_folder() / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_copy(release: Release, path: Path) -> None:
    began = time.monotonic()
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    build_copy(part, release, _verified(files.lines_of_copy(release), release))
    os.replace(part, path)
    for other in cache_folder().glob(f"{release.number}-*.sqlite3"):
        if (
            other != path
            and time.time() - other.stat().st_mtime > SECONDS_CACHED
        ):
            other.unlink(missing_ok=True)
    seconds = time.monotonic() - began
    logger.info(
        "Made the copy of release %s in %.1f s",
        release.number,
        seconds,
    )


def _verified(lines: Iterable[str], release: Release) -> Iterator[str]:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode())
        yield line
    if digest.hexdigest() != release.copy_checksum:
        raise BrokenRelease(
            f"What is stored of release {release.number} is not what was frozen: restore the database from a backup.",
        )


# Connections


def add_alias(alias: str, path: Path, *, is_read_only: bool = True) -> str:
    """Adds a database to Django's. Once there it stays; each request opens its own connection,
    and closes it.
    """
    with _lock_of_aliases:
        if alias not in connections.settings:
            name = str(path)
            if is_read_only:
                name = f"file:{quote(name)}?mode=ro&immutable=1"
            database_settings = {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": name,
                "CONN_MAX_AGE": 0,
            }
            default = {**connections.settings[DEFAULT_DB_ALIAS]}
            with_defaults = connections.configure_settings(
                {DEFAULT_DB_ALIAS: default, alias: database_settings},
            )
            # A new dictionary: another thread may be going through the one that is there.
            connections.settings = {
                **connections.settings,
                alias: with_defaults[alias],
            }
    return alias


def remove_alias(alias: str) -> None:
    """Closes this thread's connection, and takes the database away from Django's."""
    with _lock_of_aliases:
        if alias in connections.settings:
            connections[alias].close()
            others = {**connections.settings}
            del others[alias]
            connections.settings = others
            del connections[alias]


@contextmanager
def reading_of(path: Path, release: Release) -> Iterator[Reading]:
    """A copy that is at `path` for a while."""
    alias = add_alias(f"{ALIAS}-{path.name}", path)
    try:
        yield Reading(release, alias)
    finally:
        remove_alias(alias)


# Making


def migrations_now() -> dict[str, str]:
    """The last migration of each app whose tables hold what is published."""
    return {app: name for app, name in _last_migrations() if app in TABLES}


@cache
def _last_migrations() -> list[tuple[str, str]]:
    return sorted(MigrationLoader(None).graph.leaf_nodes())


@cache
def schema_version() -> str:
    """Changes with whatever a copy is made by."""
    migrations = sorted(MigrationLoader(None).disk_migrations)
    script = [*database.script("sqlite"), repr(migrations)]
    return hashlib.sha256("\0".join(script).encode()).hexdigest()


def build_copy(path: Path, release: Release, lines: Iterable[str]) -> None:
    """Makes a database at `path` of a release's frozen rows. Leaves nothing there where that
    fails.
    """
    alias = add_alias(f"{ALIAS}-making-{path.name}", path, is_read_only=False)
    try:
        _fill_copy(alias, path, release, lines)
    except BaseException:
        remove_alias(alias)
        path.unlink(missing_ok=True)
        raise
    finally:
        remove_alias(alias)


def _fill_copy(
    alias: str,
    path: Path,
    release: Release,
    lines: Iterable[str],
) -> None:
    is_of_now = release.migrations == migrations_now()
    models_then = _models_by_table(apps)
    if is_of_now:
        _copy_empty_tables(path)
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode = OFF")
        cursor.execute("PRAGMA synchronous = OFF")
    if not is_of_now:
        models_then = _migrate_back(alias, release)
    with transaction.atomic(using=alias):
        freezing.thaw(lines, models_then.get, alias)
    if not is_of_now:
        _migrate_forward(alias)
    database.install(connection)
    with connection.cursor() as cursor:
        sql = "UPDATE catalogue_revision SET number = %s, structure = %s"
        cursor.execute(sql, [release.revision, release.revision])


def _migrate_forward(alias: str) -> None:
    """Whatever migrations read and write by models is in the copy."""
    with reading.building_in(alias):
        MigrationExecutor(connections[alias]).migrate(_last_migrations())


def _models_by_table(registry: Any) -> dict[str, Any]:
    models = registry.get_models(include_auto_created=True)
    return {model._meta.db_table: model for model in models}


def _copy_empty_tables(path: Path) -> None:
    """Of today's models: made once for each version of this software."""
    template = cache_folder() / f"tables-{schema_version()[:12]}.sqlite3"
    if not template.exists():
        with NamedTemporaryFile(dir=cache_folder(), suffix=".part") as file:
            part = Path(file.name)
            alias = add_alias(
                f"{ALIAS}-tables-{part.name}",
                part,
                is_read_only=False,
            )
            _create_tables(alias, apps)
            remove_alias(alias)
            _back_up(part, f"{part}.whole")
            os.replace(f"{part}.whole", template)
    _back_up(template, path)


def _back_up(source: Path, target: Path | str) -> None:
    with (
        closing(sqlite3.connect(source)) as tables,
        closing(sqlite3.connect(target)) as copy,
    ):
        tables.backup(copy)


def _create_tables(alias: str, registry: Any) -> None:
    """Those of its models, without going through the migrations that lead to them, which takes
    ten times as long.
    """
    with connections[alias].schema_editor() as editor:
        for model in registry.get_models():
            if model._meta.can_migrate(alias):
                editor.create_model(model)


def _migrate_back(alias: str, release: Release) -> dict[str, Any]:
    """Makes tables as they were for the release; where one of its migrations is no longer
    known, as they are today. Returns their models, by table.
    """
    executor = MigrationExecutor(connections[alias])
    targets = list(release.migrations.items())
    if not all(target in executor.loader.graph.nodes for target in targets):
        _create_tables_at(executor, _last_migrations())
        return _models_by_table(apps)
    others = [last for last in _last_migrations() if last[0] not in TABLES]
    return _models_by_table(_create_tables_at(executor, [*others, *targets]))


def _create_tables_at(
    executor: MigrationExecutor,
    targets: list[tuple[str, str]],
) -> StateApps:
    """The models that the migrations up to `targets` lead to. Their tables are made at once, and
    the migrations noted: there are no rows yet that any of them would change.
    """
    models_then = executor.loader.project_state(targets).apps
    _create_tables(executor.connection.alias, models_then)
    executor.recorder.ensure_schema()
    for migration, _ in executor.migration_plan(targets):
        executor.recorder.record_applied(migration.app_label, migration.name)
    return models_then
