"""Notes at the foot of a page in Word: a part of the file that python-docx has no name for."""

from typing import Any

from docx.document import Document
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import XmlPart
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

from .word_styles import MARK_STYLE, NOTE_STYLE

#: What parts notes from the text, and from what goes on from the page before: each file has both.
EMPTY = f"""
<w:footnotes {nsdecls("w", "r")}>
  <w:footnote w:type="separator" w:id="-1"><w:p><w:pPr><w:spacing w:after="0" w:line="240" w:lineRule="auto"/></w:pPr>
    <w:r><w:separator/></w:r></w:p></w:footnote>
  <w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:pPr><w:spacing w:after="0" w:line="240" w:lineRule="auto"/></w:pPr>
    <w:r><w:continuationSeparator/></w:r></w:p></w:footnote>
</w:footnotes>
"""
SEPARATORS = f"""
<w:footnotePr {nsdecls("w")}><w:footnote w:id="-1"/><w:footnote w:id="0"/></w:footnotePr>
"""


class Notes:
    """Those of one document, which Word numbers."""

    def __init__(self, document: Document):
        self.part = XmlPart(
            PackURI("/word/footnotes.xml"),
            CONTENT_TYPE.WML_FOOTNOTES,
            parse_xml(EMPTY),
            document.part.package,
        )
        document.part.relate_to(self.part, RELATIONSHIP_TYPE.FOOTNOTES)
        compat = document.settings.element.find(qn("w:compat"))
        compat.addprevious(parse_xml(SEPARATORS))
        self.count = 0

    def add(self) -> tuple[Any, Any]:
        """The run that stands in the text, and the paragraph that the note is written to."""
        self.count += 1
        number = {"w:id": str(self.count)}
        reference = _note_mark(_element("w:footnoteReference", number))
        style = {"w:val": NOTE_STYLE.replace(" ", "")}
        properties = _element("w:pPr", {}, _element("w:pStyle", style))
        mark = _note_mark(_element("w:footnoteRef"))
        paragraph = _element("w:p", {}, properties, mark)
        self.part.element.append(_element("w:footnote", number, paragraph))
        return reference, paragraph


def _note_mark(number: Any) -> Any:
    style = {"w:val": MARK_STYLE.replace(" ", "")}
    properties = _element("w:rPr", {}, _element("w:rStyle", style))
    return _element("w:r", {}, properties, number)


def _element(
    name: str,
    attributes: dict[str, str] | None = None,
    *below: Any,
) -> Any:
    element = OxmlElement(name)
    for key, value in (attributes or {}).items():
        element.set(qn(key), value)
    element.extend(below)
    return element
