"""XLSX: the list on the first sheet, what it is and what its columns mean on two more."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from .about import about
from .address import ListAddress
from .cells import guarded, joined
from .columns import Column, Type
from .listings import Listing
from .spool import spooled

#: What a worksheet and a cell can hold.
MOST_ROWS = 1_048_576 - 1
MOST_CHARACTERS = 32_767
CUT = " … [cut here: a cell holds no more; take another format]"
#: When a catalogue in which nothing was ever written changed last.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: How every zip file that holds anything begins.
BEGINNING = b"PK\x03\x04"


def workbook(listing: Listing, address: ListAddress) -> Iterator[bytes]:
    return spooled(
        BEGINNING,
        lambda path: write_workbook(listing, address, path),
    )


def write_workbook(listing: Listing, address: ListAddress, path: str) -> None:
    """Row by row: memory holds one of them. Raises ValueError where there are more than a sheet
    holds.
    """
    description = about(listing, address, "xlsx")
    with Workbook(path, {"constant_memory": True}) as book:
        changed_at = description["changed_at"]
        created = parse_datetime(changed_at) if changed_at else EPOCH
        book.set_properties({"created": created})
        bold = book.add_format({"bold": True})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = book.add_worksheet(listing.name[:31])
        _write_head(sheet, [column.name for column in listing.columns], bold)
        _write_rows(sheet, listing, moment)
        _write_about(book.add_worksheet("About"), description, bold)
        _write_columns(book.add_worksheet("Columns"), listing.columns, bold)


def _write_rows(sheet: Worksheet, listing: Listing, moment_style: Any) -> None:
    number = 0
    for batch in listing.rows():
        for row in batch:
            number += 1
            if number > MOST_ROWS:
                raise ValueError(f"A sheet holds {MOST_ROWS:,} rows at most.")
            for position, value in enumerate(row):
                if value is not None and value != "" and value != []:
                    column = listing.columns[position]
                    _write_cell(
                        sheet,
                        number,
                        position,
                        column,
                        value,
                        moment_style,
                    )


def _write_head(sheet: Worksheet, names: list[str], style: Any) -> None:
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(names) - 1, 18)
    for number, name in enumerate(names):
        sheet.write_string(0, number, name, style)


def _write_cell(
    sheet: Worksheet,
    row: int,
    number: int,
    column: Column,
    value: Any,
    moment_style: Any,
) -> None:
    if column.type is Type.BOOLEAN:
        sheet.write_boolean(row, number, value)
    elif column.type in (Type.INTEGER, Type.NUMBER):
        sheet.write_number(row, number, value)
    elif column.type is Type.MOMENT:
        # A spreadsheet knows no time zones; the column is in UTC.
        moment = parse_datetime(value).replace(tzinfo=None)  # type: ignore[union-attr]
        sheet.write_datetime(row, number, moment, moment_style)
    else:
        text = joined(value) if isinstance(value, list) else value
        sheet.write_string(row, number, fitting_cell(guarded(text)))


def fitting_cell(text: str) -> str:
    """As much of the text as a cell holds, which says so where it is not all. A sign outside
    the first 65,536 counts twice.
    """
    if len(text) <= MOST_CHARACTERS // 2:
        return text
    encoded = text.encode("utf-16-le")
    if len(encoded) // 2 <= MOST_CHARACTERS:
        return text
    room = MOST_CHARACTERS - len(CUT)
    return encoded[: 2 * room].decode("utf-16-le", "ignore") + CUT


def _write_about(
    sheet: Worksheet,
    description: dict[str, Any],
    style: Any,
) -> None:
    sheet.set_column(0, 0, 18, style)
    sheet.set_column(1, 1, 90)
    number = 0
    for name, value in description.items():
        for line in _lines_about(value):
            sheet.write_string(number, 0, name)
            sheet.write_string(number, 1, fitting_cell(guarded(line)))
            number += 1


def _lines_about(value: Any) -> list[str]:
    """A line for each value: of a query, for each of its parameters."""
    if isinstance(value, dict):
        lines = []
        for name, chosen in value.items():
            lines += [f"{name}={one}" for one in chosen]
        return lines
    if isinstance(value, list):
        return [str(one) for one in value]
    return [str(value)]


def _write_columns(
    sheet: Worksheet,
    columns: list[Column],
    style: Any,
) -> None:
    names = ["column", "type", "what it holds", "unit", "an empty cell means"]
    _write_head(sheet, names, style)
    for number, column in enumerate(columns, start=1):
        sheet.write_string(number, 0, column.name)
        sheet.write_string(number, 1, str(column.type))
        sheet.write_string(number, 2, column.description)
        sheet.write_string(number, 3, column.unit)
        sheet.write_string(number, 4, column.empty)
