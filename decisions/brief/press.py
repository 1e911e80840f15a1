"""Sets one brief as PDF, in a process of its own: `python press.py`, which reads what to set and
writes the PDF.

What setting takes of memory and time is given back with the process, and cannot be more than
this one may have. It knows nothing of the site, so that it starts quickly.
"""

import resource
import sys
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import typst
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject

#: Of memory, and of processor time.
LIMITS = {
    resource.RLIMIT_AS: 2 * 1024**3,
    resource.RLIMIT_CPU: 30,
}
OF_ROW = DictionaryObject(
    {
        NameObject("/O"): NameObject("/Table"),
        NameObject("/Scope"): NameObject("/Row"),
    },
)
TEMPLATE = Path(__file__).with_name("brief.typ")


def set_in_type(job: dict[str, Any]) -> bytes:
    """`brief`: what `brief.typ` takes. `scales`: how large letters may be, the first with which
    it fits one page, or else the last. `moment`: when it says that it was made.
    """
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=job["fonts"],
    )
    *larger, smallest = job["scales"]
    for scale in larger:
        compiler = _compiler(job, fonts, scale)
        if _page_count(compiler) == 1:
            break
    else:
        compiler = _compiler(job, fonts, smallest)
    made = compiler.compile(
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=datetime.fromisoformat(job["moment"]),
    )
    assert isinstance(made, bytes)
    return with_names_of_rows(made)


def with_names_of_rows(pdf: bytes) -> bytes:
    """With the first cell of each row of a table tagged as its head, which typst does for heads
    of columns alone.
    """
    writer = PdfWriter(clone_from=BytesIO(pdf))
    found: list[Any] = [writer.root_object["/StructTreeRoot"]]
    while found:
        element = found.pop()
        below = elements_below(element)
        found += below
        if element.get("/S") == "/TR" and below[0]["/S"] == "/TD":
            below[0][NameObject("/S")] = NameObject("/TH")
            attributes = below[0].get("/A", [])
            if not isinstance(attributes, list):
                attributes = [attributes]
            below[0][NameObject("/A")] = ArrayObject([*attributes, OF_ROW])
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def elements_below(element: DictionaryObject) -> list[DictionaryObject]:
    """In the tree of tags."""
    below = element.get("/K", [])
    if not isinstance(below, list):
        below = [below]
    objects = [one.get_object() for one in below]
    return [
        one
        for one in objects
        if isinstance(one, DictionaryObject) and "/S" in one
    ]


def _compiler(
    job: dict[str, Any],
    fonts: typst.Fonts,
    scale: float,
) -> typst.Compiler:
    brief = {**job["brief"], "scale": scale}
    return typst.Compiler(
        TEMPLATE,
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"brief": orjson.dumps(brief).decode()},
    )


def _page_count(compiler: typst.Compiler) -> int:
    return int(compiler.query("<pages>", field="value", one=True))


if __name__ == "__main__":
    for kind, limit in LIMITS.items():
        with suppress(ValueError, OSError):  # not every system has each
            resource.setrlimit(kind, (limit, limit))
    sys.stdout.buffer.write(set_in_type(orjson.loads(sys.stdin.buffer.read())))
