"""What is stored of what readers put together: short links, where a reader asks for one."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact, GreaterThanOrEqual
from django.urls import reverse

from catalogue.fields import LineField

#: The fewest signs of a code: fifty bits.
SHORTEST_CODE = 10
LONGEST_TITLE = 80
LENGTH_OF_DIGEST = 64
NOTHING_TO_LINK = "A short link needs measures: choose some first."


class ShortLink(models.Model):
    """A shortlist under a short address, for ever: which measures in which order, what its reader
    answers for, and a title where one was given. It says nothing of who asked for it, nor when.

    The database lets nothing of it be changed.
    """

    code = models.CharField(max_length=52, unique=True)
    digest = models.CharField(max_length=LENGTH_OF_DIGEST, unique=True)
    names = models.TextField(
        help_text="Numbers of mitigations, in the reader's order.",
    )
    targets = models.TextField(
        blank=True,
        # Processes of the version before go on writing links while this one is put in place.
        db_default="",
        help_text="What the reader answers for, such as “risk:7”; empty: everything.",
    )
    title = LineField(max_length=LONGEST_TITLE, blank=True)

    class Meta:
        verbose_name = "short link of a shortlist"
        verbose_name_plural = "short links of shortlists"
        constraints = [
            models.CheckConstraint(
                condition=GreaterThanOrEqual(Length("code"), SHORTEST_CODE),
                name="a_code_cannot_be_guessed_by_trying",
                violation_error_message=f"A code has at least {SHORTEST_CODE} signs.",
            ),
            models.CheckConstraint(
                condition=Exact(Length("digest"), LENGTH_OF_DIGEST),
                name="a_digest_is_whole",
                violation_error_message=f"A digest has {LENGTH_OF_DIGEST} signs.",
            ),
            models.CheckConstraint(
                condition=Q(names__startswith="M"),
                name="a_short_link_leads_to_something",
                violation_error_message=NOTHING_TO_LINK,
            ),
            models.CheckConstraint(
                condition=~Q(title__contains="://")
                & ~Q(title__contains="www."),
                name="a_title_holds_no_address",
                violation_error_message="A title holds no address: leave it out.",
            ),
        ]

    def __str__(self):
        return self.code

    def get_absolute_url(self):
        return reverse("short-link", args=[self.code])

    @property
    def accessions(self) -> list[str]:
        return self.names.split()

    @property
    def answered_for(self) -> list[str]:
        return self.targets.split()
