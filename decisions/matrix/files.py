"""The matrix as files: what its page shows, as it shows it or a row for each cell."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpResponse

from catalogue import reading
from catalogue.files.exports.address import ListAddress
from catalogue.files.exports.columns import Column, Type
from catalogue.files.exports.delivery import content_type
from catalogue.files.exports.formats import FORMATS, Format
from catalogue.files.exports.listings import Listing, notices_of
from catalogue.files.exports.names import file_name
from serving.attachments import attached

from .cells import Shown
from .gaps import GapListing
from .picture import picture_of
from .state import MatrixState
from .table import ALL, Matrix

#: What each file holds, by the address it has below the matrix's, and in which forms.
LAYOUTS = {
    "table": ("csv", "xlsx", "md", "svg", "png"),
    "cells": ("csv", "xlsx", "json"),
    "gaps": ("csv",),
}
#: What the name of a file begins with.
VIEWS = {"table": "matrix", "cells": "matrix-cells", "gaps": "matrix-gaps"}
PICTURES = {"svg": "image/svg+xml", "png": "image/png"}
#: What the page calls them.
LABELS = {
    ("table", "csv"): "CSV",
    ("table", "xlsx"): "Excel",
    ("table", "md"): "Markdown",
    ("table", "svg"): "SVG",
    ("table", "png"): "PNG",
    ("cells", "csv"): "CSV, a row for each cell",
    ("cells", "xlsx"): "Excel, a row for each cell",
    ("cells", "json"): "JSON",
}


def _value_of_figure(cell: Shown) -> int | str:
    """A count as a number, all else in the words of the page. A number that is compared with
    another one stands with the difference.
    """
    if not cell.is_count:
        return cell.whole_text
    if cell.difference is None:
        return cell.count
    if cell.difference.text:
        return f"{cell.figure.text} ({cell.difference.text})"
    return cell.figure.text


class TableListing(Listing):
    """As the page shows it: its rows and columns, with totals."""

    name = "matrix"

    def __init__(self, matrix: Matrix):
        self.matrix = matrix
        has_numbers = matrix.is_shaded and not matrix.state.against
        kind = Type.INTEGER if has_numbers else Type.TEXT
        self.columns = [
            Column(
                matrix.row_axis.kind.noun,
                Type.TEXT,
                "The row, with its code where it has one.",
            ),
        ]
        for head in matrix.columns:
            self.columns.append(Column(head.value.name, kind, matrix.caption))
        self.columns.append(Column(ALL, kind, "The whole row."))

    def __len__(self):
        return len(self.matrix.rows) + 1

    def records(self):
        names = [column.name for column in self.columns]
        for batch in self.rows():
            yield [dict(zip(names, row, strict=True)) for row in batch]

    def rows(self):
        lines = []
        for row in self.matrix.rows:
            cells = [*row.cells, row.total]
            lines.append([row.head.value.name, *map(_value_of_figure, cells)])
        totals = [*self.matrix.column_totals, self.matrix.total]
        lines.append([ALL, *map(_value_of_figure, totals)])
        yield lines

    def notices(self):
        return [*self.matrix.notes, *notices_of(self.matrix.filters)]


CELL_COLUMNS = [
    Column("row", Type.TEXT, "Code or short name of the row."),
    Column("row_label", Type.TEXT, "What the row is called."),
    Column("column", Type.TEXT, "Code or short name of the column."),
    Column("column_label", Type.TEXT, "What the column is called."),
    Column("count", Type.INTEGER, "How many stand in the cell."),
    Column("measures", Type.INTEGER, "How many measures they word."),
    Column(
        "against",
        Type.INTEGER,
        "How many there are in the other state.",
        empty="nothing is compared",
    ),
    Column(
        "matches",
        Type.INTEGER,
        "How many hold the words that are looked for.",
        empty="nothing is looked for",
    ),
    Column("text", Type.TEXT, "What the cell says on the page."),
    Column(
        "value",
        Type.NUMBER,
        "The same as a number; a share from 0 to 1.",
        empty="no one number says it",
    ),
    Column(
        "low",
        Type.NUMBER,
        "Of shares: the lowest.",
        empty="not a share, or none is known",
    ),
    Column(
        "high",
        Type.NUMBER,
        "Of shares: the highest.",
        empty="not a share, or none is known",
    ),
    Column("status", Type.TEXT, "Why there is no value.", empty="there is"),
    Column("url", Type.TEXT, "The list behind the cell."),
]


class CellListing(Listing):
    """A row for each cell, without totals."""

    name = "matrix-cells"
    columns = CELL_COLUMNS

    def __init__(self, matrix: Matrix, base_url: str):
        self.matrix = matrix
        self.base_url = base_url

    def __len__(self):
        return len(self.matrix.rows) * len(self.matrix.columns)

    def records(self):
        measures = self.matrix.filters.index.measures
        for row in self.matrix.rows:
            batch = []
            for head, cell in zip(self.matrix.columns, row.cells, strict=True):
                figure = cell.figure
                batch.append(
                    {
                        "row": row.head.value.value,
                        "row_label": row.head.value.label,
                        "column": head.value.value,
                        "column_label": head.value.label,
                        "count": cell.count,
                        "measures": measures.count(cell.cell.keys),
                        "against": cell.difference.other
                        if cell.difference
                        else None,
                        "matches": cell.matches,
                        "text": cell.whole_text,
                        "value": figure.value,
                        "low": figure.low,
                        "high": figure.high,
                        "status": figure.status or None,
                        "url": self.base_url + cell.url,
                    },
                )
            yield batch

    def rows(self):
        for batch in self.records():
            yield [
                [column.of(record) for column in CELL_COLUMNS]
                for record in batch
            ]

    def notices(self):
        return [*self.matrix.notes, *notices_of(self.matrix.filters)]


def _write_markdown(
    listing: Listing,
    address: ListAddress,
) -> Iterator[bytes]:
    names = [column.name for column in listing.columns]
    ruler = ["---", *("--:" for _ in names[1:])]
    lines = [_line_of_matrix(names), _line_of_matrix(ruler)]
    for batch in listing.rows():
        lines += [_line_of_matrix(row) for row in batch]
    source = address.url()
    yield "\n".join([*lines, "", f"Source: <{source}>", ""]).encode()


def _line_of_matrix(values: list[Any]) -> str:
    cells = [str(value).replace("|", "\\|") for value in values]
    return f"| {' | '.join(cells)} |"


MARKDOWN = Format(
    name="md",
    label="Markdown",
    media_type="text/markdown",
    write=_write_markdown,
    suffix="md",
    is_table=True,
    is_text=True,
)


def links_of(state: MatrixState) -> list[tuple[str, str]]:
    """(what it is called, its address) of each file of what the page shows."""
    return [
        (label, state.file_url(layout, form))
        for (layout, form), label in LABELS.items()
    ]


def matrix_file_of(
    state: MatrixState,
    layout: str,
    form: str,
    base_url: str,
) -> HttpResponse:
    """Raises Http404 where there is no such file."""
    if form not in LAYOUTS.get(layout, ()):
        raise Http404("The matrix has no such file.")
    with reading.one_state_of_the_database():
        matrix = Matrix(state)
        if matrix.lacks_choice and layout != "gaps":
            raise Http404("Which question? Cells say nothing without one.")
        media_type, content = _content_of_matrix(
            matrix,
            layout,
            form,
            base_url,
        )
    view = f"{VIEWS[layout]}_{state['rows']}-x-{state['columns']}"
    name = file_name(view, state.choices)
    answer = HttpResponse(content, content_type=media_type)
    return attached(answer, f"{name}.{form}")


def _content_of_matrix(
    matrix: Matrix,
    layout: str,
    form: str,
    base_url: str,
) -> tuple[str, bytes | str]:
    """Its media type and what it holds."""
    if form in PICTURES:
        picture = picture_of(matrix, base_url + matrix.state.url())
        content = picture.png() if form == "png" else picture.svg
        return PICTURES[form], content
    kind = MARKDOWN if form == "md" else FORMATS[form]
    listing = _listing(matrix, layout, base_url)
    parts = kind.write(listing, matrix.state.address(base_url))
    return content_type(kind.media_type), b"".join(parts)


def _listing(matrix: Matrix, layout: str, base_url: str) -> Listing:
    if layout == "gaps":
        return GapListing(matrix, base_url)
    if layout == "cells":
        return CellListing(matrix, base_url)
    return TableListing(matrix)
