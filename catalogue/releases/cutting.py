"""Cutting a release: one state of the database is frozen, its files are written, and all of it
is stored at once, or nothing.
"""

import hashlib
import tempfile
import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
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
from catalogue.models import (
    LoadedRecord,
    Mitigation,
    Release,
    ReleaseContent,
    ReleaseRecord,
)
from catalogue.models.release import order_of, validate_number
from catalogue.reading import one_state_of_the_database

from .. import reading
from . import canonical, copies, files, freezing
from .batches import batched
from .canonical import WITHDRAWAL, Key
from .differences import (
    Difference,
    Nothing,
    Released,
    State,
    Today,
    difference,
)
from .files import Written

BATCH = 1000
#: The number of the release that the shipped data files are: raised with their content.
SHIPPED = "2026.11"
TITLE_OF_FIRST = "First release"


#: Told how many parts of the work are behind it: frozen, compared, copied, and one for each file.
Progress = Callable[[int], None]
FROZEN = 1
COMPARED = 2
COPIED = 3


def parts() -> int:
    """Of the work of cutting a release today."""
    return COPIED + files.count_downloads()


def no_progress(done: int) -> None:
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


def default_site_url() -> str:
    """Scheme and host of the site where no reader asks: SITE_URL, or else the first name that
    it may be visited under.
    """
    if settings.SITE_URL:
        return settings.SITE_URL
    scheme = "https" if settings.BEHIND_HTTPS_PROXY else "http"
    for host in settings.ALLOWED_HOSTS:
        if "*" not in host and not host.startswith("."):
            return f"{scheme}://{host}"
    return f"{scheme}://localhost"


def is_as_shipped() -> bool:
    """Whether there is no release yet, and nothing but what came with the software's files: no
    other mitigation, and no record that somebody wrote. What is somebody's own, they release.
    """
    if Release.objects.exists():
        return False
    published = Mitigation.objects.published().count()
    shipped = LoadedRecord.objects.filter(model="mitigation").count()
    if not published or published != shipped:
        return False
    return not Mitigation.history.exclude(history_user=None).exists()


def plan(
    number: str,
    base_url: str = "",
    progress: Progress = no_progress,
) -> Plan:
    """What cutting it would give; writes nothing. Raises CannotCut."""
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}release-") as folder:
        frozen = _freeze(Path(folder))
        progress(FROZEN)
        return _plan_release(number, frozen, base_url)


def cut(
    number: str,
    *,
    title: str = "",
    notes: str = "",
    user: AbstractBaseUser | None = None,
    base_url: str = "",
    even_so: bool = False,
    progress: Progress = no_progress,
) -> Release:
    """Freezes what is published now as a release. Raises CannotCut; NothingChanged unless
    `even_so`.
    """
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}release-") as folder:
        frozen = _freeze(Path(folder))
        progress(FROZEN)
        planned = _plan_release(number, frozen, base_url)
        progress(COMPARED)
        if planned.changes_nothing and not even_so:
            if planned.is_empty:
                raise NothingChanged("Nothing is published yet.")
            last = planned.changes.old.label
            raise NothingChanged(f"Nothing has changed since {last}.")
        release = planned.release
        release.title = title
        release.notes = notes
        release.cut_by = user  # type: ignore[assignment]
        written = _write_files(release, frozen, Path(folder), progress)
        return _store_release(planned, frozen, written)


# Freezing


def _freeze(folder: Path) -> _Frozen:
    """Reads one state of the database. Whoever writes meanwhile does not wait."""
    with one_state_of_the_database():
        number, _ = revision.current()
        copy = files.write_file(
            folder,
            files.COPY,
            "Rows",
            "application/jsonl",
            map(str.encode, freezing.frozen_lines()),
            is_download=False,
        )
        today = Today()
        counts = Counter(key.kind for key in today.texts)
    return _Frozen(
        today=today,
        copy=copy,
        revision=number,
        checksum=checksum_of(today.texts),
        counts={
            kind: counts[kind] for kind in canonical.KINDS if counts[kind]
        },
    )


def checksum_of(texts: dict[Key, str]) -> str:
    """Of records in canonical form: SHA-256 of their lines, sorted by kind and key."""
    sha256 = hashlib.sha256()
    for key in sorted(texts):
        if key.kind != WITHDRAWAL:
            sha256.update(canonical.line(key, texts[key]).encode())
    return sha256.hexdigest()


