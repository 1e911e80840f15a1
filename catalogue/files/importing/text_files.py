"""In which encoding a file of text is written."""

import codecs
from pathlib import Path

from .errors import FileError

#: What can be chosen, by the name that Python has for it.
ENCODINGS = {
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252 (Western European, Excel's “CSV” in Europe and America)",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "mac_roman": "Mac Roman (Excel's “CSV (Macintosh)”)",
    "utf-16": "UTF-16 (Excel's “Unicode text”)",
    "gb18030": "GB 18030 (Chinese)",
    "shift_jis": "Shift JIS (Japanese)",
}
BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
UTF_8_MARK = codecs.BOM_UTF8
CHUNK = 2**18


def encoding_of(path: Path, chosen: str = "") -> str:
    """The encoding to read a file with: the chosen one, or UTF-8, UTF-16 with its mark, or
    Windows-1252 for what can be nothing else. What is UTF-8 in some places and not in others
    stays UTF-8, so that each wrong byte is told with its cell.

    Raises FileError for a chosen one that is not known.
    """
    if chosen:
        if chosen not in ENCODINGS:
            raise FileError(
                f"there is no encoding “{chosen}”; possible are {', '.join(ENCODINGS)}.",
            )
        return "utf-8-sig" if chosen == "utf-8" else chosen
    with path.open("rb") as file:
        if file.read(2) in BYTE_ORDER_MARKS:
            return "utf-16"
    if not _has_bytes_beyond_utf8(path):
        return "utf-8-sig"
    if _can_be_windows_1252(path):
        return "cp1252"
    return "utf-8-sig"


def _has_bytes_beyond_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while piece := file.read(CHUNK):
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return True
    return False


def _can_be_windows_1252(path: Path) -> bool:
    """Whether no sequence of bytes is a letter in UTF-8, as in a file that was put together of
    two, and no byte stands for nothing.
    """
    with path.open("rb") as file:
        while line := file.readline(CHUNK):
            if line.isascii():
                continue
            if any(
                ord(sign) > 127 and not "\udc80" <= sign <= "\udcff"
                for sign in line.decode("utf-8", "surrogateescape")
            ):
                return False
            try:
                line.decode("cp1252")
            except UnicodeDecodeError:
                return False
    return True
