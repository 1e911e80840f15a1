"""Reads PDFs back: their tags, as a screen reader goes through them."""

from collections.abc import Iterator
from io import BytesIO

from pypdf import PdfReader
from pypdf.generic import DictionaryObject

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
    below = element.get("/K", [])
    for one in below if isinstance(below, list) else [below]:
        one = one.get_object() if hasattr(one, "get_object") else one
        if isinstance(one, DictionaryObject) and "/S" in one:
            yield one
            yield from _below(one)


def kinds(pdf: bytes) -> list[str]:
    return [one["/S"].removeprefix("/") for one in elements(pdf)]


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
