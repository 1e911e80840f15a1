"""Who may write what, and how a change becomes public: the one place where that is decided.

A record that never was public is edited in place, and submitted for review as it stands. What
is or was public changes only when somebody who may publish approves it, so that others'
changes, and one's own unless the site allows it, wait as proposals.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.utils import timezone

from serving.registry import Registry

from .. import revision
from ..models import Mitigation, Proposal
from . import feedback, snapshots
from .comparison import MINE, Comparison
from .history import PARTS
from .snapshots import Snapshot

PUBLISHED, WITHDRAWN = "published", "withdrawn"
FIRST = "First publication"


def _always(user: Any, record: Any) -> bool:
    return True


@dataclass(frozen=True)
class Rule:
    """What is particular to one model: the permission to approve, and what a record does when
    it is submitted, approved, or goes back to its author.
    """

    permission: str
    submit: Callable[[Any, str, Any], None]
    publish: Callable[[Any, str, Any], None]
    give_back: Callable[[Any, str, Any], None]
    #: Whether a record is among those that somebody may see, and change, who may see or change
    #: records of its model at all.
    is_seen_by: Callable[[Any, Any], bool] = _always
    is_changed_by: Callable[[Any, Any], bool] = _always


def _becomes(status: str) -> Callable[[Any, str, Any], None]:
    def become(record: Any, reason: str, by: Any) -> None:
        record.status = status
        record._change_reason = reason[:100]
        record._history_user = by
        record.save(
            update_fields=[
                "status",
                *(["updated_at"] if hasattr(record, "updated_at") else []),
            ]
        )

    return become


#: By model. Other apps add theirs when Django is ready.
RULES: Registry[type[models.Model], Rule] = Registry("rule of review")
RULES.register(
    Rule(
        "catalogue.publish_mitigation",
        submit=_becomes(Mitigation.Status.IN_REVIEW),
        publish=_becomes(Mitigation.Status.PUBLISHED),
        give_back=_becomes(Mitigation.Status.DRAFT),
    ),
    Mitigation,
)


# Who may


def may_publish(user: Any, model: type[models.Model] = Mitigation) -> bool:
    return user.has_perm(RULES[model].permission)


def may_decide_on_own() -> bool:
    """Whether the site lets somebody approve what they wrote themselves."""
    return settings.SELF_APPROVAL


def decides_alone(user: Any, model: type[models.Model] = Mitigation) -> bool:
    """Whether what this user changes is public at once."""
    return may_decide_on_own() and may_publish(user, model)


def is_or_was_public(record: Any) -> bool:
    return record.status in (PUBLISHED, WITHDRAWN)


def may_write(user: Any, record: Any) -> bool:
    """Whether this user's change is written at once, and not proposed. Says nothing of whether
    they may change it at all.
    """
    return not is_or_was_public(record) or decides_alone(user, type(record))


def may_change(user: Any, record: models.Model) -> bool:
    rule = RULES.get(type(record))
    is_theirs = rule is None or rule.is_changed_by(user, record)
    return is_theirs and user.has_perm(
        f"{record._meta.app_label}.change_{record._meta.model_name}"
    )


def may_see(user: Any, record: models.Model) -> bool:
    opts, rule = record._meta, RULES.get(type(record))
    if rule is not None and not rule.is_seen_by(user, record):
        return False
    return any(
        user.has_perm(f"{opts.app_label}.{verb}_{opts.model_name}")
        for verb in ("view", "change")
    )


def authors(proposals: Iterable[Proposal]) -> dict[int, set[int]]:
    """By proposal, the keys of those whose work it is: of a record to be published, everybody
    who ever changed it. Takes the same queries for any number of proposals.
    """
    found = {one.pk: {one.author_id} if one.author_id else set() for one in proposals}
    published: dict[type[models.Model], dict[int, int]] = {}
    for one in proposals:
        if (one.kind, one.state) == (
            Proposal.Kind.PUBLICATION,
            Proposal.State.IN_REVIEW,
        ) and one.record is not None:
            published.setdefault(type(one.record), {})[one.record_id] = one.pk
    for model, keys in published.items():
        # Who sent it back had no part in writing it.
        decided = [(name, entry) for one in proposals for name, entry in one.entries]
        for kind, key in [(model, "pk"), *PARTS.get(model, [])]:
            column = "id" if key == "pk" else f"{key}_id"
            history: Any = kind.history  # type: ignore[attr-defined]
            rows = history.filter(**{f"{column}__in": keys}, history_user__isnull=False)
            rows = rows.order_by()
            rows = rows.exclude(
                history_id__in=[
                    entry for name, entry in decided if name == kind._meta.model_name
                ]
            )
            for record, user in rows.values_list(column, "history_user").distinct():
                found[keys[record]].add(user)
    return found


def why_not(user: Any, proposal: Proposal, written_by: set[int] | None = None) -> str:
    """Why this user may not decide on it, in words. Empty: they may. `written_by` are its
    authors, where these are known.
    """
    if proposal.state != Proposal.State.IN_REVIEW:
        return _decided_on(proposal)
    if proposal.record is None:
        return "The record is gone."
    if not may_publish(user, type(proposal.record)):
        return "Only a reviewer decides on it."
    if may_decide_on_own():
        return ""
    if user.pk in (
        authors([proposal])[proposal.pk] if written_by is None else written_by
    ):
        return "You had a part in writing it: somebody else decides on it."
    return ""


def _require(user: Any, proposal: Proposal) -> None:
    if proposal.state != Proposal.State.IN_REVIEW:
        raise ValidationError(_decided_on(proposal))
    if reason := why_not(user, proposal):
        raise PermissionDenied(reason)


def _decided_on(proposal: Proposal) -> str:
    by = f" by {proposal.reviewer}" if proposal.reviewer else ""
    return f"It is {proposal.get_state_display()}{by}, and waits for no decision."


# What is asked for


def seal(snapshot: Snapshot) -> str:
    """Tells two states of a record apart: what a reviewer saw from what there is when they
    decide.
    """
    return sha256(orjson.dumps(snapshot, option=orjson.OPT_SORT_KEYS)).hexdigest()


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
        raise ValidationError("Nothing would change: there is nothing to propose.")
    if not reason.strip():
        raise ValidationError(
            "Say why: the reason goes to the reviewer, and into the history."
        )
    was, becomes = base["fields"]["status"], values["fields"]["status"]
    kind = (
        Proposal.Kind.WITHDRAWAL
        if becomes == WITHDRAWN != was
        else Proposal.Kind.CHANGE
    )
    same = None if proposal else _proposed_already(record, kind, values)
    if same is not None and same.author_id == author.pk and same.values == values:
        return same
    if same is not None:
        raise ValidationError(
            f"{same.author or 'Somebody'} has proposed the same already: it waits for a reviewer."
        )
    made = (
        _own_open(proposal, author)
        if proposal
        else Proposal(record=record, author=author)
    )
    made.kind, made.base, made.values, made.reason = (
        kind,
        base,
        values,
        reason.strip()[:100],
    )
    made.state, made.submitted_at = Proposal.State.IN_REVIEW, timezone.now()
    if found := feedback.current():
        made.feedback = found
        feedback.accept(found)
    made.save()
    return made


def _proposed_already(record: Any, kind: str, values: Snapshot) -> Proposal | None:
    """What waits for a reviewer and comes to the same: the very same values, or a withdrawal
    for whatever reason.
    """
    for waiting in (
        Proposal.objects.about(record)
        .in_review()
        .filter(kind=kind)
        .select_related("author")
    ):
        if kind == Proposal.Kind.WITHDRAWAL or waiting.values == values:
            return waiting
    return None


def _own_open(proposal: Proposal, author: Any) -> Proposal:
    found = (
        Proposal.objects.open()
        .select_for_update()
        .filter(pk=proposal.pk, author=author)
        .first()
    )
    if found is None:
        raise ValidationError(
            "This proposal has been decided on meanwhile: begin a new one."
        )
    return found


@revision.writing()
def submit(*, record: Any, author: Any, reason: str = "") -> Proposal:
    """Puts a record that never was public before a reviewer, as it stands."""
    row = _locked(record)
    if is_or_was_public(row):
        raise ValidationError(
            "It is public already: change it, and your change goes to a reviewer."
        )
    reason = reason.strip()[:100] or FIRST
    found = (
        Proposal.objects.about(row)
        .open()
        .filter(kind=Proposal.Kind.PUBLICATION)
        .first()
    )
    made = found or Proposal(record=row, kind=Proposal.Kind.PUBLICATION)
    if made.pk and made.state == Proposal.State.IN_REVIEW:
        return made
    made.author, made.reason, made.state, made.submitted_at = (
        author,
        reason,
        Proposal.State.IN_REVIEW,
        timezone.now(),
    )
    made.save()
    RULES[type(row)].submit(row, reason, author)
    return made


def _locked(record: Any) -> Any:
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
    found = Proposal.objects.select_for_update().get(pk=proposal.pk)
    _require(reviewer, found)
    row = _locked(found.record)
    now = snapshots.take(row)
    if seen is not None and seen != seal(now):
        raise ValidationError(
            "The record changed after you had opened this page. It is shown as it is now: look again."
        )
    marks = _marks(row)
    if found.kind == Proposal.Kind.PUBLICATION:
        RULES[type(row)].publish(row, found.reason, found.author)
    else:
        merged = Comparison(
            type(row), found.base, now, found.values, choices or {}
        ).merged()
        with feedback.made_for(found.feedback):
            _put(row, merged, found.reason, found.author)
    found.entries = _entries_since(row, marks)
    _decide(found, Proposal.State.APPROVED, reviewer)


def _decide(
    proposal: Proposal, state: str, reviewer: Any = None, note: str = ""
) -> None:
    proposal.state, proposal.reviewer, proposal.review_note = state, reviewer, note
    proposal.decided_at = timezone.now()
    proposal.save()


@revision.writing()
def send_back(*, proposal: Proposal, reviewer: Any, note: str) -> None:
    """Gives it back to its author, with what is to be done."""
    found = Proposal.objects.select_for_update().get(pk=proposal.pk)
    _require(reviewer, found)
    if not note.strip():
        raise ValidationError("Say what is to be changed: the author sees this note.")
    if found.kind == Proposal.Kind.PUBLICATION:
        row = _locked(found.record)
        marks = _marks(row)
        RULES[type(row)].give_back(row, "Sent back by a reviewer", reviewer)
        found.entries = [*found.entries, *_entries_since(row, marks)]
    _decide(found, Proposal.State.SENT_BACK, reviewer, note.strip())


@revision.writing()
def take_back(*, proposal: Proposal, author: Any) -> None:
    """Ends it without a decision. A record that was to be published is a draft again."""
    found = Proposal.objects.open().select_for_update().filter(pk=proposal.pk).first()
    if found is None:
        raise ValidationError("It has been decided on meanwhile.")
    may_take = found.author_id == author.pk or (
        found.kind == Proposal.Kind.PUBLICATION and may_change(author, found.record)
    )
    if not may_take:
        raise PermissionDenied("Only its author takes a proposal back.")
    if (
        found.kind == Proposal.Kind.PUBLICATION
        and found.state == Proposal.State.IN_REVIEW
    ):
        RULES[type(found.record)].give_back(
            _locked(found.record), "Taken back before review", author
        )
    _decide(found, Proposal.State.TAKEN_BACK)


def take_back_submission(*, record: Any, user: Any) -> None:
    """Makes a record that waits for review a draft again."""
    for proposal in (
        Proposal.objects.about(record)
        .in_review()
        .filter(kind=Proposal.Kind.PUBLICATION)
    ):
        take_back(proposal=proposal, author=user)


@revision.writing()
def try_out(proposal: Proposal) -> None:
    """Writes what approving a change would, for who undoes it: where others changed the same
    meanwhile, as its author has it. Raises ValidationError where it no longer fits.
    """
    row = _locked(proposal.record)
    comparison = Comparison(
        type(row), proposal.base, snapshots.take(row), proposal.values
    )
    comparison.choices = {one.key: MINE for one in comparison.clashes}
    _put(row, comparison.merged(), proposal.reason, proposal.author)


# What is written at once


@revision.writing()
def publish(*, record: Any, user: Any, reason: str = "") -> None:
    """By somebody who decides alone. What was submitted is approved with it."""
    if user is not None and not decides_alone(user, type(record)):
        raise PermissionDenied("Submit it for review: somebody else publishes it.")
    row = _locked(record)
    if is_or_was_public(row):
        raise ValidationError(f"It is {row.get_status_display()} already.")
    RULES[type(row)].publish(row, reason.strip()[:100] or FIRST, user)
    for proposal in (
        Proposal.objects.about(row).open().filter(kind=Proposal.Kind.PUBLICATION)
    ):
        _decide(proposal, Proposal.State.APPROVED, user)


@revision.writing()
def write(
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
    row = _locked(record)
    if not may_write(user, row):
        return propose(
            record=row,
            author=user,
            base=base,
            values=values,
            reason=reason,
            proposal=proposal,
        )
    _put(row, values, reason.strip()[:100], user)
    if proposal:
        _decide(_own_open(proposal, user), Proposal.State.APPROVED, user)
    return None


@revision.writing()
def withdraw(*, record: Any, user: Any, note: str) -> None:
    """By somebody who decides alone. Without a user nobody is asked."""
    row = _locked(record)
    if user is not None and not may_write(user, row):
        raise PermissionDenied("Propose its withdrawal: somebody else approves it.")
    _put(row, withdrawn(snapshots.take(row), note=note), note.strip()[:100], user)


def _put(row: Any, values: Snapshot, reason: str, by: Any) -> None:
    _check_step(row.status, values["fields"]["status"])
    row = snapshots.put(row, values, reason=reason, by=by)
    is_withdrawn = row.status == WITHDRAWN
    if is_withdrawn != (row.withdrawn_at is not None):
        # By its own statement, so that the history has one entry for the whole.
        at = timezone.now() if is_withdrawn else None
        type(row)._base_manager.filter(pk=row.pk).update(withdrawn_at=at)


def _check_step(before: str, after: str) -> None:
    """Raises ValidationError where a record may not go from one status to another."""
    if before in (PUBLISHED, WITHDRAWN) and after not in (PUBLISHED, WITHDRAWN):
        raise ValidationError(
            "What was public does not become a draft again: withdraw it, and say why."
        )
    if before not in (PUBLISHED, WITHDRAWN) and after == WITHDRAWN:
        raise ValidationError("Only what was published is withdrawn: delete the draft.")


def withdrawn(base: Snapshot, *, note: str, replaced_by: Any = None) -> Snapshot:
    """A record's values once it is withdrawn."""
    gone = {
        "status": WITHDRAWN,
        "withdrawal_note": note.strip(),
        "replaced_by": replaced_by.pk if replaced_by else None,
    }
    return {**base, "fields": {**base["fields"], **gone}}


def brought_back(base: Snapshot) -> Snapshot:
    """A withdrawn record's values once it is public again."""
    again = {"status": PUBLISHED, "withdrawal_note": "", "replaced_by": None}
    return {**base, "fields": {**base["fields"], **again}}


# Histories


def _histories(row: Any) -> list[Any]:
    kinds = [(type(row), "pk"), *PARTS.get(type(row), [])]
    return [
        (model, model.history.filter(**{"id" if key == "pk" else f"{key}_id": row.pk}))
        for model, key in kinds
    ]


def _marks(row: Any) -> dict[Any, int]:
    return {
        model: rows.aggregate(last=models.Max("history_id"))["last"] or 0
        for model, rows in _histories(row)
    }


def _entries_since(row: Any, marks: dict[Any, int]) -> list[list[Any]]:
    """[model name, history id] of what was written since."""
    return [
        [model._meta.model_name, id_]
        for model, rows in _histories(row)
        for id_ in rows.filter(history_id__gt=marks[model])
        .order_by("history_id")
        .values_list("history_id", flat=True)
    ]
