"""Cutting a release: one state of the database is frozen, its files are written, and all of it
is stored at once, or nothing.
"""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from catalogue import database, revision
from catalogue.files.exports.about import LICENCE, LICENCE_URL, about_catalogue
from catalogue.files.exports.spool import PREFIX
from catalogue.models import Release, ReleaseContent, ReleaseRecord
from catalogue.models.release import order_of, validate_number
from catalogue.reading import one_state_of_the_database

from .. import reading
from . import canonical, copies, files, freezing
from .canonical import WITHDRAWAL, Key
from .differences import Difference, Nothing, Released, State, Today, difference
from .files import Written

CHUNK = 1000


#: Told how many parts of the work are behind it: frozen, compared, copied, and one for each file.
Progress = Callable[[int], None]
FROZEN, COMPARED, COPIED = 1, 2, 3


def parts() -> int:
    """Of the work of cutting a release today."""
    return COPIED + files.count()


def nothing(done: int) -> None:
    """Progress that nobody looks at."""


class CannotCut(Exception):
    """Why there is no release. The message says what to do."""


class NothingChanged(CannotCut):
    """Allowed where whoever cuts it says so."""


@dataclass
class Plan:
    """A release that is not stored yet: what it would be, and what changed since the one before."""

    release: Release
    changes: Difference
    counts: dict[str, int]

    @property
    def is_empty(self) -> bool:
        return not self.counts

    @property
    def changes_nothing(self) -> bool:
        return not self.changes.changes


@dataclass
class _Frozen:
    """All of one moment, on this machine's disk."""

    today: Today
    copy: Written
    revision: int
    checksum: str
    counts: dict[str, int] = field(default_factory=dict)


def site_url() -> str:
    """Scheme and host of the site where no reader asks: SITE_URL, or else the first name that
    it may be visited under.
    """
    if settings.SITE_URL:
        return settings.SITE_URL
    host = next(
        (
            name
            for name in settings.ALLOWED_HOSTS
            if "*" not in name and not name.startswith(".")
        ),
        "localhost",
    )
    return f"{'https' if settings.BEHIND_HTTPS_PROXY else 'http'}://{host}"


def plan(number: str, base_url: str = "", progress: Progress = nothing) -> Plan:
    """What cutting it would give; writes nothing. Raises CannotCut."""
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}release-") as folder:
        frozen = _freeze(Path(folder))
        progress(FROZEN)
        return _plan(number, frozen, base_url)


def cut(
    number: str,
    *,
    title: str = "",
    notes: str = "",
    user: AbstractBaseUser | None = None,
    base_url: str = "",
    even_so: bool = False,
    progress: Progress = nothing,
) -> Release:
    """Freezes what is published now as a release. Raises CannotCut; NothingChanged unless
    `even_so`.
    """
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}release-") as folder:
        frozen = _freeze(Path(folder))
        progress(FROZEN)
        made = _plan(number, frozen, base_url)
        progress(COMPARED)
        if made.changes_nothing and not even_so:
            raise NothingChanged(
                f"Nothing has changed since {made.changes.old.label}."
                if made.counts
                else "Nothing is published yet."
            )
        release = made.release
        release.title, release.notes, release.cut_by = title, notes, user  # type: ignore[assignment]
        written = _files(release, frozen, Path(folder), progress)
        return _store(made, frozen, written)


# Freezing


def _freeze(folder: Path) -> _Frozen:
    """Reads one state of the database. Whoever writes meanwhile does not wait."""
    with one_state_of_the_database():
        number, _ = revision.current()
        copy = files.write(
            folder,
            files.COPY,
            "Rows",
            "application/jsonl",
            (line.encode() for line in freezing.frozen_lines()),
            False,
        )
        today = Today()
        counts = Counter(key.kind for key in today.texts if key.kind != WITHDRAWAL)
    return _Frozen(
        today,
        copy,
        number,
        checksum_of(today.texts),
        {kind: counts[kind] for kind in canonical.KINDS if counts[kind]},
    )


def checksum_of(texts: dict[Key, str]) -> str:
    """Of records in canonical form: SHA-256 of their lines, sorted by kind and key."""
    sha256 = hashlib.sha256()
    for key in sorted(texts):
        if key.kind != WITHDRAWAL:
            sha256.update(canonical.line(key, texts[key]).encode())
    return sha256.hexdigest()


