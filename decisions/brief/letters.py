"""Which letters_of_fonts the fonts have that PDFs are set in. Letters of other scripts do not keep a brief
from being made: a box stands for each, and a sentence says so.
"""

import unicodedata
from functools import cache
from pathlib import Path

import fontpkg_source_sans_3
import fontpkg_source_serif_4
from fontTools.ttLib import TTFont

FOLDERS = [
    fontpkg_source_sans_3.ROOT / "files",
    fontpkg_source_serif_4.ROOT / "files",
]
BOX = "\N{BLACK SQUARE}"
#: What no letter is, by Unicode's categories; and what stands above or below one.
UNSEEN = ("Cc", "Cf")
MARKS = ("Mn", "Me")
#: What looks the same as another letter that they have.
SAME = str.maketrans({"\N{NON-BREAKING HYPHEN}": "-"})


@cache
def letters_of_fonts() -> frozenset[int]:
    """Those that each font has, so that none depends on which of them a text is set in."""
    found = [_letters_of(path) for path in _font_paths()]
    return frozenset.intersection(*found)


def _font_paths() -> list[Path]:
    files: list[Path] = []
    for folder in FOLDERS:
        files += sorted(folder.glob("*.ttf"))
    return [file for file in files if "Italic" not in file.name]


def _letters_of(path: Path) -> frozenset[int]:
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


def settable(text: str) -> str:
    """The text with a box for each letter that there is none for, and without what is no letter,
    such as control characters.
    """
    settled = _settled_once(text)
    # What stood between a letter and its mark may be gone now, and the two be one letter.
    while (again := _settled_once(settled)) != settled:
        settled = again
    return settled


def _settled_once(text: str) -> str:
    known = letters_of_fonts()
    kept = []
    for letter in unicodedata.normalize("NFC", text.translate(SAME)):
        kind = unicodedata.category(letter)
        if letter.isspace():
            kept.append(" ")
        elif kind in UNSEEN:
            continue
        elif ord(letter) in known:
            kept.append(letter)
        elif kind not in MARKS:
            kept.append(BOX)
    return "".join(kept)
