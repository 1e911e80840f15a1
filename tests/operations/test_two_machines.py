"""The site on two machines' worth of processes: two servers, a PostgreSQL primary with a
replica, and a shared cache.

Everything is real and on loopback: a replica that streams, Redis, readers over HTTP. What
readers of the site may not notice is done to it while they read.
"""

import itertools
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
import requests

from tests.clusters import Cluster, own_folder, programs, running
from tests.site import Site, running_redis
from tests.surveys.simulated import Visitor

#: Long enough that a replica which is held back in a test is not passed over for that.
LAG = 120
PATIENCE = 60
PASSWORD = "correct horse battery staple"
SET_UP = f"""
from django.contrib.auth.models import User
from tests.factories import MitigationFactory
from tests.site import make_tables
make_tables()
MitigationFactory.create_batch(20)
User.objects.create_superuser("curator", password="{PASSWORD}")
"""
PATHS = [
    "/",
    "/mitigations/",
    "/mitigations/M0001/",
    "/taxonomies/",
    "/api/v1/mitigations/",
    "/documents/",
]


@pytest.fixture(scope="module")
def primary():
    bin = programs()
    with own_folder() as folder:
        cluster = Cluster(folder / "primary", bin)
        cluster.create()
        with running(cluster):
            yield cluster


@pytest.fixture(scope="module")
def replica(primary):
    cluster = Cluster(primary.folder.parent / "replica", primary.bin)
    cluster.copy(primary)
    with running(cluster):
        yield cluster


@pytest.fixture(scope="module")
def sites(primary, replica, tmp_path_factory):
    """Two servers with nothing in common but the databases, the cache and the key."""
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "other")]
    with running_redis(folders[0]) as (cache, _):
        environment = {
            "DATABASE_URL": primary.url,
            "REPLICA_URLS": replica.url,
            "REPLICA_LAG_SECONDS": str(LAG),
            "CACHE_URL": cache,
            "SECRET_KEY": "the same on both",
            "WEB_CONCURRENCY": "1",
            "DATABASE_POOL_SIZE": "10",
            "DEBUG": "1",
            "RESPONSE_CACHE": "on",
        }
        found = [Site(folder, **environment) for folder in folders]
        found[0].manage("shell", "--no-imports", "--command", SET_UP)
        until(lambda: replica.revision == primary.revision)
        try:
            for site in found:
                site.start()
            yield found
        finally:
            for site in found:
                site.kill()


def until(is_so):
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def caught_up(replica, primary):
    until(lambda: replica.revision >= primary.revision)


@contextmanager
def held_back(replica):
    """The replica answers, and shows nothing new."""
    replica.ask("SELECT pg_wal_replay_pause()")
    until(
        lambda: (
            replica.ask("SELECT pg_get_wal_replay_pause_state()") == "paused"
        ),
    )
    try:
        yield
    finally:
        replica.ask("SELECT pg_wal_replay_resume()")


def rename(primary, name):
    """Writes past the site."""
    primary.ask(
        "UPDATE catalogue_mitigation SET name = %s WHERE accession = 'M0001'",
        name,
    )


def name_shown(site, **sent):
    return requests.get(
        f"{site.url}/api/v1/mitigations/M0001/",
        timeout=30,
        **sent,
    ).json()["name"]


def reads_of(cluster):
    """Connections that the sites have open there."""
    return cluster.ask(
        "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND client_addr IS NOT NULL AND state IS NOT NULL",
    )


