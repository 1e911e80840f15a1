"""What readers are given: never stale, rendered once, the same for everybody, and not sent
again to those who have it.
"""

import gzip
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from backports import zstd
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIRequest
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.urls import get_resolver, reverse

from catalogue import revision
from catalogue.models import Category, Mapping, Mitigation
from config.wsgi import django_application
from serving import answers
from serving.traits import has
from surveys.models import Study
from tests.catalogue.admin.test_admin import change
from tests.catalogue.files.test_loading import TAXONOMY
from tests.factories import (
    ClassificationFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
    UserFactory,
)
from tests.reading import Readers, ask
from tests.surveys.factories import make_study, make_token

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("kept_connection"),
]

LIST, API = "/mitigations/", "/api/v1/mitigations/"


@pytest.fixture
def readers():
    return Readers()


# Never stale


def by_admin(client, one):
    client.force_login(User.objects.create_superuser("ada"))
    assert change(client, one, name="By the admin").status_code == 302


def by_command(client, one):
    with TemporaryDirectory() as folder:
        (Path(folder) / "taxonomies").mkdir()
        (Path(folder) / "taxonomies/t.yaml").write_text(
            yaml.safe_dump(TAXONOMY),
        )
        call_command("load_catalogue", folder=Path(folder), verbosity=0)


def by_raw_sql(client, one):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalogue_mitigation SET name = 'By raw SQL' WHERE id = %s",
            [one.pk],
        )


