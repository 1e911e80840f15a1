"""The shortlist that the pages of a list carry along in their address, so that a reader can go on
choosing there: no cookie, and nothing of it on a device. `s=` has what is chosen, and `s_beside=`
all else that the shortlist's address holds, as it stands there.
"""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import reverse
from pyroaring import BitMap

from catalogue.fields import accession_from
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from catalogue.pages.layouts import Carried, without_page
from serving.parameters import Problem, clipped
from serving.strict import field_problems

from ..selected import AnyNamesField, address_with
from .places import MOST, has_room, overfilled, taking_places
from .state import BESIDE, ShortlistState

PARAMETER = "s"
#: Of a page that knows of no choice: what is added there stands alone.
BEGIN = "Begin a shortlist"
BESIDE_IT = "s_beside"
ADD = "Add to shortlist"
TAKE_OUT = "Take out of shortlist"
FULL = "Your shortlist is full: open it"
NOT_BESIDE = "“{name}” is nothing that a shortlist has beside its measures."
#: Reasons that fill their bounds, and all else that there can be.
LONGEST_BESIDE = 20_000
NO_NUMBER = "“{name}” is no number of a mitigation, such as M0014."


class CarriedField(AnyNamesField):
    """Numbers of mitigations, as they are written here; whether there are such the shortlist
    itself says.
    """

    def validate(self, value):
        for name in value:
            if accession_from(name) != name:
                raise forms.ValidationError(NO_NUMBER.format(name=name))
        if len(value) > MOST:
            for problem in overfilled(PARAMETER, len(taking_places(value))):
                raise forms.ValidationError(problem.message)


class BesideField(forms.CharField):
    """What the address of a shortlist holds beside what is chosen, judged as there."""

    def __init__(self):
        super().__init__(required=False, max_length=LONGEST_BESIDE)

    def validate(self, value):
        super().validate(value)
        data = QueryDict(value)
        for name in data:
            if name not in BESIDE:
                text = NOT_BESIDE.format(name=clipped(name))
                raise forms.ValidationError(text)
        if problems := ShortlistState(data).problems:
            raise forms.ValidationError([one.message for one in problems])


def carried_field() -> CarriedField:
    return CarriedField(required=False)


def carried_in(filters: MitigationFilter) -> list[str]:
    """What is chosen, each once, in the reader's order."""
    return list(dict.fromkeys(filters.data.getlist(PARAMETER)))


def carried_beside(filters: MitigationFilter) -> str:
    """All else that the shortlist's address holds, as a query; empty: nothing."""
    return QueryDict(filters.data.get(BESIDE_IT, "")).urlencode()


def carried_problems(filters: MitigationFilter) -> list[Problem]:
    fields = {PARAMETER: carried_field(), BESIDE_IT: BesideField()}
    problems = []
    for name, field in fields.items():
        problems += field_problems(name, field, filters.data.getlist(name))
    return problems


def shortlist_url(accessions: list[str], beside: str = "") -> str:
    """The address of the shortlist of these, with all else that it holds."""
    if not accessions:
        return f"{reverse('shortlist')}?{beside}"
    address = address_with("shortlist", accessions)
    return f"{address}&{beside}" if beside else address


def shortlist_with(mitigation: Mitigation) -> str:
    """The address of a shortlist that begins with it."""
    return address_with("shortlist", [mitigation.accession])


def toggled_in_list(
    filters: MitigationFilter,
    mitigation: Mitigation,
) -> tuple[str, str]:
    """(label, address) of the same page with a mitigation chosen, or chosen no more."""
    chosen = carried_in(filters)
    page = filters.data.getlist("page")
    if mitigation.accession in chosen:
        chosen.remove(mitigation.accession)
        return TAKE_OUT, filters.url(s=chosen, page=page)
    if not _has_room(filters, chosen):
        return FULL, shortlist_url(chosen, carried_beside(filters))
    chosen.append(mitigation.accession)
    return ADD, filters.url(s=chosen, page=page)


def _has_room(filters: MitigationFilter, chosen: list[str]) -> bool:
    """Whether one more can be added. Asks the database only where that hangs on it."""
    if has_room(len(chosen)):
        return True
    return has_room(len(_taking_places(filters, chosen)))


def _taking_places(
    filters: MitigationFilter,
    chosen: list[str],
) -> dict[str, int]:
    return filters.once("placed", lambda: taking_places(chosen))


def shortlist_of(filters: MitigationFilter) -> str:
    """The address that makes a shortlist of a list, behind what is chosen already; empty where
    it would hold nothing, or too many.
    """
    count = len(filters.keys)
    if not 0 < count <= MOST or count + _count_beside_list(filters) > MOST:
        return ""
    changes = without_page()
    for name in (PARAMETER, BESIDE_IT):
        changes[name] = filters.data.getlist(name)
    query = filters.url(**changes).partition("?")[2]
    return f"{reverse('shortlist-of-list')}?{query}"


def _count_beside_list(filters: MitigationFilter) -> int:
    """How many are chosen, and take a place, that the list does not have."""
    chosen = carried_in(filters)
    if len(filters.keys) + len(chosen) <= MOST:
        # There is room for all of them, whichever they are.
        return len(chosen)
    return len(BitMap(_taking_places(filters, chosen).values()) - filters.keys)


def shortlist_bar(filters: MitigationFilter) -> dict[str, Any]:
    """What is chosen, and where that leads."""
    chosen = carried_in(filters)
    return {
        "count": len(chosen),
        "url": shortlist_url(chosen, carried_beside(filters)),
        "of_list_url": shortlist_of(filters),
        "placeless": [
            one for one in chosen if one not in _taking_places(filters, chosen)
        ],
        "list_count": len(filters.keys),
        "forget_url": filters.url(
            s=[],
            s_beside=[],
            page=filters.data.getlist("page"),
        ),
    }


def beside_bar(filters: MitigationFilter) -> dict[str, Any]:
    """The same, where nothing is chosen: else the bar of what is chosen stands there."""
    if carried_in(filters):
        return {}
    return shortlist_bar(filters)


def choosing_url(state: ShortlistState) -> str:
    """The list of mitigations, carrying all of a shortlist."""
    pairs = [(PARAMETER, one) for one in state.selected.accessions]
    if beside := urlencode(state.held([])):
        pairs.append((BESIDE_IT, beside))
    address = reverse("mitigation-list")
    return f"{address}?{urlencode(pairs)}" if pairs else address


#: Its script stands in every page.
CHOSEN_FOR_SHORTLIST = Carried(
    carried_field,
    "decisions/_shortlist_bar.html",
    shortlist_bar,
    script="",
)
BESIDE_CHOSEN = Carried(
    BesideField,
    "decisions/_shortlist_bar.html",
    beside_bar,
    script="",
    is_own_words=True,
)
