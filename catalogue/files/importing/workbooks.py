"""Whether a workbook can be opened without filling the memory, and without taking a formula for
a value.

Its reader lays out every cell up to the last one, so that a file of a few hundred bytes can ask
for billions.
"""

import re
import zipfile
from dataclasses import dataclass
from typing import IO
from xml.parsers import expat

from .errors import FileError

LARGEST_UNPACKED = 300 * 2**20
CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})$")
CHUNK = 2**16
#: So many errors of one sheet are reported, each with its row. With more, the whole is refused.
MOST_ERRORS = 10_000
#: Columns further right are not looked at for being hidden.
MOST_HIDDEN = 300
ERROR_IN_CELL = "the cell shows an error of the spreadsheet: correct its formula, or put the value there."
FORMULA_IN_CELL = (
    "the cell holds a formula: copy the column and paste it as values."
)
BROKEN = (
    zipfile.BadZipFile,
    expat.ExpatError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)


@dataclass
class SheetPart:
    """A sheet of a workbook, looked through before it is read. Columns are named by letters."""

    name: str
    is_hidden: bool
    errors: list[FileError]
    hidden_rows: set[int]
    hidden_columns: list[str]


def sheets_of(
    name: str,
    file: IO[bytes],
    *,
    most_cells: int,
    takes_formulas: bool = False,
) -> list[SheetPart]:
    """The sheets with cells, in their order, each with its errors, its merged cells, and, unless
    their values are taken, its formulas. Raises FileError for what is no workbook, for one with
    macros, and for one that is too large when unpacked.
    """
    try:
        with zipfile.ZipFile(file) as folder:
            _check_parts(name, folder)
            extents: dict[str, _Extent] = {}
            for part in folder.namelist():
                if part.startswith("xl/worksheets/") and part.endswith(".xml"):
                    extents[part] = _Extent(name, most_cells, takes_formulas)
                    with folder.open(part) as sheet:
                        extents[part].read(sheet)
            listed = _listed_sheets(name, folder)
    except FileError:
        raise
    except BROKEN as error:
        raise FileError(
            f"{name} is no XLSX file that can be read ({error}): save it anew as XLSX, or as CSV UTF-8.",
        ) from error
    sheets = []
    for title, is_hidden, part in listed:
        if extent := extents.get(part):
            sheets.append(
                SheetPart(
                    title,
                    is_hidden,
                    extent.errors,
                    extent.hidden_rows,
                    extent.hidden_columns,
                ),
            )
    return sheets


def _check_parts(name: str, folder: zipfile.ZipFile) -> None:
    parts = folder.infolist()
    if any("vbaproject" in part.filename.lower() for part in parts):
        raise FileError(
            f"{name} has macros: save it as an Excel workbook without them (.xlsx).",
        )
    if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise FileError(
            f"{name} has more than {LARGEST_UNPACKED // 2**20} MB when unpacked: divide it.",
        )
    # What a part says of its size is not trusted: read to its end, it is checked.
    for part in parts:
        with folder.open(part) as content:
            while content.read(CHUNK):
                pass


