"""The filter by mitigations that a reader chose, each by its accession: `m=M0001&m=M0014`."""

from typing import Any, ClassVar

from django import forms
from pyroaring import BitMap

from catalogue.fields import accession_from

from ..models import Mitigation
from .facet_filter import IndexFilter
from .index import Index

#: What is wrong with a name that none of them has.
NONE_SUCH = ": there is no published mitigation of this number"


def _why_not(name: str) -> str:
    """What is wrong with a name that stands for no mitigation as it is written."""
    accession = accession_from(name)
    rows = Mitigation.objects.published()
    if accession and rows.filter(accession=accession).exists():
        return f": write it as {accession}"
    return NONE_SUCH


class ChosenField(forms.MultipleChoiceField):
    """Takes accessions of published mitigations, and names each that is none."""

    def validate(self, value):
        rows = Mitigation.objects.published().filter(accession__in=value)
        known = set(rows.values_list("accession", flat=True))
        errors = []
        for name in dict.fromkeys(value):
            if name not in known:
                params: dict[str, Any] = {
                    "value": name,
                    "allowed": [],
                    "reason": _why_not(name),
                }
                error = forms.ValidationError(
                    "",
                    code="invalid_choice",
                    params=params,
                )
                errors.append(error)
        if errors:
            raise forms.ValidationError(errors)


class ChosenFilter(IndexFilter):
    """Those named, whatever else is asked for too."""

    field_class = ChosenField
    takes_several = True
    value_schema: ClassVar = {
        "type": "array",
        "items": {"type": "string", "pattern": r"^M\d{4,}$"},
    }
    explanation = "Accessions of mitigations: only these. Repeat it for each."

    def label_of(self, values: list[str]) -> str:
        return f"{len(set(values))} chosen"

    def narrow(self, index: Index, keys: BitMap, values: list[str]) -> BitMap:
        rows = Mitigation.objects.published().filter(accession__in=values)
        return keys & BitMap(rows.order_by().values_list("pk", flat=True))
