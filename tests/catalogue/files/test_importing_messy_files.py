"""Files as curators have them: each gives the right records, or a refusal that names row,
column and remedy.

What was found out about a file, and passed over in it, is said too.
"""

import csv
import io
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from xlsxwriter import Workbook

from catalogue.files.importing import services
from catalogue.models import Mitigation
from tests.catalogue.files.test_importing import counts, faults
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    ExternalIdentifierFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
    TaxonomyFactory,
)
from tests.states import made_once

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

HEADER = [
    "No",
    "Title",
    "Description",
    "Source",
    "Category",
    "Reasoning",
    "Phase",
]
DRILL = [
    1,
    "Kill switch drill",
    "Operators rehearse how a system is switched off.",
    "Uuk et al. 2024",
    "2.3.4",
    "A drill.",
    "Deploy",
]
LOGS = [
    2,
    "Log retention rule",
    "The deployer keeps logs for a year.",
    "Uuk et al. 2024",
    "2.4.1",
    "It keeps evidence.",
    "Deploy",
]
SHORT = [
    "key",
    "name",
    "description",
    "document",
    "code",
    "rationale",
    "page",
    "section",
]
MEASURE = [
    1,
    "A measure",
    "Developers do it so that less harm comes of it.",
    "uuk-2024",
    "2.3.1",
    "It is so.",
    "3",
    "x",
]


def row_with(values: list, **cells: Any) -> list:
    """A row with other cells, by the names of `HEADER` or `SHORT`."""
    header = [
        name.casefold()
        for name in (HEADER if len(values) == len(HEADER) else SHORT)
    ]
    changed = list(values)
    for name, value in cells.items():
        changed[header.index(name)] = value
    return changed


@dataclass
class SheetOf:
    rows: list[list]
    name: str = "Sheet"
    is_hidden: bool = False
    merged: str = ""
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: str = ""


def workbook(*sheets: SheetOf) -> bytes:
    content = io.BytesIO()
    with Workbook(
        content,
        {"in_memory": True, "strings_to_formulas": False},
    ) as book:
        day = book.add_format({"num_format": "d.m.yy"})
        for one in sheets:
            sheet = book.add_worksheet(one.name)
            for number, row in enumerate(one.rows):
                for place, value in enumerate(row):
                    if isinstance(value, date):
                        sheet.write_datetime(number, place, value, day)
                    elif isinstance(value, str) and value.startswith("=="):
                        sheet.write_formula(number, place, value[1:])
                    elif value is not None:
                        sheet.write(number, place, value)
            if one.merged:
                first = one.merged.partition(":")[0]
                sheet.merge_range(
                    one.merged,
                    one.rows[int(first[1:]) - 1][ord(first[0]) - 65],
                )
            for number in one.hidden_rows:
                sheet.set_row(number - 1, None, None, {"hidden": True})
            if one.hidden_columns:
                sheet.set_column(
                    one.hidden_columns,
                    None,
                    None,
                    {"hidden": True},
                )
            if one.is_hidden:
                sheet.hide()
        if sheets[0].is_hidden:
            book.worksheets()[1].activate()
            book.worksheets()[1].set_first_sheet()
    return content.getvalue()


def sheet(*rows: list, header: list | None = None, **kwargs) -> bytes:
    return workbook(SheetOf([header or HEADER, *rows], **kwargs))


def table(
    *rows: list,
    between: str = ",",
    end: str = "\r\n",
    encoding: str = "utf-8",
) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=between, lineterminator=end).writerows(rows)
    return text.getvalue().encode(encoding)


@dataclass
class Case:
    """A file, and what has to come of it."""

    content: bytes
    name: str = "sheet.xlsx"
    kind: str = "mitigations"
    #: What was read of the records that would be added or changed.
    reads: list[dict[str, Any]] = field(default_factory=list)
    #: (row, column, of the message what matters), of all that is refused.
    refuses: list[tuple[int, str, str]] = field(default_factory=list)
    #: Where the whole is refused: row, column, of the message what matters.
    whole: tuple[int | None, str, str] | None = None
    left: int = 0
    warns: list[str] = field(default_factory=list)
    says: list[str] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, str] | None = None


DRILL_READ = {
    "name": "Kill switch drill",
    "document": "uuk-2024",
    "phases": ["deploy"],
}
LOGS_READ = {"name": "Log retention rule", "document": "uuk-2024"}
BOTH = [DRILL_READ, LOGS_READ]
ONE = [{"name": "A measure", "document": "uuk-2024"}]
DOCUMENT = [
    "label",
    "title",
    "kind",
    "year",
    "abstract",
    "doi",
    "arxiv_id",
    "version",
    "authors",
]
PAPER = [
    "Zero et al. 2023",
    "A preprint",
    "preprint",
    2023,
    "It asked experts.",
    "",
    "",
    "",
    "Zero, Ann",
]


