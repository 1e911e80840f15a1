"""Forms of coding by two: a coder's choice, a third's decision, and who codes what."""

import re

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from catalogue.curation import double_coding
from catalogue.fields import CleanedCharField
from catalogue.models import (
    Category,
    Classification,
    Document,
    Mitigation,
    Taxonomy,
)

CODE = "catalogue.code_mitigation"
CONFIDENCE = [(one.value, one.label) for one in Classification.Confidence]
OTHER = "other"


class CodingForm(forms.Form):
    """One coder's choice."""

    category = forms.ModelChoiceField(
        Category.objects.none(),
        error_messages={
            "required": "Choose a category.",
            "invalid_choice": "This category is no longer there. Choose another.",
        },
    )
    confidence = forms.ChoiceField(
        choices=CONFIDENCE,
        widget=forms.RadioSelect,
        label="How sure are you?",
        error_messages={"required": "Say how sure you are."},
    )
    rationale = CleanedCharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=double_coding.LONGEST_TEXT,
        help_text="Why it stands there and not in a neighbouring category. One sentence.",
        error_messages={
            "required": double_coding.NO_RATIONALE,
        },
    )

    def __init__(self, *args, taxonomy, **kwargs):
        super().__init__(*args, use_required_attribute=False, **kwargs)
        self.fields["category"].queryset = Category.objects.filter(
            taxonomy=taxonomy,
        )


class DecisionForm(forms.Form):
    """What a third decides, and why."""

    choice = forms.ChoiceField(
        widget=forms.RadioSelect,
        label="It stands in",
        error_messages={"required": "Choose one."},
    )
    other = forms.ModelChoiceField(
        Category.objects.none(),
        required=False,
        label="Another category",
        empty_label="Choose if neither fits",
    )
    confidence = forms.ChoiceField(
        choices=CONFIDENCE,
        widget=forms.RadioSelect,
        label="How sure are you?",
        error_messages={"required": "Say how sure you are."},
    )
    reason = CleanedCharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=double_coding.LONGEST_TEXT,
        label="Why",
        help_text="Becomes the rationale that readers see: why it stands there and not in the other.",
        error_messages={
            "required": "Say why: the reason becomes the rationale that readers see.",
        },
    )

    def __init__(self, *args, unit, seats, **kwargs):
        super().__init__(*args, use_required_attribute=False, **kwargs)
        categories = [seat.category for seat in seats if seat.category]
        self.known = {str(category.pk): category for category in categories}
        choices = [
            (key, str(category)) for key, category in self.known.items()
        ]
        self.fields["choice"].choices = [*choices, (OTHER, "Another category")]
        self.fields["other"].queryset = Category.objects.filter(
            taxonomy=unit.taxonomy,
        )

    def clean(self):
        cleaned = super().clean()
        choice = cleaned.get("choice")
        if (
            choice == OTHER
            and not cleaned.get("other")
            and "other" not in self.errors
        ):
            self.add_error("other", "Choose the other category.")
        cleaned["category"] = self.known.get(choice) or cleaned.get("other")
        return cleaned


def coders():
    """Who may be given something to code."""
    backend = "django.contrib.auth.backends.ModelBackend"
    users = get_user_model().objects.with_perm(CODE, backend=backend)
    return users.filter(is_staff=True).order_by("username")


class AssignForm(forms.Form):
    """Which mitigations, in which taxonomy, by whom."""

    taxonomy = forms.ModelChoiceField(
        Taxonomy.objects.all(),
        empty_label=None,
        to_field_name="slug",
    )
    accessions = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=20_000,
        help_text="With spaces or commas between them; M0001-M0050 for all between. Empty: all of the document chosen below.",
    )
    document = forms.ModelChoiceField(
        Document.objects.all(),
        required=False,
        empty_label="Any document",
        to_field_name="slug",
    )
    only_gaps = forms.BooleanField(
        required=False,
        label="Only what has no primary place in the taxonomy yet",
    )
    first = forms.ModelChoiceField(
        get_user_model().objects.none(),
        required=False,
        label="First coder",
        empty_label="Whoever takes it",
    )
    second = forms.ModelChoiceField(
        get_user_model().objects.none(),
        required=False,
        label="Second coder",
        empty_label="Whoever takes it",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, use_required_attribute=False, **kwargs)
        for name in ("first", "second"):
            self.fields[name].queryset = coders()
            self.fields[name].label_from_instance = double_coding.name_of

    def clean_accessions(self):
        """The accessions that are named, each by itself."""
        text = self.cleaned_data["accessions"].upper().replace("–", "-")
        accessions = []
        for part in re.split(r"[\s,;]+", text):
            if part:
                accessions += _accessions_between(part)
        return accessions

    def clean(self):
        cleaned = super().clean()
        names = ("accessions", "document", "only_gaps")
        if not self.errors and not any(cleaned.get(name) for name in names):
            raise ValidationError(
                "Say which mitigations: give accessions, choose a document, or tick the box.",
            )
        return cleaned

    def mitigations(self):
        data = self.cleaned_data
        rows = Mitigation.objects.order_by("accession")
        if data["accessions"]:
            rows = rows.filter(accession__in=data["accessions"])
        if data["document"]:
            rows = rows.filter(document=data["document"])
        if data["only_gaps"]:
            primary = Classification.objects.filter(
                taxonomy=data["taxonomy"],
                is_primary=True,
            )
            rows = rows.exclude(pk__in=primary.values("mitigation"))
        return rows

    def coders(self) -> list:
        both = (self.cleaned_data["first"], self.cleaned_data["second"])
        return [coder for coder in both if coder]


ACCESSIONS = re.compile(r"M(\d{4,9})(?:-M?(\d{4,9}))?")


def _accessions_between(text: str) -> list[str]:
    """The one that is named, or all of M0001-M0050."""
    match = ACCESSIONS.fullmatch(text)
    if match is None:
        raise ValidationError(
            f"“{text[:40]}” is no accession. They look like M0001, or M0001-M0050.",
        )
    first = int(match[1])
    last = int(match[2] or match[1])
    if not first <= last < first + 10_000:
        raise ValidationError(
            f"“{text[:40]}” goes from a higher to a lower number, or names over 10,000.",
        )
    return [f"M{number:04}" for number in range(first, last + 1)]
