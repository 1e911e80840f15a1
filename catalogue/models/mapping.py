from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least

from catalogue.fields import IdentifierField, LineField, ProseField

from .history import History
from .mitigation import Mitigation


class MappingQuerySet(models.QuerySet):
    def published(self):
        """Mappings whose mitigations may all be seen."""
        seen = Mitigation.Status.PUBLISHED
        return self.filter(
            Q(target=None) | Q(target__status=seen),
            source__status=seen,
        )

    def about(self, mitigation):
        return self.filter(Q(source=mitigation) | Q(target=mitigation))

    def for_display(self):
        return self.select_related(
            "source__document",
            "target__document",
        ).order_by("relation", "pk")


class Mapping(models.Model):
    """How a mitigation relates to another, or to an entry of an outside framework, in SKOS
    terms.
    """

    class Relation(models.TextChoices):
        EXACT = "exactMatch", "the same measure"
        CLOSE = "closeMatch", "nearly the same measure"
        BROAD = "broadMatch", "a broader measure"
        NARROW = "narrowMatch", "a narrower measure"
        RELATED = "relatedMatch", "a related measure"

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
        help_text="Another mitigation here; or leave empty and name the framework's entry below.",
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
    note = ProseField(blank=True, help_text="Why. One sentence.")

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
                condition=Q(target__isnull=False, framework="", entry="")
                | (Q(target=None) & ~Q(framework="") & ~Q(entry="")),
                name="a_mapping_has_one_target",
                violation_error_message="Choose another mitigation, or give a framework and its entry, and not both.",
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
                condition=Q(target=None),
                name="an_entry_is_mapped_once",
                violation_error_message="This entry is mapped already.",
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
        ]

    def __str__(self):
        return f"{self.source} {self.relation} {self.target or f'{self.framework} {self.entry}'}"

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
