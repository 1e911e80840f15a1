"""The steps of an import: handed in, checked, committed, undone. What writes records is one transaction."""

import hashlib
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from catalogue import revision
from catalogue.models import ImportBatch, ImportPiece, ImportRow, Revision

from .columns import checked, guess
from .faults import Fault
from .history import insert
from .kinds import Kind, kind_of
from .kinds.base import Author, State, Wanted
from .planning import LOT, Planned, Planner, Progress
from .reading import LARGEST_FILE, Source, open_source

State_ = ImportBatch.State
Verdict = ImportRow.Verdict
PIECE = 2**18
MOVED = (
    "The catalogue has changed since this file was checked, and so it was checked again: what would happen is not quite the "
    "same any more. Look at it once more."
)


def nothing(done: int) -> None:
    """Progress that nobody looks at."""


# Handing in


@transaction.atomic
def hand_in(
    *, name: str, content: IO[bytes], kind: str, user: Any = None, columns: dict[str, str] | None = None,
    options: dict[str, Any] | None = None,
) -> ImportBatch:  # fmt: skip
    """Keeps a file, to be checked. Raises Fault where it is too large."""
    batch = ImportBatch.objects.create(
        kind=kind,
        file_name=name[-200:],
        checksum="",
        size=0,
        uploaded_by=user,
        columns=columns or {},
        options=options or {},
    )
    digest, size, packer, number = hashlib.sha256(), 0, zlib.compressobj(6), 0
    while piece := content.read(PIECE):
        size += len(piece)
        if size > LARGEST_FILE:
            raise Fault(f"{name} has more than {LARGEST_FILE // 2**20} MB: divide it.")
        digest.update(piece)
        number = _keep(batch, number, packer.compress(piece))
    _keep(batch, number, packer.flush())
    batch.checksum, batch.size = digest.hexdigest(), size
    batch.save(update_fields=["checksum", "size"])
    return batch


def _keep(batch: ImportBatch, number: int, content: bytes) -> int:
    if content:
        ImportPiece.objects.create(batch=batch, number=number, content=content)
    return number + 1


@contextmanager
def opened(batch: ImportBatch) -> Iterator[Source]:
    """The file of a batch. Raises Fault where it cannot be read, or is not kept any more."""
    with tempfile.NamedTemporaryFile(prefix="import-") as file:
        unpacker, size = zlib.decompressobj(), 0
        for content in batch.pieces.values_list("content", flat=True).iterator(chunk_size=4):
            size += _unpack(unpacker, bytes(content), file)
        size += file.write(unpacker.flush())
        file.flush()
        if not size and batch.size:
            raise Fault("The file is not kept any more: hand it in again.")
        yield open_source(Path(file.name), batch.file_name)


def _unpack(unpacker: Any, content: bytes, file: IO[bytes]) -> int:
    """Writes what a piece holds, so much at a time: a few kilobytes may hold all of a file that repeats itself."""
    size = 0
    while content:
        piece = unpacker.decompress(content, PIECE)
        size += file.write(piece)
        content = unpacker.unconsumed_tail
    return size


# Checking


def check(batch: ImportBatch, *, progress: Progress = nothing, source: Source | None = None) -> ImportBatch:
    """Finds what the batch would do, and keeps it row by row. A file that is refused makes the batch fail, and raises nothing.

    No transaction of its own: on SQLite others could not write before its end. Until then the batch says that it is being checked.
    """
    batch.state, batch.beat_at = State_.CHECKING, timezone.now()
    batch.save(update_fields=["state", "beat_at"])
    try:
        if source is not None:
            return _check(batch, source, progress)
        with opened(batch) as found:
            return _check(batch, found, progress)
    except Fault as fault:
        batch.rows.all()._raw_delete(batch.rows.db)
        batch.state, batch.counts, batch.total = State_.FAILED, {}, 0
        batch.notes = [{"row": fault.row, "column": fault.column, "detail": fault.detail}]
        batch.save()
        return batch


