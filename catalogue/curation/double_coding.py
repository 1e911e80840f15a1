"""Two coders place a mitigation in a taxonomy, neither seeing the other's choice; where they
differ, a third decides.

What they agree on, or a third decides, becomes the primary classification, by
`classifying.classify`. Until both are in, nobody but its coder learns of a choice; from then on it
stands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from .. import revision
from ..models import (
    Category,
    Classification,
    CodingOutcome,
    CodingUnit,
    Mitigation,
    Seat,
    Taxonomy,
)
from .classifying import classify

#: From the least sure to the surest.
CONFIDENCE = ["low", "moderate", "high"]
LONGEST_TEXT = 2000
NO_RATIONALE = "Say why it stands there and not in a neighbouring category."

How = CodingOutcome.How


def lower(*confidences: str) -> str:
    """The least sure of them."""
    return min(confidences, key=CONFIDENCE.index)


def name_of(user: Any) -> str:
    """A person as records name them: their full name, or else the name that they sign in with."""
    return (user.get_full_name() or user.get_username())[:150]


# Who codes what


@dataclass
class AssignmentResult:
    """What came of assigning: units with a new seat or newly opened, those that were so
    already, and those left out.
    """

    new: int = 0
    unchanged: int = 0
    #: In words, such as “M0001 has two coders already.”
    refused: list[str] = field(default_factory=list)


@revision.writing()
def assign(
    *,
    mitigations: Iterable[Mitigation],
    taxonomy: Taxonomy,
    coders: Sequence[Any],
) -> AssignmentResult:
    """Opens each of `mitigations` for coding in `taxonomy`, and seats `coders` (two at most)
    there; without coders it is for whoever takes it first. Doing it twice changes nothing.
    Raises ValidationError for the same coder twice, or a third.
    """
    if len({coder.pk for coder in coders}) != len(coders):
        raise ValidationError(
            "Choose two different coders: one alone cannot agree with anybody.",
        )
    if len(coders) > CodingUnit.CODERS:
        raise ValidationError(
            f"A mitigation has {CodingUnit.CODERS} coders at most.",
        )
    _lock_taxonomy(taxonomy)
    result = AssignmentResult()
    for mitigation in mitigations:
        if mitigation.is_retired:
            result.refused.append(
                f"{mitigation.accession} is {mitigation.get_status_display()}: it is coded no further.",
            )
            continue
        unit, is_new = CodingUnit.objects.get_or_create(
            mitigation=mitigation,
            taxonomy=taxonomy,
        )
        try:
            with transaction.atomic():
                # All coders, or, where one finds no seat, none.
                seated = [_give_seat(unit, coder) for coder in coders]
        except ValidationError as error:
            result.refused.append(
                f"{mitigation.accession}: {error.messages[0]}",
            )
            continue
        if is_new or any(seated):
            result.new += 1
        else:
            result.unchanged += 1
    return result


@revision.writing()
def take_next(*, coder: Any, taxonomy: Taxonomy) -> CodingUnit | None:
    """The unit that `coder` codes next: what is assigned to them, else what still needs a
    coder, else a mitigation without a primary place in `taxonomy`, for which a unit is opened.
    None where nothing is left.
    """
    if assigned := next_unit_of(coder, taxonomy):
        return assigned
    _lock_taxonomy(taxonomy)
    units = (
        CodingUnit.objects.filter(taxonomy=taxonomy)
        .waiting()
        .still_wanted()
        .with_a_place_for(coder)
    )
    is_taken = Q(seats__category__isnull=False) | Q(
        seats__coder__is_active=True,
    )
    units = units.annotate(filled=Count("seats", filter=is_taken))
    # Those with one coder first, so that pairs become complete.
    unit = units.order_by("-filled", "pk").first() or _open_next_unit(taxonomy)
    if unit is not None:
        _give_seat(unit, coder)
    return unit


def _open_next_unit(taxonomy: Taxonomy) -> CodingUnit | None:
    primary = Classification.objects.filter(taxonomy=taxonomy, is_primary=True)
    mitigations = (
        Mitigation.objects.not_retired()
        .exclude(pk__in=primary.values("mitigation"))
        .exclude(coding_units__taxonomy=taxonomy)
    )
    mitigation = mitigations.order_by("accession").first()
    if mitigation is None:
        return None
    return CodingUnit.objects.create(mitigation=mitigation, taxonomy=taxonomy)


def next_unit_of(
    coder: Any,
    taxonomy: Taxonomy | None = None,
    after: int = 0,
) -> CodingUnit | None:
    """What is assigned to `coder` and not coded by them yet; what comes after the unit `after`
    first, then from the start.
    """
    seats = Seat.objects.filter(coder=coder, category=None)
    units = CodingUnit.objects.filter(pk__in=seats.values("unit"))
    units = units.waiting().still_wanted().order_by("pk")
    if taxonomy:
        units = units.filter(taxonomy=taxonomy)
    return units.filter(pk__gt=after).first() or units.first()


def _lock_taxonomy(taxonomy: Taxonomy) -> None:
    """One who assigns in a taxonomy, or takes from it, at a time. Rows that refer to the
    taxonomy are not held up.
    """
    Taxonomy.objects.select_for_update(no_key=True).get(pk=taxonomy.pk)


def _give_seat(unit: CodingUnit, coder: Any) -> bool:
    """Gives a coder a seat. False where they have one. Raises ValidationError where both are
    taken.
    """
    seats = {seat.number: seat for seat in unit.seats.select_related("coder")}
    if any(seat.coder_id == coder.pk for seat in seats.values()):
        return False
    for number in range(1, CodingUnit.CODERS + 1):
        seat = seats.get(number)
        if seat is None:
            Seat.objects.create(
                unit=unit,
                number=number,
                coder=coder,
                coder_name=name_of(coder),
            )
            return True
        has_left = seat.coder is None or not seat.coder.is_active
        if has_left and seat.category_id is None:
            # Somebody who left without coding makes room.
            seat.coder = coder
            seat.coder_name = name_of(coder)
            seat.chosen_as = seat.confidence = seat.rationale = ""
            seat.coded_at = None
            seat.save()
            return True
    raise ValidationError("It has two coders already.")


@revision.writing()
def release_seat(*, seat: Seat) -> None:
    """Takes a unit away from a coder who has not coded it. Raises ValidationError where they
    have: work is not thrown away, and to say what it was would tell the other coder.
    """
    _lock_unit(seat.unit_id)
    seat = Seat.objects.get(pk=seat.pk)
    if seat.category_id is not None:
        raise ValidationError(f"{seat.coder_name} has coded it already.")
    seat.delete()


# Coding


def seat_of(unit: CodingUnit, coder: Any) -> Seat:
    """Raises ValidationError for somebody who has no seat there."""
    seat = unit.seats.filter(coder=coder).select_related("category").first()
    if seat is None:
        raise ValidationError(
            f"{unit} is not yours to code. Take the next one from the list.",
        )
    return seat


@revision.writing()
def record_choice(
    *,
    unit: CodingUnit,
    coder: Any,
    category: Category,
    confidence: str,
    rationale: str,
) -> CodingOutcome | None:
    """Saves a coder's choice; they may change it until the other's is in. With the second, the
    unit has an outcome: where both agree, the classification is written.

    Raises ValidationError for a choice that cannot be, for one that comes too late, and for a
    mitigation that was withdrawn; never with a word about what the other chose.
    """
    unit = _lock_unit(unit.pk)
    seat = seat_of(unit, coder)
    if CodingOutcome.objects.filter(unit=unit).exists():
        raise ValidationError("Both coders are in: what they chose stands.")
    if not unit.is_wanted:
        raise ValidationError(
            f"{unit.mitigation.accession} is {unit.mitigation.get_status_display()}: it is coded no further.",
        )
    seat.category = _category_as_it_is(unit, category)
    seat.chosen_as = str(seat.category)[:250]
    seat.coded_at = timezone.now()
    seat.confidence, seat.rationale = _validated(confidence, rationale)
    seat.coder_name = name_of(coder)
    seat.save()
    coded = unit.seats.exclude(category=None).select_related("category")
    both = list(coded.order_by("number"))
    if len(both) == CodingUnit.CODERS:
        return _conclude(unit, both)
    return None


def _category_as_it_is(unit: CodingUnit, category: Category) -> Category:
    """Read anew: it may have been removed, or renamed, while the page was open."""
    rows = Category.objects.filter(pk=category.pk, taxonomy=unit.taxonomy_id)
    row = rows.first()
    if row is None:
        message = f"This category is not in “{unit.taxonomy}”, or no longer. Choose another."
        raise ValidationError({"category": message})
    return row


def _validated(confidence: str, rationale: str) -> tuple[str, str]:
    if confidence not in CONFIDENCE:
        message = f"Say how sure you are: {', '.join(CONFIDENCE)}."
        raise ValidationError({"confidence": message})
    rationale = rationale.strip()
    if not rationale:
        raise ValidationError({"rationale": NO_RATIONALE})
    if len(rationale) > LONGEST_TEXT:
        message = f"Say it in {LONGEST_TEXT} characters at most."
        raise ValidationError({"rationale": message})
    return confidence, rationale


def _lock_unit(key: int) -> CodingUnit:
    """Two coders who save at the same moment come one after the other: the later one sees the
    earlier one's choice.
    """
    units = CodingUnit.objects.select_for_update(of=("self",))
    units = units.select_related("mitigation", "taxonomy")
    unit = units.filter(pk=key).first()
    if unit is None:
        raise ValidationError(
            "This is no longer to be coded: its mitigation was deleted.",
        )
    return unit


def _conclude(unit: CodingUnit, both: list[Seat]) -> CodingOutcome:
    one, other = both
    outcome = CodingOutcome(unit=unit)
    if one.category == other.category:
        assert one.category is not None
        _settle(outcome, How.AGREED, one.category)
        outcome.confidence = lower(one.confidence, other.confidence)
        # One rationale is shown: that of who was surer, or else of who sat first.
        surer = max(both, key=lambda seat: CONFIDENCE.index(seat.confidence))
        _write_classification(
            unit,
            outcome,
            both,
            surer.rationale,
            "Coded by two who agreed",
        )
    outcome.save()
    return outcome


def _settle(outcome: CodingOutcome, how: str, category: Category) -> None:
    outcome.how = how
    outcome.settled_at = timezone.now()
    outcome.category = category
    outcome.settled_as = str(category)[:250]


LONGEST_CODER = Classification._meta.get_field("coder").max_length or 0
#: Where their names together are longer.
SEVERAL_CODERS = "two coders of this project"


def _write_classification(
    unit: CodingUnit,
    outcome: CodingOutcome,
    both: list[Seat],
    rationale: str,
    reason: str,
) -> None:
    names = " and ".join(seat.coder_name for seat in both)
    if outcome.decider_name:
        names += f"; decided by {outcome.decider_name}"
    if len(names) > LONGEST_CODER:
        # Never half a name: who asks to be forgotten is found by the whole of it.
        names = SEVERAL_CODERS
    assert outcome.category is not None
    classify(
        mitigation=unit.mitigation,
        category=outcome.category,
        rationale=rationale,
        coder=names,
        confidence=outcome.confidence,
        reason=reason,
    )


# Deciding


@revision.writing()
def decide(
    *,
    unit: CodingUnit,
    decider: Any,
    category: Category,
    confidence: str,
    reason: str,
) -> CodingOutcome:
    """A third settles what two coders disagree on; the decision is stored, with who made it and
    why.

    Raises ValidationError for one of the two coders, where somebody else was quicker, and for a
    choice that cannot be.
    """
    unit = _lock_unit(unit.pk)
    outcome = CodingOutcome.objects.filter(unit=unit).first()
    if outcome is None:
        raise ValidationError("It has not been coded by two yet.")
    if outcome.settled_at is not None:
        who = outcome.decider_name or "both coders"
        raise ValidationError(
            f"It is settled already: {outcome.settled_as}, by {who}.",
        )
    if not unit.is_wanted:
        raise ValidationError(
            f"{unit.mitigation.accession} is {unit.mitigation.get_status_display()}: nothing is left to decide.",
        )
    if unit.seats.filter(coder=decider).exists():
        raise ValidationError(
            "You are one of its two coders: somebody else decides between you.",
        )
    _settle(outcome, How.DECIDED, _category_as_it_is(unit, category))
    outcome.confidence, outcome.reason = _validated(confidence, reason)
    outcome.decided_by = decider
    outcome.decider_name = name_of(decider)
    outcome.save()
    both = list(unit.seats.order_by("number"))
    chosen = " or ".join(seat.chosen_as.partition(" ")[0] for seat in both)
    _write_classification(
        unit,
        outcome,
        both,
        outcome.reason,
        f"Coded by two as {chosen}; decided by {outcome.decider_name}",
    )
    return outcome
