"""Steps that take long run in processes of their own, started by the worker that was asked, and
tell how far they are.

That needs no queue and no second service, gives the memory back when it ends, and stops nobody
from reading. What is asked for stands in the database, in a row with `done` and `beat_at`: any
worker of any machine can start a step, and show how far it is.
"""

import os
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, connections
from django.utils import timezone

#: So long without a sign of life, and a step is taken for broken off: longer than it waits for
#: somebody else's write.
SILENCE = timedelta(seconds=75)
SECONDS_BETWEEN_BEATS = 0.5
SECONDS_BETWEEN_PULSES = 2


def start(*arguments: str) -> None:
    """Runs a command of `manage.py`, and waits for nothing."""
    process = subprocess.Popen(
        [
            sys.executable,
            str(Path(settings.BASE_DIR) / "manage.py"),
            *arguments,
        ],
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=None,
        start_new_session=True,
        env=os.environ.copy(),
    )
    # Else it would stand in the list of processes until this worker ends.
    Thread(target=process.wait, daemon=True).start()


class Beat:
    """Tells others how far a step is, though nothing that its transaction writes is seen before
    the end.

    On PostgreSQL by a second connection; on SQLite, where a second one would have to wait and
    everybody is on this machine, by a file.
    """

    def __init__(self, row: Any):
        self.row = row
        self.next = 0.0
        self.done = 0
        self.is_by_file = connection.vendor == "sqlite"
        if not self.is_by_file:
            self.own = connections.create_connection("default")
            with self.own.cursor() as cursor:
                # Where the step itself has the row, there is nothing to wait for: it is about
                # to end.
                cursor.execute("SET lock_timeout = '200ms'")

    def __call__(self, done: int) -> None:
        self.done = done
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + SECONDS_BETWEEN_BEATS
        if self.is_by_file:
            path = _file(self.row)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(str(done))
        else:
            with suppress(OperationalError), self.own.cursor() as cursor:
                cursor.execute(
                    f"UPDATE {self.row._meta.db_table} SET done = %s, beat_at = %s WHERE id = %s",
                    [done, timezone.now(), self.row.pk],
                )

    def again(self) -> None:
        """It is as far as it was, and still at work."""
        self(self.done)

    def end(self) -> None:
        if self.is_by_file:
            _file(self.row).unlink(missing_ok=True)
        else:
            self.own.close()


class Pulse(Thread):
    """Beats by itself, for a step of few and long parts. `done` says how many parts are behind
    it. A context manager.
    """

    def __init__(self, row: Any):
        super().__init__(daemon=True)
        self.row = row
        self.done = 0
        self.is_over = Event()

    def __call__(self, done: int) -> None:
        self.done = done

    def run(self) -> None:
        beat = Beat(self.row)  # its connection is this thread's
        beat(self.done)
        while not self.is_over.wait(SECONDS_BETWEEN_PULSES):
            beat(self.done)
        beat.end()

    def __enter__(self) -> "Pulse":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.is_over.set()
        self.join()


def _file(row: Any) -> Path:
    return (
        Path(settings.DATA_DIR)
        / "progress"
        / f"{row._meta.model_name}-{row.pk}"
    )


def heard_of(row: Any) -> tuple[int, datetime | None]:
    """How far the step of a row is, and when it was last heard of."""
    done = row.done
    beat = row.beat_at
    path = _file(row)
    if connection.vendor == "sqlite" and path.exists():
        moved = datetime.fromtimestamp(
            path.stat().st_mtime,
            tz=timezone.get_current_timezone(),
        )
        if beat is None or moved > beat:
            text = path.read_text()
            done = int(text) if text.isdecimal() else 0
            beat = moved
    return done, beat


def is_silent(beat: datetime | None) -> bool:
    """Whether a step that was last heard of then has broken off."""
    return beat is None or timezone.now() - beat > SILENCE
