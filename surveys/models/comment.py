"""What experts said in words."""

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from catalogue.fields import ProseField

from .question import Item
from .study import RiskArea


class ExpertCommentQuerySet(models.QuerySet):
    def published(self):
        return self.filter(
            item__study__status="published",
            item__mitigation__status="published",
        )

    def for_display(self):
        return self.select_related(
            "item__study__document",
            "item__mitigation",
            "risk_area",
        ).order_by("item__study", "stance", "how_many", "pk")


class ExpertComment(models.Model):
    """A point that experts made about a mitigation, in the words of this project or of a
    moderator.
    """

    class Stance(models.IntegerChoices):
        SUPPORTS = 1, "for"
        MIXED = 2, "mixed"
        DOUBTS = 3, "doubts"
        NEUTRAL = 4, "further remarks"

    class HowMany(models.IntegerChoices):
        MULTIPLE = 1, "multiple experts"
        SEVERAL = 2, "several experts"
        COUPLE = 3, "a couple of experts"
        ONE = 4, "one expert"
        UNKNOWN = 9, "number not reported"

    key = models.CharField(
        max_length=120,
        blank=True,
        editable=False,
        help_text="Its place in the data files.",
    )
    item = models.ForeignKey(
        Item,
        on_delete=models.CASCADE,
        related_name="comments",
    )
    label = models.SlugField(
        blank=True,
        help_text="A word for coders. In the summary, the label in braces becomes how many made the point.",
    )
    body = ProseField(help_text="One point, in one or two sentences.")
    stance = models.PositiveSmallIntegerField(choices=Stance)
    how_many = models.PositiveSmallIntegerField(
        choices=HowMany,
        default=HowMany.UNKNOWN,
    )
    count = models.PositiveIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="How many made the point. Empty: not reported.",
    )
    risk_area = models.ForeignKey(
        RiskArea,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="comments",
    )

    objects = ExpertCommentQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["item", "stance", "how_many", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=~Q(key=""),
                name="a_comment_stands_once_in_the_files",
            ),
            models.UniqueConstraint(
                fields=["item", "label"],
                condition=~Q(label=""),
                name="a_label_stands_for_one_point",
                violation_error_message="Another point on this measure has this label.",
            ),
            models.CheckConstraint(
                condition=~Q(body=""),
                name="a_comment_says_something",
            ),
            models.CheckConstraint(
                condition=Q(stance__in=[1, 2, 3, 4]),
                name="comment_stance_is_known",
            ),
            models.CheckConstraint(
                condition=Q(how_many__in=[1, 2, 3, 4, 9]),
                name="comment_how_many_is_known",
            ),
        ]

    def __str__(self):
        return self.body[:80]

    @property
    def made_by(self) -> str:
        """How many experts made the point, as exactly as is known. Empty: not reported."""
        if self.count is not None:
            return f"{self.count} expert{'' if self.count == 1 else 's'}"
        if self.how_many == self.HowMany.UNKNOWN:
            return ""
        return self.get_how_many_display()


class CommentSummary(models.Model):
    """What the comments on a mitigation in one study come to, in one to three sentences."""

    item = models.OneToOneField(
        Item,
        on_delete=models.CASCADE,
        related_name="summary",
    )
    body = ProseField()
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "comment summaries"

    def __str__(self):
        return self.body[:80]


class Lean(models.Model):
    """Which way the comments on a mitigation lean in a risk area."""

    class Direction(models.TextChoices):
        HELPFUL = "+", "more helpful"
        LESS = "-", "less helpful"
        MIXED = "mixed", "mixed"

    item = models.ForeignKey(
        Item,
        on_delete=models.CASCADE,
        related_name="leans",
    )
    risk_area = models.ForeignKey(
        RiskArea,
        on_delete=models.PROTECT,
        related_name="leans",
    )
    direction = models.CharField(max_length=5, choices=Direction)

    class Meta:
        ordering = ["item", "risk_area__position"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "risk_area"],
                name="an_item_leans_one_way_in_a_risk_area",
            ),
            models.CheckConstraint(
                condition=Q(direction__in=["+", "-", "mixed"]),
                name="lean_direction_is_known",
            ),
        ]

    def __str__(self):
        return f"{self.risk_area}: {self.get_direction_display()}"
