from typing import Any

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q

from catalogue.fields import LineField, ProseField


class ProposalQuerySet(models.QuerySet):
    def in_review(self):
        return self.filter(state=Proposal.State.IN_REVIEW)

    def open(self):
        """Those that can still come to something: a reviewer's turn, or the author's."""
        return self.filter(
            state__in=[Proposal.State.IN_REVIEW, Proposal.State.SENT_BACK],
        )

    def publications(self):
        """Of records that never were public, to be published as they stand."""
        return self.filter(kind=Proposal.Kind.PUBLICATION)

    def about(self, record: models.Model):
        return self.filter(
            record_type=ContentType.objects.get_for_model(record),
            record_id=record.pk,
        )

    def for_display(self):
        return self.select_related(
            "author",
            "reviewer",
            "record_type",
        ).prefetch_related("record")


class Proposal(models.Model):
    """What somebody asks a reviewer to make public: a record that never was, or other values of
    one that is.

    `base` and `values` are snapshots (see `catalogue.curation.snapshots`), of the record as it
    was when the author began, and as they would have it. They are empty where the record itself
    is to be published as it stands.
    """

    class Kind(models.TextChoices):
        PUBLICATION = "publication", "to be published"
        CHANGE = "change", "change"
        WITHDRAWAL = "withdrawal", "to be withdrawn"

    class State(models.TextChoices):
        IN_REVIEW = "in_review", "in review"
        SENT_BACK = "sent_back", "sent back"
        APPROVED = "approved", "approved"
        TAKEN_BACK = "taken_back", "taken back by its author"

    record_type = models.ForeignKey(
        ContentType,
        on_delete=models.CASCADE,
        related_name="+",
    )
    record_id = models.BigIntegerField()
    record: Any = GenericForeignKey("record_type", "record_id")
    kind = models.CharField(max_length=20, choices=Kind)
    base: Any = models.JSONField(null=True, blank=True)
    values: Any = models.JSONField(null=True, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="proposals",
    )
    reason = LineField(
        max_length=100,
        help_text="Stands in the history once it is approved.",
    )
    state = models.CharField(
        max_length=20,
        choices=State,
        default=State.IN_REVIEW,
    )
    submitted_at = models.DateTimeField()
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    review_note = ProseField(
        blank=True,
        help_text="What the reviewer says to the author.",
    )
    decided_at = models.DateTimeField(null=True)
    entries = models.JSONField(
        default=list,
        help_text="What deciding on it wrote into histories: the name of the model, and the history's id.",
    )

    feedback = models.ForeignKey(
        "catalogue.Feedback",
        on_delete=models.SET_NULL,
        null=True,
        related_name="proposals",
        help_text="For which it was proposed, if any.",
    )

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["submitted_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "in_review",
                        "sent_back",
                        "approved",
                        "taken_back",
                    ],
                ),
                name="proposal_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["publication", "change", "withdrawal"]),
                name="proposal_kind_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent_back") | ~Q(review_note=""),
                name="what_is_sent_back_says_why",
            ),
            models.UniqueConstraint(
                fields=["record_type", "record_id"],
                condition=Q(
                    kind="publication",
                    state__in=["in_review", "sent_back"],
                ),
                name="a_record_is_submitted_once_at_a_time",
                violation_error_message="It has been submitted for review already.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["record_type", "record_id", "state"],
                name="proposal_by_record",
            ),
        ]

    @property
    def is_in_review(self) -> bool:
        return self.state == self.State.IN_REVIEW

    @property
    def is_open(self) -> bool:
        """Whether it can still come to something: it is a reviewer's turn, or the author's."""
        return self.state in (self.State.IN_REVIEW, self.State.SENT_BACK)

    @property
    def is_publication(self) -> bool:
        return self.kind == self.Kind.PUBLICATION

    def __str__(self):
        return f"{self.record or 'a record that is gone'}: {self.get_kind_display()}"
