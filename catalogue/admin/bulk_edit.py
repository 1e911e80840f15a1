"""The form of an edit of many mitigations at once, as fields of theirs declare it."""

from functools import singledispatch

from django import forms
from django.core.exceptions import ValidationError

from catalogue.curation.bulk import BULK_STATUSES, BulkEdit
from catalogue.fields import CleanedCharField
from catalogue.record.field_types import Choice, Field, Flag, Status, Terms
from catalogue.record.fields import in_order

LEAVE = ("", "leave as it is")
#: What a bulk edit can change, in the order of its form.
IN_BULK = [
    one for one in in_order("preliminary", "status") if one.in_bulk_edit
]


@singledispatch
def bulk_fields(declared: Field) -> dict[str, forms.Field]:
    """The fields of the form, by name, that change a field of many mitigations at once."""
    raise NotImplementedError(f"{type(declared).__name__} {declared.name}")


@bulk_fields.register
def _bulk_fields_of_flag(declared: Flag) -> dict[str, forms.Field]:
    choices = [LEAVE, ("true", "yes"), ("false", "no")]
    return {declared.stored_as: choice_field(declared, choices)}


@bulk_fields.register
def _bulk_fields_of_choice(declared: Choice) -> dict[str, forms.Field]:
    return {
        declared.stored_as: choice_field(declared, [LEAVE, *declared.choices]),
    }


@bulk_fields.register
def _bulk_fields_of_status(declared: Status) -> dict[str, forms.Field]:
    choices = [(one.value, one.label) for one in BULK_STATUSES]
    return {declared.stored_as: choice_field(declared, [LEAVE, *choices])}


@bulk_fields.register
def _bulk_fields_of_terms(declared: Terms) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    for verb in ("add", "remove"):
        fields[f"{verb}_{declared.name}"] = forms.ModelMultipleChoiceField(
            declared.terms._default_manager.all(),
            required=False,
            label=f"{verb.capitalize()} {declared.name}",
            widget=forms.CheckboxSelectMultiple,
        )
    return fields


def choice_field(
    declared: Field,
    choices: list[tuple[str, str]],
) -> forms.ChoiceField:
    label = declared.label.capitalize()
    return forms.ChoiceField(label=label, choices=choices, required=False)


class BulkEditForm(forms.Form):
    """What to change on the mitigations that were ticked."""

    reason = CleanedCharField(
        max_length=100,
        widget=forms.TextInput,
        help_text="Stands in the history of every mitigation that changes, and, where one is withdrawn, at its address.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for declared in IN_BULK:
            self.fields.update(bulk_fields(declared))
        self.fields["reason"] = self.fields.pop("reason")  # it comes last

    def clean(self):
        cleaned = super().clean()
        if not any(
            cleaned.get(name) for name in self.fields if name != "reason"
        ):
            raise ValidationError("Choose what to change.")
        return cleaned

    def edit(self) -> BulkEdit:
        cleaned = self.cleaned_data
        edit = BulkEdit(status=cleaned["status"] or None)
        for declared in IN_BULK:
            if isinstance(declared, Terms):
                edit.add[declared.name] = list(cleaned[f"add_{declared.name}"])
                edit.remove[declared.name] = list(
                    cleaned[f"remove_{declared.name}"],
                )
            elif (
                isinstance(declared, Flag | Choice)
                and cleaned[declared.stored_as]
            ):
                value = cleaned[declared.stored_as]
                is_flag = isinstance(declared, Flag)
                edit.values[declared.stored_as] = (
                    value == "true" if is_flag else value
                )
        return edit