def _listed_sheets(
    name: str,
    folder: zipfile.ZipFile,
) -> list[tuple[str, bool, str]]:
    """(its name, whether it is hidden, the part that holds it) of each sheet."""
    if "xl/workbook.xml" not in folder.namelist():
        raise FileError(
            f"{name} is packed like a workbook, but is none: save it as XLSX, or as CSV UTF-8.",
        )
    relations = _attributes(
        folder,
        "xl/_rels/workbook.xml.rels",
        "Relationship",
    )
    targets = {one.get("Id", ""): one.get("Target", "") for one in relations}
    sheets = []
    for one in _attributes(folder, "xl/workbook.xml", "sheet"):
        target = targets.get(one.get("id", ""), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        is_hidden = one.get("state", "visible") != "visible"
        sheets.append((one.get("name", ""), is_hidden, part))
    return sheets


def _attributes(
    folder: zipfile.ZipFile,
    part: str,
    tag: str,
) -> list[dict[str, str]]:
    """The attributes of every element of this name in a part of the workbook."""
    elements: list[dict[str, str]] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse_entities

    def start(name: str, attributes: dict[str, str]) -> None:
        if _without_namespace(name) == tag:
            elements.append(
                {
                    _without_namespace(key): value
                    for key, value in attributes.items()
                },
            )

    parser.StartElementHandler = start
    with folder.open(part) as content:
        while chunk := content.read(CHUNK):
            parser.Parse(chunk, False)
    return elements


def _without_namespace(name: str) -> str:
    return name.rpartition(" ")[2]


def _refuse_entities(*declared) -> None:
    raise FileError(
        "The workbook declares a document type, which no spreadsheet program writes: save it anew as XLSX.",
    )


class _Extent:
    """How far the cells of a sheet reach, read piece by piece, and which of them hold no plain
    value.
    """

    def __init__(self, name: str, most_cells: int, takes_formulas: bool):
        self.name = name
        self.most_cells = most_cells
        self.takes_formulas = takes_formulas
        self.row = self.column = self.rows = self.columns = 0
        self.errors: list[FileError] = []
        self.hidden_rows: set[int] = set()
        self.hidden_columns: list[str] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.StartDoctypeDeclHandler = _refuse_entities

    def read(self, sheet: IO[bytes]) -> None:
        while chunk := sheet.read(CHUNK):
            self.parser.Parse(chunk, False)
        self.parser.Parse(b"", True)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = _without_namespace(tag)
        if tag == "c":
            self._start_cell(attributes)
        elif tag == "row":
            self._start_row(attributes)
        elif tag == "col" and _is_true(attributes.get("hidden")):
            self._hide_columns(
                attributes.get("min", ""),
                attributes.get("max", ""),
            )
        elif tag == "f" and not self.takes_formulas:
            self._add_error(FORMULA_IN_CELL, self.row, letters(self.column))
        elif tag == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r", "")
        self.row = int(number) if number.isdecimal() else self.row + 1
        self.column = 0
        if _is_true(attributes.get("hidden")):
            self.hidden_rows.add(self.row)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        reference = CELL.match(attributes.get("r", ""))
        if reference:
            self.column = _column_number(reference[1])
            self.rows = max(self.rows, int(reference[2]))
        else:
            self.column += 1
            self.rows = max(self.rows, self.row)
        self.columns = max(self.columns, self.column)
        if attributes.get("t") == "e":
            self._add_error(ERROR_IN_CELL, self.row, letters(self.column))
        if self.rows * self.columns > self.most_cells:
            raise FileError(
                f"{self.name} reaches over {self.rows:,} rows and {self.columns:,} columns; {self.most_cells:,} cells are "
                "possible. Delete what stands far from the rest, or divide it.",
            )

    def _hide_columns(self, first: str, last: str) -> None:
        if first.isdecimal() and last.isdecimal():
            end = min(int(last), MOST_HIDDEN)
            for number in range(int(first), end + 1):
                self.hidden_columns.append(letters(number))

    def _merge(self, reference: str) -> None:
        """Wrong in each row that they reach over: only the first has what stands in them."""
        first, _, last = reference.partition(":")
        start = CELL.match(first)
        end = CELL.match(last)
        row, column = (int(start[2]), start[1]) if start else (1, "A")
        last_row = min(int(end[2]), self.rows) if end else row
        for number in range(row, max(row, last_row) + 1):
            self._add_error(
                f"the cells {reference} are merged: unmerge them, and fill each.",
                number,
                column,
            )

    def _add_error(self, message: str, row: int, column: str) -> None:
        if len(self.errors) == MOST_ERRORS:
            raise FileError(
                f"{self.name} has more than {MOST_ERRORS:,} formulas, errors and merged cells on a sheet: copy the sheet and "
                "paste it as values into a new one.",
            )
        self.errors.append(FileError(message, row=row, column=column))


def _is_true(text: str | None) -> bool:
    return text in ("1", "true")


def letters(number: int) -> str:
    """How a spreadsheet names a column: A for 1, AA for 27."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def _column_number(name: str) -> int:
    """The number of a column: A is 1, AA 27."""
    number = 0
    for letter in name:
        number = 26 * number + ord(letter) - 64
    return number
