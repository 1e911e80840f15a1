"""What programs expect of an API: methods, formats, encodings, conditions, links."""

import gzip
import json
from contextlib import suppress
from importlib import import_module

import pytest
from backports import zstd
from django.urls import reverse

from config.wsgi import django_application
from serving.answers import PublicAnswers
from tests.factories import DocumentFactory, MitigationFactory
from tests.files import sent
from tests.reading import ask

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("kept_connection"),
]
API = "/api/v1/mitigations/"
PAGES = [
    "/",
    "/mitigations/",
    "/taxonomies/",
    "/documents/",
    "/about/",
    "/studies/",
    "/api/",
    "/robots.txt",
    "/opensearch.xml",
    "/sitemap.xml",
]
ANSWERS = [
    API,
    "/api/v1/schema/",
    "/api/v1/categories/",
    "/api/v1/studies/",
    "/api/v1/comments/",
]
UNPACK = {"gzip": gzip.decompress, "zstd": zstd.decompress}
with suppress(ImportError):  # where it is installed, browsers get it
    UNPACK["br"] = import_module("brotli").decompress
KEPT = PublicAnswers(django_application)


@pytest.fixture(params=["kept", "fresh"])
def site(request):
    return (
        PublicAnswers(django_application)
        if request.param == "kept"
        else django_application
    )


def links(answer):
    """The Link header as a dictionary."""
    parts = (
        part.partition("; ") for part in answer.headers["link"].split(", ")
    )
    return {
        rel.removeprefix('rel="').rstrip('"'): url.strip("<>")
        for url, _, rel in parts
    }


@pytest.mark.parametrize("path", PAGES + ANSWERS)
def test_head_says_what_get_says(site, path):
    whole, head = ask(site, path), ask(site, path, "HEAD")

    varying = {"x-noise", "content-length", "set-cookie"}
    assert head.status == whole.status == 200
    assert {
        name: value
        for name, value in head.headers.items()
        if name not in varying
    } == {
        name: value
        for name, value in whole.headers.items()
        if name not in varying
    }


@pytest.mark.parametrize("path", PAGES + ANSWERS)
def test_options_says_what_may_be_done(site, path):
    answer = ask(site, path, "OPTIONS")

    assert (answer.status, answer.headers["allow"], answer.body) == (
        204,
        "GET, HEAD, OPTIONS",
        b"",
    )


@pytest.mark.parametrize(
    "method",
    ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "FOO"],
)
@pytest.mark.parametrize("path", PAGES + ANSWERS)
def test_nothing_else_may_be_done(site, path, method):
    answer = ask(site, path, method, headers={"Cookie": "sessionid=x"})

    assert (answer.status, answer.headers["allow"]) == (
        405,
        "GET, HEAD, OPTIONS",
    )
    assert answer.headers["content-type"].startswith(
        "application/problem+json" if path in ANSWERS else "text/plain",
    )


def test_where_forms_are_sent_they_still_may_be(client):
    assert (
        client.post(
            "/admin/login/",
            {"username": "x", "password": "y"},
        ).status_code
        == 200
    )


@pytest.mark.parametrize(
    "accept",
    ["text/html", "application/xml", "image/png;q=0.1", "nonsense"],
)
def test_what_cannot_be_given_is_a_problem(site, accept):
    answer = ask(site, "/api/v1/actors/", headers={"Accept": accept})

    assert (answer.status, answer.headers["content-type"]) == (
        406,
        "application/problem+json",
    )


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*", ""])
def test_the_format_that_is_named_comes_before_what_is_accepted(site, accept):
    answer = ask(site, f"{API}?format=json", headers={"Accept": accept})

    assert (answer.status, answer.headers["content-type"]) == (
        200,
        "application/json",
    )


def test_a_format_that_does_not_exist_is_refused_by_name(client):
    error = client.get(f"{API}?format=exe").json()["errors"][0]

    assert (error["parameter"], error["value"]) == ("format", "exe")
    assert "json" in error["allowed"]


@pytest.mark.parametrize("path", ["/mitigations/", API])
def test_every_encoding_holds_the_same_bytes(site, path):
    MitigationFactory.create_batch(
        5,
        description="Long enough to be worth it. " * 20,
    )
    plain = ask(site, path)

    packed = {
        coding: ask(site, path, headers={"Accept-Encoding": coding})
        for coding in UNPACK
    }

    assert [
        answer.headers["content-encoding"] for answer in packed.values()
    ] == list(UNPACK)
    assert all(
        UNPACK[coding](answer.body) == plain.body
        for coding, answer in packed.items()
    )
    assert all(
        "accept-encoding" in answer.headers["vary"].lower()
        for answer in packed.values()
    )
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("path", ["/mitigations/", API])
def test_every_encoding_has_its_own_etag(path):
    answers = [
        ask(KEPT, path, headers={"Accept-Encoding": coding})
        for coding in ("", *UNPACK)
    ]

    assert len({answer.etag for answer in answers}) == len(answers)
    assert all(
        "Accept-Encoding" in answer.headers["vary"] for answer in answers
    )


