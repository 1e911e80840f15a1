"""The steps of an import: handed in, checked, committed, undone. What writes records is one
transaction.
"""

import hashlib
import tempfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from catalogue import revision
from catalogue.models import ImportBatch, ImportPiece, ImportRow, Revision

from . import rules
from .columns import checked, fitting, guess
from .errors import FileError
from .history import insert
from .kinds import Importer, importer_for
from .kinds.base import Author, RecordChange
from .opening import LARGEST_FILE, open_source
from .planning import ROWS_AT_ONCE, DryRun, Progress, RowPlan
from .reading import HowToRead, Source
from .undoing import Lot, Undoing

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


def hand_in(
    *,
    name: str,
    content: IO[bytes],
    kind: str,
    user: Any = None,
    columns: dict[str, str] | None = None,
    options: dict[str, Any] | None = None,
) -> ImportBatch:
    """Keeps a file, to be checked. Raises FileError where it is too large."""
    with tempfile.TemporaryFile() as packed:
        checksum, size = _packed(
            name, content, packed
        )  # before the transaction: others may write meanwhile
        packed.seek(0)
        with transaction.atomic():
            batch = ImportBatch.objects.create(
                kind=kind,
                file_name=name[-200:],
                checksum=checksum,
                size=size,
                uploaded_by=user,
                columns=columns or {},
                options=options or {},
            )
            for number, piece in enumerate(iter(lambda: packed.read(PIECE), b"")):
                ImportPiece.objects.create(batch=batch, number=number, content=piece)
    return batch


def _packed(name: str, content: IO[bytes], packed: IO[bytes]) -> tuple[str, int]:
    """Compresses a file: its checksum, and its size before."""
    digest, size, packer = hashlib.sha256(), 0, zlib.compressobj(6)
    while piece := content.read(PIECE):
        size += len(piece)
        if size > LARGEST_FILE:
            raise FileError(
                f"{name} has more than {LARGEST_FILE // 2**20} MB: divide it."
            )
        digest.update(piece)
        packed.write(packer.compress(piece))
    packed.write(packer.flush())
    return digest.hexdigest(), size


@contextmanager
def opened(batch: ImportBatch) -> Iterator[Source]:
    """The file of a batch. Raises FileError where it cannot be read, or is not kept any more."""
    with tempfile.NamedTemporaryFile(prefix="import-") as file:
        unpacker, size = zlib.decompressobj(), 0
        for content in batch.pieces.values_list("content", flat=True).iterator(
            chunk_size=4
        ):
            size += _unpack(unpacker, bytes(content), file)
        size += file.write(unpacker.flush())
        file.flush()
        if not size and batch.size:
            raise FileError("The file is not kept any more: hand it in again.")
        fits = fitting(importer_for(batch.kind, batch.options))
        yield open_source(
            Path(file.name), batch.file_name, HowToRead.of(batch.options), fits
        )


def _unpack(unpacker: Any, content: bytes, file: IO[bytes]) -> int:
    """Writes what a piece holds, so much at a time: a few kilobytes may hold all of a file that
    repeats itself.
    """
    size = 0
    while content:
        piece = unpacker.decompress(content, PIECE)
        size += file.write(piece)
        content = unpacker.unconsumed_tail
    return size


# Moving from one state to another


class NotNow(ValidationError):
    """What was asked does not fit the state that a batch is in, or is not for this person to do."""


def move(
    batch: ImportBatch, *, to: str, of: Collection[str], **values: Any
) -> ImportBatch:
    """Gives a batch another state, where it has one `of` these at this very moment. Raises
    NotNow: somebody was faster.
    """
    if not ImportBatch.objects.filter(pk=batch.pk, state__in=of).update(
        state=to, **values
    ):
        raise NotNow(_is_already(batch))
    return ImportBatch.objects.get(pk=batch.pk)


def _is_already(batch: ImportBatch) -> str:
    now = ImportBatch.objects.filter(pk=batch.pk).first()
    return (
        f"Somebody was faster: this import is {now.get_state_display()}."
        if now
        else "This import was discarded."
    )


def _ask(why_not: str) -> None:
    """Raises NotNow with the reason, where there is one."""
    if why_not:
        raise NotNow(why_not)


def send_for_review(batch: ImportBatch, *, user: Any) -> ImportBatch:
    _ask("" if rules.may_import_kind(user, batch.kind) else rules.NOT_SUCH)
    return move(batch, to=State_.WAITING, of=ImportBatch.CAN_BE_SENT)


