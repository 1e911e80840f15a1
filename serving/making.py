"""Files that take long to make: made once for a revision, one at a time on this machine, and
from then on read from its disk.

Whoever makes one, waits for one, or is sent a long one holds a place (`streams.places_for_files`), so
that half of the threads are always left for everybody else. Where no place is free, or the wait
is long, a client is told to come back.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import orjson
from django.conf import settings

from .store import Headers

PIECE = 256 * 1024
#: Of the number at the end of a file that says how long what describes it is.
LENGTH = 4
SECONDS_TO_WAIT = 10
SECONDS_BETWEEN = 0.05
#: What a process that was killed has left behind is thrown away then.
SECONDS_OF_A_PART = 3600


class OnDisk:
    """Finished answers in a folder that the processes of a machine share. They can be thrown
    away at any time.
    """

    def __init__(self, folder: Path, size: int):
        self.folder = folder
        self.size = size

    @property
    def is_usable(self) -> bool:
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.access(self.folder, os.W_OK)

    def get(self, etag: str) -> "File | None":
        try:
            file = self._path(etag).open("rb")
        except OSError:
            return None
        os.utime(file.fileno())  # those not asked for are thrown away first
        return File.read(file)

    def put(
        self,
        etag: str,
        headers: Callable[[int], Headers],
        pieces: Iterable[bytes],
        holds: Callable[[], bool],
    ) -> "File":
        """Writes an answer, whose headers depend on its length, and keeps it where it still
        `holds` by then.
        """
        with NamedTemporaryFile(
            dir=self.folder,
            suffix=".part",
            delete=False,
        ) as file:
            written = Path(file.name)
            try:
                for piece in pieces:
                    file.write(piece)
                length = file.tell()
                # Behind the body, since its length is known only now.
                file.write(orjson.dumps([length, headers(length)]))
                file.write((file.tell() - length).to_bytes(LENGTH))
            except BaseException:
                written.unlink()
                raise
        file_to_read = written.open("rb")
        if holds():
            written.replace(self._path(etag))
            self._make_room()
        else:
            written.unlink()
        return File.read(file_to_read)

    @contextmanager
    def one_at_a_time(self) -> Iterator[bool]:
        """Whether no other thread or process of this machine is making a file; waits a while
        for it.
        """
        with (self.folder / "lock").open("ab") as lock:
            end = time.monotonic() + SECONDS_TO_WAIT
            is_ours = _try_to_lock(lock)
            while not is_ours and time.monotonic() < end:
                time.sleep(SECONDS_BETWEEN)
                is_ours = _try_to_lock(lock)
            yield is_ours

    def _path(self, etag: str) -> Path:
        return (
            self.folder
            / f"{hashlib.sha256(etag.encode()).hexdigest()[:32]}.answer"
        )

    def _make_room(self) -> None:
        now = time.time()
        used = 0
        newest_first = sorted(
            _files_with_state(self.folder),
            key=lambda pair: -pair[1].st_mtime,
        )
        for path, state in newest_first:
            if path.name == "lock":
                continue
            if path.suffix == ".answer":
                used += state.st_size
                is_in_the_way = used > self.size
            else:
                is_in_the_way = now - state.st_mtime > SECONDS_OF_A_PART
            if is_in_the_way:
                path.unlink(missing_ok=True)


def _files_with_state(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another process made room
            yield path, path.stat()


def _try_to_lock(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class File:
    """An answer on the disk, to be sent: its headers and, piece by piece, its body. Stays whole
    when it is thrown away meanwhile.
    """

    def __init__(self, headers: Headers, length: int, file: IO[bytes]):
        self.headers = headers
        self.length = length
        self.file = file
        self.closers: list[Callable[[], None]] = [file.close]

    @classmethod
    def read(cls, file: IO[bytes]) -> "File":
        file.seek(-LENGTH, os.SEEK_END)
        size = int.from_bytes(file.read(LENGTH))
        file.seek(-LENGTH - size, os.SEEK_END)
        length, headers = orjson.loads(file.read(size))
        file.seek(0)
        return cls([tuple(pair) for pair in headers], length, file)

    def __iter__(self) -> Iterator[bytes]:
        left = self.length
        while left and (piece := self.file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece

    def close(self) -> None:
        while self.closers:
            self.closers.pop()()


def on_disk() -> OnDisk:
    return OnDisk(
        settings.FILE_CACHE_DIR,
        settings.FILE_CACHE_MEGABYTES * 1_000_000,
    )
