"""A brief for Word (DOCX): with styles, real lists, heads of tables that are repeated, notes at the
foot of the page, and fields for the numbers of pages.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from itertools import zip_longest
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Pt
from docx.text.paragraph import Paragraph as WordParagraph

from .letters import begins_at_the_right
from .pages import (
    LONGEST_SHORT_TITLE,
    about_state,
    author,
    moment_of_file,
    pages_in_order,
    short_address,
    shortened_address,
    stands_on_one_page,
    weights,
)
from .runs import Marking, Run
from .structure import (
    Brief,
    Bullets,
    Heading,
    Paragraph,
    References,
    Table,
)
from .word_notes import Notes
from .word_styles import (
    CELL_STYLE,
    HEAD_STYLE,
    LANGUAGE,
    LINK_STYLE,
    TABLE_STYLE,
    WORKS_STYLE,
    dress,
    width_of_text,
)

#: What XML cannot hold.
ILLEGAL = re.compile(
    "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]",
)
#: Core properties take no more.
LONGEST_PROPERTY = 255
#: The room between a table and what follows it.
BELOW_TABLE = Pt(6)
#: Headings from this level of the brief on take notes.
LEVEL_WITH_NOTES = 4


def as_docx(brief: Brief) -> bytes:
    file = BytesIO()
    Writing(brief).document.save(file)
    return _dated(file, brief)


def _dated(file: BytesIO, brief: Brief) -> bytes:
    """The same archive, each file in it of the moment that the brief is of."""
    moment = moment_of_file(brief.moment).timetuple()[:6]
    dated = BytesIO()
    with ZipFile(file) as source, ZipFile(dated, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            info = ZipInfo(name, moment)
            info.compress_type = ZIP_DEFLATED
            target.writestr(info, source.read(name))
    return dated.getvalue()


def _legal(text: str) -> str:
    return ILLEGAL.sub("", text)


class Writing:
    """One brief as a document."""

    def __init__(self, brief: Brief):
        self.brief = brief
        self.marking = Marking(brief)
        self.document = docx.Document()
        self.style_keys: dict[str, str] = {}
        self.notes = Notes(self.document)
        dress(self.document, brief.is_short)
        self._describe()
        self._fill_footer()
        title = self._paragraph("Title")
        _set_direction(title, brief.title)
        self._runs(title, brief.title, is_of_reader=True)
        for one in pages_in_order(brief.parts):
            _WRITTEN[one.kind](self, one)
        about = f"{about_state(brief)}. {brief.licence}"
        self._runs(self._paragraph("Caption"), about)

    def _describe(self) -> None:
        about = self.document.core_properties
        moment = moment_of_file(self.brief.moment).replace(tzinfo=None)
        about.title = _legal(self.brief.title)[:LONGEST_PROPERTY]
        about.author = about.last_modified_by = author()
        about.language = LANGUAGE
        about.subject = _legal(about_state(self.brief))
        about.comments = _legal(self.brief.footer)[:LONGEST_PROPERTY]
        about.keywords = ""
        about.created = about.modified = about.last_printed = moment
        about.revision = 1
        package = self.document.part.package
        for key, one in list(package.rels.items()):
            if one.reltype.endswith("/thumbnail"):  # of the empty template
                package.rels.pop(key)

    def _fill_footer(self) -> None:
        section = self.document.sections[0]
        width = width_of_text(self.brief.is_short)
        footer = section.footer
        first, second = footer.paragraphs[0], footer.add_paragraph()
        for paragraph in (first, second):
            paragraph.style = self.document.styles["Footer"]
            stops = paragraph.paragraph_format.tab_stops
            stops.add_tab_stop(width, WD_TAB_ALIGNMENT.RIGHT)
        title = shortened_address(
            _legal(self.brief.title),
            LONGEST_SHORT_TITLE,
        )
        first.add_run(f"{title}\tPage ")
        _add_field(first, "PAGE")
        first.add_run(" of ")
        _add_field(first, "NUMPAGES")
        address = short_address(self.brief.address)
        second.add_run(
            f"{_legal(address)} · {about_state(self.brief)}\t{self.brief.licence}",
        )

    def _paragraph(self, style: str) -> WordParagraph:
        paragraph = self.document.add_paragraph()
        self._set_style(paragraph, style)
        return paragraph

    def _set_style(self, paragraph: WordParagraph, name: str) -> None:
        """By the key of the style: python-docx looks all styles through for each name."""
        if name not in self.style_keys:
            self.style_keys[name] = self.document.styles[name].style_id
        paragraph._p.style = self.style_keys[name]

    def _runs(
        self,
        paragraph: WordParagraph,
        text: str,
        takes_notes: bool = False,
        is_of_reader: bool = False,
    ) -> None:
        runs = self.marking.runs(_legal(text), takes_notes, is_of_reader)
        for run, following in zip_longest(runs, runs[1:]):
            if following and following.note:  # its mark follows at once
                run = replace(run, text=run.text.rstrip())
            self._run(paragraph._p, run, self.document.part)

    def _run(self, paragraph: Any, run: Run, part: Any) -> None:
        """`part`: of the file, that the paragraph stands in."""
        if run.note:
            mark, note = self.notes.add()
            paragraph.append(mark)
            note.append(_plain_runs(" "))
            text = f"{run.text} {_legal(run.note)}"
            for one in self.marking.runs(text):
                self._run(note, one, self.notes.part)
        elif run.url:
            kind = RELATIONSHIP_TYPE.HYPERLINK
            key = part.relate_to(run.url, kind, is_external=True)
            paragraph.append(_link(run.text, "r:id", key))
        elif run.is_listed:
            anchor = f"work{run.number}"
            paragraph.append(_link(run.text, "w:anchor", anchor))
        else:
            paragraph.append(_plain_runs(run.text))

    def heading(self, one: Heading) -> None:
        style = f"Heading {one.level - 1}"
        takes_notes = one.level >= LEVEL_WITH_NOTES
        paragraph = self._paragraph(style)
        self._runs(paragraph, one.text, takes_notes)

    def paragraph(self, one: Paragraph) -> None:
        paragraph = self.document.add_paragraph()
        _set_direction(paragraph, one.text)
        self._runs(paragraph, one.text, True, one.is_of_reader)

    def bullets(self, one: Bullets) -> None:
        """A long one goes on on the next page, but leaves no item behind or ahead alone."""
        stays = stands_on_one_page(self.brief, one)
        last = len(one.items) - 1
        for place, item in enumerate(one.items):
            paragraph = self._paragraph("List Bullet")
            is_kept = stays or place in (0, last - 1)
            paragraph.paragraph_format.keep_with_next = (
                is_kept and place < last
            )
            self._runs(paragraph, item, True, one.is_of_reader)

    def references(self, one: References) -> None:
        for number, text in one.items:
            paragraph = self._paragraph(WORKS_STYLE)
            _add_bookmark(paragraph, number)
            self._runs(paragraph, text)

    def table(self, one: Table) -> None:
        caption = self._paragraph("Caption")
        caption.paragraph_format.keep_with_next = True
        self._runs(caption, one.caption)
        rows = [one.heads, *one.rows]
        table = self.document.add_table(0, len(one.heads), TABLE_STYLE)
        table.autofit = False
        _describe_table(table, _legal(one.caption))
        widths = self._widths(weights(rows))
        stays = stands_on_one_page(self.brief, one)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        for texts in rows:
            row = table.add_row()
            properties = row._tr.get_or_add_trPr()
            properties.append(OxmlElement("w:cantSplit"))
            is_head = texts is one.heads
            is_last = texts is rows[-1]
            if is_head:
                properties.append(OxmlElement("w:tblHeader"))
            cells = row.cells
            for cell, text, width in zip(cells, texts, widths, strict=True):
                cell.width = width
                names = is_head or cell is cells[0]
                style = HEAD_STYLE if names else CELL_STYLE
                self._set_style(cell.paragraphs[0], style)
                # Word keeps a row on the page of the next by the paragraphs in it.
                layout = cell.paragraphs[0].paragraph_format
                layout.keep_with_next = is_head or (stays and not is_last)
                self._runs(cell.paragraphs[0], text)
        # Word joins two tables that nothing parts.
        spacer = self.document.add_paragraph().paragraph_format
        spacer.space_after = Emu(0)
        spacer.line_spacing = BELOW_TABLE

    def _widths(self, parts: list[int]) -> list[Emu]:
        whole = width_of_text(self.brief.is_short)
        return [Emu(whole * one // sum(parts)) for one in parts]


def _set_direction(paragraph: WordParagraph, text: str) -> None:
    if begins_at_the_right(text):
        properties = paragraph._p.get_or_add_pPr()
        properties.append(OxmlElement("w:bidi"))


def _plain_runs(text: str, style: str = "") -> Any:
    run = OxmlElement("w:r")
    if style:
        properties = OxmlElement("w:rPr")
        named = OxmlElement("w:rStyle")
        named.set(qn("w:val"), style)
        properties.append(named)
        run.append(properties)
    words = OxmlElement("w:t")
    words.set(qn("xml:space"), "preserve")
    words.text = text
    run.append(words)
    return run


def _link(text: str, attribute: str, target: str) -> Any:
    link = OxmlElement("w:hyperlink")
    link.set(qn(attribute), target)
    link.set(qn("w:history"), "1")
    link.append(_plain_runs(text, LINK_STYLE))
    return link


def _add_bookmark(paragraph: WordParagraph, number: int) -> None:
    """The number of a work, which marks in the text lead to."""
    for name in ("w:bookmarkStart", "w:bookmarkEnd"):
        mark = OxmlElement(name)
        mark.set(qn("w:id"), str(number))
        if name == "w:bookmarkStart":
            mark.set(qn("w:name"), f"work{number}")
        paragraph._p.append(mark)
        if name == "w:bookmarkStart":
            paragraph.add_run(f"[{number}]\t")


def _add_field(paragraph: WordParagraph, name: str) -> None:
    """What Word counts by itself."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    field.append(_plain_runs("1"))
    paragraph._p.append(field)


def _describe_table(table: Any, caption: str) -> None:
    properties = table._tbl.tblPr
    look = properties.find(qn("w:tblLook"))
    values = {"firstRow": "1", "firstColumn": "1", "noHBand": "1"}
    for name, value in values.items():
        look.set(qn(f"w:{name}"), value)
    told = OxmlElement("w:tblCaption")
    told.set(qn("w:val"), caption)
    look.addnext(told)


_WRITTEN: dict[str, Callable] = {
    "heading": Writing.heading,
    "paragraph": Writing.paragraph,
    "bullets": Writing.bullets,
    "table": Writing.table,
    "references": Writing.references,
}
