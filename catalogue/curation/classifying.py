"""What two coders agree on, or a third decides, as a mitigation's primary classification."""

from typing import Any

from .. import revision
from ..models import Category, Classification, Mitigation

LONGEST_REASON = 100


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
    locked = Mitigation.objects.select_for_update(of=("self",), no_key=True)
    locked.get(pk=mitigation.pk)
    reason = reason[:LONGEST_REASON]
    places = mitigation.classifications.filter(taxonomy=category.taxonomy_id)
    primary = places.filter(is_primary=True).first()
    row = places.filter(category=category).first()
    if primary is not None and primary != row:
        row = _make_room(primary, row, reason)
    if row is None:
        row = Classification(mitigation=mitigation)
    values: dict[str, Any] = {"is_primary": True}
    is_from_source = row.origin == Classification.Origin.PUBLISHED
    if row.category_id != category.pk or not is_from_source:
        values |= {
            "category": category,
            "rationale": rationale,
            "coder": coder,
            "confidence": confidence,
            "origin": Classification.Origin.PROJECT,
        }
    if row.pk and all(
        getattr(row, name) == value for name, value in values.items()
    ):
        return row
    for name, value in values.items():
        setattr(row, name, value)
    row._change_reason = reason  # type: ignore[attr-defined]
    row.full_clean()
    row.save()
    return row


def _make_room(
    primary: Classification,
    row: Classification | None,
    reason: str,
) -> Classification | None:
    """Takes the primary place from what has it, for `row`, or for a new one. Returns the row
    that becomes primary; None for a new one.
    """
    primary._change_reason = reason  # type: ignore[attr-defined]
    if primary.origin == Classification.Origin.PUBLISHED:
        primary.is_primary = False
        primary.save()
        return row
    if row is None:
        return primary
    primary.delete()
    return row
