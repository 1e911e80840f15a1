"""Who may see, change and publish a record: the one place where that is decided."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models

from serving.registry import Registry

from ..models import Mitigation, Proposal
from ..models.importing import LONGEST_REASON
from .history import tracked_models

PUBLISHED = "published"
WITHDRAWN = "withdrawn"

#: With (record, reason, who did it).
Step = Callable[[Any, str, Any], None]


def _always(user: Any, record: Any) -> bool:
    return True


@dataclass(frozen=True)
class ReviewRule:
    """What is particular to one model: the permission to approve, and what a record does when
    it is submitted, approved, or goes back to its author.
    """

    permission: str
    submit: Step
    publish: Step
    give_back: Step
    #: Whether a record is among those that somebody may see, and change, who may see or change
    #: records of its model at all.
    is_seen_by: Callable[[Any, Any], bool] = _always
    is_changed_by: Callable[[Any, Any], bool] = _always


def _step_to(status: str) -> Step:
    def step(record: Any, reason: str, by: Any) -> None:
        record.status = status
        record._change_reason = reason[:LONGEST_REASON]
        record._history_user = by
        columns = ["status"]
        if hasattr(record, "updated_at"):
            columns.append("updated_at")
        record.save(update_fields=columns)

    return step


#: By model. Other apps add theirs when Django is ready.
REVIEW_RULES: Registry[type[models.Model], ReviewRule] = Registry(
    "rule of review",
)
REVIEW_RULES.register(
    ReviewRule(
        "catalogue.publish_mitigation",
        submit=_step_to(Mitigation.Status.IN_REVIEW),
        publish=_step_to(Mitigation.Status.PUBLISHED),
        give_back=_step_to(Mitigation.Status.DRAFT),
    ),
    Mitigation,
)


def may_publish(user: Any, model: type[models.Model] = Mitigation) -> bool:
    return user.has_perm(REVIEW_RULES[model].permission)


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


def may_change_record(user: Any, record: models.Model) -> bool:
    rule = REVIEW_RULES.get(type(record))
    if rule is not None and not rule.is_changed_by(user, record):
        return False
    return _has_permission(user, "change", record)


def may_see(user: Any, record: models.Model) -> bool:
    rule = REVIEW_RULES.get(type(record))
    if rule is not None and not rule.is_seen_by(user, record):
        return False
    return _has_permission(user, "view", record) or _has_permission(
        user,
        "change",
        record,
    )


def _has_permission(user: Any, verb: str, record: models.Model) -> bool:
    opts = record._meta
    return user.has_perm(f"{opts.app_label}.{verb}_{opts.model_name}")


def authors(proposals: Iterable[Proposal]) -> dict[int, set[int]]:
    """By proposal, the keys of those whose work it is: of a record to be published, everybody
    who ever changed it. Takes the same queries for any number of proposals.
    """
    by_proposal: dict[int, set[int]] = {}
    #: By model and record, the proposal to publish it.
    publications: dict[Any, dict[int, int]] = {}
    #: What reviewers wrote: who sent it back had no part in writing it.
    reviewed: dict[str, list[int]] = {}
    for proposal in proposals:
        by_proposal[proposal.pk] = set()
        if proposal.author_id:
            by_proposal[proposal.pk].add(proposal.author_id)
        for name, history_id in proposal.entries:
            reviewed.setdefault(name, []).append(history_id)
        if not proposal.is_publication or not proposal.is_in_review:
            continue
        if proposal.record is not None:
            by_record = publications.setdefault(type(proposal.record), {})
            by_record[proposal.record_id] = proposal.pk
    for model, by_record in publications.items():
        for part, column in tracked_models(model):
            rows = part.history.order_by().filter(
                **{f"{column}__in": by_record},
                history_user__isnull=False,
            )
            rows = rows.exclude(
                history_id__in=reviewed.get(part._meta.model_name, []),
            )
            for record, user in rows.values_list(
                column,
                "history_user",
            ).distinct():
                by_proposal[by_record[record]].add(user)
    return by_proposal


def obstacle_to_deciding(
    user: Any,
    proposal: Proposal,
    written_by: set[int] | None = None,
) -> str:
    """Why this user may not decide on it, in words. Empty: they may. `written_by` are its
    authors, where these are known.
    """
    if not proposal.is_in_review:
        return _no_decision_awaited(proposal)
    if proposal.record is None:
        return "The record is gone."
    if not may_publish(user, type(proposal.record)):
        return "Only a reviewer decides on it."
    if may_decide_on_own():
        return ""
    if written_by is None:
        written_by = authors([proposal])[proposal.pk]
    if user.pk in written_by:
        return "You had a part in writing it: somebody else decides on it."
    return ""


def require_reviewer(user: Any, proposal: Proposal) -> None:
    """Raises ValidationError where nothing is to be decided any more, and PermissionDenied
    where somebody else decides.
    """
    if not proposal.is_in_review:
        raise ValidationError(_no_decision_awaited(proposal))
    if obstacle := obstacle_to_deciding(user, proposal):
        raise PermissionDenied(obstacle)


def _no_decision_awaited(proposal: Proposal) -> str:
    by = f" by {proposal.reviewer}" if proposal.reviewer else ""
    return (
        f"It is {proposal.get_state_display()}{by}, and waits for no decision."
    )
