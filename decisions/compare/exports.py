"""A comparison as files: as it is seen, or a row for each value."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import orjson
from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from xlsxwriter import Workbook

from catalogue import reading, revision
from catalogue.files.exports.about import LICENCE, LICENCE_URL
from catalogue.files.exports.cells import as_text
from catalogue.files.exports.text import BOM
from catalogue.files.exports.workbook import EPOCH

from .comparison import ComparedMitigations
from .rows import Group, Row

NOT_THERE = "Not compared"
#: The columns of the long form.
LONG = (
    "group",
    "study",
    "question",
    "risk_area",
    "row",
    "accession",
    "name",
    "value",
    "missing",
    "why",
    "share",
    "bound",
    "low",
    "high",
    "same",
    "as_worded_in",
)


@dataclass(frozen=True)
class ComparisonFile:
    """What is written: the groups of rows, and where they are read."""

    compared: ComparedMitigations
    address: str
    differences_only: bool = False
    #: Of what the address names and is not there: its name, and what became of it as a sentence.
    not_there: list[tuple[str, str]] = field(default_factory=list)

    def rows(self) -> Iterator[tuple[Group, Row]]:
        for group in self.compared.groups:
            for row in self.rows_of(group):
                yield group, row

    def rows_of(self, group: Group) -> list[Row]:
        if not self.differences_only:
            return group.rows
        return [row for row in group.rows if not row.is_same]

    @property
    def head(self) -> list[str]:
        columns = [
            f"{one.name} ({one.accession})"
            for one in self.compared.mitigations
        ]
        return ["Group", "Question", *columns]

    def wide(self) -> Iterator[list[str]]:
        for group, row in self.rows():
            label = f"{group.question} {row.label}".strip()
            texts = [value.told for value in row.values]
            yield [group.title, label, *texts]
        empty = [""] * len(self.compared.mitigations)
        for name, text in self.not_there:
            yield [NOT_THERE, f"{name}: {text}", *empty]

    def long(self) -> Iterator[list]:
        for group, row in self.rows():
            pairs = zip(self.compared.mitigations, row.values, strict=True)
            for mitigation, value in pairs:
                share = value.share
                yield [
                    group.title,
                    group.study.slug if group.study else "",
                    group.question,
                    row.area.slug if row.area else "",
                    row.label,
                    mitigation.accession,
                    mitigation.name,
                    value.text,
                    value.is_missing,
                    str(value.why or ""),
                    share.value if share else None,
                    share.operator if share else "",
                    share.low if share else None,
                    share.high if share else None,
                    row.is_same,
                    value.worded_in.accession if value.worded_in else "",
                ]

        for name, text in self.not_there:
            missing = dict.fromkeys(LONG)
            told = {
                "group": NOT_THERE,
                "accession": name,
                "value": text,
                "missing": True,
            }
            yield [*(missing | told).values()]

    def verdicts(self) -> list[tuple[str, str, str]]:
        """The study, the question and the sentence of each comparison."""
        found = []
        for group in self.compared.groups:
            study = group.study.slug if group.study else ""
            found += [(study, group.question, text) for text in group.said]
        return found

    def notices(self) -> list[str]:
        return self.compared.notices

    def about(self) -> list[tuple[str, str]]:
        release = reading.current_release()
        number = revision.shown()
        moment = revision.moment_of(number)
        state = (
            f"release {release.number}" if release else f"revision {number}"
        )
        notices = [("notice", text) for text in self.notices()]
        return [
            (
                "title",
                f"{settings.SITE_NAME}: {', '.join(self.compared.names)}",
            ),
            ("address", self.address),
            ("state", state),
            ("changed_at", moment.isoformat() if moment else ""),
            ("license", f"{LICENCE}, {LICENCE_URL}"),
            *notices,
            *[
                (NOT_THERE.lower(), f"{name}: {text}")
                for name, text in self.not_there
            ],
        ]


def _csv(rows: list[list]) -> bytes:
    text = io.StringIO(newline="")
    text.write(BOM)
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([as_text(value) for value in row])
    return text.getvalue().encode()


def wide_csv(file: ComparisonFile) -> bytes:
    return _csv([file.head, *file.wide()])


def long_csv(file: ComparisonFile) -> bytes:
    return _csv([list(LONG), *file.long()])


def json_file(file: ComparisonFile) -> bytes:
    rows = [dict(zip(LONG, row, strict=True)) for row in file.long()]
    verdicts = [
        {"study": study, "question": question, "text": text}
        for study, question, text in file.verdicts()
    ]
    content = {
        "about": [
            {"name": name, "value": value} for name, value in file.about()
        ],
        "rows": rows,
        "comparisons": verdicts,
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def workbook_file(file: ComparisonFile) -> bytes:
    """As seen on the first sheet, then a row for each value, what they say of each other, and
    what it is. The same of one state is the same file.
    """
    content = io.BytesIO()
    about = file.about()
    with Workbook(content, {"in_memory": True}) as book:
        changed_at = dict(about)["changed_at"]
        created = parse_datetime(changed_at) if changed_at else EPOCH
        book.set_properties({"created": created})
        bold = book.add_format({"bold": True})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        sheets: list[tuple[str, list]] = [
            ("Comparison", [file.head, *file.wide()]),
            ("Values", [list(LONG), *file.long()]),
            (
                "What they say of each other",
                [["Study", "Question", "Sentence"], *file.verdicts()],
            ),
            ("About", [["Name", "Value"], *about]),
        ]
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(rows[0]) - 1, 28)
            for number, row in enumerate(rows):
                style = bold if number == 0 else wrapped
                for place, value in enumerate(row):
                    _write(sheet, number, place, value, style)
    return content.getvalue()


def _write(sheet, number: int, place: int, value, style) -> None:
    """Texts as texts: nothing that is written here is a formula."""
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(number, place, value, style)
    elif isinstance(value, int | float):
        sheet.write_number(number, place, value, style)
    else:
        sheet.write_string(number, place, value, style)


def comparison_markdown(file: ComparisonFile) -> bytes:
    """A table, the verdicts below it, and where it comes from."""
    lines = [
        _line_of_comparison(file.head),
        _line_of_comparison(["---"] * len(file.head)),
    ]
    lines += [_line_of_comparison(row) for row in file.wide()]
    if verdicts := file.verdicts():
        lines.append("")
        lines += [f"- {_escaped(text)}" for _, _, text in verdicts]
    lines.append("")
    lines += [f"{name}: {_escaped(value)}  " for name, value in file.about()]
    return ("\n".join(lines) + "\n").encode()


def _line_of_comparison(cells: list[str]) -> str:
    return f"| {' | '.join(_escaped(cell) for cell in cells)} |"


def _escaped(text: str) -> str:
    """On one line, with what Markdown would read as its own escaped."""
    for sign in "\\`*_[]<>|":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def comparison_html(file: ComparisonFile) -> bytes:
    """Tables for a document: as they are read, each under its heading and its question."""
    names = [one.name for one in file.compared.mitigations]
    parts = [
        format_html(
            "<!doctype html><html lang=en><meta charset=utf-8><title>{0}</title><h1>{0}</h1>",
            f"Compare: {file.compared.title}",
        ),
    ]
    for group in file.compared.groups:
        rows = file.rows_of(group)
        parts.append(format_html("<h2>{}</h2>", group.title))
        if group.question:
            parts.append(format_html("<p>{}</p>", group.question))
        said = [(text,) for text in group.said]
        parts.append(format_html_join("", "<p>{}</p>", said))
        if rows:
            parts.append(_html_table(names, rows))
    about = format_html_join("", "<p>{}: {}</p>", file.about())
    return "\n".join([*parts, about]).encode()


def _html_table(names: list[str], rows: list[Row]) -> SafeString:
    heads = format_html_join("", "<th scope=col>{}</th>", [[n] for n in names])
    lines = []
    for row in rows:
        cells = [[value.told] for value in row.values]
        lines.append((row.label, format_html_join("", "<td>{}</td>", cells)))
    body = format_html_join("", "<tr><th scope=row>{}</th>{}</tr>", lines)
    return format_html(
        "<table border=1><thead><tr><td></td>{}</tr></thead><tbody>{}</tbody></table>",
        heads,
        body,
    )


@dataclass(frozen=True)
class Form:
    """A form of file that a comparison comes in."""

    label: str
    suffix: str
    media_type: str
    write: Callable[[ComparisonFile], bytes]


FORMS = {
    "csv": Form("CSV", "csv", "text/csv; charset=utf-8", wide_csv),
    "long.csv": Form(
        "CSV, a row for each value",
        "csv",
        "text/csv; charset=utf-8",
        long_csv,
    ),
    "xlsx": Form(
        "Excel",
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        workbook_file,
    ),
    "json": Form("JSON", "json", "application/json", json_file),
    "html": Form(
        "HTML",
        "html",
        "text/html; charset=utf-8",
        comparison_html,
    ),
    "md": Form(
        "Markdown",
        "md",
        "text/markdown; charset=utf-8",
        comparison_markdown,
    ),
}
