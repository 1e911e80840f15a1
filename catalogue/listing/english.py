"""The words of English, from a kept library's list: 82,000 of them, British and American, with
how often books have them.

SymSpell made the list of SCOWL and of Google's counts of words in books; symspellpy ships it
under the MIT licence.
"""

from functools import cache
from importlib.resources import files

LIST = files("symspellpy") / "frequency_dictionary_en_82_765.txt"


@cache
def frequencies() -> dict[str, int]:
    """How often books have each word. Read when first asked for: 8 MB, 50 ms."""
    counts = {}
    for line in LIST.read_text("utf-8-sig").splitlines():
        word, count = line.split()
        counts[word] = int(count)
    return counts


def is_english(word: str) -> bool:
    return word in frequencies()


def frequency(word: str) -> int:
    return frequencies().get(word, 0)
