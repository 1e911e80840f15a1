"""The numbers of a crosstab in another state: in a release, or under other filters."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property

from django.http import QueryDict

from serving.parameters import Problem, unknown_value

from .. import reading
from ..listing.cell_figures import COUNT
from ..listing.crosstab import Axis, Cell, Crosstab
from ..listing.filters import MitigationFilter
from ..models import Mitigation, Release
from . import copies

#: The parameter that names the other state.
AGAINST = "against"
OF_RELEASE = "release:"
#: All mitigations: no filter at all.
ALL = "all"
#: What cells say where they can be compared with those of another state.
COMPARED_SHOW = COUNT.name
#: What both states have alike: by what is counted, and in which taxonomy codes are read.
SHARED = ("group", "taxonomy")
HOW = (
    f"Give “{OF_RELEASE}” and its number, “{ALL}”, or filters as they stand in the address of a list, "
    "such as “phase=deploy”."
)

#: What a cell is of: its values, by parameter.
Place = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Difference:
    """How many a cell has, and how many it has in the other state."""

    count: int
    other: int

    @property
    def text(self) -> str:
        """In words; empty where they are as many."""
        if self.count == self.other:
            return ""
        word = "more" if self.count > self.other else "fewer"
        return f"{abs(self.count - self.other):,} {word}"


class Against:
    """What `against` says, beside the filters of a crosstab."""

    def __init__(self, text: str, filters: MitigationFilter):
        self.text = text
        self._filters = filters

    @cached_property
    def _release(self) -> Release | None:
        if not self.text.startswith(OF_RELEASE):
            return None
        return reading.find(self.text.removeprefix(OF_RELEASE))

    @cached_property
    def _query(self) -> QueryDict:
        """The filters of the other state, without what both have."""
        if self.text.startswith(OF_RELEASE):
            return self._filters.data
        return QueryDict("" if self.text == ALL else self.text)

    def problems_beside(self, show: str) -> list[Problem]:
        """What is wrong with it, where cells say what `show` names."""
        if show == COMPARED_SHOW:
            return self.problems
        text = f"“{AGAINST}” compares how many there are: leave “show” out, or “{AGAINST}”."
        return [Problem("show", show, text, [COMPARED_SHOW]), *self.problems]

    @cached_property
    def problems(self) -> list[Problem]:
        """What is wrong with it."""
        if self.text.startswith(OF_RELEASE):
            return list(self._problems_of_release())
        if self.text == ALL:
            return []
        if "=" not in self.text:
            return [Problem(AGAINST, self.text, HOW, self._known)]
        problems = []
        for name in SHARED:
            if self._query.get(name):
                message = f"“{name}” is the same on both sides: leave it out of “{AGAINST}”."
                problems.append(Problem(AGAINST, self.text, message, []))
        for one in self._other_filters().problems:
            message = f"{one.message} {HOW}"
            problems.append(Problem(AGAINST, self.text, message, one.allowed))
        return problems

    @property
    def _known(self) -> list[str]:
        return [ALL, *(f"{OF_RELEASE}{one}" for one in reading.numbers())]

    def _problems_of_release(self) -> Iterator[Problem]:
        if self._release is None:
            numbers = [f"{OF_RELEASE}{one}" for one in reading.numbers()]
            reason = "" if numbers else ": no release has been cut yet"
            yield unknown_value(AGAINST, self.text, numbers, reason)

    @cached_property
    def label(self) -> str:
        """Where the other numbers are from, as it follows “than”."""
        if self._release:
            return f"in release {self._release.number}"
        labels = [chip.label for chip in self._other_filters().chips]
        if not labels:
            return "among all"
        return f"under “{', '.join(labels)}”"

    # The numbers

    def differences(self, crosstab: Crosstab) -> "Differences":
        """Of each cell and each total."""
        with self._reading():
            other = self._other_crosstab(crosstab)
            counts = {
                _place_of_cell(cell): cell.count for cell in _all_cells(other)
            }
        return Differences(counts)

    def _reading(self) -> AbstractContextManager[None]:
        if self._release is None:
            return nullcontext()
        return reading.reading_from(copies.open_copy(self._release))

    def _other_filters(self) -> MitigationFilter:
        data = self._query.copy()
        for name in SHARED:
            data.setlist(name, self._filters.values(name))
        return MitigationFilter(data, Mitigation.objects.published())

    def _other_crosstab(self, crosstab: Crosstab) -> Crosstab:
        """The same rows and columns, with what stands there in the other state."""
        filters = self._other_filters()
        rows = _axis_in(filters, crosstab.row_axis)
        columns = _axis_in(filters, crosstab.column_axis)
        return _WithinFilters(filters, rows, columns)


class _WithinFilters(Crosstab):
    """A crosstab whose cells and totals are of what all filters let through, those of its axes
    too. Its axes are those of another, so that they have values that its filters leave out:
    under “phase=deploy” the column of another phase has only what is of both.
    """

    def __init__(self, filters: MitigationFilter, rows: Axis, columns: Axis):
        super().__init__(filters, rows, columns)
        self._keys = filters.wordings

    def _without(self, axis):
        return self._keys


def _axis_in(filters: MitigationFilter, axis: Axis) -> Axis:
    facet = filters.facet_filters[axis.parameter]
    values = []
    for one in axis.values:
        keys = facet.standing_at(filters.index, one.value)
        values.append(replace(one, keys=keys))
    return replace(axis, values=values)


def _all_cells(crosstab: Crosstab) -> Iterator[Cell]:
    yield crosstab.total
    yield from map(crosstab.row_total, crosstab.rows)
    yield from map(crosstab.column_total, crosstab.columns)
    for row in crosstab.rows:
        for column in crosstab.columns:
            yield crosstab.cell(row, column)


def _place_of_cell(cell: Cell) -> Place:
    return tuple(sorted(cell.values.items()))


class Differences:
    """How many more or fewer there are, by cell."""

    def __init__(self, counts: dict[Place, int]):
        self._counts = counts

    def of(self, cell: Cell) -> Difference:
        return Difference(cell.count, self._counts[_place_of_cell(cell)])
