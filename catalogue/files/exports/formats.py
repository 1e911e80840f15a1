"""The formats in which a list can be had, whole."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import parquet, text, workbook
from .listings import Listing
from .place import Place


@dataclass(frozen=True)
class Format:
    """`is_table`: records become rows under columns. `suffix` is that of a file's name; without
    one, it is shown and not saved.
    """

    name: str
    label: str
    media_type: str
    suffix: str
    is_table: bool
    write: Callable[[Listing, Place], Iterator[bytes]]
    #: How many records it can hold; None: any number.
    most: int | None = None


FORMATS = {
    one.name: one
    for one in (
        Format("json", "JSON", "application/json", "", False, text.json_document),
        Format("csv", "CSV", "text/csv", "csv", True, text.csv_lines),
        Format(
            "ndjson",
            "NDJSON",
            "application/x-ndjson",
            "ndjson",
            False,
            text.ndjson_lines,
        ),
        Format(
            "xlsx",
            "Excel",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "xlsx",
            True,
            workbook.workbook,
            workbook.MOST_ROWS,
        ),
        Format(
            "parquet",
            "Parquet",
            "application/vnd.apache.parquet",
            "parquet",
            True,
            parquet.parquet,
        ),
        Format(
            "metadata",
            "Metadata",
            "application/csvm+json",
            "",
            True,
            text.metadata_document,
        ),
    )
}
