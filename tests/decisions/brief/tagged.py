"""Reads PDFs back: their tags, as a screen reader goes through them."""

from collections.abc import Iterator
from io import BytesIO

from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from decisions.brief.press import elements_below

MARKED = ("BDC", "BMC")


def reader_of(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


def text_of_pdf(pdf: bytes) -> str:
    """All of it, without what lines begin and end with."""
    pages = [page.extract_text() for page in reader_of(pdf).pages]
    return " ".join(" ".join(pages).split())


def elements(pdf: bytes) -> list[DictionaryObject]:
    """Of the tree of tags, in the order of reading."""
    root = reader_of(pdf).trailer["/Root"]["/StructTreeRoot"]
    return list(_below(root))


def _below(element: DictionaryObject) -> Iterator[DictionaryObject]:
    for one in elements_below(element):
        yield one
        yield from _below(one)


def kinds(pdf: bytes) -> list[str]:
    return [one["/S"].removeprefix("/") for one in elements(pdf)]


def scope_of(attributes) -> str:
    """Of a head of a table: whether it is of a column or of a row."""
    found = attributes if isinstance(attributes, list) else [attributes]
    [scope] = [
        one.get_object()["/Scope"]
        for one in found
        if "/Scope" in one.get_object()
    ]
    return scope


def untagged(pdf: bytes) -> list[str]:
    """What draws outside of all marks, and is neither tagged nor said to be decoration."""
    found = []
    for page in reader_of(pdf).pages:
        depth = 0
        for operands, operator in page.get_contents().operations:
            name = operator.decode()
            if name in MARKED:
                depth += 1
            elif name == "EMC":
                depth -= 1
            elif name in ("Tj", "TJ", "S", "f", "Do") and depth == 0:
                found.append(f"{name} {operands}")
    return found