def take_back(batch: ImportBatch, *, user: Any) -> ImportBatch:
    """What waits for review is its author's again; a wish to undo is dropped."""
    _ask(rules.why_not_take_back(user, batch))
    if batch.state == State_.UNDO_WAITING:
        return _keep_as_it_is(batch)
    return move(batch, to=State_.CHECKED, of=[State_.WAITING])


def send_back(batch: ImportBatch, *, user: Any, note: str) -> ImportBatch:
    """By who could import or undo it, with what they say to whom it goes back to."""
    note = note.strip()[:500]
    if not note:
        raise NotNow("Say what is to be changed: who handed it in sees this note.")
    if batch.state == State_.UNDO_WAITING:
        _ask(rules.why_not_undo(user, batch, is_public=True))
        return _keep_as_it_is(batch, f"Not undone. {user} wrote: {note}")
    _ask(rules.why_not_commit(user, batch))
    notes = [{"detail": f"Sent back by {user}: {note}"}]
    return move(batch, to=State_.SENT_BACK, of=[State_.WAITING], notes=notes)


def ask_to_undo(batch: ImportBatch, *, user: Any, reason: str) -> ImportBatch:
    """Puts it before somebody who may publish. Raises NotNow without a reason."""
    _ask("" if rules.may_import_kind(user, batch.kind) else rules.NOT_SUCH)
    reason = reason.strip()[:500]
    if not reason:
        raise NotNow(WHY_UNDO)
    asked = {
        "undo_reason": reason,
        "undo_asked_by": user,
        "undo_asked_at": timezone.now(),
    }
    return move(
        batch,
        to=State_.UNDO_WAITING,
        of=ImportBatch.STANDING,
        state_before=batch.state,
        **asked,
    )


def _keep_as_it_is(batch: ImportBatch, note: str = "") -> ImportBatch:
    before = batch.state_before or State_.COMMITTED
    notes = [*batch.notes, {"detail": note}] if note else batch.notes
    return move(
        batch,
        to=before,
        of=[State_.UNDO_WAITING],
        undo_reason="",
        undo_asked_by=None,
        notes=notes,
    )


@transaction.atomic
def discard(batch: ImportBatch, *, user: Any) -> None:
    """Forgets a file of which nothing was imported."""
    _ask("" if rules.may_import_kind(user, batch.kind) else rules.NOT_SUCH)
    _lock_catalogue()  # a batch that is being imported keeps its rows
    found = _current(batch)
    if found.state not in ImportBatch.CAN_BE_DISCARDED:
        raise NotNow(f"This import is {found.get_state_display()}: it stays.")
    found.delete()


# Checking


def check(
    batch: ImportBatch, *, progress: Progress = nothing, source: Source | None = None
) -> ImportBatch:
    """Finds what the batch would do, and keeps it row by row. A file that is refused makes the
    batch fail, and raises nothing.

    No transaction of its own: on SQLite others could not write before its end. Until then the
    batch says that it is being checked. Raises NotNow for a batch of which anything was
    imported: its rows are the way back.
    """
    now = timezone.now()
    batch = move(
        batch,
        to=State_.CHECKING,
        of=[State_.CHECKING, *ImportBatch.CAN_BE_CHECKED],
        beat_at=now,
    )
    return _checked(batch, State_.CHECKED, progress, source)


def read_anew(batch: ImportBatch, how: dict[str, Any]) -> ImportBatch:
    """Guesses the columns of a file that is to be read in another way (`HowToRead`); it is
    checked when they are confirmed. Raises FileError where it cannot be read so, and NotNow for a
    batch that can no more be checked.
    """
    batch.options = {**batch.options, **how}
    importer = importer_for(batch.kind, batch.options)
    with opened(batch) as source:
        columns = {
            column: field
            for column, (field, _) in guess(source.columns, importer).items()
        }
    return move(
        batch,
        to=batch.state,
        of=ImportBatch.CAN_BE_CHECKED,
        columns=columns,
        options=batch.options,
    )


def _checked(
    batch: ImportBatch, state: str, progress: Progress, source: Source | None
) -> ImportBatch:
    """As `check`; `state` is what a sound file is in afterwards."""
    before = batch.state
    try:
        if source is not None:
            _judge(batch, source, progress)
        else:
            with opened(batch) as found:
                _judge(batch, found, progress)
        batch.state, batch.notes = state, []
    except FileError as error:
        batch.rows.all()._raw_delete(batch.rows.db)
        batch.state, batch.counts, batch.total, batch.reading = State_.FAILED, {}, 0, []
        batch.notes = [
            {"row": error.row, "column": error.column, "detail": error.detail}
        ]
    found_out = {name: getattr(batch, name) for name in FOUND_OUT}
    return move(batch, to=batch.state, of=[before], **found_out)


