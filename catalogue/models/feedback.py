import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from catalogue.fields import FieldCheck, LineField, ProseField


def new_key() -> str:
    """What nobody guesses: 144 random bits."""
    return secrets.token_urlsafe(18)


class FeedbackQuerySet(models.QuerySet):
    def waiting(self):
        """What somebody has still to answer or decide on."""
        return self.filter(
            state__in=[Feedback.State.NEW, Feedback.State.ACCEPTED],
        )

    def with_contacts(self):
        return self.exclude(name="", email="")

    def to_be_forgotten(self, before):
        """What was settled, or held back as spam, before a moment and still says whom it is
        from.
        """
        settled = Q(settled_at__lt=before) | Q(
            state=Feedback.State.HELD,
            created_at__lt=before,
        )
        return self.with_contacts().filter(settled)


class Feedback(models.Model):
    """What a reader wrote about a page, and what became of it."""

    class Kind(models.TextChoices):
        ERROR = "error", "an error"
        SUGGESTION = "suggestion", "a suggestion"
        QUESTION = "question", "a question"
        MISSING = "missing", "a measure that is missing"
        OTHER = "other", "something else"

    class State(models.TextChoices):
        NEW = "new", "new"
        HELD = "held", "held as spam"
        ACCEPTED = "accepted", "accepted"
        DECLINED = "declined", "declined"
        ANSWERED = "answered", "answered"

    SETTLED = (State.DECLINED, State.ANSWERED)

    key = models.CharField(
        max_length=40,
        unique=True,
        default=new_key,
        editable=False,
    )
    page = models.CharField(
        max_length=500,
        blank=True,
        help_text="The address that it is about.",
    )
    accession = models.CharField(
        max_length=10,
        blank=True,
        help_text="The mitigation that it is about, if any.",
    )
    revision = models.BigIntegerField(
        help_text="Of the data that the reader saw.",
    )
    release = models.CharField(
        max_length=40,
        blank=True,
        help_text="Where the reader looked at one.",
    )
    kind = models.CharField(max_length=12, choices=Kind)
    text = ProseField()
    name = LineField(max_length=120, blank=True)
    email = models.EmailField("e-mail", blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    held_because = models.CharField(max_length=200, blank=True, editable=False)
    answer = ProseField(
        blank=True,
        help_text="Markdown. The reader sees it at their address, and by e-mail where they gave one.",
    )
    created_at = models.DateTimeField("sent", auto_now_add=True)
    settled_at = models.DateTimeField(
        "settled",
        null=True,
        blank=True,
        editable=False,
    )
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = verbose_name_plural = "feedback"
        constraints = [
            models.CheckConstraint(
                condition=~Q(text=""),
                name="feedback_says_something",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "error",
                        "suggestion",
                        "question",
                        "missing",
                        "other",
                    ],
                ),
                name="feedback_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "new",
                        "held",
                        "accepted",
                        "declined",
                        "answered",
                    ],
                ),
                name="feedback_state_is_known",
            ),
            FieldCheck(
                condition=~Q(state="answered") | ~Q(answer=""),
                name="answered_feedback_has_an_answer",
                field="answer",
                violation_error_message="Write the answer first, or choose another state.",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["declined", "answered"],
                    settled_at__isnull=False,
                )
                | (
                    ~Q(state__in=["declined", "answered"]) & Q(settled_at=None)
                ),
                name="settled_feedback_says_since_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "-created_at"],
                name="feedback_by_state",
            ),
        ]

    def __str__(self):
        return self.reference

    @property
    def reference(self) -> str:
        """What curators and readers call it, such as F0012."""
        return f"F{self.pk:04}"

    def get_absolute_url(self):
        return reverse("feedback-answer", args=[self.key])

    def settle(self, state: str, *, by) -> None:
        """Sets the state, and since when it is settled; does not save."""
        is_settled = state in self.SETTLED
        self.settled_at = (
            (self.settled_at or timezone.now()) if is_settled else None
        )
        self.state = state
        self.handled_by = by


class FeedbackChange(models.Model):
    """A change of a record that was made because of feedback: one entry of the record's history."""

    feedback = models.ForeignKey(
        Feedback,
        on_delete=models.CASCADE,
        related_name="changes",
    )
    model = models.CharField(
        max_length=60,
        help_text="Whose history it is, such as catalogue.mitigation.",
    )
    object_id = models.BigIntegerField()
    history_id = models.BigIntegerField()
    what = models.CharField(max_length=200)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "history_id"],
                name="a_change_answers_one_feedback",
            ),
        ]

    def __str__(self):
        return self.what