def paper(**cells: Any) -> list:
    return [
        cells.get(name, value)
        for name, value in zip(DOCUMENT, PAPER, strict=True)
    ]


CASES = {
    # Where the column names stand
    "a title merged over the table": Case(
        workbook(
            SheetOf([["Measures 2026"], HEADER, DRILL, LOGS], merged="A1:G1"),
        ),
        reads=BOTH,
        says=[
            "The column names stand in row 2. Passed over above: row 1 “Measures 2026”.",
        ],
    ),
    "column names in row 3": Case(
        workbook(
            SheetOf(
                [["Measures of the working group"], [], HEADER, DRILL, LOGS],
            ),
        ),
        reads=BOTH,
        says=[
            "The column names stand in row 3. Passed over above: row 1 “Measures of the working group”.",
        ],
    ),
    "column names in row 3 of a CSV with remarks": Case(
        table(["# made by a tool"], ["# version 1, of May"], HEADER, DRILL),
        name="a.csv",
        reads=[DRILL_READ],
        says=["The column names stand in row 3."],
    ),
    "column names where somebody says they are": Case(
        workbook(
            SheetOf(
                [
                    HEADER,
                    DRILL,
                    ["Nr", "Titel", "Text", "Quelle"],
                    [2, "Two", "Somebody does two.", "uuk-2024"],
                ],
            ),
        ),
        options={"header_row": 3},
        reads=[{"name": "Two"}],
        columns={
            "Nr": "key",
            "Titel": "name",
            "Text": "description",
            "Quelle": "document",
        },
    ),
    "column names said to be below the end": Case(
        sheet(DRILL),
        options={"header_row": 9},
        whole=(None, "", "no row 9"),
    ),
    "column names again further down": Case(
        sheet(DRILL, HEADER, LOGS),
        reads=BOTH,
        says=["Passed over, since they say the column names again: row 3."],
    ),
    "column names again in a CSV": Case(
        table(HEADER, DRILL, HEADER, LOGS),
        name="a.csv",
        reads=BOTH,
        says=["they say the column names again: row 3."],
    ),
    "column names alone": Case(
        table(HEADER),
        name="a.csv",
        whole=(
            None,
            "",
            "no rows below the column names, which stand in row 1",
        ),
    ),
    "nothing at all": Case(
        b"",
        name="a.csv",
        whole=(None, "", "a.csv is empty: it needs a row of column names"),
    ),
    "a column name twice": Case(
        sheet([*DRILL, "other"], header=[*HEADER, "Title"]),
        whole=(1, "Title", "two columns have this name: rename one"),
    ),
    "a column name twice in a CSV": Case(
        table(["key", "name", "description", "Name"], [1, "A", "B", "C"]),
        name="a.csv",
        whole=(1, "Name", "rename one of them"),
    ),
    "blanks around column names": Case(
        table([f"{name} " for name in SHORT], MEASURE),
        name="a.csv",
        reads=ONE,
    ),
    "a column that nobody knows": Case(
        table([*SHORT, "wombat"], [*MEASURE, "flurble"]),
        name="a.csv",
        reads=ONE,
    ),
    "cells behind the last named column": Case(
        sheet([*DRILL, "a remark"], LOGS),
        reads=BOTH,
        says=[
            "Not read: column H, which has no name (its first cell stands in row 2).",
        ],
    ),
    # Sheets, rows and cells
    "notes on a sheet in front": Case(
        workbook(
            SheetOf(
                [["Read me first"], ["The data is on the second sheet"]],
                "Notes",
            ),
            SheetOf([HEADER, DRILL, LOGS]),
        ),
        reads=BOTH,
        says=["Read from the sheet “Sheet”. Not read: “Notes”."],
    ),
    "an old sheet in front that is hidden": Case(
        workbook(
            SheetOf(
                [HEADER, row_with(DRILL, title="Old")],
                "Old",
                is_hidden=True,
            ),
            SheetOf([HEADER, DRILL, LOGS]),
        ),
        reads=BOTH,
        says=["Read from the sheet “Sheet”. Not read: “Old” (hidden)."],
    ),
    "lists on a hidden sheet in front": Case(
        workbook(
            SheetOf([["phases"], ["deploy"]], "Lists", is_hidden=True),
            SheetOf([SHORT, MEASURE], "Data"),
        ),
        reads=ONE,
        says=["Read from the sheet “Data”. Not read: “Lists” (hidden)."],
    ),
    "a sheet that somebody chose": Case(
        workbook(
            SheetOf([HEADER, DRILL], "New"),
            SheetOf([HEADER, LOGS], "Old", is_hidden=True),
        ),
        options={"sheet": "old"},
        reads=[LOGS_READ],
        says=["Read from the sheet “Old”, which is hidden. Not read: “New”."],
    ),
    "a sheet that is not there": Case(
        sheet(DRILL),
        options={"sheet": "Data"},
        whole=(
            None,
            "",
            "there is no sheet “Data”; the workbook has “Sheet”.",
        ),
    ),
    "no sheet with known column names": Case(
        workbook(
            SheetOf([["How to fill this in"]], "Read me"),
            SheetOf([["Colour"], ["red"]], "Colours"),
        ),
        whole=(
            None,
            "",
            "no column is one of mitigations, of those in row 1 of the sheet “Read me”: say",
        ),
    ),
    "a hidden row": Case(
        sheet(DRILL, LOGS, hidden_rows=[3]),
        reads=BOTH,
        warns=["the row is hidden in the sheet"],
        says=[
            "Hidden in the sheet, by hand or by a filter, and read all the same: row 3.",
        ],
    ),
    "a hidden column": Case(
        sheet(DRILL, hidden_columns="F:F"),
        reads=[DRILL_READ],
        says=[
            "Columns that are hidden in the sheet, and read all the same: Reasoning.",
        ],
    ),
    "blank rows": Case(sheet(DRILL, [], [], [" "] * 7, LOGS), reads=BOTH),
    "a source merged over two rows": Case(
        sheet(DRILL, row_with(LOGS, source=None), merged="D2:D3"),
        refuses=[
            (2, "Source", "D2:D3 are merged: unmerge them"),
            (3, "Source", "D2:D3 are merged: unmerge them"),
        ],
    ),
    "formulas": Case(
        sheet(
            row_with(DRILL, description='=="Operators "&"rehearse"'),
            row_with(LOGS, no="==A2+1"),
        ),
        refuses=[
            (
                2,
                "Description",
                "a formula: copy the column and paste it as values",
            ),
            (3, "No", "a formula"),
        ],
    ),
    "a row with totals": Case(
        sheet(DRILL, LOGS, ["Total", 2]),
        reads=BOTH,
        refuses=[
            (4, "Description", "this is missing"),
            (4, "Source", "this is missing"),
        ],
    ),
    "text that begins with signs": Case(
        sheet(
            row_with(DRILL, title="- Kill switch"),
            row_with(LOGS, title="@home use", description="=Not a formula"),
        ),
        reads=[
            {"name": "- Kill switch"},
            {"name": "@home use", "description": "=Not a formula"},
        ],
    ),
    "text that begins with signs in a CSV": Case(
        table(
            HEADER,
            row_with(DRILL, title="- Kill switch"),
            row_with(LOGS, title="@home use"),
        ),
        name="a.csv",
        reads=[{"name": "- Kill switch"}],
        refuses=[(3, "Title", "put an apostrophe before it")],
    ),
    "text behind an apostrophe in a CSV": Case(
        table(
            HEADER,
            row_with(DRILL, title="'@home use", description="'=Not a formula"),
        ),
        name="a.csv",
        reads=[{"name": "@home use", "description": "=Not a formula"}],
    ),
    "a stray quotation mark": Case(
        table(HEADER, DRILL) + b'3,"A quote 6" pipe,Text,x,2.3.4,x,Deploy\n',
        name="a.csv",
        whole=(3, "", "Look at the quotation marks in this row"),
    ),
    "no-break spaces and curly quotes": Case(
        sheet(
            [
                "1 ",
                "\xa0“Kill switch” drill\xa0 ",
                "Operators rehearse.",
                "Uuk\xa0et\xa0al.\xa02024 ",
                "2.3.4\xa0",
                "So.",
                " Deploy\xa0",
            ],
            header=[f"{name}\xa0" for name in HEADER],
        ),
        reads=[
            {
                "name": "“Kill switch” drill",
                "document": "uuk-2024",
                "phases": ["deploy"],
            },
        ],
    ),
    "no-break spaces in a CSV": Case(
        table(
            SHORT,
            row_with(MEASURE, code="2.3.1\xa0Deployment\xa0Management"),
            row_with(MEASURE, key="2\xa0", name="Another one"),
        ),
        name="a.csv",
        reads=[*ONE, {"name": "Another one"}],
    ),
    "a cell of ten thousand signs": Case(
        sheet(
            row_with(
                DRILL,
                description="Word " * 2000,
                reasoning="because " * 1500,
            ),
        ),
        reads=[DRILL_READ],
        warns=[
            "the description has 9,999 signs",
            "the reason for mitigations-v2:2.3.4 has 11,999 signs",
        ],
    ),
    "a name of four hundred signs": Case(
        sheet(row_with(DRILL, title="N" * 400)),
        refuses=[
            (
                2,
                "Title",
                "it has 400 signs, and at most 200 are possible: shorten it",
            ),
        ],
    ),
    "other scripts and signs": Case(
        sheet(
            row_with(DRILL, title="מתג חירום"),
            row_with(LOGS, title="🚨 Alarm 👩🏽\u200d🚒"),
        ),
        reads=[{"name": "מתג חירום"}, {"name": "🚨 Alarm 👩🏽\u200d🚒"}],
    ),
    "signs that turn the direction of text": Case(
        sheet(
            row_with(
                DRILL,
                description="The operator stops it. \u202eevil\u202c",
            ),
            LOGS,
        ),
        reads=[DRILL_READ, LOGS_READ],
    ),
    "signs that nobody sees": Case(
        table(
            SHORT,
            row_with(MEASURE, code="2.3.1\u200b"),
            row_with(MEASURE, key=2, name="Soft hy\u00adphen"),
            row_with(MEASURE, key=3, name="With a mark", code="\u200e2.3.1"),
            row_with(MEASURE, key="4\ufeff", name="Four"),
        ),
        name="a.csv",
        reads=[
            *ONE,
            {"name": "Soft hyphen"},
            {"name": "With a mark"},
            {"external_identifiers": {"messy:4": ""}},
        ],
    ),
    "markup": Case(
        sheet(
            row_with(
                DRILL,
                title="<b>Bold</b> measure",
                description="Under 5 < 6 they rehearse.",
            ),
        ),
        reads=[{"name": "<b>Bold</b> measure"}],
        warns=[
            "the name holds “<b>”, which readers will see as it is written",
        ],
    ),
    # Encodings, and what stands between cells
    "Windows-1252 with semicolons": Case(
        table(
            ["Nr", "Maßnahme", "Beschreibung", "Quelle"],
            [1, "Größere Übung", "Der Betreiber übt – „Notaus“.", "uuk-2024"],
            between=";",
            encoding="cp1252",
        ),
        name="a.csv",
        columns={
            "Nr": "key",
            "Maßnahme": "name",
            "Beschreibung": "description",
            "Quelle": "document",
        },
        reads=[
            {
                "name": "Größere Übung",
                "description": "Der Betreiber übt – „Notaus“.",
            },
        ],
        says=[
            "Read as Windows-1252, since it is no UTF-8: look whether “Maßnahme” is right.",
        ],
    ),
    "Windows-1252 in one cell": Case(
        table(SHORT, row_with(MEASURE, name="Évaluation"), encoding="cp1252"),
        name="a.csv",
        reads=[{"name": "Évaluation"}],
        says=["look whether “Évaluation” is right"],
    ),
    "Windows-1252 in a late row": Case(
        table(HEADER, DRILL)
        + table(row_with(LOGS, title="Prüfung"), encoding="cp1252"),
        name="a.csv",
        reads=[DRILL_READ, {"name": "Prüfung"}],
        says=["look whether “Prüfung” is right"],
    ),
    "an encoding that somebody chose": Case(
        table(SHORT, row_with(MEASURE, name="Проверка"), encoding="cp1251"),
        name="a.csv",
        options={"encoding": "cp1251"},
        reads=[{"name": "Проверка"}],
        says=["Read as Windows-1251."],
    ),
    "UTF-16 with tabs": Case(
        table(HEADER, DRILL, between="\t", encoding="utf-16"),
        name="a.txt",
        reads=[DRILL_READ],
        says=["Read as UTF-16."],
    ),
    "UTF-16 called CSV": Case(
        table(HEADER, DRILL, LOGS, between="\t", encoding="utf-16"),
        name="a.csv",
        reads=BOTH,
        says=["Read as UTF-16."],
    ),
    "a mark at the beginning": Case(
        table(SHORT, MEASURE, encoding="utf-8-sig"),
        name="a.csv",
        reads=ONE,
    ),
    "a mark and semicolons": Case(
        table(HEADER, DRILL, LOGS, between=";", encoding="utf-8-sig"),
        name="a.csv",
        reads=BOTH,
    ),
    "semicolons": Case(
        table(SHORT, MEASURE, between=";"),
        name="a.csv",
        reads=ONE,
    ),
    "a semicolon at the end of each row": Case(
        table([*SHORT, ""], [*MEASURE, ""], between=";"),
        name="a.csv",
        reads=ONE,
    ),
    "carriage returns alone": Case(
        table(SHORT, MEASURE, end="\r"),
        name="a.csv",
        reads=ONE,
    ),
    "Excel's line that names the sign": Case(
        b"sep=;\n" + table(SHORT, MEASURE, between=";"),
        name="a.csv",
        reads=ONE,
        says=["Its first line says that “;” stands between cells."],
    ),
    "Excel's line in quotation marks": Case(
        b'"sep=;"\r\n' + table(HEADER, DRILL, LOGS, between=";"),
        name="a.csv",
        reads=BOTH,
    ),
    # What a spreadsheet makes of what is typed
    "a code as a number that is no other code": Case(
        sheet(row_with(DRILL, category=2.3), row_with(LOGS, category=2)),
        reads=BOTH,
    ),
    "a code as a number in another taxonomy": Case(
        sheet(
            [1, "A", "Somebody does a.", "uuk-2024", 2.4, "Because."],
            header=[
                "No",
                "Title",
                "Description",
                "Source",
                "category@mitigations-v1",
                "rationale@mitigations-v1",
            ],
        ),
        reads=[{"name": "A"}],
    ),
    "a code as a number that may be another": Case(
        sheet(row_with(DRILL, category=2.1), row_with(LOGS, category="2.10")),
        reads=[LOGS_READ],
        refuses=[
            (
                2,
                "Category",
                "2.1 may be 2.1 or 2.10, since a spreadsheet drops the last zero: format the column as text",
            ),
        ],
    ),
    "a code as a date": Case(
        sheet(row_with(DRILL, category=date(2001, 3, 2)), LOGS),
        reads=[LOGS_READ],
        refuses=[
            (
                2,
                "Category",
                "made a date or time of it (2001-03-02): format the column as text, and type it again.",
            ),
        ],
    ),
    "a key as a fraction": Case(
        sheet(row_with(DRILL, no=1.1)),
        refuses=[
            (2, "No", "1.1 may have been 1.10: format the column as text"),
        ],
    ),
    "a section as a fraction": Case(
        sheet(row_with(MEASURE, section=2.1), header=SHORT),
        reads=[{"section": "2.1"}],
        warns=["section: it is a number"],
    ),
    "a page and a section as dates": Case(
        sheet(
            row_with(MEASURE, page=date(2026, 3, 2), section=date(2001, 3, 2)),
            header=SHORT,
        ),
        reads=[{"page": "2026-03-02", "section": "2001-03-02"}],
        warns=[
            "page: a spreadsheet has made a date or time of it (2026-03-02), and is taken as “2026-03-02”",
            "section: a spreadsheet",
        ],
    ),
    "a name that is a truth value": Case(
        sheet(row_with(DRILL, title=True)),
        reads=[{"name": "true"}],
        warns=["Title: it is a truth value (TRUE)"],
    ),
    "an arXiv id and a version as numbers": Case(
        sheet(paper(arxiv_id=2305.0715, version=1.1), header=DOCUMENT),
        kind="documents",
        refuses=[
            (2, "version", "1.1 may have been 1.10"),
            (
                2,
                "arxiv_id",
                "2305.0715 may have been 2305.07150: format the column",
            ),
        ],
    ),
    "a code whose zero was eaten": Case(
        table(
            ["accession", "code", "category", "classifications"],
            ["M0002", "2.1", "Red Teaming", "mitigations-v2:2.10"],
        ),
        name="a.csv",
        refuses=[
            (
                2,
                "code",
                "2.1 may be 2.10, where it stands, since a spreadsheet drops the last zero",
            ),
        ],
    ),
    "a code with its name is meant": Case(
        table(["accession", "code"], ["M0002", "2.1 Before deployment"]),
        name="a.csv",
        reads=[{}],
        options={"rationale": "It is done before."},
    ),
    # Values
    "ids twice": Case(
        sheet(DRILL, row_with(LOGS, no=1)),
        reads=[DRILL_READ],
        refuses=[
            (3, "No", "row 2 has “messy:1” already: put the two together"),
        ],
    ),
    "ids as numbers and as text": Case(
        sheet(
            DRILL,
            row_with(LOGS, no="1"),
            row_with(LOGS, no="01", title="A third one"),
        ),
        reads=[DRILL_READ, {"name": "A third one"}],
        refuses=[(3, "No", "row 2 has “messy:1” already")],
    ),
    "near misses": Case(
        sheet(
            row_with(
                DRILL,
                no=1,
                title="One",
                source="Uuk et al 2024",
                phase="Deployment",
            ),
            row_with(
                DRILL,
                no=2,
                title="Two",
                source="Uuk 2024",
                category="Incident Respnse",
            ),
            row_with(
                DRILL,
                no=3,
                title="Three",
                source="UUK ET AL. 2024",
                category="2.3.4.",
                phase="DEPLOY",
            ),
            row_with(
                DRILL,
                no=4,
                title="Four",
                category="§2.3.4",
                phase="Operating",
            ),
            row_with(
                DRILL,
                no=5,
                title="Five",
                source="https://doi.org/10.48550/arXiv.2412.02145",
                category="2.3.99",
                phase="n/a",
            ),
            row_with(
                DRILL,
                no=6,
                title="Six",
                source="arXiv:2412.02145",
                category="2,3,4",
                phase="-",
            ),
        ),
        reads=[{"name": "Three"}],
        refuses=[
            (2, "Source", "did you mean “Uuk et al. 2024”?"),
            (2, "Phase", "did you mean “Deploy”?"),
            (3, "Source", "did you mean “uuk-2024”?"),
            (3, "Category", "did you mean “Incident Response”?"),
            (5, "Category", "did you mean “2.3.4”?"),
            (5, "Phase", "did you mean “Operate and Monitor”?"),
            (6, "Category", "“2.3.99”; below 2.3 are 2.3.1, 2.3.4."),
            (7, "Category", "did you mean “2.3.4”?"),
        ],
        warns=[
            "Phase: “n/a” is read as an empty cell.",
            "Phase: “-” is read as an empty cell.",
        ],
    ),
    "cells that say they are empty": Case(
        table(
            ["key", "name", "description", "document", "phases"],
            *(
                [n, f"Measure {n}", "Somebody does it.", "uuk-2024", cell]
                for n, cell in enumerate(["N/A", "None", "-"], start=1)
            ),
        ),
        name="a.csv",
        reads=[{"phases": []}] * 3,
        warns=[
            f"phases: “{cell}” is read as an empty cell."
            for cell in ("N/A", "None", "-")
        ],
    ),
    "codes with dashes, dots and zeros": Case(
        table(
            SHORT,
            row_with(MEASURE, code="2.3.1 – Deployment Management"),
            row_with(
                MEASURE,
                key=2,
                name="With a dot",
                code="2.3.1. Deployment Management",
            ),
            row_with(MEASURE, key=3, name="With zeros", code="02.03.01"),
        ),
        name="a.csv",
        reads=[*ONE, {"name": "With a dot"}],
        refuses=[(4, "code", "did you mean “2.3.1”?")],
    ),
    "all that is wrong in a cell": Case(
        table(
            ["key", "name", "description", "document", "phases"],
            [1, "A", "Somebody does it.", "uuk-2024", "Deploi; Wombat"],
        ),
        name="a.csv",
        refuses=[
            (
                2,
                "phases",
                "“Deploi”: did you mean “Deploy”? Also: there is no lifecycle phase “Wombat”",
            ),
        ],
    ),
    "withdrawing by a file": Case(
        table(["accession", "status"], ["M0001", "withdrawn"]),
        name="a.csv",
        refuses=[
            (
                2,
                "status",
                "a file does not make what is published withdrawn: do so here",
            ),
        ],
    ),
    "an accession that is not here": Case(
        table(["accession", "status"], ["M7777", "withdrawn"]),
        name="a.csv",
        refuses=[(2, "accession", "there is no M7777 here")],
    ),
    "a key of what was withdrawn": Case(
        table(
            ["key", "name", "description"],
            ["A1018", "Gone", "Reworded by the source."],
        ),
        name="a.csv",
        refuses=[
            (
                2,
                "key",
                "it names M0009, which was withdrawn and replaced by M0001: leave the row out, or write M0001",
            ),
        ],
    ),
    "the same record by two of its names": Case(
        table(
            ["accession", "key", "description"],
            ["M0001", "", "One."],
            ["", "A1", "Another."],
        ),
        name="a.csv",
        reads=[{"description": "One."}],
        refuses=[
            (
                3,
                "",
                "row 2 is about the same mitigation, by another name of it",
            ),
        ],
    ),
    "what the document has already": Case(
        table(
            ["name", "description", "document"],
            ["Stands here", "Somebody does it.", "uuk-2024"],
        ),
        name="a.csv",
        reads=[{"name": "Stands here"}],
        warns=[
            "“Stands here” of uuk-2024 is M0001 already: is this the same? Then write M0001 into the column “accession”",
        ],
    ),
    "what the file has twice": Case(
        table(
            ["name", "description", "document"],
            ["New", "Somebody does it.", "uuk-2024"],
            ["New", "In other words.", "uuk-2024"],
        ),
        name="a.csv",
        reads=[{"name": "New"}] * 2,
        warns=["“New” of uuk-2024 is in row 2 already: is this the same?"],
    ),
    "an origin in another taxonomy": Case(
        table(
            [
                "No",
                "Title",
                "Description",
                "Source",
                "category@mitigations-v1",
                "rationale@mitigations-v1",
                "origin",
            ],
            [
                1,
                "A",
                "Somebody does it.",
                "uuk-2024",
                "2.4",
                "Because.",
                "published",
            ],
        ),
        name="a.csv",
        refuses=[(2, "origin", "call this column “origin@mitigations-v1”")],
    ),
    # Documents
    "authors with commas between them": Case(
        table(DOCUMENT, paper(authors="Jane Doe, John Roe, Max Poe")),
        name="a.csv",
        kind="documents",
        refuses=[
            (
                2,
                "authors",
                "has 2 commas: put semicolons between authors, “Family, Given; Family, Given”.",
            ),
        ],
    ),
    "a long list of authors": Case(
        table(
            DOCUMENT,
            paper(authors=", ".join(f"Ann Number{n}" for n in range(90))),
        ),
        name="a.csv",
        kind="documents",
        refuses=[
            (2, "authors", "has 89 commas: put semicolons between authors"),
        ],
    ),
    "two authors with a comma between them": Case(
        table(DOCUMENT, paper(authors="Jane Doe, John Roe")),
        name="a.csv",
        kind="documents",
        reads=[
            {
                "authors": [
                    {
                        "family": "Jane Doe",
                        "given": "John Roe",
                        "organisation": "",
                    },
                ],
            },
        ],
        warns=["is “Jane Doe, John Roe” one person"],
    ),
    "authors of all sorts": Case(
        table(
            DOCUMENT,
            paper(
                authors="van der Berg, Anna Maria; King, Martin Luther, Jr.; Example Institute",
            ),
        ),
        name="a.csv",
        kind="documents",
        reads=[
            {
                "authors": [
                    {
                        "family": "van der Berg",
                        "given": "Anna Maria",
                        "organisation": "",
                    },
                    {
                        "family": "King",
                        "given": "Martin Luther, Jr.",
                        "organisation": "",
                    },
                    {
                        "family": "",
                        "given": "",
                        "organisation": "Example Institute",
                    },
                ],
            },
        ],
    ),
    "a DOI in capitals": Case(
        table(
            ["label", "doi"],
            ["Schuett et al. 2023", "10.48550/ARXIV.2305.07153"],
        ),
        name="a.csv",
        kind="documents",
        left=1,
    ),
    "a DOI as an address, with a slug of its own": Case(
        table(
            ["slug", *DOCUMENT],
            ["other", *paper(doi="https://doi.org/10.48550/arXiv.2305.07153")],
        ),
        name="a.csv",
        kind="documents",
        refuses=[
            (2, "slug", "by its DOI or arXiv id this is schuett-2023 already"),
        ],
    ),
    "an arXiv id that is here": Case(
        table(["label", "arxiv_id"], ["Renamed 2023", "2305.07153"]),
        name="a.csv",
        kind="documents",
        reads=[{"label": "Renamed 2023"}],
    ),
    "an arXiv id with its version": Case(
        table(
            ["label", "arxiv_id"],
            ["Schuett et al. 2023", "arXiv:2305.07153v2"],
        ),
        name="a.csv",
        kind="documents",
        left=1,
    ),
    "a new arXiv id with its version": Case(
        table(DOCUMENT, paper(arxiv_id="https://arxiv.org/abs/2401.00001v3")),
        name="a.csv",
        kind="documents",
        reads=[{"arxiv_id": "2401.00001", "version": "v3"}],
    ),
    "a title that is here": Case(
        table(
            [*DOCUMENT, "url"],
            [
                *paper(title="Towards best practices: a survey"),
                "https://arxiv.org/abs/2305.07153",
            ],
        ),
        name="a.csv",
        kind="documents",
        reads=[{"slug": "zero-et-al-2023"}],
        warns=["is here already, as schuett-2023 (2023): is this the same?"],
    ),
    "a link to a document that is here": Case(
        table(
            [*DOCUMENT, "url"],
            [*PAPER, "https://arxiv.org/abs/2305.07153v4"],
        ),
        name="a.csv",
        kind="documents",
        reads=[{"slug": "zero-et-al-2023"}],
        warns=["its link leads to schuett-2023, which is here already"],
    ),
    "labels in other scripts": Case(
        table(
            DOCUMENT,
            paper(label="Иванов и др.", title="No digits"),
            paper(label="王 2024", title="王", year=2024),
            paper(label="李 2024", title="李", year=2024),
        ),
        name="a.csv",
        kind="documents",
        reads=[
            {"slug": "ivanov-i-dr"},
            {"slug": "document-2024"},
            {"slug": "document-2024-2"},
        ],
        warns=[
            "its address will be …/documents/document-2024/: for another one, fill the column “slug”",
        ],
    ),
    "documents that lack things beside a wrong year": Case(
        table(DOCUMENT, paper(label="", kind="", year="soon")),
        name="a.csv",
        kind="documents",
        refuses=[
            (2, "year", "no whole number"),
            (2, "label", "this is missing"),
            (2, "kind", "this is missing"),
        ],
    ),
    # Taxonomies
    "a taxonomy": Case(
        sheet(
            ["acme-tax", "Acme taxonomy", "Acme", "Acme", "A taxonomy."],
            header=[
                "slug",
                "title",
                "short_title",
                "publisher",
                "description",
            ],
        ),
        kind="taxonomies",
        reads=[{"slug": "acme-tax"}],
    ),
    "its categories": Case(
        sheet(
            ["mitigations-v1", "9", "Nine", "All of nine."],
            *(
                ["mitigations-v1", f"9.{n}", f"Sub {n}", "Of it."]
                for n in range(1, 13)
            ),
            header=["taxonomy", "code", "name", "definition"],
        ),
        kind="categories",
        reads=[{"code": "9"}, *({"code": f"9.{n}"} for n in range(1, 13))],
    ),
    "codes of categories as numbers": Case(
        sheet(
            ["mitigations-v1", 9.1, "Nine one", "All of it."],
            header=["taxonomy", "code", "name", "definition"],
        ),
        kind="categories",
        refuses=[(2, "code", "9.1 may have been 9.10")],
    ),
}


