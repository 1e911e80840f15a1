"""What a reader chose to compare, carried along in the address of a list: `compare=M0001,M0014`."""

from collections.abc import Iterable
from typing import Any

from django import forms

from catalogue.listing.chosen import ChosenField, as_accessions
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from catalogue.pages.layouts import Carried

from ..selected import address_with
from .state import MOST, TOO_MANY_TO_COMPARE

PARAMETER = "compare"


class ToCompareField(ChosenField):
    """Takes up to five accessions, repeated or with commas. A mitigation that was withdrawn since
    is taken too: the comparison says so, and what replaces it.
    """

    none_such = ": there is no mitigation of this number"

    def to_python(self, value):
        names: list[str] = []
        for text in super().to_python(value):
            names += [name.strip() for name in text.split(",") if name.strip()]
        return list(dict.fromkeys(as_accessions(names)))

    def known(self, names):
        return set(_statuses(names))

    def validate(self, value):
        super().validate(value)
        count = len(value) - len(_withdrawn_among(value))
        if count > MOST:
            message = TOO_MANY_TO_COMPARE.format(count=count)
            raise forms.ValidationError(message)


def _statuses(names: Iterable[str]) -> dict[str, str]:
    """Of those that there are or were, by their accessions."""
    rows = Mitigation.objects.with_page().filter(accession__in=names)
    return dict(rows.order_by().values_list("accession", "status"))


def _withdrawn_among(names: Iterable[str]) -> list[str]:
    """They are told of by the comparison, and take no other's place."""
    seen = Mitigation.Status.PUBLISHED
    found = _statuses(names)
    return [name for name, status in found.items() if status != seen]


def made_field() -> ToCompareField:
    return ToCompareField(required=False)


def comparison_bar(filters: MitigationFilter) -> dict[str, Any]:
    """How many are chosen, and where that leads. Whoever clears it stays on the page of the list."""
    names = made_field().to_python(filters.values(PARAMETER))
    withdrawn = _withdrawn_among(names)
    changes = {PARAMETER: [], "page": filters.data.getlist("page")}
    return {
        "chosen_count": len(names) - len(withdrawn),
        "withdrawn": withdrawn,
        "most": MOST + len(withdrawn),
        "open_url": address_with("compare", names),
        "clear_url": filters.url(**changes),
    }


CHOSEN_TO_COMPARE = Carried(
    made_field,
    "decisions/_compare_bar.html",
    comparison_bar,
    "js/compare.js",
)
