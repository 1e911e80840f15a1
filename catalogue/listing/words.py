"""The words of a text."""

import re
import unicodedata

TOKEN = re.compile(r"[^\W_]+")


def tokens(text: str) -> list[str]:
    """The words of a text, without case and accents, as both engines' indexes split it."""
    if not text.isascii():
        parted = unicodedata.normalize("NFKD", text)
        text = parted.translate({ord(c): None for c in set(parted) if unicodedata.combining(c)})
    return TOKEN.findall(text.lower())
