"""What a dry run found, as a file; and the file to fill in."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import orjson
from xlsxwriter import Workbook

from catalogue.files.exports.cells import guarded
from catalogue.files.exports.text import BOM
from catalogue.files.exports.workbook import fitting_cell
from catalogue.models import ImportBatch, ImportRow

from .kinds import Importer, importer_for
from .kinds.base import Change

COLUMNS = [
    "row",
    "becomes",
    "record",
    "column or field",
    "old",
    "new",
    "remark",
]
Line = list[str]


class Judged(Protocol):
    """A row of a dry run, as it is kept or as it comes."""

    number: Any
    verdict: Any
    label: Any

    @property
    def body(self) -> Any: ...


def lines(batch: ImportBatch) -> Iterator[Line]:
    """A line for each difference, error and warning; of rows that are left, one that says so."""
    for note in batch.notes:
        line = dict.fromkeys(COLUMNS, "")
        line["row"] = str(note.get("row") or "")
        line["column or field"] = note.get("column", "")
        line["remark"] = note["detail"]
        yield list(line.values())
    importer = importer_for(batch.kind, batch.options)
    for row in batch.rows.order_by("number").iterator(chunk_size=500):
        yield from lines_of(importer, row)


def lines_of(importer: Importer, row: Judged) -> Iterator[Line]:
    start = [str(row.number), ImportRow.Verdict(row.verdict).label, row.label]
    body = orjson.loads(row.body)
    lines = [
        [*start, *change, ""] for change in changes_of_row(importer, body)
    ]
    for column, message in body.get("faults", []):
        lines.append([*start, column, "", "", message])
    for message in body.get("warnings", []):
        lines.append([*start, "", "", "", message])
    yield from lines or [[*start, "", "", "", ""]]


def changes_of_row(importer: Importer, body: dict[str, Any]) -> list[Change]:
    """(what, old, new) of a row that changes or adds something. `body` is that of an
    `ImportRow`.
    """
    if "after" not in body:
        return []
    return importer.changes(body.get("before"), body["after"])


def write_report(lines: Iterable[Line], path: Path) -> None:
    """CSV, or XLSX where the name says so."""
    if path.suffix.lower() == ".xlsx":
        _write_xlsx(lines, path)
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(BOM)
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for line in lines:
            writer.writerow([guarded(cell) for cell in line])


def _write_xlsx(lines: Iterable[Line], path: Path) -> None:
    with Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Dry run")
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        sheet.set_column(2, 6, 32)
        for number, name in enumerate(COLUMNS):
            sheet.write_string(0, number, name, bold)
        for row, line in enumerate(lines, start=1):
            for number, cell in enumerate(line):
                if cell:
                    sheet.write_string(
                        row,
                        number,
                        fitting_cell(guarded(cell)),
                    )


def write_template(importer: Importer, path: Path) -> None:
    """A workbook to be filled in: the columns of a kind on the first sheet, what they take on
    the second.
    """
    fields = [
        field for field in importer.fields.values() if "@" not in field.name
    ]
    with Workbook(str(path)) as book:
        bold = book.add_format({"bold": True})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        as_text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(importer.label[:31])
        sheet.freeze_panes(1, 0)
        # As text, so that 2.10 does not become 2.1.
        sheet.set_column(0, len(fields) - 1, 22, as_text)
        help_sheet = book.add_worksheet("What the columns take")
        help_sheet.set_column(0, 1, 28)
        help_sheet.set_column(2, 3, 60, wrap)
        titles = ["column", "what it is", "what it takes", "example"]
        help_sheet.write_row(0, 0, titles, bold)
        for number, field in enumerate(fields):
            sheet.write_string(0, number, field.name, bold)
            texts = [field.name, field.label, field.help, field.example]
            for position, text in enumerate(texts):
                help_sheet.write_string(number + 1, position, text)
