"""Writes that span several records."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from .. import revision
from ..models import Category, Classification, Mapping, Mitigation, Proposal
from ..record.field_types import Terms
from ..record.fields import of_type
from . import snapshots, workflow

#: What a bulk edit may make of many. Of what is withdrawn, the reason is what readers see at
#: the old address.
BULK_STATUSES = tuple(Mitigation.Status)
#: What waits for a reviewer where somebody asked for a status before.
AWAITED = {
    Mitigation.Status.PUBLISHED: Proposal.Kind.PUBLICATION,
    Mitigation.Status.WITHDRAWN: Proposal.Kind.WITHDRAWAL,
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

    def own_values(self) -> dict[str, object]:
        if self.status is None:
            return self.values
        return {**self.values, "status": self.status}


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
    rows = mitigations.select_for_update(of=("self",)) if not dry_run else mitigations
    for mitigation in rows.prefetch_related(*(one.name for one in of_type(Terms))):
        wanted = _wanted(mitigation, edit)
        values = {
            name: value
            for name, value in edit.own_values().items()
            if getattr(mitigation, name) != value
        }
        if not wanted and not values:
            result.unchanged += 1
            continue
        alone = by is None or workflow.decides_alone(by)
        awaited = None if alone else _awaited(mitigation, values)
        refusal = _refusal(mitigation, wanted, values, by, awaited)
        if refusal:
            result.refused.append((mitigation, refusal))
            continue
        waits = not alone and awaited is None and _is_for_readers(mitigation, values)
        try:
            if not dry_run:
                _write_one(mitigation, wanted, values, reason, by, waits, awaited)
        except (
            ValidationError
        ) as refused:  # such as what somebody else has proposed already
            result.refused.append((mitigation, " ".join(refused.messages)))
        else:
            (result.proposed if waits else result.changed).append(mitigation)
    return result


@transaction.atomic
def _write_one(
    mitigation: Mitigation,
    wanted: dict[str, set[models.Model]],
    values: dict[str, Any],
    reason: str,
    by: Any,
    waits: bool,
    awaited: Proposal | None,
) -> None:
    if awaited is not None:
        workflow.approve(proposal=awaited, reviewer=by)
    else:
        _write(mitigation, wanted, values, reason, by, waits)


def _is_for_readers(mitigation: Mitigation, values: dict[str, Any]) -> bool:
    return workflow.is_or_was_public(mitigation) or values.get("status") in (
        Mitigation.Status.IN_REVIEW,
        Mitigation.Status.PUBLISHED,
    )


def _awaited(mitigation: Mitigation, values: dict[str, Any]) -> Proposal | None:
    """What waits for a reviewer and would give it the status that is asked for: asking once
    more would do nothing.
    """
    status = values.get("status")
    if status not in AWAITED:
        return None
    return (
        Proposal.objects.about(mitigation)
        .in_review()
        .filter(kind=AWAITED[status])
        .first()
    )


def _refusal(
    mitigation: Mitigation,
    wanted: dict[str, Any],
    values: dict[str, Any],
    by: Any,
    awaited: Proposal | None,
) -> str:
    """Why its status cannot become what is asked for. Empty: it can."""
    status = values.get("status")
    if status is None:
        return ""
    if mitigation.status == Mitigation.Status.WITHDRAWN:
        return "It is withdrawn: publish it again on its own page."
    if (
        status == Mitigation.Status.WITHDRAWN
        and mitigation.status != Mitigation.Status.PUBLISHED
    ):
        return "It is not public: only what readers see is withdrawn."
    if (
        mitigation.status == Mitigation.Status.PUBLISHED
        and status != Mitigation.Status.WITHDRAWN
    ):
        return (
            "It is public, and does not become a draft again: withdraw it, and say why."
        )
    if awaited is None:
        return ""
    if wanted or len(values) > 1:
        return "It waits for a reviewer: change it first, and let somebody else approve it."
    return workflow.why_not(by, awaited)


def _write(
    mitigation: Mitigation,
    wanted: dict[str, set[models.Model]],
    values: dict[str, Any],
    reason: str,
    by: Any,
    waits: bool,
) -> None:
    status = values.pop("status", None)
    if workflow.is_or_was_public(mitigation) and waits:
        base = snapshots.take(mitigation)
        with snapshots.rehearsed():
            _apply(mitigation, wanted, values, reason)
            proposed = snapshots.take(mitigation)
        if status == Mitigation.Status.WITHDRAWN:
            proposed = workflow.withdrawn(proposed, note=reason)
        workflow.propose(
            record=mitigation, author=by, base=base, values=proposed, reason=reason
        )
        return
    _apply(mitigation, wanted, values, reason)
    if status is None:
        return
    if status == Mitigation.Status.WITHDRAWN:
        workflow.withdraw(record=mitigation, user=by, note=reason)
    elif status == Mitigation.Status.DRAFT:
        workflow.take_back_submission(record=mitigation, user=by)
    elif waits or status == Mitigation.Status.IN_REVIEW:
        workflow.submit(record=mitigation, author=by, reason=reason)
    else:
        workflow.publish(record=mitigation, user=by, reason=reason)


def _wanted(mitigation: Mitigation, edit: BulkEdit) -> dict[str, set[models.Model]]:
    """The relations that would differ, each with the terms that it would have."""
    wanted = {}
    for name in edit.add.keys() | edit.remove.keys():
        before = set(getattr(mitigation, name).all())
        after = (before - _set(edit.remove, name)) | _set(edit.add, name)
        if after != before:
            wanted[name] = after
    return wanted


def _set(terms: dict[str, list[models.Model]], name: str) -> set[models.Model]:
    return set(terms.get(name, []))


def _apply(
    mitigation: Mitigation,
    relations: dict[str, set[models.Model]],
    values: dict[str, object],
    reason: str,
) -> None:
    mitigation._change_reason = reason  # type: ignore[attr-defined]
    for name, terms in relations.items():
        getattr(mitigation, name).set(terms)
    for name, value in values.items():
        setattr(mitigation, name, value)
    if values:
        mitigation.save(update_fields=[*values, "updated_at"])


@revision.writing()
def map_pair(
    *,
    accessions: Sequence[str],
    relation: str,
    by: Any,
    asserted_by: str,
    note: str = "",
) -> tuple[Mapping, Proposal | None]:
    """States how the second of two mitigations is seen from the first; proposes it where `by`
    may not write at once.

    Raises ValidationError where they are mapped already, or proposed to be, or one is gone.
    """
    found = {
        row.accession: row
        for row in Mitigation.objects.filter(accession__in=accessions)
    }
    if len(accessions) != 2 or len(found) != 2:
        raise ValidationError("One of the two mitigations is no longer there.")
    source, target = (found[accession] for accession in accessions)
    if waiting := proposed_pairs().get(frozenset((source.pk, target.pk))):
        who = (
            "You have"
            if by is not None and waiting.author_id == by.pk
            else f"{waiting.author or 'Somebody'} has"
        )
        raise ValidationError(
            f"{who} proposed to map these two already: it waits for a reviewer."
        )
    row = Mapping(
        source=source,
        target=target,
        relation=relation,
        asserted_by=asserted_by[:120],
        note=note,
    )
    base = snapshots.take(source)
    try:
        with snapshots.rehearsed():
            row.full_clean()
            row.save()
            values = snapshots.with_new_ids(snapshots.take(source), base)
    except IntegrityError as faster:
        raise ValidationError("These two mitigations are mapped already.") from faster
    return row, workflow.write(
        record=source,
        user=by,
        base=base,
        values=values,
        reason=f"Mapped to {target.accession}",
    )


def proposed_pairs() -> dict[frozenset[int], Proposal]:
    """By the keys of two mitigations: what is in review and would map one to the other."""
    kind = ContentType.objects.get_for_model(Mitigation)
    found: dict[frozenset[int], Proposal] = {}
    for proposal in (
        Proposal.objects.in_review()
        .filter(record_type=kind)
        .exclude(values=None)
        .select_related("author")
    ):
        before, after = (
            each["parts"].get("mapping", {})
            for each in (proposal.base, proposal.values)
        )
        for key in after.keys() - before.keys():
            found[frozenset((proposal.record_id, after[key]["target"]))] = proposal
    return found


@revision.writing()
def classify(
    *,
    mitigation: Mitigation,
    category: Category,
    rationale: str,
    coder: str,
    confidence: str,
    reason: str,
) -> Classification:
    """Makes `category` the mitigation's primary place in its taxonomy, as this project's
    judgement; `reason` stands in the history. It is public at once where the mitigation is: two
    who did not see each other's choice agreed, or a third decided.

    What the source itself published stays: where it says the same nothing is written, and where
    it says otherwise its place becomes a further one. A primary place that this project gave is
    replaced.
    """
    Mitigation.objects.select_for_update(of=("self",), no_key=True).get(
        pk=mitigation.pk
    )
    places = mitigation.classifications.filter(taxonomy=category.taxonomy_id)
    primary, there = (
        places.filter(is_primary=True).first(),
        places.filter(category=category).first(),
    )
    if primary is not None and primary != there:
        there = _step_back(primary, there, reason[:100])
    row = there or Classification(mitigation=mitigation)
    values: dict[str, Any] = {"is_primary": True}
    if row.category_id != category.pk or row.origin != Classification.Origin.PUBLISHED:
        values |= {
            "category": category,
            "rationale": rationale,
            "coder": coder,
            "confidence": confidence,
        }
        values["origin"] = Classification.Origin.PROJECT
    if row.pk and all(getattr(row, name) == value for name, value in values.items()):
        return row
    for name, value in values.items():
        setattr(row, name, value)
    row._change_reason = reason[:100]  # type: ignore[attr-defined]
    row.full_clean()
    row.save()
    return row


def _step_back(
    primary: Classification, there: Classification | None, reason: str
) -> Classification | None:
    """Makes room for another primary place. Returns the row that becomes it; None for a new one."""
    primary._change_reason = reason  # type: ignore[attr-defined]
    if primary.origin == Classification.Origin.PUBLISHED:
        primary.is_primary = False
        primary.save()
        return there
    if there is None:
        return primary
    primary.delete()
    return there
