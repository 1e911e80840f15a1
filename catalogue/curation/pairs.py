"""Two mitigations, mapped to each other."""

from collections.abc import Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from .. import revision
from ..models import Mapping, Mitigation, Proposal
from . import snapshots, workflow


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
    mitigations = Mitigation.objects.in_bulk(
        accessions,
        field_name="accession",
    )
    if len(accessions) != 2 or len(mitigations) != 2:
        raise ValidationError("One of the two mitigations is no longer there.")
    source, target = (mitigations[accession] for accession in accessions)
    if waiting := proposed_pairs().get(frozenset((source.pk, target.pk))):
        who = f"{waiting.author or 'Somebody'} has"
        if by is not None and waiting.author_id == by.pk:
            who = "You have"
        raise ValidationError(
            f"{who} proposed to map these two already: it waits for a reviewer.",
        )
    mapping = Mapping(
        source=source,
        target=target,
        relation=relation,
        asserted_by=asserted_by[:120],
        note=note,
    )
    base = snapshots.snapshot(source)
    try:
        with snapshots.rolled_back():
            mapping.full_clean()
            mapping.save()
            values = snapshots.with_new_ids(snapshots.snapshot(source), base)
    except IntegrityError as error:
        raise ValidationError(
            "These two mitigations are mapped already.",
        ) from error
    proposal = workflow.write_or_propose(
        record=source,
        user=by,
        base=base,
        values=values,
        reason=f"Mapped to {target.accession}",
    )
    return mapping, proposal


def proposed_pairs() -> dict[frozenset[int], Proposal]:
    """By the keys of two mitigations: what is in review and would map one to the other."""
    mitigation = ContentType.objects.get_for_model(Mitigation)
    proposals = Proposal.objects.in_review().filter(record_type=mitigation)
    by_pair = {}
    for proposal in proposals.exclude(values=None).select_related("author"):
        before = proposal.base["parts"].get("mapping", {})
        after = proposal.values["parts"].get("mapping", {})
        for key in after.keys() - before.keys():
            pair = frozenset((proposal.record_id, after[key]["target"]))
            by_pair[pair] = proposal
    return by_pair
