import datetime

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce, Greatest, Least
from django.db.models.lookups import Exact

from catalogue.fields import IdentifierField, LineField, ProseField

from .history import History
from .instrument import Instrument
from .mitigation import Classification, Mitigation
from .provision import Provision


class MappingQuerySet(models.QuerySet):
    def published(self):
        """Mappings whose mitigations may all be seen."""
        seen = Mitigation.Status.PUBLISHED
        return self.filter(
            Q(target=None) | Q(target__status=seen),
            source__status=seen,
        )

    def from_published(self):
        """Of published mitigations, for where many mappings are chosen by something else: with
        `published`, SQLite would walk all mitigations that are published first.
        """
        status = Coalesce("source__status", models.Value(""))
        return self.filter(Exact(status, Mitigation.Status.PUBLISHED))

    def about(self, mitigation):
        return self.filter(Q(source=mitigation) | Q(target=mitigation))

    def of_measures(self):
        """Between mitigations, and to entries of frameworks that are not listed here."""
        return self.filter(provision=None)

    def of_provisions(self):
        """What laws, codes and standards ask about mitigations: binding law first, and of each
        instrument in the order of its provisions.
        """
        is_law = Q(provision__instrument__kind=Instrument.Kind.LAW)
        return (
            self.filter(provision__isnull=False)
            .select_related("source__document", "provision__instrument")
            .order_by(
                Case(When(is_law, then=0), default=1),
                "provision__instrument__position",
                "provision__instrument__slug",
                "provision__position",
                "pk",
            )
        )

    def in_force_on(self, day: datetime.date):
        """Of provisions of law that apply on that day."""
        return self.filter(provision__in=Provision.objects.in_force_on(day))

    def with_measures(self):
        """With what those between mitigations are shown with."""
        return self.select_related(
            "source__document",
            "target__document",
        ).order_by("relation", "pk")

    def for_display(self):
        return self.with_measures().select_related("provision__instrument")


