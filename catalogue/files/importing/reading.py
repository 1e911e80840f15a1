"""A file of any kind as rows of cells, of which memory holds one lot at a time.

A file that cannot be read to its end, or that nobody would make in good faith, is refused whole
(`FileError`); what is wrong with single cells stands with their row, so that all of it can be told
at once.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalogue.plain_text import cleaned, on_one_line, what_is_unusable

from .errors import FileError
from .headers import Fits
from .text_files import BYTE_ORDER_MARKS

#: 100,000 mitigations with texts come to some 60 MB.
LARGEST_FILE = 90 * 2**20
MOST_ROWS = 250_000
MOST_COLUMNS = 300
#: Of one cell. A long description has 1,000; all classifications of a mitigation, as JSON, some
#: 5,000.
MOST_CHARACTERS = 50_000
LONGEST_NAME = 120

#: How bytes that are no UTF-8 stand in what was read of a file.
NO_UTF_8 = re.compile("[\udc80-\udcff]")
#: What a spreadsheet would run. A number or a dash before a blank is none.
FORMULA = re.compile(r"=|[+\-@][^\s\d.,+\-]|[\t\r]")

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
}
KINDS_OF_FILE = (
    "CSV (.csv), TSV (.tsv), Excel (.xlsx), JSON (.json) or NDJSON (.ndjson)"
)
#: How files begin that are something else, and what to do with them.
OTHERS = {
    b"\xd0\xcf\x11\xe0": "is an old Excel file (.xls), or one with a password: save it as XLSX without a password.",
    b"%PDF": "is a PDF: tables cannot be read from it.",
    b"\x1f\x8b": "is compressed: unpack it first.",
    b"SQLite format 3": "is a SQLite database: export the table as CSV.",
    b"PAR1": "is a Parquet file: save it as CSV.",
}


@dataclass
class Row:
    """Cells by column: text, or what JSON and workbooks have. `number` is that which a
    spreadsheet shows.
    """

    number: int
    cells: dict[str, Any]
    errors: list[FileError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class HowToRead:
    """What somebody says of a file; empty: found from the file."""

    sheet: str = ""
    #: The row of column names, as a spreadsheet numbers it.
    header_row: int | None = None
    encoding: str = ""

    @classmethod
    def of(cls, options: dict[str, Any]) -> "HowToRead":
        return cls(
            **{
                name: value
                for name, value in options.items()
                if name in cls.__dataclass_fields__ and value
            }
        )


class Source(ABC):
    """An opened file. `rows` can be asked for more than once."""

    columns: list[str]
    #: Where the column names were read, such as “row 1 of the sheet “Data””.
    place: str = ""
    #: Names of the sheets of a workbook.
    sheets: list[str] = []
    #: What keeps a value from being changed by the program that writes it.
    as_text: str = "format the column as text, and type it again"

    @property
    def notes(self) -> list[str]:
        """What was found out about the file, and passed over in it: whole once `rows` was read
        to its end.
        """
        return []

    @abstractmethod
    def rows(self) -> Iterator[Row]: ...


def open_source(
    path: Path, name: str, how: HowToRead | None = None, fits: Fits | None = None
) -> Source:
    """Opens a file by what its name says it is, and looks whether that is so. `fits` tells
    column names from other rows and sheets. Raises FileError.
    """
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise FileError(
            f"{name} has {size / 2**20:.0f} MB; {LARGEST_FILE // 2**20} are possible: divide it."
        )
    kind = file_type(name)
    with path.open("rb") as file:
        beginning = file.read(4096)
    _check_beginning(name, kind, beginning)
    return _source(kind, path, name, how or HowToRead(), fits)


def file_type(name: str) -> str:
    """Which kind of file a name says it is. Raises FileError for one that cannot be read."""
    suffix = Path(name).suffix.lower()
    if suffix in (".xlsm", ".xltm", ".xlsb"):
        raise FileError(
            f"{name} is a workbook with macros, or a binary one: save it as an Excel workbook (.xlsx)."
        )
    if suffix not in SUFFIXES:
        raise FileError(
            f"{name} is of a kind that cannot be read: save it as {KINDS_OF_FILE}."
        )
    return SUFFIXES[suffix]


def _check_beginning(name: str, kind: str, beginning: bytes) -> None:
    is_utf16 = beginning.startswith(BYTE_ORDER_MARKS)
    if is_utf16:
        beginning = (
            beginning[: len(beginning) // 2 * 2]
            .decode("utf-16", "replace")
            .encode("utf-8", "replace")
        )
    if not beginning.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FileError(
            f"{name} is empty: it needs a row of column names, and a row for each record."
        )
    for other, remedy in OTHERS.items():
        if beginning.startswith(other):
            raise FileError(f"{name} {remedy}")
    is_packed = beginning.startswith(b"PK")
    if is_packed and kind != "xlsx":
        raise FileError(
            f"{name} is an Excel workbook or another archive, and not what its name says: name it .xlsx."
        )
    if not is_packed and kind == "xlsx":
        raise FileError(
            f"{name} is no Excel workbook, though its name says so: save it as XLSX, or name it as what it is."
        )
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"<":
        raise FileError(
            f"{name} is HTML or XML: open it in a spreadsheet and save it as XLSX."
        )
    if kind == "csv" and text[:2] in (b'{"', b"[{", b"{\n", b"[\n"):
        raise FileError(
            f"{name} is JSON, though its name says something else: name it .json or .ndjson."
        )
    if kind in ("json", "ndjson") and is_utf16:
        raise FileError(f"{name} is UTF-16 text: save it as UTF-8.")
    if kind in ("json", "ndjson") and text[:1] not in b"{[":
        raise FileError(f"{name} is no JSON: it has to begin with {{ or [.", row=1)


def _source(
    kind: str, path: Path, name: str, how: HowToRead, fits: Fits | None
) -> Source:
    from . import delimited, json_files, sheets

    if kind == "csv":
        return delimited.Delimited(path, name, how, fits)
    return (
        sheets.Sheet(path, name, how, fits)
        if kind == "xlsx"
        else json_files.JsonFile(path, name, kind == "ndjson")
    )


def sound_columns(columns: list[str], row: int = 1) -> list[str]:
    """The names of the row of column names, without blanks around and behind them. Raises FileError
    for what cannot name a column.
    """
    names = [on_one_line(name).strip() for name in columns]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise FileError(
            "this row has no column names: put them there, or say in which row they stand.",
            row=row,
        )
    if len(names) > MOST_COLUMNS:
        raise FileError(
            f"there are {len(names):,} columns; {MOST_COLUMNS} are possible: delete those without use.",
            row=row,
        )
    seen: set[str] = set()
    for number, name in enumerate(names, start=1):
        _check_column(number, name, seen, row)
        seen.add(name.casefold())
    return names


def _check_column(number: int, name: str, seen: set[str], row: int) -> None:
    if not name:
        raise FileError(
            f"column {number} has no name: name it, or delete the column.", row=row
        )
    if what_is_unusable(name):
        raise FileError(
            f"the name of column {number} has signs that are no text: save the file as CSV UTF-8, or say which encoding it has.",
            row=row,
        )
    if len(name) > LONGEST_NAME:
        raise FileError(
            f"column {number} has a name of {len(name)} signs, as if it were text: put column names into the first row.",
            row=row,
        )
    if name.casefold() in seen:
        raise FileError(
            "two columns have this name: rename one of them.", row=row, column=name
        )


def text_error(
    value: str, number: int, column: str, *, formulas: bool
) -> FileError | None:
    """What is wrong with a text, whatever it is meant to say."""
    if unusable := _unusable(value):
        return FileError(unusable, row=number, column=column)
    if len(value) > MOST_CHARACTERS:
        return FileError(
            f"the cell has {len(value):,} signs; {MOST_CHARACTERS:,} are possible. Is a quotation mark not closed?",
            row=number,
            column=column,
        )
    if formulas and FORMULA.match(value):
        return FileError(
            f"“{value[:30]}” would run as a formula in a spreadsheet: put an apostrophe before it, if it is text.",
            row=number,
            column=column,
        )
    return None


def _unusable(text: str) -> str:
    if "\0" in text:
        return "the cell holds a null byte: save the file anew as CSV UTF-8."
    if byte := NO_UTF_8.search(text):
        byte_read = ord(byte[0]) - 0xDC00
        return f"the byte {byte_read:#04x} is no UTF-8 text: save the file as CSV UTF-8, or say which encoding it has."
    return what_is_unusable(cleaned(text))


def check_number(number: int) -> None:
    """Raises FileError where a file has more rows than can be imported."""
    if number > MOST_ROWS + 1:
        raise FileError(
            f"there are more than {MOST_ROWS:,} rows: divide the file.", row=number
        )
