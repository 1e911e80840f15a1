"""What a value looks like in a cell of text."""

import re
from collections.abc import Iterable
from typing import Any

#: A spreadsheet would take such a cell for a formula, or has taken it for one before.
FORMULA = re.compile(r"'*[=+\-@\t\r]")
BEGINNINGS = "'=+-@\t\r"
BETWEEN = " | "


def guarded(value: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe stands before what it would take for a formula."""
    # The first character is looked at alone, since hardly any value begins so.
    return f"'{value}" if value[:1] in BEGINNINGS and FORMULA.match(value) else value


def unguarded(value: str) -> str:
    """What `guarded` was given."""
    return value[1:] if value.startswith("'") and FORMULA.match(value) else value


def joined(values: Iterable[str]) -> str:
    """Several values in one cell, with “ | ” between them. In a value itself, a bar and a backslash have a backslash before."""
    return BETWEEN.join(value.replace("\\", "\\\\").replace("|", "\\|") for value in values)


def parted(text: str) -> list[str]:
    """What `joined` was given."""
    return [re.sub(r"\\(.)", r"\1", part) for part in text.split(BETWEEN)] if text else []


def in_words(value: Any) -> str:
    """The value as CSV has it. Empty: not known."""
    if isinstance(value, str):
        return guarded(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return guarded(joined(value)) if isinstance(value, list) else str(value)
