import re
from collections.abc import Container

from django.core.exceptions import ValidationError
from django.db import models

from catalogue.fields import LineField, ProseField

from .history import History
from .taxonomy import Category

WORD = re.compile(r"[^\W_]")
#: “category 1.2.5” is a place in the default taxonomy, “risk 4.2” one in that of risks.
PLACE = re.compile(r"(category|risk)\s+([0-9.]+)$", re.IGNORECASE)


class Synonym(models.Model):
    """What readers type for something that the catalogue has under other words."""

    term = LineField(
        "word",
        max_length=100,
        unique=True,
        help_text="What readers type, such as “kill switch”. Plurals and other spellings of it count too.",
    )
    also_typed = ProseField(
        blank=True,
        help_text="Other words that they type for the same, one per line.",
    )
    means = ProseField(
        help_text="What is searched for beside it, one per line: words that the catalogue uses, or a place such as "
        "“category 1.2.5” (of the default taxonomy) or “risk 4.2”. Only what a reader of these words surely wants.",
    )
    note = ProseField(blank=True, help_text="Why, where that is not plain.")

    history = History()

    class Meta:
        ordering = ["term"]

    def __str__(self):
        return self.term

    @property
    def typed(self) -> list[str]:
        """All that readers type for it, its own word first."""
        return [self.term, *lines(self.also_typed)]

    def clean(self):
        """Raises ValidationError where a line has no word, or leads to a place that there is
        not.
        """
        for name in ("term", "also_typed", "means"):
            for line in without_words(getattr(self, name)):
                raise ValidationError(
                    {name: f"“{line}” has no letter and no digit."},
                )
        for line in missing_places(self.means, places()):
            raise ValidationError(
                {"means": f"There is no {line}: give a code that is there."},
            )


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def without_words(text: str) -> list[str]:
    """The lines of which nothing could be searched for."""
    return [line for line in lines(text) if not WORD.search(line)]


def place_named(line: str) -> str:
    """A place as it is looked up, such as “category 1.2.5”, however it is written; empty: it
    is words.
    """
    place = PLACE.match(line)
    return f"{place[1].lower()} {place[2]}" if place else ""


def place_name(code: str, *, is_of_risks: bool, is_default: bool) -> str:
    """How a category of such a taxonomy is named as a place. Empty: no synonym leads there."""
    if is_of_risks:
        return f"risk {code}"
    return f"category {code}" if is_default else ""


def places() -> dict[str, Category]:
    """What a synonym can lead to, as `place_named` names it."""
    found = {}
    for category in Category.objects.select_related("taxonomy"):
        taxonomy = category.taxonomy
        name = place_name(
            category.code,
            is_of_risks=taxonomy.is_of_risks,
            is_default=taxonomy.is_default,
        )
        if name:
            found[name] = category
    return found


def missing_places(means: str, known: Container[str]) -> list[str]:
    """The lines that name a place that is not among those known."""
    named = [line for line in lines(means) if place_named(line)]
    return [line for line in named if place_named(line) not in known]
