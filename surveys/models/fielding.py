"""A study that runs on this site: whom it invites, its rounds, and what they answer.

No key ties an answer to an invitation, and nothing here records when somebody answered. While a
study runs, its secret does tie them, since an expert's link must find the expert's answers;
when it closes that is destroyed, and with it every trace of an order in which answers came. See
`surveys.running.secrecy`.
"""

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from catalogue.fields import ProseField

from .comment import ExpertComment
from .question import Criterion, Item, ScalePoint
from .study import ExpertiseArea, RiskArea, Study


class RoundQuerySet(models.QuerySet):
    def with_sizes(self):
        """Annotates `begun` and `submitted`: how many responses have begun, and how many count
        so far.
        """
        counted = Q(responses__in=Response.objects.counted().values("pk"))
        return self.annotate(
            begun=Count("responses"),
            submitted=Count("responses", filter=counted),
        ).order_by("number")

    def for_results(self):
        """The first is the round that stands for the study: the last in which a question has so
        many answers that they are shown. Where there is none, the last that somebody answered;
        else the last. So a round that too few answered, such as one that was opened by mistake,
        takes nothing from those before it. Annotates `can_be_shown` and `has_responses`.
        """
        answers = Answer.objects.filter(
            response__round=OuterRef("pk"),
            response__is_submitted=True,
        )
        fewest = "response__round__study__min_cell_size"
        cells = (
            answers.order_by()
            .values("item", "criterion", "risk_area", fewest)
            .annotate(size=Count("pk"))
        )
        shown = cells.filter(size__gte=F(fewest))
        counted = Response.objects.counted().filter(round=OuterRef("pk"))
        rounds = self.annotate(
            can_be_shown=Exists(shown),
            has_responses=Exists(counted),
        )
        return rounds.order_by("-can_be_shown", "-has_responses", "-number")


class Round(models.Model):
    """One time of asking. Experts of a later round see how the round before it was answered
    (Delphi).
    """

    class Status(models.TextChoices):
        PLANNED = "planned", "planned"
        OPEN = "open", "open for answers"
        CLOSED = "closed", "closed"

    study = models.ForeignKey(
        Study,
        on_delete=models.CASCADE,
        related_name="rounds",
    )
    number = models.PositiveSmallIntegerField()
    status = models.CharField(
        max_length=10,
        choices=Status,
        default=Status.PLANNED,
    )

    objects = RoundQuerySet.as_manager()

    class Meta:
        ordering = ["study", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "number"],
                name="a_study_counts_its_rounds",
            ),
            models.UniqueConstraint(
                fields=["study"],
                condition=Q(status="open"),
                name="one_round_is_open_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["planned", "open", "closed"]),
                name="round_status_is_known",
            ),
        ]

    def __str__(self):
        return f"Round {self.number}"

    @property
    def before(self):
        """The round before it that experts are shown, and that it is compared with, or None:
        see `for_results`.
        """
        if self.number == 1:
            return None
        return (
            self.study.rounds.filter(number__lt=self.number)
            .for_results()
            .first()
        )


class StudySecret(models.Model):
    """What links are made from. It is destroyed when the study closes."""

    study = models.OneToOneField(
        Study,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
    )
    value = models.CharField(max_length=64, editable=False)

    def __str__(self):
        return f"Secret of {self.study}"


class Invitation(models.Model):
    """A link sent to one address. Whether it was used is not known to anybody."""

    study = models.ForeignKey(
        Study,
        on_delete=models.CASCADE,
        related_name="invitations",
    )
    address = models.EmailField(
        blank=True,
        help_text="Erased when the study closes.",
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    seed = models.CharField(
        max_length=32,
        blank=True,
        editable=False,
        db_default="",
        help_text="What its link is made from, with the secret of the study. Empty: it cannot be sent again.",
    )
    is_revoked = models.BooleanField("revoked", default=False)

    class Meta:
        ordering = ["study", "address", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "address"],
                condition=~Q(address="") & Q(is_revoked=False),
                name="an_address_has_one_valid_link",
                violation_error_message="This address has a link already: revoke it before sending another.",
            ),
        ]

    def __str__(self):
        return self.address or "address erased"

    def clean(self):
        if self.study.ran_elsewhere:
            raise ValidationError(
                "This survey ran elsewhere: it invites nobody here.",
            )


