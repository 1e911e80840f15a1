"""The site in processes of its own, as readers meet it: on a port, with a database and a folder
of its own.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from .states import State

ROOT = Path(settings.BASE_DIR)


@contextmanager
def listening():
    """A port that is taken as long as the block runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


class Site:
    """`start`, `kill` and `start` again keep the port and the data."""

    def __init__(self, folder: Path, **environment: str):
        with listening() as port:
            pass  # free again
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            **os.environ,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "DATA_DIR": str(folder),
            "WEB_CONCURRENCY": "2",
            **environment,
        }
        self.process: subprocess.Popen | None = None
        self.log = folder / "server.log"

    @property
    def printed(self) -> str:
        """All that the server and its workers have printed since they were first started."""
        return self.log.read_text()

    def manage(self, *arguments: str, **environment: str) -> str:
        """Runs a command of manage.py on the site's data. Raises AssertionError with what it
        printed, where it fails.
        """
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=self.environment,
                start_new_session=True,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        assert self._answer() == 200

    def _answer(self) -> int:
        assert self.process
        for _ in range(300):
            try:
                return urllib.request.urlopen(
                    f"{self.url}/robots.txt",
                    timeout=5,
                ).status
            except urllib.error.HTTPError as error:
                return error.code
            except OSError:
                assert self.process.poll() is None, self.printed
                time.sleep(0.1)
        raise AssertionError(f"{self.url} did not answer in thirty seconds")

    def send(self, sent: signal.Signals) -> None:
        """Sends a signal to the server and its workers at once, as a terminal does, and waits
        until they are gone.
        """
        assert self.process
        os.killpg(self.process.pid, sent)
        self.process.wait(timeout=30)

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.send(signal.SIGKILL)


@contextmanager
def own_database(folder: Path, state: State):
    """A database of its own on the engine that the tests run on, in the state `migrated` or
    `loaded`: the environment that names it.
    """
    if connection.vendor == "sqlite":
        state.copy_to(path := str(folder / "catalogue.sqlite3"))
        yield {"DATABASE_URL": f"sqlite:///{path}"}
        return
    url = urlsplit(os.environ["DATABASE_URL"])
    name = f"site_{uuid.uuid4().hex[:12]}"
    state.copy_to(name)
    try:
        yield {"DATABASE_URL": url._replace(path=f"/{name}").geturl()}
    finally:
        with psycopg.connect(
            os.environ["DATABASE_URL"],
            autocommit=True,
        ) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def lose(database: dict[str, str]) -> None:
    """What `own_database` made is gone, file or database, and where it was there is room for a
    new one.
    """
    url = urlsplit(database["DATABASE_URL"])
    if url.scheme == "sqlite":
        file = Path(url.path)
        file.unlink()
        for beside in (f"{file}-wal", f"{file}-shm"):
            Path(beside).unlink(missing_ok=True)
        return
    name = url.path.removeprefix("/")
    with psycopg.connect(
        os.environ["DATABASE_URL"],
        autocommit=True,
    ) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')


def is_listening(port):
    with (
        suppress(OSError),
        socket.create_connection(("127.0.0.1", port), timeout=1),
    ):
        return True
    return False


@contextmanager
def running_redis(folder: Path):
    """The address of a server of the tests' own, and its process. Without one the test is
    skipped, or fails in CI.
    """
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        message = (
            "There is no redis-server: install one to test the shared cache."
        )
        pytest.fail(message) if os.environ.get(
            "REQUIRE_REDIS",
        ) == "1" else pytest.skip(message)
    with listening() as port:
        pass  # free again
    options = [
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(folder),
    ]
    with subprocess.Popen(
        [program, *options],
        stdout=subprocess.DEVNULL,
    ) as process:
        while not is_listening(port):
            assert process.poll() is None
            time.sleep(0.05)
        try:
            yield f"redis://127.0.0.1:{port}/0", process
        finally:
            process.kill()
