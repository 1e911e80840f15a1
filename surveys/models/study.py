from django.contrib.contenttypes.fields import GenericRelation
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from catalogue.fields import LineField, ProseField
from catalogue.models import Document, Mitigation, Withdrawable, WithdrawableQuerySet


class RiskArea(models.Model):
    """An area of harm that experts are asked about separately, such as critical sectors."""

    slug = models.SlugField(
        unique=True, help_text="Stands in addresses. Do not change it once published."
    )
    name = LineField(max_length=100, unique=True)
    definition = ProseField(help_text="One sentence.")
    position = models.PositiveSmallIntegerField(default=0)
    history = HistoricalRecords()

    #: The query parameter that filters mitigations by it.
    parameter = "risk_area"

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self):
        return self.name


class ExpertiseArea(models.Model):
    """What an expert knows best, such as law. Each names one, so that answers fall into groups
    that do not overlap.
    """

    slug = models.SlugField(unique=True)
    name = LineField(max_length=100, unique=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self):
        return self.name


class StudyQuerySet(WithdrawableQuerySet):
    def set_up_here(self):
        """Those that no data file owns: run here, or brought in."""
        return self.filter(Q(document=None) | Q(ran_elsewhere=True))

    def published(self):
        return self.filter(status=Study.Status.PUBLISHED)

    def for_detail(self):
        """All that its page shows of it, but its results."""
        return self.select_related("document").prefetch_related(
            "document__authors",
            "criteria__scale__points",
            "risk_areas",
            "expertise_areas",
        )

    def with_counts(self):
        """Annotates `item_count` and `comment_count`, of what everybody may see."""
        seen = Q(items__mitigation__status=Mitigation.Status.PUBLISHED)
        counted = self.annotate(
            item_count=Count("items", distinct=True, filter=seen),
            comment_count=Count("items__comments", distinct=True, filter=seen),
        )
        # Django drops Meta.ordering from a query that counts.
        return counted.order_by(F("year").desc(nulls_last=True), "label", "pk")


