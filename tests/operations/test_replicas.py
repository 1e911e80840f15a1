"""Which replica is read, and when none is; without clocks and without servers."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS as PRIMARY
from django.db import OperationalError, transaction

from catalogue import revision
from catalogue.models import Mitigation
from serving import databases, replicas
from serving.middleware import written
from serving.replicas import Away, Floor, Replicas, Source, reading_from
from serving.routers import ReplicaRouter

POSTGRESQL = databases.POSTGRESQL


def learnt(lag, *looks):
    floor = Floor(lag)
    for now, number in looks:
        floor.learn(number, now)
    return floor.number


@pytest.mark.parametrize(
    ("looks", "needed"),
    [
        ([(0, 10)], 10),  # who has just begun knows nothing older
        (
            [(0, 10), (1, 11)],
            10,
        ),  # written a second ago: a replica has time yet
        ([(0, 10), (1, 11), (5, 12)], 10),
        ([(0, 10), (1, 11), (5, 12), (6, 12)], 11),
        ([(0, 10), (1, 11), (5, 12), (6, 12), (10, 12)], 12),
        (
            [(0, 10), (1, 11), (60, 12)],
            12,
        ),  # nobody asked for long: when 12 was written is not known
        ([(0, 10), (1, 9)], 9),  # another database, from a backup
    ],
)
def test_a_replica_must_show_what_the_primary_showed_before_the_allowed_lag(
    looks,
    needed,
):
    assert learnt(5, *looks) == needed


class Databases:
    """What each shows; None where it does not answer."""

    def __init__(self, monkeypatch, **shown):
        self.shown, self.asked = shown, []
        monkeypatch.setattr(revision, "current", self.current)
        monkeypatch.setattr(
            replicas,
            "connections",
            dict.fromkeys((PRIMARY, *shown), self),
        )
        self.connection = None
        monkeypatch.setattr(replicas.os, "getpid", lambda: 0)

    def current(self, alias):
        self.asked.append(alias)
        if self.shown[alias] is None:
            raise OperationalError("refused")
        return self.shown[alias], 0

    def close(self):
        pass


@pytest.mark.parametrize(
    ("primary", "one", "two", "at_least", "read"),
    [
        (10, 10, 10, 0, "one"),
        (10, 9, 10, 0, "two"),  # one is behind
        (10, None, 10, 0, "two"),
        (10, None, None, 0, PRIMARY),
        (10, 9, 9, 0, PRIMARY),
        (
            12,
            12,
            12,
            13,
            PRIMARY,
        ),  # more than there is: of somebody who made it up
        (None, 9, 10, 0, "one"),  # nothing newer can be known
        (None, 9, 10, 11, "two"),  # rather the newest than nothing
    ],
)
def test_the_source_answers_and_shows_what_it_must(
    monkeypatch,
    primary,
    one,
    two,
    at_least,
    read,
):
    shown = Databases(monkeypatch, default=primary, one=one, two=two)

    source = Replicas(["one", "two"], lag=5).source(at_least=at_least)

    assert source == Source(read, shown.shown[read])


def test_where_nothing_answers_it_is_an_error(monkeypatch):
    Databases(monkeypatch, default=None, one=None)

    with pytest.raises(OperationalError):
        Replicas(["one"], lag=5).source()


@pytest.mark.parametrize("aliases", [[], ["one"]])
def test_where_nothing_answered_a_moment_ago_it_is_an_error_at_once(
    monkeypatch,
    aliases,
):
    found = Databases(monkeypatch, default=None, one=None)
    monkeypatch.setattr(replicas, "is_for_a_while", lambda error: True)
    choice = Replicas(aliases, lag=5)
    with pytest.raises(Away, match="does not answer"):
        choice.source()
    asked_before = len(found.asked)

    with pytest.raises(Away, match="a moment ago"):
        choice.source()
    assert len(found.asked) == asked_before

    found.shown["default"] = 10
    choice.resting_until[PRIMARY] = 0
    assert choice.source() == Source(PRIMARY, 10)
    assert PRIMARY not in choice.resting_until


def test_a_replica_that_does_not_answer_is_not_asked_again_at_once(
    monkeypatch,
    caplog,
):
    found = Databases(monkeypatch, default=10, one=None)
    choice = Replicas(["one"], lag=5)

    assert [choice.source().alias for _ in range(3)] == [PRIMARY] * 3
    assert found.asked.count("one") == 1
    assert caplog.text.count("one does not answer") == 1


def test_a_replica_that_answers_again_is_read_again(monkeypatch):
    found = Databases(monkeypatch, default=10, one=None)
    monkeypatch.setattr(replicas, "SECONDS_TO_REST", 0)
    choice = Replicas(["one"], lag=5)
    before = choice.source().alias
    found.shown["one"] = 10

    assert (before, choice.source().alias) == (PRIMARY, "one")
    assert choice.resting_until == {}


def test_processes_have_different_first_choices(monkeypatch):
    Databases(monkeypatch, default=10, one=10, two=10)
    first = []
    for pid in (4, 5):
        monkeypatch.setattr(replicas.os, "getpid", lambda pid=pid: pid)
        first.append(Replicas(["one", "two"], lag=5).source().alias)

    assert first == ["one", "two"]


# The router


def test_only_a_public_request_reads_a_replica():
    router = ReplicaRouter()

    outside = router.db_for_read(Mitigation)
    with reading_from(Source("replica1", 1)):
        within = router.db_for_read(Mitigation)

    assert (outside, within, router.db_for_read(Mitigation)) == (
        PRIMARY,
        "replica1",
        PRIMARY,
    )


def test_after_a_write_the_rest_of_the_request_reads_the_primary():
    router = ReplicaRouter()

    with reading_from(Source("replica1", 1)):
        written_to = router.db_for_write(Mitigation)
        read = router.db_for_read(Mitigation)

    assert (written_to, read) == (PRIMARY, PRIMARY)


@pytest.mark.django_db
def test_a_transaction_reads_the_primary():
    with transaction.atomic(), reading_from(Source("replica1", 1)):
        assert ReplicaRouter().db_for_read(Mitigation) == PRIMARY


def test_only_the_primary_is_migrated():
    router = ReplicaRouter()
    assert [
        router.allow_migrate(alias, "catalogue")
        for alias in (PRIMARY, "replica1")
    ] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("cookie", "number"),
    [
        ("", 0),
        ("written=17", 17),
        ("a=b; written=17", 17),
        ("written=-1", 0),
        ("written=x", 0),
        ("written=" + "9" * 20, 0),
    ],
)
def test_the_marker_of_a_write_is_a_number_or_nothing(cookie, number):
    assert written({"HTTP_COOKIE": cookie}) == number


# Settings


def test_replicas_are_numbered_and_take_their_urls_options():
    primary = {"ENGINE": POSTGRESQL}
    made = databases.replica_databases(
        primary,
        ["postgres://u@one/c?sslmode=verify-full", "postgres://u@two/c"],
        seconds=7,
    )

    assert [(alias, database["HOST"]) for alias, database in made.items()] == [
        ("replica1", "one"),
        ("replica2", "two"),
    ]
    assert made["replica1"]["OPTIONS"]["sslmode"] == "verify-full"
    assert made["replica2"]["OPTIONS"]["options"] == "-c statement_timeout=7s"


@pytest.mark.parametrize(
    ("primary", "url", "message"),
    [
        (
            "django.db.backends.sqlite3",
            "postgres://one/c",
            "REPLICA_URLS is for PostgreSQL",
        ),
        (
            POSTGRESQL,
            "mysql://user:secret@one/c",
            r"REPLICA_URLS holds mysql://\.\.\.: each must be postgres",
        ),
    ],
)
def test_replicas_are_for_postgresql(primary, url, message):
    with pytest.raises(ImproperlyConfigured, match=message):
        databases.replica_databases({"ENGINE": primary}, [url], seconds=1)


@pytest.mark.parametrize(
    ("engine", "size", "message"),
    [
        (
            "django.db.backends.sqlite3",
            4,
            "DATABASE_POOL_SIZE is for PostgreSQL",
        ),
        (
            POSTGRESQL,
            9,
            "DATABASE_POOL_SIZE=9 is less than the 10 threads of a process",
        ),
    ],
)
def test_a_pool_is_for_postgresql_and_has_room_for_every_thread(
    engine,
    size,
    message,
):
    with pytest.raises(ImproperlyConfigured, match=message):
        databases.pooled({"ENGINE": engine}, size=size, threads=9)
