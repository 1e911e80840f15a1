"""Where the steps of an import run, and how far they are.

A small file is worked off in the request. A large one takes a process of its own, started by the worker that was asked: it needs no
queue and no second service, gives its memory back when it ends, and stops nobody from reading. The file and the batch stand in the
database, so that any worker of any machine can start it and show how far it is.
"""

import logging
import os
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, connections, transaction
from django.db.models import F
from django.utils import timezone

from catalogue.models import ImportBatch, ImportRow

from . import services
from .faults import Fault

logger = logging.getLogger(__name__)
State = ImportBatch.State

#: Bytes of a file, and rows, that are worked off in a request: some two seconds.
SMALL_FILE, FEW_ROWS = 2 * 2**20, 2_000
#: So long without a sign of life, and a step is taken for broken off.
SILENCE = timedelta(seconds=45)
SECONDS_BETWEEN_BEATS = 0.5
#: By step: the state of a batch meanwhile, and those from which it is taken.
STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "check": (State.CHECKING, ImportBatch.CAN_BE_CHECKED),
    "commit": (State.COMMITTING, ImportBatch.CAN_BE_COMMITTED),
    "undo": (State.UNDOING, (*ImportBatch.STANDING, State.UNDO_WAITING)),
}


def start(batch: ImportBatch, step: str, user: Any, **values: Any) -> None:
    """Takes a step of a batch: here, or in a process of its own. `values` are kept with it. Raises NotNow where it cannot be
    taken, or somebody takes one already."""
    is_small = batch.size <= SMALL_FILE if step == "check" else batch.total <= FEW_ROWS
    claimed = claim(batch, step, **values)
    if is_small:
        take_claimed(claimed, step, user)
    else:
        start_process(claimed, step, user)


@transaction.atomic
def claim(batch: ImportBatch, step: str, **values: Any) -> ImportBatch:
    """Says that a step is taken now, so that nobody else takes one meanwhile. Raises NotNow where its state does not allow it."""
    running, allowed = STEPS[step]
    found = ImportBatch.objects.select_for_update().filter(pk=batch.pk).first()
    if found is None:
        raise services.NotNow("This import was discarded.")
    is_broken_off = found.state == running and progress_of(found)[2]
    if found.state not in allowed and not is_broken_off:
        raise services.NotNow(f"This import is {found.get_state_display()}: look at what it says now.")
    if not is_broken_off:
        found.state_before = found.state
    found.state, found.done, found.beat_at = running, 0, timezone.now()
    for name, value in values.items():
        setattr(found, name, value)
    found.save(update_fields=["state", "state_before", "done", "beat_at", *values])
    return found


def put_back(batch: ImportBatch, step: str, notes: list[dict[str, Any]] | None = None) -> None:
    """Ends a step that was refused or has failed. Where somebody else has brought it to its end meanwhile, that stands."""
    before = State.FAILED if step == "check" else F("state_before")
    told = {} if notes is None else {"notes": notes}
    ImportBatch.objects.filter(pk=batch.pk, state=STEPS[step][0]).update(state=before, **told)


def start_process(batch: ImportBatch, step: str, user: Any) -> None:
    arguments = ["import_records", "--batch", str(batch.pk), "--step", step, "--user", user.get_username()]
    process = subprocess.Popen(
        [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *arguments], cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=None, start_new_session=True, env=os.environ.copy(),
    )  # fmt: skip
    # Else it would stand in the list of processes until this worker ends.
    Thread(target=process.wait, daemon=True).start()


def take(batch: ImportBatch, step: str, user: Any, progress: services.Progress = services.nothing) -> ImportBatch:
    if step == "check":
        return services.check(batch, progress=progress)
    if step == "commit":
        return services.commit(batch, user=user, without_refused=batch.without_refused, progress=progress)
    return services.undo(batch, user=user, progress=progress)


def take_claimed(batch: ImportBatch, step: str, user: Any) -> None:
    """Takes a step while somebody waits, and puts the batch back where it was if that fails."""
    try:
        take(batch, step, user)
    except BaseException:
        put_back(batch, step)
        raise


def take_in_process(batch: ImportBatch, step: str, user: Any) -> None:
    """Takes a step, tells how far it is, and puts the batch back where it was if that fails."""
    beat = Beat(batch)
    try:
        take(batch, step, user, beat)
    except (services.NotNow, Fault) as refused:
        put_back(batch, step, [{"detail": message} for message in refused.messages])
    except Exception:
        logger.exception("Import %s: %s failed", batch.pk, step)
        detail = "It broke off by a fault of the site, and nothing was changed. The log says more."
        put_back(batch, step, [{"detail": detail}])
    finally:
        beat.end()


# How far it is


class Beat:
    """Tells others how far a step is, though nothing that its transaction writes is seen before the end.

    On PostgreSQL by a second connection; on SQLite, where a second one would have to wait and everybody is on this machine, by
    a file.
    """

    def __init__(self, batch: ImportBatch):
        self.batch, self.next = batch, 0.0
        self.is_by_file = connection.vendor == "sqlite"
        if not self.is_by_file:
            self.own = connections.create_connection("default")
            with self.own.cursor() as cursor:
                # Where the step itself has the row, there is nothing to wait for: it is about to end.
                cursor.execute("SET lock_timeout = '200ms'")

    def __call__(self, done: int) -> None:
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + SECONDS_BETWEEN_BEATS
        if self.is_by_file:
            path = _file(self.batch)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(str(done))
        else:
            with suppress(OperationalError), self.own.cursor() as cursor:
                cursor.execute(
                    f"UPDATE {ImportBatch._meta.db_table} SET done = %s, beat_at = %s WHERE id = %s",
                    [done, timezone.now(), self.batch.pk],
                )

    def end(self) -> None:
        if self.is_by_file:
            _file(self.batch).unlink(missing_ok=True)
        else:
            self.own.close()


def _file(batch: ImportBatch) -> Path:
    return Path(settings.DATA_DIR) / "imports" / f"{batch.pk}.progress"


def progress_of(batch: ImportBatch) -> tuple[int, int, bool]:
    """(rows done, rows in all, whether it has broken off) of a batch that is at work."""
    total = batch.total
    if batch.state in (State.COMMITTING, State.UNDOING):
        total = sum(batch.counts.get(verdict, 0) for verdict in (ImportRow.Verdict.ADDED, ImportRow.Verdict.CHANGED))
    done, beat = batch.done, batch.beat_at
    path = _file(batch)
    if connection.vendor == "sqlite" and path.exists():
        moved = datetime.fromtimestamp(path.stat().st_mtime, tz=timezone.get_current_timezone())
        if beat is None or moved > beat:
            text = path.read_text()
            done, beat = int(text) if text.isdecimal() else 0, moved
    is_broken_off = batch.state in ImportBatch.RUNNING and (beat is None or timezone.now() - beat > SILENCE)
    return done, total, is_broken_off
