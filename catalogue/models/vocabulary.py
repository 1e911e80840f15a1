from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from catalogue.fields import LineField, ProseField


class Term(models.Model):
    """An entry of a vocabulary. Special terms ("Unable to classify") come last and never count
    as a phase or an actor.
    """

    slug = models.SlugField(
        unique=True, help_text="Stands in addresses. Do not change it once published."
    )
    name = LineField(max_length=100, unique=True)
    definition = ProseField(help_text="One sentence.")
    position = models.PositiveSmallIntegerField(default=0)
    is_special = models.BooleanField(
        "special",
        default=False,
        help_text="Says that no ordinary term fits. Listed last.",
    )

    class Meta:
        abstract = True
        ordering = ["is_special", "position", "slug"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse(f"{self.parameter}-detail", args=[self.slug])


class LifecyclePhase(Term):
    """When in a system's life a measure is taken."""

    parameter = "phase"
    history = HistoricalRecords()


class Actor(Term):
    """Who carries a measure out."""

    parameter = "actor"
    history = HistoricalRecords()


class RiskManagementFunction(Term):
    """Govern, map, measure or manage."""

    parameter = "function"
    history = HistoricalRecords()

    class Meta(Term.Meta):
        verbose_name = "function"
