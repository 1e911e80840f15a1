"""Who works on a study that runs here."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from .study import Study


class Member(models.Model):
    """Somebody who works on a study, and what for."""

    class Role(models.TextChoices):
        LEAD = "lead", "leads it"
        HELPER = "helper", "helps to run it"
        CODER = "coder", "codes comments, and sees no ratings"

    study = models.ForeignKey(
        Study,
        on_delete=models.CASCADE,
        related_name="members",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
    )
    role = models.CharField(max_length=10, choices=Role)

    class Meta:
        ordering = ["study", "role", "user__username"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "user"],
                name="one_has_one_role_in_a_study",
                violation_error_message="They work on this study already: take them out first.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["lead", "helper", "coder"]),
                name="member_role_is_known",
            ),
        ]

    def __str__(self):
        return f"{self.user} {self.get_role_display()}"
