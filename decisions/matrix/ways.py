"""Other ways to look at a matrix: what its form offers, and the links below it."""

from dataclasses import dataclass

from django.http import QueryDict

from catalogue import reading
from catalogue.listing.addressed import Chip
from catalogue.listing.cell_figures import SHOWS
from catalogue.listing.crosstab import AXES
from catalogue.listing.filters import BY_MEASURE
from catalogue.record.citations import last_release
from catalogue.releases.crosstabs import AGAINST, ALL, OF_RELEASE
from surveys.results.ordering import asked_questions

from .table import Matrix


@dataclass(frozen=True)
class Select:
    """A choice of the form: the parameter, its label, (value, label) of each, and which holds."""

    name: str
    label: str
    choices: list[tuple[str, str]]
    value: str


@dataclass(frozen=True)
class Way:
    """Another way to look at the same: what it is called, and what it changes of the address."""

    label: str
    changes: dict[str, str]


class Ways:
    def __init__(self, matrix: Matrix):
        self.matrix = matrix
        self.state = matrix.state

    @property
    def selects(self) -> list[Select]:
        """The choices of its form."""
        axes = [(name, kind.noun.capitalize()) for name, kind in AXES.items()]
        shows = [(name, show.label) for name, show in SHOWS.items()]
        selects = [
            Select("rows", "Rows", axes, self.state["rows"]),
            Select("columns", "Columns", axes, self.state["columns"]),
        ]
        if len(shows) > 1:
            shown = self.matrix.show.name
            selects.append(Select("show", "Cells say", shows, shown))
        return selects

    @property
    def swapped_url(self) -> str:
        state = self.state
        return state.url(
            rows=[state["columns"]],
            columns=[state["rows"]],
            rows_level=[state["columns_level"]],
            columns_level=[state["rows_level"]],
            open=[],
        )

    @property
    def chips(self) -> list[tuple[Chip, str]]:
        """The filters that are on, each with the address of the matrix without it."""
        chips = []
        for chip in self.matrix.filters.chips:
            query = chip.url.partition("?")[2]
            chips.append((chip, self._with_filters(query)))
        return chips

    def _with_filters(self, query: str) -> str:
        """The matrix under the filters of an address of the list."""
        given = QueryDict(query)
        names = self.matrix.filters.filters
        changes = {name: given.getlist(name) for name in names}
        return self.state.url(**changes)

    @property
    def questions(self) -> list[tuple[str, str]]:
        """(what was asked in which study, the address of the matrix that says what experts
        answered) of each question.
        """
        return [
            (question.wording, self.state.url(question=[question.value]))
            for question in asked_questions(self.matrix.filters)
        ]

    @property
    def links(self) -> list[tuple[str, str]]:
        """(what it is called, its address) of each way that turns something over."""
        links = []
        for way in self._all:
            changes = {name: [value] for name, value in way.changes.items()}
            links.append((way.label, self.state.url(**changes)))
        return links

    @property
    def _all(self) -> list[Way]:
        state = self.state
        ways = [self._of_empty]
        if state["sort"] == "code":
            ways.append(Way("Rows with the most first", {"sort": "total"}))
        else:
            ways.append(Way("Rows in order", {"sort": ""}))
        if self.matrix.is_shaded and state["scale"] == "fixed":
            ways.append(Way("Shades of these numbers alone", {"scale": "own"}))
        elif self.matrix.is_shaded:
            ways.append(Way("The usual shades", {"scale": ""}))
        if self.matrix.filters.is_by_measure:
            ways.append(Way("Count every wording", {"group": ""}))
        else:
            ways.append(Way("Count each measure once", {"group": BY_MEASURE}))
        if state.against:
            ways.append(Way("Compare with nothing", {AGAINST: ""}))
        elif self.matrix.is_shaded:
            ways += self._comparisons
        return [*ways, *self._levels("rows"), *self._levels("columns")]

    @property
    def _comparisons(self) -> list[Way]:
        """With the newest release, where this is none, and with all, where filters are on."""
        ways = []
        release = None
        if not reading.current():
            release = last_release()
        if release:
            text = f"{OF_RELEASE}{release.number}"
            label = f"Compare with release {release.number}"
            ways.append(Way(label, {AGAINST: text}))
        if self.matrix.filters.chips:
            ways.append(Way("Compare with all", {AGAINST: ALL}))
        return ways

    @property
    def _of_empty(self) -> Way:
        if self.state["empty"] == "keep":
            return Way("Hide empty rows and columns", {"empty": "hide"})
        hidden = self.matrix.hidden_count
        if not hidden:
            return Way("Keep empty rows and columns", {"empty": ""})
        if hidden == 1:
            return Way("Show the empty row or column", {"empty": ""})
        label = f"Show the {hidden} empty rows and columns"
        return Way(label, {"empty": ""})

    def _levels(self, name: str) -> list[Way]:
        matrix = self.matrix
        axis = matrix.row_axis if name == "rows" else matrix.column_axis
        levels = []
        for level in range(1, axis.deepest + 1):
            if level != axis.level:
                label = f"{name.capitalize()} at level {level}"
                levels.append(Way(label, {f"{name}_level": str(level)}))
        return levels
