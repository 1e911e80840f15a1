"""How far two coders agree at each level of a taxonomy, and how far coding is."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from ..models import CodingUnit, Seat, Taxonomy
from ..statistics import CoderAgreement, coder_agreement

NOT_REPORTED = "not reported"


@dataclass(frozen=True)
class LevelAgreement:
    """Agreement at one depth of a taxonomy: at 1, coders agree where their codes begin with the
    same number.
    """

    level: int
    agreement: CoderAgreement
    #: A code of this level.
    example: str = ""

    @property
    def share(self) -> str:
        if self.agreement.share is None:
            return NOT_REPORTED
        return _percent(self.agreement.share)

    @property
    def share_interval(self) -> str:
        if self.agreement.share_interval is None:
            return NOT_REPORTED
        return " to ".join(map(_percent, self.agreement.share_interval))

    @property
    def alpha(self) -> str:
        """As it is read: with two decimals, or that it says nothing."""
        if self.agreement.alpha is None:
            return NOT_REPORTED
        return _two_decimals(self.agreement.alpha)

    @property
    def alpha_interval(self) -> str:
        if self.agreement.alpha_interval is None:
            return NOT_REPORTED
        return " to ".join(map(_two_decimals, self.agreement.alpha_interval))


def _two_decimals(number: float) -> str:
    return f"{number:.2f}".replace("-", "−")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def agreement_by_level(taxonomy: Taxonomy) -> list[LevelAgreement]:
    """From the top of the tree to its leaves; an entry for each level that the taxonomy has, in
    two queries.

    Counts every unit that two have coded and whose categories both still exist, as first
    chosen: what a third decided later does not make coders agree. A code that ends above a
    level stands there for itself.
    """
    codes_of_unit: dict[int, list[str]] = defaultdict(list)
    seats = Seat.objects.filter(
        unit__taxonomy=taxonomy,
        unit__outcome__isnull=False,
        category__isnull=False,
    )
    for unit, code in seats.order_by("number").values_list(
        "unit",
        "category__code",
    ):
        codes_of_unit[unit].append(code)
    pairs = [
        codes
        for codes in codes_of_unit.values()
        if len(codes) == CodingUnit.CODERS
    ]
    examples: dict[int, str] = {}
    for code in taxonomy.categories.order_by("path").values_list(
        "code",
        flat=True,
    ):
        examples.setdefault(code.count(".") + 1, code)
    levels = []
    for level in sorted(examples):
        shortened = [
            (_at_level(a, level), _at_level(b, level)) for a, b in pairs
        ]
        agreement = coder_agreement(shortened)
        levels.append(LevelAgreement(level, agreement, examples[level]))
    return levels


def _at_level(code: str, level: int) -> str:
    return ".".join(code.split(".")[:level])


@dataclass(frozen=True)
class CodingProgress:
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


def coding_progress(coder: Any) -> list[CodingProgress]:
    """For each taxonomy, in a fixed number of queries for each."""
    return [
        _progress_in(taxonomy, coder) for taxonomy in Taxonomy.objects.all()
    ]


def _progress_in(taxonomy: Taxonomy, coder: Any) -> CodingProgress:
    units = CodingUnit.objects.filter(taxonomy=taxonomy)
    waiting = units.waiting().still_wanted()
    mine = Seat.objects.filter(coder=coder, category=None, unit__in=waiting)
    return CodingProgress(
        taxonomy,
        mine=mine.count(),
        open=waiting.with_a_place_for(coder).count(),
        units=units.count(),
        coded=units.coded_twice().count(),
        disputed=units.disputed().still_wanted().count(),
        levels=agreement_by_level(taxonomy),
    )
