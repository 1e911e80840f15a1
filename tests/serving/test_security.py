"""What browsers are told with every answer, whoever answers; cookies; and what a production
setting is checked for.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.urls import path

from config.wsgi import django_application
from serving.answers import PublicAnswers
from serving.attachments import attached
from serving.gate import LONGEST_ADDRESS, Gate
from serving.security import HEADERS_OF_PAGES
from tests.reading import ask

ROOT = Path(settings.BASE_DIR)
STRICT = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


def broken(request):
    raise RuntimeError("by the test")


urlpatterns = [path("broken/", broken), path("api/v1/broken/", broken)]
handler500 = "catalogue.pages.errors.server_error"


@pytest.fixture
def site(db, kept_connection):
    """The site as its server runs it."""
    return Gate(PublicAnswers(django_application))


def directives(answer) -> dict[str, str]:
    return dict(
        part.strip().partition(" ")[::2]
        for part in answer.headers["content-security-policy"].split(";")
    )


PATHS = {
    "/": 200,
    "/mitigations/": 200,
    "/mitigations/?phse=x": 400,
    "/nothing-here/": 404,
    "/api/": 200,
    "/api/v1/mitigations/": 200,
    "/api/v1/nothing/": 404,
    "/api/v1/mitigations/?phse=x": 400,
    "/admin/login/": 200,
    "/feedback/": 200,
    "/robots.txt": 200,
    "/data/mappings.ttl": 200,
    "/answer/nobodys/": 404,
    "/healthz": 200,
    "/?" + "a" * LONGEST_ADDRESS: 414,
}


@pytest.mark.parametrize("address", PATHS, ids=lambda address: address[:30])
def test_every_answer_carries_the_headers_when_it_is_made_and_when_it_is_kept(
    site,
    address,
):
    for _ in range(2):
        answer = ask(site, address)
        told = directives(answer)
        shared = address.startswith(("/api/", "/data/"))

        assert answer.status == PATHS[address]
        assert (
            told["default-src"],
            told["frame-ancestors"],
            told["base-uri"],
        ) == ("'none'",) * 3
        assert (told["script-src"], told["style-src"]) == ("'self'", "'self'")
        assert "unsafe" not in str(told)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "camera=()" in answer.headers["permissions-policy"]
        assert answer.headers["cross-origin-resource-policy"] == (
            "cross-origin" if shared else "same-origin"
        )
        assert "server" not in answer.headers
        if (
            address != "/healthz"
        ):  # which comes before it is known whether there is TLS
            referrer = (
                "strict-origin"
                if address.startswith("/answer/")
                else "same-origin"
            )
            assert {name: answer.headers[name] for name in STRICT} == {
                **STRICT,
                "referrer-policy": referrer,
            }


def test_no_page_at_a_secret_address_passes_the_address_on(site):
    for address in (
        "/answer/T0ken/",
        "/answer/T0ken/2/",
        "/feedback/T0ken/",
        "/preview/T0ken/",
        "/answer/" + "a" * LONGEST_ADDRESS,
    ):
        assert (
            ask(site, address).headers["referrer-policy"] == "strict-origin"
        ), address


@pytest.mark.urls("tests.serving.test_security")
@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("/broken/", "text/html"),
        ("/api/v1/broken/", "application/problem+json"),
    ],
)
def test_an_error_is_as_strict_and_names_itself(site, address, kind, caplog):
    answer = ask(site, address)

    assert answer.status == 500
    assert answer.headers["content-type"].startswith(kind)
    assert directives(answer)["default-src"] == "'none'"
    assert answer.headers["x-request-id"] in answer.body.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/nothing-here/",
        "/mitigations/?phse=x",
        "/api/v1/nothing/",
        "/api/v1/mitigations/?phse=x",
    ],
)
def test_every_page_and_problem_of_an_error_says_what_to_name(site, address):
    first, second = ask(site, address), ask(site, address)

    assert first.headers["x-request-id"] in first.body.decode()
    assert second.headers["x-request-id"] in second.body.decode()
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("css/site.css", 'text/css; charset="utf-8"'),
        ("js/page.js", 'text/javascript; charset="utf-8"'),
        ("fonts/serif-600-basic.woff2", "font/woff2"),
    ],
)
def test_a_part_of_pages_carries_no_header_that_only_pages_use(
    client,
    settings,
    path,
    media_type,
):
    settings.WHITENOISE_USE_FINDERS = True

    answer = client.get(f"/static/{path}")
    answer.close()

    assert (answer.status_code, answer["Content-Type"]) == (200, media_type)
    assert [name for name in HEADERS_OF_PAGES if name in answer.headers] == []
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
def test_a_static_file_that_opens_as_a_document_is_as_strict_as_a_page(
    client,
    settings,
):
    settings.WHITENOISE_USE_FINDERS = True

    answer = client.get("/static/img/favicon.svg")
    answer.close()

    assert (answer.status_code, answer["Content-Type"]) == (
        200,
        "image/svg+xml",
    )
    assert [
        name for name in HEADERS_OF_PAGES if name not in answer.headers
    ] == []
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_no_template_or_code_has_what_the_policy_refuses():
    refused = re.compile(
        r"\sstyle=|<style|\son[a-z]+=[\"']|javascript:|<script(?![^>]*(src=|application/ld\+json))",
    )
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in [
            *(ROOT / "templates").rglob("*.html"),
            *(ROOT / "catalogue").rglob("*.py"),
            *(ROOT / "surveys").rglob("*.py"),
        ]
        for match in refused.finditer(path.read_text())
    ]

    assert found == []


# Behind a proxy that speaks HTTPS

PRODUCTION = {
    "BEHIND_HTTPS_PROXY": "true",
    "ALLOWED_HOSTS": "catalogue.example.org",
    "SECRET_KEY": "k3y-" * 16 + "abcdefgh",
    "DEBUG": "false",
    "LOG_LEVEL": "ERROR",
    "EMAIL_URL": "smtp+tls://us:secret@mail.example.org:587",
    "DEFAULT_FROM_EMAIL": "us@example.org",
}
SHOW = """
from django.conf import settings
from django.core.management import call_command
from django.test import Client
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
client = Client(SERVER_NAME="catalogue.example.org", HTTP_X_FORWARDED_PROTO="https")
answer = client.get("/admin/login/")
for name in ("Strict-Transport-Security", "Content-Security-Policy"):
    print(name, answer[name])
