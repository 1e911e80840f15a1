"""What the address of a brief says: a shortlist, and how long the brief is to be."""

from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import reverse

from ..selected import PARAMETER
from ..shortlist.state import ShortlistForm, ShortlistState

#: How long, and what each is called.
LENGTHS = {
    "1": "In short",
    "4": "With coverage and method",
    "full": "In full",
}
DEFAULT = "full"


class BriefForm(ShortlistForm):
    add = None  # type: ignore[assignment]
    length = forms.ChoiceField(choices=list(LENGTHS.items()), required=False)


class BriefState(ShortlistState):
    def __init__(self, data: QueryDict):
        super().__init__(data)
        self.form = BriefForm(data)

    @property
    def length(self) -> str:
        return self.data.get("length") or DEFAULT

    def brief_url(self, route: str = "brief", length: str = "") -> str:
        """Of the same mitigations in another form, or of another length."""
        pairs = [(PARAMETER, one) for one in self.selected.accessions]
        if self.target:
            pairs.append(("for", self.target))
        length = length or self.length
        if length != DEFAULT:
            pairs.append(("length", length))
        address = reverse(route)
        return f"{address}?{urlencode(pairs)}" if pairs else address
