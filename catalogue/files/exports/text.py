"""CSV, NDJSON and JSON, a batch of records at a time."""

import csv
import io
from collections.abc import Iterator
from itertools import chain

import orjson

from .about import about, metadata
from .address import ListAddress
from .cells import as_text
from .listings import Listing

#: By it a spreadsheet knows that a file is UTF-8.
BOM = "\ufeff"


def write_csv(listing: Listing, address: ListAddress) -> Iterator[bytes]:
    """RFC 4180, in UTF-8. The row of names comes first, and before anything is read."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    text.write(BOM)
    writer.writerow(column.name for column in listing.columns)
    for batch in chain([[]], listing.rows()):
        for row in batch:
            writer.writerow([as_text(value) for value in row])
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def write_ndjson(listing: Listing, address: ListAddress) -> Iterator[bytes]:
    """A record on each line."""
    for batch in listing.records():
        lines = [
            orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
            for record in batch
        ]
        yield b"".join(lines)


def write_json(listing: Listing, address: ListAddress) -> Iterator[bytes]:
    """Shaped as a page of the API is, with all results in it, and with what goes along as
    `about`.
    """
    description = about(listing, address, "json")
    head = {
        "count": description["count"],
        "next": None,
        "previous": None,
        "about": description,
    }
    yield orjson.dumps(head)[:-1] + b',"results":['
    comma = b""
    for batch in listing.records():
        yield comma + b",".join([orjson.dumps(record) for record in batch])
        comma = b","
    yield b"]}"


def write_metadata(listing: Listing, address: ListAddress) -> Iterator[bytes]:
    yield orjson.dumps(metadata(listing, address), option=orjson.OPT_INDENT_2)