@made_once
def catalogue():
    first = TaxonomyFactory(slug="mitigations-v1", title="First")
    second = TaxonomyFactory(
        slug="mitigations-v2",
        title="Second",
        is_default=True,
    )
    for code, name in [("2", "Two"), ("2.4", "Two four")]:
        CategoryFactory(taxonomy=first, code=code, name=name)
    names = {
        "2": "Operations",
        "2.1": "Before deployment",
        "2.3": "Deployment",
        "2.3.1": "Deployment Management",
        "2.3.4": "Incident Response",
        "2.4": "Transparency",
        "2.4.1": "Logs",
        "2.10": "Red Teaming",
    }
    categories = {
        code: CategoryFactory(taxonomy=second, code=code, name=name)
        for code, name in names.items()
    }
    LifecyclePhaseFactory(slug="deploy", name="Deploy")
    LifecyclePhaseFactory(slug="operate-monitor", name="Operate and Monitor")
    LifecyclePhaseFactory(slug="plan-design", name="Plan and Design")
    uuk = DocumentFactory(
        slug="uuk-2024",
        label="Uuk et al. 2024",
        arxiv_id="2412.02145",
        doi="10.48550/arXiv.2412.02145",
    )
    DocumentFactory(
        slug="schuett-2023",
        label="Schuett et al. 2023",
        title="Towards Best Practices: A Survey",
        year=2023,
        arxiv_id="2305.07153",
        doi="10.48550/arXiv.2305.07153",
        url="https://arxiv.org/abs/2305.07153",
    )
    one = MitigationFactory(
        accession="M0001",
        name="Stands here",
        document=uuk,
        status="published",
    )
    ExternalIdentifierFactory(mitigation=one, scheme="messy", value="A1")
    two = MitigationFactory(accession="M0002", document=uuk, status="draft")
    ClassificationFactory(
        mitigation=two,
        category=categories["2.10"],
        is_primary=True,
    )
    gone = MitigationFactory(accession="M0009", document=uuk, status="draft")
    ExternalIdentifierFactory(mitigation=gone, scheme="messy", value="A1018")
    Mitigation.objects.filter(pk=gone.pk).update(
        status="withdrawn",
        withdrawal_note="The same as M0001.",
        replaced_by=one,
    )


