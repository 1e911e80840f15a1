"""CSV and TSV, read a line at a time. The sign between cells is found from the first line."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from catalogue.exports.cells import FORMULA as GUARDED
from catalogue.exports.cells import unguarded

from .faults import Fault
from .reading import Row, Source, check_number, sound_columns, text_fault

BETWEEN = ",;\t|"
#: Of signs; a line of a sound file has some thousands.
LONGEST_LINE = 2**20


class Delimited(Source):
    def __init__(self, path: Path, name: str):
        self.path, self.name = path, name
        with self._open() as file:
            line = next(_lines(file))
        self.between = max(BETWEEN, key=line.count)
        with self._open() as file:
            self.columns = sound_columns([unguarded(cell) for cell in next(self._records(file))])

    def _open(self) -> TextIO:
        # Bytes that are no UTF-8 come as surrogates, so that they can be told by row and column.
        return self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")

    def _records(self, file: TextIO) -> Iterator[list[str]]:
        reader = csv.reader(_lines(file), delimiter=self.between, strict=True)
        number = 1
        while True:
            try:
                yield next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise Fault(f"{_in_words(error)} Look at the quotation marks in this row.", row=number) from error
            number += 1

    def rows(self) -> Iterator[Row]:
        with self._open() as file:
            records = self._records(file)
            next(records)
            for number, record in enumerate(records, start=2):
                check_number(number)
                if any(record) and any(cell.strip() for cell in record):
                    yield self._row(number, record)

    def _row(self, number: int, record: list[str]) -> Row:
        row = Row(number, {})
        if any(cell.strip() for cell in record[len(self.columns) :]):
            row.faults.append(
                Fault(
                    f"there are {len(record)} cells under {len(self.columns)} columns: put a text that holds the sign "
                    f"“{self.between}” in quotation marks.",
                    row=number,
                )
            )
        for column, cell in zip(self.columns, record, strict=False):
            text = cell.strip(" \n")
            # Not stripped of tabs before: a spreadsheet runs what stands behind one.
            fault = text_fault(text, number, column, formulas=not GUARDED.match(text) or not text.startswith("'"))
            if fault:
                row.faults.append(fault)
            row.cells[column] = unguarded(text).strip()
        return row


def _lines(file: TextIO) -> Iterator[str]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise Fault(
                f"the line has more than {LONGEST_LINE:,} signs: is this a table with a record on each line?",
                row=number,
            )
        yield line


def _in_words(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end of data" in text or "field larger" in text:
        return "A quotation mark is opened and not closed."
    if "expected after" in text:
        return "After a closing quotation mark comes something else than the next cell."
    return f"It is no sound CSV ({text})."
