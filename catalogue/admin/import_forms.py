"""Forms of an import: the file with what holds for all its rows, and what its columns are."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify

from catalogue.fields import CleanedCharField
from catalogue.files.importing import rules
from catalogue.files.importing.columns import Guess
from catalogue.files.importing.kinds import IMPORTERS
from catalogue.files.importing.kinds.base import Importer, Options
from catalogue.files.importing.kinds.place_attributes import (
    CONFIDENCES,
    ORIGINS,
)
from catalogue.files.importing.opening import (
    KINDS_OF_FILE,
    LARGEST_FILE,
    file_type,
)
from catalogue.files.importing.reading import HowToRead
from catalogue.files.importing.text_files import ENCODINGS
from catalogue.models import Document, ImportProfile


class ReadingForm(forms.Form):
    """How a file is read, where that is not to be found from it."""

    sheet = forms.CharField(
        required=False,
        max_length=100,
        help_text="Of a workbook. Else the sheet that is visible and has most known column names.",
    )
    header_row = forms.IntegerField(
        label="Row of column names",
        required=False,
        min_value=1,
        max_value=1000,
        help_text="As the spreadsheet numbers it. Else it is found, and what stands above is passed over.",
    )
    encoding = forms.ChoiceField(
        required=False,
        choices=[("", "found from the file"), *ENCODINGS.items()],
        help_text="Of CSV and TSV. Choose it where letters with accents come out wrong.",
    )


class UploadForm(ReadingForm):
    """A file, how it is read, and what holds for all its rows."""

    field_order = ["kind", "file", "profile"]

    kind = forms.ChoiceField(label="What is in it")
    file = forms.FileField(
        help_text=f"{KINDS_OF_FILE}, at most {LARGEST_FILE // 2**20} MB.",
    )
    profile = forms.ModelChoiceField(
        ImportProfile.objects.all(),
        required=False,
        empty_label="none: guess the columns",
        help_text="How the columns of such a file were read before.",
    )
    document = forms.ModelChoiceField(
        Document.objects.order_by("label"),
        required=False,
        to_field_name="slug",
        empty_label="as each row says",
        help_text="The source of all mitigations whose row names none.",
    )
    scheme = CleanedCharField(
        label="Scheme of keys",
        required=False,
        max_length=50,
        help_text="If the file numbers its rows: a short name for that list, such as acme-controls. Row 17 then gets the external "
        "identifier acme-controls:17, and the corrected file changes it instead of adding it again.",
    )
    coder = CleanedCharField(
        required=False,
        max_length=120,
        help_text="Who classified or mapped, where a row does not say so.",
    )
    rationale = CleanedCharField(
        label="Reason",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Of classifications that come without one, such as “Placed there by the source’s table 3.”",
    )
    origin = forms.ChoiceField(
        label="Who says so",
        required=False,
        choices=[("", "as each row says, or this project"), *ORIGINS.items()],
        help_text="Of classifications: whether the source itself published them, or this project judged so.",
    )
    confidence = forms.ChoiceField(
        label="How sure",
        required=False,
        choices=[
            ("", "as each row says, or not reported"),
            *CONFIDENCES.items(),
        ],
        help_text="Of classifications that do not say it.",
    )
    publish = forms.BooleanField(
        label="Publish what is added",
        required=False,
        help_text="Otherwise additions are drafts, unless a row says otherwise.",
    )
    keep_accessions = forms.BooleanField(
        label="Take accessions from the file",
        required=False,
        help_text="For an export of this catalogue: mitigations that are missing here are added under the accessions they had.",
    )
    skip_same = forms.BooleanField(
        label="Leave out what is here already",
        required=False,
        help_text="Additions whose name the same document has already. Otherwise they are added, with a warning.",
    )
    empty_cells = forms.BooleanField(
        label="Empty cells empty the field",
        required=False,
        help_text="Otherwise an empty cell leaves what stands.",
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kind_choices(user)  # type: ignore[attr-defined]
        self.fields["coder"].initial = (
            user.get_full_name() or user.get_username()
        )
        self.fields["profile"].label_from_instance = _profile_label  # type: ignore[attr-defined]

    def clean_file(self):
        file = self.cleaned_data["file"]
        file_type(file.name)
        if file.size > LARGEST_FILE:
            raise ValidationError(
                f"It has {file.size / 2**20:.0f} MB; {LARGEST_FILE // 2**20} are possible: divide it.",
            )
        return file

    def clean_scheme(self):
        return clean_scheme(self.cleaned_data["scheme"])

    def clean(self):
        cleaned = super().clean() or {}
        profile = cleaned.get("profile")
        if profile and cleaned.get("kind") and profile.kind != cleaned["kind"]:
            self.add_error(
                "profile",
                f"This profile is for {IMPORTERS[profile.kind].label.lower()}: choose another, or none.",
            )
        return cleaned

    @property
    def options(self) -> dict[str, Any]:
        """Those of the profile, with what is said here in their place."""
        profile = self.cleaned_data.get("profile")
        options = dict(profile.options) if profile else {}
        for name in (
            *Options.__dataclass_fields__,
            *HowToRead.__dataclass_fields__,
        ):
            if value := self.cleaned_data.get(name):
                options[name] = value
        if document := self.cleaned_data.get("document"):
            options["document"] = document.slug
        return options


def kind_choices(user: Any) -> list[tuple[str, str]]:
    """(name, label) of each kind of record that somebody may import."""
    return [
        (importer.name, importer.label)
        for importer in IMPORTERS.values()
        if rules.may_import_kind(user, importer.name)
    ]


def _profile_label(profile: ImportProfile) -> str:
    return f"{profile.name} ({IMPORTERS[profile.kind].label.lower()})"


def clean_scheme(text: str) -> str:
    if text and slugify(text) != text:
        raise ValidationError(
            f"A scheme is written like “{slugify(text) or 'acme-controls'}”: small letters, digits, hyphens.",
        )
    return text


class ColumnsForm(forms.Form):
    """What each column of a file is. `pairs` has each column with its field of the form."""

    scheme = CleanedCharField(
        label="Scheme of keys",
        required=False,
        max_length=50,
    )
    profile = CleanedCharField(
        label="Save as a profile called",
        required=False,
        max_length=80,
        help_text="To read the next such file in the same way.",
    )

    def __init__(
        self,
        *args,
        guesses: list[Guess],
        importer: Importer,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        choices = [("", "– leave out –")]
        for field in importer.fields.values():
            choices.append((field.name, f"{field.label} ({field.name})"))
        self.columns = [one.column for one in guesses]
        self.pairs = []
        for number, one in enumerate(guesses):
            name = f"column-{number}"
            self.fields[name] = forms.ChoiceField(
                choices=choices,
                required=False,
                initial=one.field,
                label=one.column,
            )
            self.pairs.append((one, self[name]))
        if "scheme" not in importer.options:
            del self.fields["scheme"]

    def clean_scheme(self):
        return clean_scheme(self.cleaned_data["scheme"])

    @property
    def chosen(self) -> dict[str, str]:
        return {
            column: self.cleaned_data[f"column-{number}"]
            for number, column in enumerate(self.columns)
        }
