from django.conf import settings
from django.db import models
from django.db.models import Q

from catalogue.fields import LineField, ProseField

from .history import History


class Dismissal(models.Model):
    """A curator's word that a finding of the quality desk needs nothing.

    It holds for what was found then: a finding with another fingerprint comes back.
    """

    check_name = models.SlugField("check")
    subject = models.CharField(
        max_length=200,
        help_text="What the finding is about, such as an accession.",
    )
    fingerprint = models.CharField(
        max_length=32,
        help_text="Of what was found.",
    )
    found = models.TextField(help_text="What was found, in words.")
    reason = LineField(max_length=300, help_text="Why it needs nothing.")
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="dismissals",
    )
    dismissed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-dismissed_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["check_name", "subject"],
                name="a_finding_is_dismissed_once",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="a_dismissal_gives_its_reason",
            ),
        ]

    def __str__(self):
        return f"{self.check_name}: {self.subject}"


class LinkCheck(models.Model):
    """What an address answered when `check_links` last asked."""

    class Outcome(models.TextChoices):
        SOUND = "sound", "answers"
        BROKEN = "broken", "is broken"
        UNCLEAR = "unclear", "could not be told"

    url = models.CharField(max_length=500, unique=True)
    checked_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    status = models.PositiveSmallIntegerField(
        null=True,
        help_text="Of HTTP. Empty: nothing answered.",
    )
    detail = models.CharField(
        max_length=300,
        blank=True,
        help_text="In words: what went wrong, or where it leads.",
    )
    failures = models.PositiveIntegerField(
        default=0,
        help_text="Checks in a row that it did not pass.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["sound", "broken", "unclear"]),
                name="link_outcome_is_known",
            ),
        ]

    def __str__(self):
        return f"{self.url} {self.get_outcome_display()}"


class FrameworkVersion(models.Model):
    """A version of an outside framework, to whose entries mitigations are mapped."""

    framework = LineField(
        max_length=100,
        help_text="As mappings name it, such as “NIST AI RMF”.",
    )
    version = LineField(
        max_length=40,
        help_text="As mappings have it, such as “1.0”.",
    )
    is_current = models.BooleanField(
        "current",
        default=True,
        help_text="Mappings to any other version of the framework are superseded.",
    )
    note = ProseField(
        blank=True,
        help_text="What changed, or where the new version is found.",
    )
    history = History()

    class Meta:
        ordering = ["framework", "-is_current", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "version"],
                name="a_version_of_a_framework_is_declared_once",
                violation_error_message="This version is declared already.",
            ),
            models.UniqueConstraint(
                fields=["framework"],
                condition=Q(is_current=True),
                name="a_framework_has_one_current_version",
                violation_error_message="Another version of this framework is current: untick that one first.",
            ),
        ]

    def __str__(self):
        return f"{self.framework} {self.version}"


class Review(models.Model):
    """When a curator last looked a record through and found it right as it stands."""

    model = models.CharField(
        max_length=60,
        help_text="Of the record, such as mitigation.",
    )
    key = models.CharField(
        max_length=300,
        help_text="Its accession, or its slug.",
    )
    reviewed_at = models.DateTimeField()
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="reviews_of_records",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "key"],
                name="a_record_has_one_last_review",
            ),
        ]

    def __str__(self):
        return f"{self.model} {self.key}"
