"""A database that does not answer for a while is told as such, and a mistake of ours is not."""

import shutil
import sqlite3
from contextlib import closing

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.test import Client

from catalogue.pages import browsing
from config.wsgi import django_application
from serving import answers, availability, databases
from serving.gate import Gate
from serving.replicas import Away
from tests.reading import ask


def busy() -> OperationalError:
    """What SQLite says where somebody else is writing, as Django hands it on."""
    with closing(
        sqlite3.connect(
            "file:busy?mode=memory&cache=shared",
            uri=True,
            timeout=0,
        ),
    ) as one:
        one.execute("CREATE TABLE t (n)")
        with closing(
            sqlite3.connect(
                "file:busy?mode=memory&cache=shared",
                uri=True,
                timeout=0,
            ),
        ) as other:
            try:
                other.execute("INSERT INTO t VALUES (1)")
                one.execute("INSERT INTO t VALUES (1)")
            except sqlite3.OperationalError as error:
                return caused(OperationalError("database is locked"), error)
    raise AssertionError("It was not busy.")


def wrong_sql() -> OperationalError:
    with closing(sqlite3.connect(":memory:")) as database:
        try:
            database.execute("SELECT * FROM nothing")
        except sqlite3.OperationalError as error:
            return caused(OperationalError("no such table"), error)
    raise AssertionError("It was right.")


def caused(error, cause):
    error.__cause__ = cause
    return error


def away() -> OperationalError:
    return caused(
        OperationalError("connection refused"),
        psycopg.OperationalError("connection refused"),
    )


def answer_to(monkeypatch, error, method="get", path="/"):
    def fail():
        raise error

    monkeypatch.setattr(browsing, "home", fail)
    client = Client(raise_request_exception=False)
    return getattr(client, method)(path)


@pytest.mark.django_db
@pytest.mark.parametrize("make", [busy, away])
def test_a_database_that_cannot_answer_now_is_a_503_that_says_when_to_come_back(
    monkeypatch,
    make,
):
    answer = answer_to(monkeypatch, make())

    assert (
        answer.status_code,
        answer["Retry-After"],
        answer["Cache-Control"],
    ) == (
        503,
        "10",
        "no-store",
    )
    assert "The site cannot answer just now" in answer.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "error",
    [
        wrong_sql(),
        ProgrammingError("no such column"),
        InterfaceError("wrong use"),
        RuntimeError("ours"),
    ],
    ids=["no such table", "no such column", "wrong use", "ours"],
)
def test_a_mistake_of_ours_stays_one(monkeypatch, error):
    assert answer_to(monkeypatch, error).status_code == 500


@pytest.mark.parametrize("has_journal", [False, True])
def test_a_file_that_can_only_be_read_is_read(
    tmp_path,
    monkeypatch,
    has_journal,
):
    path = tmp_path / "all of it?.sqlite3"
    with closing(sqlite3.connect(path)) as filled:
        filled.executescript(
            "PRAGMA journal_mode=WAL; CREATE TABLE t (n); INSERT INTO t VALUES (1)",
        )
        if has_journal:
            shutil.copy(f"{path}-wal", tmp_path / "wal")
            shutil.copy(path, tmp_path / "file")
    if has_journal:
        (tmp_path / "file").rename(path)
        (tmp_path / "wal").rename(f"{path}-wal")
    # Whoever runs the tests may be somebody for whom no file is closed.
    monkeypatch.setattr("os.access", lambda path, mode: False)
    options = databases.embedded(str(path))

    with closing(sqlite3.connect(options["database"], uri=True)) as database:
        database.executescript(options["init_command"])
        assert database.execute("SELECT n FROM t").fetchall() == [(1,)]
        with pytest.raises(
            sqlite3.OperationalError,
            match="readonly database",
        ) as refused:
            database.execute("INSERT INTO t VALUES (2)")
    assert availability.is_for_a_while(refused.value)


def test_a_file_that_can_be_written_or_made_is_opened_to_be_written(tmp_path):
    (tmp_path / "there.sqlite3").touch()

    for name in ("there.sqlite3", "new.sqlite3"):
        assert (
            "journal_mode=WAL"
            in databases.embedded(str(tmp_path / name))["init_command"]
        )


@pytest.mark.any_engine
@pytest.mark.django_db
@pytest.mark.usefixtures("kept_connection")
@pytest.mark.parametrize(
    ("path", "content_type"),
    [("/", "text/html"), ("/api/v1/mitigations/", "application/problem+json")],
)
def test_readers_are_told_at_once_while_no_database_answers(
    monkeypatch,
    path,
    content_type,
):
    def away(environ):
        raise Away("It did not answer a moment ago.")

    monkeypatch.setattr(answers, "source_for", away)

    answer = ask(Gate(answers.PublicAnswers(django_application)), path)

    assert (answer.status, answer.headers["retry-after"]) == (503, "10")
    assert answer.headers["content-type"].startswith(content_type)
    assert "content-security-policy" in answer.headers