def _plan_release(number: str, frozen: _Frozen, base_url: str) -> Plan:
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
        site=(base_url or default_site_url()).rstrip("/"),
    )
    return Plan(release, changes, frozen.counts)


def _check_number(number: str, last: Release | None) -> None:
    try:
        validate_number(number)
    except ValidationError as error:
        raise CannotCut(
            f"“{number[:40]}” is no number of a release. {error.messages[0]}",
        ) from error
    if Release.objects.filter(number=number).exists():
        raise CannotCut(
            f"There is a release {number} already: {next_number(number)} would be the next.",
        )
    if last and order_of(number) < last.order:
        raise CannotCut(
            f"{last.number} is the last release, and {number} would come before it: give one that comes after.",
        )


def next_number(number: str) -> str:
    """A further one in the same month that is not taken."""
    year, month, *further = number.split(".")
    count = int(further[0]) if further else 0
    while Release.objects.filter(
        number=f"{year}.{month}.{count + 1}",
    ).exists():
        count += 1
    return f"{year}.{month}.{count + 1}"


def suggested_number() -> str:
    """For one that is cut today."""
    number = f"{timezone.now():%Y.%m}"
    if Release.objects.filter(number=number).exists():
        return next_number(number)
    return number


def software() -> str:
    try:
        return version("mitigation-catalogue")
    except PackageNotFoundError:
        project = tomllib.loads(
            (settings.BASE_DIR / "pyproject.toml").read_text(),
        )
        return project["project"]["version"]


# Files


def _write_files(
    release: Release,
    frozen: _Frozen,
    folder: Path,
    progress: Progress,
) -> list[Written]:
    """All of its downloads, written while the release itself is read: what they hold is what it
    will answer with.
    """
    database_file = folder / "copy.sqlite3"
    with frozen.copy.path.open(encoding="utf-8", newline="\n") as lines:
        copies.build_copy(database_file, release, lines)
    written = [frozen.copy]
    progress(COPIED)
    with (
        copies.reading_of(database_file, release) as source,
        reading.reading_from(source),
    ):
        release.notices = about_catalogue(release.site)["notices"]
        for number, one in enumerate(
            files.downloads(release.site, folder),
            start=1,
        ):
            written.append(
                files.write_file(
                    folder,
                    one.name,
                    one.label,
                    one.media_type,
                    one.make(),
                ),
            )
            progress(COPIED + number)
    return written


# Storing


def _store_release(
    planned: Plan,
    frozen: _Frozen,
    written: list[Written],
) -> Release:
    release = planned.release
    before = planned.changes.old
    last = before.release if isinstance(before, Released) else None
    try:
        with transaction.atomic():
            lock()
            # What is told of the changes is since the release that was the last when all this
            # began.
            if Release.objects.newest_first().first() != last:
                raise CannotCut(_overtaken(release.number))
            release.save(force_insert=True)
            _store_records(release, frozen.today)
            for file in written:
                files.store_file(release, file)
    except IntegrityError as error:
        raise CannotCut(_overtaken(release.number)) from error
    return release


def lock() -> None:
    """In a transaction: nobody else cuts, or begins to, before its end."""
    with connection.cursor() as cursor:
        for statement in database.engine(connection).LOCK_RELEASES:
            cursor.execute(statement)


def _overtaken(number: str) -> str:
    last = Release.objects.newest_first().first()
    return f"Somebody else cut release {last or number} meanwhile: look at it, and cut another only if something is missing from it."


def _store_records(release: Release, today: Today) -> None:
    for batch in batched(sorted(today.texts.items()), BATCH):
        contents: list[Any] = []
        records: list[Any] = []
        for key, text in batch:
            sha256 = canonical.digest(text)
            contents.append(ReleaseContent(sha256=sha256, body=text))
            records.append(
                ReleaseRecord(
                    release=release,
                    kind=key.kind,
                    key=key.name,
                    content_id=sha256,
                ),
            )
        # What another release holds too is there already.
        ReleaseContent.objects.bulk_create(contents, ignore_conflicts=True)
        ReleaseRecord.objects.bulk_create(records)
