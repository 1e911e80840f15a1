"""The words of a text."""

import re
import unicodedata

from rapidfuzz import fuzz

#: From which likeness on, in per cent, two texts differ by a slip alone.
ALIKE = 95
TYPOGRAPHY = str.maketrans(
    dict.fromkeys("‘’‚‛′`", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—−", "-"),
)
TOKEN = re.compile(r"[^\W_]+")


def tokens(text: str) -> list[str]:
    """The words of a text, without case and accents, as both engines' indexes split it."""
    if not text.isascii():
        parted = unicodedata.normalize("NFKD", text)
        text = parted.translate(
            {ord(c): None for c in set(parted) if unicodedata.combining(c)},
        )
    return TOKEN.findall(text.lower())


def likeness(old: str, new: str) -> float:
    """How much of two texts is the same, in per cent; marks and blanks that mean the same are."""
    return fuzz.ratio(
        *(
            re.sub(r"\s+", " ", text.translate(TYPOGRAPHY)).strip()
            for text in (old, new)
        ),
    )
