"""The catalogue and what it is measured against: each a server of one worker on a free port,
over one database file.
"""

import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATASETTE = ROOT / ".venv-bench" / "bin" / "datasette"
SECONDS_TO_START = 120
#: What of the caller's settings would change what is measured.
OWN_SETTINGS = (
    "DATABASE_URL",
    "DEBUG",
    "DATA_DIR",
    "ALLOWED_HOSTS",
    "BEHIND_HTTPS_PROXY",
    "SECRET_KEY",
    "RESPONSE_CACHE",
    "CACHE_URL",
)


class NotStarted(Exception):
    """A server did not come up. The message has what it said."""


def database_in(folder: Path) -> Path:
    return folder / "catalogue.sqlite3"


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in OWN_SETTINGS
    }
    database = database_in(folder)
    own = {
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{database}",
        "DEBUG": "0",
        "BEHIND_HTTPS_PROXY": "0",
    }
    own["API_REQUESTS_PER_MINUTE"] = (
        "0"  # what is measured is how quick it is, not how much one client may ask
    )
    return {
        **kept,
        **own,
        "ALLOWED_HOSTS": "127.0.0.1",
        "PYTHONPATH": str(ROOT),
        **more,
    }


def manage(folder: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(folder),
        check=True,
    )


def fill(folder: Path, size: int) -> None:
    """Makes the database, unless it is there: the real catalogue, and generated mitigations up
    to so many in all.
    """
    if database_in(folder).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    manage(folder, "migrate", "--verbosity", "0")
    manage(folder, "load_catalogue")
    manage(folder, "load_studies")
    with closing(sqlite3.connect(database_in(folder))) as connection:
        [real] = connection.execute(
            "SELECT COUNT(*) FROM catalogue_mitigation",
        ).fetchone()
    if size > real:
        manage(folder, "generate_catalogue", "--mitigations", str(size - real))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _is_up(port: int, ready: str) -> bool:
    """Whether it listens and, where it says at the address `ready` that it is, is ready: the
    catalogue makes its index first.
    """
    with (
        suppress(OSError),
        socket.create_connection(("127.0.0.1", port), timeout=1),
    ):
        if ready:  # an answer that is no success is an OSError too
            urllib.request.urlopen(
                f"http://127.0.0.1:{port}{ready}",
                timeout=5,
            ).close()
        return True
    return False


@contextmanager
def _running(
    command: list[str],
    port: int,
    env: dict[str, str],
    log: Path,
    ready: str = "",
) -> Iterator[str]:
    """The server's address, while it runs. Raises NotStarted."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        end = time.monotonic() + SECONDS_TO_START
        while not _is_up(port, ready):
            if process.poll() is not None or time.monotonic() > end:
                raise NotStarted(
                    f"{command[0]} did not start:\n{log.read_text()}",
                )
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def catalogue(folder: Path, **more: str):
    port = _free_port()
    env = environment(
        folder,
        HOST="127.0.0.1",
        PORT=str(port),
        WEB_CONCURRENCY="1",
        **more,
    )
    command = [sys.executable, "manage.py", "serve"]
    return _running(
        command,
        port,
        env,
        folder / f"catalogue-{port}.log",
        ready="/readyz",
    )


def cold_catalogue(folder: Path):
    return catalogue(folder, RESPONSE_CACHE="off")


def _granian(folder: Path, name: str):
    port = _free_port()
    env = environment(folder, BENCHMARK_DATABASE=str(database_in(folder)))
    granian = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--workers",
        "1",
        "--blocking-threads",
        "4",
    ]
    command = [*granian, "--port", str(port), f"benchmarks.{name}:application"]
    return _running(command, port, env, folder / f"{name}.log")


def plain_drf(folder: Path):
    return _granian(folder, "plain_drf")


def bare(folder: Path):
    return _granian(folder, "bare")


def datasette(folder: Path):
    port = _free_port()
    command = [
        str(DATASETTE),
        "serve",
        str(database_in(folder)),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    return _running(
        command,
        port,
        environment(folder),
        folder / "datasette.log",
    )
