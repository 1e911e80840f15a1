"""What the address of a shortlist says: which mitigations, in the reader's order, and what the
reader answers for.
"""

import re
from collections.abc import Iterable
from functools import cached_property
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import reverse

from catalogue.listing.crosstab import AXES
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from catalogue.pages.views import OF_THE_PAGE
from serving.parameters import Problem
from serving.strict import StrictForm

from ..selected import PARAMETER, AnyNamesField, Selected, select

MOST = 60
TOO_MANY = "A shortlist holds at most {most} mitigations, and {count} are named: split it, or leave some out."
#: What stands between names in a column or a line that is pasted.
BETWEEN = re.compile(r"[\s,;|\"']+")
#: Between the name of a filter and its value in `for`.
COLON = ":"


class ShortlistForm(StrictForm):
    m = AnyNamesField(required=False)
    add = forms.CharField(required=False, max_length=5_000)

    def __init__(self, data: QueryDict):
        super().__init__(data)
        # What the reader answers for: a filter and its value, such as “risk:7”.
        self.fields["for"] = forms.CharField(required=False, max_length=200)


class ShortlistState:
    """Its values hold only where there are no `problems`."""

    def __init__(self, data: QueryDict):
        self.data = data
        self.form = ShortlistForm(data)

    @property
    def names(self) -> list[str]:
        return self.data.getlist(PARAMETER)

    @property
    def added(self) -> list[str]:
        """What is pasted to be added: names between commas, blanks or ends of lines."""
        return [one for one in BETWEEN.split(self.data.get("add", "")) if one]

    @cached_property
    def selected(self) -> Selected:
        return select(
            [*self.names, *self.added],
            Mitigation.objects.for_list(),
        )

    @property
    def target(self) -> str:
        """What the reader answers for, as it stands in the address."""
        return self.form.data.get("for", "")

    @property
    def responsibility(self) -> tuple[str, str] | None:
        """(filter, value) of what the reader answers for; None: for everything."""
        name, _, value = self.target.partition(COLON)
        return (name, value) if name else None

    @cached_property
    def universe(self) -> MitigationFilter:
        """All mitigations that bear on what the reader answers for."""
        query = QueryDict(mutable=True)
        if self.responsibility:
            name, value = self.responsibility
            query[name] = value
        filters = MitigationFilter(query, Mitigation.objects.for_list())
        filters.address = reverse("mitigation-list")
        return filters

    @cached_property
    def problems(self) -> list[Problem]:
        problems = list(self.form.problems)
        if not problems and self.responsibility:
            problems += self._of_responsibility()
        count = len(self.selected.mitigations) if not problems else 0
        if count > MOST:
            text = TOO_MANY.format(most=MOST, count=count)
            problems.append(Problem(PARAMETER, "", text, []))
        return problems

    def _of_responsibility(self) -> list[Problem]:
        assert self.responsibility
        name, value = self.responsibility
        if name not in AXES or not value:
            text = f"“for” takes a filter and its value, such as risk:7, and “{self.target}” is none."
            return [Problem("for", self.target, text, list(AXES))]
        return [
            Problem("for", one.value, one.message, one.allowed)
            for one in self.universe.problems
        ]

    def url(self, accessions: Iterable[str] | None = None) -> str:
        """With other mitigations."""
        if accessions is None:
            accessions = self.selected.accessions
        pairs = [(PARAMETER, one) for one in accessions]
        if self.target:
            pairs.append(("for", self.target))
        address = reverse("shortlist")
        return f"{address}?{urlencode(pairs)}" if pairs else address

    def without_url(self, accession: str) -> str:
        return self.url(
            one for one in self.selected.accessions if one != accession
        )

    def with_url(self, accession: str) -> str:
        return self.url([*self.selected.accessions, accession])


def shortlist_of(filters: MitigationFilter) -> str:
    """The address that makes a shortlist of a list; empty where that has none, or too many."""
    if not 0 < len(filters.keys) <= MOST:
        return ""
    query = filters.url(**OF_THE_PAGE).partition("?")[2]
    return f"{reverse('shortlist-of-list')}?{query}"
