import re

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
        for line in lines(self.means):
            place = PLACE.match(line)
            if place and not category_named(*place.groups()):
                raise ValidationError(
                    {
                        "means": f"There is no {line}: give a code that is there.",
                    },
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


def category_named(kind: str, code: str) -> Category | None:
    """What “category 1.2.5” or “risk 4.2” names, from its two parts."""
    categories = Category.objects.filter(code=code)
    if kind.lower() == "risk":
        categories = categories.filter(taxonomy__kind="risks")
    else:
        categories = categories.filter(taxonomy__is_default=True)
    return categories.select_related("taxonomy").first()
