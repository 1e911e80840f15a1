"""A file of any kind as rows of cells, of which memory holds some at a time.

A file that cannot be read to its end, or that nobody would make in good faith, is refused whole
(`FileError`); what is wrong with single cells stands with their row, so that all of it can be told
at once.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from catalogue.fields import cleaned, on_one_line, what_is_unusable

from .errors import FileError

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
    #: Column names may be whole questions, and any number of them; texts are what people typed
    #: elsewhere, be they formulas or worse. Whoever reads the cells judges them.
    is_raw: bool = False

    @classmethod
    def of(cls, options: dict[str, Any]) -> "HowToRead":
        """As the options of an import say, which have other members too."""
        return cls(
            sheet=options.get("sheet") or "",
            header_row=options.get("header_row") or None,
            encoding=options.get("encoding") or "",
        )


class OpenedFile(ABC):
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


def sound_columns(
    columns: list[str],
    row: int = 1,
    *,
    is_raw: bool = False,
) -> list[str]:
    """The names of the row of column names, without blanks around and behind them. Raises
    FileError for what cannot name a column.
    """
    names = [on_one_line(name).strip() for name in columns]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise FileError(
            "this row has no column names: put them there, or say in which row they stand.",
            row=row,
        )
    if len(names) > MOST_COLUMNS and not is_raw:
        raise FileError(
            f"there are {len(names):,} columns; {MOST_COLUMNS} are possible: delete those without use.",
            row=row,
        )
    seen: set[str] = set()
    for number, name in enumerate(names, start=1):
        _check_column(number, name, row, is_raw)
        key = name if is_raw else name.casefold()
        if key in seen:
            raise FileError(
                "two columns have this name: rename one of them.",
                row=row,
                column=name,
            )
        seen.add(key)
    return names


def _check_column(number: int, name: str, row: int, is_raw: bool) -> None:
    if not name:
        raise FileError(
            f"column {number} has no name: name it, or delete the column.",
            row=row,
        )
    if what_is_unusable(name):
        raise FileError(
            f"the name of column {number} has signs that are no text: save the file as CSV UTF-8, or say which encoding it has.",
            row=row,
        )
    if len(name) > LONGEST_NAME and not is_raw:
        raise FileError(
            f"column {number} has a name of {len(name)} signs, as if it were text: put column names into the first row.",
            row=row,
        )


def text_error(
    value: str,
    number: int,
    column: str,
    *,
    formulas: bool = False,
    is_raw: bool = False,
) -> FileError | None:
    """What is wrong with the text of a cell, whatever it is meant to say; None where nothing is.
    `formulas`: one that a spreadsheet would run is wrong. Of raw texts, only bytes that are no
    text are.
    """
    message = _broken(value)
    if not message and not is_raw:
        message = what_is_unusable(cleaned(value))
        if not message and len(value) > MOST_CHARACTERS:
            message = (
                f"the cell has {len(value):,} signs; {MOST_CHARACTERS:,} are possible. "
                "Is a quotation mark not closed?"
            )
        if not message and formulas and FORMULA.match(value):
            message = (
                f"“{value[:30]}” would run as a formula in a spreadsheet: put an apostrophe "
                "before it, if it is text."
            )
    if not message:
        return None
    return FileError(message, row=number, column=column)


def _broken(text: str) -> str:
    if "\0" in text:
        return "the cell holds a null byte: save the file anew as CSV UTF-8."
    if byte := NO_UTF_8.search(text):
        number = ord(byte[0]) - 0xDC00
        return f"the byte {number:#04x} is no UTF-8 text: save the file as CSV UTF-8, or say which encoding it has."
    return ""


def check_number(number: int) -> None:
    """Raises FileError where a file has more rows than can be imported."""
    if number > MOST_ROWS + 1:
        raise FileError(
            f"there are more than {MOST_ROWS:,} rows: divide the file.",
            row=number,
        )
