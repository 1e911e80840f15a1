from django.db import models

from catalogue.fields import LineField, ProseField
from serving.addresses import address_of

from .history import History


class Term(models.Model):
    """An entry of a vocabulary. Special terms ("Unable to classify") come last and never count
    as a phase or an actor.

    Each vocabulary is a class, and says what it is called: `parameter`, one of its terms in
    addresses and data files; `relation`, its terms on a mitigation, in addresses of pages and of
    files; `list_name`, its list in the API and its data file; `title`, `purpose` and
    `heading` (above its terms on the home page), for people; `schema_name`, a record of the API;
    `example`, the slug of a term that comes with it, which the documentation of the API shows.
    """

    parameter: str
    relation: str
    list_name: str
    title: str
    purpose: str
    schema_name: str
    heading: str
    example: str

    slug = models.SlugField(
        unique=True,
        help_text="Stands in addresses. Do not change it once published.",
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
        return address_of(f"{self.parameter}-detail", self.slug)

    @property
    def vocabulary_url(self):
        """The page of all terms of its vocabulary."""
        return address_of(f"{self.parameter}-list")


class LifecyclePhase(Term):
    """When in a system's life a measure is taken."""

    parameter = "phase"
    relation = "phases"
    list_name = "lifecycle-phases"
    title = "Lifecycle phases"
    purpose = "When in a system’s life a mitigation is carried out."
    schema_name = "LifecyclePhase"
    heading = "By lifecycle phase"
    example = "deploy"
    history = History()


class Actor(Term):
    """Who carries a measure out."""

    parameter = "actor"
    relation = list_name = "actors"
    title = "Actors"
    purpose = "Who carries a mitigation out."
    schema_name = "Actor"
    heading = "By who acts"
    example = "developer"
    history = History()


class RiskManagementFunction(Term):
    """Govern, map, measure or manage."""

    parameter = "function"
    relation = list_name = "functions"
    title = "Risk-management functions"
    purpose = "Which part of managing risk a mitigation belongs to: to govern, map, measure or manage."
    schema_name = "Function"
    heading = "By function"
    example = "manage"
    history = History()

    class Meta(Term.Meta):
        verbose_name = "function"


#: In the order in which they are told of. Pages, the API, files and the admin have each of them.
VOCABULARIES: tuple[type[Term], ...] = (
    LifecyclePhase,
    Actor,
    RiskManagementFunction,
)