class Study(Withdrawable):
    """One expert survey: published elsewhere and loaded from facts, or run on this site."""

    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        OPEN = "open", "open for answers"
        CLOSED = "closed", "closed"
        PUBLISHED = "published", "published"
        WITHDRAWN = "withdrawn", "withdrawn"

    slug = models.SlugField(
        unique=True, help_text="Stands in addresses. Do not change it once published."
    )
    title = LineField(max_length=300)
    label = LineField(
        max_length=80, help_text="Short form for lists, such as “Uuk et al. 2024”."
    )
    document = models.ForeignKey(
        Document,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="studies",
        help_text="Where it was published. Empty for a study that this site runs.",
    )
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT)
    is_preliminary = models.BooleanField("preliminary", default=False)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    invited = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: not reported."
    )
    responded = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: not reported."
    )
    method = ProseField(help_text="Who was asked what, and how.")
    limits = ProseField(help_text="What its figures cannot say. In plain words.")
    min_cell_size = models.PositiveSmallIntegerField(
        "minimum cell size",
        default=5,
        help_text="Subgroups with fewer answers are not shown.",
    )
    source_digest = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="Of the data file that it was last loaded from.",
    )
    published_average_agreement = models.FloatField(
        null=True,
        blank=True,
        help_text="Mean share agreeing over all items, as published; a share from 0 to 1.",
    )

    ran_elsewhere = models.BooleanField(
        default=False,
        editable=False,
        help_text="Its answers were brought in from a file; nobody was invited here.",
    )
    # Of a study that runs on this site.
    replaced_links = models.PositiveIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="Links sent in place of others. Whoever had submitted by the old one may count twice. Empty: unknown.",
    )
    welcome = ProseField(
        blank=True,
        help_text="What experts read first: what it is about, how long it takes, whom to ask. Empty: the method, which "
        "readers of the results see too.",
    )
    consent_text = ProseField(
        blank=True, help_text="What experts agree to before they are asked anything."
    )
    items_per_expert = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Each expert is asked a random subset of this size. Empty: all items.",
    )
    risk_areas = models.ManyToManyField(RiskArea, blank=True, related_name="studies")
    expertise_areas = models.ManyToManyField(
        ExpertiseArea, blank=True, related_name="studies"
    )
    asks_combination = models.BooleanField(
        "asks for a preferred combination",
        default=False,
        help_text="Which measures an expert would combine.",
    )
    combination_limit = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="The most measures that a combination may hold. Empty: any number.",
    )
    consensus_percent = models.PositiveSmallIntegerField(
        "consensus from",
        null=True,
        blank=True,
        help_text="Per cent of those who answered that must agree, or disagree, for a consensus. Empty: no rule stated.",
    )
    checksum_format = models.PositiveSmallIntegerField(
        default=1,
        editable=False,
        help_text="What the checksum is of: 1 counts and comments, 2 what was asked too.",
    )
    checksum = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="SHA-256 of counts and comments when it was published here.",
    )

    proposals = GenericRelation("catalogue.Proposal", "record_id", "record_type")

    objects = StudyQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["-year", "label", "pk"]
        verbose_name_plural = "studies"
        permissions = [
            (
                "publish_study",
                "Can approve the publication and the texts of others’ studies",
            ),
            ("assign_study", "Can say who works on any study"),
        ]
        constraints = [
            *Withdrawable.constraints("study"),
            models.CheckConstraint(
                condition=Q(
                    status__in=["draft", "open", "closed", "published", "withdrawn"]
                ),
                name="study_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(min_cell_size__gte=1), name="a_cell_has_at_least_one_answer"
            ),
            models.CheckConstraint(
                condition=Q(items_per_expert=None) | Q(items_per_expert__gte=1),
                name="an_expert_is_asked_something",
            ),
            models.CheckConstraint(
                condition=Q(combination_limit=None) | Q(combination_limit__gte=1),
                name="a_combination_may_hold_something",
            ),
            models.CheckConstraint(
                condition=Q(consensus_percent=None)
                | Q(consensus_percent__gt=50, consensus_percent__lte=100),
                name="a_consensus_is_more_than_half",
                violation_error_message="A consensus needs more than 50 and at most 100 per cent.",
            ),
        ]

    def __str__(self):
        return self.label

    def get_absolute_url(self):
        return reverse("study-detail", args=[self.slug])

    @property
    def standing(self):
        """Its status, in words that follow “it is”."""
        return (
            "a draft" if self.status == self.Status.DRAFT else self.get_status_display()
        )

    @property
    def preliminary_notice(self):
        """What curators say of its document; of a study that has none, that it may change.
        Empty: not preliminary.
        """
        if not self.is_preliminary:
            return ""
        return (
            self.document.preliminary_notice if self.document else ""
        ) or "These results may still change."

    @property
    def named_notice(self) -> str:
        """That notice where it stands by itself or among others: with whose it is. What
        curators say of its document is told as the document tells it, so that both say it once.
        """
        if self.is_preliminary and self.document and self.document.preliminary_notice:
            return self.document.named_notice
        return f"{self.label}: {self.preliminary_notice}" if self.is_preliminary else ""

    @property
    def ran_here(self) -> bool:
        """Whether experts answered it on this site: what it does not say is then known, and not
        merely unreported.
        """
        return not self.ran_elsewhere and (
            bool(self.checksum) or self.document_id is None
        )

    @property
    def is_loaded(self) -> bool:
        """Whether a data file owns it: nothing of it is set up or run here."""
        return self.document_id is not None and not self.ran_elsewhere

    @property
    def questions(self) -> list[tuple["Criterion", RiskArea | None]]:
        """What it asks of each item, in order: a criterion, and a risk area if it is asked by
        one. A criterion without a scale is not asked. Takes no query where criteria and risk
        areas are prefetched.
        """
        return [
            (criterion, area)
            for criterion in self.criteria.all()
            if criterion.scale_id
            for area in (self.risk_areas.all() if criterion.by_risk_area else [None])
        ]

    @property
    def round_sizes(self) -> list[tuple[int, int]]:
        """(number, responses that count) of each round that is over. One query."""
        return list(
            self.rounds.filter(status="closed")
            .with_sizes()
            .values_list("number", "submitted")
        )

    @property
    def results_round(self):
        """The round that its results are made from, or None: see `RoundQuerySet.for_results`.
        One query.
        """
        return self.rounds.for_results().first()

    @property
    def skipped_label(self) -> str:
        """What those who were asked and did not answer did, as far as is known."""
        return "Gave no answer" if self.ran_here else "Skipped"

    @property
    def consensus_rule(self) -> str:
        """When it speaks of a consensus, in words. Empty: it states no rule."""
        percent = self.consensus_percent
        return (
            f"{percent} % or more of those who answered agree, or disagree"
            if percent
            else ""
        )


