"""What the address of a shortlist says: which mitigations, in the reader's order, what was left
out, what the reader answers for, and how they are shown.
"""

import re
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from urllib.parse import quote_plus, urlencode

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from catalogue.fields import CleanedCharField, on_one_line
from catalogue.listing.asked_fields import DayField
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from catalogue.models.mitigation import MitigationQuerySet
from serving.parameters import Problem, clipped
from serving.strict import StrictForm

from ..models import LONGEST_TITLE, ShortLink
from ..selected import PARAMETER, AnyNamesField, Selected, select
from . import answered_for, left_out
from .answered_for import AnsweredFor
from .left_out import (
    COLON,
    Omissions,
    ReasonField,
    left_out_of,
    reason_problems,
)
from .links import stored_link
from .order import orders
from .places import has_room, overfilled

#: What stands between names in a column or a line that is pasted.
BETWEEN = re.compile(r"[\s,;|\"']+")
#: In `undo`: which place of the list was whose.
UNDONE = re.compile(r"^([1-9][0-9]?)\.([A-Z][0-9]{4,9})\Z")
NO_UNDO = "“undo” says where what was taken out stood, such as 3.M0014."
NO_CODE = "A code of a short link has digits and capitals."
#: The lower of the two levels of risks.
DEEPER = 2
YET_TO_COME = "{day} is yet to come: give the day on which it was put together, {today} at the latest."
NO_ORDER = "A shortlist cannot be sorted by “{sort}”."
#: What has one value, and stays when the list changes.
STAYING = ("title", "sort", "risk_level", "as_of")
#: All that an address holds beside what is chosen: whatever leads back to a shortlist carries it.
BESIDE = (left_out.PARAMETER, answered_for.PARAMETER, *STAYING)


class PastDayField(DayField):
    """A day on which something was put together."""

    def validate(self, value):
        super().validate(value)
        today = timezone.now().date().isoformat()
        if value > today:
            text = YET_TO_COME.format(day=value, today=today)
            raise forms.ValidationError(text)


class ShortlistForm(StrictForm):
    m = AnyNamesField(required=False)
    add = forms.CharField(required=False, max_length=5_000)
    # What to begin with, such as “risk:7”.
    begin = forms.CharField(required=False, max_length=200)
    x = AnyNamesField(required=False)
    # Which mitigation to leave out, and why: what the page's own form sends.
    leave = forms.CharField(required=False, max_length=100)
    why = ReasonField()
    sort = forms.CharField(required=False, max_length=200)
    as_of = PastDayField(required=False)
    # What its reader calls it, and the code of its short link.
    title = CleanedCharField(
        required=False,
        max_length=LONGEST_TITLE,
        clean_text=on_one_line,
    )
    link = forms.RegexField(
        r"^[0-9A-Z]{1,52}\Z",
        required=False,
        error_messages={"invalid": NO_CODE},
    )
    # How deep the risks are that it is held against.
    risk_level = forms.ChoiceField(
        choices=[("1", "1"), ("2", "2")],
        required=False,
    )
    undo = forms.RegexField(
        UNDONE,
        required=False,
        error_messages={"invalid": NO_UNDO},
    )

    def __init__(self, data: QueryDict):
        super().__init__(data)
        self.fields[answered_for.PARAMETER] = AnyNamesField(required=False)


