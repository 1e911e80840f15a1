"""What the filters by what laws, codes and standards ask for take."""

import datetime

from django import forms

from ..models import Provision
from .known_names import KnownNamesField


class ProvisionField(KnownNamesField):
    """Takes the keys of provisions, such as “eu-ai-act:Article 55”."""

    none_such = (
        ": there is no such provision. Write the instrument, a colon and the id, such as "
        "eu-ai-act:Article 55"
    )

    def known(self, names):
        return Provision.objects.names_known(names)


class DayField(forms.CharField):
    """A day in ISO 8601, and nothing beside it: what reads it takes it as it is given."""

    def __init__(self, **kwargs):
        super().__init__(strip=False, **kwargs)

    def validate(self, value):
        if not value:
            return
        try:
            is_day = datetime.date.fromisoformat(value).isoformat() == value
        except ValueError:
            is_day = False
        if not is_day:
            raise forms.ValidationError("Give a day such as 2026-12-02.")
