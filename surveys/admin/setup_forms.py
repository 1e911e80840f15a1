"""The forms of the steps in which a study is set up."""

from django import forms
from django.core.exceptions import ValidationError

from catalogue.fields import CleanedCharField, slug_from
from surveys.design import setup as designing
from surveys.models import Criterion, Item, Scale, Study


class AboutForm(forms.ModelForm):
    class Meta:
        model = Study
        fields = ["label", "title", "method", "limits", "year", "document"]
        widgets = {
            "method": forms.Textarea(attrs={"rows": 4}),
            "limits": forms.Textarea(attrs={"rows": 3}),
        }
        labels = {"document": "Published in"}
        help_texts = {
            "year": "Of the survey. Empty: of its document, or the year in which it closes here.",
            "document": "Only for a survey that ran elsewhere, whose answers you bring in: its authors, year and licence are "
            "taken from there. Leave it empty for a study that runs here.",
        }

    def clean_document(self):
        document = self.cleaned_data["document"]
        if document:
            self.instance.require_nobody_invited()
        return document

    def save(self, commit=True):
        self.instance.ran_elsewhere = self.instance.document is not None
        return super().save(commit)

    def clean_label(self):
        label = self.cleaned_data["label"]
        if not self.instance.pk:
            self.instance.slug = self._free_slug(label)
        return label

    def _free_slug(self, label):
        if not any(sign.isalnum() for sign in label):
            raise ValidationError(
                "Give it a label with letters or digits: it stands in the address of the study.",
            )
        slug = slug_from(label, 45) or "study"
        alike = Study.objects.filter(slug__startswith=slug)
        taken = set(alike.values_list("slug", flat=True))
        return designing.unused_slug(slug, taken)


class AskedForm(forms.ModelForm):
    new_areas = CleanedCharField(
        required=False,
        label="Further areas of expertise",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One on each line. They are kept for other studies too.",
    )

    class Meta:
        model = Study
        fields = [
            "items_per_expert",
            "risk_areas",
            "expertise_areas",
            "asks_combination",
            "combination_limit",
            "consensus_percent",
            "min_cell_size",
        ]
        widgets = {
            "risk_areas": forms.CheckboxSelectMultiple,
            "expertise_areas": forms.CheckboxSelectMultiple,
        }
        labels = {
            "items_per_expert": "Measures for each expert",
            "combination_limit": "Most measures in a combination",
            "expertise_areas": "Areas of expertise",
            "consensus_percent": "Consensus from, in per cent",
        }
        help_texts = {
            "risk_areas": "Questions that are asked by risk area are asked once for each of these.",
            "expertise_areas": "Each expert names one. Groups smaller than the minimum cell size are never shown.",
        }

    field_order = [
        "items_per_expert",
        "risk_areas",
        "expertise_areas",
        "new_areas",
        "asks_combination",
        "combination_limit",
        "consensus_percent",
        "min_cell_size",
    ]

    def save(self, commit=True):
        study = super().save(commit)
        try:
            study.expertise_areas.add(
                *designing.add_expertise(
                    self.cleaned_data["new_areas"].splitlines(),
                ),
            )
        except ValidationError as refused:
            raise ValidationError(
                [f"Further areas: {message}" for message in refused.messages],
            ) from refused
        return study


class ConsentForm(forms.ModelForm):
    class Meta:
        model = Study
        fields = ["welcome", "consent_text"]
        widgets = {
            "welcome": forms.Textarea(attrs={"rows": 5}),
            "consent_text": forms.Textarea(attrs={"rows": 12}),
        }


class WordingForm(forms.ModelForm):
    class Meta:
        model = Item
        fields = ["position", "wording"]
        widgets = {"wording": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "wording": "Empty: experts see what the catalogue says of it when the first round opens.",
        }


class CriterionForm(forms.ModelForm):
    answers = forms.ChoiceField(label="Scale")

    class Meta:
        model = Criterion
        fields = [
            "name",
            "question",
            "clause",
            "is_support",
            "by_risk_area",
            "position",
        ]
        widgets = {"question": forms.Textarea(attrs={"rows": 2})}
        help_texts = {
            "question": "Where it is asked by risk area, {risk area} stands for the area’s name; without it, the name is "
            "put at the end.",
        }

    field_order = [
        "name",
        "question",
        "clause",
        "answers",
        "is_support",
        "by_risk_area",
        "position",
    ]

    def __init__(self, *args, scales=(), count=0, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["answers"].choices = scales
        self.initial["answers"] = str(self.instance.scale_id or "")
        if not self.instance.pk:
            self.initial["position"] = count + 1
        # Questions that another adds meanwhile do not make an empty form look filled in.
        self.fields["position"].show_hidden_initial = True

    def chosen_scale(self) -> Scale:
        chosen = self.cleaned_data["answers"]
        if chosen.isdecimal():
            return Scale.objects.get(pk=chosen)
        return designing.starting_scale(chosen)


def scale_choices() -> list:
    """Those that are there, and those that can be had as they are."""
    scales = list(Scale.objects.prefetch_related("points").order_by("name"))
    in_use = []
    for scale in scales:
        labels = ", ".join(str(point) for point in scale.points.all())
        in_use.append((str(scale.pk), f"{scale}: {labels}"))
    slugs = {scale.slug for scale in scales}
    starting = []
    for slug, start in designing.STARTING_SCALES.items():
        if slug not in slugs:
            labels = ", ".join(label for _, label, *_ in start.points)
            starting.append((slug, f"{start.name}: {labels}"))
    choices: list = [("", "Choose a scale")]
    if in_use:
        choices.append(("In use", in_use))
    if starting:
        choices.append(("To start from", starting))
    return choices
