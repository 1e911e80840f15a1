"""A brief's title and purpose, and notes on its measures: in the reader's own words.

They are sent for one answer, and stand in it alone: no address has them, nothing stores them, and
no line of the log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django import forms

from catalogue.fields import CleanedCharField
from catalogue.models import Mitigation

LONGEST_TITLE = 150
LONGEST_PURPOSE = 2_000
LONGEST_NOTE = 600
NOTE = "note-"
#: By this a style sheet tells whether anything is written into a field.
UNWRITTEN = {"placeholder": " "}


@dataclass(frozen=True)
class Words:
    """`notes`: by the accession of a measure."""

    title: str = ""
    purpose: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def paragraphs(self) -> list[str]:
        """Of the purpose."""
        found = [" ".join(one.split()) for one in self.purpose.split("\n\n")]
        return [one for one in found if one]


class WordsForm(forms.Form):
    """With a field for a note on each of the measures."""

    title = CleanedCharField(
        label="Title",
        required=False,
        max_length=LONGEST_TITLE,
        widget=forms.TextInput(attrs=UNWRITTEN | {"autocomplete": "off"}),
        error_messages={
            "max_length": "A title has at most %(limit_value)d characters, and this has %(show_value)d.",
        },
    )
    purpose = CleanedCharField(
        label="Purpose",
        required=False,
        max_length=LONGEST_PURPOSE,
        widget=forms.Textarea(attrs=UNWRITTEN | {"rows": 4}),
        error_messages={
            "max_length": "A purpose has at most %(limit_value)d characters, and this has %(show_value)d.",
        },
    )

    def __init__(
        self,
        mitigations: list[Mitigation],
        data: Mapping[str, str] | None = None,
        title: str = "",
    ):
        """`title`: what the shortlist is called, until another one is sent."""
        super().__init__(data, label_suffix="", initial={"title": title})
        for one in mitigations:
            self.fields[f"{NOTE}{one.accession}"] = CleanedCharField(
                label=f"{one.name} ({one.accession})",
                required=False,
                max_length=LONGEST_NOTE,
                widget=forms.Textarea(attrs=UNWRITTEN | {"rows": 2}),
                error_messages={
                    "max_length": "A note has at most %(limit_value)d characters, and this has %(show_value)d.",
                },
            )

    @property
    def main_fields(self) -> list[forms.BoundField]:
        return [self["title"], self["purpose"]]

    @property
    def note_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(NOTE)]

    @property
    def has_notes(self) -> bool:
        """Whether any is written, or wrong."""
        return any(one.value() or one.errors for one in self.note_fields)

    @property
    def words(self) -> Words:
        """What is valid of it."""
        if not self.is_bound:
            return Words(self.initial["title"])
        self.is_valid()
        given = self.cleaned_data
        notes = {}
        for name, text in given.items():
            if name.startswith(NOTE) and text:
                notes[name.removeprefix(NOTE)] = " ".join(text.split())
        title = " ".join(given.get("title", "").split())
        return Words(title, given.get("purpose", ""), notes)
