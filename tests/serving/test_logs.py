"""What the log says, and what it keeps to itself."""

import json
import logging

import pytest

from config.wsgi import django_application
from serving import logs
from serving.answers import PublicAnswers
from serving.gate import Gate
from tests.factories import MitigationFactory
from tests.reading import ask

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("kept_connection"),
]


@pytest.fixture
def lines():
    """What is written from here on, parsed."""
    written = []

    class Kept(logging.Handler):
        def emit(self, record):
            written.append(json.loads(self.format(record)))

    handler = Kept()
    handler.addFilter(logs.WithoutLinks())
    handler.setFormatter(logs.Lines())
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logs.requests.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)
    logs.requests.setLevel(logging.NOTSET)


@pytest.fixture
def site():
    return Gate(PublicAnswers(django_application))


def of_requests(lines):
    return [line for line in lines if line["logger"] == "catalogue.requests"]


def test_each_request_is_one_line_that_says_nothing_of_who_asked(site, lines):
    MitigationFactory(accession="M0001")
    headers = {
        "User-Agent": "a browser of mine",
        "Cookie": "a=secret",
        "X-Forwarded-For": "198.51.100.7",
    }

    answers = [
        ask(
            site,
            "/mitigations/?q=what+I+look+for",
            headers=headers,
            REMOTE_ADDR="198.51.100.9",
        )
        for _ in range(2)
    ]

    told = of_requests(lines)  # the second was kept ready
    assert [line["request_id"] for line in told] == [
        answer.headers["x-request-id"] for answer in answers
    ]
    assert [
        (line["method"], line["path"], line["status"]) for line in told
    ] == [("GET", "/mitigations/", 200)] * 2
    assert all(line["ms"] >= 0 for line in told)
    for secret in ("198.51.100", "browser of mine", "secret", "look"):
        assert secret not in json.dumps(lines)


def test_no_line_is_written_where_the_log_is_not_that_loud(site, lines):
    logs.requests.setLevel(logging.WARNING)
    ask(site, "/robots.txt")

    assert of_requests(lines) == []


def test_what_a_stranger_asks_for_does_not_fill_the_log(site, lines):
    ask(site, "/nothing/" + "x" * 7_000)

    told = [line.get("path") or line["message"] for line in lines]
    assert any("/nothing/xxx" in text for text in told)
    assert all(len(text) < 1_100 for text in told)
    assert any(text.endswith("… (7009 characters)") for text in told)


@pytest.mark.parametrize(
    "path",
    ["/feedback/T0ken-of-one/", "/preview/T0ken-of-one/M0001/"],
)
def test_links_that_open_a_door_are_in_no_line(site, lines, path):
    ask(site, path)
    logging.getLogger("django.request").warning("Not Found: %s", path)
    try:
        raise ValueError(f"at http://testserver{path}")
    except ValueError:
        logging.getLogger("catalogue").exception("Failed")

    assert len(lines) >= 3
    assert "T0ken" not in json.dumps(lines, ensure_ascii=False)
    assert "/…" in json.dumps(lines, ensure_ascii=False)


@pytest.mark.parametrize(
    "path",
    [
        "/answer/T0ken-of-one/",
        "/answer/T0ken-of-one/3/",
        "/releases/1/answer/T0ken-of-one/",
    ],
)
def test_no_line_says_that_an_expert_asked_for_something(site, lines, path):
    ask(site, path)
    logging.getLogger("django.request").warning("Not Found: %s", path)
    logging.getLogger("django.server").info('"POST %s HTTP/1.1" 302 0', path)

    assert lines == []


def test_a_failure_of_an_experts_page_is_told_without_token_and_row(lines):
    said = 'duplicate key\nDETAIL:  Key (pseudonym)=(c0ffee) already exists.\nat "/answer/T0ken-of-one/3/"'
    try:
        raise ValueError(said)
    except ValueError:
        logging.getLogger("django.request").exception(
            "Internal Server Error: %s",
            "/answer/T0ken-of-one/3/",
        )

    [line] = lines
    assert line["message"] == "Internal Server Error: /answer/…/3/"
    assert "duplicate key" in line["traceback"]
    assert "c0ffee" not in line["traceback"]
    assert "T0ken" not in line["traceback"]


@pytest.mark.parametrize("name", ["django.db.backends", "django.template"])
def test_statements_and_what_pages_are_made_from_are_not_logged_at_any_level(
    settings,
    name,
):
    """They hold what experts answer, and their tokens."""
    assert settings.LOGGING["loggers"][name] == {"level": "INFO"}


def test_a_failure_carries_the_id_and_the_traceback(site, lines):
    logs.begin_request("a-name-of-ours")
    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("catalogue").exception("Failed: %s", "midway")

    [line] = lines
    assert (line["level"], line["message"], line["request_id"]) == (
        "ERROR",
        "Failed: midway",
        "a-name-of-ours",
    )
    assert "ValueError: broken" in line["traceback"]
    assert line["time"].endswith("Z")


@pytest.mark.parametrize(
    ("given", "proxies", "is_taken"),
    [
        ("from-our-proxy-1", 1, True),
        ("from-anybody-1", 0, False),
        ("short", 1, False),
        ("with space 12", 1, False),
        ("a" * 65, 1, False),
    ],
)
def test_a_request_is_called_as_our_proxy_calls_it(
    site,
    settings,
    given,
    proxies,
    is_taken,
):
    settings.NUM_PROXIES = proxies

    answer = ask(site, "/robots.txt", headers={"X-Request-ID": given})

    assert (answer.headers["x-request-id"] == given) is is_taken
    assert logs.GIVEN_ID.fullmatch(answer.headers["x-request-id"])


def test_wrong_passwords_leave_no_name_and_no_address_in_the_log(
    site,
    lines,
    client,
):
    from axes.models import AccessAttempt

    for _ in range(6):
        client.post(
            "/admin/login/",
            {"username": "my-real-password", "password": "x"},
            REMOTE_ADDR="198.51.100.9",
        )

    assert "my-real-password" not in json.dumps(lines)
    assert "198.51.100.9" not in json.dumps(lines)
    assert AccessAttempt.objects.get().ip_address.startswith("fd")


def test_who_sends_too_many_fields_is_no_error_of_the_site(client, lines):
    one = MitigationFactory()
    answer = client.post(
        f"/shortlist/brief/?m={one.accession}",
        "a=1&" * 1001,
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 400
    assert [one for one in lines if one["level"] == "ERROR"] == []
