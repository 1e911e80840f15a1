"""How a change becomes public.

A record that never was public is edited in place, and submitted for review as it stands. What
is or was public changes only when somebody who may publish approves it, so that others'
changes, and one's own unless the site allows it, wait as proposals. Who may do what stands in
`permissions`.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from .. import revision
from ..models import Proposal
from . import feedback, snapshots
from .comparison import MINE, Comparison
from .history import historical_rows, latest_history_ids
from .permissions import (
    PUBLISHED,
    REVIEW_RULES,
    WITHDRAWN,
    decides_alone,
    is_or_was_public,
    may_change_record,
    may_write,
    require_reviewer,
)
from .snapshots import Snapshot

FIRST = "First publication"
LONGEST_REASON = 100

# What is proposed


def seal(snapshot: Snapshot) -> str:
    """Tells two states of a record apart: what a reviewer saw from what there is when they
    decide.
    """
    return sha256(
        orjson.dumps(snapshot, option=orjson.OPT_SORT_KEYS),
    ).hexdigest()


@revision.writing()
def propose(
    *,
    record: Any,
    author: Any,
    base: Snapshot,
    values: Snapshot,
    reason: str,
    proposal: Proposal | None = None,
) -> Proposal:
    """Puts other values of what is public before a reviewer; of a `proposal` made earlier, in
    its place. What the same author has proposed already is given back as it is: a button was
    pressed twice.

    Raises ValidationError where nothing would change, no reason is given, or somebody has
    proposed the same already.
    """
    if base == values:
        raise ValidationError(
            "Nothing would change: there is nothing to propose.",
        )
    if not reason.strip():
        raise ValidationError(
            "Say why: the reason goes to the reviewer, and into the history.",
        )
    kind = Proposal.Kind.CHANGE
    if values["fields"]["status"] == WITHDRAWN != base["fields"]["status"]:
        kind = Proposal.Kind.WITHDRAWAL
    if proposal:
        proposal = _own_open_proposal(proposal, author)
    else:
        same = _proposed_already(record, kind, values)
        if (
            same is not None
            and same.author_id == author.pk
            and same.values == values
        ):
            return same
        if same is not None:
            raise ValidationError(
                f"{same.author or 'Somebody'} has proposed the same already: it waits for a reviewer.",
            )
        proposal = Proposal(record=record, author=author)
    proposal.kind = kind
    proposal.base = base
    proposal.values = values
    if about := feedback.current_feedback():
        proposal.feedback = about
        feedback.accept(about)
    _save_in_review(proposal, reason)
    return proposal


def _save_in_review(proposal: Proposal, reason: str) -> None:
    proposal.reason = reason.strip()[:LONGEST_REASON]
    proposal.state = Proposal.State.IN_REVIEW
    proposal.submitted_at = timezone.now()
    proposal.save()


def _proposed_already(
    record: Any,
    kind: str,
    values: Snapshot,
) -> Proposal | None:
    """What waits for a reviewer and comes to the same: the very same values, or a withdrawal
    for whatever reason.
    """
    waiting = Proposal.objects.about(record).in_review().filter(kind=kind)
    for proposal in waiting.select_related("author"):
        if kind == Proposal.Kind.WITHDRAWAL or proposal.values == values:
            return proposal
    return None


def _own_open_proposal(proposal: Proposal, author: Any) -> Proposal:
    rows = Proposal.objects.open().select_for_update()
    own = rows.filter(pk=proposal.pk, author=author).first()
    if own is None:
        raise ValidationError(
            "This proposal has been decided on meanwhile: begin a new one.",
        )
    return own


@revision.writing()
def submit_for_review(
    *,
    record: Any,
    author: Any,
    reason: str = "",
) -> Proposal:
    """Puts a record that never was public before a reviewer, as it stands."""
    row = _lock_record(record)
    if is_or_was_public(row):
        raise ValidationError(
            "It is public already: change it, and your change goes to a reviewer.",
        )
    proposal = Proposal.objects.about(row).open().publications().first()
    if proposal is None:
        proposal = Proposal(record=row, kind=Proposal.Kind.PUBLICATION)
    elif proposal.is_in_review:
        return proposal
    proposal.author = author
    _save_in_review(proposal, reason.strip() or FIRST)
    REVIEW_RULES[type(row)].submit(row, proposal.reason, author)
    return proposal


def _lock_record(record: Any) -> Any:
    return type(record)._base_manager.select_for_update().get(pk=record.pk)


# What is decided


@revision.writing()
def approve(
    *,
    proposal: Proposal,
    reviewer: Any,
    seen: str | None = None,
    choices: Mapping[str, str] | None = None,
) -> None:
    """Makes it public, in one transaction, with its author and reason in the history.

    `seen` is the seal of the record as the reviewer saw it; `choices` say which version stays
    where others changed the same meanwhile. Raises PermissionDenied, and ValidationError with
    what stands against it.
    """
    proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
    require_reviewer(reviewer, proposal)
    row = _lock_record(proposal.record)
    saved = snapshots.snapshot(row)
    if seen is not None and seen != seal(saved):
        raise ValidationError(
            "The record changed after you had opened this page. It is shown as it is now: look again.",
        )
    before = latest_history_ids(row)
    if proposal.is_publication:
        REVIEW_RULES[type(row)].publish(row, proposal.reason, proposal.author)
    else:
        comparison = Comparison(
            type(row),
            proposal.base,
            saved,
            proposal.values,
            choices or {},
        )
        merged = comparison.merged()
        with feedback.written_for(proposal.feedback):
            _write_values(row, merged, proposal.reason, proposal.author)
    proposal.entries = _entries_since(row, before)
    _decide(proposal, Proposal.State.APPROVED, reviewer)


def _decide(
    proposal: Proposal,
    state: str,
    reviewer: Any = None,
    note: str = "",
) -> None:
    proposal.state = state
    proposal.reviewer = reviewer
    proposal.review_note = note
    proposal.decided_at = timezone.now()
    proposal.save()


@revision.writing()
def send_back_proposal(
    *,
    proposal: Proposal,
    reviewer: Any,
    note: str,
) -> None:
    """Gives it back to its author, with what is to be done."""
    proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
    require_reviewer(reviewer, proposal)
    if not note.strip():
        raise ValidationError(
            "Say what is to be changed: the author sees this note.",
        )
    if proposal.is_publication:
        row = _lock_record(proposal.record)
        before = latest_history_ids(row)
        REVIEW_RULES[type(row)].give_back(
            row,
            "Sent back by a reviewer",
            reviewer,
        )
        proposal.entries = [*proposal.entries, *_entries_since(row, before)]
    _decide(proposal, Proposal.State.SENT_BACK, reviewer, note.strip())


@revision.writing()
def take_back_proposal(*, proposal: Proposal, author: Any) -> None:
    """Ends it without a decision. A record that was to be published is a draft again."""
    rows = Proposal.objects.open().select_for_update()
    row = rows.filter(pk=proposal.pk).first()
    if row is None:
        raise ValidationError("It has been decided on meanwhile.")
    may_take_back = row.author_id == author.pk or (
        row.is_publication and may_change_record(author, row.record)
    )
    if not may_take_back:
        raise PermissionDenied("Only its author takes a proposal back.")
    if row.is_publication and row.is_in_review:
        record = _lock_record(row.record)
        REVIEW_RULES[type(record)].give_back(
            record,
            "Taken back before review",
            author,
        )
    _decide(row, Proposal.State.TAKEN_BACK)


def take_back_submission(*, record: Any, user: Any) -> None:
    """Makes a record that waits for review a draft again."""
    for proposal in Proposal.objects.about(record).in_review().publications():
        take_back_proposal(proposal=proposal, author=user)


@revision.writing()
def try_out(proposal: Proposal) -> None:
    """Writes what approving a change would, for who undoes it: where others changed the same
    meanwhile, as its author has it. Raises ValidationError where it no longer fits.
    """
    row = _lock_record(proposal.record)
    saved = snapshots.snapshot(row)
    comparison = Comparison(type(row), proposal.base, saved, proposal.values)
    comparison.choices = {clash.key: MINE for clash in comparison.clashes}
    _write_values(row, comparison.merged(), proposal.reason, proposal.author)


# What is written at once


@revision.writing()
def publish_record(*, record: Any, user: Any, reason: str = "") -> None:
    """By somebody who decides alone. What was submitted is approved with it."""
    if user is not None and not decides_alone(user, type(record)):
        raise PermissionDenied(
            "Submit it for review: somebody else publishes it.",
        )
    row = _lock_record(record)
    if is_or_was_public(row):
        raise ValidationError(f"It is {row.get_status_display()} already.")
    REVIEW_RULES[type(row)].publish(
        row,
        reason.strip()[:LONGEST_REASON] or FIRST,
        user,
    )
    for proposal in Proposal.objects.about(row).open().publications():
        _decide(proposal, Proposal.State.APPROVED, user)


@revision.writing()
def write_or_propose(
    *,
    record: Any,
    user: Any,
    base: Snapshot,
    values: Snapshot,
    reason: str,
    proposal: Proposal | None = None,
) -> Proposal | None:
    """Writes other values, or proposes them where this user may not. Gives the proposal, if it
    is one.
    """
    row = _lock_record(record)
    if not may_write(user, row):
        return propose(
            record=row,
            author=user,
            base=base,
            values=values,
            reason=reason,
            proposal=proposal,
        )
    _write_values(row, values, reason, user)
    if proposal:
        own = _own_open_proposal(proposal, user)
        _decide(own, Proposal.State.APPROVED, user)
    return None


@revision.writing()
def withdraw(*, record: Any, user: Any, note: str) -> None:
    """By somebody who decides alone. Without a user nobody is asked."""
    row = _lock_record(record)
    if user is not None and not may_write(user, row):
        raise PermissionDenied(
            "Propose its withdrawal: somebody else approves it.",
        )
    values = withdrawn(snapshots.snapshot(row), note=note)
    _write_values(row, values, note, user)


def _write_values(row: Any, values: Snapshot, reason: str, by: Any) -> None:
    _check_step(row.status, values["fields"]["status"])
    reason = reason.strip()[:LONGEST_REASON]
    row = snapshots.apply(row, values, reason=reason, by=by)
    is_withdrawn = row.status == WITHDRAWN
    if is_withdrawn != (row.withdrawn_at is not None):
        # By its own statement, so that the history has one entry for the whole.
        at = timezone.now() if is_withdrawn else None
        type(row)._base_manager.filter(pk=row.pk).update(withdrawn_at=at)


def _check_step(before: str, after: str) -> None:
    """Raises ValidationError where a record may not go from one status to another."""
    was_public = before in (PUBLISHED, WITHDRAWN)
    if was_public and after not in (PUBLISHED, WITHDRAWN):
        raise ValidationError(
            "What was public does not become a draft again: withdraw it, and say why.",
        )
    if not was_public and after == WITHDRAWN:
        raise ValidationError(
            "Only what was published is withdrawn: delete the draft.",
        )


def withdrawn(
    base: Snapshot,
    *,
    note: str,
    replaced_by: Any = None,
) -> Snapshot:
    """A record's values once it is withdrawn."""
    fields = {
        **base["fields"],
        "status": WITHDRAWN,
        "withdrawal_note": note.strip(),
        "replaced_by": replaced_by.pk if replaced_by else None,
    }
    return {**base, "fields": fields}


def brought_back(base: Snapshot) -> Snapshot:
    """A withdrawn record's values once it is public again."""
    fields = {
        **base["fields"],
        "status": PUBLISHED,
        "withdrawal_note": "",
        "replaced_by": None,
    }
    return {**base, "fields": fields}


def _entries_since(row: Any, latest: dict[Any, int]) -> list[list[Any]]:
    """[model name, history id] of what was written after the `latest` of before."""
    entries = []
    for model, rows in historical_rows(row):
        written = rows.filter(history_id__gt=latest[model]).order_by(
            "history_id",
        )
        for history_id in written.values_list("history_id", flat=True):
            entries.append([model._meta.model_name, history_id])
    return entries
