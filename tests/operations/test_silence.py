"""A PostgreSQL that is stopped is given up soon, and one that only takes long is waited for."""

import os
import signal
from contextlib import contextmanager
from types import SimpleNamespace

import psycopg
import pytest

from serving import silence
from tests.clusters import Cluster, own_folder, programs, running
from tests.site import listening


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(silence, "SECONDS_OF_SILENCE", 0.1)
    monkeypatch.setattr(silence, "SECONDS_TO_SAY_SO", 0.3)


@pytest.fixture(scope="module")
def cluster():
    with own_folder() as folder:
        cluster = Cluster(folder / "primary", programs())
        cluster.create()
        with running(cluster):
            yield cluster


@contextmanager
def stopped(*processes: int):
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def test_a_long_query_is_waited_for_and_a_server_that_is_stopped_is_not(
    cluster,
):
    main = int((cluster.folder / "postmaster.pid").read_text().splitlines()[0])
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        silence._watch(
            None,
            SimpleNamespace(vendor="postgresql", connection=connection),
        )

        assert connection.execute(
            "SELECT 1 FROM pg_sleep(0.6)",
        ).fetchone() == (1,)
        with (
            stopped(main, connection.info.backend_pid),
            pytest.raises(psycopg.OperationalError, match="says nothing more"),
        ):
            connection.execute("SELECT 1")
        assert connection.closed


def test_a_server_is_there_where_it_answers_at_an_address_or_a_socket(cluster):
    assert silence.is_there("127.0.0.1", cluster.port)
    assert silence.is_there(str(cluster.folder), cluster.port)
    assert not silence.is_there("/nowhere", cluster.port)
    with listening() as port:  # and never accepts
        assert not silence.is_there("127.0.0.1", port)
