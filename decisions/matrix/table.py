"""The matrix as its page shows it: rows and columns with what their cells say."""

from bisect import bisect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from django.http import QueryDict

from catalogue.listing.crosstab import (
    AXES,
    SHOWS,
    Axis,
    AxisValue,
    Cell,
    Crosstab,
    Figure,
    Figures,
    Show,
    axis_of,
)
from catalogue.listing.facet_values import NOT_GIVEN
from catalogue.listing.filters import BY_MEASURE, MitigationFilter
from surveys.results.ordering import asked_questions

from .state import MatrixState

#: What a row or column of totals is called.
ALL = "All"
#: How many shades there are but that of nothing.
SHADES = 4
#: From which numbers on each shade but the first begins, whatever is filtered.
FIXED_EDGES = (3, 6, 11)


@dataclass(frozen=True)
class Shown:
    """A cell: what it says, the list behind it, of which row and column it is, how many stand in
    it and whether that is what it says, and how dark it is, from 0 to `SHADES`.
    """

    figure: Figure
    url: str
    row: str
    column: str
    count: int
    is_count: bool
    shade: int = 0

    @property
    def name(self) -> str:
        """Of its link, for who does not see where it stands."""
        figure = " ".join([self.figure.text, self.figure.detail]).strip()
        return f"{figure}: {self.row}, {self.column}"

    @property
    def shade_class(self) -> str:
        return f"shade-{self.shade}"


@dataclass(frozen=True)
class Head:
    """Of a row or a column: its value, the list of all that has it, and how many that are.
    `toggle_url` opens what lies below it, or closes it.
    """

    value: AxisValue
    url: str
    count: int
    toggle_url: str = ""

    @property
    def depth(self) -> int:
        return self.value.depth


@dataclass(frozen=True)
class Row:
    head: Head
    cells: list[Shown]
    total: Shown

    @property
    def largest_first(self) -> list[Shown]:
        """The cells that are not empty, the most first."""
        filled = [one for one in self.cells if one.figure.status != "none"]
        return sorted(filled, key=lambda one: -(one.figure.value or 0))

    @property
    def empty_count(self) -> int:
        return len(self.cells) - len(self.largest_first)


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


@dataclass(frozen=True)
class KeyEntry:
    shade: int
    label: str


def _by_total_first(head: Head) -> tuple[bool, int]:
    return head.value.value == NOT_GIVEN, -head.count


