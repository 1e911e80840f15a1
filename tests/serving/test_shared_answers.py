"""Answers that several processes share, in Redis or Valkey."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import caches
from django.db import connection
from environ import Env

from catalogue.models import Mitigation
from config.wsgi import django_application
from serving import answers
from serving.databases import cache
from tests.factories import MitigationFactory
from tests.reading import Readers
from tests.site import running_redis

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("kept_connection"),
]

API = "/api/v1/mitigations/"


@pytest.fixture
def redis_server(tmp_path):
    """The address of a server of the tests' own, and its process."""
    with running_redis(tmp_path) as started:
        yield started


@pytest.fixture
def shared(redis_server, settings):
    address, _ = redis_server
    settings.CACHES = {"default": cache(Env.cache_url_config(address))}


def test_what_one_process_made_another_gives(shared):
    MitigationFactory.create_batch(3)
    one, other = Readers(), Readers()

    reads = [
        process.get(API, headers={"Accept-Encoding": "gzip"})
        for process in (one, other, other)
    ]

    assert reads[0] == reads[1] == reads[2]
    assert (one.rendered, other.rendered) == (1, 0)


def test_a_write_shows_in_every_process(shared):
    MitigationFactory(name="Before")
    one, other = Readers(), Readers()
    one.get(API)
    other.get(API)

    Mitigation.objects.update(name="After")

    assert [b"After" in process.get(API).body for process in (one, other)] == [
        True,
        True,
    ]
    assert (one.rendered, other.rendered) == (2, 0)


def test_answers_of_another_deployment_are_not_given(shared, settings):
    one = Readers()
    one.get("/about/")
    settings.SITE_NAME = "Another name"
    answers.site_version.cache_clear()

    page = Readers().get("/about/")

    answers.site_version.cache_clear()
    assert b"Another name" in page.body


def test_what_is_not_for_everybody_is_not_shared(shared):
    one, other = Readers(), Readers()

    assert [
        process.get(f"{API}M9999/").status for process in (one, other)
    ] == [
        404,
        404,
    ]
    assert (one.rendered, other.rendered) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_while_one_process_makes_it_another_waits(shared):
    MitigationFactory()
    begun, asked_too = threading.Event(), threading.Event()

    def slowly(environ, start_response):
        begun.set()
        assert asked_too.wait(10)
        return django_application(environ, start_response)

    one, other = Readers(slowly), Readers()

    def first():
        try:
            return one.get(API).body
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(first)
        assert begun.wait(10)
        sleep = time.sleep

        def slept(seconds):  # it has found that another is at it
            asked_too.set()
            sleep(seconds)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("serving.store.time.sleep", slept)
            assert other.get(API).body == making.result()

    assert (one.rendered, other.rendered) == (1, 0)


def test_a_process_that_died_at_it_keeps_nobody_waiting_for_long(
    shared,
    monkeypatch,
):
    monkeypatch.setattr(answers, "SECONDS_TO_WAIT", 0.1)
    readers = Readers()
    etag = Readers().get(API).etag
    caches["default"].clear()
    caches["default"].set(f"making:{etag}", "a process that died", 60)

    assert readers.get(API).etag == etag
    assert readers.rendered == 1


def test_without_its_server_the_site_answers(shared, redis_server, caplog):
    one, other = Readers(), Readers()
    one.get(API)
    redis_server[1].kill()
    redis_server[1].wait()

    assert [other.get(path).status for path in (API, "/", "/about/")] == [
        200,
        200,
        200,
    ]
    assert caplog.text.count("The shared cache does not answer") == 1
