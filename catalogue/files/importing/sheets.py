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
from .reading import (
    HowToRead,
    OpenedFile,
    Row,
    check_number,
    sound_columns,
    text_error,
)
from .values import LARGEST_WHOLE
from .workbooks import SheetPart, letters, sheets_of

#: 100,000 rows of 25 columns.
MOST_CELLS = 2_500_000
#: 412 respondents of 60 columns are 24,720.
MOST_CELLS_OF_RAW = 1_000_000


class Sheet(OpenedFile):
    def __init__(
        self,
        path: Path,
        name: str,
        how: HowToRead,
        fits: Fits | None = None,
    ):
        with path.open("rb") as file:
            parts = sheets_of(
                name,
                file,
                most_cells=MOST_CELLS_OF_RAW if how.is_raw else MOST_CELLS,
                takes_formulas=how.is_raw,
            )
        if not parts:
            raise FileError(
                f"{name} has no sheet with cells: put the table on one.",
            )
        self.name = name
        self.is_raw = how.is_raw
        self.sheets = [part.name for part in parts]
        workbook = _load(path, name)
        self.part, self.sheet, header = _choose(workbook, parts, how, fits)
        self.header_row = how.header_row or header.row
        self.place = f"row {self.header_row} of the sheet “{self.part.name}”"
        beginning = [
            _texts(record) for record in islice(self._sheet_rows(), LOOKED_AT)
        ]
        self._notes = [
            _note_on_sheets(parts, self.part),
            passed_over(beginning, self.header_row),
        ]
        self.columns = self._read_columns()
        self.column_names: dict[str, str] = {}
        for number, column in enumerate(self.columns, start=1):
            self.column_names[letters(number)] = column
        self.errors: dict[int, list[FileError]] = defaultdict(list)
        for error in self.part.errors:
            column = self.column_names.get(error.column, error.column)
            placed = FileError(error.detail, row=error.row, column=column)
            self.errors[error.row or 0].append(placed)
        self._begin_notes()

    def _read_columns(self) -> list[str]:
        names = next(
            islice(self._sheet_rows(), self.header_row - 1, None),
            None,
        )
        if names is None:
            raise FileError(
                f"the sheet “{self.part.name}” of {self.name} is empty, or has no row {self.header_row}: it needs a row of "
                "column names, and a row for each record.",
            )
        for error in self.part.errors:
            if error.row == self.header_row:
                raise error
        return sound_columns(
            _texts(names),
            self.header_row,
            is_raw=self.is_raw,
        )

    # Notes

    def _begin_notes(self) -> None:
        """Forgets what an earlier reading of the rows noted."""
        self.repeated: list[int] = []
        self.unnamed: dict[str, int] = {}
        self.hidden: list[int] = []

    @property
    def notes(self):
        notes = [note for note in self._notes if note]
        if self.repeated:
            notes.append(
                f"Passed over, since they say the column names again: {numbered(self.repeated)}.",
            )
        if self.hidden:
            notes.append(
                f"Hidden in the sheet, by hand or by a filter, and read all the same: {numbered(self.hidden)}.",
            )
        hidden_columns = [
            self.column_names[letter]
            for letter in self.part.hidden_columns
            if letter in self.column_names
        ]
        if hidden_columns:
            notes.append(
                f"Columns that are hidden in the sheet, and read all the same: {', '.join(hidden_columns)}.",
            )
        for column, row in self.unnamed.items():
            notes.append(
                f"Not read: column {column}, which has no name (its first cell stands in row {row}). Name it to have it read.",
            )
        return notes

    # Rows

    def _sheet_rows(self) -> Iterator[list[Any]]:
        yield from _sheet_rows(self.sheet)

    def rows(self) -> Iterator[Row]:
        self._begin_notes()
        for number, record in enumerate(self._sheet_rows(), start=1):
            check_number(number)
            if number <= self.header_row:
                continue
            if (
                all(_is_blank(value) for value in record)
                and number not in self.errors
            ):
                continue
            if repeats(_texts(record), self.columns):
                self.repeated.append(number)
            else:
                yield self._row(number, record)

    def _row(self, number: int, record: list[Any]) -> Row:
        row = Row(number, {}, list(self.errors.get(number, [])))
        if number in self.part.hidden_rows:
            self.hidden.append(number)
            row.warnings.append(
                "the row is hidden in the sheet, by hand or by a filter.",
            )
        width = len(self.columns)
        for position, value in enumerate(record[width:], start=width + 1):
            if not _is_blank(value):
                self.unnamed.setdefault(letters(position), number)
        for column, value in zip(self.columns, record, strict=False):
            self._read_cell(row, column, plain_value(value))
        return row

    def _read_cell(self, row: Row, column: str, value: Any) -> None:
        if not isinstance(value, str):
            row.cells[column] = value
            return
        error = text_error(value, row.number, column, is_raw=self.is_raw)
        if value.endswith(CUT):
            error = FileError(
                "the text was cut when it was exported: export it as CSV or JSON.",
                row=row.number,
                column=column,
            )
        if error:
            row.errors.append(error)
        row.cells[column] = unguarded(value).strip()


def _is_blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _note_on_sheets(parts: list[SheetPart], chosen: SheetPart) -> str:
    """Which sheet was read, and which were not."""
    note = f"Read from the sheet “{chosen.name}”"
    if chosen.is_hidden:
        note += ", which is hidden"
    others = []
    for part in parts:
        if part is not chosen:
            others.append(
                f"“{part.name}”{' (hidden)' if part.is_hidden else ''}",
            )
    if not others:
        return f"{note}."
    return f"{note}. Not read: {', '.join(others)}."


def _load(path: Path, name: str) -> CalamineWorkbook:
    try:
        return load_workbook(path)
    except CalamineError as error:
        raise FileError(
            f"{name} is no XLSX file that can be read ({error}): save it anew as XLSX.",
        ) from error


def _choose(
    workbook: CalamineWorkbook,
    parts: list[SheetPart],
    how: HowToRead,
    fits: Fits | None,
) -> tuple[SheetPart, CalamineSheet, Header]:
    """The sheet to read, and where its column names stand. Raises FileError where none is called
    as it is said.
    """
    if how.sheet:
        wanted = how.sheet.strip().casefold()
        possible = [part for part in parts if part.name.casefold() == wanted]
        if not possible:
            names = ", ".join(f"“{part.name}”" for part in parts)
            raise FileError(
                f"there is no sheet “{how.sheet}”; the workbook has {names}.",
            )
    else:
        possible = [part for part in parts if not part.is_hidden] or parts
    best = _open_sheet(workbook, possible[0], fits)
    if fits is None:
        return best
    for part in possible[1:]:
        other = _open_sheet(workbook, part, fits)
        if other[2].known > best[2].known:
            best = other
    return best


def _open_sheet(
    workbook: CalamineWorkbook,
    part: SheetPart,
    fits: Fits | None,
) -> tuple[SheetPart, CalamineSheet, Header]:
    try:
        sheet = workbook.get_sheet_by_name(part.name)
    except CalamineError as error:
        raise FileError(
            f"the sheet “{part.name}” cannot be read ({error}): save the workbook anew as XLSX.",
        ) from error
    beginning = [
        _texts(record) for record in islice(_sheet_rows(sheet), LOOKED_AT)
    ]
    return part, sheet, find_header(beginning, fits)


def _sheet_rows(sheet: CalamineSheet) -> Iterator[list[Any]]:
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
        if value.is_integer() and abs(value) < LARGEST_WHOLE:
            return str(int(value))
        return value
    return str(value)
