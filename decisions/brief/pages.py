"""What forms of a brief with pages have in common: what stands on each page, and their marks."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings

from .structure import Brief, Bullets, Heading, Part, Table

#: Longer is no address that fits a foot of a page; the whole one stands at the end.
LONGEST_ADDRESS = 60
LONGEST_SHORT_TITLE = 70
#: A table of no more rows and signs than these stands on one page, and so does a list.
FEW_ROWS, SMALL_TABLE = 8, 1500
FEW_ITEMS, SMALL_LIST = 20, 1500
#: The day of what has none: the first that archives can write down.
NO_MOMENT = datetime(1980, 1, 1, tzinfo=UTC)


def moment_of_file(moment: datetime | None) -> datetime:
    """When what it is made of came to be, so that one state makes one file."""
    return (moment or NO_MOMENT).replace(microsecond=0)


def short_address(address: str) -> str:
    """Without what stands before the host, and where it is long without its end."""
    split = urlsplit(address)
    short = f"{split.netloc}{split.path}"
    if split.query:
        short += f"?{split.query}"
    return shortened_address(short, LONGEST_ADDRESS)


def shortened_address(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def about_state(brief: Brief) -> str:
    """Which release or revision, and its day."""
    day = f"{moment_of_file(brief.moment):%-d %B %Y}"
    if brief.moment is None or day in brief.status:
        return sentence_case(brief.status)
    return f"{sentence_case(brief.status)}, {day}"


def sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def author() -> str:
    return settings.SITE_NAME


def pages_in_order(parts: list[Part]) -> list[Part]:
    """The parts, and no heading more than one level below the one before it."""
    ordered = []
    level = 1
    for part in parts:
        if isinstance(part, Heading):
            level = min(part.level, level + 1)
            part = replace(part, level=level)
        ordered.append(part)
    return ordered


def stands_on_one_page(brief: Brief, one: Table | Bullets) -> bool:
    """Whether a table or list is not to be parted between pages. Where all is to fit one page,
    it would leave room empty.
    """
    if brief.is_short:
        return False
    if isinstance(one, Table):
        return _is_small_table(one)
    return _is_small_list(one)


def _is_small_table(one: Table) -> bool:
    signs = sum(len(cell) for row in one.rows for cell in row)
    return signs <= SMALL_TABLE and len(one.rows) <= FEW_ROWS


def _is_small_list(one: Bullets) -> bool:
    signs = sum(map(len, one.items))
    return signs <= SMALL_LIST and len(one.items) <= FEW_ITEMS


def weights(rows: list[list[str]]) -> list[int]:
    """How wide the columns of a table are to be beside each other: by what they hold, and by the
    longest word of each.
    """
    columns = zip(*rows, strict=True)
    return [_weight(list(column)) for column in columns]


def _weight(cells: list[str]) -> int:
    average = sum(map(len, cells)) / len(cells)
    words = [word for cell in cells for word in cell.split()]
    longest = max(map(len, words), default=1)
    return round(max(average**0.75 * 5, min(longest, 16) * 5.5, 40))