class Load:
    """Readers on both sites, each of pages that nobody has at hand, while something writes."""

    def __init__(self, sites, primary, threads=3):
        self.sites, self.primary, self.threads = sites, primary, threads
        self.statuses: Counter = Counter()
        self.names: set[str] = set()
        self.failures: list[str] = []
        self.is_over = threading.Event()
        self.numbers = itertools.count()

    def __enter__(self):
        self.pool = ThreadPoolExecutor(self.threads + 1)
        self.running = [
            self.pool.submit(self.read) for _ in range(self.threads)
        ]
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.pool.shutdown()
        for reader in self.running:
            reader.result()

    def read(self):
        with requests.Session() as session:
            while not self.is_over.is_set():
                number = next(self.numbers)
                url = (
                    self.sites[number % 2].url
                    + PATHS[number // 2 % len(PATHS)]
                )
                answer = session.get(url, timeout=30)
                self.statuses[answer.status_code] += 1
                if answer.status_code != 200:
                    self.failures.append(f"{url}: {answer.text[:500]}")
                if number % 3 == 0:
                    rename(self.primary, f"Name {number}")

    def more(self, reads=24):
        """Waits until so many more have been answered."""
        wanted = self.statuses.total() + reads
        until(lambda: self.statuses.total() >= wanted or self.failures)


def test_readers_are_served_from_the_replica(sites, primary, replica):
    rename(primary, "Before")
    caught_up(replica, primary)

    with held_back(replica):
        rename(primary, "After")
        shown = [name_shown(site) for site in sites]
    caught_up(replica, primary)

    assert shown == ["Before", "Before"]
    assert [name_shown(site) for site in sites] == ["After", "After"]


def test_an_answer_is_kept_under_the_revision_that_the_replica_showed(
    sites,
    primary,
    replica,
):
    rename(primary, "Old")
    caught_up(replica, primary)

    with held_back(replica):
        rename(primary, "New")
        old = [
            requests.get(
                f"{site.url}/api/v1/mitigations/M0001/",
                timeout=30,
            ).headers["ETag"]
            for site in sites
        ]
        written = {"written": str(primary.revision)}
        with_marker = [name_shown(site, cookies=written) for site in sites]

    assert with_marker == ["New", "New"]
    caught_up(replica, primary)
    new = [
        requests.get(
            f"{site.url}/api/v1/mitigations/M0001/",
            timeout=30,
        ).headers["ETag"]
        for site in sites
    ]
    assert old != new
    assert [name_shown(site) for site in sites] == ["New", "New"]


def test_curators_see_their_own_writes_at_once_and_readers_of_the_other_site_once_replicated(
    sites,
    primary,
    replica,
):
    curator = Visitor(sites[0].url)
    curator.send(
        "/admin/login/?next=/admin/",
        {"username": "curator", "password": PASSWORD},
    ).raise_for_status()

    with held_back(replica):
        actor = {
            "slug": "auditor-x",
            "name": "Auditor X",
            "definition": "Looks on.",
            "position": "1",
            "version": "",
        }
        curator.send("/admin/catalogue/actor/add/", actor).raise_for_status()
        signed_in = curator.open("/actors/auditor-x/")
        curator.post(
            "/admin/logout/",
            curator.open("/admin/").text,
            {},
        ).raise_for_status()
        assert "sessionid" not in curator.session.cookies
        signed_out = curator.open("/actors/auditor-x/")
        stranger = requests.get(
            f"{sites[1].url}/actors/auditor-x/",
            timeout=30,
        )
    caught_up(replica, primary)

    assert [
        signed_in.status_code,
        signed_out.status_code,
        stranger.status_code,
    ] == [
        200,
        200,
        404,
    ]
    assert (
        "Auditor X"
        in requests.get(f"{sites[1].url}/actors/auditor-x/", timeout=30).text
    )


def test_a_replica_that_stops_and_comes_back_under_load_fails_no_read(
    sites,
    primary,
    replica,
):
    with Load(sites, primary) as load:
        load.more()
        for mode in ("fast", "immediate"):
            replica.stop(mode)
            rename(primary, f"While it was away: {mode}")
            load.more()
            replica.start()
            until(lambda: reads_of(replica) >= 2)  # both are back
            load.more()
    caught_up(replica, primary)

    assert (load.failures, set(load.statuses)) == ([], {200})


def test_without_a_replica_the_primary_is_read(sites, primary, replica):
    replica.stop("fast")
    try:
        rename(primary, "Only there")
        shown = [name_shown(site) for site in sites]
        ready = [
            requests.get(f"{site.url}/readyz", timeout=30).json()
            for site in sites
        ]
    finally:
        replica.start()

    assert shown == ["Only there", "Only there"]
    assert [found["ready"] for found in ready] == [True, True]
    assert ready[0]["databases"] == {
        "default": "answers",
        "replica1": "does not answer",
    }
    until(
        lambda: (
            reads_of(replica) >= 2 or not [name_shown(site) for site in sites]
        ),
    )


def test_while_the_primary_is_away_readers_are_served(sites, primary, replica):
    rename(primary, "Known to the replica")
    caught_up(replica, primary)
    primary.stop("fast")
    try:
        shown = [name_shown(site) for site in sites]
        ready = [
            requests.get(f"{site.url}/readyz", timeout=30) for site in sites
        ]
        alive = [
            requests.get(f"{site.url}/healthz", timeout=30).json()
            for site in sites
        ]
    finally:
        primary.start()

    assert shown == ["Known to the replica", "Known to the replica"]
    assert [answer.status_code for answer in ready] == [200, 200]
    assert ready[0].json()["databases"] == {
        "default": "does not answer",
        "replica1": "answers",
    }
    assert alive == [{"status": "up"}, {"status": "up"}]


def test_a_server_told_to_stop_finishes_the_request_that_runs(sites, primary):
    *_, site = sites
    signed_in = {"sessionid": "an old one"}  # which reads the primary
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(primary.url) as holding,
    ):
        holding.execute(
            "LOCK TABLE catalogue_mitigation IN ACCESS EXCLUSIVE MODE",
        )
        waiting = pool.submit(
            requests.get,
            f"{site.url}/mitigations/M0001/",
            cookies=signed_in,
            timeout=30,
        )
        until(
            lambda: primary.ask(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
            ),
        )
        site.process.terminate()
        until(lambda: not is_served(site))
        holding.rollback()
        answer = waiting.result()

    assert answer.status_code == 200
    assert answer.text.rstrip().endswith("</html>")
    assert site.process.wait(timeout=30) == 0, site.printed


def is_served(site):
    try:
        requests.get(f"{site.url}/healthz", timeout=1)
    except requests.RequestException:
        return False
    return True
