"""Where the steps of an import run, and how far they are.

A small file is worked off in the request, and a large one in a process of its own
(`serving.processes`). The file and the batch stand in the database.
"""

import logging
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from catalogue.database.apart import taken_apart
from catalogue.models import ImportBatch, ImportRow
from serving import processes

from . import services
from .errors import FileError

logger = logging.getLogger(__name__)
State = ImportBatch.State

#: Bytes of a file, and rows, that are worked off in a request: some two seconds.
SMALL_FILE = 2 * 2**20
FEW_ROWS = 2_000
#: By step: the state of a batch meanwhile, and those from which it is taken.
STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "check": (State.CHECKING, ImportBatch.CAN_BE_CHECKED),
    "commit": (State.COMMITTING, ImportBatch.CAN_BE_COMMITTED),
    "undo": (State.UNDOING, (*ImportBatch.STANDING, State.UNDO_WAITING)),
}


def start_step(
    batch: ImportBatch,
    step: str,
    user: Any,
    **values: Any,
) -> None:
    """Takes a step of a batch: here, or in a process of its own. `values` are kept with it.
    Raises NotNow where it cannot be taken, or somebody takes one already.
    """
    is_small = (
        batch.size <= SMALL_FILE
        if step == "check"
        else batch.total <= FEW_ROWS
    )
    claimed = claim(batch, step, **values)
    if is_small:
        take_claimed(claimed, step, user)
    else:
        start_process(claimed, step, user)


@transaction.atomic
def claim(batch: ImportBatch, step: str, **values: Any) -> ImportBatch:
    """Says that a step is taken now, so that nobody else takes one meanwhile. Raises NotNow
    where its state does not allow it.
    """
    running, allowed = STEPS[step]
    found = ImportBatch.objects.select_for_update().filter(pk=batch.pk).first()
    if found is None:
        raise services.NotNow("This import was discarded.")
    is_broken_off = found.state == running and progress_of(found)[2]
    if found.state not in allowed and not is_broken_off:
        raise services.NotNow(
            f"This import is {found.get_state_display()}: look at what it says now.",
        )
    if not is_broken_off:
        found.state_before = found.state
    found.state = running
    found.done = 0
    found.beat_at = timezone.now()
    for name, value in values.items():
        setattr(found, name, value)
    found.save(
        update_fields=["state", "state_before", "done", "beat_at", *values],
    )
    return found


def return_to_state(
    batch: ImportBatch,
    step: str,
    notes: list[dict[str, Any]] | None = None,
) -> None:
    """Ends a step that was refused or has failed. Where somebody else has brought it to its end
    meanwhile, that stands.
    """
    before = State.FAILED if step == "check" else F("state_before")
    told = {} if notes is None else {"notes": notes}
    ImportBatch.objects.filter(pk=batch.pk, state=STEPS[step][0]).update(
        state=before,
        **told,
    )


def start_process(batch: ImportBatch, step: str, user: Any) -> None:
    processes.start(
        "import_records",
        "--batch",
        str(batch.pk),
        "--step",
        step,
        "--user",
        user.get_username(),
    )


def take_step(
    batch: ImportBatch,
    step: str,
    user: Any,
    progress: services.Progress = services.no_progress,
) -> ImportBatch:
    if step == "check":
        return services.check_batch(batch, progress=progress)
    if step == "commit":
        return services.commit(
            batch,
            user=user,
            without_refused=batch.without_refused,
            progress=progress,
        )
    return services.undo(batch, user=user, progress=progress)


def take_claimed(batch: ImportBatch, step: str, user: Any) -> None:
    """Takes a step while somebody waits, and puts the batch back where it was if that fails."""
    try:
        take_step(batch, step, user)
    except BaseException:
        return_to_state(batch, step)
        raise


def take_in_process(batch: ImportBatch, step: str, user: Any) -> None:
    """Takes a step, tells how far it is, and puts the batch back where it was if that fails."""
    beat = processes.Beat(batch)
    try:
        if step == "check":  # its transactions are short ones
            take_step(batch, step, user, beat)
        else:
            taken_apart(
                lambda: take_step(batch, step, _as_now(user), beat),
                folder=copies_folder(),
                beat=beat.again,
            )
    except (services.NotNow, FileError) as refused:
        return_to_state(
            batch,
            step,
            [{"detail": message} for message in refused.messages],
        )
    except Exception:
        logger.exception("Import %s: %s failed", batch.pk, step)
        detail = "It broke off by a fault of the site, and nothing was changed. The log says more."
        return_to_state(batch, step, [{"detail": detail}])
    finally:
        beat.end()


def _as_now(user: Any) -> Any:
    """With the rights that stand in the database at this moment."""
    if user is not None:
        return get_user_model()._default_manager.get(pk=user.pk)
    return None


def copies_folder() -> Path:
    """Where the copies are on which long steps are worked out."""
    return Path(settings.DATA_DIR) / "imports"


# How far it is


def progress_of(batch: ImportBatch) -> tuple[int, int, bool]:
    """(rows done, rows in all, whether it has broken off) of a batch that is at work."""
    total = batch.total
    if batch.state in (State.COMMITTING, State.UNDOING):
        total = sum(
            batch.counts.get(verdict, 0)
            for verdict in (ImportRow.Verdict.ADDED, ImportRow.Verdict.CHANGED)
        )
    done, beat = processes.heard_of(batch)
    return (
        done,
        total,
        batch.state in ImportBatch.RUNNING and processes.is_silent(beat),
    )
