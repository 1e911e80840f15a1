"""What settings read from the environment, and the secret key where it gives none."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from environ import Env
from environ.fileaware_mapping import FileAwareMapping


class Files(FileAwareMapping):
    """NAME_FILE names a file that holds NAME, such as a secret of a container. The end of its
    line is not part of it.
    """

    def __getitem__(self, key):
        return super().__getitem__(key).strip()


class Environment(Env):
    ENVIRON = Files()


def stored_secret_key(path: Path) -> str:
    """The key in `path`; made on first use, readable by its owner alone, and there only when it
    is whole: processes that start together all take the one that was there first.
    """
    if not path.exists():
        with NamedTemporaryFile("w", dir=path.parent) as file:
            file.write(secrets.token_urlsafe(64))
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text().strip()
