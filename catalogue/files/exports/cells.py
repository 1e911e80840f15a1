"""What a value looks like in a cell of text."""

import re
from collections.abc import Iterable
from typing import Any

SIGNS = r"=+\-@\uff1d\uff0b\uff0d\uff20"
#: Where a spreadsheet would take what follows for a formula, or has taken it for one before: at
#: the beginning, and behind a semicolon, at which some part cells. Full-width signs count as
#: the plain ones do.
FORMULA = re.compile(rf"^'*(?=[\t\r\n{SIGNS}])|(?<=;)[ ']*(?=[{SIGNS}])")
#: The apostrophe that `guarded` has put there.
GUARD = re.compile(rf"^'(?='*[\t\r\n{SIGNS}])|(?<=;)'(?=[ ']*[{SIGNS}])")
BEGINNINGS = frozenset("'=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
BETWEEN = " | "


def guarded(value: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe stands before what it would take for a
    formula.
    """
    # Hardly any value begins so, or has a semicolon.
    if value[:1] in BEGINNINGS or ";" in value:
        return FORMULA.sub(r"'\g<0>", value)
    return value


def unguarded(value: str) -> str:
    """What `guarded` was given."""
    if "'" in value:
        return GUARD.sub("", value)
    return value


def joined(values: Iterable[str]) -> str:
    """Several values in one cell, with “ | ” between them. In a value itself, a bar and a
    backslash have a backslash before.
    """
    escaped = [
        value.replace("\\", "\\\\").replace("|", "\\|") for value in values
    ]
    return BETWEEN.join(escaped)


def parted(text: str) -> list[str]:
    """What `joined` was given."""
    if not text:
        return []
    return [re.sub(r"\\(.)", r"\1", part) for part in text.split(BETWEEN)]


def as_text(value: Any) -> str:
    """The value as CSV has it. Empty: not known."""
    if isinstance(value, str):
        return guarded(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return guarded(joined(value))
    return str(value)
