"""What a matrix leaves open: where nothing is recorded, where no study asked experts, and where
they split.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.text import get_text_list
from pyroaring import BitMap

from catalogue.files.exports.columns import Column, Type
from catalogue.files.exports.listings import Listing, notices_of
from catalogue.listing.asked_for import INSTRUMENT
from catalogue.listing.crosstab import AxisValue, Cell, Crosstab, axis_of
from catalogue.listing.sources import EMPTY
from catalogue.models import Feedback
from surveys.results.filters import BY_STUDY
from surveys.results.split import RULE, split_among

from .table import Matrix

#: Fields of which a measure could have any value. What a source or a study has nothing on is
#: no gap of the catalogue.
OPEN_FIELDS = frozenset(["category", "risk", "phase", "actor", "function"])
#: So many laws, codes and standards are named that ask for what is near a gap.
MOST_ASKING = 3
#: So many of a kind stand on the page, and all of them in the file.
MOST_SHOWN = 10
NOTHING_RECORDED = "nothing recorded"
NOT_ASKED = "no study asked experts"
SPLIT = "experts split"
#: What stands above those of a kind, and a rule that they go by.
HEADINGS = {
    NOTHING_RECORDED: ("Nothing recorded", ""),
    NOT_ASKED: ("Recorded, and no study has asked experts", ""),
    SPLIT: ("Put to experts, and they split", RULE),
}


@dataclass(frozen=True)
class GapGroup:
    """Those of a kind: how many more there are than are shown, and the rule they go by."""

    heading: str
    rule: str
    shown: list["Gap"]
    more: int


@dataclass(frozen=True)
class Wider:
    """What lies above a gap and is not empty, or what asks for some of that: what it is called,
    how many, and their list.
    """

    name: str
    count: int
    url: str
    asked_for_by: tuple["Wider", ...] = ()

    @property
    def are_all_asked_for(self) -> bool:
        """Whether each that asks for any asks for all of it."""
        return all(one.count == self.count for one in self.asked_for_by)


@dataclass(frozen=True)
class Gap:
    """A cell with nothing, with nothing that experts were asked about, or with nothing that they
    agree on. `weight` says how much of one is to be expected: the more, the more a reader wants
    to know. `asked`: of how many experts’ answers are known. `under`: the filters, as they stand
    in a sentence; empty where there are none. `unfiltered`: how many stand there without them.
    """

    kind: str
    row: AxisValue
    column: AxisValue
    cell: Cell
    weight: float
    noun: str
    wider: Wider | None = None
    asked: int = 0
    under: str = ""
    unfiltered: int = 0

    @property
    def place(self) -> str:
        return f"{self.row.name}, {self.column.name}"

    @property
    def sentence(self) -> str:
        if self.kind == NOTHING_RECORDED:
            return self._nothing_sentence
        there = f"{self.place}: {_with_noun(self.cell.count, self.noun)}{self.under}"
        if self.kind == NOT_ASKED:
            return f"{there}, and no study has asked experts."
        if self.asked == self.cell.count:
            return f"{there}, and experts split."
        return f"{there}; experts’ answers are known on {self.asked:,}, and they split."

    @property
    def _nothing_sentence(self) -> str:
        """Says whether it is the catalogue that has nothing, or only what the filters leave."""
        if not self.under:
            return f"{self.place}: nothing is recorded."
        if not self.unfiltered:
            return f"{self.place}: nothing is recorded in the whole catalogue."
        there = _with_noun(self.unfiltered, self.noun)
        return f"{self.place}: nothing is recorded{self.under}; {there} in the whole catalogue."

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
    def by_kind(self) -> dict[str, list[Gap]]:
        """Those of each kind, the most unexpected first."""
        gaps: dict[str, list[Gap]] = {kind: [] for kind in HEADINGS}
        for gap in sorted(self._found, key=lambda one: -one.weight):
            gaps[gap.kind].append(gap)
        return gaps

    @property
    def all(self) -> list[Gap]:
        return list(chain.from_iterable(self.by_kind.values()))

    def __len__(self) -> int:
        return len(self._found)

    @property
    def groups(self) -> list[GapGroup]:
        """Those of each kind that there is."""
        groups = []
        for kind, gaps in self.by_kind.items():
            if gaps:
                shown = [self.with_wider(gap) for gap in gaps[:MOST_SHOWN]]
                more = len(gaps) - len(shown)
                groups.append(GapGroup(*HEADINGS[kind], shown, more))
        return groups

    @property
    def document_count(self) -> int:
        """How many documents were read."""
        facet = self.filters.facet_filters["document"]
        return len(facet.known(self.filters.index))

    @cached_property
    def _found(self) -> list[Gap]:
        return list(self._find()) if self.is_told else []

    def _find(self) -> Iterator[Gap]:
        crosstab = self.matrix.crosstab
        for row in _fillable(crosstab.rows):
            in_row = crosstab.row_total(row).count
            for column in _fillable(crosstab.columns):
                cell = crosstab.cell(row, column)
                kind = self._kind(cell)
                if not kind:
                    continue
                is_empty = kind == NOTHING_RECORDED
                # Of an empty one, the more, the more stand in its row and column.
                weight = cell.count
                if is_empty:
                    weight = in_row * crosstab.column_total(column).count
                yield Gap(
                    kind,
                    row,
                    column,
                    cell,
                    weight,
                    self.filters.noun,
                    asked=self._count_known(cell) if kind == SPLIT else 0,
                    under=self._under,
                    unfiltered=self._unfiltered(row, column)
                    if is_empty
                    else 0,
                )

    def _kind(self, cell: Cell) -> str:
        """Of which kind of gap it is; empty where it is none."""
        if not cell.keys:
            return NOTHING_RECORDED
        if not cell.keys.intersect(self._asked):
            return NOT_ASKED
        split, known = self._split
        if cell.keys.intersect(split) and (cell.keys & known).issubset(split):
            return SPLIT
        return ""

    def _count_known(self, cell: Cell) -> int:
        _split, known = self._split
        return self.filters.count_entries(cell.keys & known)

    @cached_property
    def _under(self) -> str:
        """“ under the filters “Risk 4.2” and “Deploy””; empty without filters."""
        by_filter: dict[str, list[str]] = {}
        axes = {self.matrix.row_axis.label, self.matrix.column_axis.label}
        # What a row or a column is chosen by stands in the place.
        chips = [
            one for one in self.filters.chips if one.facet_label not in axes
        ]
        for chip in chips:
            said = by_filter.setdefault(chip.facet_label, [])
            said.append(f"“{chip.label}”")
        if not chips:
            return ""
        parts = [get_text_list(said, "or") for said in by_filter.values()]
        noun = "filter" if len(chips) == 1 else "filters"
        return f" under the {noun} {get_text_list(parts, 'and')}"

    def _unfiltered(self, row: AxisValue, column: AxisValue) -> int:
        if not self._under:
            return 0
        published = self.filters.index.published
        return self.filters.count_entries(row.keys & column.keys & published)

    @cached_property
    def _asked(self) -> BitMap:
        sets = self.filters.index.sets(BY_STUDY)
        return BitMap.union(EMPTY, *sets.values())

    @cached_property
    def _split(self) -> tuple[BitMap, BitMap]:
        return split_among(self.filters)

    # What would fill one

    def with_wider(self, gap: Gap) -> Gap:
        """The same, with the nearest row above it that is not empty."""
        wider = None
        if gap.kind == NOTHING_RECORDED:
            wider = self._wider(gap.row, gap.column)
        return replace(gap, wider=wider)

    def _wider(self, row: AxisValue, column: AxisValue) -> Wider | None:
        above, depth = row.parent, row.depth - 1
        while above:
            crosstab = self._at_level(depth)
            for value in crosstab.rows:
                cell = crosstab.cell(value, column)
                if value.value == above and cell.count:
                    name = f"{value.name}, {column.name}"
                    asked = self._asked_for_by(cell)
                    return Wider(name, cell.count, cell.url, asked)
            above, depth = above.rpartition(".")[0], depth - 1
        return None

    def _asked_for_by(self, cell: Cell) -> tuple[Wider, ...]:
        """The laws, codes and standards that ask for most of what stands in a cell. None where
        the list is narrowed to some.
        """
        if self.filters.values(INSTRUMENT):
            return ()
        index = self.filters.index
        facet = self.filters.facet_filters[INSTRUMENT]
        found = []
        for value, one in facet.known(index).items():
            keys = facet.standing_at(index, value) & cell.keys
            if keys:
                url = f"{cell.url}&{urlencode({INSTRUMENT: value})}"
                count = self.filters.count_entries(keys)
                found.append(Wider(one.label, count, url))
        found.sort(key=lambda one: -one.count)
        return tuple(found[:MOST_ASKING])

    def _at_level(self, level: int) -> Crosstab:
        if level not in self._coarser:
            rows = self.matrix.row_axis.parameter
            self._coarser[level] = Crosstab(
                self.filters,
                axis_of(self.filters, rows, level),
                self.matrix.column_axis,
            )
        return self._coarser[level]


def _with_noun(count: int, noun: str) -> str:
    """“1 mitigation”, “1,200 mitigations”."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _fillable(values: list[AxisValue]) -> list[AxisValue]:
    return [value for value in values if value.can_be_gap]


COLUMNS = [
    Column(
        "kind",
        Type.TEXT,
        f"“{NOTHING_RECORDED}”, “{NOT_ASKED}” or “{SPLIT}”.",
    ),
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
