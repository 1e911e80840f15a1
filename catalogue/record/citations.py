"""How to cite a document, a mitigation, the catalogue or a view of it.

Each becomes one CSL-JSON item; `citation_formats.py` writes APA, BibTeX and RIS from it.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from catalogue import reading, revision
from catalogue.listing.index import current_index
from catalogue.models import Document, Mitigation, Release

from . import citation_formats as formats

PRELIMINARY = "[Preliminary]"
PRELIMINARY_IN_PART = "[Preliminary in part]"
WITHDRAWN = "[Withdrawn]"

#: What each kind of document is called in CSL.
CSL_TYPES = {
    Document.Kind.PREPRINT: "article",
    Document.Kind.ARTICLE: "article-journal",
    Document.Kind.REPORT: "report",
    Document.Kind.KNOWLEDGE_BASE: "dataset",
}


@dataclass(frozen=True)
class Citation:
    """One record's citation. `csl` is a CSL-JSON item; the rest is written from it when asked
    for. What describes another work is cited behind it: `source` is the item of that work,
    and `described` what APA, which has no form for it, says after the work's reference.
    """

    csl: dict
    source: dict | None = None
    described: str = ""
    is_of_release: bool = False

    @property
    def key(self) -> str:
        """What a reference manager calls the record: a document's slug, a mitigation's
        accession.
        """
        return self.csl["id"]

    @property
    def items(self) -> list[dict]:
        """The source, where there is one, and the record."""
        return [self.source, self.csl] if self.source else [self.csl]

    @property
    def csl_json(self) -> str:
        """A CSL-JSON data file: a list of items, as the schema asks."""
        return formats.csl_json(self.items)

    @property
    def apa(self) -> str:
        """The reference in APA style, 7th edition, as plain text."""
        if self.source:
            return f"{formats.apa(self.source)} {self.described}"
        return formats.apa(self.csl)

    @property
    def bibtex(self) -> str:
        """BibTeX. Text is escaped for LaTeX; addresses, DOIs and arXiv ids stand as they are."""
        return formats.bibtex(self.items)

    @property
    def ris(self) -> str:
        """RIS, each value on one line."""
        return formats.ris(self.items)


@dataclass(frozen=True)
class ViewCitation(Citation):
    """Of one view of the catalogue. There is one for each address that readers think of, so
    that APA is written without the engine but for once in each state.
    """

    @property
    def apa(self) -> str:
        return formats.apa_by_pattern(self.csl)


@dataclass(frozen=True)
class Bibliography:
    """Several citations in one file, in their order. `key` names the file."""

    key: str
    citations: list[Citation]

    @property
    def items(self) -> list[dict]:
        return [item for one in self.citations for item in one.items]

    @property
    def csl_json(self) -> str:
        return formats.csl_json(self.items)

    @property
    def bibtex(self) -> str:
        return formats.bibtex(self.items)

    @property
    def ris(self) -> str:
        return formats.ris(self.items)


def cite(record: Document | Mitigation, base_url: str = "") -> Citation:
    """The citation of a document, or of a mitigation as an entry of this catalogue.

    `base_url` is scheme and host of the site; without it a mitigation is cited by its
    accession, with no address.
    """
    if not isinstance(record, Mitigation):
        return Citation(_without_empty(_document_item(record)))
    item = _without_empty(_mitigation_item(record, base_url))
    return Citation(
        item,
        _without_empty(_document_item(record.document)),
        _described(record, item),
    )


def _without_empty(item: dict) -> dict:
    return {name: value for name, value in item.items() if value}


def cite_catalogue(
    number: int,
    base_url: str = "",
    notices: Iterable[str] = (),
    release: Release | None = None,
) -> Citation:
    """The citation of the catalogue itself: of a release, the last one where nothing has
    changed since, or else as it stood at a revision, whose `number` is the moment of its last
    change in microseconds since 1970. Its version is then that moment, as people read it.
    `notices` are of what is preliminary in it.
    """
    release = release or _release_of_today()
    if release is None:
        item = _item_of_revision(number, notices)
        item["URL"] = f"{base_url.rstrip('/')}/" if base_url else ""
        return Citation(_without_empty(item))
    item = _item_of_release(release, release.notices)
    if base_url:
        path = f"/data/releases/{release.number}/"
        item["URL"] = base_url.rstrip("/") + path
    return Citation(_without_empty(item), is_of_release=True)


def cite_view(
    title: str,
    address: str,
    notices: Iterable[str] = (),
) -> "ViewCitation":
    """The citation of one view of the catalogue, such as a filtered list or a comparison, as
    this request reads it: of the release, or of the revision.

    `title` says in a few words what the view holds, `address` is its whole canonical address,
    and `notices` are of what is preliminary in it. Shown by `catalogue/_cite_view.html`. The
    key is made of the address: two views have two keys.
    """
    release = reading.current_release() or _release_of_today()
    if release:
        item = _item_of_release(release, notices)
    else:
        item = _item_of_revision(revision.shown(), notices)
    site, mark, _ = item["title"].partition(f" {PRELIMINARY_IN_PART}")
    digest = hashlib.sha256(address.encode()).hexdigest()
    item |= {
        "id": f"{item['id']}-{digest[:8]}",
        "title": f"{site}: {plain(title)}{mark}",
        "URL": address,
    }
    return ViewCitation(
        _without_empty(item),
        is_of_release=release is not None,
    )


def _release_of_today() -> Release | None:
    return current_index().per_revision(
        "release of today",
        Release.objects.of_today,
    )


def _item_of_catalogue(notices: Iterable[str]) -> dict:
    site = plain(settings.SITE_NAME)
    return {
        "id": "catalogue",
        "type": "dataset",
        "title": f"{site} {PRELIMINARY_IN_PART}" if notices else site,
        "author": [{"literal": site}],
        "publisher": site,
        "genre": "Data set",
    }


def _item_of_revision(number: int, notices: Iterable[str]) -> dict:
    notes = [plain(notice) for notice in notices]
    moment = revision.moment_of(number)
    return {
        **_item_of_catalogue(notes),
        "version": f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "",
        "issued": _issued(moment.year if moment else None),
        "note": " ".join(notes),
    }


def _item_of_release(release: Release, notices: Iterable[str]) -> dict:
    """By its number."""
    notes = [plain(notice) for notice in notices]
    cut = release.cut_at
    checksum = (
        f"SHA-256 of its records: {release.checksum}."
        if release.checksum
        else ""
    )
    return {
        **_item_of_catalogue(notes),
        "id": f"catalogue-{release.number}",
        "version": release.number,
        "issued": {"date-parts": [[cut.year, cut.month, cut.day]]},
        "note": " ".join(filter(None, [checksum, *notes])),
    }


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
    given = plain(author.given)
    suffix = ""
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
        "container-title" if is_article else "publisher": plain(
            document.publisher,
        )
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


def _release_of(mitigation: Mitigation) -> Release | None:
    """That it is cited by: the one that is being read, or the last one that has it as it is."""
    read = reading.current_release()
    if read:
        return read
    last = last_release()
    return last if last and last.holds(mitigation) else None


def last_release() -> Release | None:
    return current_index().per_revision(
        "last release",
        Release.objects.newest_first().first,
    )


def _address(
    mitigation: Mitigation,
    release: Release | None,
    base_url: str,
) -> str:
    """Where the mitigation stands for good as it is cited; "" where no site is known."""
    if not base_url:
        return ""
    path = mitigation.get_absolute_url()
    if release and not reading.current_release():
        path = release.prefix.rstrip("/") + path
    return base_url.rstrip("/") + path


def _mitigation_item(mitigation: Mitigation, base_url: str) -> dict:
    site = plain(settings.SITE_NAME)
    release = _release_of(mitigation)
    of = release.cut_at if release else mitigation.updated_at
    return {
        "id": mitigation.accession,
        "type": "entry-encyclopedia",
        "title": marked(mitigation.name, mitigation),
        "author": [{"literal": site}],
        "container-title": f"{site}, release {release.number}"
        if release
        else site,
        "publisher": site,
        "number": mitigation.accession,
        "issued": _issued(of.year if of else None),
        "URL": _address(mitigation, release, base_url),
        "note": " ".join(
            filter(
                None,
                [gone(mitigation, base_url), _mitigation_note(mitigation)],
            ),
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
        f"{record.withdrawal_notice} {f'Replaced by {successor}{address}.' if successor else ''}",
    )


def _described(mitigation: Mitigation, item: dict) -> str:
    """Says in APA, after the source, where in it the mitigation stands, and which entry of
    which catalogue describes it.
    """
    page = mitigation.page and f"p. {mitigation.page}"
    place = ", ".join(plain(p) for p in (mitigation.section, page) if p)
    [[year]] = item.get("issued", {}).get("date-parts", [[formats.NO_DATE]])
    described = (
        f"As described in {item['container-title']} ({year}), "
        f"{item['number']}: {item['title']}."
    )
    parts = [f"({place})." if place else "", described, item.get("URL", "")]
    return " ".join(filter(None, parts))


def _source(mitigation: Mitigation) -> str:
    """Names the document and the place in it."""
    document = _document_item(mitigation.document)
    address = (
        f"https://doi.org/{document['DOI']}"
        if document["DOI"]
        else document["URL"]
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
