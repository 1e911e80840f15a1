"""Makes `static/fonts/` anew, and prints what `static/css/site.css` says of it.

    python -m venv /tmp/fonts
    /tmp/fonts/bin/pip install fonttools brotli fontpkg-source-serif-4
    /tmp/fonts/bin/python deploy/fonts.py static/fonts /usr/share/fonts/truetype/liberation2

The second folder has Liberation Serif (Debian: fonts-liberation2), whose letters are as wide as
those of Times New Roman: with it the room is worked out that a text takes until its font is there.

The font is Source Serif 4 under the SIL Open Font License. Its licence reserves the name "Source"
for the unchanged font, so what is cut out of it here is called "Catalogue Serif".
"""

import argparse
import shutil
from pathlib import Path

import fontpkg_source_serif_4
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

FAMILY = "Catalogue Serif"
PACKAGE = Path(fontpkg_source_serif_4.__file__).parent
SOURCE = PACKAGE / "files" / "SourceSerif4[opsz,wght].ttf"

#: Weight: the size of type that its shapes are made for, in points, and its fallback.
WEIGHTS = {
    400: (20, "LiberationSerif-Regular.ttf"),
    600: (26, "LiberationSerif-Bold.ttf"),
}
#: What nearly all headings consist of, and what names of people and places need besides. A
#: browser fetches the second only where a page has one of its letters.
RANGES = {
    "basic": "U+20-7E, U+A0, U+AD, U+B7, U+D7, U+2010-2014, U+2018-201E, U+2026, U+2212",
    "latin": "U+A1-AC, U+AE-B6, U+B8-D6, U+D8-17F, U+218-21B, U+1E9E, U+2020-2022, U+2030, "
    "U+2039-203A, U+20AC, U+2122, U+2190-2193, U+2260, U+2264-2265",
}
#: English, by how often each sign stands in a long text, in tenths of a per cent.
FREQUENCIES = dict(
    zip(
        " etaoinshrdlcumwfgypbvk",
        (180, 102, 75, 65, 62, 57, 57, 52, 50, 49, 35, 33, 23, 23, 20, 19, 18)
        + (16, 16, 15, 12, 8, 6),
        strict=True,
    ),
)


def code_points(ranges: str) -> list[int]:
    """Those of a `unicode-range`."""
    found = []
    for part in ranges.replace("U+", "").split(", "):
        first, _, last = part.partition("-")
        found += range(int(first, 16), int(last or first, 16) + 1)
    return found


def cut(weight: int, size: int, ranges: str) -> TTFont:
    """One weight of the font, with the letters of some ranges."""
    font = instancer.instantiateVariableFont(
        TTFont(SOURCE),
        {"wght": weight, "opsz": size},
    )
    for record in font["name"].names:
        if record.nameID in (1, 4, 16):
            record.string = FAMILY
        elif record.nameID == 6:
            record.string = f"{FAMILY.replace(' ', '')}-{weight}"
    options = subset.Options()
    options.layout_features = ["kern", "liga", "lnum", "tnum", "ccmp"]
    options.hinting = False
    options.name_IDs = [0, 1, 2, 4, 6, 13, 14]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=code_points(ranges))
    cutter.subset(font)
    font.flavor = "woff2"
    return font


def mean_width(font: TTFont) -> float:
    """Of a letter in an English text, in ems."""
    widths, letters = font["hmtx"], font.getBestCmap()
    total = sum(
        widths[letters[ord(letter)]][0] * often
        for letter, often in FREQUENCIES.items()
    )
    return total / sum(FREQUENCIES.values()) / font["head"].unitsPerEm


def fallback_rule(weight: int, font: TTFont, fallback: TTFont) -> str:
    """What has the fallback take the room that the font will take."""
    scale = mean_width(font) / mean_width(fallback)
    em = font["head"].unitsPerEm * scale
    return (
        f"{weight}: size-adjust: {scale:.2%}; ascent-override: {font['hhea'].ascent / em:.2%}; "
        f"descent-override: {-font['hhea'].descent / em:.2%}; line-gap-override: {font['hhea'].lineGap / em:.2%};"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("fallbacks", type=Path)
    args = parser.parse_args()
    for weight, (size, fallback) in WEIGHTS.items():
        for name, ranges in RANGES.items():
            font = cut(weight, size, ranges)
            path = args.folder / f"serif-{weight}-{name}.woff2"
            font.save(path)
            print(f"{path}: {path.stat().st_size:,} bytes; {ranges}")
        whole = cut(weight, size, RANGES["basic"])
        print(
            fallback_rule(weight, whole, TTFont(args.fallbacks / fallback)),
        )
    shutil.copy(PACKAGE / "LICENSE", args.folder / "LICENSE")


if __name__ == "__main__":
    main()
