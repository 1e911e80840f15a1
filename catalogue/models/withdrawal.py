from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from catalogue.fields import ProseField


class WithdrawableQuerySet(models.QuerySet):
    def with_page(self):
        """Those whose address answers: what is published, and what was withdrawn, which says so
        there.
        """
        return self.filter(status__in=["published", "withdrawn"])

    def withdrawn(self):
        return self.filter(status="withdrawn")


class Withdrawable(models.Model):
    """A record that was public and keeps its page when it is withdrawn, which then says when,
    why, and what replaces it.
    """

    replaced_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaces",
        help_text="What stands in its place. Empty: nothing does.",
    )
    withdrawal_note = ProseField(
        "why it was withdrawn",
        blank=True,
        help_text="Readers see this at the old address. One or two sentences.",
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: Of the model itself: "published" and "withdrawn" are among its choices.
    status: Any

    class Meta:
        abstract = True

    @staticmethod
    def constraints(name: str) -> list[models.BaseConstraint]:
        """Of a model called `name`, which has a status."""
        return [
            models.CheckConstraint(
                condition=~Q(status="withdrawn") | ~Q(withdrawal_note=""),
                name=f"a_withdrawn_{name}_says_why",
                violation_error_message="Say why it is withdrawn: readers who follow an old link will ask.",
            ),
            models.CheckConstraint(
                condition=Q(replaced_by=None) | ~Q(replaced_by=F("id")),
                name=f"a_{name}_does_not_replace_itself",
                violation_error_message="It cannot replace itself: choose another, or none.",
            ),
        ]

    @property
    def withdrawal_notice(self) -> str:
        """When it was withdrawn and why, in words. Empty: it is not."""
        if self.status != "withdrawn":
            return ""
        when = (
            f" on {self.withdrawn_at.day} {self.withdrawn_at:%B %Y}"
            if self.withdrawn_at
            else ""
        )
        return f"Withdrawn{when}: {self.withdrawal_note}"

    @property
    def successor(self):
        """The published record that stands in its place now, be it after several replacements;
        None where there is none.
        """
        seen = {self.pk}
        found = self.replaced_by
        while found and found.status != "published":
            if found.pk in seen:
                return None
            seen.add(found.pk)
            found = found.replaced_by
        return found

    def clean(self):
        super().clean()
        seen = {self.pk}
        found = self.replaced_by
        while found:
            if found.pk in seen:
                raise ValidationError(
                    {
                        "replaced_by": "These would replace each other in a circle: choose another.",
                    },
                )
            seen.add(found.pk)
            found = found.replaced_by
