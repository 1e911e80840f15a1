from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from catalogue.fields import LineField, ProseField

from .mitigation import Classification, Mitigation
from .taxonomy import Category, Taxonomy


class CodingUnitQuerySet(models.QuerySet):
    def coded_twice(self):
        return self.filter(outcome__isnull=False)

    def disputed(self):
        """Coded twice, not alike, and not decided yet."""
        return self.filter(outcome__isnull=False, outcome__settled_at=None)

    def waiting(self):
        """Not coded by two yet."""
        return self.filter(outcome=None)

    def still_wanted(self):
        return self.exclude(mitigation__status__in=Mitigation.RETIRED)

    def with_a_place_for(self, coder):
        """Where `coder` has no seat, and one is empty or held by somebody who left without
        coding.
        """
        seats = Seat.objects.filter(unit=OuterRef("pk"))
        taken = seats.filter(
            Q(category__isnull=False) | Q(coder__is_active=True),
        )
        rows = self.filter(~Exists(seats.filter(coder=coder)))
        return rows.exclude(
            Exists(taken.filter(number=1)) & Exists(taken.filter(number=2)),
        )

    def for_coding(self):
        return self.select_related(
            "mitigation__document",
            "taxonomy",
            "outcome",
        )


class CodingUnit(models.Model):
    """A mitigation to be placed in a taxonomy by two coders, neither of whom sees the other's
    choice.
    """

    CODERS = 2

    mitigation = models.ForeignKey(
        Mitigation,
        on_delete=models.CASCADE,
        related_name="coding_units",
    )
    taxonomy = models.ForeignKey(
        Taxonomy,
        on_delete=models.CASCADE,
        related_name="coding_units",
    )
    opened_at = models.DateTimeField(auto_now_add=True)

    objects = CodingUnitQuerySet.as_manager()

    class Meta:
        ordering = ["taxonomy", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["mitigation", "taxonomy"],
                name="a_mitigation_is_coded_once_in_a_taxonomy",
            ),
        ]

    def __str__(self):
        return f"{self.mitigation.accession} in {self.taxonomy.short_title}"

    @property
    def is_wanted(self):
        return not self.mitigation.is_retired


class Seat(models.Model):
    """One of the two coders of a unit, and what they chose.

    Nothing tells the choice before the other is in: it has no history, no page in the admin,
    and its name does not say it.
    """

    unit = models.ForeignKey(
        CodingUnit,
        on_delete=models.CASCADE,
        related_name="seats",
    )
    number = models.PositiveSmallIntegerField()
    #: Empty where the account is gone; what was coded stays, under the name.
    coder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="coding_seats",
    )
    coder_name = LineField(max_length=150)
    #: Empty until it is coded, and again where the category is deleted.
    category = models.ForeignKey(
        Category,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    chosen_as = models.CharField(
        max_length=250,
        blank=True,
        help_text="Code and name of the category when it was chosen.",
    )
    confidence = models.CharField(
        max_length=10,
        choices=Classification.Confidence,
        blank=True,
    )
    rationale = ProseField(blank=True)
    coded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["unit", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "number"],
                name="a_unit_has_two_seats",
            ),
            models.UniqueConstraint(
                fields=["unit", "coder"],
                name="a_coder_has_one_seat_at_a_unit",
            ),
            models.CheckConstraint(
                condition=Q(number__in=[1, 2]),
                name="a_seat_is_the_first_or_the_second",
            ),
            models.CheckConstraint(
                condition=Q(category=None)
                | (~Q(rationale="") & ~Q(confidence="")),
                name="a_choice_gives_rationale_and_confidence",
            ),
            models.CheckConstraint(
                condition=Q(confidence__in=["", "high", "moderate", "low"]),
                name="seat_confidence_is_known",
            ),
        ]

    def __str__(self):
        return f"seat {self.number} at {self.unit}"

    @property
    def is_renamed(self):
        """Whether its category is called otherwise than when it was chosen, or is gone."""
        return (
            bool(self.chosen_as) and self.chosen_as != str(self.category)[:250]
        )


class CodingOutcome(models.Model):
    """What came of a unit once two had coded it. It is made with the second choice, and so
    tells nothing too early.

    Agreement between coders is shown to readers: this is the table that moves the revision.
    """

    class How(models.TextChoices):
        AGREED = "agreed", "both chose it"
        DECIDED = "decided", "a third decided"

    unit = models.OneToOneField(
        CodingUnit,
        on_delete=models.CASCADE,
        related_name="outcome",
    )
    coded_at = models.DateTimeField(auto_now_add=True)
    #: Empty while a third has to decide.
    how = models.CharField(max_length=10, choices=How, blank=True)
    settled_at = models.DateTimeField(null=True)
    #: Empty before it is settled, and where the category was deleted since.
    category = models.ForeignKey(
        Category,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    settled_as = LineField(
        max_length=250,
        blank=True,
        help_text="Code and name of the category at that time.",
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="coding_decisions",
    )
    decider_name = LineField(max_length=150, blank=True)
    confidence = models.CharField(
        max_length=10,
        choices=Classification.Confidence,
        blank=True,
    )
    reason = ProseField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(how__in=["", "agreed", "decided"]),
                name="coding_outcome_is_known",
            ),
            models.CheckConstraint(
                condition=Q(how="", settled_at=None)
                | (~Q(how="") & Q(settled_at__isnull=False)),
                name="an_outcome_is_settled_somehow",
            ),
            models.CheckConstraint(
                condition=~Q(how="decided")
                | (~Q(reason="") & ~Q(decider_name="")),
                name="a_decision_says_who_and_why",
            ),
        ]

    def __str__(self):
        return f"outcome of {self.unit}"