class ResponseQuerySet(models.QuerySet):
    def with_content(self):
        """Those in which something is answered, chosen or written."""
        combined = Response.combination.through.objects.filter(
            response=OuterRef("pk"),
        )
        answers, remarks = (
            model.objects.filter(response=OuterRef("pk"))
            for model in (Answer, Remark)
        )
        return self.filter(
            Exists(answers) | Exists(remarks) | Exists(combined),
        )

    def counted(self):
        """Those that results are made of: submitted, and not empty. Who submitted nothing is no
        respondent.
        """
        return self.filter(is_submitted=True).with_content()


class Response(models.Model):
    """What one expert answers in one round. It exists once they have consented."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(
        Round,
        on_delete=models.CASCADE,
        related_name="responses",
    )
    pseudonym = models.CharField(max_length=64, editable=False)
    expertise_area = models.ForeignKey(
        ExpertiseArea,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    asked = models.ManyToManyField(
        Item,
        related_name="+",
        help_text="All items of the study, or this expert’s subset.",
    )
    combination = models.ManyToManyField(
        Item,
        related_name="+",
        help_text="The items that they would combine.",
    )
    is_submitted = models.BooleanField("submitted", default=False)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        ordering = ["round", "pseudonym"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "pseudonym"],
                name="an_expert_answers_a_round_once",
            ),
        ]

    def __str__(self):
        return self.pseudonym[:8]


class Answer(models.Model):
    """The point that an expert chose. Don't know is a point; skipped is an asked item without
    an answer.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    response = models.ForeignKey(
        Response,
        on_delete=models.CASCADE,
        related_name="answers",
    )
    item = models.ForeignKey(
        Item,
        on_delete=models.PROTECT,
        related_name="answers",
    )
    criterion = models.ForeignKey(
        Criterion,
        on_delete=models.PROTECT,
        related_name="answers",
    )
    risk_area = models.ForeignKey(
        RiskArea,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="answers",
    )
    point = models.ForeignKey(
        ScalePoint,
        on_delete=models.PROTECT,
        related_name="answers",
    )

    class Meta:
        ordering = ["response", "item", "criterion"]
        constraints = [
            models.UniqueConstraint(
                "response",
                "item",
                "criterion",
                Coalesce("risk_area", 0),
                name="a_question_is_answered_once",
            ),
        ]

    def __str__(self):
        return f"{self.item}: {self.point}"


class Remark(models.Model):
    """What an expert wrote about an item, as they wrote it. It is shown to nobody but
    moderators.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    response = models.ForeignKey(
        Response,
        on_delete=models.CASCADE,
        related_name="remarks",
    )
    item = models.ForeignKey(
        Item,
        on_delete=models.PROTECT,
        related_name="remarks",
    )
    body = ProseField(max_length=5000)
    is_withheld = models.BooleanField(
        "withheld",
        default=False,
        help_text="It names somebody, or says nothing of the measure: it counts for no point.",
    )

    class Meta:
        ordering = ["item", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["response", "item"],
                name="an_item_is_remarked_on_once",
            ),
            models.CheckConstraint(
                condition=~Q(body=""),
                name="a_remark_says_something",
            ),
        ]

    def __str__(self):
        return self.body[:80]


class Coding(models.Model):
    """Which points one coder finds in a remark. A coding without points says that the remark
    makes none of them.
    """

    remark = models.ForeignKey(
        Remark,
        on_delete=models.CASCADE,
        related_name="codings",
    )
    coder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
    )
    points = models.ManyToManyField(ExpertComment, related_name="codings")

    class Meta:
        ordering = ["remark", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["remark", "coder"],
                name="a_coder_codes_a_remark_once",
            ),
        ]

    def __str__(self):
        return f"{self.coder}: {self.remark}"
