"""One edit of many mitigations at once."""

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from .. import revision
from ..models import Mitigation, Proposal
from ..record.field_types import Terms
from ..record.fields import of_type
from . import permissions, snapshots, workflow

Status = Mitigation.Status
#: What a bulk edit may make of many. Of what is withdrawn, the reason is what readers see at
#: the old address.
BULK_STATUSES = tuple(Status)
#: What waits for a reviewer where somebody requested a status before.
AWAITED = {
    Status.PUBLISHED: Proposal.Kind.PUBLICATION,
    Status.WITHDRAWN: Proposal.Kind.WITHDRAWAL,
}


@dataclass
class BulkEdit:
    """What to change on many mitigations at once: terms to add and to remove by relation, new
    `values` by the model's attribute, and, of another `status` than None, the status.
    """

    add: dict[str, list[models.Model]] = field(default_factory=dict)
    remove: dict[str, list[models.Model]] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    status: str | None = None

    def changed_values(self, mitigation: Mitigation) -> dict[str, Any]:
        """Of its own fields, those that would differ, with their new values."""
        values = dict(self.values)
        if self.status is not None:
            values["status"] = self.status
        return {
            n: value
            for n, value in values.items()
            if value != getattr(mitigation, n)
        }

    def changed_terms(
        self,
        mitigation: Mitigation,
    ) -> dict[str, set[models.Model]]:
        """The relations that would differ, each with the terms that it would have."""
        terms = {}
        for name in self.add.keys() | self.remove.keys():
            before = set(getattr(mitigation, name).all())
            after = before.difference(self.remove.get(name, []))
            after.update(self.add.get(name, []))
            if after != before:
                terms[name] = after
        return terms


@dataclass
class BulkResult:
    changed: list[Mitigation] = field(default_factory=list)
    #: Those whose change waits for a reviewer, and those that may not change so, each with the
    #: reason.
    proposed: list[Mitigation] = field(default_factory=list)
    refused: list[tuple[Mitigation, str]] = field(default_factory=list)
    unchanged: int = 0


@revision.writing()
def edit_in_bulk(
    *,
    mitigations: models.QuerySet[Mitigation],
    edit: BulkEdit,
    reason: str,
    dry_run: bool = False,
    by: Any = None,
) -> BulkResult:
    """Applies `edit` to each of `mitigations`, with `reason` in the history of those that it
    changes.

    What `by` may not write at once is proposed, as in the form of a single one; without `by`
    everything is written. A dry run writes nothing and says what would change. A phase that is
    both added and removed is added.
    """
    result = BulkResult()
    if not dry_run:
        mitigations = mitigations.select_for_update(of=("self",))
    relations = [declared.name for declared in of_type(Terms)]
    for mitigation in mitigations.prefetch_related(*relations):
        change = _Change(mitigation, edit, reason, by)
        if change.is_empty:
            result.unchanged += 1
            continue
        obstacle = change.obstacle()
        if not obstacle and not dry_run:
            try:
                change.write()
            except ValidationError as error:
                # Such as what somebody else has proposed already.
                obstacle = " ".join(error.messages)
        if obstacle:
            result.refused.append((mitigation, obstacle))
        elif change.is_proposed:
            result.proposed.append(mitigation)
        else:
            result.changed.append(mitigation)
    return result


class _Change:
    """What an edit changes of one mitigation."""

    def __init__(
        self,
        mitigation: Mitigation,
        edit: BulkEdit,
        reason: str,
        by: Any,
    ):
        self.mitigation = mitigation
        self.reason = reason
        self.by = by
        self.terms = edit.changed_terms(mitigation)
        self.values = edit.changed_values(mitigation)
        self.is_empty = not self.terms and not self.values
        self.status = self.values.get("status")
        self.was_public = permissions.is_or_was_public(mitigation)
        self.awaited = None
        self.is_proposed = False
        if by is not None and not permissions.decides_alone(by):
            self.awaited = self._awaited_proposal()
            self.is_proposed = self.awaited is None and (
                self.was_public
                or self.status in (Status.IN_REVIEW, Status.PUBLISHED)
            )

    def _awaited_proposal(self) -> Proposal | None:
        """What waits for a reviewer and would give it the requested status: to request it once
        more would do nothing.
        """
        if self.status not in AWAITED:
            return None
        waiting = Proposal.objects.about(self.mitigation).in_review()
        return waiting.filter(kind=AWAITED[self.status]).first()

    def obstacle(self) -> str:
        """Why its status cannot become the requested one. Empty: it can."""
        if self.status is None:
            return ""
        if self.mitigation.status == Status.WITHDRAWN:
            return "It is withdrawn: publish it again on its own page."
        is_public = self.mitigation.status == Status.PUBLISHED
        if self.status == Status.WITHDRAWN and not is_public:
            return "It is not public: only what readers see is withdrawn."
        if self.status != Status.WITHDRAWN and is_public:
            return "It is public, and does not become a draft again: withdraw it, and say why."
        if self.awaited is None:
            return ""
        if self.terms or len(self.values) > 1:
            return "It waits for a reviewer: change it first, and let somebody else approve it."
        return permissions.obstacle_to_deciding(self.by, self.awaited)

    @transaction.atomic
    def write(self) -> None:
        if self.awaited is not None:
            workflow.approve(proposal=self.awaited, reviewer=self.by)
        elif self.was_public and self.is_proposed:
            self._propose()
        else:
            self._apply()
            self._take_step()

    def _propose(self) -> None:
        base = snapshots.snapshot(self.mitigation)
        with snapshots.rolled_back():
            self._apply()
            values = snapshots.snapshot(self.mitigation)
        if self.status == Status.WITHDRAWN:
            values = workflow.withdrawn(values, note=self.reason)
        workflow.propose(
            record=self.mitigation,
            author=self.by,
            base=base,
            values=values,
            reason=self.reason,
        )

    def _apply(self) -> None:
        """All but the status, to which a record comes by a step of its own."""
        self.mitigation._change_reason = self.reason  # type: ignore[attr-defined]
        for name, terms in self.terms.items():
            getattr(self.mitigation, name).set(terms)
        columns = self.values.keys() - {"status"}
        for name in columns:
            setattr(self.mitigation, name, self.values[name])
        if columns:
            self.mitigation.save(update_fields=[*columns, "updated_at"])

    def _take_step(self) -> None:
        record = self.mitigation
        by = self.by
        if self.status is None:
            return
        if self.status == Status.WITHDRAWN:
            workflow.withdraw(record=record, user=by, note=self.reason)
        elif self.status == Status.DRAFT:
            workflow.take_back_submission(record=record, user=by)
        elif self.is_proposed or self.status == Status.IN_REVIEW:
            workflow.submit_for_review(
                record=record,
                author=by,
                reason=self.reason,
            )
        else:
            workflow.publish_record(record=record, user=by, reason=self.reason)
