"""Who may do what with an import. The one place: pages, forms and services ask here."""

from typing import Any

from catalogue import workflow
from catalogue.models import ImportBatch

from .kinds import KINDS

IMPORT = "catalogue.import_records"


def may_import(user: Any) -> bool:
    return user.is_active and user.has_perm(IMPORT)


def may_import_kind(user: Any, kind: str) -> bool:
    return may_import(user) and kind in KINDS and user.has_perm(KINDS[kind].permission)


def why_not_commit(user: Any, batch: ImportBatch) -> str:
    """Why this person may not import the batch; empty where they may."""
    if not may_import_kind(user, batch.kind):
        return "You may not import such records."
    if not batch.touches_public:
        return ""
    if not user.has_perm(KINDS[batch.kind].publishing):
        return "It changes what readers see: somebody who may publish has to import it."
    if batch.uploaded_by_id == user.pk and not workflow.may_decide_on_own():
        return "It changes what readers see, and you handed it in: somebody else who may publish has to import it."
    return ""


def why_not_undo(user: Any, batch: ImportBatch) -> str:
    """Why this person may not take the import back; empty where they may."""
    if not may_import_kind(user, batch.kind):
        return "You may not import such records."
    if batch.touches_public and not user.has_perm(KINDS[batch.kind].publishing):
        return "It changed what readers see: somebody who may publish has to undo it."
    return ""