for cookie in client.cookies.values():
    print(cookie.OutputString())
print(Client(SERVER_NAME="catalogue.example.org").get("/about/").headers["Location"])
call_command("check", deploy=True)
"""


#: Two settings are enough for what the check asks, and Django need not be set up for them.
CHECK_OF_MAIL = """
from catalogue.curation.mail import check_mail
print(*check_mail(None))
"""


def run(tmp_path, *arguments, **variables):
    """The output of Python on a production setting."""
    environment = {
        **os.environ,
        **PRODUCTION,
        **variables,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db'}",
    }
    environment.pop(
        "DJANGO_ALLOW_ASYNC_UNSAFE",
        None,
    )  # which browser tests set
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"DEFAULT_FROM_EMAIL": "catalogue@localhost"},
            "Mail is from catalogue@localhost, which many servers refuse",
        ),
        (
            {"EMAIL_URL": "filemail:///tmp/mail"},
            "Mail reaches nobody: it is written to files in /tmp/mail",
        ),
    ],
)
def test_the_deployment_check_says_that_nobody_can_be_written_to(
    tmp_path,
    variables,
    said,
):
    assert said in run(tmp_path, "-c", CHECK_OF_MAIL, **variables).stdout


def test_the_deployment_check_finds_nothing(tmp_path):
    check = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    done = run(tmp_path, *check)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "System check identified no issues (0 silenced).\n"


def test_cookies_and_headers_are_for_https_alone_and_the_check_knows_of_mail(
    tmp_path,
):
    """Together: to start takes most of the time."""
    shell = ("manage.py", "shell", "--no-imports", "-c", SHOW)
    done = run(tmp_path, *shell, EMAIL_URL="")
    told = done.stdout

    assert done.returncode == 0, done.stderr
    assert "No mail server is set" in done.stderr
    assert "max-age=63072000; includeSubDomains; preload" in told
    assert "upgrade-insecure-requests" in told
    [cookie] = [
        line
        for line in told.splitlines()
        if line.startswith("__Host-csrftoken=")
    ]
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=Lax"} < {
        part.strip() for part in cookie.split(";")
    }
    assert "Domain" not in cookie
    assert "https://catalogue.example.org/about/" in told


# Files of others


def test_an_attachment_keeps_its_type_and_is_named():
    answer = attached(HttpResponse("a,b", content_type="text/csv"), "näme.csv")

    assert answer["Content-Type"] == "text/csv"
    assert (
        answer["Content-Disposition"]
        == "attachment; filename*=utf-8''n%C3%A4me.csv"
    )
