"""CSV, NDJSON and JSON, a lot of records at a time."""

import csv
import io
from collections.abc import Iterator
from itertools import chain

import orjson

from .about import about, metadata
from .cells import in_words
from .listings import Listing
from .place import Place

#: By it a spreadsheet knows that a file is UTF-8.
BOM = "\ufeff"


def csv_lines(listing: Listing, place: Place) -> Iterator[bytes]:
    """RFC 4180, in UTF-8. The row of names comes first, and before anything is read."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    text.write(BOM)
    writer.writerow(column.name for column in listing.columns)
    for chunk in chain([[]], listing.rows()):
        writer.writerows([in_words(value) for value in row] for row in chunk)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def ndjson_lines(listing: Listing, place: Place) -> Iterator[bytes]:
    """A record on each line."""
    for chunk in listing.records():
        yield b"".join(
            [orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in chunk]
        )


def json_document(listing: Listing, place: Place) -> Iterator[bytes]:
    """Shaped as a page of the API is, with all results in it, and with what goes along as
    `about`.
    """
    told = about(listing, place, "json")
    head = {"count": told["count"], "next": None, "previous": None, "about": told}
    yield orjson.dumps(head)[:-1] + b',"results":['
    comma = b""
    for chunk in listing.records():
        yield comma + b",".join([orjson.dumps(record) for record in chunk])
        comma = b","
    yield b"]}"


def metadata_document(listing: Listing, place: Place) -> Iterator[bytes]:
    yield orjson.dumps(metadata(listing, place), option=orjson.OPT_INDENT_2)
