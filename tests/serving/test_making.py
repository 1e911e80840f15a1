"""Files that take long to make are made once for a revision, by one process at a time, and hold
no more than half of the threads.
"""

import fcntl
import gzip
from contextlib import ExitStack, closing

import pytest
from django.test import RequestFactory

from catalogue.models import Mitigation
from catalogue.pages import downloads
from config.wsgi import django_application
from serving import making, streams
from serving.answers import PublicAnswers
from serving.making import OnDisk
from tests.factories import MappingFactory, MitigationFactory
from tests.reading import ask

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("kept_connection", "own_folder"),
]
FILE = "/data/catalogue.sqlite3"


@pytest.fixture
def own_folder(settings, tmp_path, monkeypatch):
    settings.FILE_CACHE_DIR, settings.WEB_THREADS = tmp_path / "files", 4
    streams.places_for_files.cache_clear()
    # Every file is a long one.
    monkeypatch.setattr("serving.answers.SHORT", 0)
    monkeypatch.setattr("serving.streams.SHORT", 0)
    return tmp_path / "files"


@pytest.fixture
def made(monkeypatch):
    """The times that the file was made."""
    times, make = [], downloads.sqlite_file

    def counted(base):
        times.append(base)
        return make(base)

    monkeypatch.setattr(downloads, "sqlite_file", counted)
    return times


def process():
    return PublicAnswers(django_application)


def test_processes_make_a_file_once_for_a_revision(made):
    MitigationFactory(name="Before")
    one, other = process(), process()

    reads = [ask(application, FILE) for application in (one, one, other)]
    Mitigation.objects.update(name="After")
    later = ask(other, FILE)

    assert len(made) == 2
    assert reads[0] == reads[1] == reads[2]
    assert b"Before" in reads[0].body
    assert int(reads[0].headers["content-length"]) == len(reads[0].body)
    assert b"After" in later.body
    assert later.etag != reads[0].etag


def test_what_changes_while_it_is_made_is_given_and_not_kept(
    monkeypatch,
    own_folder,
):
    one, make = MitigationFactory(), downloads.sqlite_file

    def changing(base):
        yield from make(base)
        Mitigation.objects.filter(pk=one.pk).update(name="Changed meanwhile")

    monkeypatch.setattr(downloads, "sqlite_file", changing)

    assert ask(process(), FILE).status == 200
    assert (
        list(own_folder.glob("*.answer"))
        == list(own_folder.glob("*.part"))
        == []
    )


def test_of_one_address_each_encoding_is_kept():
    MappingFactory()
    application = process()

    asked = [
        ask(
            application,
            "/data/mappings.ttl",
            headers={"Accept-Encoding": name},
        )
        for name in ("identity", "gzip", "identity", "gzip")
    ]

    assert asked[:2] == asked[2:]
    assert gzip.decompress(asked[1].body) == asked[0].body


def test_where_another_process_is_making_one_a_client_is_told_to_come_back(
    monkeypatch,
    own_folder,
    made,
):
    monkeypatch.setattr(making, "SECONDS_TO_WAIT", 0)
    own_folder.mkdir()
    with (own_folder / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = ask(process(), FILE)

    assert (answer.status, answer.headers["retry-after"], made) == (
        503,
        "10",
        [],
    )
    assert ask(process(), FILE).status == 200


@pytest.mark.parametrize("headers", [{}, {"Cookie": "sessionid=made-up"}])
@pytest.mark.parametrize(
    "path",
    [
        FILE,
        "/sitemap.xml",
        "/data/mappings.ttl",
        "/api/v1/mitigations/?format=csv",
    ],
)
def test_where_half_of_the_threads_have_a_file_a_client_is_told_to_come_back(
    made,
    path,
    headers,
):
    application = process()
    places = streams.places_for_files(4)
    with ExitStack() as held:
        for _ in range(2):
            assert places.acquire(blocking=False)
            held.callback(places.release)
        assert ask(application, path, headers=headers).status == 503
        assert ask(application, "/about/").status == 200
        headers_of_browser = {**headers, "Accept": "text/html,*/*;q=0.8"}
        shown = ask(application, path, headers=headers_of_browser)
        is_page = shown.headers["content-type"].startswith("text/html")
        assert (shown.status, shown.headers["retry-after"]) == (503, "10")
        assert is_page != path.startswith("/api/")
        assert not is_page or b"Try again" in shown.body

    # Each gives its place back.
    assert [
        ask(application, path, headers=headers).status for _ in range(5)
    ] == [200] * 5


def test_a_file_that_is_given_up_gives_its_place_back():
    application = process()
    begun = []
    for _ in range(5):
        body = application(
            RequestFactory().get(FILE).environ,
            lambda *sent: begun.append(sent[0]),
        )
        next(iter(body))
        body.close()

    assert begun == ["200 OK"] * 5


def test_a_head_says_how_long_it_is(made):
    application = process()

    whole, head = ask(application, FILE), ask(application, FILE, method="HEAD")

    assert (head.body, head.headers) == (b"", whole.headers)
    assert len(made) == 1


def test_the_oldest_files_are_thrown_away_where_there_is_no_room(tmp_path):
    kept = OnDisk(tmp_path, 25_000)
    for name in ("first", "second", "last"):
        kept.put(
            name,
            lambda length: [("Content-Length", str(length))],
            [b"x" * 10_000],
            lambda: True,
        ).close()

    assert kept.get("first") is None
    with closing(kept.get("last")) as last:
        assert (last.headers, b"".join(last)) == (
            [("Content-Length", "10000")],
            b"x" * 10_000,
        )
