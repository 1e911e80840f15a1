"""A worker that dies, such as for want of memory, is replaced, and the site goes on."""

import os
import signal
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from tests.site import Site, own_database

pytestmark = pytest.mark.any_engine
SECONDS = 30


@pytest.fixture(scope="module")
def stopped_site(tmp_path_factory, migrated, django_db_blocker):
    folder = tmp_path_factory.mktemp("workers")
    with (
        django_db_blocker.unblock(),
        own_database(folder, migrated) as database,
    ):
        site = Site(folder, WEB_CONCURRENCY="1", DEBUG="1", **database)
        yield site
        site.kill()


@pytest.fixture
def site(stopped_site):
    """It runs: one that the test before has left whole is not started anew."""
    process = stopped_site.process
    if process is None or process.poll() is not None:
        stopped_site.start()
    return stopped_site


def workers(site) -> set[int]:
    """The server's children, forked or spawned."""
    children = (
        Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children")
        .read_text()
        .split()
    )
    found = set()
    for child in children:
        with suppress(OSError):  # it ended meanwhile
            command = Path(f"/proc/{child}/cmdline").read_bytes()
            found |= (
                {int(child)}
                if b"serve" in command or b"spawn_main" in command
                else set()
            )
    return found


def answers(site) -> bool:
    with suppress(OSError):
        return (
            urllib.request.urlopen(f"{site.url}/readyz", timeout=5).status
            == 200
        )
    return False


def test_a_worker_that_is_killed_is_replaced(site):
    [killed] = workers(site)

    os.kill(killed, signal.SIGKILL)

    end = time.monotonic() + SECONDS
    while (
        killed in workers(site) or not answers(site)
    ) and time.monotonic() < end:
        time.sleep(0.1)
    [other] = workers(site)
    assert other != killed
    assert answers(site)
    assert site.process.poll() is None


def test_workers_stop_where_their_parent_was_killed(site):
    [worker] = workers(site)

    site.process.kill()
    site.process.wait()

    end = time.monotonic() + SECONDS
    while Path(f"/proc/{worker}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()
