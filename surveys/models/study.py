from typing import Any

from django.contrib.contenttypes.fields import GenericRelation
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, F, Q
from simple_history.models import HistoricalRecords

from catalogue.fields import FieldCheck, LineField, ProseField
from catalogue.models import (
    Document,
    Mitigation,
    Withdrawable,
    WithdrawableQuerySet,
)
from serving.addresses import address_of


class RiskArea(models.Model):
    """An area of harm that experts are asked about separately, such as critical sectors."""

    slug = models.SlugField(
        unique=True,
        help_text="Stands in addresses. Do not change it once published.",
    )
    name = LineField(max_length=100, unique=True)
    definition = ProseField(help_text="One sentence.")
    short_name = LineField(
        max_length=40,
        blank=True,
        help_text="Where there is little room, such as CBRN. Empty: the name.",
    )
    clause = LineField(
        max_length=100,
        blank=True,
        help_text="What a measure helps against, within a sentence: “risks to critical sectors”. Empty: the name in quotes.",
    )
    position = models.PositiveSmallIntegerField(default=0)
    history = HistoricalRecords()

    #: The query parameter that filters mitigations by it.
    parameter = "risk_area"

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self):
        return self.name

    @property
    def label(self) -> str:
        """Where there is little room."""
        return self.short_name or self.name

    @property
    def in_sentence(self) -> str:
        """What a measure helps against, within a sentence."""
        return self.clause or f"risks in “{self.name}”"


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

    def for_records(self):
        """All that the API and files say of a study itself."""
        return self.select_related("document").prefetch_related("criteria")

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
        unique=True,
        help_text="Stands in addresses. Do not change it once published.",
    )
    title = LineField(max_length=300)
    label = LineField(
        max_length=80,
        help_text="Short form for lists, such as “Uuk et al. 2024”.",
    )
    document = models.ForeignKey(
        Document,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="studies",
        help_text="Where it was published. Empty for a study that this site runs.",
    )
    status = models.CharField(
        max_length=20,
        choices=Status,
        default=Status.DRAFT,
    )
    is_preliminary = models.BooleanField("preliminary", default=False)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    invited = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Empty: not reported.",
    )
    responded = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Empty: not reported.",
    )
    method = ProseField(help_text="Who was asked what, and how.")
    limits = ProseField(
        help_text="What its figures cannot say. In plain words.",
    )
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
        blank=True,
        help_text="What experts agree to before they are asked anything.",
    )
    items_per_expert = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Each expert is asked a random subset of this size. Empty: all items.",
    )
    risk_areas = models.ManyToManyField(
        RiskArea,
        blank=True,
        related_name="studies",
    )
    expertise_areas = models.ManyToManyField(
        ExpertiseArea,
        blank=True,
        related_name="studies",
    )
    #: How experts are asked here.
    COMBINATION_QUESTION = "Which measures would you combine?"

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
        help_text="What the checksum is of: 1 counts and comments, 2 what was asked too, 3 the same in canonical JSON (RFC 8785).",
    )
    checksum = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="SHA-256 of counts and comments when it was published here.",
    )

    proposals = GenericRelation(
        "catalogue.Proposal",
        "record_id",
        "record_type",
    )

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
                    status__in=[
                        "draft",
                        "open",
                        "closed",
                        "published",
                        "withdrawn",
                    ],
                ),
                name="study_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(min_cell_size__gte=1),
                name="a_cell_has_at_least_one_answer",
            ),
            models.CheckConstraint(
                condition=Q(items_per_expert=None)
                | Q(items_per_expert__gte=1),
                name="an_expert_is_asked_something",
            ),
            models.CheckConstraint(
                condition=Q(combination_limit=None)
                | Q(combination_limit__gte=1),
                name="a_combination_may_hold_something",
            ),
            FieldCheck(
                condition=Q(combination_limit=None) | Q(asks_combination=True),
                name="a_limit_of_combinations_needs_the_question",
                field="combination_limit",
                violation_error_message="A limit needs the question: tick “asks for a preferred combination”.",
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

    def clean(self):
        super().clean()
        if self.ran_elsewhere:
            self.require_nobody_invited()

    def require_nobody_invited(self) -> None:
        """Raises ValidationError where people were invited here. The other half of the rule is
        `Invitation.clean`; triggers keep both (see `surveys.running.invitations`).
        """
        if self.invites_people:
            raise ValidationError(
                "People were invited to it here: it cannot have run elsewhere.",
            )

    def get_absolute_url(self):
        return address_of("study-detail", self.slug)

    @property
    def invites_people(self) -> bool:
        """Whether anybody was ever invited to it here. One query."""
        return self.pk is not None and self.invitations.exists()

    @property
    def standing(self):
        """Its status, in words that follow “it is”."""
        if self.status == self.Status.DRAFT:
            return "a draft"
        return self.get_status_display()

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
        if (
            self.is_preliminary
            and self.document
            and self.document.preliminary_notice
        ):
            return self.document.named_notice
        if self.is_preliminary:
            return f"{self.label}: {self.preliminary_notice}"
        return ""

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

    def has_wording_of(self, criterion: Any) -> bool:
        """Whether a question of it is kept as experts read it. A data file tells those of a study
        published elsewhere in words of its own, unless it says otherwise.
        """
        return self.ran_here or self.ran_elsewhere or criterion.is_verbatim

    @property
    def lacks_wording(self) -> bool:
        """Whether any of its questions is told in other words than experts read."""
        return not all(map(self.has_wording_of, self.criteria.all()))

    def quoted(
        self,
        criterion: Any,
        area: RiskArea | None = None,
    ) -> str:
        """A question of it as pages tell it: in quotation marks only where these are the words
        that experts read. Empty: there is none.
        """
        question = criterion.worded(area).strip()
        if not question:
            return ""
        if self.has_wording_of(criterion):
            return f"“{question}”"
        return f"{question} (in our words)"

    def quoted_with_source(self, criterion: Any) -> str:
        """The same, which says of a quotation, too, whose words it is in."""
        told = self.quoted(criterion)
        if told and self.has_wording_of(criterion):
            return f"{told} (as put to the experts)"
        return told

    @property
    def words_of_comments(self) -> str:
        """In whose words points made in its comments are told. None is a quotation: see
        `ExpertComment`.
        """
        if self.is_loaded:
            return "in the editors’ words"
        return "in the words of those who read the comments"

    @property
    def questions(self) -> list[tuple[Any, RiskArea | None]]:
        """What it asks of each item, in order: a criterion, and a risk area if it is asked by
        one. A criterion without a scale is not asked. Takes no query where criteria and risk
        areas are prefetched.
        """
        return [
            (criterion, area)
            for criterion in self.criteria.all()
            if criterion.scale_id
            for area in (
                self.risk_areas.all() if criterion.by_risk_area else [None]
            )
        ]

    @property
    def round_sizes(self) -> list[tuple[int, int]]:
        """(number, responses that count) of each round that is over. One query."""
        return list(
            self.rounds.filter(status="closed")
            .with_sizes()
            .values_list("number", "submitted"),
        )

    @property
    def results_round(self):
        """The round that its results are made from, or None: see `RoundQuerySet.for_results`.
        One query.
        """
        return self.rounds.for_results().first()

    @property
    def response_percent(self) -> int | None:
        """Of those invited, how many in a hundred answered; None where that is not known."""
        if not self.invited or self.responded is None:
            return None
        return round(100 * self.responded / self.invited)

    @property
    def skipped_label(self) -> str:
        """What those who were asked and did not answer did, as far as is known."""
        return "Gave no answer" if self.ran_here else "Skipped"

    @property
    def consensus_rule(self) -> str:
        """When it speaks of a consensus, in words. Empty: it states no rule."""
        percent = self.consensus_percent
        if percent:
            return (
                f"{percent} % or more of those who answered agree, or disagree"
            )
        return ""
