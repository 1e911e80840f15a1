"""The file of an import as the database has it: compressed, and in pieces, so that every process
can read it.
"""

import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from catalogue.models import ImportBatch, ImportPiece

from .columns import fitting
from .errors import FileError
from .kinds import importer_for
from .opening import LARGEST_FILE, open_source
from .reading import HowToRead, OpenedFile

#: Bytes of one.
PIECE = 2**18


def pack(name: str, content: IO[bytes], packed: IO[bytes]) -> tuple[str, int]:
    """Compresses a file: its checksum, and its size before. Raises FileError where it is too
    large.
    """
    digest = hashlib.sha256()
    compressor = zlib.compressobj(6)
    size = 0
    while piece := content.read(PIECE):
        size += len(piece)
        if size > LARGEST_FILE:
            raise FileError(
                f"{name} has more than {LARGEST_FILE // 2**20} MB: divide it.",
            )
        digest.update(piece)
        packed.write(compressor.compress(piece))
    packed.write(compressor.flush())
    return digest.hexdigest(), size


def store_pieces(batch: ImportBatch, packed: IO[bytes]) -> None:
    number = 0
    while content := packed.read(PIECE):
        ImportPiece.objects.create(batch=batch, number=number, content=content)
        number += 1


@contextmanager
def opened_file(batch: ImportBatch) -> Iterator[OpenedFile]:
    """The file of a batch. Raises FileError where it cannot be read, or is not stored any more."""
    with NamedTemporaryFile(prefix="import-") as file:
        decompressor = zlib.decompressobj()
        size = 0
        contents = batch.pieces.values_list("content", flat=True)
        for content in contents.iterator(chunk_size=4):
            size += _unpack(decompressor, bytes(content), file)
        size += file.write(decompressor.flush())
        file.flush()
        if not size and batch.size:
            raise FileError("The file is not kept any more: hand it in again.")
        fits = fitting(importer_for(batch.kind, batch.options))
        how = HowToRead.of(batch.options)
        yield open_source(Path(file.name), batch.file_name, how, fits)


def _unpack(decompressor: Any, content: bytes, file: IO[bytes]) -> int:
    """Writes what a piece holds, so much at a time: a few kilobytes may hold all of a file that
    repeats itself.
    """
    size = 0
    while content:
        size += file.write(decompressor.decompress(content, PIECE))
        content = decompressor.unconsumed_tail
    return size
