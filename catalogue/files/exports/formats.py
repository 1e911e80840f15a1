"""The formats in which a list can be had, whole. One is a file beside this one, with what writes
it, and a row in `FORMATS`: everything else that has to know of it reads that row.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import parquet, prose, references, text, workbook
from .address import ListAddress
from .listings import Listing


@dataclass(frozen=True, kw_only=True)
class Format:
    """`name` is the value of the parameter `format`, `media_type` that of the header Accept."""

    name: str
    label: str
    media_type: str
    write: Callable[[Listing, ListAddress], Iterator[bytes]]
    #: Of a file's name. Without one, the answer is shown and not saved.
    suffix: str = ""
    #: Records become rows under columns.
    is_table: bool = False
    #: It holds works to be cited, and only lists that are of such come in it.
    is_of_references: bool = False
    #: It is compressed on its way; and, where it is offered, every list has it in a static copy.
    is_text: bool = False
    #: How many rows it can hold; None: any number.
    most: int | None = None
    #: Its place among the formats that pages offer; None: they do not.
    position: int | None = None
    #: What it is good for, on the page of data: of one that is offered.
    use: str = ""
    #: Releases have the mitigations in it, from the next one on.
    is_in_releases: bool = False


FORMATS = {
    one.name: one
    for one in (
        Format(
            name="json",
            label="JSON",
            media_type="application/json",
            write=text.write_json,
            is_text=True,
            position=3,
            use="Full records, as the API has them, in one document.",
            is_in_releases=True,
        ),
        Format(
            name="csv",
            label="CSV",
            media_type="text/csv",
            write=text.write_csv,
            suffix="csv",
            is_table=True,
            is_text=True,
            position=1,
            use="For any spreadsheet or program.",
            is_in_releases=True,
        ),
        Format(
            name="ndjson",
            label="NDJSON",
            media_type="application/x-ndjson",
            write=text.write_ndjson,
            suffix="ndjson",
            is_text=True,
            position=4,
            use="The same, one record on each line.",
            is_in_releases=True,
        ),
        Format(
            name="xlsx",
            label="Excel",
            media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            write=workbook.workbook,
            suffix="xlsx",
            is_table=True,
            most=workbook.MOST_ROWS,
            position=2,
            use="For Excel, with what the columns mean on a sheet of its own.",
            is_in_releases=True,
        ),
        Format(
            name="parquet",
            label="Parquet",
            media_type="application/vnd.apache.parquet",
            write=parquet.parquet,
            suffix="parquet",
            is_table=True,
            position=5,
            use="For pandas, DuckDB, Arrow and the like: typed columns, real lists.",
            is_in_releases=True,
        ),
        Format(
            name="bib",
            label="BibTeX",
            media_type="application/x-bibtex",
            write=references.write_bibtex,
            suffix="bib",
            is_of_references=True,
            is_text=True,
            position=6,
            use="References for LaTeX: each measure and each document behind it.",
        ),
        Format(
            name="ris",
            label="RIS",
            media_type="application/x-research-info-systems",
            write=references.write_ris,
            suffix="ris",
            is_of_references=True,
            is_text=True,
            position=7,
            use="The same references for Zotero, EndNote, Mendeley and the like.",
        ),
        Format(
            name="csl",
            label="CSL JSON",
            media_type="application/vnd.citationstyles.csl+json",
            write=references.write_csl,
            suffix="json",
            is_of_references=True,
            is_text=True,
            position=8,
            use="The same references for Pandoc and programs that format citations.",
        ),
        Format(
            name="txt",
            label="Text",
            media_type="text/plain",
            write=prose.write_plain_text,
            is_of_references=True,
            is_text=True,
            position=9,
            use="To paste into a mail: each measure with what experts said of it, and numbered references.",
        ),
        Format(
            name="md",
            label="Markdown",
            media_type="text/markdown",
            write=prose.write_markdown,
            suffix="md",
            is_of_references=True,
            is_text=True,
            position=10,
            use="The same for notes and documents, with headings and links.",
        ),
        Format(
            name="metadata",
            label="Metadata",
            media_type="application/csvm+json",
            write=text.write_metadata,
            is_table=True,
            is_text=True,
        ),
    )
}


def offered_formats() -> list[Format]:
    """Those that pages offer, in their order."""
    formats = [form for form in FORMATS.values() if form.position is not None]
    return sorted(formats, key=lambda form: form.position or 0)


def data_formats() -> list[Format]:
    """Those that pages offer and that hold records: every list comes in them."""
    return [form for form in offered_formats() if not form.is_of_references]


def reference_formats() -> list[Format]:
    """Those that pages offer of lists that can be cited work by work."""
    return [form for form in offered_formats() if form.is_of_references]


def tables_first() -> list[Format]:
    """Those that pages offer, where each stands with what it is good for."""
    return sorted(offered_formats(), key=lambda form: not form.is_table)


def in_releases() -> list[Format]:
    return [form for form in offered_formats() if form.is_in_releases]
