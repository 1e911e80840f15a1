"""CSV and TSV, read a line at a time. Encoding, the sign between cells and the row of column
names are found from the file.
"""

import csv
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

from catalogue.files.exports.cells import GUARD, unguarded
from serving.parameters import clipped

from .errors import FileError
from .headers import (
    LONGEST_ECHO,
    LOOKED_AT,
    Fits,
    find_header,
    numbered,
    passed_over,
    repeats,
)
from .reading import (
    MOST_COLUMNS,
    HowToRead,
    OpenedFile,
    Row,
    check_number,
    sound_columns,
    text_error,
)
from .text_files import ENCODINGS, encoding_of

DELIMITERS = ",;\t|"
#: Excel's own line that says which sign stands between cells.
DELIMITER_DECLARED = re.compile(r'\ufeff?"?sep=(.)"?\s*$', re.IGNORECASE)
#: Of signs; a line of a sound file has some thousands.
LONGEST_LINE = 2**20
#: So much is looked at, of signs, for the column names.
LOOKED_THROUGH = 2**16
NAMES = {"\t": "tab"}


class Delimited(OpenedFile):
    def __init__(
        self,
        path: Path,
        name: str,
        how: HowToRead,
        fits: Fits | None = None,
    ):
        self.path = path
        self.name = name
        self.is_raw = how.is_raw
        self.encoding = encoding_of(path, how.encoding)
        self.declared_delimiter = self._read_declared_delimiter()
        self.delimiter, header, beginning = self._find_header(fits)
        self.header_row = how.header_row or header
        self.place = f"row {self.header_row}"
        self.columns = self._read_columns()
        self.repeated: list[int] = []
        self._notes = [self._note_encoding(is_chosen=bool(how.encoding))]
        if self.declared_delimiter:
            self._notes.append(
                f"Its first line says that “{self.delimiter}” stands between cells.",
            )
        self._notes.append(passed_over(beginning, self.header_row))

    def _read_declared_delimiter(self) -> str:
        with self._open() as file:
            declaration = DELIMITER_DECLARED.match(next(_lines(file), ""))
        return declaration[1] if declaration else ""

    def _find_header(
        self,
        fits: Fits | None,
    ) -> tuple[str, int, list[list[str]]]:
        """The sign between cells, the row of column names, and the first records, by the sign
        with which most names are known.
        """
        best = None
        for delimiter in self._possible_delimiters():
            records = self._beginning(delimiter)
            header = find_header(records, fits)
            if best is None or header.known > best[1].known:
                best = delimiter, header, records
        assert best is not None
        delimiter, header, records = best
        return delimiter, header.row, records

    def _possible_delimiters(self) -> list[str]:
        """The most frequent of the first line first."""
        if self.declared_delimiter:
            return [self.declared_delimiter]
        with self._open() as file:
            line = next((line for line in _lines(file) if line.strip()), "")
        return sorted(DELIMITERS, key=line.count, reverse=True)

    def _beginning(self, delimiter: str) -> list[list[str]]:
        """The first records, as they are with this sign between cells, whatever is wrong with
        them.
        """
        records: list[list[str]] = []
        length = 0
        with self._open() as file:
            reader = csv.reader(_lines(file), delimiter=delimiter)
            try:
                for record in islice(reader, LOOKED_AT):
                    is_declaration = self.declared_delimiter and not records
                    records.append(
                        [] if is_declaration else record[: MOST_COLUMNS + 1],
                    )
                    length += sum(map(len, record))
                    if length > LOOKED_THROUGH:
                        break
            except (csv.Error, FileError):
                pass  # told when the row is read
        return records

    def _read_columns(self) -> list[str]:
        with self._open() as file:
            records = self._records(file)
            record = next(islice(records, self.header_row - 1, None), None)
        if record is None:
            raise FileError(
                f"{self.name} has no row {self.header_row}: say in which row its column names stand.",
            )
        names = [unguarded(cell) for cell in record]
        return sound_columns(names, self.header_row, is_raw=self.is_raw)

    def _note_encoding(self, *, is_chosen: bool) -> str:
        if self.encoding == "utf-8-sig":
            return ""
        called = ENCODINGS[self.encoding].partition(" (")[0]
        if is_chosen or self.encoding == "utf-16":
            return f"Read as {called}."
        with self._open() as file:
            line = next(
                (line for line in _lines(file) if not line.isascii()),
                "",
            )
        words = [
            word for word in re.findall(r"\w+", line) if not word.isascii()
        ]
        what = (
            f"“{clipped(words[0], LONGEST_ECHO)}” is"
            if words
            else "signs and accents are"
        )
        return f"Read as {called}, since it is no UTF-8: look whether {what} right."

    @property
    def notes(self):
        notes = [note for note in self._notes if note]
        if self.repeated:
            notes.append(
                f"Passed over, since they say the column names again: {numbered(self.repeated)}.",
            )
        return notes

    def _open(self) -> TextIO:
        # Bytes that are no text in the encoding come as surrogates, so that they can be told by
        # row and column.
        return self.path.open(
            encoding=self.encoding,
            errors="surrogateescape",
            newline="",
        )

    def _records(self, file: TextIO) -> Iterator[list[str]]:
        reader = csv.reader(
            _lines(file),
            delimiter=self.delimiter,
            strict=True,
        )
        number = 1
        while True:
            try:
                yield next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise FileError(
                    f"{_explained(error)} Look at the quotation marks in this row.",
                    row=number,
                ) from error
            number += 1

    def rows(self) -> Iterator[Row]:
        self.repeated = []
        with self._open() as file:
            for number, record in enumerate(self._records(file), start=1):
                check_number(number)
                is_blank = not any(cell.strip() for cell in record)
                if number <= self.header_row or is_blank:
                    continue
                if repeats(record, self.columns):
                    self.repeated.append(number)
                else:
                    yield self._row(number, record)

    def _row(self, number: int, record: list[str]) -> Row:
        row = Row(number, {})
        if any(cell.strip() for cell in record[len(self.columns) :]):
            row.errors.append(
                FileError(
                    f"there are {len(record)} cells under {len(self.columns)} columns: put a text that holds the sign "
                    f"“{NAMES.get(self.delimiter, self.delimiter)}” in quotation marks.",
                    row=number,
                ),
            )
        for column, cell in zip(self.columns, record, strict=False):
            text = cell.strip(" \n")
            # Not stripped of tabs before: a spreadsheet runs what stands behind one.
            is_guarded = bool(GUARD.match(text))
            error = text_error(
                text,
                number,
                column,
                formulas=not is_guarded,
                is_raw=self.is_raw,
            )
            if error:
                row.errors.append(error)
            row.cells[column] = unguarded(text).strip()
        return row


def _lines(file: TextIO) -> Iterator[str]:
    number = 0
    while line := _read_line(file, number + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise FileError(
                f"the line has more than {LONGEST_LINE:,} signs: is this a table with a record on each line?",
                row=number,
            )
        yield line


def _read_line(file: TextIO, number: int) -> str:
    try:
        return file.readline(LONGEST_LINE + 1)
    except UnicodeDecodeError as error:
        raise FileError(
            f"what stands here is no {file.encoding} text: choose another encoding.",
            row=number,
        ) from error


def _explained(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end of data" in text or "field larger" in text:
        return "A quotation mark is opened and not closed."
    if "expected after" in text:
        return "After a closing quotation mark comes something else than the next cell."
    return f"It is no sound CSV ({text})."
