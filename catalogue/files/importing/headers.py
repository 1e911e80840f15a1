"""Which row of a table has the column names, and what was passed over above it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from serving.parameters import clipped

#: How many of some names are those of fields.
Fits = Callable[[Sequence[str]], int]

#: So many rows are looked at for column names.
LOOKED_AT = 30
#: So many of the names have to be known, before a later row than the first is taken for them.
FEWEST_KNOWN = 2
LONGEST_ECHO = 40
MOST_LISTED = 3


@dataclass(frozen=True)
class Header:
    """`row` as a spreadsheet numbers it; `known`: how many of its names are those of fields."""

    row: int
    known: int


def find_header(records: Sequence[Sequence[str]], fits: Fits | None) -> Header:
    """The first row that is not blank, or a later one that has more names that are known, and
    at least two.
    """
    best: Header | None = None
    for number, record in enumerate(records, start=1):
        if not any(cell.strip() for cell in record):
            continue
        known = fits(record) if fits else 0
        if best is None or known >= FEWEST_KNOWN and known > best.known:
            best = Header(number, known)
    return best or Header(row=1, known=0)


def passed_over(records: Sequence[Sequence[str]], header: int) -> str:
    """What to say of the rows above the column names; empty where there is nothing to say."""
    texts = []
    above = records[: header - 1]
    for number, record in enumerate(above, start=1):
        cells = [cell.strip() for cell in record]
        text = " ".join(filter(None, cells))
        if text:
            shown = clipped(text, LONGEST_ECHO)
            texts.append(f"row {number} “{shown}”")
    if not texts:
        return ""
    listed = ", ".join(texts[:MOST_LISTED])
    if len(texts) > MOST_LISTED:
        listed += " …"
    return (
        f"The column names stand in row {header}. Passed over above: {listed}."
    )


def repeats(record: Sequence[str], columns: Sequence[str]) -> bool:
    """Whether a row says the column names once more, as printed tables do on each page."""
    names = [cell.strip().casefold() for cell in record[: len(columns)]]
    return names == [column.casefold() for column in columns]


def numbered(rows: Sequence[int], most: int = 10) -> str:
    """“row 3” or “rows 3, 7 and 9”; of many, the first few."""
    numbers = [f"{row:,}" for row in rows[:most]]
    if len(numbers) == 1 and len(rows) == 1:
        return f"row {numbers[0]}"
    more = len(rows) - most
    end = f"{more:,} more" if more > 0 else numbers.pop()
    listed = ", ".join(numbers)
    return f"rows {listed} and {end}"
