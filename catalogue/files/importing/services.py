"""The steps of an import: handed in, checked, committed, undone. What writes records is one
transaction.
"""

import tempfile
from collections.abc import Collection
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalogue import revision
from catalogue.models import ImportBatch, ImportRow, Revision

from . import rules
from .batch_rows import store_dry_run, write_batch
from .columns import guessed_columns
from .errors import FileError
from .kinds import importer_for
from .pieces import opened_file, pack, store_pieces
from .planning import Progress
from .reading import OpenedFile
from .undoing import Undoing, UndoPlan

BatchState = ImportBatch.State
Verdict = ImportRow.Verdict
MOVED = (
    "The catalogue has changed since this file was checked, and so it was checked again: what would happen is not quite the "
    "same any more. Look at it once more."
)


def no_progress(done: int) -> None:
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
        # Before the transaction: others may write meanwhile.
        checksum, size = pack(name, content, packed)
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
            store_pieces(batch, packed)
    return batch


# Moving from one state to another


class NotNow(ValidationError):
    """What was asked does not fit the state that a batch is in, or is not for this person to do."""


def move(
    batch: ImportBatch,
    *,
    to: str,
    of: Collection[str],
    **values: Any,
) -> ImportBatch:
    """Gives a batch another state, where it has one `of` these at this very moment. Raises
    NotNow: somebody was faster.
    """
    moved = ImportBatch.objects.filter(pk=batch.pk, state__in=of)
    if not moved.update(state=to, **values):
        raise NotNow(_is_already(batch))
    return ImportBatch.objects.get(pk=batch.pk)


def _is_already(batch: ImportBatch) -> str:
    current = ImportBatch.objects.filter(pk=batch.pk).first()
    if current is None:
        return "This import was discarded."
    return (
        f"Somebody was faster: this import is {current.get_state_display()}."
    )


def _refuse(why_not: str) -> None:
    """Raises NotNow with the reason, where there is one."""
    if why_not:
        raise NotNow(why_not)


def send_for_review(
    batch: ImportBatch,
    *,
    user: Any,
    reason: str = "",
) -> ImportBatch:
    """`reason` is why it changes what it does, unless it was given before."""
    _refuse("" if rules.may_import_kind(user, batch.kind) else rules.NOT_SUCH)
    give_reason(batch, reason)
    return move(
        batch,
        to=BatchState.WAITING,
        of=ImportBatch.CAN_BE_SENT,
        change_reason=batch.change_reason,
    )


def give_reason(batch: ImportBatch, reason: str) -> None:
    """Puts it into the batch, unsaved, where one is given. Raises NotNow where it is too long, or
    one is needed and there is none.
    """
    longest = ImportBatch._meta.get_field("change_reason").max_length or 0
    reason = reason.strip()
    if len(reason) > longest:
        raise NotNow(
            f"The reason has {len(reason)} characters; {longest} are possible.",
        )
    batch.change_reason = reason or batch.change_reason
    if batch.asks_why and not batch.change_reason:
        raise NotNow(WHY_CHANGED)


def take_back_batch(batch: ImportBatch, *, user: Any) -> ImportBatch:
    """What waits for review is its author's again; a wish to undo is dropped."""
    _refuse(rules.why_not_take_back(user, batch))
    if batch.state == BatchState.UNDO_WAITING:
        return _keep_as_it_is(batch)
    return move(batch, to=BatchState.CHECKED, of=[BatchState.WAITING])


def send_back_batch(
    batch: ImportBatch,
    *,
    user: Any,
    note: str,
) -> ImportBatch:
    """By who could import or undo it, with what they say to whom it goes back to."""
    note = note.strip()[:500]
    if not note:
        raise NotNow(
            "Say what is to be changed: who handed it in sees this note.",
        )
    if batch.state == BatchState.UNDO_WAITING:
        _refuse(rules.why_not_undo(user, batch, is_public=True))
        return _keep_as_it_is(batch, f"Not undone. {user} wrote: {note}")
    _refuse(rules.why_not_commit(user, batch))
    notes = [{"detail": f"Sent back by {user}: {note}"}]
    return move(
        batch,
        to=BatchState.SENT_BACK,
        of=[BatchState.WAITING],
        notes=notes,
    )