class Matrix:
    """See above. `state` is without problems."""

    def __init__(self, state: MatrixState):
        self.state = state
        self.filters: MitigationFilter = state.filters
        self.show: Show = SHOWS[state["show"]]
        self.crosstab = Crosstab(
            self.filters,
            self._axis("rows", state.opened),
            self._axis("columns"),
        )

    def _axis(self, name: str, opened: Sequence[str] = ()) -> Axis:
        level = self.state.level(f"{name}_level")
        return axis_of(self.filters, self.state[name], level, opened)

    @property
    def row_axis(self) -> Axis:
        return self.crosstab.row_axis

    @property
    def column_axis(self) -> Axis:
        return self.crosstab.column_axis

    # What stands in it

    @cached_property
    def figures(self) -> Figures:
        return Figures(self.filters, self.show)

    @property
    def lacks_choice(self) -> bool:
        """Whether what its cells are to say wants a further choice, such as a question."""
        return not self.figures.is_complete

    @cached_property
    def rows(self) -> list[Row]:
        rows = [self._row(value) for value in self._row_values]
        if self.state["sort"] == "total":
            return self._by_total(rows)
        return rows

    def _by_total(self, rows: list[Row]) -> list[Row]:
        """The most first, each with what is opened below it; what has no value stays last."""
        groups: list[list[Row]] = []
        for row in rows:
            if groups and row.head.depth > self.row_axis.level:
                groups[-1].append(row)
            else:
                groups.append([row])
        groups.sort(key=lambda group: _by_total_first(group[0].head))
        return list(chain.from_iterable(groups))

    @cached_property
    def _row_values(self) -> list[AxisValue]:
        return self._kept(self.crosstab.rows, self.crosstab.row_total)

    @cached_property
    def column_values(self) -> list[AxisValue]:
        return self._kept(self.crosstab.columns, self.crosstab.column_total)

    def _kept(
        self,
        values: list[AxisValue],
        total: Callable[[AxisValue], Cell],
    ) -> list[AxisValue]:
        if self.state["empty"] == "keep":
            return values
        return [value for value in values if total(value).count]

    @property
    def hidden_count(self) -> int:
        """How many rows and columns with nothing are hidden."""
        there = len(self.crosstab.rows) + len(self.crosstab.columns)
        return there - len(self._row_values) - len(self.column_values)

    def _row(self, value: AxisValue) -> Row:
        cells = [
            self._shown(
                self.crosstab.cell(value, column),
                value.name,
                column.name,
            )
            for column in self.column_values
        ]
        total = self.crosstab.row_total(value)
        head = Head(value, total.url, total.count, self._toggle_url(value))
        return Row(head, cells, self._shown(total, value.name, ALL))

    @cached_property
    def columns(self) -> list[Head]:
        heads = []
        for value in self.column_values:
            total = self.crosstab.column_total(value)
            heads.append(Head(value, total.url, total.count))
        return heads

    @cached_property
    def column_totals(self) -> list[Shown]:
        return [
            self._shown(self.crosstab.column_total(value), ALL, value.name)
            for value in self.column_values
        ]

    @cached_property
    def total(self) -> Shown:
        return self._shown(self.crosstab.total, ALL, ALL)

    @property
    def total_count(self) -> int:
        return self.crosstab.total.count

    def _shown(self, cell: Cell, row: str, column: str) -> Shown:
        figure = self.figures.of(cell)
        return Shown(
            figure,
            cell.url,
            row,
            column,
            cell.count,
            self.is_shaded,
            self._shade(figure),
        )

    def _toggle_url(self, value: AxisValue) -> str:
        if not value.has_children or value.depth < self.row_axis.level:
            return ""
        opened = [one for one in self.state.opened if one != value.value]
        if not value.is_open:
            opened.append(value.value)
        return self.state.url(open=opened)

    # How dark its cells are

    def _shade(self, figure: Figure) -> int:
        if not self.is_shaded or not figure.value:
            return 0
        return bisect(self.edges, figure.value) + 1

    @property
    def is_shaded(self) -> bool:
        return self.show.name == "count"

    @cached_property
    def edges(self) -> Sequence[int]:
        if self.state["scale"] == "fixed":
            return FIXED_EDGES
        largest = max(map(self._count, self._pairs()), default=0)
        return tuple(
            max(number + 1, -(-largest * number // SHADES))
            for number in range(1, SHADES)
        )

    def _pairs(self) -> Iterable[tuple[AxisValue, AxisValue]]:
        for row in self._row_values:
            for column in self.column_values:
                yield row, column

    def _count(self, pair: tuple[AxisValue, AxisValue]) -> int:
        return self.crosstab.cell(*pair).count

    @property
    def key(self) -> list[KeyEntry]:
        """What each shade stands for."""
        entries = [KeyEntry(0, "0")]
        first = 1
        for shade, edge in enumerate(self.edges, start=1):
            last = edge - 1
            label = str(first) if first == last else f"{first} to {last}"
            entries.append(KeyEntry(shade, label))
            first = edge
        entries.append(KeyEntry(SHADES, f"{first} and more"))
        return entries

    # What it is called, and what is said of it

    @property
    def caption(self) -> str:
        """What the numbers are, and of which mitigations."""
        labels = [one.label for one in self.filters.chips]
        return ": ".join(
            filter(None, [self.show.caption(self.filters), ", ".join(labels)]),
        )

    @property
    def subject(self) -> str:
        """“Mitigations by category and lifecycle phase”."""
        noun = "Measures" if self.filters.is_by_measure else "Mitigations"
        rows, columns = self.row_axis.kind.noun, self.column_axis.kind.noun
        return f"{noun} by {rows} and {columns}"

    @property
    def chips(self):
        """The filters that are on, each with the address of the matrix without it."""
        chips = []
        for chip in self.filters.chips:
            query = chip.url.partition("?")[2]
            chips.append((chip, self._with_filters(query)))
        return chips

    def _with_filters(self, query: str) -> str:
        """The matrix under the filters of an address of the list."""
        given = QueryDict(query)
        changes = {name: given.getlist(name) for name in self.filters.filters}
        return self.state.url(**changes)

    @property
    def title(self) -> str:
        labels = [one.label for one in self.filters.chips]
        if not labels:
            return self.subject
        return f"{self.subject}: {', '.join(labels)}"

    @cached_property
    def sum_of_cells(self) -> int:
        return sum(map(self._count, self._pairs()))

    @property
    def notes(self) -> list[str]:
        """What figures of its cells add below the table, each once."""
        shown = [cell for row in self.rows for cell in row.cells]
        notes = [cell.figure.note for cell in shown if cell.figure.note]
        return list(dict.fromkeys(notes))

    @property
    def questions(self) -> list[tuple[str, str]]:
        """(what was asked in which study, the address of the matrix that says what experts
        answered) of each question.
        """
        return [
            (question.wording, self.state.url(question=[question.value]))
            for question in asked_questions(self.filters)
        ]

    # Where it leads

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
    def list_url(self) -> str:
        return self.crosstab.total.url

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
            selects.append(Select("show", "Cells say", shows, self.show.name))
        return selects

    @property
    def ways(self) -> list[Way]:
        """Other ways to look at the same: each turns something over."""
        state = self.state
        ways = []
        if state["empty"] == "keep":
            ways.append(Way("Hide empty rows and columns", {"empty": "hide"}))
        else:
            label = f"Show the {self.hidden_count} empty rows and columns"
            ways.append(Way(label, {"empty": ""}))
        if state["sort"] == "code":
            ways.append(Way("Rows with the most first", {"sort": "total"}))
        else:
            ways.append(Way("Rows in order", {"sort": ""}))
        if self.is_shaded and state["scale"] == "fixed":
            ways.append(Way("Shades of these numbers alone", {"scale": "own"}))
        elif self.is_shaded:
            ways.append(Way("The usual shades", {"scale": ""}))
        if self.filters.is_by_measure:
            ways.append(Way("Count every wording", {"group": ""}))
        else:
            ways.append(Way("Count each measure once", {"group": BY_MEASURE}))
        return [*ways, *self._levels("rows"), *self._levels("columns")]

    def _levels(self, name: str) -> list[Way]:
        axis = self.row_axis if name == "rows" else self.column_axis
        levels = []
        for level in range(1, axis.deepest + 1):
            if level != axis.level:
                label = f"{name.capitalize()} at level {level}"
                levels.append(Way(label, {f"{name}_level": str(level)}))
        return levels

    @property
    def way_links(self) -> list[tuple[str, str]]:
        """(what it is called, its address) of each."""
        links = []
        for way in self.ways:
            changes = {name: [value] for name, value in way.changes.items()}
            links.append((way.label, self.state.url(**changes)))
        return links

    @property
    def has_levels(self) -> bool:
        return max(self.row_axis.deepest, self.column_axis.deepest) > 1

    @property
    def more_count(self) -> int:
        """How many rows and columns are left out, since there are too many."""
        return self.row_axis.more + self.column_axis.more
