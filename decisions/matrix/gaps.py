"""What a matrix leaves open: where nothing is recorded, and where no study asked experts."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.urls import reverse
from pyroaring import BitMap

from catalogue.files.exports.columns import Column, Type
from catalogue.files.exports.listings import Listing, notices_of
from catalogue.listing.crosstab import AxisValue, Cell, Crosstab, axis_of
from catalogue.listing.sources import EMPTY
from catalogue.models import Feedback
from surveys.results.filters import BY_STUDY

from .table import Matrix

#: Fields of which a measure could have any value. What a source or a study has nothing on is
#: no gap of the catalogue.
OPEN_FIELDS = frozenset(["category", "risk", "phase", "actor", "function"])
#: So many of a kind stand on the page, and all of them in the file.
MOST_SHOWN = 10
NOTHING_RECORDED = "nothing recorded"
NOT_ASKED = "no study asked experts"


@dataclass(frozen=True)
class Wider:
    """What lies above a gap and is not empty: what it is called, how many, and their list."""

    name: str
    count: int
    url: str


@dataclass(frozen=True)
class Gap:
    """A cell with nothing, or with nothing that experts were asked about. `weight` says how
    much of one is to be expected: the more, the more a reader wants to know.
    """

    kind: str
    row: AxisValue
    column: AxisValue
    cell: Cell
    weight: float
    noun: str
    wider: Wider | None = None

    @property
    def place(self) -> str:
        return f"{self.row.name}, {self.column.name}"

    @property
    def sentence(self) -> str:
        if self.kind == NOTHING_RECORDED:
            return f"{self.place}: nothing is recorded."
        plural = "" if self.cell.count == 1 else "s"
        return (
            f"{self.place}: {self.cell.count:,} {self.noun}{plural}, "
            "and no study has asked experts."
        )

    @property
    def suggestion_url(self) -> str:
        """The form to send a measure for it, with the place filled in."""
        query = {"kind": Feedback.Kind.MISSING, "page": self.cell.url}
        return f"{reverse('feedback')}?{urlencode(query)}"


class Gaps:
    """Those of a matrix, the most unexpected first."""

    def __init__(self, matrix: Matrix):
        self.matrix = matrix
        self.filters = matrix.filters
        self._coarser: dict[int, Crosstab] = {}

    @property
    def is_told(self) -> bool:
        """Whether an empty cell says anything of the catalogue."""
        fields = {
            self.matrix.row_axis.parameter,
            self.matrix.column_axis.parameter,
        }
        return fields <= OPEN_FIELDS

    @cached_property
    def nothing_recorded(self) -> list[Gap]:
        return self._most_first(NOTHING_RECORDED)

    @cached_property
    def not_asked(self) -> list[Gap]:
        return self._most_first(NOT_ASKED)

    @property
    def all(self) -> list[Gap]:
        return [*self.nothing_recorded, *self.not_asked]

    def __len__(self) -> int:
        return len(self.nothing_recorded) + len(self.not_asked)

    @property
    def groups(self) -> list[tuple[str, list[Gap], int]]:
        """(heading, those shown, how many more there are) of each kind that there is."""
        groups = []
        for heading, gaps in [
            ("Nothing recorded", self.nothing_recorded),
            ("Recorded, and no study has asked experts", self.not_asked),
        ]:
            if gaps:
                shown = [self.with_wider(gap) for gap in gaps[:MOST_SHOWN]]
                groups.append((heading, shown, len(gaps) - len(shown)))
        return groups

    @property
    def document_count(self) -> int:
        """How many documents were read."""
        facet = self.filters.facet_filters["document"]
        return len(facet.known(self.filters.index))

    def _most_first(self, kind: str) -> list[Gap]:
        found = [gap for gap in self._found if gap.kind == kind]
        return sorted(found, key=lambda gap: -gap.weight)

    @cached_property
    def _found(self) -> list[Gap]:
        return list(self._find()) if self.is_told else []

    def _find(self) -> Iterator[Gap]:
        crosstab = self.matrix.crosstab
        asked = self._asked
        for row in _fillable(crosstab.rows):
            in_row = crosstab.row_total(row).count
            for column in _fillable(crosstab.columns):
                cell = crosstab.cell(row, column)
                if not cell.count:
                    expected = in_row * crosstab.column_total(column).count
                    yield self._gap(
                        NOTHING_RECORDED,
                        row,
                        column,
                        cell,
                        expected,
                    )
                elif not cell.keys & asked:
                    yield self._gap(NOT_ASKED, row, column, cell, cell.count)

    def _gap(
        self,
        kind: str,
        row: AxisValue,
        column: AxisValue,
        cell: Cell,
        weight: float,
    ) -> Gap:
        return Gap(kind, row, column, cell, weight, self.filters.noun)

    @property
    def _asked(self) -> BitMap:
        sets = self.filters.index.sets(BY_STUDY)
        return BitMap.union(EMPTY, *sets.values())

    # What would fill one

    def with_wider(self, gap: Gap) -> Gap:
        """The same, with the nearest row above it that is not empty."""
        wider = None
        if gap.kind == NOTHING_RECORDED:
            wider = self._wider(gap.row, gap.column)
        return Gap(
            gap.kind,
            gap.row,
            gap.column,
            gap.cell,
            gap.weight,
            gap.noun,
            wider,
        )

    def _wider(self, row: AxisValue, column: AxisValue) -> Wider | None:
        above, depth = row.parent, row.depth - 1
        while above:
            crosstab = self._at_level(depth)
            for value in crosstab.rows:
                cell = crosstab.cell(value, column)
                if value.value == above and cell.count:
                    name = f"{value.name}, {column.name}"
                    return Wider(name, cell.count, cell.url)
            above, depth = above.rpartition(".")[0], depth - 1
        return None

    def _at_level(self, level: int) -> Crosstab:
        if level not in self._coarser:
            rows = self.matrix.row_axis.parameter
            self._coarser[level] = Crosstab(
                self.filters,
                axis_of(self.filters, rows, level),
                self.matrix.column_axis,
            )
        return self._coarser[level]


def _fillable(values: list[AxisValue]) -> list[AxisValue]:
    """Without “not given” and the like, and without what a taxonomy keeps for all else (code
    99): these are no places to fill.
    """
    return [
        value
        for value in values
        if not value.is_special and not value.code.startswith("99")
    ]


COLUMNS = [
    Column("kind", Type.TEXT, f"“{NOTHING_RECORDED}” or “{NOT_ASKED}”."),
    Column("row", Type.TEXT, "Code or short name of the row."),
    Column("row_label", Type.TEXT, "What the row is called."),
    Column("column", Type.TEXT, "Code or short name of the column."),
    Column("column_label", Type.TEXT, "What the column is called."),
    Column("count", Type.INTEGER, "How many stand in the cell."),
    Column("sentence", Type.TEXT, "The same in words."),
    Column("url", Type.TEXT, "The list behind the cell."),
]


class GapListing(Listing):
    """The gaps as a file: all of them, the most unexpected first of each kind."""

    name = "matrix-gaps"
    columns = COLUMNS

    def __init__(self, matrix: Matrix, base_url: str):
        self.gaps = Gaps(matrix)
        self.base_url = base_url

    def __len__(self):
        return len(self.gaps)

    def records(self):
        yield [
            {
                "kind": gap.kind,
                "row": gap.row.value,
                "row_label": gap.row.label,
                "column": gap.column.value,
                "column_label": gap.column.label,
                "count": gap.cell.count,
                "sentence": gap.sentence,
                "url": self.base_url + gap.cell.url,
            }
            for gap in self.gaps.all
        ]

    def rows(self):
        for batch in self.records():
            yield [
                [column.of(record) for column in COLUMNS] for record in batch
            ]

    def notices(self):
        return notices_of(self.gaps.filters)
