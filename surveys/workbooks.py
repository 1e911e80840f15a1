"""Whether a workbook can be opened without filling the memory: its reader lays out every cell up to the last one, so that
a file of a few hundred bytes can ask for billions."""

import io
import re
import zipfile
from xml.parsers import expat

from django.core.exceptions import ValidationError

LARGEST_UNPACKED = 200 * 2**20
MOST_CELLS = 1_000_000
CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})$")
CHUNK = 2**16


def check_workbook(name: str, content: bytes) -> None:
    """Raises ValidationError for what is no workbook, and for one that is too large when unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as folder:
            if sum(part.file_size for part in folder.infolist()) > LARGEST_UNPACKED:
                raise ValidationError(f"{name} has more than {LARGEST_UNPACKED // 2**20} MB when unpacked.")
            for part in folder.namelist():
                if part.startswith("xl/worksheets/") and part.endswith(".xml"):
                    with folder.open(part) as sheet:
                        _Extent(name).read(sheet)
    except (zipfile.BadZipFile, expat.ExpatError, NotImplementedError, RuntimeError, EOFError) as error:
        raise ValidationError(f"{name} is no XLSX file that can be read: {error}") from error


class _Extent:
    """How far the cells of a sheet reach, read piece by piece."""

    def __init__(self, name: str):
        self.name, self.row, self.column, self.rows, self.columns = name, 0, 0, 0, 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.StartDoctypeDeclHandler = self._refuse_entities

    def read(self, sheet) -> None:
        while chunk := sheet.read(CHUNK):
            self.parser.Parse(chunk, False)
        self.parser.Parse(b"", True)

    def _refuse_entities(self, *declared) -> None:
        raise ValidationError(f"{self.name} declares a document type, which no spreadsheet program writes.")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(" ")[2]
        if tag == "row":
            given = attributes.get("r", "")
            self.row, self.column = (int(given) if given.isdecimal() else self.row + 1), 0
        elif tag == "c":
            place = CELL.match(attributes.get("r", ""))
            self.column = _number(place[1]) if place else self.column + 1
            self.rows = max(self.rows, int(place[2]) if place else self.row)
            self.columns = max(self.columns, self.column)
            if self.rows * self.columns > MOST_CELLS:
                raise ValidationError(
                    f"{self.name} reaches over {self.rows:,} rows and {self.columns:,} columns; {MOST_CELLS:,} cells are "
                    "possible. Delete what stands far from the answers, or divide it."
                )


def _number(letters: str) -> int:
    """The number of a column: A is 1, AA 27."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number