def ask_to_undo(batch: ImportBatch, *, user: Any, reason: str) -> ImportBatch:
    """Puts it before somebody who may publish. Raises NotNow without a reason."""
    _refuse("" if rules.may_import_kind(user, batch.kind) else rules.NOT_SUCH)
    reason = reason.strip()[:500]
    if not reason:
        raise NotNow(WHY_UNDO)
    return move(
        batch,
        to=BatchState.UNDO_WAITING,
        of=ImportBatch.STANDING,
        state_before=batch.state,
        undo_reason=reason,
        undo_asked_by=user,
        undo_asked_at=timezone.now(),
    )


def _keep_as_it_is(batch: ImportBatch, note: str = "") -> ImportBatch:
    notes = list(batch.notes)
    if note:
        notes.append({"detail": note})
    return move(
        batch,
        to=batch.state_before or BatchState.COMMITTED,
        of=[BatchState.UNDO_WAITING],
        undo_reason="",
        undo_asked_by=None,
        notes=notes,
    )


@transaction.atomic
def discard(batch: ImportBatch, *, user: Any) -> None:
    """Forgets a file of which nothing was imported."""
    _refuse("" if rules.may_import_kind(user, batch.kind) else rules.NOT_SUCH)
    _lock_catalogue()  # a batch that is being imported keeps its rows
    batch = _current(batch)
    if batch.state not in ImportBatch.CAN_BE_DISCARDED:
        raise NotNow(f"This import is {batch.get_state_display()}: it stays.")
    batch.delete()


# Checking


def check_batch(
    batch: ImportBatch,
    *,
    progress: Progress = no_progress,
    source: OpenedFile | None = None,
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
        to=BatchState.CHECKING,
        of=[BatchState.CHECKING, *ImportBatch.CAN_BE_CHECKED],
        beat_at=now,
    )
    return _check_again(batch, BatchState.CHECKED, progress, source)


def read_anew(batch: ImportBatch, how: dict[str, Any]) -> ImportBatch:
    """Guesses the columns of a file that is to be read in another way (`HowToRead`); it is
    checked when they are confirmed. Raises FileError where it cannot be read so, and NotNow for a
    batch that can no more be checked.
    """
    batch.options = {**batch.options, **how}
    importer = importer_for(batch.kind, batch.options)
    with opened_file(batch) as source:
        columns = guessed_columns(source.columns, importer)
    return move(
        batch,
        to=batch.state,
        of=ImportBatch.CAN_BE_CHECKED,
        columns=columns,
        options=batch.options,
    )


def _check_again(
    batch: ImportBatch,
    state: str,
    progress: Progress,
    source: OpenedFile | None,
) -> ImportBatch:
    """As `check_batch`; `state` is what a sound file is in afterwards."""
    before = batch.state
    try:
        if source is not None:
            store_dry_run(batch, source, progress)
        else:
            with opened_file(batch) as stored:
                store_dry_run(batch, stored, progress)
        batch.state = state
        batch.notes = []
    except FileError as error:
        batch.rows.all()._raw_delete(batch.rows.db)
        batch.state = BatchState.FAILED
        batch.counts = {}
        batch.total = 0
        batch.reading = []
        batch.notes = [
            {"row": error.row, "column": error.column, "detail": error.detail},
        ]
    values = {name: getattr(batch, name) for name in FOUND_BY_CHECKING}
    return move(batch, to=batch.state, of=[before], **values)


#: Fields of the batch.
FOUND_BY_CHECKING = (
    "columns",
    "revision",
    "total",
    "counts",
    "digest",
    "touches_public",
    "asks_why",
    "notes",
    "reading",
    "done",
)


