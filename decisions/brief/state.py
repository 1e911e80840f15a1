"""What the address of a brief says: a shortlist, how long the brief is to be, and which parts."""

from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import reverse

from catalogue.models import Mitigation
from catalogue.models.mitigation import MitigationQuerySet
from serving.strict import NamesField

from ..shortlist.state import ShortlistForm, ShortlistState

#: The part that there is only where something was left out.
LEFT_OUT = "left-out"
#: What a brief may hold, in its order, and what each is called.
PARTS = {
    "points": "Key points",
    "table": "The measures",
    "measures": "Each measure",
    "laws": "Laws, codes and standards",
    "coverage": "What it covers, and what not",
    "overlaps": "Overlaps",
    LEFT_OUT: "What was left out, and why",
    "method": "Method",
    "terms": "Terms",
    "references": "References",
}
#: How long, and what each is called.
LENGTHS = {
    "1": "In short",
    "4": "With coverage and method",
    "full": "In full",
}
DEFAULT = "full"
#: Where files with pages say which works sentences rest on, and what each is called.
NOTES = {
    "foot": "At the foot of pages (PDF, Word)",
    "end": "At the end alone",
}
FOOT = "foot"
#: What each length holds where nothing else is asked for.
PARTS_OF_LENGTHS = {
    "1": ["points", "table", LEFT_OUT, "references"],
    "4": [one for one in PARTS if one != "measures"],
    "full": list(PARTS),
}


class BriefForm(ShortlistForm):
    add = begin = undo = leave = why = link = None  # type: ignore[assignment]
    length = forms.ChoiceField(choices=list(LENGTHS.items()), required=False)
    notes = forms.ChoiceField(choices=list(NOTES.items()), required=False)
    parts = NamesField(choices=list(PARTS.items()), required=False)


class BriefState(ShortlistState):
    def __init__(self, data: QueryDict):
        super().__init__(data)
        self.form = BriefForm(data)

    @staticmethod
    def rows() -> MitigationQuerySet:
        """With all that a record says."""
        return Mitigation.objects.for_list()

    @property
    def length(self) -> str:
        return self.data.get("length") or DEFAULT

    @property
    def notes(self) -> str:
        return self.data.get("notes") or FOOT

    @property
    def parts(self) -> list[str]:
        """Those that are asked for, or else those of its length."""
        named = self.form.fields["parts"].to_python(self.data.getlist("parts"))
        if not named:
            return PARTS_OF_LENGTHS[self.length]
        return [one for one in PARTS if one in named]

    @property
    def possible_parts(self) -> list[str]:
        """Those that there is something to say in."""
        has_left_out = bool(self.omissions.rows)
        return [one for one in PARTS if one != LEFT_OUT or has_left_out]

    @property
    def has_own_parts(self) -> bool:
        """Whether they are others than its length has."""
        return self.parts != PARTS_OF_LENGTHS[self.length]

    def with_part_url(self, name: str) -> str:
        """With one part more, or where it is there without it; empty where no other would be
        left.
        """
        if self.parts == [name]:
            return ""
        changed = {*self.parts} ^ {name}
        return self.brief_url(parts=[one for one in PARTS if one in changed])

    def brief_url(
        self,
        route: str = "brief",
        length: str = "",
        parts: list[str] | None = None,
        notes: str = "",
        has_words: bool = True,
        accessions: list[str] | None = None,
    ) -> str:
        """Of the same mitigations, or of others, in another form; with a `length`, what that holds; with other
        `parts`; with `notes` elsewhere; with the reader's own words that the address holds, or
        without.
        """
        if has_words:
            pairs = self.held(accessions)
        else:
            omitted = [one.accession for one in self.omissions.rows]
            pairs = self.held(accessions, omitted, title="")
        if parts is None:
            parts = PARTS_OF_LENGTHS[length] if length else self.parts
        length = length or self.length
        if length != DEFAULT:
            pairs.append(("length", length))
        if parts != PARTS_OF_LENGTHS[length]:
            pairs.append(("parts", ",".join(parts)))
        if (notes or self.notes) != FOOT:
            pairs.append(("notes", notes or self.notes))
        address = reverse(route)
        return f"{address}?{urlencode(pairs, safe=',')}" if pairs else address
