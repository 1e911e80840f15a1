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
    return (
        FORMULA.sub(r"'\g<0>", value)
        if value[:1] in BEGINNINGS or ";" in value
        else value
    )


def unguarded(value: str) -> str:
    """What `guarded` was given."""
    return GUARD.sub("", value) if "'" in value else value


def joined(values: Iterable[str]) -> str:
    """Several values in one cell, with “ | ” between them. In a value itself, a bar and a
    backslash have a backslash before.
    """
    return BETWEEN.join(
        value.replace("\\", "\\\\").replace("|", "\\|") for value in values
    )


def parted(text: str) -> list[str]:
    """What `joined` was given."""
    return (
        [re.sub(r"\\(.)", r"\1", part) for part in text.split(BETWEEN)] if text else []
    )


def in_words(value: Any) -> str:
    """The value as CSV has it. Empty: not known."""
    if isinstance(value, str):
        return guarded(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return guarded(joined(value)) if isinstance(value, list) else str(value)
