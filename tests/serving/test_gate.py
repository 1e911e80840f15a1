"""What is refused before it is read, and how often a client may ask."""

import json
import logging

import pytest

from config.wsgi import django_application
from serving import gate
from serving.answers import PublicAnswers
from serving.gate import Gate
from tests.factories import MitigationFactory
from tests.reading import ask
from tests.serving.test_shared_answers import redis_server, shared  # noqa: F401 - fixtures

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("kept_connection", "one_minute"),
]
LIST, API = "/mitigations/", "/api/v1/mitigations/"
RATE = [
    "ratelimit-policy",
    "ratelimit",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
]


@pytest.fixture
def now():
    return [1_800_000_020.5]


@pytest.fixture
def one_minute(monkeypatch, now):
    """Time stands still, twenty seconds into a minute."""
    monkeypatch.setattr(gate.time, "time", lambda: now[0])


@pytest.fixture
def limited(settings):
    settings.API_REQUESTS_PER_MINUTE = 3
    return Gate(PublicAnswers(django_application))


def statuses(application, times, path=API, **asked):
    return [ask(application, path, **asked).status for _ in range(times)]


def test_the_answer_says_where_a_client_stands(limited):
    answers = [ask(limited, API) for _ in range(2)]

    assert [answers[-1].headers[name] for name in RATE] == [
        '"api";q=3;w=60',
        '"api";r=1;t=40',
        "3",
        "1",
        "40",
    ]


def test_one_request_too_many_is_a_problem_that_says_how_long_to_wait(limited):
    statuses(limited, 3)

    answer = ask(limited, API)

    assert (answer.status, answer.headers["content-type"]) == (
        429,
        "application/problem+json",
    )
    assert (
        answer.headers["retry-after"],
        answer.headers["ratelimit-remaining"],
    ) == (
        "40",
        "0",
    )
    assert json.loads(answer.body)["status"] == 429
    assert "40 s" in json.loads(answer.body)["detail"]
    assert answer.headers["access-control-allow-origin"] == "*"


def test_kept_answers_count_and_carry_the_count_of_who_asks(limited):
    MitigationFactory()
    first, second = (
        ask(limited, API),
        ask(limited, API, REMOTE_ADDR="192.0.2.7"),
    )

    assert first.etag == second.etag
    assert second.headers["ratelimit-remaining"] == "2"


def test_an_answer_not_modified_counts(limited):
    etag = ask(limited, API).etag

    answer = ask(limited, API, headers={"If-None-Match": etag})

    assert (answer.status, answer.headers["ratelimit-remaining"]) == (304, "1")


def test_the_next_minute_begins_anew(limited, now):
    assert statuses(limited, 4) == [200, 200, 200, 429]

    now[0] += 40

    assert ask(limited, API).status == 200


@pytest.mark.parametrize(
    "path",
    [LIST, "/", "/api/", "/static/css/site.css", "/robots.txt"],
)
def test_pages_and_files_are_not_counted(limited, path):
    answers = [ask(limited, path) for _ in range(5)]

    assert {answer.status for answer in answers} <= {
        200,
        404,
    }  # without collected files there is no style sheet
    assert not any(name in answers[-1].headers for name in RATE)


def test_asking_beforehand_is_not_counted(limited):
    asked = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "GET",
    }

    assert 429 not in statuses(limited, 5, method="OPTIONS", headers=asked)


def test_clients_are_counted_by_themselves(limited):
    statuses(limited, 4)

    assert ask(limited, API, REMOTE_ADDR="192.0.2.7").status == 200


def test_addresses_of_one_customer_are_one_client(limited):
    found = [
        ask(limited, API, REMOTE_ADDR=f"2001:db8:1:1::{n}").status
        for n in range(4)
    ]

    assert found == [200, 200, 200, 429]
    assert ask(limited, API, REMOTE_ADDR="2001:db8:1:2::1").status == 200


def test_what_a_client_says_of_its_address_is_not_believed(limited):
    found = [
        ask(limited, API, headers={"X-Forwarded-For": f"192.0.2.{n}"}).status
        for n in range(4)
    ]

    assert found == [200, 200, 200, 429]


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_adds(
    limited,
    settings,
):
    settings.NUM_PROXIES = 1

    forged = [
        ask(
            limited,
            API,
            headers={"X-Forwarded-For": f"192.0.2.{n}, 203.0.113.5"},
        ).status
        for n in range(4)
    ]
    other = ask(
        limited,
        API,
        headers={"X-Forwarded-For": "203.0.113.6"},
    ).status

    assert (forged, other) == ([200, 200, 200, 429], 200)


