"""Two coders place a mitigation in a taxonomy, neither seeing the other's choice; where they
differ, a third decides.

What they agree on, or a third decides, becomes the primary classification, by
`services.classify`. Until both are in, nobody but its coder learns of a choice; from then on it
stands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
from ..statistics import Agreement, agreement
from .services import classify

#: From the least sure to the surest.
CONFIDENCE = ["low", "moderate", "high"]
LONGEST_TEXT = 2000
NOT_REPORTED = "not reported"

How = CodingOutcome.How


def lower(*confidences: str) -> str:
    """The least sure of them."""
    return min(confidences, key=CONFIDENCE.index)


def name_of(user: Any) -> str:
    """A person as records name them: their full name, or else the name that they sign in with."""
    return (user.get_full_name() or user.get_username())[:150]


# Who codes what


@dataclass
class Assigned:
    """What came of assigning: units with a new seat or newly opened, those that were so
    already, and those left out.
    """

    new: int = 0
    unchanged: int = 0
    #: In words, such as “M0001 has two coders already.”
    refused: Sequence[str] = ()


@revision.writing()
def assign(
    *, mitigations: Iterable[Mitigation], taxonomy: Taxonomy, coders: Sequence[Any]
) -> Assigned:
    """Opens each of `mitigations` for coding in `taxonomy`, and seats `coders` (two at most)
    there; without coders it is for whoever takes it first. Doing it twice changes nothing.
    Raises ValidationError for the same coder twice, or a third.
    """
    if len({coder.pk for coder in coders}) != len(coders):
        raise ValidationError(
            "Choose two different coders: one alone cannot agree with anybody."
        )
    if len(coders) > CodingUnit.CODERS:
        raise ValidationError(f"A mitigation has {CodingUnit.CODERS} coders at most.")
    _hold(taxonomy)
    result, refused = Assigned(), []
    for mitigation in mitigations:
        if mitigation.is_retired:
            refused.append(
                f"{mitigation.accession} is {mitigation.get_status_display()}: it is coded no further."
            )
            continue
        unit, is_new = CodingUnit.objects.get_or_create(
            mitigation=mitigation, taxonomy=taxonomy
        )
        try:
            with transaction.atomic():
                # All coders, or, where one finds no seat, none.
                seated = [_seat(unit, coder) for coder in coders]
        except ValidationError as full:
            refused.append(f"{mitigation.accession}: {full.messages[0]}")
            continue
        result.new += is_new or any(seated)
        result.unchanged += not is_new and not any(seated)
    result.refused = refused
    return result


@revision.writing()
def take_next(*, coder: Any, taxonomy: Taxonomy) -> CodingUnit | None:
    """The unit that `coder` codes next: what is assigned to them, else what still needs a
    coder, else a mitigation without a primary place in `taxonomy`, for which a unit is opened.
    None where nothing is left.
    """
    if mine := next_of(coder, taxonomy):
        return mine
    _hold(taxonomy)
    units = (
        CodingUnit.objects.filter(taxonomy=taxonomy)
        .waiting()
        .still_wanted()
        .with_a_place_for(coder)
    )
    # Those with one coder first, so that pairs become complete.
    filled = Count(
        "seats",
        filter=Q(seats__category__isnull=False) | Q(seats__coder__is_active=True),
    )
    unit = units.annotate(filled=filled).order_by(
        "-filled", "pk"
    ).first() or _open_next(taxonomy)
    if unit is not None:
        _seat(unit, coder)
    return unit


def _open_next(taxonomy: Taxonomy) -> CodingUnit | None:
    placed = Classification.objects.filter(taxonomy=taxonomy, is_primary=True).values(
        "mitigation"
    )
    rows = Mitigation.objects.not_retired().exclude(pk__in=placed)
    mitigation = (
        rows.exclude(coding_units__taxonomy=taxonomy).order_by("accession").first()
    )
    return mitigation and CodingUnit.objects.create(
        mitigation=mitigation, taxonomy=taxonomy
    )


def next_of(
    coder: Any, taxonomy: Taxonomy | None = None, after: int = 0
) -> CodingUnit | None:
    """What is assigned to `coder` and not coded by them yet; what comes after the unit `after`
    first, then from the start.
    """
    mine = Seat.objects.filter(coder=coder, category=None).values("unit")
    rows = CodingUnit.objects.filter(pk__in=mine).waiting().still_wanted()
    rows = rows.filter(taxonomy=taxonomy) if taxonomy else rows
    return (
        rows.filter(pk__gt=after).order_by("pk").first() or rows.order_by("pk").first()
    )


def _hold(taxonomy: Taxonomy) -> None:
    """One who assigns in a taxonomy, or takes from it, at a time. Rows that refer to the
    taxonomy are not held up.
    """
    Taxonomy.objects.select_for_update(no_key=True).get(pk=taxonomy.pk)


def _seat(unit: CodingUnit, coder: Any) -> bool:
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
                unit=unit, number=number, coder=coder, coder_name=name_of(coder)
            )
            return True
        if seat.category_id is None and (
            seat.coder is None or not seat.coder.is_active
        ):
            # Somebody who left without coding makes room.
            seat.coder, seat.coder_name, seat.chosen_as = coder, name_of(coder), ""
            seat.confidence, seat.rationale, seat.coded_at = "", "", None
            seat.save()
            return True
    raise ValidationError("It has two coders already.")


@revision.writing()
def release(*, seat: Seat) -> None:
    """Takes a unit away from a coder who has not coded it. Raises ValidationError where they
    have: work is not thrown away, and to say what it was would tell the other coder.
    """
    _hold_unit(seat.unit_id)
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
            f"{unit} is not yours to code. Take the next one from the list."
        )
    return seat


@revision.writing()
def record(
    *, unit: CodingUnit, coder: Any, category: Category, confidence: str, rationale: str
) -> CodingOutcome | None:
    """Keeps a coder's choice; they may change it until the other's is in. With the second, the
    unit has an outcome: where both agree, the classification is written.

    Raises ValidationError for a choice that cannot be, for one that comes too late, and for a
    mitigation that was withdrawn; never with a word about what the other chose.
    """
    unit = _hold_unit(unit.pk)
    seat = seat_of(unit, coder)
    if CodingOutcome.objects.filter(unit=unit).exists():
        raise ValidationError("Both coders are in: what they chose stands.")
    if not unit.is_wanted:
        raise ValidationError(
            f"{unit.mitigation.accession} is {unit.mitigation.get_status_display()}: it is coded no further."
        )
    # Read anew: it may have been removed, or renamed, while the page was open.
    known = Category.objects.filter(pk=category.pk, taxonomy=unit.taxonomy_id).first()
    if known is None:
        raise ValidationError(
            {
                "category": f"This category is not in “{unit.taxonomy}”, or no longer. Choose another."
            }
        )
    seat.category, seat.chosen_as, seat.coded_at = (
        known,
        str(known)[:250],
        timezone.now(),
    )
    seat.confidence, seat.rationale = _checked(confidence, rationale)
    seat.coder_name = name_of(coder)
    seat.save()
    both = list(
        unit.seats.exclude(category=None).select_related("category").order_by("number")
    )
    return _conclude(unit, both) if len(both) == CodingUnit.CODERS else None


def _checked(confidence: str, rationale: str) -> tuple[str, str]:
    if confidence not in CONFIDENCE:
        raise ValidationError(
            {"confidence": f"Say how sure you are: {', '.join(CONFIDENCE)}."}
        )
    rationale = rationale.strip()
    if not rationale:
        raise ValidationError(
            {"rationale": "Say why it stands there and not in a neighbouring category."}
        )
    if len(rationale) > LONGEST_TEXT:
        raise ValidationError(
            {"rationale": f"Say it in {LONGEST_TEXT} characters at most."}
        )
    return confidence, rationale


def _hold_unit(key: int) -> CodingUnit:
    """Two coders who save at the same moment come one after the other: the later one sees the
    earlier one's choice.
    """
    unit = (
        CodingUnit.objects.select_for_update(of=("self",))
        .filter(pk=key)
        .select_related("mitigation", "taxonomy")
        .first()
    )
    if unit is None:
        raise ValidationError(
            "This is no longer to be coded: its mitigation was deleted."
        )
    return unit


def _conclude(unit: CodingUnit, both: list[Seat]) -> CodingOutcome:
    one, other = both
    outcome = CodingOutcome(unit=unit)
    if one.category == other.category:
        assert one.category is not None
        outcome.how, outcome.settled_at = How.AGREED, timezone.now()
        outcome.category, outcome.settled_as = one.category, str(one.category)[:250]
        outcome.confidence = lower(one.confidence, other.confidence)
        # One rationale is shown: that of who was surer, or else of who sat first.
        surer = max(both, key=lambda seat: CONFIDENCE.index(seat.confidence))
        _classify(unit, outcome, both, surer.rationale, "Coded by two who agreed")
    outcome.save()
    return outcome


LONGEST_CODER = Classification._meta.get_field("coder").max_length or 0
#: Where their names together are longer.
SEVERAL_CODERS = "two coders of this project"


def _classify(
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
    *, unit: CodingUnit, decider: Any, category: Category, confidence: str, reason: str
) -> CodingOutcome:
    """A third settles what two coders disagree on; the decision is kept, with who made it and
    why.

    Raises ValidationError for one of the two coders, where somebody else was quicker, and for a
    choice that cannot be.
    """
    unit = _hold_unit(unit.pk)
    outcome = CodingOutcome.objects.filter(unit=unit).first()
    if outcome is None:
        raise ValidationError("It has not been coded by two yet.")
    if outcome.settled_at is not None:
        who = outcome.decider_name or "both coders"
        raise ValidationError(f"It is settled already: {outcome.settled_as}, by {who}.")
    if not unit.is_wanted:
        raise ValidationError(
            f"{unit.mitigation.accession} is {unit.mitigation.get_status_display()}: nothing is left to decide."
        )
    if unit.seats.filter(coder=decider).exists():
        raise ValidationError(
            "You are one of its two coders: somebody else decides between you."
        )
    known = Category.objects.filter(pk=category.pk, taxonomy=unit.taxonomy_id).first()
    if known is None:
        raise ValidationError(
            {
                "category": f"This category is not in “{unit.taxonomy}”, or no longer. Choose another."
            }
        )
    outcome.confidence, outcome.reason = _checked(confidence, reason)
    outcome.how, outcome.settled_at = How.DECIDED, timezone.now()
    outcome.category, outcome.settled_as = known, str(known)[:250]
    outcome.decided_by, outcome.decider_name = decider, name_of(decider)
    outcome.save()
    both = list(unit.seats.order_by("number"))
    chosen = " or ".join(seat.chosen_as.partition(" ")[0] for seat in both)
    _classify(
        unit,
        outcome,
        both,
        outcome.reason,
        f"Coded by two as {chosen}; decided by {outcome.decider_name}",
    )
    return outcome


# How far coders agree


@dataclass(frozen=True)
class LevelAgreement:
    """Agreement at one depth of a taxonomy: at 1, coders agree where their codes begin with the
    same number.
    """

    level: int
    agreement: Agreement
    #: A code of this level.
    example: str = ""

    @property
    def share(self) -> str:
        return _percent(self.agreement.share)

    @property
    def share_interval(self) -> str:
        low, high = self.agreement.share_interval or (None, None)
        return NOT_REPORTED if low is None else f"{_percent(low)} to {_percent(high)}"

    @property
    def alpha(self) -> str:
        """As it is read: with two decimals, or that it says nothing."""
        return (
            NOT_REPORTED
            if self.agreement.alpha is None
            else f"{self.agreement.alpha:.2f}".replace("-", "−")
        )

    @property
    def alpha_interval(self) -> str:
        if self.agreement.alpha_interval is None:
            return NOT_REPORTED
        return "{:.2f} to {:.2f}".format(*self.agreement.alpha_interval).replace(
            "-", "−"
        )


def _percent(share: float | None) -> str:
    return NOT_REPORTED if share is None else f"{100 * share:.1f} %"


def agreement_by_level(taxonomy: Taxonomy) -> list[LevelAgreement]:
    """From the top of the tree to its leaves; an entry for each level that the taxonomy has, in
    two queries.

    Counts every unit that two have coded and whose categories both still exist, as first
    chosen: what a third decided later does not make coders agree. A code that ends above a
    level stands there for itself.
    """
    pairs: dict[int, list[str]] = {}
    seats = Seat.objects.filter(
        unit__taxonomy=taxonomy, unit__outcome__isnull=False, category__isnull=False
    )
    for unit, code in seats.order_by("number").values_list("unit", "category__code"):
        pairs.setdefault(unit, []).append(code)
    units = [codes for codes in pairs.values() if len(codes) == CodingUnit.CODERS]
    examples: dict[int, str] = {}
    for code in taxonomy.categories.order_by("path").values_list("code", flat=True):
        examples.setdefault(code.count(".") + 1, code)
    return [
        LevelAgreement(
            level,
            agreement([[_at_level(code, level) for code in pair] for pair in units]),
            examples[level],
        )
        for level in sorted(examples)
    ]


def _at_level(code: str, level: int) -> str:
    return ".".join(code.split(".")[:level])


@dataclass(frozen=True)
class Progress:
    """Where coding stands in a taxonomy, as anybody may know it: who chose what is no part of
    it.
    """

    taxonomy: Taxonomy
    mine: int
    open: int
    units: int
    coded: int
    disputed: int
    levels: list[LevelAgreement]


def progress(coder: Any) -> list[Progress]:
    """For each taxonomy, in a fixed number of queries for each."""
    return [_progress(taxonomy, coder) for taxonomy in Taxonomy.objects.all()]


def _progress(taxonomy: Taxonomy, coder: Any) -> Progress:
    units = CodingUnit.objects.filter(taxonomy=taxonomy)
    waiting = units.waiting().still_wanted()
    mine = Seat.objects.filter(coder=coder, category=None, unit__in=waiting)
    return Progress(
        taxonomy,
        mine=mine.count(),
        open=waiting.with_a_place_for(coder).count(),
        units=units.count(),
        coded=units.coded_twice().count(),
        disputed=units.disputed().still_wanted().count(),
        levels=agreement_by_level(taxonomy),
    )
