"""What a study found: counts, and figures that others published."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from .question import Criterion, Item, ScalePoint
from .study import ExpertiseArea, RiskArea


class Result(models.Model):
    """Answers to one item under one criterion, for all or one risk area, of everybody or of one
    group of experts. Its figures hang on it.

    `criterion` is empty for what was asked of the items as a set, such as the preferred
    combination. `agreement` is the share that agrees, from 0 to 1, or the bound that stands for
    it: kept here so that lists can order and filter by it. `agreement_bound` says which of the
    two.
    """

    class Bound(models.TextChoices):
        VALUE = "", "a value"
        ABOVE = ">", "more than"
        BELOW = "<", "less than"

    item = models.ForeignKey(
        Item,
        on_delete=models.CASCADE,
        related_name="results",
    )
    criterion = models.ForeignKey(
        Criterion,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="results",
    )
    risk_area = models.ForeignKey(
        RiskArea,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="results",
    )
    expertise_area = models.ForeignKey(
        ExpertiseArea,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="results",
        help_text="Empty: of everybody.",
    )
    skipped = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Empty: not reported.",
    )
    not_asked = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Empty: not reported.",
    )
    combined = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="How many put the item into their combination. Empty: not asked here.",
    )
    combiners = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="How many of those asked about the item gave a combination.",
    )
    shift = models.FloatField(
        null=True,
        blank=True,
        help_text="Share of answers that moved since the round before. Empty: no such round.",
    )
    agreement = models.FloatField(null=True, blank=True)
    agreement_bound = models.CharField(
        max_length=1,
        choices=Bound,
        blank=True,
        default="",
    )

    class Meta:
        # What everybody answered comes first, what was asked of the items as a set last: on
        # every engine.
        ordering = [
            "item",
            F("criterion__position").asc(nulls_last=True),
            F("risk_area__position").asc(nulls_first=True),
            F("expertise_area__position").asc(nulls_first=True),
            "pk",
        ]
        constraints = [
            models.UniqueConstraint(
                "item",
                Coalesce("criterion", 0),
                Coalesce("risk_area", 0),
                Coalesce("expertise_area", 0),
                name="a_result_stands_once",
            ),
            models.CheckConstraint(
                condition=Q(agreement=None)
                | Q(agreement__gte=0, agreement__lte=1),
                name="agreement_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(agreement_bound__in=["", ">", "<"]),
                name="agreement_bound_is_known",
            ),
            models.CheckConstraint(
                condition=Q(shift=None) | Q(shift__gte=0, shift__lte=1),
                name="shift_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(combined=None, combiners=None)
                | Q(combined__lte=F("combiners")),
                name="no_more_combine_it_than_combine_anything",
            ),
        ]
        indexes = [
            models.Index(
                fields=["item", "agreement"],
                name="result_item_agreement",
            ),
        ]

    def __str__(self):
        return " · ".join(
            str(part)
            for part in (
                self.item,
                self.criterion,
                self.risk_area,
                self.expertise_area,
            )
            if part
        )

    @property
    def slugs(self) -> dict[str, str | None]:
        """What was asked and of whom, by `criterion`, `risk_area` and `expertise_area`."""
        records = {
            "criterion": self.criterion,
            "risk_area": self.risk_area,
            "expertise_area": self.expertise_area,
        }
        return {
            name: one.slug if one else None for name, one in records.items()
        }


class Tally(models.Model):
    """How many experts chose a scale point."""

    result = models.ForeignKey(
        Result,
        on_delete=models.CASCADE,
        related_name="tallies",
    )
    point = models.ForeignKey(
        ScalePoint,
        on_delete=models.PROTECT,
        related_name="tallies",
    )
    count = models.PositiveIntegerField()

    class Meta:
        ordering = ["result", "point__position"]
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(
                fields=["result", "point"],
                name="a_point_is_tallied_once",
            ),
        ]

    def __str__(self):
        return f"{self.point}: {self.count}"


class Figure(models.Model):
    """A statistic as its source publishes it: a value, or a bound. Shares are from 0 to 1."""

    class Statistic(models.TextChoices):
        SHARE_AGREEING = "share_agreeing", "share agreeing"
        SHARE_DISAGREEING = "share_disagreeing", "share disagreeing"
        SHARE_CHOOSING = "share_choosing", "share choosing a point"
        MEAN = "mean", "mean"
        MEDIAN = "median", "median"
        STANDARD_ERROR = "standard_error", "standard error of the mean"
        VARIANCE = "variance", "variance"
        SHARE_OF_COMBINATIONS = (
            "share_of_combinations",
            "share of preferred combinations",
        )

    result = models.ForeignKey(
        Result,
        on_delete=models.CASCADE,
        related_name="figures",
    )
    statistic = models.CharField(max_length=30, choices=Statistic)
    point = models.ForeignKey(
        ScalePoint,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="figures",
    )
    operator = models.CharField(
        max_length=1,
        choices=Result.Bound,
        blank=True,
        default="",
    )
    value = models.FloatField()
    decimals = models.PositiveSmallIntegerField(
        help_text="To how many decimals it is published; a share’s as per cent.",
    )

    class Meta:
        ordering = ["result", "statistic", "point__position"]
        constraints = [
            models.UniqueConstraint(
                "result",
                "statistic",
                Coalesce("point", 0),
                name="a_figure_is_published_once",
            ),
            models.CheckConstraint(
                condition=(
                    Q(statistic="share_choosing") & Q(point__isnull=False)
                )
                | (~Q(statistic="share_choosing") & Q(point=None)),
                name="a_share_choosing_names_its_point",
            ),
            models.CheckConstraint(
                condition=~Q(statistic__startswith="share")
                | Q(value__gte=0, value__lte=1),
                name="a_share_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(operator__in=["", ">", "<"]),
                name="figure_operator_is_known",
            ),
        ]

    def __str__(self):
        return f"{self.get_statistic_display()} {self.operator}{self.value}"
