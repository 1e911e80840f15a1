"""The files of a release: written once, when it is cut, and kept byte for byte."""

import codecs
import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import orjson
from django.http import QueryDict
from django.urls import reverse
from rdflib import Graph

from catalogue.files.exports import dictionary, skos, sqlite_file, sssom
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
from .batches import batched

BYTES_IN_PIECE = 1_000_000
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
            while piece := file.read(BYTES_IN_PIECE):
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
        MitigationFilter(None, Mitigation.objects.published()),
        base_url,
        folder,
    )
    address = ListAddress(
        base_url,
        reverse("api:mitigation-list"),
        QueryDict(),
    )
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
        f"mappings.{sssom.SUFFIX}",
        "Mappings, SSSOM",
        sssom.MEDIA_TYPE,
        lambda: [sssom.mappings_file(base_url)],
    )
    yield Download(
        "dictionary.json",
        "Data dictionary",
        "application/json",
        _dictionary_bytes,
    )


def count_downloads() -> int:
    """How many files `downloads` gives."""
    sqlite_dictionary_and_sssom = 3
    mappings = 1
    return (
        len(in_releases())
        + sqlite_dictionary_and_sssom
        + 2 * (Taxonomy.objects.count() + mappings)
    )


def _graphs(base_url: str) -> Iterator[Download]:
    """In each form, the same graphs."""
    graphs = []
    for taxonomy in Taxonomy.objects.all():
        graph = skos.taxonomy_graph(taxonomy, base_url)
        graphs.append((f"taxonomy-{taxonomy.slug}", taxonomy.title, graph))
    graphs.append(("mappings", "Mappings", skos.mappings_graph(base_url)))
    for suffix, label in {"ttl": "Turtle", "jsonld": "JSON-LD"}.items():
        _, media_type = skos.FORMS[suffix]
        for name, title, graph in graphs:
            yield Download(
                f"{name}.{suffix}",
                f"{title}, SKOS as {label}",
                media_type,
                partial(_graph_bytes, graph, suffix),
            )


def _graph_bytes(graph: Graph, form: str) -> Pieces:
    return [skos.serialized(graph, form)]


def _dictionary_bytes() -> Pieces:
    return [orjson.dumps(dictionary.as_json(), option=orjson.OPT_INDENT_2)]


def write_file(
    folder: Path,
    name: str,
    label: str,
    media_type: str,
    pieces: Pieces,
    is_download: bool = True,
) -> Written:
    path = folder / f"file-{len(list(folder.iterdir()))}"
    digest = hashlib.sha256()
    size = 0
    with path.open("wb") as file:
        for piece in pieces:
            digest.update(piece)
            size += file.write(piece)
    return Written(
        name,
        label,
        media_type,
        path,
        size,
        digest.hexdigest(),
        is_download,
    )


def store_file(release: Release, file: Written) -> None:
    """In the transaction that writes the release."""
    row = ReleaseFile.objects.create(
        release=release,
        name=file.name,
        label=file.label,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        is_download=file.is_download,
    )
    for position, piece in enumerate(file.pieces()):
        body = zlib.compress(piece)
        ReleasePiece.objects.create(file=row, position=position, body=body)


def stored_bytes(file: ReleaseFile) -> Iterator[bytes]:
    """A file as it was when it was stored, a piece at a time."""
    for position in range(-(-file.size // BYTES_IN_PIECE)):
        piece = ReleasePiece.objects.get(file=file, position=position)
        yield zlib.decompress(bytes(piece.body))


def lines_of_copy(release: Release) -> Iterator[str]:
    file = release.files.get(name=COPY)
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest = ""
    for piece in stored_bytes(file):
        *lines, rest = (rest + decoder.decode(piece)).split("\n")
        yield from (f"{line}\n" for line in lines)


def lines_of_records(release: Release) -> Iterator[bytes]:
    """Every record in canonical form, in order: what the checksum is of."""
    rows = ReleaseRecord.objects.filter(release=release)
    rows = rows.exclude(kind=canonical.WITHDRAWAL)
    keys = []
    for pk, kind, name in rows.values_list("pk", "kind", "key").iterator(5000):
        keys.append((canonical.Key(kind, name), pk))
    for batch in batched(sorted(keys), 500):
        in_batch = rows.filter(pk__in=[pk for _, pk in batch])
        bodies = dict(in_batch.values_list("pk", "content__body"))
        lines = [canonical.line(key, bodies[pk]) for key, pk in batch]
        yield "".join(lines).encode()


def sums(release: Release) -> str:
    """The checksums of all files, as `sha256sum --check` reads them."""
    lines = [f"{release.checksum}  {RECORDS}\n"]
    for file in release.files.filter(is_download=True):
        lines.append(f"{file.sha256}  {file.name}\n")
    return "".join(lines)
