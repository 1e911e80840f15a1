"""What is made on the disk before it is sent."""

import os
import tempfile
import time
from pathlib import Path

from catalogue.files.exports import spool


def test_what_a_killed_process_left_in_the_folder_for_temporary_files_is_thrown_away(
    tmp_path,
    monkeypatch,
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in (
        f"{spool.PREFIX}old",
        f"{spool.PREFIX}new",
        "of-somebody-else",
    ):
        (tmp_path / name).touch()
    (tmp_path / f"{spool.PREFIX}release-old").mkdir()
    long_ago = time.time() - spool.SECONDS_OF_A_LEFTOVER - 60
    for name in (
        f"{spool.PREFIX}old",
        f"{spool.PREFIX}release-old",
        "of-somebody-else",
    ):
        os.utime(tmp_path / name, (long_ago, long_ago))

    made = b"".join(
        spool.spooled(
            b"It",
            lambda path: Path(path).write_bytes(b"It is made."),
        ),
    )

    assert made == b"It is made."
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{spool.PREFIX}new",
        "of-somebody-else",
    ]
