"""What a brief is made of, whatever its form: headings, paragraphs, tables, lists, references."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Heading:
    level: int
    text: str
    kind: str = "heading"


@dataclass(frozen=True)
class Paragraph:
    """`is_of_reader`: in the reader's own words, in which no number in brackets is a work's."""

    text: str
    kind: str = "paragraph"
    is_of_reader: bool = False


@dataclass(frozen=True)
class Bullets:
    """`is_of_reader`: as of a paragraph."""

    items: list[str]
    kind: str = "bullets"
    is_of_reader: bool = False


@dataclass(frozen=True)
class Table:
    """`heads` name the columns; the first cell of a row names the row."""

    caption: str
    heads: list[str]
    rows: list[list[str]]
    kind: str = "table"

    @property
    def named_rows(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What names each row, and its further cells, each with its head."""
        heads = self.heads[1:]
        return [
            (row[0], list(zip(heads, row[1:], strict=True)))
            for row in self.rows
        ]


@dataclass(frozen=True)
class References:
    """Works, each under its number in the whole brief."""

    items: list[tuple[int, str]]
    kind: str = "references"


Part = Heading | Paragraph | Bullets | Table | References


@dataclass(frozen=True)
class Brief:
    """`footer` says which address, state and licence it is of; forms with pages say these on each
    page: `status` is a release or a day, and `moment` when the data came to be as they are. One
    that `is_short` is to fit one page.
    `notes`: works by number that such forms give at the foot of the page, too, where sentences
    name them first.
    """

    title: str
    parts: list[Part] = field(default_factory=list)
    footer: str = ""
    address: str = ""
    status: str = ""
    licence: str = ""
    moment: datetime | None = None
    is_short: bool = False
    notes: dict[int, str] = field(default_factory=dict)

    @property
    def listed(self) -> set[int]:
        """The numbers of the works that its references list."""
        found: set[int] = set()
        for part in self.parts:
            if isinstance(part, References):
                found.update(number for number, _ in part.items)
        return found
