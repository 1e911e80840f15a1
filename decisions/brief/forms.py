"""The files that a brief comes as: one of them is a row here, and what writes it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.text import slugify

from .contents import Contents
from .pages import moment_of_file
from .pdf import as_pdf
from .rich import as_html
from .texts import as_markdown, as_text
from .word import as_docx

DOCX = (
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
)
#: So long may be what the name of a file says of its brief.
LONGEST_NAME = 60


@dataclass(frozen=True)
class Form:
    """`has_words`: what a reader writes stands in it, too. `is_costly`: it takes long to make, so
    that only so many are made at once.
    """

    label: str
    media_type: str
    write: Callable[[Contents], str | bytes]
    has_words: bool = True
    is_costly: bool = False


def _pdf(contents: Contents) -> bytes:
    return as_pdf(contents.brief())


def _docx(contents: Contents) -> bytes:
    return as_docx(contents.brief())


def _markdown(contents: Contents) -> str:
    return as_markdown(contents.brief())


def _text_form(contents: Contents) -> str:
    return as_text(contents.brief())


def _rich_text(contents: Contents) -> str:
    return as_html(contents.brief())


#: By the ending of the address.
FORMS = {
    "pdf": Form("PDF", "application/pdf", _pdf, is_costly=True),
    "docx": Form("Word (DOCX)", DOCX, _docx, is_costly=True),
    "md": Form("Markdown", "text/markdown", _markdown),
    "txt": Form("Text for mail", "text/plain", _text_form),
    "ris": Form(
        "References as RIS",
        "application/x-research-info-systems",
        lambda contents: contents.bibliography.ris,
        has_words=False,
    ),
    "bib": Form(
        "References as BibTeX",
        "application/x-bibtex",
        lambda contents: contents.bibliography.bibtex,
        has_words=False,
    ),
    "csl": Form(
        "References as CSL",
        "application/vnd.citationstyles.csl+json",
        lambda contents: contents.bibliography.csl_json,
        has_words=False,
    ),
}
#: What its page copies, and does not offer as a file.
COPIED = {"html": Form("HTML", "text/html", _rich_text)}
ALL_FORMS = FORMS | COPIED
#: What is made at once, and where it stands beside the address of a file.
QUICKER_FORMS = {
    "a page, to be printed": "brief/",
    "text": "brief.txt",
    "Markdown": "brief.md",
}


def name_of_file(contents: Contents, ending: str) -> str:
    """For example `brief-of-9-measures_2026-11-30.pdf`: its title, and the day of what it says."""
    title = slugify(contents.title)[:LONGEST_NAME].strip("-") or "brief"
    return f"{title}_{moment_of_file(contents.moment):%Y-%m-%d}.{ending}"
