"""XLSX: the list on the first sheet, what it is and what its columns mean on two more."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from .about import about
from .cells import guarded, joined
from .columns import Column, Type
from .listings import Listing
from .place import Place
from .spool import spooled

#: What a worksheet and a cell can hold.
MOST_ROWS, MOST_CHARACTERS = 1_048_576 - 1, 32_767
CUT = " … [cut here: a cell holds no more; take another format]"
#: When a catalogue in which nothing was ever written changed last.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: How every zip file that holds anything begins.
BEGINNING = b"PK\x03\x04"


def workbook(listing: Listing, place: Place) -> Iterator[bytes]:
    return spooled(BEGINNING, lambda path: write(listing, place, path))


def write(listing: Listing, place: Place, path: str) -> None:
    """Row by row: memory holds one of them. Raises ValueError where there are more than a sheet
    holds.
    """
    told = about(listing, place, "xlsx")
    with Workbook(path, {"constant_memory": True}) as book:
        book.set_properties(
            {
                "created": parse_datetime(told["changed_at"])
                if told["changed_at"]
                else EPOCH
            }
        )
        styles = {
            "head": book.add_format({"bold": True}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        sheet = book.add_worksheet(listing.name[:31])
        _head(sheet, [column.name for column in listing.columns], styles["head"])
        number = 0
        for chunk in listing.rows():
            for row in chunk:
                number += 1
                if number > MOST_ROWS:
                    raise ValueError(f"A sheet holds {MOST_ROWS:,} rows at most.")
                for place_, value in enumerate(row):
                    if value is not None and value != "" and value != []:
                        _put(
                            sheet,
                            number,
                            place_,
                            listing.columns[place_],
                            value,
                            styles["moment"],
                        )
        _tell(book.add_worksheet("About"), told, styles["head"])
        _explain(book.add_worksheet("Columns"), listing.columns, styles["head"])


def _head(sheet: Worksheet, names: list[str], style: Any) -> None:
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(names) - 1, 18)
    for number, name in enumerate(names):
        sheet.write_string(0, number, name, style)


def _put(
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
        sheet.write_string(
            row,
            number,
            fitting(guarded(joined(value) if isinstance(value, list) else value)),
        )


def fitting(text: str) -> str:
    """As much of the text as a cell holds, which says so where it is not all. A sign outside
    the first 65,536 counts twice.
    """
    if (
        len(text) <= MOST_CHARACTERS // 2
        or len(text.encode("utf-16-le")) // 2 <= MOST_CHARACTERS
    ):
        return text
    room = MOST_CHARACTERS - len(CUT)
    return text.encode("utf-16-le")[: 2 * room].decode("utf-16-le", "ignore") + CUT


def _tell(sheet: Worksheet, told: dict[str, Any], style: Any) -> None:
    sheet.set_column(0, 0, 18, style)
    sheet.set_column(1, 1, 90)
    number = 0
    for name, value in told.items():
        values = (
            [f"{k}={v}" for k, vs in value.items() for v in vs]
            if isinstance(value, dict)
            else value
        )
        for one in values if isinstance(values, list) else [values]:
            sheet.write_string(number, 0, name)
            sheet.write_string(number, 1, fitting(guarded(str(one))))
            number += 1


def _explain(sheet: Worksheet, columns: list[Column], style: Any) -> None:
    _head(
        sheet, ["column", "type", "what it holds", "unit", "an empty cell means"], style
    )
    for number, column in enumerate(columns, start=1):
        for place, text in enumerate(
            [column.name, column.type, column.description, column.unit, column.empty]
        ):
            sheet.write_string(number, place, str(text))
