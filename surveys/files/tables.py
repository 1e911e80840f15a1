"""Rows of a CSV or XLSX file as text, each with its number as a spreadsheet shows it."""

import csv
import io
from typing import NamedTuple

from django.core.exceptions import ValidationError
from python_calamine import CalamineError, load_workbook

from catalogue.files.importing.errors import FileError
from catalogue.files.importing.workbooks import check_workbook

#: 412 respondents of 60 columns come to some 200 kB.
LARGEST_FILE = 20 * 2**20


class Table(NamedTuple):
    columns: list[str]
    #: (row number, value of each column)
    rows: list[tuple[int, dict[str, str]]]


def read_table(name: str, content: bytes) -> Table:
    """Reads a file's first sheet; the first row names the columns. Empty rows are passed over.
    Raises ValidationError for a file of another kind or too large a one, for columns without a
    name or with the same one, and for rows of another width.
    """
    if len(content) > LARGEST_FILE:
        raise ValidationError(
            f"{name} has {len(content) / 2**20:.0f} MB; {LARGEST_FILE // 2**20} are possible: divide it."
        )
    lines = (
        _xlsx(name, content) if name.lower().endswith(".xlsx") else _csv(name, content)
    )
    if not lines:
        raise ValidationError(f"{name} is empty.")
    columns = [value.strip() for value in lines[0][1]]
    while columns and not columns[-1]:
        columns.pop()
    problems = [
        FileError(f"column {n} has no name.", row=1)
        for n, column in enumerate(columns, 1)
        if not column
    ]
    problems += [
        FileError(f"two columns are named “{name}”.", row=1)
        for name in sorted({c for c in columns if columns.count(c) > 1 and c})
    ]
    rows = []
    for number, values in lines[1:]:
        values = [value.strip() for value in values]
        if any(values[len(columns) :]):
            problems.append(
                FileError(
                    f"it has {len(values)} cells under {len(columns)} columns.",
                    row=number,
                )
            )
        elif any(values):
            padded = values + [""] * (len(columns) - len(values))
            rows.append((number, dict(zip(columns, padded, strict=False))))
    if problems:
        raise ValidationError(problems)
    return Table(columns, rows)


def _csv(name: str, content: bytes) -> list[tuple[int, list[str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(
            f"{name} is not UTF-8 text: save it as CSV UTF-8, or as XLSX."
        ) from error
    if "\x00" in text:
        raise ValidationError(f"{name} is not text: only CSV and XLSX can be read.")
    try:
        return list(
            enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), 1)
        )
    except csv.Error as error:
        raise ValidationError(f"{name} is no sound CSV file: {error}.") from error


def _xlsx(name: str, content: bytes) -> list[tuple[int, list[str]]]:
    check_workbook(name, io.BytesIO(content))
    try:
        sheet = load_workbook(io.BytesIO(content)).get_sheet_by_index(0)
    except CalamineError as error:
        raise ValidationError(
            f"{name} is no XLSX file that can be read: {error}"
        ) from error
    return [
        (n, [_text(value) for value in row])
        for n, row in enumerate(sheet.to_python(skip_empty_area=False), 1)
    ]


def _text(value) -> str:
    # A spreadsheet has no whole numbers: 3 comes as 3.0.
    return (
        str(int(value))
        if isinstance(value, float) and value.is_integer()
        else str(value)
    )
