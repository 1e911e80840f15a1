"""What the address of a matrix says: which fields, what its cells say, which rows are open, and
the filters of the list.
"""

from collections.abc import Iterable
from functools import cached_property
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import reverse

from catalogue.files.exports.address import ListAddress
from catalogue.listing.cell_figures import SHOWS
from catalogue.listing.crosstab import AXES, OpenedField
from catalogue.listing.filters import MitigationFilter
from catalogue.listing.simple_filters import LONGEST_QUERY
from catalogue.models import Mitigation
from catalogue.releases.crosstabs import AGAINST, Against
from serving.parameters import Problem
from serving.strict import StrictForm

#: As deep as a taxonomy goes.
DEEPEST = 5
#: What stands without being written: the value of each parameter that has one.
DEFAULTS = {
    "rows": "category",
    "columns": "phase",
    "show": "count",
    "empty": "keep",
    "scale": "fixed",
    "sort": "code",
}
#: Ways to begin, by what they are called.
BEGINNINGS = {
    "By category and lifecycle phase": {},
    "By risk and category": {"rows": "risk", "columns": "category"},
    "By category and actor": {"columns": "actor"},
    "By category and study": {"columns": "study"},
}


def _choice_field(**words: str) -> forms.ChoiceField:
    return forms.ChoiceField(choices=list(words.items()), required=False)


def _level() -> forms.ChoiceField:
    levels = [(str(number), str(number)) for number in range(1, DEEPEST + 1)]
    return forms.ChoiceField(choices=levels, required=False)


class MatrixForm(StrictForm):
    """The parameters that are the matrix's own. All else is the filters' to judge."""

    rows_level = _level()
    columns_level = _level()
    empty = _choice_field(keep="keep", hide="hide")
    scale = _choice_field(fixed="fixed", own="own")
    sort = _choice_field(code="code", total="total")
    open = OpenedField(required=False)
    against = forms.CharField(required=False, max_length=LONGEST_QUERY)
    mark = forms.CharField(required=False, max_length=LONGEST_QUERY)

    def __init__(self, data: QueryDict):
        super().__init__(data, extra=data)
        axes = [(name, kind.noun) for name, kind in AXES.items()]
        shows = [(name, show.label) for name, show in SHOWS.items()]
        # Other apps register theirs when Django is ready.
        for name, choices in [
            ("rows", axes),
            ("columns", axes),
            ("show", shows),
        ]:
            self.fields[name] = forms.ChoiceField(
                choices=choices,
                required=False,
            )


class MatrixState:
    """What an address says. Its values hold only where there are no `problems`."""

    def __init__(self, data: QueryDict):
        self.data = data
        self.form = MatrixForm(data)
        rest = data.copy()
        for name in self.form.fields:
            rest.pop(name, None)
        #: Those of the list, with the addresses of the list.
        self.filters = MitigationFilter(
            rest,
            Mitigation.objects.published(),
            extra=list(self.form.fields),
        )
        self.filters.address = reverse("mitigation-list")

    @cached_property
    def problems(self) -> list[Problem]:
        problems = self.form.problems + self.filters.problems
        if problems:
            return problems
        if self["rows"] == self["columns"]:
            problems.append(self._same_twice())
        if self.against:
            problems += self.against.problems_beside(self["show"])
        return problems

    def _same_twice(self) -> Problem:
        field = AXES[self["rows"]].noun
        others = [name for name in AXES if name != self["rows"]]
        return Problem(
            "columns",
            self["columns"],
            f"Rows and columns are both by {field}: choose another field for one of them.",
            others,
        )

    def __getitem__(self, name: str) -> str:
        """What a parameter says, or what stands for it. KeyError where it is none of the matrix's
        own: a template asks this first for each attribute of a state.
        """
        if name not in self.form.fields:
            raise KeyError(name)
        values = [value for value in self.data.getlist(name) if value]
        return values[0] if values else DEFAULTS.get(name, "")

    def level(self, name: str) -> int | None:
        """“rows_level” or “columns_level”; None where it is not written."""
        return int(self[name]) if self[name] else None

    @cached_property
    def against(self) -> Against | None:
        """The other state that its numbers are compared with."""
        text = self[AGAINST]
        return Against(text, self.filters) if text else None

    @property
    def mark(self) -> str:
        """The words that are looked for in cells."""
        return self["mark"].strip()

    @property
    def opened(self) -> list[str]:
        """The codes of rows that are opened."""
        return list(dict.fromkeys(self.data.getlist("open")))

    def parameters(self, **changes: Iterable[str]) -> list[tuple[str, str]]:
        """All that its address says, in one order: its own parameters, then those of the list.
        What stands without being written is left out. `changes` replace values.
        """
        pairs = []
        for name, given in self._given.items():
            values = changes.get(name, given)
            # Most have none.
            for value in dict.fromkeys(values) if values else ():
                if value and value != DEFAULTS.get(name):
                    pairs.append((name, value))
        return pairs

    @cached_property
    def _given(self) -> dict[str, list[str]]:
        """What each parameter is given, in the order of an address."""
        found: dict[str, list[str]] = {}
        for name in self.form.fields:
            found[name] = self.data.getlist(name)
        for name in [*self.filters.filters, "ordering"]:
            found[name] = self.filters.values(name)
        return found

    def url(self, **changes: Iterable[str]) -> str:
        query = urlencode(self.parameters(**changes))
        address = reverse("matrix")
        return f"{address}?{query}" if query else address

    @cached_property
    def query(self) -> str:
        """All that its address says."""
        return urlencode(self.parameters())

    def file_url(self, layout: str, form: str) -> str:
        """Of what the page shows, as a file."""
        address = reverse("matrix-file", args=[layout, form])
        return f"{address}?{self.query}" if self.query else address

    def address(self, base_url: str) -> ListAddress:
        """Of the page, whole."""
        query = QueryDict(self.query)
        return ListAddress(base_url, reverse("matrix"), query)

    @property
    def choices(self) -> dict[str, list[str]]:
        """What was chosen beside the two fields, by parameter."""
        chosen: dict[str, list[str]] = {}
        for name, value in self.parameters():
            if name not in ("rows", "columns"):
                chosen.setdefault(name, []).append(value)
        return chosen

    @property
    def beside_form(self) -> list[tuple[str, str]]:
        """What a form that asks for fields and show sends on as it is. What is open, and how
        deep, belongs to the fields of before.
        """
        left_out = {"rows", "columns", "show", "open", "mark"}
        left_out |= {"rows_level", "columns_level"}
        return [one for one in self.parameters() if one[0] not in left_out]


def matrix_of(filters: MitigationFilter) -> str:
    """The address of the matrix under the filters of a list. Made without a state, which would
    copy every filter once more for each list.
    """
    pairs = []
    for name in filters.filters:
        pairs += [(name, value) for value in filters.values(name) if value]
    query = urlencode(list(dict.fromkeys(pairs)))
    address = reverse("matrix")
    return f"{address}?{query}" if query else address
