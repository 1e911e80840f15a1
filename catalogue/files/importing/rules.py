"""Who may do what with an import. The one place: pages, forms and services ask here."""

from typing import Any

from catalogue.curation import permissions
from catalogue.models import ImportBatch

from .kinds import IMPORTERS

IMPORT = "catalogue.import_records"
NOT_SUCH = "You may not import such records."


def may_import(user: Any) -> bool:
    return user.is_active and user.has_perm(IMPORT)


def may_import_kind(user: Any, kind: str) -> bool:
    return (
        may_import(user)
        and kind in IMPORTERS
        and user.has_perm(IMPORTERS[kind].permission)
    )


def why_not_commit(user: Any, batch: ImportBatch) -> str:
    """Why this person may not import the batch; empty where they may."""
    if not may_import_kind(user, batch.kind):
        return NOT_SUCH
    if not batch.touches_public:
        return ""
    if not user.has_perm(IMPORTERS[batch.kind].publishing):
        return "It changes what readers see: somebody who may publish has to import it."
    if batch.uploaded_by_id == user.pk and not permissions.may_decide_on_own():
        return "It changes what readers see, and you handed it in: somebody else who may publish has to import it."
    return ""


def why_not_undo(user: Any, batch: ImportBatch, *, is_public: bool) -> str:
    """Why this person may not take the import back; empty where they may. `is_public`: readers
    would see the difference.
    """
    if not may_import_kind(user, batch.kind):
        return NOT_SUCH
    if not is_public:
        return ""
    if not user.has_perm(IMPORTERS[batch.kind].publishing):
        return "It changes what readers see: somebody who may publish has to undo it."
    if permissions.may_decide_on_own():
        return ""
    if not _is_asked_to_be_undone(batch):
        return "It changes what readers see: ask for it to be undone, and somebody else who may publish does so."
    if batch.undo_asked_by_id == user.pk:
        return "It changes what readers see, and you asked for it: somebody else who may publish has to undo it."
    return ""


def _is_asked_to_be_undone(batch: ImportBatch) -> bool:
    waits = batch.State.UNDO_WAITING
    return batch.state == waits or (
        batch.state == batch.State.UNDOING and batch.state_before == waits
    )


def why_not_take_back(user: Any, batch: ImportBatch) -> str:
    """Why this person may not take back what waits for somebody else; empty where they may."""
    if not may_import_kind(user, batch.kind):
        return NOT_SUCH
    asked = (
        batch.undo_asked_by_id
        if batch.state == ImportBatch.State.UNDO_WAITING
        else batch.uploaded_by_id
    )
    if asked == user.pk:
        return ""
    return "Only who asked for it takes it back."


def why_not_change_columns(user: Any, batch: ImportBatch) -> str:
    """Why this person may not say what the columns are; empty where they may. Who says so has a
    part in what is imported.
    """
    if (
        batch.uploaded_by_id in (None, user.pk)
        or permissions.may_decide_on_own()
    ):
        return ""
    return f"{batch.uploaded_by} handed it in, and says what its columns are: send it back, and say what to change."
