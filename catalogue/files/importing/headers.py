"""Which row of a table has the column names, and what was passed over above it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: How many of some names are those of fields.
Fits = Callable[[Sequence[str]], int]

#: So many rows are looked at for column names.
LOOKED_AT = 30
#: So many of the names have to be known, before a later row than the first is taken for them.
FEWEST_KNOWN = 2
LONGEST_ECHO = 40
MOST_TOLD = 3


@dataclass(frozen=True)
class Header:
    """`row` as a spreadsheet numbers it; `known`: how many of its names are those of fields."""

    row: int
    known: int


def find_header(records: Sequence[Sequence[str]], fits: Fits | None) -> Header:
    """The first row that is not blank, or a later one that has more names that are known, and
    at least two.
    """
    filled = [
        number
        for number, record in enumerate(records, start=1)
        if any(cell.strip() for cell in record)
    ]
    first = filled[0] if filled else 1
    if fits is None or not filled:
        return Header(first, 0)
    best = Header(first, fits(records[first - 1]))
    for number in filled[1:]:
        known = fits(records[number - 1])
        if known >= FEWEST_KNOWN and known > best.known:
            best = Header(number, known)
    return best


def passed_over(records: Sequence[Sequence[str]], header: int) -> str:
    """What to say of the rows above the column names; empty where there is nothing to say."""
    texts = []
    for number, record in enumerate(records[: header - 1], start=1):
        if text := " ".join(cell.strip() for cell in record if cell.strip()):
            texts.append(f"row {number} “{clipped(text)}”")
    if not texts:
        return ""
    more = " …" if len(texts) > MOST_TOLD else ""
    return f"The column names stand in row {header}. Passed over above: {', '.join(texts[:MOST_TOLD])}{more}."


def clipped(text: str) -> str:
    return text if len(text) <= LONGEST_ECHO else f"{text[:LONGEST_ECHO]}…"


def repeats(record: Sequence[str], columns: Sequence[str]) -> bool:
    """Whether a row says the column names once more, as printed tables do on each page."""
    names = [cell.strip().casefold() for cell in record[: len(columns)]]
    return names == [column.casefold() for column in columns]


def numbered(rows: Sequence[int], most: int = 10) -> str:
    """“row 3” or “rows 3, 7 and 9”; of many, the first few."""
    told = [f"{row:,}" for row in rows[:most]]
    if len(rows) > most:
        return f"rows {', '.join(told)} and {len(rows) - most:,} more"
    return (
        f"row {told[0]}"
        if len(told) == 1
        else f"rows {', '.join(told[:-1])} and {told[-1]}"
    )
