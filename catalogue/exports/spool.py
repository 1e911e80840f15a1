"""Files that can only be sent once they are complete."""

from collections.abc import Callable, Iterator
from tempfile import NamedTemporaryFile

PIECE = 256 * 1024


def spooled(beginning: bytes, write: Callable[[str], None]) -> Iterator[bytes]:
    """What `write` writes to the path that it is given. The first bytes, which are always the same, go out before that: nobody
    who waits should take it for a server that does not answer. Raises RuntimeError where the file begins otherwise."""
    yield beginning
    with NamedTemporaryFile(prefix="catalogue-") as file:
        write(file.name)
        with open(file.name, "rb") as made:
            if made.read(len(beginning)) != beginning:
                raise RuntimeError(f"A file that was to begin with {beginning!r} does not.")
            while piece := made.read(PIECE):
                yield piece
