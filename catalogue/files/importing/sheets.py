"""XLSX: one sheet, without running anything in it: the visible one whose rows have most column
names, or the one that is named.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    load_workbook,
)

from catalogue.files.exports.cells import unguarded
from catalogue.files.exports.workbook import CUT

from .errors import FileError
from .headers import (
    LOOKED_AT,
    Fits,
    Header,
    find_header,
    numbered,
    passed_over,
    repeats,
)
from .reading import HowToRead, Row, Source, check_number, sound_columns, text_error
from .values import LARGEST_WHOLE
from .workbooks import SheetFound, letters, sheets_of

#: 100,000 rows of 25 columns.
MOST_CELLS = 2_500_000


class Sheet(Source):
    def __init__(self, path: Path, name: str, how: HowToRead, fits: Fits | None = None):
        with path.open("rb") as file:
            found = sheets_of(name, file, most_cells=MOST_CELLS)
        if not found:
            raise FileError(f"{name} has no sheet with cells: put the table on one.")
        self.name = name
        self.sheets = [one.name for one in found]
        self.found, self.sheet, header = _choose(
            _workbook(path, name), found, how, fits
        )
        self.header_row = how.header_row or header.row
        self.place = f"row {self.header_row} of the sheet “{self.found.name}”"
        self._note_sheets(found)
        beginning = [_texts(record) for record in islice(self._records(), LOOKED_AT)]
        self._above = passed_over(beginning, self.header_row)
        self.columns = self._read_columns()
        self.letters = {
            letters(number): column
            for number, column in enumerate(self.columns, start=1)
        }
        self.errors: dict[int, list[FileError]] = defaultdict(list)
        for error in self.found.errors:
            place = self.letters.get(error.column, error.column)
            self.errors[error.row or 0].append(
                FileError(error.detail, row=error.row, column=place)
            )
        self.hidden_rows = {
            row for row in self.found.hidden_rows if row > self.header_row
        }
        self._forget()

    def _read_columns(self) -> list[str]:
        first = next(islice(self._records(), self.header_row - 1, None), None)
        if first is None:
            raise FileError(
                f"the sheet “{self.found.name}” of {self.name} is empty, or has no row {self.header_row}: it needs a row of "
                "column names, and a row for each record."
            )
        for error in self.found.errors:
            if error.row == self.header_row:
                raise error
        return sound_columns(_texts(first), self.header_row)

    # What is said of it

    def _note_sheets(self, found: list[SheetFound]) -> None:
        others = [
            f"“{one.name}”{' (hidden)' if one.is_hidden else ''}"
            for one in found
            if one is not self.found
        ]
        was_hidden = ", which is hidden" if self.found.is_hidden else ""
        note = f"Read from the sheet “{self.found.name}”{was_hidden}."
        self._sheet = f"{note} Not read: {', '.join(others)}." if others else note

    def _forget(self) -> None:
        """What is noted while rows are read."""
        self.repeated: list[int] = []
        self.unnamed: dict[str, int] = {}
        self.shown_hidden: list[int] = []

    @property
    def notes(self):
        found = [self._sheet, self._above]
        if self.repeated:
            found.append(
                f"Passed over, since they say the column names again: {numbered(self.repeated)}."
            )
        if self.shown_hidden:
            found.append(
                f"Hidden in the sheet, by hand or by a filter, and read all the same: {numbered(self.shown_hidden)}."
            )
        hidden = [
            self.letters[one]
            for one in self.found.hidden_columns
            if one in self.letters
        ]
        if hidden:
            found.append(
                f"Columns that are hidden in the sheet, and read all the same: {', '.join(hidden)}."
            )
        for column, row in self.unnamed.items():
            found.append(
                f"Not read: column {column}, which has no name (its first cell stands in row {row}). Name it to have it read."
            )
        return list(filter(None, found))

    # Rows

    def _records(self) -> Iterator[list[Any]]:
        yield from _records(self.sheet)

    def rows(self) -> Iterator[Row]:
        self._forget()
        for number, record in enumerate(self._records(), start=1):
            check_number(number)
            if number <= self.header_row:
                continue
            is_blank = all(
                isinstance(value, str) and not value.strip() for value in record
            )
            if is_blank and number not in self.errors:
                continue
            if repeats(_texts(record), self.columns):
                self.repeated.append(number)
                continue
            yield self._row(number, record)

    def _row(self, number: int, record: list[Any]) -> Row:
        row = Row(number, {}, list(self.errors.get(number, [])))
        if number in self.hidden_rows:
            self.shown_hidden.append(number)
            row.warnings.append(
                "the row is hidden in the sheet, by hand or by a filter."
            )
        for place, value in enumerate(
            record[len(self.columns) :], start=len(self.columns) + 1
        ):
            if not isinstance(value, str) or value.strip():
                self.unnamed.setdefault(letters(place), number)
        for column, value in zip(self.columns, record, strict=False):
            value = plain_value(value)
            if not isinstance(value, str):
                row.cells[column] = value
                continue
            if value.endswith(CUT):
                row.errors.append(
                    FileError(
                        "the text was cut when it was exported: export it as CSV or JSON.",
                        row=number,
                        column=column,
                    )
                )
            elif error := text_error(value, number, column, formulas=False):
                row.errors.append(error)
            row.cells[column] = unguarded(value).strip()
        return row


def _workbook(path: Path, name: str) -> CalamineWorkbook:
    try:
        return load_workbook(path)
    except CalamineError as error:
        raise FileError(
            f"{name} is no XLSX file that can be read ({error}): save it anew as XLSX."
        ) from error


def _choose(
    workbook: CalamineWorkbook,
    found: list[SheetFound],
    how: HowToRead,
    fits: Fits | None,
) -> tuple[SheetFound, CalamineSheet, Header]:
    """The sheet to read, and where its column names stand. Raises FileError where none is called as
    it is said.
    """
    if how.sheet:
        possible = [
            one for one in found if one.name.casefold() == how.sheet.strip().casefold()
        ]
        if not possible:
            names = ", ".join(f"“{one.name}”" for one in found)
            raise FileError(
                f"there is no sheet “{how.sheet}”; the workbook has {names}."
            )
    else:
        possible = [one for one in found if not one.is_hidden] or found
    best = _opened(workbook, possible[0], fits)
    for one in possible[1:] if fits is not None else []:
        other = _opened(workbook, one, fits)
        if other[2].known > best[2].known:
            best = other
    return best


def _opened(
    workbook: CalamineWorkbook, one: SheetFound, fits: Fits | None
) -> tuple[SheetFound, CalamineSheet, Header]:
    try:
        sheet = workbook.get_sheet_by_name(one.name)
    except CalamineError as error:
        raise FileError(
            f"the sheet “{one.name}” cannot be read ({error}): save the workbook anew as XLSX."
        ) from error
    beginning = [_texts(record) for record in islice(_records(sheet), LOOKED_AT)]
    return one, sheet, find_header(beginning, fits)


def _records(sheet: CalamineSheet) -> Iterator[list[Any]]:
    # Rows above the first cell are no rows of the reader's, but the spreadsheet counts them.
    above, left = sheet.start or (0, 0)
    yield from ([] for _ in range(above))
    for record in sheet.iter_rows():
        yield [""] * left + list(record)


def _texts(record: list[Any]) -> list[str]:
    return [str(plain_value(value)) for value in record]


def plain_value(value: Any) -> Any:
    """Text, or what the sheet has that is no text: a fraction, a date, a time, a truth value.
    Whole numbers are text.
    """
    if isinstance(value, bool | date | datetime | time | timedelta):
        return value
    if isinstance(value, float):
        # A spreadsheet has no whole numbers: 3 comes as 3.0.
        return (
            str(int(value))
            if value.is_integer() and abs(value) < LARGEST_WHOLE
            else value
        )
    return str(value)
