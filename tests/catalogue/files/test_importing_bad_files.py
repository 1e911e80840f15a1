"""Files that nobody should have to fear: each is refused with the row, the column and the
remedy, and in bounded memory.
"""

import gzip
import io
import json
import tracemalloc
import zipfile

import pytest
from xlsxwriter import Workbook

from catalogue.files.importing import reading, workbooks
from catalogue.files.importing.columns import checked, guessed_columns
from catalogue.files.importing.errors import FileError
from catalogue.files.importing.kinds import importer_for
from catalogue.files.importing.opening import open_source
from catalogue.files.importing.planning import DryRun
from tests.factories import DocumentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

GOOD = "key,name,description,document\n1,A,Somebody does A.,paper\n"
NAMES = "key,name,description,document"


def csv_with(cell: str, column: str = "description") -> bytes:
    cells = {
        "key": "2",
        "name": "B",
        "description": "Somebody does B.",
        "document": "paper",
        column: cell,
    }
    return (GOOD + ",".join(cells.values()) + "\n").encode(
        "utf-8",
        "surrogatepass",
    )


def records(*rows: str) -> bytes:
    return f"[{', '.join(rows)}]".encode()


def record(**values) -> str:
    return json.dumps(
        {
            "name": "A",
            "description": "Somebody does A.",
            "document": "paper",
            **values,
        },
    )


def workbook(fill=lambda book, sheet: None, names=NAMES) -> bytes:
    content = io.BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for place, name in enumerate(names.split(",")):
            sheet.write_string(0, place, name)
        for place, value in enumerate(["1", "A", "Somebody does A.", "paper"]):
            sheet.write_string(1, place, value)
        fill(book, sheet)
    return content.getvalue()