class Mapping(models.Model):
    """How a mitigation relates to another, to a provision of a law, code or standard, or to an
    entry of an outside framework, in SKOS terms.
    """

    class Relation(models.TextChoices):
        EXACT = "exactMatch", "the same measure"
        CLOSE = "closeMatch", "nearly the same measure"
        BROAD = "broadMatch", "a broader measure"
        NARROW = "narrowMatch", "a narrower measure"
        RELATED = "relatedMatch", "a related measure"

    class Force(models.TextChoices):
        """What an instrument does about the measure, the strongest first."""

        REQUIRES = "requires", "requires"
        OWN = "own", "has the developer set its own"
        EXAMPLE = "example", "names as an example"
        DISCLOSE = "disclose", "asks to disclose"
        SUGGESTS = "suggests", "suggests"

    INVERSE = {
        Relation.BROAD: Relation.NARROW,
        Relation.NARROW: Relation.BROAD,
    }

    source = models.ForeignKey(
        Mitigation,
        on_delete=models.CASCADE,
        related_name="mappings_from",
    )
    relation = models.CharField(max_length=20, choices=Relation)
    target = models.ForeignKey(
        Mitigation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="mappings_to",
        help_text="Another mitigation here; or leave empty and choose a provision, or name a framework's entry.",
    )
    provision = models.ForeignKey(
        Provision,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="mappings",
        help_text="What a law, code, framework or standard that is listed here asks for.",
    )
    force = models.CharField(
        max_length=10,
        choices=Force,
        blank=True,
        help_text="What the provision or entry does about this measure. Empty: not said, of an entry alone.",
    )
    confidence = models.CharField(
        max_length=10,
        choices=Classification.Confidence,
        blank=True,
        help_text="How sure who says so is. Empty: not reported.",
    )
    framework = LineField(max_length=100, blank=True)
    framework_version = LineField(max_length=40, blank=True)
    entry = IdentifierField(
        max_length=100,
        blank=True,
        help_text="The entry's id in the framework.",
    )
    entry_name = LineField(max_length=200, blank=True)
    asserted_by = LineField(max_length=120, help_text="Who says so.")
    note = ProseField(
        blank=True,
        help_text="Why. One sentence; a mapping to a provision has one always.",
    )

    objects = MappingQuerySet.as_manager()
    history = History()

    class Meta:
        ordering = ["source", "relation", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(target=None) | ~Q(source=F("target")),
                name="a_mitigation_is_not_mapped_to_itself",
                violation_error_message="A mitigation cannot be mapped to itself.",
            ),
            models.CheckConstraint(
                condition=Q(
                    target__isnull=False,
                    provision=None,
                    framework="",
                    entry="",
                )
                | Q(
                    target=None,
                    provision__isnull=False,
                    framework="",
                    framework_version="",
                    entry="",
                    entry_name="",
                )
                | (
                    Q(target=None, provision=None)
                    & ~Q(framework="")
                    & ~Q(entry="")
                ),
                name="a_mapping_has_one_target",
                violation_error_message="Choose another mitigation, or a provision, or give a framework and its entry: one of "
                "the three.",
            ),
            models.CheckConstraint(
                condition=Q(target=None) | Q(force=""),
                name="a_mitigation_asks_for_nothing",
                violation_error_message="Another mitigation asks for nothing: force is of provisions and entries.",
            ),
            # What a law asks would otherwise stand before readers without what it does, or why.
            models.CheckConstraint(
                condition=Q(provision=None) | ~Q(force=""),
                name="a_mapping_to_a_provision_says_what_it_does",
                violation_error_message="Say what the provision does about the measure: choose a force.",
            ),
            models.CheckConstraint(
                condition=Q(provision=None) | ~Q(note=""),
                name="a_mapping_to_a_provision_says_why",
                violation_error_message="Say why the provision is judged to ask for the measure: give a note.",
            ),
            # In either direction: "A narrower than B" and "B broader than A" are one statement.
            models.UniqueConstraint(
                Least("source", "target"),
                Greatest("source", "target"),
                condition=Q(target__isnull=False),
                name="two_mitigations_are_mapped_once",
                violation_error_message="These two mitigations are mapped already.",
            ),
            models.UniqueConstraint(
                fields=["source", "framework", "framework_version", "entry"],
                condition=Q(target=None, provision=None),
                name="an_entry_is_mapped_once",
                violation_error_message="This entry is mapped already.",
            ),
            models.UniqueConstraint(
                fields=["source", "provision"],
                condition=Q(provision__isnull=False),
                name="a_provision_is_mapped_once",
                violation_error_message="This provision is mapped already.",
            ),
            models.CheckConstraint(
                condition=Q(
                    relation__in=[
                        "exactMatch",
                        "closeMatch",
                        "broadMatch",
                        "narrowMatch",
                        "relatedMatch",
                    ],
                ),
                name="mapping_relation_is_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    force__in=[
                        "",
                        "requires",
                        "own",
                        "example",
                        "disclose",
                        "suggests",
                    ],
                ),
                name="mapping_force_is_known",
            ),
            models.CheckConstraint(
                condition=Q(confidence__in=["", "high", "moderate", "low"]),
                name="mapping_confidence_is_known",
            ),
        ]

    def __str__(self):
        return f"{self.source} {self.relation} {self.other_end}"

    @property
    def other_end(self) -> str:
        """What it is mapped to, in words."""
        if self.target:
            return str(self.target)
        if self.provision:
            return str(self.provision)
        parts = (self.framework, self.framework_version, self.entry)
        return " ".join(filter(None, parts))

    def seen_from(self, mitigation):
        """The other end and the relation to it, as a reader of `mitigation` sees them:
        (Mitigation or None, Relation).
        """
        if self.source_id == mitigation.pk:
            return self.target, self.Relation(self.relation)
        return self.source, self.INVERSE.get(
            self.relation,
            self.Relation(self.relation),
        )


#: What names its measure, or nearly so: of a law that requires this, one may say that it requires
#: the measure.
NEAR = (Mapping.Relation.EXACT, Mapping.Relation.CLOSE)

#: What a provision asks for, as seen from the measure. A law that requires something related does not
#: require the measure.
ASKED_AS = {
    Mapping.Relation.EXACT: "this measure",
    Mapping.Relation.CLOSE: "nearly this measure",
    Mapping.Relation.NARROW: "a part of this measure",
    Mapping.Relation.BROAD: "something wider that this measure serves",
    Mapping.Relation.RELATED: "something related to this measure",
}