def _plan(number: str, frozen: _Frozen, base_url: str) -> Plan:
    last = Release.objects.newest_first().first()
    _check_number(number, last)
    before: State = Released(last) if last else Nothing()
    changes = difference(before, frozen.today)
    release = Release(
        number=number,
        cut_at=timezone.now(),
        revision=frozen.revision,
        checksum=frozen.checksum,
        copy_checksum=frozen.copy.sha256,
        counts=frozen.counts,
        changes=changes.counts(),
        notices=[],
        software=software(),
        migrations=copies.migrations_now(),
        licence=LICENCE,
        licence_url=LICENCE_URL,
        site=(base_url or site_url()).rstrip("/"),
    )
    return Plan(release, changes, frozen.counts)


def _check_number(number: str, last: Release | None) -> None:
    try:
        validate_number(number)
    except ValidationError as error:
        raise CannotCut(
            f"“{number[:40]}” is no number of a release. {error.messages[0]}"
        ) from error
    if last and number == last.number or Release.objects.filter(number=number).exists():
        raise CannotCut(
            f"There is a release {number} already: {next_number(number)} would be the next."
        )
    if last and order_of(number) < last.order:
        raise CannotCut(
            f"{last.number} is the last release, and {number} would come before it: give one that comes after."
        )


def next_number(number: str) -> str:
    """A further one in the same month that is not taken."""
    year, month, *further = number.split(".")
    count = int(further[0]) if further else 0
    while Release.objects.filter(number=f"{year}.{month}.{count + 1}").exists():
        count += 1
    return f"{year}.{month}.{count + 1}"


def suggested_number() -> str:
    """For one that is cut today."""
    number = f"{timezone.now():%Y.%m}"
    return (
        next_number(number)
        if Release.objects.filter(number=number).exists()
        else number
    )


def software() -> str:
    try:
        return version("mitigation-catalogue")
    except PackageNotFoundError:
        import tomllib

        return tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())[
            "project"
        ]["version"]


# Files


def _files(
    release: Release, frozen: _Frozen, folder: Path, progress: Progress
) -> list[Written]:
    """All of its downloads, written while the release itself is read: what they hold is what it
    will answer with.
    """
    database_file = folder / "copy.sqlite3"
    with frozen.copy.path.open(encoding="utf-8", newline="\n") as lines:
        copies.build(database_file, release, lines)
    written = [frozen.copy]
    progress(COPIED)
    with (
        copies.reading_of(database_file, release) as source,
        reading.reading_from(source),
    ):
        release.notices = about_catalogue(release.site)["notices"]
        for one in files.downloads(release.site, folder):
            written.append(
                files.write(folder, one.name, one.label, one.media_type, one.make())
            )
            progress(COPIED + len(written) - 1)
    return written


# Storing


def _store(made: Plan, frozen: _Frozen, written: list[Written]) -> Release:
    release, before = made.release, made.changes.old
    try:
        with transaction.atomic():
            lock()
            # What is told of the changes is since the release that was the last when all this
            # began.
            if Release.objects.newest_first().first() != (
                before.release if isinstance(before, Released) else None
            ):
                raise CannotCut(_meanwhile(release.number))
            release.save(force_insert=True)
            _store_records(release, frozen.today)
            for file in written:
                files.store(release, file)
    except IntegrityError as error:
        raise CannotCut(_meanwhile(release.number)) from error
    return release


def lock() -> None:
    """In a transaction: nobody else cuts, or begins to, before its end."""
    with connection.cursor() as cursor:
        for statement in database.engine(connection).LOCK_RELEASES:
            cursor.execute(statement)


def _meanwhile(number: str) -> str:
    last = Release.objects.newest_first().first()
    return f"Somebody else cut release {last or number} meanwhile: look at it, and cut another only if something is missing from it."


def _store_records(release: Release, today: Today) -> None:
    rows = iter(sorted(today.texts.items()))
    while some := list(islice(rows, CHUNK)):
        contents: list[Any] = []
        records: list[Any] = []
        for key, text in some:
            sha256 = canonical.digest(text)
            contents.append(ReleaseContent(sha256=sha256, body=text))
            records.append(
                ReleaseRecord(
                    release=release, kind=key.kind, key=key.name, content_id=sha256
                )
            )
        # What another release holds too is there already.
        ReleaseContent.objects.bulk_create(contents, ignore_conflicts=True)
        ReleaseRecord.objects.bulk_create(records)
