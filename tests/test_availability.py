"""A database that does not answer for a while is told as such, and a mistake of ours is not."""

import sqlite3
from contextlib import closing

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.test import Client

from catalogue import browsing


def busy() -> OperationalError:
    """What SQLite says where somebody else is writing, as Django hands it on."""
    with closing(sqlite3.connect("file:busy?mode=memory&cache=shared", uri=True, timeout=0)) as one:
        one.execute("CREATE TABLE t (n)")
        with closing(sqlite3.connect("file:busy?mode=memory&cache=shared", uri=True, timeout=0)) as other:
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
    return caused(OperationalError("connection refused"), psycopg.OperationalError("connection refused"))


def answer_to(monkeypatch, error, method="get", path="/"):
    def fail():
        raise error

    monkeypatch.setattr(browsing, "home", fail)
    client = Client(raise_request_exception=False)
    return getattr(client, method)(path)


@pytest.mark.django_db
@pytest.mark.parametrize("make", [busy, away])
def test_a_database_that_cannot_answer_now_is_a_503_that_says_when_to_come_back(monkeypatch, make):
    answer = answer_to(monkeypatch, make())

    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "10", "no-store")
    assert "The site cannot answer just now" in answer.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "error",
    [wrong_sql(), ProgrammingError("no such column"), InterfaceError("wrong use"), RuntimeError("ours")],
    ids=["no such table", "no such column", "wrong use", "ours"],
)
def test_a_mistake_of_ours_stays_one(monkeypatch, error):
    assert answer_to(monkeypatch, error).status_code == 500
