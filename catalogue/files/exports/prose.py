"""A list to paste into a mail or a document: each measure with what experts said of it, and
numbered references. As plain text and as Markdown.
"""

import re
from collections.abc import Iterator
from typing import Protocol

from catalogue import reading
from catalogue.record.citations import Citation
from catalogue.record.evidence import EvidenceSentence

from .address import ListAddress
from .listings import Listing, TextEntry

#: What would be markup in the middle of a line of Markdown.
MARKUP = re.compile(r"[\\`*_\[\]<>#~|]")


class References:
    """Works in the order in which they are first named, each with its number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.texts: list[str] = []

    def number(self, citation: Citation) -> int:
        """Of the work that a citation is of, or that what it cites is from."""
        item = citation.source or citation.csl
        key = item["id"]
        if key not in self.numbers:
            is_own = item is citation.csl
            cited = citation if is_own else Citation(item)
            self.texts.append(cited.apa)
            self.numbers[key] = len(self.texts)
        return self.numbers[key]


class Marks(Protocol):
    """How a text is marked up."""

    def heading(self, text: str) -> str: ...

    def paragraph(self, text: str) -> str: ...

    def entry(
        self,
        entry: TextEntry,
        place: str,
        evidence: list[str],
    ) -> str: ...

    def references(self, texts: list[str]) -> str: ...


class PlainText:
    def heading(self, text: str) -> str:
        return f"{text}\n\n"

    def paragraph(self, text: str) -> str:
        return f"{text}\n\n"

    def entry(self, entry: TextEntry, place: str, evidence: list[str]) -> str:
        title = " ".join(filter(None, [entry.code, entry.name, place]))
        lines = [title, *evidence]
        return "\n   ".join(lines) + "\n\n"

    def references(self, texts: list[str]) -> str:
        lines = [f"[{number}] {text}" for number, text in enumerate(texts, 1)]
        return "References\n\n" + "\n".join(lines) + "\n"


class Markdown:
    def heading(self, text: str) -> str:
        return f"# {escaped(text)}\n\n"

    def paragraph(self, text: str) -> str:
        return f"{escaped(text)}\n\n"

    def entry(self, entry: TextEntry, place: str, evidence: list[str]) -> str:
        title = escaped(f"{entry.code} {entry.name}".strip())
        line = f"- [**{title}**]({entry.address}) {escaped(place)}".rstrip()
        lines = [line, *(escaped(text) for text in evidence)]
        return "  \n  ".join(lines) + "\n"

    def references(self, texts: list[str]) -> str:
        lines = [
            f"{number}. {escaped(text)}"
            for number, text in enumerate(texts, 1)
        ]
        return "\n## References\n\n" + "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text as it stands in a line of Markdown; addresses stay what they are."""
    words = []
    for word in text.split(" "):
        is_address = word.startswith(("http://", "https://"))
        words.append(word if is_address else MARKUP.sub(r"\\\g<0>", word))
    return " ".join(words)


def write_plain_text(
    listing: Listing,
    address: ListAddress,
) -> Iterator[bytes]:
    return _written(listing, address, PlainText())


def write_markdown(listing: Listing, address: ListAddress) -> Iterator[bytes]:
    return _written(listing, address, Markdown())


def _written(
    listing: Listing,
    address: ListAddress,
    marks: Marks,
) -> Iterator[bytes]:
    references = References()
    view = listing.cited(address.base_url)
    number = references.number(view)
    yield marks.heading(view.csl["title"]).encode()
    yield marks.paragraph(f"{_what_it_is(listing)} [{number}].").encode()
    for notice in listing.notices():
        yield marks.paragraph(notice).encode()
    for entries in listing.entries(address.base_url):
        texts = []
        for entry in entries:
            place = _place_in_text(
                references.number(entry.citation),
                entry.place,
            )
            asked = [f"{line}." for line in entry.asked]
            evidence = [
                _cited_sentence(one, references, address.base_url)
                for one in entry.evidence
            ]
            texts.append(marks.entry(entry, place, [*asked, *evidence]))
        yield "".join(texts).encode()
    yield marks.references(references.texts).encode()


def _what_it_is(listing: Listing) -> str:
    count = len(listing)
    noun = listing.noun if count == 1 else f"{listing.noun}s"
    release = reading.current_release()
    if release:
        return f"{count:,} {noun} in release {release.number} of the catalogue"
    return f"{count:,} {noun} in the catalogue"


def _place_in_text(number: int, place: str) -> str:
    return f"[{number}, {place}]" if place else f"[{number}]"


def _cited_sentence(
    sentence: EvidenceSentence,
    references: References,
    base_url: str,
) -> str:
    if sentence.cite is None:
        return sentence.text
    number = references.number(sentence.cite(base_url))
    return f"{sentence.text} ({sentence.source} [{number}])"
