"""Laws, codes, frameworks and standards."""

import datetime
import re

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.formats import date_format

from catalogue.fields import IdentifierField, LineField, ProseField

from .history import History

#: A year, a month or a day: of some instruments no more is known.
DATE_IN_PART = re.compile(
    r"[0-9]{4}(-(0[1-9]|1[0-2])(-[0-9]{2})?)?$",
    re.ASCII,
)


def validate_date_in_part(text: str) -> None:
    """Raises ValidationError for what is no year, month or day."""
    if DATE_IN_PART.match(text):
        try:
            datetime.date.fromisoformat(f"{text}-01-01"[:10])
        except ValueError:
            pass
        else:
            return
    raise ValidationError(
        "Give a day such as 2023-12-18, or a month or a year if no more is known: 2023-12, 2023.",
    )


class Instrument(models.Model):
    """A law, code, framework or standard that asks something of whoever develops or uses AI."""

    class Kind(models.TextChoices):
        LAW = "law", "binding law"
        CODE = "code", "voluntary code"
        FRAMEWORK = "framework", "voluntary framework"
        STANDARD = "standard", "standard"
        COMMUNITY = "community", "community standard"

    #: Its days that readers rely on: changed with a reason.
    DAYS = ("in_force_on", "ended_on")

    slug = models.SlugField(
        unique=True,
        help_text="Stands in addresses. Do not change it once published.",
    )
    title = LineField(max_length=300)
    short_title = LineField(
        max_length=60,
        help_text="For lists, such as “California SB 53”.",
    )
    issuer = LineField(max_length=200, help_text="Who made it.")
    kind = models.CharField(max_length=20, choices=Kind)
    status_note = ProseField(
        "status",
        help_text="What it is and whom it binds now, in one to three sentences.",
    )
    applies_to_note = ProseField(
        "to whom it applies",
        blank=True,
        help_text="Where parts of it differ in that.",
    )
    published = IdentifierField(
        max_length=10,
        blank=True,
        validators=[validate_date_in_part],
        help_text="When it was adopted or published, such as 2024-07-12; a month or a year if no more is known.",
    )
    published_as = LineField(
        max_length=30,
        blank=True,
        help_text="What happened on that day, such as “signed” or “promulgated”. Empty: it was published.",
    )
    in_force_on = models.DateField(
        "in force from",
        null=True,
        blank=True,
        help_text="Of a law: the first day. Provisions may say another day of their own.",
    )
    ended_on = models.DateField(
        "no longer current from",
        null=True,
        blank=True,
        help_text="The first day on which it was repealed or replaced. Empty: it is current.",
    )
    version = LineField(max_length=100, blank=True)
    replaced_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaces",
        help_text="What took its place. Mappings to its provisions are out of date then.",
    )
    url = models.URLField(max_length=300, help_text="Where it is published.")
    url_label = LineField(
        "what is there",
        max_length=60,
        blank=True,
        help_text="Where it is not the text itself, such as “About it (text not opened)”. Empty: its text.",
    )
    sections_of = LineField(
        max_length=100,
        blank=True,
        help_text="Of a law: the code whose sections its ids are, such as “New York General Business Law”.",
    )
    further_links = ProseField(
        blank=True,
        help_text="Its parts and amendments, one per line: the address, a blank, and what is there.",
    )
    licence = LineField(
        max_length=100,
        blank=True,
        help_text="Of its text. Empty: not known.",
    )
    is_whole = models.BooleanField(
        "list is whole",
        default=False,
        help_text="Whether all that it asks for is listed here. Otherwise pages say that the list is in part.",
    )
    unverified = ProseField(
        "what was not verified",
        blank=True,
        help_text="What could not be checked, one per line. Pages show it.",
    )
    checked_on = models.DateField(
        "last looked at",
        null=True,
        blank=True,
        help_text="When what is listed and judged of it here was last gone through. What could not be compared with its source stands below.",
    )
    position = models.PositiveSmallIntegerField(default=0)

    history = History()

    class Meta:
        ordering = ["position", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "law",
                        "code",
                        "framework",
                        "standard",
                        "community",
                    ],
                ),
                name="instrument_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(in_force_on=None) | Q(kind="law"),
                name="only_law_is_in_force",
                violation_error_message="Only a law is in force from a day: leave it empty, or make this a binding law.",
            ),
            models.CheckConstraint(
                condition=Q(in_force_on=None)
                | Q(ended_on=None)
                | Q(ended_on__gte=F("in_force_on")),
                name="an_instrument_ends_after_it_begins",
                violation_error_message="It cannot end before it is in force.",
            ),
            models.CheckConstraint(
                condition=Q(replaced_by=None) | ~Q(replaced_by=F("id")),
                name="an_instrument_does_not_replace_itself",
                violation_error_message="It cannot replace itself: choose another, or none.",
            ),
        ]

    def __str__(self):
        return self.short_title

    def get_absolute_url(self):
        return reverse("instrument-detail", args=[self.slug])

    @property
    def published_in_words(self) -> str:
        """“12 July 2024”, or the month or year, if no more is known."""
        parts = self.published.split("-")
        form = ("Y", "F Y", "j F Y")[len(parts) - 1]
        if not self.published:
            return ""
        day = datetime.date.fromisoformat(f"{self.published}-01-01"[:10])
        return date_format(day, form)

    @property
    def is_binding(self) -> bool:
        return self.kind == self.Kind.LAW

    @property
    def has_ended(self) -> bool:
        """Whether it was no longer current when it was last looked at. Where no day of that is known,
        nothing tells that it still was, and one with an end has ended.
        """
        looked_at = self.checked_on
        ended = self.ended_on
        return bool(ended and (looked_at is None or ended <= looked_at))

    @property
    def sections_in_words(self) -> str:
        """“sections of the New York General Business Law, unless another is named”: what its numbers
        are. Empty: its own, as its ids say.
        """
        if not self.sections_of:
            return ""
        return f"sections of the {self.sections_of}, unless another is named"

    @property
    def links(self) -> list[tuple[str, str]]:
        """(address, what is there) of its parts and amendments."""
        found = []
        for line in filter(
            None,
            map(str.strip, self.further_links.split("\n")),
        ):
            url, _, label = line.partition(" ")
            found.append((url, label.strip() or url))
        return found

    @property
    def unverified_list(self) -> list[str]:
        lines = map(str.strip, self.unverified.split("\n"))
        return [line for line in lines if line]

    def clean(self):
        """Raises ValidationError where instruments would replace each other in a circle."""
        refuse_circle(self, "replaced_by", "These would replace each other")


def refuse_circle(row: models.Model, name: str, what: str) -> None:
    """Raises ValidationError where a row comes back to itself along that name."""
    seen = {row.pk}
    found = getattr(row, name)
    while found:
        if found.pk in seen:
            raise ValidationError(
                {name: f"{what} in a circle: choose another."},
            )
        seen.add(found.pk)
        found = getattr(found, name)
