"""The matrix as its page shows it: rows and columns with what their cells say."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import chain

from django.utils.safestring import SafeString, mark_safe

from catalogue import reading, revision
from catalogue.listing.asked_for import NO_LAW
from catalogue.listing.cell_figures import SHOWS, Figures, Show
from catalogue.listing.crosstab import (
    Axis,
    AxisValue,
    Cell,
    Crosstab,
    axis_of,
)
from catalogue.listing.facet_values import NOT_GIVEN
from catalogue.listing.filters import MitigationFilter
from catalogue.releases.crosstabs import Differences

from .cells import Head, Row, Shown
from .marks import Marks
from .shades import KeyEntry, Shading
from .state import MatrixState

#: What a row or column of totals is called.
ALL = "All"


def _by_total_first(head: Head) -> tuple[bool, int]:
    return head.value.value in (NO_LAW, NOT_GIVEN), -head.count


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
        return Row(head, cells, self._shown_total(total, value.name, ALL))

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
            self._shown_total(
                self.crosstab.column_total(value),
                ALL,
                value.name,
            )
            for value in self.column_values
        ]

    @cached_property
    def total(self) -> Shown:
        return self._shown_total(self.crosstab.total, ALL, ALL)

    @property
    def total_count(self) -> int:
        return self.crosstab.total.count

    @property
    def drawn_totals(self) -> SafeString:
        """Those of the columns, and that of all."""
        cells = [*self.column_totals, self.total]
        return mark_safe("".join(cell.in_table("total") for cell in cells))

    def _shown_total(self, cell: Cell, row: str, column: str) -> Shown:
        """Totals are not shaded: they are of another size."""
        return self._shown(cell, row, column, is_shaded=False)

    def _shown(
        self,
        cell: Cell,
        row: str,
        column: str,
        is_shaded: bool = True,
    ) -> Shown:
        figure = self.figures.of(cell)
        is_shaded = is_shaded and self.is_shaded
        return Shown(
            figure,
            cell,
            row,
            column,
            self.filters.noun,
            self.is_shaded,
            self._shading.of(figure.value) if is_shaded else 0,
            self._differences.of(cell) if self._differences else None,
            self.marks.count_in(cell) if self.marks else None,
        )

    @cached_property
    def _differences(self) -> Differences | None:
        against = self.state.against
        return against.differences(self.crosstab) if against else None

    @cached_property
    def marks(self) -> Marks | None:
        """What is looked for in its cells."""
        return (
            Marks(self.state.mark, self.crosstab) if self.state.mark else None
        )

    def _toggle_url(self, value: AxisValue) -> str:
        if not value.has_children or value.depth < self.row_axis.level:
            return ""
        opened = [one for one in self.state.opened if one != value.value]
        if not value.is_open:
            opened.append(value.value)
        return self.state.url(open=opened)

    # How dark its cells are

    @cached_property
    def is_shaded(self) -> bool:
        return self.show.name == "count"

    @cached_property
    def _shading(self) -> Shading:
        if self.state["scale"] == "fixed":
            return Shading()
        return Shading.up_to(max(map(self._count, self._pairs()), default=0))

    def _pairs(self) -> Iterable[tuple[AxisValue, AxisValue]]:
        for row in self._row_values:
            for column in self.column_values:
                yield row, column

    def _count(self, pair: tuple[AxisValue, AxisValue]) -> int:
        return self.crosstab.cell(*pair).count

    @property
    def key(self) -> list[KeyEntry]:
        """What each shade stands for."""
        return self._shading.key

    # What it is called, and what is said of it

    @property
    def caption(self) -> str:
        """What the numbers are, and of which mitigations."""
        caption = self.show.caption(self.filters)
        if labels := [one.label for one in self.filters.chips]:
            caption += f": {', '.join(labels)}"
        if self.state.against:
            label = self.state.against.label
            caption += f"; below, how many more or fewer than {label}"
        return caption

    @property
    def subject(self) -> str:
        """“Mitigations by category and lifecycle phase”."""
        noun = "Measures" if self.filters.is_by_measure else "Mitigations"
        rows, columns = self.row_axis.kind.noun, self.column_axis.kind.noun
        return f"{noun} by {rows} and {columns}"

    @cached_property
    def title(self) -> str:
        title = self.subject
        if labels := [one.label for one in self.filters.chips]:
            title += f": {', '.join(labels)}"
        if self.state.against:
            title += f", compared with those {self.state.against.label}"
        return title

    @cached_property
    def sum_of_cells(self) -> int:
        return sum(map(self._count, self._pairs()))

    @property
    def notes(self) -> list[str]:
        """What figures of its cells add below the table, each once."""
        shown = [cell for row in self.rows for cell in row.cells]
        notes = [cell.figure.note for cell in shown if cell.figure.note]
        return list(dict.fromkeys(notes))

    # Where it leads

    @property
    def as_of(self) -> str:
        """Of when it is, as it follows the name of the site."""
        release = reading.current_release()
        if release:
            return f", release {release.number}"
        moment = revision.moment_of(revision.shown())
        return f", as of {moment:%-d %B %Y}" if moment else ""

    @property
    def list_url(self) -> str:
        return self.crosstab.total.url

    @property
    def has_levels(self) -> bool:
        return max(self.row_axis.deepest, self.column_axis.deepest) > 1

    @property
    def more_count(self) -> int:
        """How many rows and columns are left out, since there are too many."""
        return self.row_axis.more + self.column_axis.more
