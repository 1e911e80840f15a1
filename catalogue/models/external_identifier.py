"""By which names other catalogues know a mitigation."""

from django.core.exceptions import ValidationError
from django.db import models

from catalogue.fields import (
    IdentifierField,
)

from .history import History
from .mitigation import Mitigation

#: What readers call the catalogues that are known here.
SCHEME_NAMES = {
    "mit-mitigation-database": "MIT database",
    "mitre-atlas": "MITRE ATLAS",
}


class ExternalIdentifier(models.Model):
    """What another catalogue calls this mitigation, such as AML.M0004 in MITRE ATLAS."""

    mitigation = models.ForeignKey(
        Mitigation,
        on_delete=models.CASCADE,
        related_name="external_identifiers",
    )
    scheme = models.SlugField(
        help_text="Which catalogue, such as mitre-atlas.",
    )
    value = IdentifierField(max_length=100)
    url = models.URLField(blank=True)
    history = History()

    class Meta:
        ordering = ["scheme", "value"]
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "value"],
                name="an_external_identifier_names_one_mitigation",
                violation_error_message="Another mitigation has this identifier.",
            ),
        ]

    def __str__(self):
        return self.value

    @property
    def scheme_name(self) -> str:
        """Which catalogue, for readers."""
        return SCHEME_NAMES.get(self.scheme, self.scheme)

    def clean(self):
        """Says which other mitigation has it: it has to be taken off there first."""
        same = ExternalIdentifier.objects.filter(
            scheme=self.scheme,
            value=self.value,
        ).exclude(pk=self.pk)
        other = same.select_related("mitigation").first()
        if other is not None:
            was = (
                " (withdrawn)"
                if other.mitigation.status == Mitigation.Status.WITHDRAWN
                else ""
            )
            raise ValidationError(
                f"It names {other.mitigation.accession}{was}: take it off there first.",
            )
