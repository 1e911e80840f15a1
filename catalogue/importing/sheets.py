"""XLSX: the first sheet, without running anything in it."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, load_workbook

from catalogue.exports.cells import unguarded
from catalogue.exports.workbook import CUT

from .faults import Fault
from .reading import Row, Source, check_number, sound_columns, text_fault
from .workbooks import check_workbook, letters

#: 100,000 rows of 25 columns.
MOST_CELLS = 2_500_000


class Sheet(Source):
    def __init__(self, path: Path, name: str):
        with path.open("rb") as file:
            found = check_workbook(name, file, most_cells=MOST_CELLS, strict=True)
        self.sheet = _first(path, name)
        first = next(self._records(), None)
        if first is None:
            raise Fault(f"{name} is empty: it needs a row of column names, and a row for each record.")
        if at_the_top := [fault for fault in found if fault.row == 1]:
            raise at_the_top[0]
        self.columns = sound_columns([text_of(value) for value in first])
        self.faults: dict[int, list[Fault]] = defaultdict(list)
        names = {letters(number): column for number, column in enumerate(self.columns, start=1)}
        for fault in found:
            place = names.get(fault.column, fault.column)
            self.faults[fault.row or 0].append(Fault(fault.detail, row=fault.row, column=place))

    def _records(self) -> Iterator[list[Any]]:
        # Rows above the first cell are no rows of the reader's, but the spreadsheet counts them.
        above = self.sheet.start[0] if self.sheet.start else 0
        left = self.sheet.start[1] if self.sheet.start else 0
        yield from ([] for _ in range(above))
        for record in self.sheet.iter_rows():
            yield [""] * left + list(record)

    def rows(self) -> Iterator[Row]:
        records = self._records()
        next(records)
        for number, record in enumerate(records, start=2):
            check_number(number)
            if number in self.faults or any(value != "" for value in record):
                yield self._row(number, record)

    def _row(self, number: int, record: list[Any]) -> Row:
        row = Row(number, {}, list(self.faults.get(number, [])))
        if any(value != "" for value in record[len(self.columns) :]):
            row.faults.append(Fault("there is a cell behind the last named column: name its column.", row=number))
        for column, value in zip(self.columns, record, strict=False):
            if isinstance(value, float) and not value.is_integer():
                row.cells[column] = value
                continue
            text = text_of(value)
            if text.endswith(CUT):
                row.faults.append(
                    Fault("the text was cut when it was exported: export it as CSV or JSON.", row=number, column=column)
                )
            elif fault := text_fault(text, number, column, formulas=False):
                row.faults.append(fault)
            row.cells[column] = unguarded(text).strip()
        return row


def _first(path: Path, name: str) -> CalamineSheet:
    try:
        return load_workbook(path).get_sheet_by_index(0)
    except CalamineError as error:
        raise Fault(f"{name} is no XLSX file that can be read ({error}): save it anew as XLSX.") from error


def text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # A spreadsheet has no whole numbers: 3 comes as 3.0.
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value) if not isinstance(value, timedelta) else f"{value.total_seconds()} s"
