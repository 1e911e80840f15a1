"""The files of a release: written once, when it is cut, and kept byte for byte."""

import codecs
import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

import orjson
from django.http import QueryDict
from django.urls import reverse
from rdflib import Graph

from catalogue.files.exports import dictionary, skos, sqlite_file
from catalogue.files.exports.address import ListAddress
from catalogue.files.exports.formats import in_releases
from catalogue.files.exports.listings import ListingReadOnce
from catalogue.listing.filters import MitigationFilter
from catalogue.models import (
    Mitigation,
    Release,
    ReleaseFile,
    ReleasePiece,
    ReleaseRecord,
    Taxonomy,
)

from . import canonical

PIECE = 1_000_000
#: The rows that a release is read from. Not for taking along: it speaks of tables and keys.
COPY = "rows.jsonl"
#: What the checksum of a release is of; made anew from its records each time that it is asked for.
RECORDS = "records.ndjson"
SUMS = "SHA256SUMS"

Pieces = Iterable[bytes]


@dataclass(frozen=True)
class Written:
    """A file on this machine's disk, until it is stored."""

    name: str
    label: str
    media_type: str
    path: Path
    size: int
    sha256: str
    is_download: bool = True

    def pieces(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


@dataclass
class Download:
    """`make` gives its bytes, from the release that is being read."""

    name: str
    label: str
    media_type: str
    make: Callable[[], Pieces] = field(repr=False)


def downloads(base_url: str, folder: Path) -> Iterator[Download]:
    """Every format that the catalogue comes in. To be made while a release is read; `folder` is
    for what is only of use then.
    """
    mitigations = ListingReadOnce(
        MitigationFilter(None, Mitigation.objects.published()), base_url, folder
    )
    address = ListAddress(base_url, reverse("api:mitigation-list"), QueryDict())
    for form in in_releases():
        write = partial(form.write, mitigations, address)
        yield Download(
            f"mitigations.{form.suffix or form.name}",
            f"Mitigations, {form.label}",
            form.media_type,
            write,
        )
    yield Download(
        "catalogue.sqlite3",
        "Everything, SQLite",
        "application/vnd.sqlite3",
        lambda: sqlite_file.sqlite_file(base_url, mitigations.records()),
    )
    yield from _graphs(base_url)
    yield Download(
        "dictionary.json", "Data dictionary", "application/json", _dictionary
    )


def count() -> int:
    """How many files `downloads` gives."""
    sqlite_and_dictionary = 2
    mappings = 1
    return (
        len(in_releases())
        + sqlite_and_dictionary
        + 2 * (Taxonomy.objects.count() + mappings)
    )


def _graphs(base_url: str) -> Iterator[Download]:
    """In each form, the same graphs."""
    graphs = {
        f"taxonomy-{taxonomy.slug}": (
            taxonomy.title,
            skos.taxonomy_graph(taxonomy, base_url),
        )
        for taxonomy in Taxonomy.objects.all()
    } | {"mappings": ("Mappings", skos.mappings_graph(base_url))}
    for suffix, label in {"ttl": "Turtle", "jsonld": "JSON-LD"}.items():
        _, media_type = skos.FORMS[suffix]
        for name, (title, graph) in graphs.items():
            make = partial(_written, graph, suffix)
            yield Download(
                f"{name}.{suffix}", f"{title}, SKOS as {label}", media_type, make
            )


def _written(graph: Graph, form: str) -> Pieces:
    return [skos.serialized(graph, form)]


def _dictionary() -> Pieces:
    return [orjson.dumps(dictionary.as_json(), option=orjson.OPT_INDENT_2)]


def write(
    folder: Path,
    name: str,
    label: str,
    media_type: str,
    pieces: Pieces,
    is_download: bool = True,
) -> Written:
    path, digest, size = (
        folder / f"file-{len(list(folder.iterdir()))}",
        hashlib.sha256(),
        0,
    )
    with path.open("wb") as file:
        for piece in pieces:
            digest.update(piece)
            size += file.write(piece)
    return Written(name, label, media_type, path, size, digest.hexdigest(), is_download)


def store(release: Release, file: Written) -> None:
    """In the transaction that writes the release."""
    kept = ReleaseFile.objects.create(
        release=release,
        name=file.name,
        label=file.label,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        is_download=file.is_download,
    )
    for position, piece in enumerate(file.pieces()):
        ReleasePiece.objects.create(
            file=kept, position=position, body=zlib.compress(piece)
        )


def stored(file: ReleaseFile) -> Iterator[bytes]:
    """A file as it was when it was stored, a piece at a time."""
    for position in range(-(-file.size // PIECE)):
        piece = (
            ReleasePiece.objects.filter(file=file, position=position)
            .values_list("body", flat=True)
            .get()
        )
        yield zlib.decompress(bytes(piece))


def lines_of_copy(release: Release) -> Iterator[str]:
    file = release.files.get(name=COPY)
    decoder, rest = codecs.getincrementaldecoder("utf-8")(), ""
    for piece in stored(file):
        *lines, rest = (rest + decoder.decode(piece)).split("\n")
        yield from (f"{line}\n" for line in lines)


def lines_of_records(release: Release) -> Iterator[bytes]:
    """Every record in canonical form, in order: what the checksum is of."""
    rows = ReleaseRecord.objects.filter(release=release).exclude(
        kind=canonical.WITHDRAWAL
    )
    keys = sorted(
        (canonical.Key(kind, key), pk)
        for pk, kind, key in rows.values_list("pk", "kind", "key").iterator(
            chunk_size=5000
        )
    )
    found = iter(keys)
    while some := list(islice(found, 500)):
        bodies = dict(
            rows.filter(pk__in=[pk for _, pk in some]).values_list(
                "pk", "content__body"
            )
        )
        yield "".join(canonical.line(key, bodies[pk]) for key, pk in some).encode()


def sums(release: Release) -> str:
    """The checksums of all files, as `sha256sum --check` reads them."""
    files = [
        (file.sha256, file.name) for file in release.files.filter(is_download=True)
    ]
    return "".join(
        f"{sha256}  {name}\n" for sha256, name in [(release.checksum, RECORDS), *files]
    )
