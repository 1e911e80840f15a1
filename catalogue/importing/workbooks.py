"""Whether a workbook can be opened without filling the memory, and without taking a formula for a value.

Its reader lays out every cell up to the last one, so that a file of a few hundred bytes can ask for billions.
"""

import re
import zipfile
from typing import IO
from xml.parsers import expat

from .faults import Fault

LARGEST_UNPACKED = 300 * 2**20
MOST_CELLS = 1_000_000
CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})$")
CHUNK = 2**16
#: So many faults of one sheet are told.
MOST_FAULTS = 50
ERROR_IN_CELL = "the cell shows an error of the spreadsheet: correct its formula, or put the value there."
FORMULA_IN_CELL = "the cell holds a formula: copy the column and paste it as values."
BROKEN = (zipfile.BadZipFile, expat.ExpatError, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)


def check_workbook(name: str, file: IO[bytes], *, most_cells: int = MOST_CELLS, strict: bool = False) -> list[Fault]:
    """Raises ValidationError for what is no workbook, for one with macros, and for one that is too large when unpacked.

    Where `strict`, gives the formulas, errors and merged cells of its sheets, each with its place; else nothing.
    """
    faults: list[Fault] = []
    try:
        with zipfile.ZipFile(file) as folder:
            _check_parts(name, folder)
            if strict and "xl/workbook.xml" not in folder.namelist():
                raise Fault(f"{name} is packed like a workbook, but is none: save it as XLSX, or as CSV UTF-8.")
            for part in folder.namelist():
                if part.startswith("xl/worksheets/") and part.endswith(".xml"):
                    with folder.open(part) as sheet:
                        extent = _Extent(name, most_cells)
                        extent.read(sheet)
                    # Only the first sheet is imported.
                    faults += extent.faults if strict and part == _first_sheet(folder) else []
    except Fault:
        raise
    except BROKEN as error:
        raise Fault(
            f"{name} is no XLSX file that can be read ({error}): save it anew as XLSX, or as CSV UTF-8."
        ) from error
    return faults


def _check_parts(name: str, folder: zipfile.ZipFile) -> None:
    parts = folder.infolist()
    if any("vbaproject" in part.filename.lower() for part in parts):
        raise Fault(f"{name} has macros: save it as an Excel workbook without them (.xlsx).")
    if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise Fault(f"{name} has more than {LARGEST_UNPACKED // 2**20} MB when unpacked: divide it.")
    for part in parts:  # what a part says of its size is not trusted: read to its end, it is checked
        with folder.open(part) as content:
            while content.read(CHUNK):
                pass


def _first_sheet(folder: zipfile.ZipFile) -> str:
    """The part that holds the sheet which stands first."""
    sheets = _attributes(folder, "xl/workbook.xml", "sheet")
    relations = _attributes(folder, "xl/_rels/workbook.xml.rels", "Relationship")
    wanted = next((one.get("id", "") for one in sheets), "")
    target = next((one.get("Target", "") for one in relations if one.get("Id") == wanted), "worksheets/sheet1.xml")
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _attributes(folder: zipfile.ZipFile, part: str, tag: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse_entities

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(" ")[2] == tag:
            found.append({key.rpartition(" ")[2]: value for key, value in attributes.items()})

    parser.StartElementHandler = start
    with folder.open(part) as content:
        while chunk := content.read(CHUNK):
            parser.Parse(chunk, False)
    return found


def _refuse_entities(*declared) -> None:
    raise Fault("The workbook declares a document type, which no spreadsheet program writes: save it anew as XLSX.")


class _Extent:
    """How far the cells of a sheet reach, read piece by piece, and which of them hold no plain value."""

    def __init__(self, name: str, most_cells: int):
        self.name, self.most_cells = name, most_cells
        self.row = self.column = self.rows = self.columns = 0
        self.faults: list[Fault] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.StartDoctypeDeclHandler = _refuse_entities

    def read(self, sheet: IO[bytes]) -> None:
        while chunk := sheet.read(CHUNK):
            self.parser.Parse(chunk, False)
        self.parser.Parse(b"", True)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(" ")[2]
        if tag == "c":
            self._cell(attributes)
        elif tag == "row":
            given = attributes.get("r", "")
            self.row, self.column = (int(given) if given.isdecimal() else self.row + 1), 0
        elif tag == "f":
            self._fault(FORMULA_IN_CELL, self.row, letters(self.column))
        elif tag == "mergeCell":
            self._merged(attributes.get("ref", ""))

    def _cell(self, attributes: dict[str, str]) -> None:
        place = CELL.match(attributes.get("r", ""))
        self.column = _number(place[1]) if place else self.column + 1
        self.rows = max(self.rows, int(place[2]) if place else self.row)
        self.columns = max(self.columns, self.column)
        if attributes.get("t") == "e":
            self._fault(ERROR_IN_CELL, self.row, letters(self.column))
        if self.rows * self.columns > self.most_cells:
            raise Fault(
                f"{self.name} reaches over {self.rows:,} rows and {self.columns:,} columns; {self.most_cells:,} cells are "
                "possible. Delete what stands far from the rest, or divide it."
            )

    def _merged(self, reference: str) -> None:
        place = CELL.match(reference.partition(":")[0])
        row, column = (int(place[2]), place[1]) if place else (1, "A")
        self._fault(f"the cells {reference} are merged: unmerge them, and fill each.", row, column)

    def _fault(self, message: str, row: int, column: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(message, row=row, column=column))


def letters(number: int) -> str:
    """How a spreadsheet names a column: A for 1, AA for 27."""
    found = ""
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(65 + rest) + found
    return found


def _number(name: str) -> int:
    """The number of a column: A is 1, AA 27."""
    number = 0
    for letter in name:
        number = 26 * number + ord(letter) - 64
    return number
