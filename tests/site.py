"""The site in processes of its own, as readers meet it: on a port, with a database and a folder
of its own.
"""

import json
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
import weakref
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings

from .states import State

ROOT = Path(settings.BASE_DIR)


@contextmanager
def listening():
    """A port that is taken as long as the block runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


#: Runs manage.py in a new process for each line, which says with which arguments, and where that
#: process writes what. Tells its id and, when it has ended, how.
PREPARED = """
import json, os, runpy, sys
import django
django.setup()
for line in sys.stdin:
    arguments, environment, output, errors = json.loads(line)
    process = os.fork()
    if process == 0:
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.dup2(os.open(errors, os.O_WRONLY), 2)
        os.environ.update(environment)
        sys.argv = ["manage.py", *arguments]
        runpy.run_path("manage.py", run_name="__main__")
        break
    print(process, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
"""


class Prepared:
    """A process that has read all modules, from which others are forked: to start takes each
    command most of its time.
    """

    def __init__(self, folder: Path, environment: dict[str, str]):
        self.output, self.errors = folder / "output", folder / "errors"
        os.mkfifo(self.errors)
        self.process = subprocess.Popen(
            [sys.executable, "-c", PREPARED],
            cwd=ROOT,
            env={**environment, "DJANGO_SETTINGS_MODULE": "config.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ends(self) -> None:
        self.process.communicate()

    @contextmanager
    def running(self, *arguments: str, **environment: str):
        """What a command writes of errors and of how far it is, as a file, and the id of its
        process. It has ended, or been killed, where the block ends.
        """
        assert self.process.stdin
        assert self.process.stdout
        print(
            json.dumps(
                [arguments, environment, str(self.output), str(self.errors)],
            ),
            file=self.process.stdin,
            flush=True,
        )
        process = self.process.stdout.readline()
        assert process, "The site's settings cannot be read: see above."
        with self.errors.open() as told:
            yield told, int(process)
            told.read()
        self.code = int(self.process.stdout.readline())


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
        self._prepared: Prepared | None = None
        self.log = folder / "server.log"

    @property
    def printed(self) -> str:
        """All that the server and its workers have printed since they were first started."""
        return self.log.read_text()

    def manage(self, *arguments: str, **environment: str) -> str:
        """Runs a command of manage.py on the site's data, in a process of its own: what it
        printed. Raises AssertionError with that, where it fails. Settings are the site's;
        `environment` is what the command itself reads.
        """
        running = self.prepared.running(*arguments, **environment)
        with running as (told, _):
            errors = told.read()
        printed = self.prepared.output.read_text()
        assert self.prepared.code == 0, printed + errors
        return printed

    @property
    def prepared(self) -> Prepared:
        if self._prepared is None:
            self._prepared = Prepared(self.log.parent, self.environment)
            weakref.finalize(self, self._prepared.ends)
        return self._prepared

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
        yield {"DATABASE_URL": f"{url.scheme}://{url.netloc}/{name}"}
    finally:
        with psycopg.connect(
            os.environ["DATABASE_URL"],
            autocommit=True,
        ) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def make_tables() -> None:
    """Those that migrations lead to, in an empty database, as models declare them: in a twentieth
    of the time. To be called in the site's own process.
    """
    migrations = MigrationLoader(connection).disk_migrations
    with override_settings(
        MIGRATION_MODULES={app.label: None for app in apps.get_app_configs()},
    ):
        call_command("migrate", run_syncdb=True, verbosity=0)
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()
    for app, name in migrations:
        recorder.record_applied(app, name)


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
