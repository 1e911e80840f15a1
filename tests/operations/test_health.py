"""What starts processes and sends them requests may ask how they are."""

import pytest
from django.db import OperationalError, connection
from django.test import RequestFactory

from catalogue import revision
from serving import health, site, warming
from serving.health import HealthChecks
from tests.reading import Readers


def test_a_process_that_runs_says_so_without_a_database(client, settings):
    settings.ALLOWED_HOSTS = [
        "catalogue.example.org",
    ]  # it is asked by its address
    settings.SECURE_SSL_REDIRECT = True

    answer = client.get("/healthz", headers={"host": "127.0.0.1:8000"})

    assert (answer.status_code, answer.json()) == (200, {"status": "up"})
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_it_is_ready_with_a_database_that_has_every_migration(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    databases = {"default": "answers"}
    assert answer.json() == {
        "ready": True,
        "databases": databases,
        "missing_migrations": [],
        "index": "made",
    }


@pytest.mark.django_db
def test_it_is_not_ready_while_it_makes_what_it_answers_from(
    client,
    monkeypatch,
):
    seen = []
    monkeypatch.setattr(
        site,
        "make_beforehand",
        lambda: seen.append(client.get("/readyz")),
    )

    warming.start().join()

    assert [
        (answer.status_code, answer.json()["index"]) for answer in seen
    ] == [(503, "being made")]
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_it_is_not_ready_while_a_migration_is_missing():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'surveys'")
    checks = HealthChecks(None)

    answer = checks(RequestFactory().get("/readyz"))

    assert answer.status_code == 503
    assert "surveys.0001_initial" in checks.readiness()["missing_migrations"]


def test_it_is_not_ready_without_a_database(monkeypatch):
    monkeypatch.setattr(health, "answers", lambda alias: False)

    answer = HealthChecks(None)(RequestFactory().get("/readyz"))

    assert answer.status_code == 503


@pytest.mark.django_db
@pytest.mark.usefixtures("kept_connection")
def test_a_check_is_not_answered_from_kept_answers(monkeypatch):
    def fail(using):
        raise OperationalError

    monkeypatch.setattr(revision, "current", fail)
    readers = Readers()

    assert [readers.get("/healthz").status for _ in range(2)] == [200, 200]
    assert readers.rendered == 2
