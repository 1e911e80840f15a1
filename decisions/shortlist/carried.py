"""The shortlist that the pages of a list carry along in their address (`s=`), so that a reader can
go on choosing there: no cookie, and nothing of it on a device.
"""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse

from catalogue.fields import accession_from
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from catalogue.pages.layouts import Carried, without_page

from ..selected import AnyNamesField, address_with
from .places import MOST, has_room, overfilled, taking_places

PARAMETER = "s"
#: Of a page that knows of no choice: what is added there stands alone.
BEGIN = "Begin a shortlist"
ADD = "Add to shortlist"
TAKE_OUT = "Take out of shortlist"
FULL = "Your shortlist is full: open it"
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


def carried_field() -> CarriedField:
    return CarriedField(required=False)


def carried_in(filters: MitigationFilter) -> list[str]:
    """What is chosen, each once, in the reader's order."""
    return list(dict.fromkeys(filters.data.getlist(PARAMETER)))


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
        return FULL, address_with("shortlist", chosen)
    chosen.append(mitigation.accession)
    return ADD, filters.url(s=chosen, page=page)


def _has_room(filters: MitigationFilter, chosen: list[str]) -> bool:
    """Whether one more can be added. Asks the database only where that hangs on it."""
    if has_room(len(chosen)):
        return True
    keys = filters.once("placed", lambda: taking_places(chosen))
    return has_room(len(keys))


def shortlist_of(filters: MitigationFilter) -> str:
    """The address that makes a shortlist of a list, behind what is chosen already; empty where
    it would hold nothing, or too many.
    """
    count = len(filters.keys)
    if not 0 < count <= MOST or count + _others(filters) > MOST:
        return ""
    changes = without_page()
    changes[PARAMETER] = filters.data.getlist(PARAMETER)
    query = filters.url(**changes).partition("?")[2]
    return f"{reverse('shortlist-of-list')}?{query}"


def _others(filters: MitigationFilter) -> int:
    """How many are chosen, and take a place, that the list does not have."""
    chosen = carried_in(filters)
    if len(filters.keys) + len(chosen) <= MOST:
        # There is room for all of them, whichever they are.
        return len(chosen)
    return len(taking_places(chosen) - filters.keys)


def shortlist_bar(filters: MitigationFilter) -> dict[str, Any]:
    """What is chosen, and where that leads."""
    chosen = carried_in(filters)
    return {
        "count": len(chosen),
        "url": address_with("shortlist", chosen),
        "of_list_url": shortlist_of(filters),
        "list_count": len(filters.keys),
        "forget_url": filters.url(s=[], page=filters.data.getlist("page")),
    }


def choosing_url(accessions: list[str]) -> str:
    """The list of mitigations, carrying these."""
    query = urlencode([(PARAMETER, one) for one in accessions])
    address = reverse("mitigation-list")
    return f"{address}?{query}" if query else address


#: Its script stands in every page.
CHOSEN_FOR_SHORTLIST = Carried(
    carried_field,
    "decisions/_shortlist_bar.html",
    shortlist_bar,
    script="",
)