def _check(batch: ImportBatch, source: Source, progress: Progress) -> ImportBatch:
    kind = kind_of(batch.kind, batch.options)
    if not batch.columns:
        batch.columns = {column: field for column, (field, _) in guess(source.columns, kind).items()}
    planner = Planner(kind, source, checked(batch.columns, source, kind))
    batch.rows.all()._raw_delete(batch.rows.db)
    seen, _ = revision.current()
    for lot in planner.plan(progress):
        insert(ImportRow, ROW_COLUMNS, [_row(batch, one) for one in lot])
    batch.revision, batch.total, batch.counts = seen, planner.total, planner.counts
    batch.digest, batch.touches_public = planner.digest.hexdigest(), planner.touches_public
    batch.state, batch.notes, batch.done = State_.CHECKED, [], planner.total
    batch.save()
    return batch


#: Of the table of rows, as `_row` gives them.
ROW_COLUMNS = ("batch_id", "number", "verdict", "is_warned", "label", "record", "fingerprint", "body")


def _row(batch: ImportBatch, one: Planned) -> tuple[Any, ...]:
    told = one.body.decode()
    return batch.pk, one.number, str(one.verdict), bool(one.warnings), one.label, one.key, one.fingerprint, told


# Committing


class NotNow(ValidationError):
    """What was asked does not fit the state that a batch is in."""


def commit(
    batch: ImportBatch, *, user: Any = None, without_refused: bool = False, progress: Progress = nothing,
    source: Source | None = None,
) -> ImportBatch:  # fmt: skip
    """Does what the dry run found, all of it or nothing. Where the catalogue has moved since in a way that matters, checks again
    instead, and says so in `notes`.

    Raises NotNow for a batch that was not checked, or has refused rows that are not to be left out.
    """
    try:
        with transaction.atomic():
            _lock_catalogue()
            batch = ImportBatch.objects.get(pk=batch.pk)  # which the catalogue's lock covers
            _check_ready(batch, without_refused)
            if _has_moved(batch, progress, source):
                return batch
            _write(batch, user, progress)
            batch.without_refused = without_refused
            batch.state, batch.committed_by, batch.done = State_.COMMITTED, user, batch.total
            batch.save()
            batch.pieces.all().delete()
    except IntegrityError as error:
        raise NotNow(f"The database refuses it, and nothing was changed: {error}") from error
    return batch


def _lock_catalogue() -> None:
    """Nobody else writes what readers see before the end. (SQLite has one writer anyway.)"""
    Revision.objects.select_for_update().first()


def _check_ready(batch: ImportBatch, without_refused: bool) -> None:
    if batch.state not in (State_.CHECKED, State_.WAITING, State_.COMMITTING):
        raise NotNow(f"This import is {batch.get_state_display()}.")
    refused, total = batch.counts.get(Verdict.REFUSED, 0), batch.counts
    if refused and not without_refused:
        raise NotNow(f"{refused:,} rows are refused: mend them, or say that they are left out.")
    if not total.get(Verdict.ADDED) and not total.get(Verdict.CHANGED):
        raise NotNow("There is nothing to import: no row would change anything.")


def _has_moved(batch: ImportBatch, progress: Progress, source: Source | None) -> bool:
    """Whether what would happen is not any more what was shown."""
    if revision.current()[0] == batch.revision:
        return False
    before = batch.digest
    check(batch, progress=progress, source=source)
    if batch.state == State_.FAILED or batch.digest != before:
        batch.notes = [*batch.notes, {"detail": MOVED}]
        batch.save()
        return True
    return False


def _write(batch: ImportBatch, user: Any, progress: Progress) -> None:
    kind = kind_of(batch.kind, batch.options)
    batch.committed_at = timezone.now()
    author = Author(user.pk if user else None, batch.reason, batch.committed_at)
    rows = batch.rows.filter(verdict__in=[Verdict.ADDED, Verdict.CHANGED]).order_by("number")
    done = 0
    for lot in _lots(rows):
        wanted = _wanted(kind, lot)
        kind.write(wanted, author)
        _note_keys([(row.pk, one.key) for row, one in zip(lot, wanted, strict=True) if row.verdict == Verdict.ADDED])
        done += len(lot)
        progress(done)
    kind.finish(author)


def _lots(rows: Any) -> Iterator[list[ImportRow]]:
    """By number, since a cursor would not outlive what is written meanwhile."""
    last = -1
    while lot := list(rows.filter(number__gt=last)[:LOT]):
        yield lot
        last = lot[-1].number