class Scale(models.Model):
    """Answers to choose from, in order."""

    slug = models.SlugField(unique=True)
    name = LineField(max_length=100)

    def __str__(self):
        return self.name


OPENED = "It has been opened: what experts are asked can no longer be changed."


class ScalePoint(models.Model):
    """One answer. `value` is its number in means; a point without one is in no mean, such as
    don't know.
    """

    class Side(models.IntegerChoices):
        DISAGREES = -1, "counts as disagreement"
        NEITHER = 0, "neither"
        AGREES = 1, "counts as agreement"

    scale = models.ForeignKey(Scale, on_delete=models.CASCADE, related_name="points")
    slug = models.SlugField()
    label = LineField(max_length=60)
    position = models.PositiveSmallIntegerField()
    value = models.SmallIntegerField(
        null=True, blank=True, help_text="Empty: in no mean, such as don’t know."
    )
    side = models.SmallIntegerField(choices=Side, default=Side.NEITHER)
    is_dont_know = models.BooleanField("don’t know", default=False)

    class Meta:
        ordering = ["scale", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["scale", "slug"], name="a_point_stands_once_on_its_scale"
            ),
            models.UniqueConstraint(
                fields=["scale", "position"], name="points_of_a_scale_are_in_one_order"
            ),
            models.CheckConstraint(
                condition=Q(side__in=[-1, 0, 1]), name="scale_point_side_is_known"
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
            and self.scale.criteria.filter(study__rounds__isnull=False).exists()
        ):
            raise ValidationError(
                "A study that was opened asks by this scale: its answers can no longer be changed."
            )

    @property
    def number(self) -> str:
        """Its value as it is read: “−2”. Empty: it has none."""
        return "" if self.value is None else f"{self.value}".replace("-", "−")


class Criterion(models.Model):
    """What a study asks about each item, such as whether it should be done."""

    #: In files of answers these stand for what an expert wrote and would combine.
    RESERVED = ("combination", "comment")
    #: Where the name of the risk area stands in a question.
    PLACE = "{risk area}"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="criteria")
    slug = models.SlugField()
    name = LineField(max_length=100)
    question = ProseField()
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
                fields=["study", "slug"], name="a_study_asks_a_criterion_once"
            )
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
        if self.slug in self.RESERVED:
            raise ValidationError(
                {
                    "slug": f"“{self.slug}” has a meaning of its own in files of answers: choose another."
                }
            )


class ItemQuerySet(models.QuerySet):
    def published(self):
        return self.filter(study__status=Study.Status.PUBLISHED)

    def with_results(self):
        return self.select_related("study__document", "mitigation").prefetch_related(
            "results__tallies__point",
            "results__figures__point",
            "results__criterion__scale__points",
            "results__risk_area",
            "results__expertise_area",
            "comments__risk_area",
        )

    def with_words(self):
        """With the summary of comments, and which way they lean."""
        return self.select_related("summary").prefetch_related("leans__risk_area")

    def with_questions(self):
        """With what their studies ask, and whom."""
        return self.prefetch_related(
            "study__criteria__scale", "study__risk_areas", "study__expertise_areas"
        )


class Item(models.Model):
    """A mitigation as a study words it."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="items")
    mitigation = models.ForeignKey(
        Mitigation, on_delete=models.PROTECT, related_name="items"
    )
    name = LineField(
        max_length=500,
        blank=True,
        editable=False,
        help_text="As experts saw it: kept when the first round opens.",
    )
    wording = ProseField(
        blank=True, help_text="As experts saw it. Empty: not reported."
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
            )
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
        wording = self.wording if self.wording != self.mitigation.description else ""
        return ": ".join(filter(None, [name, wording]))

    @classmethod
    def for_lists(cls):
        """To be prefetched with mitigations that are shown in a list."""
        return models.Prefetch(
            "items",
            cls.objects.published().with_results().order_by("-study__year", "study_id"),
        )