def packed(**parts: str | bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, part in parts.items():
            folder.writestr(name, part)
    return content.getvalue()


def repacked(content: bytes, **parts: str | bytes) -> bytes:
    """A workbook with parts added or in the place of its own."""
    with zipfile.ZipFile(io.BytesIO(content)) as folder:
        own = {name: folder.read(name) for name in folder.namelist()}
    return packed(**{**own, **parts})


def sheet_of(cells: str) -> bytes:
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return repacked(
        workbook(),
        **{
            "xl/worksheets/sheet1.xml": f"<worksheet {space}><sheetData>{cells}</sheetData></worksheet>",
        },
    )


BOMB = b"<x>" + b" " * (2 * 2**20) + b"</x>"
FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'

#: name of the file, what is in it, row, column, and of the message what matters
BAD = {
    # Of no kind that can be read, or of another than its name says
    "empty": ("a.csv", b"", None, "", "empty"),
    "only blanks": ("a.csv", b"\xef\xbb\xbf \r\n\n", None, "", "empty"),
    "empty workbook": ("a.xlsx", b"", None, "", "empty"),
    "old excel": (
        "a.xls",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        None,
        "",
        "save it as CSV",
    ),
    "old excel with a new name": (
        "a.xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        None,
        "",
        "save it as XLSX",
    ),
    "pdf": ("a.csv", b"%PDF-1.7\n", None, "", "PDF"),
    "compressed": (
        "a.csv",
        gzip.compress(GOOD.encode()),
        None,
        "",
        "unpack it",
    ),
    "sqlite": (
        "a.csv",
        b"SQLite format 3\x00...",
        None,
        "",
        "export the table",
    ),
    "no suffix": ("measures", GOOD.encode(), None, "", "save it as"),
    "program": ("a.exe", b"MZ\x90", None, "", "save it as"),
    "workbook called csv": ("a.csv", workbook(), None, "", "name it .xlsx"),
    "csv called workbook": (
        "a.xlsx",
        GOOD.encode(),
        None,
        "",
        "save it as XLSX",
    ),
    "json called csv": ("a.csv", records(record()), None, "", "name it .json"),
    "csv called json": ("a.json", GOOD.encode(), 1, "", "no JSON"),
    "html called csv": (
        "a.csv",
        b"<html><table>",
        None,
        "",
        "save it as XLSX",
    ),
    # Text
    "utf-16 in json": (
        "a.json",
        records(record()).decode().encode("utf-16"),
        None,
        "",
        "save it as UTF-8",
    ),
    "two encodings in one": (
        "a.csv",
        csv_with("Zo\xeb").replace(b"B", "\xe9".encode("latin-1")),
        3,
        "name",
        "0xe9",
    ),
    "a byte that is no letter": (
        "a.csv",
        csv_with("a").replace(b"B", b"\x81"),
        3,
        "name",
        "0x81",
    ),
    "null byte": ("a.csv", csv_with("a\0b"), 3, "description", "null byte"),
    "control character": (
        "a.csv",
        csv_with("a\x07b"),
        3,
        "description",
        "control character",
    ),
    "formula": ("a.csv", csv_with("=1+1"), 3, "description", "apostrophe"),
    "formula by at": (
        "a.csv",
        csv_with("@SUM(A1)"),
        3,
        "description",
        "apostrophe",
    ),
    "formula that runs a program": (
        "a.csv",
        csv_with("+cmd|'/C calc'!A0"),
        3,
        "description",
        "apostrophe",
    ),
    "quotation mark opened": (
        "a.csv",
        csv_with('"Somebody'),
        3,
        "",
        "not closed",
    ),
    "quotation mark inside": (
        "a.csv",
        csv_with('"Some"body"'),
        3,
        "",
        "closing quotation mark",
    ),
    "more cells than columns": (
        "a.csv",
        csv_with("one, two"),
        3,
        "",
        "5 cells under 4 columns",
    ),
    "too long a cell": (
        "a.csv",
        csv_with("a" * 60_000),
        3,
        "description",
        "50,000",
    ),
    "too long a line": (
        "a.csv",
        GOOD.encode() + b"a" * 2**21,
        3,
        "",
        "1,048,576",
    ),
    "a million columns": (
        "a.csv",
        b"a," * 500_000 + b"a\n",
        1,
        "",
        "columns; 300 are possible",
    ),
    "a line without end": ("a.tsv", b"a\t" * 10**6, 1, "", "1,048,576"),
    "same names": ("a.csv", b"name,Name\nA,B\n", 1, "Name", "rename one"),
    "no name": ("a.csv", b"name,,key\nA,B,1\n", 1, "", "column 2 has no name"),
    "text for a name": (
        "a.csv",
        b"a" * 500 + b",b\n1,2\n",
        1,
        "",
        "column names into the first row",
    ),
    "nothing known": (
        "a.csv",
        b"colour,size\nred,1\n",
        None,
        "",
        "no column is one of mitigations",
    ),
    # Workbooks
    "macros": (
        "a.xlsx",
        repacked(workbook(), **{"xl/vbaProject.bin": b"x"}),
        None,
        "",
        "has macros",
    ),
    "macros by name": (
        "a.xlsm",
        workbook(),
        None,
        "",
        "save it as an Excel workbook",
    ),
    "formula in a cell": (
        "a.xlsx",
        workbook(lambda b, s: s.write_formula("C3", "=1+1")),
        3,
        "description",
        "paste it as values",
    ),
    "error in a cell": (
        "a.xlsx",
        sheet_of(
            '<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c></row><row r="2"><c r="A2" t="e"><v>#REF!</v></c></row>',
        ),
        2,
        "name",
        "error",
    ),
    "merged header": (
        "a.xlsx",
        workbook(lambda b, s: s.merge_range("E1:G1", "When")),
        1,
        "E",
        "unmerge",
    ),
    "merged cells": (
        "a.xlsx",
        workbook(lambda b, s: s.merge_range("B3:C3", "B")),
        3,
        "name",
        "unmerge",
    ),
    "zip bomb": (
        "a.xlsx",
        repacked(workbook(), **{"xl/big.xml": BOMB}),
        None,
        "",
        "when unpacked",
    ),
    "far cell": ("a.xlsx", sheet_of(FAR), None, "", "1,048,576 rows"),
    "entities": (
        "a.xlsx",
        repacked(workbook(), **{"xl/worksheets/sheet1.xml": ENTITIES}),
        None,
        "",
        "document type",
    ),
    "no workbook in it": (
        "a.xlsx",
        packed(**{"a.txt": "a"}),
        None,
        "",
        "save it as XLSX",
    ),
    "broken workbook": ("a.xlsx", workbook()[:900], None, "", "save it anew"),
    "text that was cut": (
        "a.xlsx",
        workbook(
            lambda b, s: s.write_string(
                "C3",
                "A … [cut here: a cell holds no more; take another format]",
            ),
        ),
        3,
        "description",
        "export it as CSV or JSON",
    ),
    # JSON
    "no list": ("a.json", b'{"about": {"x": 1}', 1, "", "end of the object"),
    "unclosed list": (
        "a.json",
        records(record())[:-1],
        1,
        "",
        "end of the list",
    ),
    "two values": (
        "a.json",
        records(record()) + b"[]",
        1,
        "",
        "behind the end",
    ),
    "no object": ("a.json", records("1"), 1, "", "no object"),
    "deep": (
        "a.json",
        records('{"name": ' + "[" * 100_000),
        1,
        "",
        "nested too deeply",
    ),
    "seven levels": (
        "a.json",
        records(record(phases=[[[[[[[1]]]]]]])),
        1,
        "phases",
        "levels deep",
    ),
    "twice the same name": (
        "a.json",
        records(record()[:-1] + ', "name": "B"}'),
        1,
        "name",
        "twice",
    ),
    "nan": (
        "a.json",
        records(record(position=float("nan"))),
        1,
        "position",
        "NaN",
    ),
    "infinity": (
        "a.json",
        records(record(position=float("-inf"))),
        1,
        "position",
        "-Infinity",
    ),
    "huge number": (
        "a.json",
        records(record(position=10**30)),
        1,
        "position",
        "31 digits",
    ),
    "huge decimal": (
        "a.json",
        records(record()[:-1] + ', "position": 1e400}'),
        1,
        "position",
        "too large",
    ),
    "lone surrogate": (
        "a.json",
        records(record(name="\ud800")),
        1,
        "name",
        "surrogate",
    ),
    "null in json": (
        "a.json",
        records(record(name="a\0b")),
        1,
        "name",
        "null byte",
    ),
    "broken line": (
        "a.ndjson",
        f"{record()}\n{{'a': 1}}\n".encode(),
        2,
        "",
        "no JSON",
    ),
    "huge record": (
        "a.json",
        records(record(name="a" * 2**21)),
        1,
        "",
        "1,048,576",
    ),
    "list for a text": (
        "a.json",
        records(record(name=["a"])),
        1,
        "name",
        "takes text",
    ),
    # Values
    "name too long": (
        "a.csv",
        csv_with("a" * 300, "name"),
        3,
        "name",
        "at most 200",
    ),
    "address that is none": (
        "a.json",
        records(
            record(
                external_identifier_details=[
                    {
                        "scheme": "x",
                        "value": "1",
                        "url": "javascript:alert(1)",
                    },
                ],
            ),
        ),
        1,
        "external_identifier_details",
        "valid URL",
    ),
}


def faults_of(path, name) -> list[FileError]:
    try:
        source = open_source(path, name)
        importer = importer_for("mitigations", {"scheme": "acme"})
        columns = guessed_columns(source.columns, importer)
        dry_run = DryRun(importer, source, checked(columns, source, importer))
        return [
            FileError(m, row=one.number, column=c)
            for lot in dry_run.plan()
            for one in lot
            for c, m in one.errors
        ]
    except FileError as error:
        return [error]


@pytest.mark.parametrize(
    ("name", "content", "row", "column", "says"),
    BAD.values(),
    ids=BAD,
)
def test_a_bad_file_is_refused_with_row_column_and_remedy(
    tmp_path,
    monkeypatch,
    name,
    content,
    row,
    column,
    says,
):
    DocumentFactory(slug="paper")
    monkeypatch.setattr(workbooks, "LARGEST_UNPACKED", 2**20)
    path = tmp_path / "file"
    path.write_bytes(content)
    tracemalloc.start()

    found = faults_of(path, name)

    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(error.row, error.column) for error in found] == [(row, column)]
    assert says in found[0].detail
    assert most < 40 * 2**20


