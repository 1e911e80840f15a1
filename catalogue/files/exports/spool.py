"""Files that can only be sent once they are complete, and what is kept on this machine's disk
to be read again.
"""

import pickle
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Generic, TypeVar

PIECE = 256 * 1024
#: Of temporary files of this site. What a process that was killed has left behind is thrown
#: away after so many seconds.
PREFIX = "mitigation-catalogue-"
SECONDS_OF_A_LEFTOVER = 6 * 3600
Batch = TypeVar("Batch")


def spooled(beginning: bytes, write: Callable[[str], None]) -> Iterator[bytes]:
    """What `write` writes to the path that it is given. The first bytes, which are always the
    same, go out before that: nobody who waits should take it for a server that does not answer.
    Raises RuntimeError where the file begins otherwise.
    """
    yield beginning
    throw_leftovers_away()
    with NamedTemporaryFile(prefix=PREFIX) as file:
        write(file.name)
        with open(file.name, "rb") as complete:
            if complete.read(len(beginning)) != beginning:
                raise RuntimeError(
                    f"A file that was to begin with {beginning!r} does not.",
                )
            while piece := complete.read(PIECE):
                yield piece


def throw_leftovers_away() -> None:
    """Of processes that were killed while they made a file, which may be as large as all of the
    catalogue.
    """
    now = time.time()
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # somebody else's, or gone meanwhile
            if now - path.stat().st_mtime > SECONDS_OF_A_LEFTOVER:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


class ReadOnce(Generic[Batch]):
    """Batches that `make` gives, made when first gone through and from then on read from the file
    at `path`: however many there are, memory holds one of them. Each time they are other
    objects, which their reader may change.
    """

    def __init__(self, path: Path, make: Callable[[], Iterable[Batch]]):
        self.path = path
        self.make = make

    def __iter__(self) -> Iterator[Batch]:
        if not self.path.exists():
            with self.path.open("xb") as file:
                for batch in self.make():
                    pickle.dump(batch, file, pickle.HIGHEST_PROTOCOL)
        with self.path.open("rb") as file:
            while file.peek(1):
                yield pickle.load(file)
