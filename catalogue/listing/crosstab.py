"""Counts of mitigations by two fields: one declaration for the matrix, the API, files and the
figure on the home page.

    filters = MitigationFilter(query)
    crosstab = Crosstab(filters, axis_of(filters, "category"), axis_of(filters, "phase"))
    for row in crosstab.rows:
        for column in crosstab.columns:
            cell = crosstab.cell(row, column)  # cell.count, cell.url, cell.keys

Axes are filters of the list, so that each number is that of the list behind its address: that
of a cell, a row, a column and of all. Sets of keys are intersected; nothing is asked of the
database but what the index has not read yet, however many cells there are.

A mitigation stands at each value that it has: cells may add up to more than all. A value of a
tree takes in all below it, and counts each mitigation once. The last values of an axis are for
those that lack what it has (`special_values`).

Where a filter stands on the field of an axis, the axis has the values chosen and those below
them, and the address of a cell has its value in place of them.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import product
from urllib.parse import urlencode

from django import forms
from pyroaring import BitMap

from serving.registry import Registry

from ..models.taxonomy import is_for_the_rest
from .facet_filter import FacetFilter
from .facet_values import FacetValue
from .filters import MitigationFilter

#: So many values an axis has at most, those with the most mitigations.
MOST_VALUES = 100


@dataclass(frozen=True)
class AxisKind:
    """A field that mitigations are counted by: the name of its filter, and what a title calls
    it. `level`: of a tree, how deep its values are unless asked otherwise.
    """

    parameter: str
    noun: str
    level: int = 1


_KINDS = [
    AxisKind("category", "category", level=2),
    AxisKind("risk", "risk"),
    AxisKind("phase", "lifecycle phase"),
    AxisKind("actor", "actor"),
    AxisKind("function", "function"),
    AxisKind("document", "source"),
    AxisKind("year", "year of the source"),
    AxisKind("document_kind", "kind of source"),
    AxisKind("origin", "who classified it"),
    AxisKind("confidence", "confidence of its coders"),
    AxisKind("instrument", "law, code or standard"),
]
#: Other apps register theirs when Django is ready.
AXES: Registry[str, AxisKind] = Registry(
    "axis",
    {kind.parameter: kind for kind in _KINDS},
)


class OpenedField(forms.MultipleChoiceField):
    """Codes of rows that are opened. One that is not there opens nothing: a taxonomy may have
    lost it.
    """

    def valid_value(self, value: str) -> bool:
        return value.replace(".", "").isdigit()


@dataclass(frozen=True, eq=False)
class AxisValue:
    """One row or column. `depth` is 1 at the top of a tree; `parent` is the value above it, or
    empty. `is_open`: those below it follow. `keys`: the mitigations that have it.
    """

    value: str
    label: str
    code: str
    depth: int
    is_special: bool
    keys: BitMap = field(repr=False)
    has_children: bool = False
    is_open: bool = False

    @property
    def parent(self) -> str:
        return self.value.rpartition(".")[0] if self.code else ""

    @property
    def can_be_gap(self) -> bool:
        """Whether something is missing where no mitigation stands: not at a value such as “not
        given”, nor at what a taxonomy keeps for what fits nowhere else.
        """
        return not self.is_special and not is_for_the_rest(self.code)

    @cached_property
    def name(self) -> str:
        return f"{self.code} {self.label}".strip()


@dataclass(frozen=True, eq=False)
class Axis:
    """The rows or the columns. `deepest`: how many levels its tree has, 1 where it is none.
    `more`: how many further values it has, with fewer mitigations than those shown.
    """

    kind: AxisKind
    label: str
    level: int
    deepest: int
    values: list[AxisValue]
    more: int = 0

    @property
    def parameter(self) -> str:
        return self.kind.parameter


def axis_of(
    filters: MitigationFilter,
    parameter: str,
    level: int | None = None,
    opened: Collection[str] = (),
    most: int | None = MOST_VALUES,
) -> Axis:
    """The axis of a filter. Of a tree: its values at `level`, those above without any below
    them, and what lies under the codes that are `opened`; where one is chosen that lies deeper,
    that one. At most so many, or all.
    """
    kind = AXES[parameter]
    facet = filters.facet_filters[parameter]
    choices = _values_chosen(facet, filters.values(parameter))
    depths = [_depth(facet, one) for one in choices]
    deepest = max(depths, default=1)
    level = min(level or kind.level, deepest)
    parents = {_above(one) for one in choices if facet.is_tree}
    known = {one.value for one in choices}
    values = []
    for choice, depth in zip(choices, depths, strict=True):
        has_children = choice.value in parents
        is_top = _above(choice) not in known
        if (depth > level and is_top) or _is_shown(
            choice,
            depth,
            level,
            has_children,
            opened,
        ):
            values.append(
                AxisValue(
                    choice.value,
                    choice.label,
                    choice.code,
                    depth,
                    choice.is_special,
                    facet.standing_at(filters.index, choice.value),
                    has_children,
                    choice.value in opened,
                ),
            )
    shown = _most(values, most)
    more = len(values) - len(shown)
    return Axis(kind, str(facet.label), level, deepest, shown, more)


def _most(values: list[AxisValue], most: int | None) -> list[AxisValue]:
    """Those with the most mitigations, in their order."""
    if most is None or len(values) <= most:
        return values
    by_size = sorted(values, key=lambda one: -len(one.keys))
    least = len(by_size[most - 1].keys)
    largest = [one for one in values if len(one.keys) >= least]
    return largest[:most]


def _values_chosen(
    facet: FacetFilter,
    chosen: Sequence[str],
) -> list[FacetValue]:
    """Its values in order; where some are chosen, those and what lies below them."""
    choices = list(facet.known(facet.parent.index).values())
    choices += map(facet.choice, facet.special_values)
    if not chosen:
        return choices
    return [one for one in choices if _is_within(facet, one.value, chosen)]


def _is_within(
    facet: FacetFilter,
    value: str,
    chosen: Sequence[str],
) -> bool:
    if value in chosen:
        return True
    if not facet.is_tree:
        return False
    return any(value.startswith(f"{one}.") for one in chosen)


def _depth(facet: FacetFilter, choice: FacetValue) -> int:
    return choice.value.count(".") + 1 if facet.is_tree else 1


def _above(choice: FacetValue) -> str:
    return choice.value.rpartition(".")[0]


def _is_shown(
    choice: FacetValue,
    depth: int,
    level: int,
    has_children: bool,
    opened: Collection[str],
) -> bool:
    if depth == level or (depth < level and not has_children):
        return True
    return depth > level and _above(choice) in opened


class Cell:
    """The mitigations of a row and a column. `count` is that of the list at `url`: of measures
    where the list shows one entry for each. `values` are those of its axes, by parameter; of a
    total, of one axis or of none.
    """

    def __init__(
        self,
        keys: BitMap,
        count: int,
        values: dict[str, str],
        address: Callable[[dict[str, str]], str],
    ):
        self.keys = keys
        self.count = count
        self.values = values
        self._address = address

    @cached_property
    def url(self) -> str:
        return self._address(self.values)


class Crosstab:
    """See above. `filters` are those of the list, judged to be without problems."""

    def __init__(self, filters: MitigationFilter, rows: Axis, columns: Axis):
        self.filters = filters
        self.row_axis = rows
        self.column_axis = columns
        names = (rows.parameter, columns.parameter)
        #: What all filters but those of the axes let through.
        self._keys = filters.narrowed(without=names)
        #: By the values of its row and its column, which of totals are none.
        self._cells: dict[tuple[str, str], Cell] = {}
        self._addresses = _addresses(filters, names)

    @property
    def rows(self) -> list[AxisValue]:
        return self.row_axis.values

    @property
    def columns(self) -> list[AxisValue]:
        return self.column_axis.values

    def cell(self, row: AxisValue, column: AxisValue) -> Cell:
        """The same each time: a page, its phone form and its gaps ask for it."""
        place = row.value, column.value
        if place not in self._cells:
            values = {
                self.row_axis.parameter: row.value,
                self.column_axis.parameter: column.value,
            }
            keys = self._in_row(row) & column.keys
            self._cells[place] = self._cell(keys, values)
        return self._cells[place]

    def row_total(self, row: AxisValue) -> Cell:
        return self._total_of(self.row_axis, row, (row.value, ""))

    def column_total(self, column: AxisValue) -> Cell:
        return self._total_of(self.column_axis, column, ("", column.value))

    def _total_of(
        self,
        axis: Axis,
        one: AxisValue,
        place: tuple[str, str],
    ) -> Cell:
        if place not in self._cells:
            keys = one.keys & self._without(axis)
            self._cells[place] = self._cell(keys, {axis.parameter: one.value})
        return self._cells[place]

    @cached_property
    def total(self) -> Cell:
        return self._cell(self.filters.wordings, {})

    def _in_row(self, row: AxisValue) -> BitMap:
        return self._rows_of_keys[row.value]

    @cached_property
    def _rows_of_keys(self) -> dict[str, BitMap]:
        return {row.value: row.keys & self._keys for row in self.rows}

    def _without(self, axis: Axis) -> BitMap:
        return self._narrowed[axis.parameter]

    @cached_property
    def _narrowed(self) -> dict[str, BitMap]:
        return {
            axis.parameter: self.filters.narrowed(without=[axis.parameter])
            for axis in (self.row_axis, self.column_axis)
        }

    def _cell(self, keys: BitMap, values: dict[str, str]) -> Cell:
        count = self.filters.count_entries(keys)
        return Cell(keys, count, values, self._addresses)


@dataclass(frozen=True, eq=False)
class Groups:
    """Those values of one field, or pairs of two, that mitigations have. `more`: of how many
    further values, with fewer mitigations, nothing is said.
    """

    cells: list[Cell]
    more: int


def groups_by(filters: MitigationFilter, parameters: Sequence[str]) -> Groups:
    """What the filters let through, by one or two fields."""
    axes = [axis_of(filters, parameter) for parameter in parameters]
    among = filters.narrowed(without=parameters)
    address = _addresses(filters, parameters)
    cells = []
    for values in product(*(axis.values for axis in axes)):
        keys = BitMap.intersection(among, *(one.keys for one in values))
        if keys:
            chosen = {
                name: value.value
                for name, value in zip(parameters, values, strict=True)
            }
            count = filters.count_entries(keys)
            cells.append(Cell(keys, count, chosen, address))
    return Groups(cells, sum(axis.more for axis in axes))


def _addresses(
    filters: MitigationFilter,
    parameters: Sequence[str],
) -> Callable[[dict[str, str]], str]:
    """What gives the list behind a cell, by the values of its axes: a page has hundreds of
    these. Where a cell has no value of an axis, what is chosen of it stands.
    """

    @cache
    def without(names: tuple[str, ...]) -> str:
        rest = filters.url(**{name: [] for name in names})
        return rest if rest.endswith("?") else f"{rest}&"

    @cache
    def chosen(name: str, value: str) -> str:
        return urlencode({name: value})

    def address(values: dict[str, str]) -> str:
        if not values:
            return filters.url()
        start = without(tuple(values))
        return start + "&".join(chosen(*one) for one in values.items())

    return address
