"""Text as it is kept: what every way in, be it a form, an import, a data file or an expert's
answer, makes of what it is given.

What nobody sees and nobody means is taken out, so that texts that look alike are alike, and
what comes after (feeds, workbooks, databases, RDF) can hold each of them. What cannot be text
at all is refused, never dropped.
"""

import re

from django.core.exceptions import ValidationError

#: Ends of lines as systems, word processors and slides write them: CR LF, CR, vertical tab,
#: form feed, NEL, and Unicode's two.
LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
#: Signs without a look of their own: soft hyphen, zero-width space, word joiner and invisible
#: operators, byte order mark, tags. Joiners (U+200C, U+200D) and marks of direction (U+200E,
#: U+200F, U+061C) stay: words of some languages need them.
UNSEEN = re.compile(
    "[\xad\u180e\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0001\U000e0020-\U000e007f]"
)
#: They turn the order of what follows, to the end of the page where nothing closes them.
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
#: In an identifier, joiners and marks of direction too only make two of one.
JOINING = re.compile("[\u061c\u200c-\u200f]")
#: Control characters, halves of a sign, and what Unicode says will never be one: XML holds none
#: of them.
UNUSABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
BREAKS = re.compile(r"[\t\n]+")


def cleaned(text: str) -> str:
    """The text with line feeds for the ends of its lines, and without what cannot be seen.

    >>> cleaned("risk\\u00adassessment\\r\\n")
    'riskassessment\\n'
    """
    if text.isascii():
        return LINE_ENDS.sub("\n", text) if not text.isprintable() else text
    text = LINE_ENDS.sub("\n", text)
    return TURNING.sub("", UNSEEN.sub("", text))


def on_one_line(text: str) -> str:
    """`cleaned`, with a blank where a line or a column would end."""
    return BREAKS.sub(" ", cleaned(text))


def as_identifier(text: str) -> str:
    """`on_one_line`, without signs that cannot be seen at all, nor blanks around it."""
    return JOINING.sub("", on_one_line(text)).strip()


def what_is_unusable(text: str) -> str:
    """What of a cleaned text can be no text, and what to do; empty where there is nothing."""
    found = None if text.isprintable() else UNUSABLE.search(text)
    if found is None:
        return ""
    if "\ud800" <= found[0] <= "\udfff":
        return "this holds half of a sign (a lone surrogate): write the whole sign."
    if found[0] > "\uf000":
        return f"this holds a sign that Unicode does not have (U+{ord(found[0]):04X}): delete it."
    return f"this holds a control character (U+{ord(found[0]):04X}): delete it."


def validate_usable(text: str) -> None:
    """Raises ValidationError for text that holds what no text can."""
    if fault := what_is_unusable(cleaned(text)):
        raise ValidationError(f"{fault[0].upper()}{fault[1:]}", code="unusable")
