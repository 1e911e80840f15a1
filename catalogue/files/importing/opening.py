"""Which kind of file it is, and its reader."""

from pathlib import Path

from .delimited import Delimited
from .errors import FileError
from .headers import Fits
from .json_files import JsonFile
from .reading import HowToRead, OpenedFile
from .sheets import Sheet
from .text_files import BYTE_ORDER_MARKS, UTF_8_MARK

#: 100,000 mitigations with texts come to some 60 MB.
LARGEST_FILE = 90 * 2**20

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
}
KINDS_OF_FILE = (
    "CSV (.csv), TSV (.tsv), Excel (.xlsx), JSON (.json) or NDJSON (.ndjson)"
)
#: How files begin that are something else, and what to do with them.
OTHERS = {
    b"\xd0\xcf\x11\xe0": "is an old Excel file (.xls), or one with a password: save it as XLSX without a password.",
    b"%PDF": "is a PDF: tables cannot be read from it.",
    b"\x1f\x8b": "is compressed: unpack it first.",
    b"SQLite format 3": "is a SQLite database: export the table as CSV.",
    b"PAR1": "is a Parquet file: save it as CSV.",
}


def open_source(
    path: Path,
    name: str,
    how: HowToRead | None = None,
    fits: Fits | None = None,
) -> OpenedFile:
    """Opens a file by what its name says it is, and looks whether that is so. `fits` tells
    column names from other rows and sheets. Raises FileError.
    """
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise FileError(
            f"{name} has {size / 2**20:.0f} MB; {LARGEST_FILE // 2**20} are possible: divide it.",
        )
    kind = file_type(name)
    with path.open("rb") as file:
        beginning = file.read(4096)
    _check_beginning(name, kind, beginning)
    how = how or HowToRead()
    if kind == "csv":
        return Delimited(path, name, how, fits)
    if kind == "xlsx":
        return Sheet(path, name, how, fits)
    return JsonFile(path, name, by_line=kind == "ndjson")


def file_type(name: str) -> str:
    """Which kind of file a name says it is. Raises FileError for one that cannot be read."""
    suffix = Path(name).suffix.lower()
    if suffix in (".xlsm", ".xltm", ".xlsb"):
        raise FileError(
            f"{name} is a workbook with macros, or a binary one: save it as an Excel workbook (.xlsx).",
        )
    if suffix not in SUFFIXES:
        raise FileError(
            f"{name} is of a kind that cannot be read: save it as {KINDS_OF_FILE}.",
        )
    return SUFFIXES[suffix]


def _check_beginning(name: str, kind: str, beginning: bytes) -> None:
    is_utf16 = beginning.startswith(BYTE_ORDER_MARKS)
    if is_utf16:
        whole_signs = beginning[: len(beginning) // 2 * 2]
        text = whole_signs.decode("utf-16", "replace").encode(
            "utf-8",
            "replace",
        )
    else:
        text = beginning
    text = text.removeprefix(UTF_8_MARK).lstrip(b" \t\r\n")
    if not text:
        raise FileError(
            f"{name} is empty: it needs a row of column names, and a row for each record.",
        )
    for other, remedy in OTHERS.items():
        if beginning.startswith(other):
            raise FileError(f"{name} {remedy}")
    _check_archive(name, kind, is_packed=beginning.startswith(b"PK"))
    if text[:1] == b"<":
        raise FileError(
            f"{name} is HTML or XML: open it in a spreadsheet and save it as XLSX.",
        )
    if kind == "csv" and text[:2] in (b'{"', b"[{", b"{\n", b"[\n"):
        raise FileError(
            f"{name} is JSON, though its name says something else: name it .json or .ndjson.",
        )
    if kind in ("json", "ndjson"):
        _check_json(name, text, is_utf16)


def _check_archive(name: str, kind: str, *, is_packed: bool) -> None:
    if is_packed and kind != "xlsx":
        raise FileError(
            f"{name} is an Excel workbook or another archive, and not what its name says: name it .xlsx.",
        )
    if not is_packed and kind == "xlsx":
        raise FileError(
            f"{name} is no Excel workbook, though its name says so: save it as XLSX, or name it as what it is.",
        )


def _check_json(name: str, text: bytes, is_utf16: bool) -> None:
    if is_utf16:
        raise FileError(f"{name} is UTF-16 text: save it as UTF-8.")
    if text[:1] not in b"{[":
        raise FileError(
            f"{name} is no JSON: it has to begin with {{ or [.",
            row=1,
        )