# Committing

WHY_CHANGED = "Say why: it changes a day from or until which something is asked, and readers see the reason."


def commit(
    batch: ImportBatch,
    *,
    user: Any = None,
    reason: str = "",
    without_refused: bool = False,
    progress: Progress = no_progress,
    source: OpenedFile | None = None,
    is_trusted: bool = False,
) -> ImportBatch:
    """Does what the dry run found, all of it or nothing. Where the catalogue has moved since in
    a way that matters, checks again instead, and says so in `notes`.

    `reason` is why it changes what it does, unless it was given before; it is needed where the form
    of such a record asks for one. State, rows and what `user` may do are judged in the transaction that writes. `is_trusted`:
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
                _refuse(rules.why_not_commit(user, batch))
            give_reason(batch, reason)
            write_batch(batch, user, progress)
            batch.without_refused = without_refused
            batch.state = BatchState.COMMITTED
            batch.committed_by = user
            batch.done = batch.total
            batch.notes = []  # what a reviewer wrote before is settled
            batch.save()
            batch.pieces.all().delete()
    except IntegrityError as error:
        raise NotNow(
            f"The database refuses it, and nothing was changed: {error}",
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
    if batch.state not in (
        *ImportBatch.CAN_BE_COMMITTED,
        BatchState.COMMITTING,
    ):
        raise NotNow(f"This import is {batch.get_state_display()}.")
    counts = batch.counts
    refused = counts.get(Verdict.REFUSED, 0)
    if refused and not without_refused:
        raise NotNow(
            f"{refused:,} rows are refused: mend them, or say that they are left out.",
        )
    if not counts.get(Verdict.ADDED) and not counts.get(Verdict.CHANGED):
        raise NotNow(
            "There is nothing to import: no row would change anything.",
        )


def _has_moved(
    batch: ImportBatch,
    progress: Progress,
    source: OpenedFile | None,
) -> bool:
    """Whether what would happen is not any more what was shown. It is judged anew in any case,
    and waits as it did.
    """
    if revision.current()[0] == batch.revision:
        return False
    digest = batch.digest
    state = batch.state
    before = batch.state_before if state == BatchState.COMMITTING else state
    is_waiting = before == BatchState.WAITING
    sound = BatchState.WAITING if is_waiting else BatchState.CHECKED
    again = _check_again(batch, sound, progress, source)
    has_moved = again.state == BatchState.FAILED or again.digest != digest
    if has_moved:
        again.notes = [*again.notes, {"detail": MOVED}]
    else:
        again.state = state
    again.save(update_fields=["state", "notes"])
    batch.refresh_from_db()
    return has_moved


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
    progress: Progress = no_progress,
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
            not in (
                *ImportBatch.STANDING,
                BatchState.UNDO_WAITING,
                BatchState.UNDOING,
            )
            or batch.committed_at is None
        ):
            raise NotNow(f"This import is {batch.get_state_display()}.")
        reason = (reason or batch.undo_reason).strip()[:500]

        def allow(plan: UndoPlan) -> None:
            if user is not None and not is_trusted:
                _refuse(
                    rules.why_not_undo(user, batch, is_public=plan.is_public),
                )
            if plan.is_public and not reason:
                raise NotNow(WHY_UNDO)

        undone, notes = Undoing(batch, user, reason).run(progress, allow)
        batch.undo_reason = reason
        batch.notes = notes
        if notes and not undone:
            batch.state = (
                BatchState.PARTLY if batch.undone_at else BatchState.COMMITTED
            )
            batch.notes = [{"detail": NOTHING_UNDONE}, *notes]
        else:
            batch.state = BatchState.PARTLY if notes else BatchState.UNDONE
            batch.undone_at = timezone.now()
            batch.undone_by = user
        batch.save()
    return batch
