"""PostgreSQL clusters of the tests' own, on loopback: a primary, and a replica that streams
from it.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from .site import listening

SETTINGS = {
    "fsync": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "listen_addresses": "127.0.0.1",
}


def programs() -> Path:
    """The folder of the newest PostgreSQL server of this machine. Without one the test is
    skipped, or fails in CI.
    """
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]),
    )
    on_path = shutil.which("initdb")
    if not found and not on_path:
        message = "There are no PostgreSQL server programs: install postgresql to test replication."
        pytest.fail(message) if os.environ.get(
            "REQUIRE_BROWSER",
        ) == "1" else pytest.skip(message)
    return found[-1].parent if found else Path(on_path).parent


class Cluster:
    def __init__(self, folder: Path, bin: Path):
        self.folder, self.bin = folder, bin
        with listening() as self.port:
            pass  # free again

    @property
    def url(self) -> str:
        return f"postgres://catalogue@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: str) -> None:
        # The server refuses to run as root.
        owner = pwd.getpwnam("postgres").pw_name if os.getuid() == 0 else None
        command = [str(self.bin / program), *arguments]
        subprocess.run(
            command,
            user=owner,
            group=owner,
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def create(self) -> None:
        self.run(
            "initdb",
            "-D",
            str(self.folder),
            "-U",
            "catalogue",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
        )

    def copy(self, primary: "Cluster") -> None:
        """Takes over all of the primary, and what to stream from it."""
        self.run(
            "pg_basebackup",
            "-d",
            primary.url,
            "-D",
            str(self.folder),
            "-R",
            "-c",
            "fast",
            "-N",
        )

    def start(self) -> None:
        settings = {
            **SETTINGS,
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
        }
        options = " ".join(
            f"-c {name}={value}" for name, value in settings.items()
        )
        self.run(
            "pg_ctl",
            "-D",
            str(self.folder),
            "-l",
            f"{self.folder}/log",
            "-o",
            options,
            "-w",
            "start",
        )

    def stop(self, mode: str) -> None:
        self.run("pg_ctl", "-D", str(self.folder), "-m", mode, "-w", "stop")

    def ask(self, sql: str, *values):
        """The one value that a query gives; None from a statement that gives none."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql, values)
            return cursor.fetchone()[0] if cursor.description else None

    @property
    def revision(self) -> int:
        return self.ask("SELECT number FROM catalogue_revision")


@contextmanager
def own_folder():
    """Not pytest's: the server, which has an owner of its own, may not enter that."""
    folder = Path(tempfile.mkdtemp(prefix="catalogue-clusters-"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def running(cluster: Cluster):
    cluster.start()
    try:
        yield cluster
    finally:
        if (cluster.folder / "postmaster.pid").exists():
            cluster.stop("immediate")
