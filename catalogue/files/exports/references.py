"""The works that a list stands for, as reference managers read them: BibTeX, RIS and CSL JSON, a
batch at a time.
"""

import json
from collections.abc import Iterator

from catalogue.record import citation_formats

from .address import ListAddress
from .listings import Listing


def write_bibtex(listing: Listing, address: ListAddress) -> Iterator[bytes]:
    gap = ""
    for items in listing.references():
        yield f"{gap}{citation_formats.bibtex(items)}".encode()
        gap = "\n"


def write_ris(listing: Listing, address: ListAddress) -> Iterator[bytes]:
    for items in listing.references():
        yield f"{citation_formats.ris(items).rstrip()}\n\n".encode()


def write_csl(listing: Listing, address: ListAddress) -> Iterator[bytes]:
    """A list of items, as the schema of CSL data asks."""
    yield b"["
    comma = ""
    for items in listing.references():
        texts = [json.dumps(item, ensure_ascii=False) for item in items]
        yield (comma + ",\n".join(texts)).encode()
        comma = ",\n"
    yield b"]\n"
