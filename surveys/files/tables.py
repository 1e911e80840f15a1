"""Files of raw answers, by the catalogue's reader of files."""

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from django.core.exceptions import ValidationError

from catalogue.files.importing.errors import FileError
from catalogue.files.importing.opening import file_type, open_source
from catalogue.files.importing.reading import HowToRead

#: 412 respondents of 60 columns come to some 200 kB.
LARGEST_FILE = 20 * 2**20
HOW_TO_READ = HowToRead(encoding="utf-8", is_raw=True)


class Table(NamedTuple):
    columns: list[str]
    #: (row number as a spreadsheet shows it, value of each column)
    rows: list[tuple[int, dict[str, str]]]


def read_table(name: str, content: bytes) -> Table:
    """Reads a CSV or XLSX file; its first row that is not blank names the columns. Raises
    ValidationError with all that is wrong with it as a table.
    """
    if len(content) > LARGEST_FILE:
        raise ValidationError(
            f"{name} has {len(content) / 2**20:.0f} MB; {LARGEST_FILE // 2**20} are possible: divide it.",
        )
    if file_type(name) not in ("csv", "xlsx"):
        raise FileError(
            f"{name} is no table: save it as CSV (.csv) or Excel (.xlsx).",
        )
    rows = []
    errors: list[FileError] = []
    with NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        source = open_source(Path(file.name), name, HOW_TO_READ)
        for row in source.rows():
            errors += row.errors
            values = {
                column: str(row.cells.get(column, ""))
                for column in source.columns
            }
            rows.append((row.number, values))
    if errors:
        raise ValidationError(errors)
    return Table(source.columns, rows)