@pytest.mark.parametrize(
    "said",
    ["", ",", "unknown", "\xff", "203.0.113.5:99999, x"],
)
def test_no_forwarded_address_is_a_server_error(limited, settings, said):
    settings.NUM_PROXIES = 2

    assert ask(limited, API, headers={"X-Forwarded-For": said}).status == 200


def test_no_address_is_kept_or_logged(limited, caplog):
    caplog.set_level(logging.DEBUG)
    statuses(limited, 4, REMOTE_ADDR="192.0.2.7")

    assert len(limited.counter.tallies) == 1
    assert "192.0.2.7" not in f"{limited.counter.tallies} {caplog.text}"


def test_no_count_outlives_its_minute(limited, now):
    statuses(limited, 1, REMOTE_ADDR="192.0.2.7")

    now[0] += 60
    statuses(limited, 1, REMOTE_ADDR="192.0.2.8")

    assert len(limited.counter.tallies) == 1


def test_with_a_limit_of_zero_nobody_is_counted(settings):
    settings.API_REQUESTS_PER_MINUTE = 0

    answer = ask(Gate(django_application), API)

    assert answer.status == 200
    assert not any(name in answer.headers for name in RATE)


def test_processes_count_together(shared, settings):  # noqa: F811
    settings.API_REQUESTS_PER_MINUTE = 3
    one, two = (
        Gate(PublicAnswers(django_application)),
        Gate(PublicAnswers(django_application)),
    )

    found = [ask(process, API).status for process in (one, two, one, two)]

    assert found == [200, 200, 200, 429]


def test_a_process_hears_of_the_others_within_a_part_of_the_limit(
    shared,  # noqa: F811
    settings,
):
    settings.API_REQUESTS_PER_MINUTE = 100  # told five at a time
    one, two = (
        Gate(PublicAnswers(django_application)),
        Gate(PublicAnswers(django_application)),
    )

    statuses(one, 50)
    statuses(two, 5)

    assert (
        100 - 51 - 5 - 5
        <= int(ask(two, API).headers["ratelimit-remaining"])
        <= 100 - 46 - 6
    )


def test_where_the_cache_does_not_answer_each_process_counts_by_itself(
    shared,  # noqa: F811
    redis_server,  # noqa: F811
    limited,
    caplog,
):
    redis_server[1].kill()
    redis_server[1].wait()

    assert statuses(limited, 4) == [200, 200, 200, 429]
    assert "counts requests by itself" in caplog.text


@pytest.mark.parametrize(
    "path",
    [
        f"{API}?category=" + "9" * 100_000,
        f"{API}{'M' * 100_000}/",
        f"{LIST}?{'&' * 10_000}",
    ],
)
def test_an_address_that_is_too_long_is_refused(limited, path):
    answer = ask(limited, path)

    assert (answer.status, len(answer.body) < 1000) == (414, True)
    assert b"at most 8000" in answer.body


@pytest.mark.parametrize("path", [API, LIST])
@pytest.mark.parametrize(
    "name",
    ["Accept", "Accept-Encoding", "Cookie", "If-None-Match", "X-Something"],
)
def test_a_header_that_is_too_long_is_refused_by_name(limited, path, name):
    answer = ask(limited, path, headers={name: "," * 50_000})

    assert answer.status == 431
    assert name.encode() in answer.body


@pytest.mark.parametrize(
    "path",
    [f"{API}%00/", f"{LIST}M0001%00/", "/taxonomies/x/%00/", "/answer/%00/"],
)
def test_a_null_character_in_an_address_is_refused(limited, path):
    assert ask(limited, path).status == 400


# Signing in, and what is not read


def test_whoever_tries_many_names_from_one_place_is_told_to_wait(settings):
    settings.SIGN_INS_PER_MINUTE = 2
    application = Gate(lambda environ, start: (start("200 OK", []), [])[1])

    answers = [
        ask(application, "/admin/login/", method="POST") for _ in range(3)
    ]
    elsewhere = ask(
        application,
        "/admin/login/",
        method="POST",
        REMOTE_ADDR="192.0.2.9",
    )

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["retry-after"] == "60"
    assert [elsewhere.status, ask(application, "/admin/login/").status] == [
        200,
        200,
    ]


@pytest.mark.parametrize("path", ["/nope/", "/documents/nope/", LIST])
def test_an_address_with_a_thousand_parameters_is_refused(path):
    answer = ask(Gate(django_application), f"{path}?{'a=&' * 1001}")

    assert answer.status == 400
    assert b"more than 1000 parameters" in answer.body