WRITES = {
    "admin": by_admin,
    "command": by_command,
    "raw SQL": by_raw_sql,
    "publishing": lambda client, one: Mitigation.objects.filter(
        status="draft",
    ).update(status="published"),
    "withdrawing": lambda client, one: Mitigation.objects.filter(
        pk=one.pk,
    ).update(status="draft"),
    "deleting": lambda client, one: one.delete(),
    "a phase": lambda client, one: one.phases.add(
        LifecyclePhaseFactory(name="A new phase"),
    ),
    "a category": lambda client, one: Category.objects.update(name="Renamed"),
    "a mapping": lambda client, one: MappingFactory(
        source=one,
        target__name="The other",
    ),
    "unmapping": lambda client, one: Mapping.objects.all().delete(),
    "a study": lambda client, one: Study.objects.update(status="published"),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_write_shows_in_the_next_read(readers, client, name):
    one = ClassificationFactory(mitigation__name="Before").mitigation
    MitigationFactory(status="draft", name="Now public")
    MappingFactory(source=one, target__name="Mapped before")
    make_study(items=1)
    paths = [
        "/",
        LIST,
        f"{LIST}{one.accession}/",
        "/studies/",
        "/taxonomies/",
        API,
        f"{API}?include=mappings",
    ]
    before = [readers.get(path).body for path in paths]

    WRITES[name](client, one)
    after = [readers.get(path) for path in paths]

    assert [read.body for read in after] == [
        ask(django_application, path).body for path in paths
    ]
    assert [read.body for read in after] != before
    assert readers.rendered == 2 * len(paths)


def test_emptying_the_database_shows(readers):
    MitigationFactory(name="Here before")
    assert b"Here before" in readers.get(API).body

    Mitigation.objects.all().delete()

    assert b"Here before" not in readers.get(API).body


def test_what_was_rendered_while_the_data_changed_is_given_once():
    def changing(environ, start_response):
        body = django_application(environ, start_response)
        MitigationFactory()
        return body

    readers = Readers(changing)

    assert [readers.get(API).etag for _ in range(2)] == [None, None]
    assert readers.rendered == 2


@pytest.mark.django_db(transaction=True)
def test_a_write_of_another_thread_shows(readers):
    MitigationFactory(name="Before")
    readers.get(API)

    def write():
        Mitigation.objects.update(name="After")
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(write).result()

    assert b"After" in readers.get(API).body


# Rendered once


@pytest.mark.parametrize(
    "path",
    [
        "/",
        LIST,
        API,
        "/api/",
        "/api/v1/schema/",
        "/sitemap.xml",
        "/robots.txt",
        "/about/",
    ],
)
def test_what_was_rendered_is_given_again_to_the_letter(readers, path):
    MitigationFactory()
    reads = [readers.get(path) for _ in range(3)]

    assert reads[0] == reads[1] == reads[2]
    assert reads[0].status == 200
    assert readers.rendered == 1


def test_what_a_page_does_not_read_is_no_page_of_its_own(readers):
    reads = [
        readers.get(f"/about/{query}")
        for query in ("", "?utm_source=letter", "?x=1&y=2")
    ]

    assert (
        len({(read.status, read.etag, read.body) for read in reads}),
        readers.rendered,
    ) == (
        1,
        1,
    )


def names_of_views(patterns, namespace=""):
    """Each view with its name, such as `api:schema`."""
    for one in patterns:
        if hasattr(one, "url_patterns"):
            yield from names_of_views(
                one.url_patterns,
                f"{one.namespace}:" if one.namespace else namespace,
            )
        elif one.name:
            yield namespace + one.name, one.callback


def test_views_that_read_nothing_of_the_query_do_not():
    found = [
        (name, view)
        for name, view in names_of_views(get_resolver().url_patterns)
        if has(view, "is_query_ignored")
    ]

    assert len(found) > 10
    for name, view in found:
        parts = (
            view.view_class.mro()
            if hasattr(view, "view_class")
            else [inspect.unwrap(view)]
        )
        own = [
            part
            for part in parts
            if part.__module__.startswith(
                ("catalogue", "config", "decisions", "serving", "surveys"),
            )
        ]
        assert own, name
        assert [
            part for part in own if "GET" in inspect.getsource(part)
        ] == [], name


def test_of_many_who_ask_at_once_one_makes_it(readers, transactional_db):
    MitigationFactory()
    number = 12
    together = threading.Barrier(number)

    def ask_together(_):
        together.wait()
        try:
            return readers.get(API).body
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        bodies = set(pool.map(ask_together, range(number)))

    assert (len(bodies), readers.rendered) == (1, 1)


def test_who_waited_long_enough_makes_it_himself(monkeypatch):
    monkeypatch.setattr(answers, "SECONDS_TO_WAIT", 0)
    readers = Readers(
        lambda environ, start_response: meanwhile(environ, start_response),
    )

    def meanwhile(environ, start_response):
        if readers.rendered == 1:
            readers.get(API)  # the same, while it is being made
        return django_application(environ, start_response)

    assert readers.get(API).status == 200
    assert readers.rendered == 2


def test_an_error_does_not_keep_others_waiting(readers):
    assert [readers.get(f"{LIST}M9999/").status for _ in range(2)] == [
        404,
        404,
    ]
    assert not readers.application.under_way.events


def test_a_failure_to_render_does_not_keep_others_waiting():
    def failing(environ, start_response):
        raise MemoryError

    readers = Readers(failing)

    for _ in range(2):
        with pytest.raises(MemoryError):
            readers.get(API)


# For everybody, and otherwise not kept


def view(respond):
    """An application that answers with what `respond` makes of the request."""

    def application(environ, start_response):
        response = respond(WSGIRequest(environ))
        cookies = [
            ("Set-Cookie", cookie.OutputString())
            for cookie in response.cookies.values()
        ]
        start_response(
            f"{response.status_code} Any",
            [*response.items(), *cookies],
        )
        return response

    return application


def with_cookie(request):
    response = HttpResponse("page")
    response.set_cookie("chosen", "M0001")
    return response


def with_token(request):
    return HttpResponse(get_token(request))


NOT_KEPT = {
    "a cookie": with_cookie,
    "a form's token": with_token,
    "cookies read": lambda request: HttpResponse(
        "page",
        headers={"Vary": "Cookie"},
    ),
    "private": lambda request: HttpResponse(
        "page",
        headers={"Cache-Control": "private"},
    ),
    "not to be stored": lambda request: HttpResponse(
        "page",
        headers={"Cache-Control": "no-store"},
    ),
    "any header": lambda request: HttpResponse("page", headers={"Vary": "*"}),
    "streamed": lambda request: StreamingHttpResponse([b"pa", b"ge"]),
    "not found": lambda request: HttpResponse("page", status=404),
    "refused": lambda request: HttpResponse("page", status=400),
    "elsewhere": lambda request: HttpResponse(
        "page",
        status=302,
        headers={"Location": "/"},
    ),
    "broken": lambda request: HttpResponse("page", status=500),
}


@pytest.mark.parametrize("name", NOT_KEPT)
def test_what_is_not_for_everybody_is_not_kept(name):
    readers = Readers(view(NOT_KEPT[name]))

    reads = [readers.get("/about/") for _ in range(2)]

    assert readers.rendered == 2
    assert [read.etag for read in reads] == [None, None]
    assert readers.application.store.answers == {}


def test_what_is_for_everybody_is_kept():
    readers = Readers(
        view(
            lambda request: HttpResponse(
                "page",
                headers={"Vary": "Accept-Encoding"},
            ),
        ),
    )

    assert [readers.get("/about/").body for _ in range(2)] == [
        b"page",
        b"page",
    ]
    assert readers.rendered == 1


@pytest.mark.parametrize("path", ["/admin/login/", "/static/css/site.css"])
def test_the_admin_and_static_files_are_left_to_django(readers, path):
    readers.get(path)

    assert readers.application.store.answers == {}


def test_an_experts_pages_are_never_kept(readers):
    study = make_study(items=1)
    from surveys.running import rounds

    rounds.open_round(study=study)
    page = readers.get(reverse("answer", args=[make_token(study)]))

    assert (page.status, page.etag, readers.application.store.answers) == (
        200,
        None,
        {},
    )
    assert "no-store" in page.headers["cache-control"]


@pytest.mark.parametrize(
    "headers",
    [{"Cookie": "a=b; sessionid=abc"}, {"Authorization": "Token abc"}],
)
def test_who_is_signed_in_is_always_answered_by_django(readers, headers):
    readers.get(LIST)

    assert readers.get(LIST, headers=headers).etag is None
    assert readers.rendered == 2


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_always_answered_by_django(readers, method):
    readers.get(API)

    assert ask(readers.application, API, method).status == (
        204 if method == "OPTIONS" else 405
    )


def test_a_page_for_one_host_or_scheme_is_not_given_for_another(
    readers,
    settings,
):
    settings.ALLOWED_HOSTS = ["one.example", "other.example"]
    pages = [
        readers.get("/robots.txt", headers={"Host": "one.example"}),
        readers.get("/robots.txt", headers={"Host": "other.example"}),
        readers.get(
            "/robots.txt",
            headers={"Host": "other.example"},
            **{"wsgi.url_scheme": "https"},
        ),
    ]

    sitemaps = [
        page.body.decode().split("Sitemap: ")[1].strip() for page in pages
    ]
    assert sitemaps == [
        "http://one.example/sitemap.xml",
        "http://other.example/sitemap.xml",
        "https://other.example/sitemap.xml",
    ]
    assert (
        readers.get("/robots.txt", headers={"Host": "evil.example"}).status
        == 400
    )


def test_behind_a_proxy_the_scheme_that_it_names_counts(settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    readers = Readers()

    http, https = (
        readers.get("/robots.txt"),
        readers.get("/robots.txt", headers={"X-Forwarded-Proto": "https"}),
    )

    assert (
        b"http://testserver/" in http.body,
        b"https://testserver/" in https.body,
    ) == (
        True,
        True,
    )


def test_what_another_site_s_script_asks_for_has_its_headers_and_nobody_else_s_is_given_them(
    readers,
):
    origin = {"Origin": "https://elsewhere.example"}
    reads = [
        readers.get(API, headers=headers)
        for headers in (None, origin, None, origin)
    ]

    assert [
        read.headers.get("access-control-allow-origin") for read in reads
    ] == [
        None,
        "*",
        None,
        "*",
    ]
    assert readers.rendered == 2
    assert "Origin" in reads[0].headers["vary"]


def test_an_answer_of_the_api_is_given_only_to_those_who_accept_it(readers):
    accepts = ("application/json", "image/png", "*/*")

    assert [
        readers.get(API, headers={"Accept": one}).status for one in accepts
    ] == [
        200,
        406,
        200,
    ]
    assert "Accept" in readers.get(API).headers["vary"].split(", ")


@pytest.mark.parametrize("path", [LIST, API])
def test_kept_answers_have_the_headers_that_django_gave_them(readers, path):
    kept = [readers.get(path) for _ in range(2)][1].headers

    assert (kept["x-frame-options"], kept["x-content-type-options"]) == (
        "DENY",
        "nosniff",
    )
    assert (kept["referrer-policy"], kept["cache-control"]) == (
        "same-origin",
        "public, no-cache",
    )


# Encodings

DECODED = {"gzip": gzip.decompress, "zstd": zstd.decompress, None: bytes}


@pytest.mark.parametrize("path", [LIST, API])
def test_each_encoding_is_kept_by_itself_under_an_etag_of_its_own(
    readers,
    path,
):
    MitigationFactory.create_batch(3)
    asked = ["gzip", "zstd", "identity", "gzip;q=0.5, zstd;q=0.1", "", "gzip"]
    reads = [
        readers.get(path, headers={"Accept-Encoding": one}) for one in asked
    ]

    encodings = [read.headers.get("content-encoding") for read in reads]
    assert encodings == ["gzip", "zstd", None, "gzip", None, "gzip"]
    assert (
        len(
            {
                DECODED[encoding](read.body)
                for encoding, read in zip(encodings, reads, strict=True)
            },
        )
        == 1
    )
    assert {
        (read.etag, encoding)
        for encoding, read in zip(encodings, reads, strict=True)
    } == {
        (reads[0].etag, "gzip"),
        (reads[1].etag, "zstd"),
        (reads[2].etag, None),
    }
    assert len({read.etag for read in reads}) == readers.rendered == 3
    assert all("Accept-Encoding" in read.headers["vary"] for read in reads)
    assert all(
        int(read.headers["content-length"]) == len(read.body) for read in reads
    )


# ETags and 304


@pytest.mark.parametrize(
    "path",
    [
        "/",
        LIST,
        f"{LIST}?view=table",
        API,
        f"{API}?page_size=1",
        "/sitemap.xml",
    ],
)
def test_the_etag_changes_with_the_data_and_only_then(readers, path):
    one = MitigationFactory()
    first, second = readers.get(path).etag, Readers().get(path).etag
    UserFactory()
    third = readers.get(path).etag

    one.save()

    assert first == second == third
    assert first.startswith('"')
    assert readers.get(path).etag not in (first, None)


def test_addresses_have_different_etags(readers):
    paths = [
        "/",
        LIST,
        f"{LIST}?view=table",
        "/about/",
        API,
        f"{API}?page_size=1",
    ]

    assert len({readers.get(path).etag for path in paths}) == len(paths)


def test_a_deployment_changes_etags(readers, settings):
    before = readers.get(LIST).etag
    settings.SITE_NAME = "Another name"
    answers.site_version.cache_clear()

    after = Readers().get(LIST).etag

    answers.site_version.cache_clear()
    assert after not in (before, None)


NAMING = [
    "{0}",
    "W/{0}",
    '"other", {0}',
    'W/"other",W/{0} , "more"',
    "*",
    " * ",
]


@pytest.mark.parametrize("naming", NAMING)
@pytest.mark.parametrize("path", [LIST, API])
def test_who_has_it_is_not_sent_it_again(readers, path, naming):
    whole = readers.get(path)

    brief = readers.get(
        path,
        headers={"If-None-Match": naming.format(whole.etag)},
    )

    assert (brief.status, brief.body, brief.etag) == (304, b"", whole.etag)
    assert (brief.headers["cache-control"], brief.headers["vary"]) == (
        "public, no-cache",
        whole.headers["vary"],
    )
    assert "content-length" not in brief.headers


@pytest.mark.parametrize(
    "naming",
    ['"other"', 'W/"other"', "", "nonsense", '"'],
)
def test_who_has_something_else_is_sent_it(readers, naming):
    assert readers.get(LIST, headers={"If-None-Match": naming}).status == 200


def test_that_a_copy_holds_is_known_without_rendering(readers):
    etag = Readers().get(LIST).etag

    assert readers.get(LIST, headers={"If-None-Match": etag}).status == 304
    assert readers.rendered == 0


def test_whoever_has_anything_of_what_does_not_exist_is_told_so(readers):
    assert (
        readers.get(f"{LIST}M9999/", headers={"If-None-Match": "*"}).status
        == 404
    )


def test_an_etag_of_one_encoding_is_none_of_another(readers):
    etag = readers.get(LIST, headers={"Accept-Encoding": "gzip"}).etag

    assert readers.get(LIST, headers={"If-None-Match": etag}).status == 200


def test_a_script_of_another_site_may_read_that_its_copy_holds(readers):
    origin = {"Origin": "https://elsewhere.example"}
    etag = Readers().get(API, headers=origin).etag

    brief = readers.get(API, headers={**origin, "If-None-Match": etag})

    assert (brief.status, brief.headers["access-control-allow-origin"]) == (
        304,
        "*",
    )


def test_if_match_is_kept_to(readers):
    etag = readers.get(LIST).etag

    asked = [etag, f'"other", {etag}', "*", '"other"', f"W/{etag}"]
    assert [
        readers.get(LIST, headers={"If-Match": one}).status for one in asked
    ] == [
        200,
        200,
        200,
        412,
        412,
    ]


@pytest.mark.parametrize("path", [LIST, API])
def test_head_is_get_without_the_body(readers, path):
    head, get = readers.head(path), readers.get(path)

    assert (head.body, head.headers) == (b"", get.headers)
    assert readers.rendered == 1
    assert (
        readers.head(path, headers={"If-None-Match": get.etag}).status == 304
    )


def test_head_of_what_is_not_there(readers):
    head = readers.head(f"{LIST}M9999/")

    assert (head.status, head.body) == (404, b"")


def test_made_up_addresses_take_no_room(readers):
    for number in range(5):
        readers.get(f"/nothing/{number}/")
        readers.get(f"{LIST}?nothing={number}")
        readers.get(f"{API}?cursor={number}")

    assert readers.application.store.answers == {}


def test_where_the_database_does_not_say_django_answers(readers, monkeypatch):
    from django.db import DatabaseError

    def fail(using):
        raise DatabaseError

    monkeypatch.setattr(revision, "current", fail)

    assert readers.get("/robots.txt").status == 200
    assert readers.application.store.answers == {}