def test_a_hundred_megabytes_are_refused_before_they_are_read(tmp_path):
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(100 * 2**20)

    with pytest.raises(FileError, match="100 MB; 90 are possible"):
        open_source(path, "a.csv")


def test_more_rows_than_are_possible_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_ROWS", 2)
    path = tmp_path / "file"
    path.write_text("name\na\nb\nc\n")

    with pytest.raises(FileError, match="row 4: there are more than 2 rows"):
        list(open_source(path, "a.csv").rows())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", GOOD),
        ("a.csv", "\ufeff" + GOOD.replace("\n", "\r\n")),
        ("a.csv", GOOD.replace(",", ";")),
        ("a.tsv", GOOD.replace(",", "\t")),
        ("a.csv", GOOD + "\n,,,\n"),
        (
            "a.json",
            json.dumps(
                {
                    "count": 1,
                    "about": {"list": [1, {"a": 2}]},
                    "results": [json.loads(record(key=1))],
                },
            ),
        ),
        ("a.ndjson", record(key=1) + "\n\n"),
        ("a.json", record(key=1)),
        ("a.xlsx", workbook()),
    ],
)
def test_sound_files_of_every_kind_give_the_same(tmp_path, name, content):
    path = tmp_path / "file"
    path.write_bytes(
        content if isinstance(content, bytes) else content.encode(),
    )

    [row] = open_source(path, name).rows()

    told = {column: str(value) for column, value in row.cells.items()}
    assert told == {
        "key": "1",
        "name": "A",
        "description": "Somebody does A.",
        "document": "paper",
    }
    assert row.errors == []


@pytest.mark.parametrize(
    "cell",
    ["-5 °C and less", "'=as text", "- a list", "+3", "-1", "a=b", "'tis"],
)
def test_text_that_only_looks_a_little_like_a_formula_is_taken(tmp_path, cell):
    path = tmp_path / "file"
    path.write_bytes(csv_with(cell))

    [_, row] = open_source(path, "a.csv").rows()

    assert row.errors == []
    assert row.cells["description"] == cell.removeprefix(
        "'" if cell.startswith("'=") else "\0",
    )
