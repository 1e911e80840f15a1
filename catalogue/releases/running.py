"""Where a release is cut: a small one in the request, a large one in a process of its own,
whose page says how far it is.
"""

import logging
from datetime import timedelta
from typing import Any

from django.contrib.admin.models import ADDITION, LogEntry
from django.db import DatabaseError, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from catalogue.models import Mitigation, Release, ReleaseCutting
from serving import processes

from . import cutting
from .differences import MOST_SHOWN, Difference, table_of

logger = logging.getLogger(__name__)
State = ReleaseCutting.State

#: Mitigations whose release is looked at, or cut, within some seconds.
FEW = 1_000
#: What came of a wish is stored so long, for who looks later.
STORED_FOR = timedelta(days=1)
BROKEN = "It broke off by a fault of the site, and nothing was stored. The log says more."
TICK = "Tick the box to cut it all the same."


def takes_long() -> bool:
    return Mitigation.objects.published().count() > FEW


@transaction.atomic
def start_cutting(
    *,
    number: str,
    title: str,
    notes: str,
    even_so: bool,
    is_preview: bool,
    site: str,
    user: Any,
) -> ReleaseCutting:
    """Has a process look at what a release would be (`is_preview`), or cut it. Raises CannotCut
    while another is at work.
    """
    cutting.lock()
    if other := under_way():
        raise cutting.CannotCut(
            f"Release {other.number} is being worked at just now: wait for it.",
        )
    ReleaseCutting.objects.filter(
        asked_at__lt=timezone.now() - STORED_FOR,
    ).delete()
    wish = ReleaseCutting.objects.create(
        number=number,
        title=title,
        notes=notes,
        even_so=even_so,
        is_preview=is_preview,
        site=site,
        asked_by=user,
        beat_at=timezone.now(),
    )
    # Not before the process can find it.
    transaction.on_commit(
        lambda: processes.start("cut_release", "--cutting", str(wish.pk)),
    )
    return wish


def under_way() -> ReleaseCutting | None:
    """The one that a process works at just now, if any."""
    for wish in ReleaseCutting.objects.filter(state=State.WORKING):
        _, _, is_broken_off = cutting_progress(wish)
        if not is_broken_off:
            return wish
    return None


def cutting_progress(wish: ReleaseCutting) -> tuple[int, int, bool]:
    """(parts done, parts in all, whether it has broken off)."""
    done, beat = processes.heard_of(wish)
    is_broken_off = wish.state == State.WORKING and processes.is_silent(beat)
    total = cutting.COMPARED if wish.is_preview else cutting.parts()
    return done, total, is_broken_off


def carry_out(wish: ReleaseCutting) -> None:
    """Does what is wished, tells how far it is, and stores the result."""
    with processes.Pulse(wish) as pulse:
        try:
            result = (
                _preview(wish, pulse) if wish.is_preview else _cut(wish, pulse)
            )
        except cutting.NothingChanged as obstacle:
            result = {
                "state": State.REFUSED,
                "message": f"{obstacle} {TICK}",
                "changes_nothing": True,
            }
        except cutting.CannotCut as obstacle:
            result = {"state": State.REFUSED, "message": str(obstacle)}
        except Exception:
            logger.exception("Release %s could not be cut", wish.number)
            result = {"state": State.REFUSED, "message": BROKEN}
        ReleaseCutting.objects.filter(pk=wish.pk).update(
            **result,
        )  # still with a pulse


def _preview(
    wish: ReleaseCutting,
    progress: cutting.Progress,
) -> dict[str, Any]:
    plan = cutting.plan(wish.number, wish.site, progress)
    page = render_to_string(
        "admin/catalogue/_release_plan.html",
        plan_context(plan),
    )
    return {
        "state": State.DONE,
        "preview": page,
        "changes_nothing": plan.changes_nothing,
    }


def _cut(wish: ReleaseCutting, progress: cutting.Progress) -> dict[str, Any]:
    release = cutting.cut(
        wish.number,
        title=wish.title,
        notes=wish.notes,
        user=wish.asked_by,
        base_url=wish.site,
        even_so=wish.even_so,
        progress=progress,
    )
    if wish.asked_by is not None:
        try:
            log_cutting(release, wish.asked_by)
        except DatabaseError:  # the release stands all the same
            logger.exception(
                "Release %s was cut, and the log of the admin does not say by whom",
                wish.number,
            )
    return {"state": State.DONE, "release": release}


def log_cutting(release: Release, user: Any) -> None:
    """Writes into the log of the admin who cut it."""
    LogEntry.objects.log_actions(
        user.pk,
        Release.objects.filter(pk=release.pk),
        ADDITION,
        change_message=f"Cut release {release.number}",
        single_object=True,
    )


def plan_context(plan: cutting.Plan) -> dict[str, Any]:
    """What a page says of a plan."""
    changes: Difference = plan.changes
    return {
        "plan": plan,
        "table": table_of(changes),
        "kinds": list(changes.of_kinds()),
        "most": MOST_SHOWN,
    }