#: What checking finds of the batch itself.
FOUND_OUT = (
    "columns",
    "revision",
    "total",
    "counts",
    "digest",
    "touches_public",
    "notes",
    "reading",
    "done",
)


def _judge(batch: ImportBatch, source: Source, progress: Progress) -> None:
    importer = importer_for(batch.kind, batch.options)
    if not batch.columns:
        batch.columns = {
            column: field
            for column, (field, _) in guess(source.columns, importer).items()
        }
    dry_run = DryRun(importer, source, checked(batch.columns, source, importer))
    batch.rows.all()._raw_delete(batch.rows.db)
    seen, _ = revision.current()
    for lot in dry_run.plan(progress):
        insert(ImportRow, ROW_COLUMNS, [_row(batch, one) for one in lot])
    batch.revision, batch.total, batch.counts = seen, dry_run.total, dry_run.counts
    batch.digest, batch.touches_public = (
        dry_run.digest.hexdigest(),
        dry_run.touches_public,
    )
    batch.done, batch.reading = dry_run.total, dry_run.notes


#: Of the table of rows, as `_row` gives them.
ROW_COLUMNS = (
    "batch_id",
    "number",
    "verdict",
    "is_warned",
    "label",
    "record",
    "fingerprint",
    "body",
    "is_undone",
)


def _row(batch: ImportBatch, one: RowPlan) -> tuple[Any, ...]:
    told = one.body.decode()
    return (
        batch.pk,
        one.number,
        str(one.verdict),
        bool(one.warnings),
        one.label,
        one.key,
        one.fingerprint,
        told,
        False,
    )


# Committing


def commit(
    batch: ImportBatch,
    *,
    user: Any = None,
    without_refused: bool = False,
    progress: Progress = nothing,
    source: Source | None = None,
    is_trusted: bool = False,
) -> ImportBatch:
    """Does what the dry run found, all of it or nothing. Where the catalogue has moved since in
    a way that matters, checks again instead, and says so in `notes`.

    State, rows and what `user` may do are judged in the transaction that writes. `is_trusted`:
    whoever asks has a shell, and `user` is but the name in the history; without a user it is so
    too. Raises NotNow for a batch that was not checked, that this user may not import, or that
    has refused rows which are not to be left out.
    """
    try:
        with transaction.atomic():
            _lock_catalogue()
            batch = _current(batch)
            _check_ready(batch, without_refused)
            if _has_moved(batch, progress, source):
                return batch
            if user is not None and not is_trusted:
                _ask(rules.why_not_commit(user, batch))
            _write(batch, user, progress)
            batch.without_refused = without_refused
            batch.state, batch.committed_by, batch.done = (
                State_.COMMITTED,
                user,
                batch.total,
            )
            batch.notes = []  # what a reviewer wrote before is settled
            batch.save()
            batch.pieces.all().delete()
    except IntegrityError as error:
        raise NotNow(
            f"The database refuses it, and nothing was changed: {error}"
        ) from error
    return batch


def _current(batch: ImportBatch) -> ImportBatch:
    """As it is now: the catalogue's lock, which is held, covers it."""
    found = ImportBatch.objects.filter(pk=batch.pk).first()
    if found is None:
        raise NotNow(_is_already(batch))
    return found


def _lock_catalogue() -> None:
    """Nobody else writes what readers see before the end. (SQLite has one writer anyway.)"""
    Revision.objects.select_for_update().first()


def _check_ready(batch: ImportBatch, without_refused: bool) -> None:
    if batch.state not in (*ImportBatch.CAN_BE_COMMITTED, State_.COMMITTING):
        raise NotNow(f"This import is {batch.get_state_display()}.")
    refused, total = batch.counts.get(Verdict.REFUSED, 0), batch.counts
    if refused and not without_refused:
        raise NotNow(
            f"{refused:,} rows are refused: mend them, or say that they are left out."
        )
    if not total.get(Verdict.ADDED) and not total.get(Verdict.CHANGED):
        raise NotNow("There is nothing to import: no row would change anything.")


