"""How a brief looks in Word: its styles, which a reader changes in one place each, and its pages."""

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Emu, Length, Pt, RGBColor
from docx.styles.style import ParagraphStyle

SANS = "Calibri"
SERIF = "Georgia"
INK = RGBColor(0x1B, 0x1D, 0x1F)
MUTED = RGBColor(0x59, 0x5D, 0x60)
ACCENT = RGBColor(0x0F, 0x55, 0x59)
LANGUAGE = "en-GB"
TABLE_STYLE = "Brief Table"
WORKS_STYLE = "Bibliography"
CELL_STYLE = "Table Text"
HEAD_STYLE = "Table Head"
NOTE_STYLE = "Footnote Text"
LINK_STYLE = "Hyperlink"
MARK_STYLE = "Footnote Reference"

#: Of each style: font, size in points, bold, colour, and room above and below in points.
LOOKS = {
    "Normal": (SANS, 10.5, False, INK, 0, 6),
    "Title": (SERIF, 22, True, INK, 0, 14),
    "Heading 1": (SERIF, 15, True, INK, 20, 6),
    "Heading 2": (SERIF, 12.5, True, INK, 16, 4),
    "Heading 3": (SANS, 10.5, True, INK, 10, 3),
    "List Bullet": (SANS, 10.5, False, INK, 0, 3),
    "Caption": (SANS, 9, False, MUTED, 0, 4),
    "Footer": (SANS, 8, False, MUTED, 0, 0),
    CELL_STYLE: (SANS, 9, False, INK, 0, 0),
    HEAD_STYLE: (SANS, 9, True, INK, 0, 0),
    WORKS_STYLE: (SANS, 9.5, False, INK, 0, 4),
    NOTE_STYLE: (SANS, 8.5, False, INK, 0, 2),
}
#: So much smaller and closer is what is to fit one page.
SHORT_SIZES = 0.88
SHORT_ROOM = 0.3
HANGING = Cm(0.9)
PAGE_WIDTH = Cm(21)
TABLE = f"""
<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="BriefTable">
  <w:name w:val="{TABLE_STYLE}"/><w:basedOn w:val="TableNormal"/><w:uiPriority w:val="59"/><w:qFormat/>
  <w:tblPr>
    <w:tblBorders>
      <w:bottom w:val="single" w:sz="4" w:space="0" w:color="C9CFCD"/>
      <w:insideH w:val="single" w:sz="4" w:space="0" w:color="C9CFCD"/>
    </w:tblBorders>
    <w:tblCellMar>
      <w:top w:w="{{room}}" w:type="dxa"/><w:left w:w="85" w:type="dxa"/>
      <w:bottom w:w="{{room}}" w:type="dxa"/><w:right w:w="85" w:type="dxa"/>
    </w:tblCellMar>
  </w:tblPr>
  <w:tblStylePr w:type="firstRow">
    <w:tcPr><w:tcBorders><w:bottom w:val="single" w:sz="8" w:space="0" w:color="0F5559"/></w:tcBorders></w:tcPr>
  </w:tblStylePr>
</w:style>
"""


def dress(document: Document, is_short: bool) -> None:
    _set_language(document)
    _set_pages(document, is_short)
    for name, look in LOOKS.items():
        _set_style(document, name, look, is_short)
    for name in (LINK_STYLE, MARK_STYLE):
        kind = WD_STYLE_TYPE.CHARACTER
        style = document.styles.add_style(name, kind, builtin=True)
        style.font.color.rgb = ACCENT
        style.font.superscript = name == MARK_STYLE
    for tabs in list(document.styles["Footer"].element.iter(qn("w:tabs"))):
        tabs.getparent().remove(tabs)
    works = document.styles[WORKS_STYLE].paragraph_format
    works.left_indent = HANGING
    works.first_line_indent = -HANGING
    _color_rule_of_title(document)
    table = TABLE.format(room=20 if is_short else 55)
    document.styles.element.append(parse_xml(table))


def _set_language(document: Document) -> None:
    for one in document.styles.element.iter(qn("w:lang")):
        one.set(qn("w:val"), LANGUAGE)
    for one in document.settings.element.iter(qn("w:themeFontLang")):
        one.set(qn("w:val"), LANGUAGE)
        one.attrib.pop(qn("w:eastAsia"), None)
    for one in document.settings.element.iter(qn("w:compatSetting")):
        if one.get(qn("w:name")) == "compatibilityMode":
            one.set(qn("w:val"), "15")  # else Word opens it as an old file


def width_of_text(is_short: bool) -> Emu:
    """Of a page, without its margins."""
    return Emu(PAGE_WIDTH - 2 * _side(is_short))


def _side(is_short: bool) -> Length:
    return Cm(1.9 if is_short else 2.4)


def _set_pages(document: Document, is_short: bool) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = PAGE_WIDTH, Cm(29.7)
    section.left_margin = section.right_margin = _side(is_short)
    section.top_margin = Cm(1.2 if is_short else 2.2)
    section.bottom_margin = Cm(1.5 if is_short else 2.4)
    section.footer_distance = Cm(0.6 if is_short else 1.1)


def _set_style(
    document: Document,
    name: str,
    look: tuple[str, float, bool, RGBColor, float, float],
    is_short: bool,
) -> None:
    font, size, is_bold, color, above, below = look
    style = _style(document, name)
    style.font.size = Pt(
        round(size * SHORT_SIZES * 2) / 2 if is_short else size,
    )
    style.font.bold = is_bold or None
    style.font.italic = None
    style.font.color.rgb = color
    # The template names fonts by its theme, which go before any name.
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.attrib.clear()
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), font)
    room = SHORT_ROOM if is_short else 1
    style.paragraph_format.space_before = Pt(above * room)
    style.paragraph_format.space_after = Pt(below * room)
    style.paragraph_format.line_spacing = 1.0 if is_short else 1.08


def _style(document: Document, name: str) -> ParagraphStyle:
    if name in document.styles:
        return document.styles[name]  # type: ignore[return-value]
    kind = WD_STYLE_TYPE.PARAGRAPH
    is_own = name in (CELL_STYLE, HEAD_STYLE)
    style = document.styles.add_style(name, kind, builtin=not is_own)
    style.base_style = document.styles["Normal"]
    return style  # type: ignore[return-value]


def _color_rule_of_title(document: Document) -> None:
    for rule in document.styles["Title"].element.iter(qn("w:bottom")):
        rule.attrib.pop(qn("w:themeColor"), None)
        rule.set(qn("w:color"), str(ACCENT))