def _wanted(kind: Kind, lot: list[ImportRow]) -> list[Wanted]:
    keys = [row.record for row in lot if row.verdict == Verdict.CHANGED and row.record]
    states = kind.read(keys) if keys else {}
    wanted = []
    for row in lot:
        before = states[row.record] if row.verdict == Verdict.CHANGED and row.record else None
        wanted.append(
            Wanted({**(before or {}), **row.told["after"]}, before, row.record if before is not None else None)
        )
    return wanted


def _note_keys(pairs: list[tuple[int, int | None]]) -> None:
    """Which record each row has become."""
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {ImportRow._meta.db_table} SET record = %s WHERE id = %s", [(key, row) for row, key in pairs]
        )


# Undoing


def undo(batch: ImportBatch, *, user: Any = None, progress: Progress = nothing) -> ImportBatch:
    """Takes an import back: what it added goes, what it changed becomes what it was, all in one step. What was changed since, or is
    published or used elsewhere, stays as it is, and `notes` say so.

    Raises NotNow for a batch that was not committed.
    """
    with transaction.atomic():
        _lock_catalogue()
        batch = ImportBatch.objects.get(pk=batch.pk)  # which the catalogue's lock covers
        if batch.state not in (State_.COMMITTED, State_.UNDOING) or batch.committed_at is None:
            raise NotNow(f"This import is {batch.get_state_display()}.")
        kept = _Undo(batch, user).run(progress)
        batch.state, batch.undone_at = State_.UNDONE, timezone.now()
        batch.notes = kept
        batch.save()
    return batch


class _Undo:
    def __init__(self, batch: ImportBatch, user: Any):
        self.batch, self.kind = batch, kind_of(batch.kind, batch.options)
        self.committed = Author(None, batch.reason, batch.committed_at)
        self.author = Author(user.pk if user else None, f"Undone: {batch.reason}"[:100], timezone.now())
        self.kept: list[dict[str, Any]] = []

    def run(self, progress: Callable[[int], None]) -> list[dict[str, Any]]:
        done = 0
        # Backwards: what came later may refer to what came before.
        rows = self.batch.rows.filter(verdict__in=[Verdict.ADDED, Verdict.CHANGED]).order_by("number")
        for lot in reversed_lots(rows):
            self._take_back([row for row in lot if row.verdict == Verdict.ADDED])
            self._change_back([row for row in lot if row.verdict == Verdict.CHANGED])
            done += len(lot)
            progress(done)
        self.kind.finish(self.author)
        return self.kept

    def _take_back(self, rows: list[ImportRow]) -> None:
        keys = {row.record: row for row in rows if row.record}
        touched = self.kind.touched_since(list(keys), self.committed) if keys else set()
        self._keep(keys, touched, "was changed since, and stays")
        free = [key for key in keys if key not in touched]
        standing = self.kind.remove(free, self.author) if free else set()
        self._keep(keys, standing, "is published, or something refers to it, and so it stays")

    def _keep(self, rows: dict[Any, ImportRow], keys: set[int], why: str) -> None:
        self.kept += [{"row": rows[key].number, "detail": f"{rows[key].label} {why}."} for key in sorted(keys)]

    def _change_back(self, rows: list[ImportRow]) -> None:
        states = self.kind.read([row.record for row in rows if row.record]) if rows else {}
        wanted = []
        for row in rows:
            now: State | None = states.get(row.record or 0)
            told = row.told
            if now is None or any(now.get(name) != value for name, value in told["after"].items()):
                self.kept.append({"row": row.number, "detail": f"{row.label} was changed since, and stays."})
            else:
                wanted.append(Wanted({**now, **told["before"]}, now, row.record))
        if wanted:
            self.kind.write(wanted, self.author)


def reversed_lots(rows: Any) -> Iterator[list[ImportRow]]:
    last: int | None = None
    while lot := list((rows if last is None else rows.filter(number__lt=last)).order_by("-number")[:LOT]):
        yield lot
        last = lot[-1].number


def lost_by_undoing(batch: ImportBatch) -> list[str]:
    """The first few records that undoing would leave, because they were changed since."""
    kind, author = kind_of(batch.kind, batch.options), Author(None, batch.reason, batch.committed_at)
    found: list[str] = []
    for lot in _lots(batch.rows.filter(verdict__in=[Verdict.ADDED, Verdict.CHANGED]).order_by("number")):
        touched = kind.touched_since([row.record for row in lot if row.record], author)
        found += [row.label for row in lot if row.record in touched]
    return found