class ShortlistState:
    """Its values hold only where there are no `problems`."""

    def __init__(self, data: QueryDict):
        self.data = data
        self.form = ShortlistForm(data)

    @staticmethod
    def rows() -> MitigationQuerySet:
        """What the mitigations are read from."""
        return Mitigation.objects.select_related("document")

    @property
    def names(self) -> list[str]:
        return self.data.getlist(PARAMETER)

    @cached_property
    def accessions(self) -> list[str]:
        """Of what is chosen, in the reader's order."""
        return self.selected.accessions

    @property
    def added(self) -> list[str]:
        """What is pasted to be added: names between commas, blanks or ends of lines."""
        return [one for one in BETWEEN.split(self.data.get("add", "")) if one]

    @cached_property
    def selected(self) -> Selected:
        return select(
            [*self.names, *self.added],
            self.rows(),
        )

    @property
    def leave(self) -> str:
        """The name of what is to be left out from now on."""
        return self.data.get("leave", "").strip()

    @property
    def left_out_names(self) -> list[str]:
        """As they stand in the address, with their reasons."""
        names = self.data.getlist(left_out.PARAMETER)
        if self.leave:
            names = [*names, f"{self.leave}{COLON}{self.data.get('why', '')}"]
        return names

    @cached_property
    def omissions(self) -> Omissions:
        return left_out_of(
            self.left_out_names,
            self.selected.accessions,
            self.rows(),
        )

    @cached_property
    def answered_for(self) -> AnsweredFor:
        """What the reader answers for."""
        return AnsweredFor(self.data.getlist(answered_for.PARAMETER))

    @property
    def as_of(self) -> date | None:
        """The day on which the reader put it together, as the address says."""
        text = self.data.get("as_of", "")
        return date.fromisoformat(text) if text else None

    @property
    def title(self) -> str:
        """What its reader calls it; empty: nothing."""
        return on_one_line(self.data.get("title", ""))

    @cached_property
    def short_link(self) -> ShortLink | None:
        """The link in the address, if it is this list's."""
        code = self.data.get("link", "")
        link = stored_link(code) if code else None
        if link is None or link.accessions != self.selected.accessions:
            return None
        return link if link.answered_for == self.answered_for.targets else None

    @property
    def risk_level(self) -> int:
        return int(self.data.get("risk_level") or 1)

    @property
    def sort(self) -> str:
        """The order in which it is shown; empty: the reader's own."""
        return self.data.get("sort", "")

    @property
    def undone(self) -> tuple[int, str] | None:
        """(place, accession) of what was taken out last; None where it is back already."""
        match = UNDONE.fullmatch(self.data.get("undo", ""))
        if match is None or match[2] in self.selected.accessions:
            return None
        return int(match[1]) - 1, match[2]

    @property
    def universe(self) -> MitigationFilter:
        """All mitigations that bear on what the reader answers for."""
        return self.answered_for.universe

    @cached_property
    def problems(self) -> list[Problem]:
        problems = list(self.form.problems)
        problems += reason_problems(self.left_out_names)
        if self.sort and self.sort not in orders():
            known = [one for one in orders() if one]
            text = NO_ORDER.format(sort=clipped(self.sort))
            problems.append(Problem("sort", self.sort, text, known))
        if not problems:
            problems += self.answered_for.problems
        if problems:
            return problems
        named = {
            # What was withdrawn stands on the page to be told of, and takes no other's place.
            PARAMETER: len(self.selected.published),
            left_out.PARAMETER: len(self.omissions.rows),
        }
        for parameter, count in named.items():
            problems += overfilled(parameter, count)
        return problems

    # Its addresses

    @property
    def is_canonical(self) -> bool:
        """Whether the address names each as it is written here, and adds and leaves out nothing
        by the way.
        """
        omissions = self.omissions
        return (
            not (self.added or self.leave)
            and self.data.getlist(answered_for.PARAMETER)
            == self.answered_for.targets
            and self.selected.is_canonical
            and omissions.selected.is_canonical
            and len(omissions.rows) == len(omissions.selected.mitigations)
        )

    def held(
        self,
        accessions: Iterable[str] | None = None,
        omitted: Iterable[str] | None = None,
        targets: Iterable[str] | None = None,
        **changes: str,
    ) -> list[tuple[str, str]]:
        """All that its address holds, as (parameter, value): with other mitigations, others left
        out, answered for something else, or with other values of further parameters. What is
        empty is not there.
        """
        if accessions is None:
            accessions = self.accessions
        if omitted is None:
            omitted = self.omissions.values
        if targets is None:
            targets = self.answered_for.targets
        pairs = [(PARAMETER, one) for one in accessions]
        pairs += [(left_out.PARAMETER, one) for one in omitted]
        pairs += [(answered_for.PARAMETER, one) for one in targets]
        for name, value in (self._staying | changes).items():
            if value:
                pairs.append((name, value))
        return pairs

    @cached_property
    def _staying(self) -> dict[str, str]:
        return {name: self.data.get(name, "") for name in STAYING}

    def url(
        self,
        accessions: Iterable[str] | None = None,
        omitted: Iterable[str] | None = None,
        targets: Iterable[str] | None = None,
        **changes: str,
    ) -> str:
        """Of what it holds, with such changes."""
        if accessions is None:
            accessions = self.accessions
        parts = [f"{PARAMETER}={one}" for one in _quoted(list(accessions))]
        if pairs := self.held([], omitted, targets, **changes):
            parts.append(urlencode(pairs))
        start = self._address
        return f"{start}?{'&'.join(parts)}" if parts else start

    @cached_property
    def _address(self) -> str:
        """Of any shortlist. A page of sixty has hundreds of links to others."""
        return reverse("shortlist")

    @property
    def query(self) -> str:
        """All that it holds, as the query of an address."""
        return self.url().partition("?")[2]

    def without_url(self, accession: str) -> str:
        """Without one; what is there then offers to undo it, and has the reader there."""
        accessions = self.accessions
        place = accessions.index(accession) + 1
        rest = [one for one in accessions if one != accession]
        return f"{self.url(rest, undo=f'{place}.{accession}')}#undo"

    @property
    def is_full(self) -> bool:
        return not has_room(len(self.selected.published))

    def with_url(self, accession: str) -> str:
        """With one more; empty where there is no place for it."""
        if self.is_full:
            return ""
        return self.url(
            [*self.accessions, accession],
            self.omissions.without(accession),
        )

    def leaving_url(self, accession: str) -> str:
        """With one of them left out, as one that was looked at and not taken. Leads to the field
        for the reason.
        """
        rest = [one for one in self.accessions if one != accession]
        address = self.url(rest, [*self.omissions.values, accession])
        return f"{address}#why-{accession}"

    def forgetting_url(self, accession: str) -> str:
        """Without one of those left out."""
        return self.url(omitted=self.omissions.without(accession))

    @property
    def undo_url(self) -> str:
        """With what was taken out last at its place again; empty: nothing was, or its place is
        taken.
        """
        if self.undone is None or self.is_full:
            return ""
        place, accession = self.undone
        accessions = self.accessions.copy()
        accessions.insert(place, accession)
        return self.url(accessions)


def _quoted(names: list[str]) -> list[str]:
    """A page of sixty has hundreds of addresses: where nothing needs quoting, all are as they are."""
    together = "".join(names)
    if together.isascii() and together.isalnum():
        return names
    return [quote_plus(name) for name in names]
