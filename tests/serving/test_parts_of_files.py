"""Files in parts, and not again to those who have them: for programs that read a file by its
address.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.releases.cutting import cut
from config.wsgi import django_application
from serving.answers import PublicAnswers
from serving.conditional import Conditional, OutOfReach, part_of
from serving.gate import Gate
from tests.factories import MitigationFactory
from tests.reading import ask
from tests.surveys.factories import make_study

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("kept_connection"),
]
CSV = "/api/v1/mitigations/?format=csv"
RELEASED = "/data/releases/2026.11/mitigations.csv"
FILES = [
    CSV,
    "/api/v1/mitigations/?format=parquet",
    "/data/catalogue.sqlite3",
    "/data/dictionary.json",
    "/studies/study-1/results.csv",
]
OF_RELEASES = [
    f"/data/releases/2026.11/{name}"
    for name in ("mitigations.csv", "mitigations.parquet", "SHA256SUMS")
]


@pytest.fixture
def site():
    """The site as its server runs it."""
    MitigationFactory(name="Audit models")
    return Gate(Conditional(PublicAnswers(django_application)))


@pytest.fixture
def released(site):
    """The same, with a study and a release."""
    make_study(status="published")
    cut("2026.11", base_url="http://testserver")
    return site


def test_each_file_says_that_it_comes_in_parts_and_gives_them(released):
    for address in [*FILES, *OF_RELEASES]:
        whole = ask(released, address)
        first = ask(released, address, headers={"Range": "bytes=0-9"})
        last = ask(
            released,
            address,
            headers={"Range": "bytes=-10", "Accept-Encoding": "gzip"},
        )
        head = ask(released, address, "HEAD", headers={"Range": "bytes=0-9"})
        size = len(whole.body)

        assert (whole.status, whole.headers["accept-ranges"]) == (200, "bytes")
        assert (first.status, first.body) == (206, whole.body[:10])
        assert first.headers["content-range"] == f"bytes 0-9/{size}"
        assert first.headers["content-length"] == "10"
        assert (last.status, last.body) == (206, whole.body[-10:])
        assert "content-encoding" not in last.headers
        assert first.etag == last.etag == whole.etag == head.etag
        assert (head.status, head.body, head.headers["content-length"]) == (
            200,
            b"",
            str(size),
        )
        assert head.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,5-6", "bytes=5-2", "bytes=x", "lines=0-9", "bytes 0-9"],
)
def test_what_is_not_one_part_is_answered_with_the_whole(site, asked):
    answer = ask(site, CSV, headers={"Range": asked})

    assert (answer.status, answer.body) == (200, ask(site, CSV).body)


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
def test_a_part_that_does_not_exist_is_refused_with_the_length(site, asked):
    answer = ask(
        site,
        CSV,
        headers={"Range": asked, "Origin": "https://notebook.example"},
    )

    assert answer.status == 416
    assert (
        answer.headers["content-range"]
        == f"bytes */{len(ask(site, CSV).body)}"
    )
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.body)["status"] == 416


def test_a_part_of_an_older_file_is_answered_with_the_whole_new_one(site):
    before = ask(site, CSV)
    same = ask(
        site,
        CSV,
        headers={"Range": "bytes=0-9", "If-Range": before.etag},
    )
    MitigationFactory()
    after = ask(
        site,
        CSV,
        headers={"Range": "bytes=0-9", "If-Range": before.etag},
    )

    assert (same.status, same.body) == (206, before.body[:10])
    assert (after.status, after.body) == (200, ask(site, CSV).body)


@pytest.mark.parametrize(
    "other",
    ['W/"x"', "Sun, 29 Nov 2026 08:00:00 GMT", ""],
)
def test_if_range_is_compared_strongly(site, other):
    answer = ask(site, CSV, headers={"Range": "bytes=0-9", "If-Range": other})

    assert answer.status == 200


def test_what_is_compressed_comes_whole(site):
    answer = ask(site, CSV, headers={"Accept-Encoding": "gzip"})

    assert answer.headers["content-encoding"] == "gzip"
    assert "accept-ranges" not in answer.headers


def test_a_file_of_a_release_is_not_sent_again_and_only_if_it_is_the_one_meant(
    released,
):
    for name in (
        "mitigations.csv",
        "catalogue.sqlite3",
        "records.ndjson",
        "SHA256SUMS",
    ):
        for coding in ("identity", "gzip"):
            address, accepted = (
                f"/data/releases/2026.11/{name}",
                {"Accept-Encoding": coding},
            )
            first = ask(released, address, headers=accepted)
            again = ask(
                released,
                address,
                headers={**accepted, "If-None-Match": first.etag},
            )
            other = ask(
                released,
                address,
                headers={**accepted, "If-None-Match": '"another"'},
            )

            assert (again.status, again.body, again.etag) == (
                304,
                b"",
                first.etag,
            )
            assert (other.status, other.body) == (200, first.body)
    etag = ask(released, RELEASED).etag
    assert (
        ask(released, RELEASED, headers={"If-Match": '"another"'}).status
        == 412
    )
    assert ask(released, RELEASED, headers={"If-Match": etag}).status == 200
    assert (
        ask(released, RELEASED).headers["content-type"]
        == "text/csv; charset=utf-8"
    )


def test_whoever_has_anything_is_not_told_that_it_is_there_where_nothing_is(
    site,
):
    assert (
        ask(site, "/data/nothing.csv", headers={"If-None-Match": "*"}).status
        == 404
    )


@given(st.integers(0, 50), st.integers(0, 60), st.integers(0, 60) | st.none())
def test_a_part_is_what_python_cuts(length, first, last):
    content = bytes(range(length))
    header = f"bytes={first}-{'' if last is None else last}"

    try:
        part = part_of(header, length)
    except OutOfReach:
        assert first >= length > 0
        assert last is None or last >= first
        return
    if part is None:
        assert not length or (last is not None and last < first)
    else:
        assert (
            content[part.start : part.stop]
            == content[first : None if last is None else last + 1]
            != b""
        )


@given(st.integers(1, 50), st.integers(1, 60))
def test_the_last_bytes_are_as_many_as_there_are(length, count):
    content = bytes(range(length))
    part = part_of(f"bytes=-{count}", length)

    assert part is not None
    assert content[part.start : part.stop] == content[-count:]


@given(st.text(max_size=30))
def test_any_other_header_is_no_error(text):
    assert part_of(text, 10) is None or text.lower().startswith("bytes=")
