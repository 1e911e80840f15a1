"""What scripts of other sites may read: everything that everybody may take, and nothing else."""

import pytest
from django.conf import settings

from config.wsgi import django_application
from serving.answers import PublicAnswers
from serving.conditional import Conditional
from serving.gate import Gate
from serving.sharing import is_api, is_shared
from tests.factories import MitigationFactory
from tests.reading import ask

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("kept_connection"),
]
FROM_ELSEWHERE = {"Origin": "https://notebook.example"}


@pytest.fixture
def site():
    return Gate(Conditional(PublicAnswers(django_application)))


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/mitigations/",
        "/api/v1/schema/",
        "/data/catalogue.sqlite3",
        "/data/mappings.ttl",
        "/data/dictionary.json",
        "/data/dataset.jsonld",
        "/data/changes.json",
        "/data/cite.bib",
        "/data/releases/2026.11/mitigations.csv",
        "/data/taxonomies/mitigations-v2.ttl",
        "/changes.atom",
        "/mitigations/M0001/cite.ris",
        "/documents/uuk-2024/cite.json",
        "/studies/schuett-2023/results.csv",
        "/studies/schuett-2023/frozen.json",
        "/releases/2026.11/data/mappings.ttl",
        "/releases/2026.11/studies/schuett-2023/results.csv",
    ],
)
def test_every_file_is_shared(address):
    assert is_shared(address)


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/admin/",
        "/admin/data/",
        "/admin/api/",
        "/answer/abc/",
        "/answer/abc/review/",
        "/feedback/",
        "/feedback/abc/",
        "/preview/abc/",
        "/mitigations/",
        "/mitigations/M0001/",
        "/releases/2026.11/answer/abc/",
        "/healthz",
        "/static/site.css",
        "/releases/x/y/api/",
        "/answer/x/data/",
    ],
)
def test_no_page_is_shared(address):
    assert not is_shared(address)


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/mitigations/?format=csv",
        "/data/catalogue.sqlite3",
        "/data/cite.bib",
    ],
)
def test_a_script_of_another_site_reads_files_and_their_headers(site, address):
    MitigationFactory()

    for _ in range(2):  # made, and then kept
        answer = ask(site, address, headers=FROM_ELSEWHERE)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        exposed = answer.headers["access-control-expose-headers"].split(", ")
        assert {
            "ETag",
            "Link",
            "Content-Disposition",
            "Content-Range",
            "Accept-Ranges",
        } <= set(exposed)
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "Origin" in answer.headers["vary"]
    part = ask(site, address, headers={**FROM_ELSEWHERE, "Range": "bytes=0-3"})
    assert (part.status, part.headers["access-control-allow-origin"]) == (
        206,
        "*",
    )
    unchanged = ask(
        site,
        address,
        headers={**FROM_ELSEWHERE, "If-None-Match": answer.etag},
    )
    assert (
        unchanged.status,
        unchanged.headers["access-control-allow-origin"],
    ) == (
        304,
        "*",
    )
    assert "access-control-allow-origin" not in ask(site, address).headers


def test_a_file_is_made_once_for_all_who_ask(site):
    MitigationFactory()
    first = ask(site, "/data/cite.bib", headers=FROM_ELSEWHERE)

    assert (
        first.etag
        == ask(site, "/data/cite.bib", headers=FROM_ELSEWHERE).etag
        is not None
    )


@pytest.mark.parametrize(
    "address",
    ["/api/v1/mitigations/", "/data/mappings.ttl"],
)
def test_what_somebody_gets_who_is_signed_in_is_not_shared(site, address):
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}=abc"}

    assert (
        "access-control-allow-origin"
        not in ask(site, address, headers={**FROM_ELSEWHERE, **cookie}).headers
    )


@pytest.mark.parametrize(
    "address",
    ["/admin/login/", "/answer/abc/", "/feedback/", "/mitigations/"],
)
def test_no_page_may_be_read_from_elsewhere(site, address):
    assert (
        "access-control-allow-origin"
        not in ask(site, address, headers=FROM_ELSEWHERE).headers
    )


@pytest.mark.parametrize(
    "address",
    ["/api/v1/mitigations/", "/data/catalogue.sqlite3"],
)
def test_what_a_script_may_send_is_said_before(site, address):
    asks = {
        **FROM_ELSEWHERE,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "range,if-none-match",
    }
    answer = ask(site, address, "OPTIONS", headers=asks)

    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"range", "if-range", "if-match", "if-none-match"} <= set(
        answer.headers["access-control-allow-headers"].split(", "),
    )
    assert (
        answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/", True),
        ("/api/v1/mitigations/", True),
        ("/api/v2/", True),
        ("/releases/2026.11/api/v1/mitigations/", True),
        ("/api/", False),
        ("/mitigations/", False),
        ("/documents/api/v1/", False),
    ],
)
def test_the_api_is_known_by_its_address(path, expected):
    assert is_api(path) == expected
