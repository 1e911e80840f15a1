"""What a study asks: scales, criteria, and the mitigations that it asks about."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from catalogue.fields import LineField, ProseField
from catalogue.models import Mitigation

from .study import RiskArea, Study


class Scale(models.Model):
    """Answers to choose from, in order."""

    slug = models.SlugField(unique=True)
    name = LineField(max_length=100)

    def __str__(self):
        return self.name


#: Keys with a meaning of their own in files of answers: what an expert would combine, and wrote.
RESERVED = ("combination", "comment")
OPENED = "It has been opened: what experts are asked can no longer be changed."


class ScalePoint(models.Model):
    """One answer. `value` is its number in means; a point without one is in no mean, such as
    don't know.
    """

    class Side(models.IntegerChoices):
        DISAGREES = -1, "counts as disagreement"
        NEITHER = 0, "neither"
        AGREES = 1, "counts as agreement"

    scale = models.ForeignKey(
        Scale,
        on_delete=models.CASCADE,
        related_name="points",
    )
    slug = models.SlugField()
    label = LineField(max_length=60)
    position = models.PositiveSmallIntegerField()
    value = models.SmallIntegerField(
        null=True,
        blank=True,
        help_text="Empty: in no mean, such as don’t know.",
    )
    side = models.SmallIntegerField(choices=Side, default=Side.NEITHER)
    is_dont_know = models.BooleanField("don’t know", default=False)

    class Meta:
        ordering = ["scale", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["scale", "slug"],
                name="a_point_stands_once_on_its_scale",
            ),
            models.UniqueConstraint(
                fields=["scale", "position"],
                name="points_of_a_scale_are_in_one_order",
            ),
            models.CheckConstraint(
                condition=Q(side__in=[-1, 0, 1]),
                name="scale_point_side_is_known",
            ),
            models.CheckConstraint(
                condition=Q(is_dont_know=False) | Q(value=None, side=0),
                name="dont_know_has_no_value_and_no_side",
            ),
        ]

    def __str__(self):
        return self.label

    def clean(self):
        if (
            not self.pk
            and self.scale_id
            and self.scale.criteria.filter(
                study__rounds__isnull=False,
            ).exists()
        ):
            raise ValidationError(
                "A study that was opened asks by this scale: its answers can no longer be changed.",
            )

    @property
    def number(self) -> str:
        """Its value as it is read: “−2”. Empty: it has none."""
        if self.value is None:
            return ""
        return f"{self.value}".replace("-", "−")


class Criterion(models.Model):
    """What a study asks about each item, such as whether it should be done."""

    #: Where the name of the risk area stands in a question.
    PLACE = "{risk area}"

    study = models.ForeignKey(
        Study,
        on_delete=models.CASCADE,
        related_name="criteria",
    )
    slug = models.SlugField()
    name = LineField(max_length=100)
    question = ProseField()
    clause = LineField(
        max_length=200,
        blank=True,
        help_text="What those did who agreed, to follow “49 of 51 experts”: “agreed that laboratories should do this”, “found "
        "it effective against {risk area}”. Empty: the question is quoted.",
    )
    is_verbatim = models.BooleanField(
        "as put to the experts",
        default=False,
        help_text="Whether the question stands word for word as experts read it, in a study published elsewhere. Those of a study "
        "that ran here do.",
    )
    scale = models.ForeignKey(
        Scale,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="criteria",
        help_text="Empty: not reported.",
    )
    is_support = models.BooleanField(
        "counts as support",
        default=True,
        help_text="Whether agreement means support for the measure: lists sort and filter by it.",
    )
    by_risk_area = models.BooleanField(
        "asked by risk area",
        default=False,
        help_text="Asked once for each risk area of the study.",
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["study", "position", "pk"]
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(
                fields=["study", "slug"],
                name="a_study_asks_a_criterion_once",
            ),
            models.CheckConstraint(
                condition=~Q(slug__in=RESERVED),
                name="a_criterion_has_a_key_of_its_own",
            ),
        ]

    def __str__(self):
        return self.name

    def worded(self, area: RiskArea | None = None) -> str:
        """The question as it is asked about a risk area, or about each of them: its name stands
        where the question has “{risk area}”, else at the end.
        """
        if not self.by_risk_area:
            return self.question
        name = str(area) if area else "[risk area]"
        if self.PLACE in self.question:
            return self.question.replace(self.PLACE, name)
        return f"{self.question} {name}"

    def clean(self):
        if not self.pk and self.study_id and self.study.rounds.exists():
            raise ValidationError(OPENED)
        if self.slug in RESERVED:
            raise ValidationError(
                {
                    "slug": f"“{self.slug}” has a meaning of its own in files of answers: choose another.",
                },
            )


class ItemQuerySet(models.QuerySet):
    def published(self):
        return self.filter(study__status=Study.Status.PUBLISHED)

    def with_results(self):
        return self.select_related(
            "study__document",
            "mitigation",
        ).prefetch_related(
            "results__tallies__point",
            "results__figures__point",
            "results__criterion__scale__points",
            "results__risk_area",
            "results__expertise_area",
            "comments__risk_area",
        )

    def for_entries(self):
        """All that stands at an entry of a list."""
        return self.with_results().prefetch_related(
            "leans__risk_area",
            "study__criteria",
            "study__risk_areas",
        )

    def with_words(self):
        """With the summary of comments, and which way they lean."""
        return self.select_related("summary").prefetch_related(
            "leans__risk_area",
        )

    def with_questions(self):
        """With what their studies ask, and whom."""
        return self.prefetch_related(
            "study__criteria__scale",
            "study__risk_areas",
            "study__expertise_areas",
        )


class Item(models.Model):
    """A mitigation as a study words it."""

    study = models.ForeignKey(
        Study,
        on_delete=models.CASCADE,
        related_name="items",
    )
    mitigation = models.ForeignKey(
        Mitigation,
        on_delete=models.PROTECT,
        related_name="items",
    )
    name = LineField(
        max_length=500,
        blank=True,
        editable=False,
        help_text="As experts saw it: kept when the first round opens.",
    )
    wording = ProseField(
        blank=True,
        help_text="As experts saw it. Empty: not reported.",
    )
    position = models.PositiveSmallIntegerField(default=0)

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ["study", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "mitigation"],
                name="a_study_asks_about_a_mitigation_once",
                violation_error_message="This mitigation is in this study already.",
            ),
        ]

    def __str__(self):
        return self.asked_name

    def clean(self):
        if not self.pk and self.study_id and self.study.rounds.exists():
            raise ValidationError(OPENED)

    @property
    def asked_name(self) -> str:
        """What experts read above the questions; where that is not recorded, what the catalogue
        calls it.
        """
        return self.name or self.mitigation.name

    @property
    def asked_text(self) -> str:
        """What experts read below the name. Of a study that is a draft, what they will read."""
        return self.wording or self.mitigation.description

    @property
    def asked_as(self) -> str:
        """What experts saw, as far as it is recorded and is not what the catalogue says now."""
        name = self.name if self.name != self.mitigation.name else ""
        wording = (
            self.wording if self.wording != self.mitigation.description else ""
        )
        return ": ".join(filter(None, [name, wording]))

    @classmethod
    def for_lists(cls):
        """To be prefetched with mitigations that are shown in a list."""
        return models.Prefetch(
            "items",
            cls.objects.published()
            .for_entries()
            .order_by("-study__year", "study_id"),
        )
