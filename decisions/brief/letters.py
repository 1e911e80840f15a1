"""Which letters the fonts have that PDFs are set in. Letters of other scripts do not keep a brief
from being made: a box stands for each, and a sentence says so.
"""

import unicodedata
from functools import cache
from pathlib import Path

import fontpkg_amiri
import fontpkg_heebo
import fontpkg_noto_sans_devanagari
import fontpkg_noto_sans_thai
import fontpkg_source_sans_3
import fontpkg_source_serif_4
from fontTools.ttLib import TTFont

#: Each of these is used for all that it has letters for.
MAIN = [
    fontpkg_source_sans_3.ROOT / "files",
    fontpkg_source_serif_4.ROOT / "files",
]
#: Each of these has a script that the others have not: by the name of its family.
OF_SCRIPTS = {
    "Amiri": fontpkg_amiri.ROOT / "files",
    "Heebo": fontpkg_heebo.ROOT / "files",
    "Noto Sans Devanagari": fontpkg_noto_sans_devanagari.ROOT / "files",
    "Noto Sans Thai": fontpkg_noto_sans_thai.ROOT / "files",
}
FOLDERS = [*MAIN, *OF_SCRIPTS.values()]
BOX = "\N{BLACK SQUARE}"
#: What no letter is, by Unicode's categories; and what stands above or below one.
UNSEEN = ("Cc", "Cf")
MARKS = ("Mn", "Me")
#: How Unicode calls letters that are read from right to left.
FROM_THE_RIGHT = ("R", "AL")
#: What looks the same as another letter that they have.
SAME = str.maketrans({"\N{NON-BREAKING HYPHEN}": "-"})


@cache
def main_letters() -> frozenset[int]:
    """Those that each main font has, so that none depends on which of them a text is set in."""
    found = [_letters_of_folder(folder) for folder in MAIN]
    return frozenset.intersection(*found)


@cache
def letters_of_scripts() -> frozenset[int]:
    """Those that another font has, and no main one."""
    found = [_letters_of_folder(folder) for folder in OF_SCRIPTS.values()]
    return frozenset.union(*found) - main_letters()


@cache
def all_letters() -> frozenset[int]:
    return main_letters() | letters_of_scripts()


def _letters_of_folder(folder: Path) -> frozenset[int]:
    """That all of its fonts have, however heavy."""
    upright = [
        path
        for path in sorted(folder.glob("*.ttf"))
        if "Italic" not in path.name
    ]
    return frozenset.intersection(*map(_letters_of, upright))


def _letters_of(path: Path) -> frozenset[int]:
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


def has_scripts(text: str) -> bool:
    """Whether a font besides the main ones is needed for it."""
    return not letters_of_scripts().isdisjoint(map(ord, text))


def begins_at_the_right(text: str) -> bool:
    """Whether its first letter is of a script that is read from right to left."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction == "L":
            return False
        if direction in FROM_THE_RIGHT:
            return True
    return False


def settable(text: str, with_scripts: bool = True) -> str:
    """The text with a box for each letter that there is none for, and without what is no letter,
    such as control characters. `with_scripts`: by all fonts, or by the main ones alone.
    """
    known = all_letters() if with_scripts else main_letters()
    settled = _settled_once(text, known)
    # What stood between a letter and its mark may be gone now, and the two be one letter.
    while (again := _settled_once(settled, known)) != settled:
        settled = again
    return settled


def _settled_once(text: str, known: frozenset[int]) -> str:
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