def _has_moved(batch: ImportBatch, progress: Progress, source: Source | None) -> bool:
    """Whether what would happen is not any more what was shown. It is judged anew in any case,
    and waits as it did.
    """
    if revision.current()[0] == batch.revision:
        return False
    before, state = batch.digest, batch.state
    waits = state == State_.WAITING or (
        state == State_.COMMITTING and batch.state_before == State_.WAITING
    )
    again = _checked(
        batch, State_.WAITING if waits else State_.CHECKED, progress, source
    )
    is_the_same = again.state != State_.FAILED and again.digest == before
    again.state = state if is_the_same else again.state
    again.notes = again.notes if is_the_same else [*again.notes, {"detail": MOVED}]
    again.save(update_fields=["state", "notes"])
    batch.refresh_from_db()
    return not is_the_same


def _write(batch: ImportBatch, user: Any, progress: Progress) -> None:
    importer = importer_for(batch.kind, batch.options)
    batch.committed_at = timezone.now()
    author = Author(user.pk if user else None, batch.reason, batch.committed_at)
    rows = batch.rows.filter(verdict__in=[Verdict.ADDED, Verdict.CHANGED]).order_by(
        "number"
    )
    done = 0
    for lot in _lots(rows):
        changes = _record_changes(importer, lot)
        importer.write(changes, author)
        _note_keys(
            [
                (row.pk, one.key)
                for row, one in zip(lot, changes, strict=True)
                if row.verdict == Verdict.ADDED
            ]
        )
        done += len(lot)
        progress(done)
    importer.finish(author)


def _lots(rows: Any) -> Iterator[list[ImportRow]]:
    """By number, since a cursor would not outlive what is written meanwhile."""
    last = -1
    while lot := list(rows.filter(number__gt=last)[:ROWS_AT_ONCE]):
        yield lot
        last = lot[-1].number


def _record_changes(importer: Importer, lot: list[ImportRow]) -> list[RecordChange]:
    keys = [row.record for row in lot if row.verdict == Verdict.CHANGED and row.record]
    states = importer.read(keys) if keys else {}
    changes = []
    for row in lot:
        before = (
            states[row.record]
            if row.verdict == Verdict.CHANGED and row.record
            else None
        )
        changes.append(
            RecordChange(
                {**(before or {}), **row.told["after"]},
                before,
                row.record if before is not None else None,
            )
        )
    return changes


def _note_keys(pairs: list[tuple[int, int | None]]) -> None:
    """Which record each row has become."""
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {ImportRow._meta.db_table} SET record = %s WHERE id = %s",
            [(key, row) for row, key in pairs],
        )


# Undoing

WHY_UNDO = "Say why: readers see the reason where something is withdrawn, and it stands in the history."
NOTHING_UNDONE = (
    "Nothing was undone: all of it was changed since, or is used elsewhere."
)


def undo(
    batch: ImportBatch,
    *,
    user: Any = None,
    reason: str = "",
    progress: Progress = nothing,
    is_trusted: bool = False,
) -> ImportBatch:
    """Takes an import back, in one step: what it added is deleted, or withdrawn where readers
    see it, and what it changed becomes what it was. What was changed since, or is used
    elsewhere, stays as it is; `notes` say so, and the state that it is only partly undone.
    `reason` is that of whoever asked, unless given; it is needed where readers see the
    difference.

    What readers see is judged row by row, as it is now, in the transaction that writes. Raises
    NotNow for a batch that was not imported, or that this user may not undo (see `commit`).
    """
    with transaction.atomic():
        _lock_catalogue()
        batch = _current(batch)
        if (
            batch.state
            not in (*ImportBatch.STANDING, State_.UNDO_WAITING, State_.UNDOING)
            or batch.committed_at is None
        ):
            raise NotNow(f"This import is {batch.get_state_display()}.")
        reason = (reason or batch.undo_reason).strip()[:500]

        def allow(lot: Lot) -> None:
            if user is not None and not is_trusted:
                _ask(rules.why_not_undo(user, batch, is_public=lot.is_public))
            if lot.is_public and not reason:
                raise NotNow(WHY_UNDO)

        undone, notes = Undoing(batch, user, reason).run(progress, allow)
        batch.undo_reason, batch.notes = reason, notes
        if notes and not undone:
            batch.state = State_.PARTLY if batch.undone_at else State_.COMMITTED
            batch.notes = [{"detail": NOTHING_UNDONE}, *notes]
        else:
            batch.state, batch.undone_at = (
                State_.PARTLY if notes else State_.UNDONE,
                timezone.now(),
            )
        batch.save()
    return batch