def checked_file(case: Case):
    options = {
        "scheme": "messy",
        "coder": "Ann",
        "rationale": "",
        **case.options,
    }
    batch = services.hand_in(
        name=case.name,
        content=io.BytesIO(case.content),
        kind=case.kind,
        options=options,
        columns=case.columns,
    )
    return services.check_batch(batch)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_messy_file_gives_the_right_records_or_says_what_to_mend(
    catalogue,
    case,
):
    batch = checked_file(case)

    if case.whole:
        row, column, message = case.whole
        [note] = batch.notes
        assert (batch.state, note["row"], note["column"]) == (
            "failed",
            row,
            column,
        )
        assert message in note["detail"]
        return
    assert batch.notes == []
    taken = [
        row.content["after"]
        for row in batch.rows.filter(verdict__in=["added", "changed"])
    ]
    assert [
        {name: state[name] for name in read}
        for state, read in zip(taken, case.reads, strict=True)
    ] == case.reads
    found = faults(batch)
    assert [place[:2] for place in found] == [
        place[:2] for place in case.refuses
    ]
    assert [
        said[2]
        for said, (*_, message) in zip(found, case.refuses, strict=True)
        if message not in said[2]
    ] == []
    warnings = [
        text
        for row in batch.rows.order_by("number")
        for text in row.content.get("warnings", [])
    ]
    assert [
        text
        for text in case.warns
        if not any(text in warning for warning in warnings)
    ] == []
    assert case.warns or not warnings
    assert [
        text
        for text in case.says
        if not any(text in note for note in batch.reading)
    ] == []
    assert counts(batch).get("left", 0) == case.left