def test_records_on_lines_are_compressed_as_they_are_sent(client, monkeypatch):
    monkeypatch.setattr("serving.streams.SHORT", 0)
    MitigationFactory.create_batch(
        5,
        description="Long enough to be worth it. " * 20,
    )
    plain = sent(client.get(f"{API}?format=ndjson"))

    for coding, unpack in UNPACK.items():
        answer = client.get(
            f"{API}?format=ndjson",
            headers={"Accept-Encoding": coding},
        )
        assert (answer.streaming, answer["Content-Encoding"]) == (True, coding)
        assert unpack(packed := sent(answer)) == plain
        assert len(packed) < len(plain) / 2


def test_what_is_compressed_already_is_sent_as_it_is(client):
    MitigationFactory.create_batch(5)

    answer = client.get(
        f"{API}?format=parquet",
        headers={"Accept-Encoding": "gzip"},
    )

    assert "Content-Encoding" not in answer


@pytest.mark.parametrize(
    "path",
    [
        "/mitigations/",
        API,
        f"{API}?format=csv",
        f"{API}?format=ndjson",
        f"{API}?page_size=x",
    ],
)
def test_a_plain_answer_says_that_it_depends_on_the_encodings_accepted(
    client,
    path,
):
    assert "accept-encoding" in client.get(path)["Vary"].lower()


@pytest.mark.parametrize("indent", [3, 99])
def test_json_is_indented_where_that_is_accepted(site, indent):
    MitigationFactory(name="Überwachung")
    plain, indented = (
        ask(
            site,
            f"{API}?facets=phase",
            headers={"Accept": f"application/json{asked}"},
        )
        for asked in ("", f"; indent={indent}")
    )

    assert indented.body.decode() == json.dumps(
        json.loads(plain.body),
        indent=min(indent, 8),
        ensure_ascii=False,
    )


@pytest.mark.parametrize("indent", ["0", "-1", "x", "1e9", ""])
def test_an_indent_that_is_none_does_no_harm(client, indent):
    plain = client.get(API).content

    assert (
        client.get(
            API,
            headers={"Accept": f"application/json; indent={indent}"},
        ).content
        == plain
    )


@pytest.mark.parametrize(
    "coding",
    ["x-unknown", "identity;q=0", "gzip;q=nonsense", "*;q=0", ""],
)
def test_an_encoding_that_is_not_known_does_no_harm(site, coding):
    assert ask(site, API, headers={"Accept-Encoding": coding}).status == 200


@pytest.mark.parametrize("path", ["/mitigations/", API])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_unchanged_answer_is_not_sent_again(path, method):
    etag = ask(KEPT, path).etag

    for named in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = ask(KEPT, path, method, headers={"If-None-Match": named})
        assert (answer.status, answer.body, answer.etag) == (304, b"", etag)
    assert (
        ask(KEPT, path, method, headers={"If-None-Match": '"other"'}).status
        == 200
    )


def test_if_match_takes_only_strong_etags():
    etag = ask(KEPT, API).etag

    found = {
        named: ask(KEPT, API, headers={"If-Match": named}).status
        for named in (etag, "*", f"W/{etag}", '"other"')
    }

    assert list(found.values()) == [200, 200, 412, 412]


@pytest.mark.parametrize("path", [API, "/data/mappings.ttl"])
def test_who_asks_for_another_answer_by_if_match_is_told_as_of_other_errors(
    path,
):
    origin = {"Origin": "https://notebook.example"}
    answer = ask(KEPT, path, headers={**origin, "If-Match": '"other"'})

    assert (answer.status, answer.headers["content-type"]) == (
        412,
        "application/problem+json",
    )
    assert "If-Match" in json.loads(answer.body)["detail"]
    assert answer.etag == ask(KEPT, path, headers=origin).etag
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_list_says_where_to_go_on(site):
    MitigationFactory.create_batch(3)
    first = ask(site, f"{API}?ordering=name&page_size=1")

    second = ask(site, links(first)["next"].removeprefix("http://testserver"))

    assert "prev" not in links(first)
    assert {"first", "prev", "next", "describedby", "canonical"} == links(
        second,
    ).keys()
    assert (
        links(second)["first"]
        == f"http://testserver{API}?ordering=name&page_size=1"
    )
    assert (
        links(second)["canonical"] == f"http://testserver{API}?ordering=name"
    )
    assert links(second)["describedby"] == "http://testserver/api/v1/schema/"
    back = ask(site, links(second)["prev"].removeprefix("http://testserver"))
    assert (
        back.body.split(b'"results"')[1] == first.body.split(b'"results"')[1]
    )


def test_a_record_says_what_it_is_called_and_what_describes_it(site):
    document = DocumentFactory()
    path = reverse("api:document-detail", args=[document.slug])

    assert links(ask(site, f"{path}?format=json")) == {
        "canonical": f"http://testserver{path}",
        "describedby": "http://testserver/api/v1/schema/",
    }


def test_scripts_of_other_sites_may_ask_beforehand_and_read_every_header(site):
    origin = {"Origin": "https://elsewhere.example"}

    before = ask(
        site,
        API,
        "OPTIONS",
        headers={**origin, "Access-Control-Request-Method": "GET"},
    )
    after = ask(site, API, headers=origin)

    assert (
        before.headers["access-control-allow-origin"]
        == after.headers["access-control-allow-origin"]
        == "*"
    )
    assert (
        before.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    )
    assert {"ETag", "Link", "RateLimit", "Deprecation"} <= set(
        after.headers["access-control-expose-headers"].split(", "),
    )
