"""The whole database into a file, and back; with each engine's own tools."""

import hashlib
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection

from ..database import public
from ..database.parts import PART_TABLES

#: What PostgreSQL's programs call what Django's settings hold.
LIBPQ = {
    "HOST": "PGHOST",
    "PORT": "PGPORT",
    "USER": "PGUSER",
    "PASSWORD": "PGPASSWORD",
    "NAME": "PGDATABASE",
}


class CannotBackUp(Exception):
    """The message is one line and says what to do."""


def back_up(path: Path) -> None:
    """Writes all of the database to `path`, as it is at one moment, while the site runs. Raises
    CannotBackUp.
    """
    if path.exists():
        raise CannotBackUp(f"{path} is there already: name another file.")
    # What was broken off does not pass for a backup.
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    if connection.vendor == "sqlite":
        _copy(connection.settings_dict["NAME"], part)
    else:
        _run(
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--file={part}",
            f"--dbname={_name()}",
        )
    part.replace(path)


def restore_backup(path: Path) -> None:
    """Puts what `path` holds in the place of all that the database holds: whole, or not at all.
    Raises CannotBackUp.
    """
    if not path.is_file():
        raise CannotBackUp(f"There is no file {path}.")
    if connection.vendor == "sqlite":
        _check(path)
        connection.close()
        _copy(path, connection.settings_dict["NAME"])
    else:
        _run(
            "pg_restore",
            "--clean",
            "--if-exists",
            "--no-owner",
            "--no-privileges",
            "--single-transaction",
            f"--dbname={_name()}",
            str(path),
        )


def content_checksum() -> str:
    """SHA-256 over every row of every public table: the same where readers see the same."""
    digest = hashlib.sha256()
    names = {public.MITIGATIONS, *public.structure(), *PART_TABLES}
    for model in sorted(
        apps.get_models(include_auto_created=True),
        key=lambda model: model._meta.db_table,
    ):
        if model._meta.db_table in names:
            columns = sorted(
                field.attname for field in model._meta.concrete_fields
            )
            digest.update(repr((model._meta.db_table, columns)).encode())
            for row in (
                model._default_manager.order_by("pk")
                .values_list(*columns)
                .iterator(chunk_size=2000)
            ):
                digest.update(repr(row).encode())
    return digest.hexdigest()


def _copy(source: Any, target: Any) -> None:
    """SQLite's own online backup, which readers and writers of either file may go on beside."""
    with (
        closing(sqlite3.connect(source)) as read,
        closing(sqlite3.connect(target, timeout=60)) as written,
    ):
        read.backup(written)


def _check(path: Path) -> None:
    try:
        with closing(
            sqlite3.connect(f"file:{path}?mode=ro", uri=True),
        ) as found:
            [(state,)] = found.execute("PRAGMA integrity_check")
            [(tables,)] = found.execute(
                "SELECT count(*) FROM sqlite_master WHERE name = 'catalogue_mitigation'",
            )
    except (sqlite3.DatabaseError, ValueError) as error:
        raise CannotBackUp(
            f"{path} is no whole database of SQLite: {error}.",
        ) from error
    if state != "ok" or not tables:
        raise CannotBackUp(f"{path} is no whole database of a catalogue.")


def _name() -> str:
    return connection.settings_dict["NAME"]


def _run(*command: str) -> None:
    settings = connection.settings_dict
    own = {
        variable: str(settings[name])
        for name, variable in LIBPQ.items()
        if settings.get(name)
    }
    own |= {
        f"PG{name.upper()}": str(value)
        for name, value in settings["OPTIONS"].items()
        if name.startswith("ssl")
    }
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **own},
            capture_output=True,
            text=True,
        )
    except FileNotFoundError as error:
        raise CannotBackUp(
            f"{command[0]} is not here: install PostgreSQL's client programs.",
        ) from error
    if done.returncode:
        raise CannotBackUp(f"{command[0]} failed: {done.stderr.strip()}")
