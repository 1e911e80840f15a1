"""What a brief is made of, whatever its form: headings, paragraphs, tables, lists, references."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Heading:
    level: int
    text: str
    kind: str = "heading"


@dataclass(frozen=True)
class Paragraph:
    text: str
    kind: str = "paragraph"


@dataclass(frozen=True)
class Bullets:
    items: list[str]
    kind: str = "bullets"


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
    """`footer` says which address, state and licence it is of."""

    title: str
    parts: list[Part] = field(default_factory=list)
    footer: str = ""
