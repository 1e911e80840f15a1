"""Whatever is asked: never a server error, always short, and what is not read never leaves a
trace in the store.
"""

import json
from urllib.parse import quote

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from catalogue.listing.filters import MitigationFilter
from catalogue.listing.pagination import encode, list_mark
from catalogue.models import Mitigation
from catalogue.pages import layouts
from config.wsgi import django_application
from serving.answers import PublicAnswers
from serving.gate import Gate
from serving.parameters import MOST_TOLD
from tests.reading import ask

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue", "kept_connection"),
]
LIST, API, STUDY = (
    "/mitigations/",
    "/api/v1/mitigations/",
    "/studies/uuk-2024/",
)
LONG_ANSWER = 60_000  # bytes


@pytest.fixture
def site():
    return Gate(PublicAnswers(django_application))


def raw(application, path, query="", **asked):
    """Past everything that would encode it."""
    return ask(application, "/", PATH_INFO=path, QUERY_STRING=query, **asked)


def cursor(*values):
    """Of the list of mitigations by name."""
    return f"cursor={encode(list_mark(Mitigation.objects.all(), ['name', 'pk']), False, list(values))}"


REFUSED = {
    "a null character": "q=a%00b",
    "a null character in a name": "a%00=1",
    "no UTF-8 in a value": "category=%C3%28",
    "half of a surrogate pair": "phase=%ED%A0%80",
    "a long search": "q=" + "a" * 301,
    "a long value": "category=" + "9" * 7000,
    "a deep code": "category=" + ".".join("1" * 3000),
    "a long name": "a" * 7000 + "=1",
    "one value 10,000 times": "&".join(["category=2.3"] * 10_000),
    "10,000 values": "&".join(f"category={n}" for n in range(10_000)),
    "201 values": "&".join(["category=2.3"] * 201),
    "200 values that do not exist": "&".join(
        f"document=x{n}" for n in range(200)
    ),
    "10,000 parameters": "&".join(f"p{n}=1" for n in range(10_000)),
    "700 parameters": "&".join(f"p{n}=1" for n in range(700)),
    "more parameters than Django reads": "&".join(["a=1"] * 1500),
    "no moment": "updated_since=x",
    "a day that does not exist": "updated_since=2026-02-30",
    "a moment before the calendar": "updated_since=0001-01-01T00:00:00%2B23:59",
    "a moment after the calendar": "updated_since=9999-12-31T23:59:59-23:59",
    "digits of another script": "updated_since=%D9%A2%D9%A0%D9%A2%D9%A6-01-01",
    "two moments": "updated_since=2026-01-01&updated_since=2026-01-02",
    "an unknown order": "ordering=--name",
    "two orders": "ordering=name&ordering=code",
    "two taxonomies": "taxonomy=mitigations-v2&taxonomy=x",
}
REFUSED_BY_API = {
    **{
        f"page_size {size}": f"page_size={quote(size)}"
        for size in (
            "-1",
            "0",
            "1e9",
            "٣",
            "²",
            "9" * 5000,
            "1.5",
            "NaN",
            " 1",
        )
    },
    **{
        f"cursor {c[:12]}": f"cursor={quote(c)}"
        for c in ("zzz", "AAAA", "W10", "MQ", "e30", "bnVsbA", "é", "\x00")
    },
    "cursor with another value": f"ordering=name&{cursor('a', 1).replace('=', '=e')}",
    "cursor without its signature": f"ordering=name&{cursor('a', 1).rpartition('.')[0]}",
    "nested cursor": "cursor=" + "W1tb" * 1500,
    "cursor of another order": f"ordering=newest&{cursor('001', 1)}",
    "two cursors": "cursor=&cursor=",
    "an unknown format": "format=exe",
    "201 members": "fields=" + ",".join(["name"] * 201),
    "members that do not exist": "fields="
    + ",".join(f"n{n}" for n in range(200)),
    "an unknown facet": "facets=%ED%A0%80",
}
REFUSED_BY_PAGE = {
    **{
        f"page {page}": f"page={quote(page)}"
        for page in (
            "-1",
            "0",
            "٣",
            "1.5",
            "last",
            "NaN",
            "1e3",
            "+1",
            " 1",
            "9" * 5000,
        )
    },
    "page 40,000": "page=40000",
    "two pages": "page=1&page=2",
    "two layouts": "view=table&view=cards",
}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (path, query)
        for queries in (REFUSED, REFUSED_BY_API)
        for path, query in ((API, q) for q in queries.values())
    ]
    + [(LIST, query) for query in (REFUSED | REFUSED_BY_PAGE).values()],
    ids=[f"API, {name}" for name in REFUSED | REFUSED_BY_API]
    + [f"page, {name}" for name in REFUSED | REFUSED_BY_PAGE],
)
def test_it_is_refused_in_few_words_and_not_kept(site, path, query):
    answer = raw(site, path, query)

    assert answer.status in (400, 414), answer.body[:200]
    assert len(answer.body) < LONG_ANSWER
    assert not site.application.store.answers
    if path == API:
        assert answer.headers["content-type"] == "application/problem+json"
        assert json.loads(answer.body)["detail"]


def test_what_is_wrong_is_told_a_few_at_a_time(site):
    errors = json.loads(raw(site, API, REFUSED["700 parameters"]).body)[
        "errors"
    ]

    assert [error["parameter"] for error in errors] == [
        f"p{n}" for n in range(MOST_TOLD)
    ]


def test_too_many_values_are_refused_by_name_and_number(site):
    [error] = json.loads(raw(site, API, REFUSED["201 values"]).body)["errors"]

    assert error["parameter"] == "category"
    assert "at most 200 values, and has 201" in error["detail"]


def test_200_values_that_exist_are_read(site):
    assert raw(site, API, "&".join(["category=2.3"] * 200)).status == 200


def test_the_corrected_address_is_a_good_one_however_much_is_wrong(rf):
    query = (
        "&".join(f"zz{n}=1" for n in range(700))
        + "&phase=deploy&category=2.3&categoy=1&actor=nobody"
    )
    filters = MitigationFilter(
        rf.get(f"{LIST}?{query}").GET,
        extra=("page", "view"),
    )

    corrected = rf.get(
        LIST + layouts.corrected_query(filters, filters.problems),
    ).GET

    assert not MitigationFilter(corrected, extra=("page", "view")).problems
    assert corrected.getlist("phase") == ["deploy"]


@pytest.mark.parametrize(("path", "status"), [(LIST, 200), (API, 400)])
def test_a_search_for_blanks_is_none_on_a_page_and_refused_by_the_api(
    site,
    path,
    status,
):
    assert raw(site, path, "q=%20%20").status == status


@pytest.mark.parametrize(
    "query",
    [
        "sort=x",
        "sort=%00",
        "sort=name&sort=x",
        "category=%00",
        "category=" + "1." * 3000,
        "criterion=%ED%A0%80",
        "x=1",
        "&".join(f"p{n}=1" for n in range(700)),
        "risk_area=x",
        "expertise_area=x",
    ],
)
def test_a_study_refuses_what_it_does_not_know(site, query):
    answer = raw(site, STUDY, query)

    assert answer.status == 400
    assert len(answer.body) < LONG_ANSWER


PATHS = [
    "//",
    "//mitigations/",
    "/mitigations//",
    "/mitigations/M0001/.",
    "/mitigations/../",
    "/../../etc/passwd",
    "/%2e%2e/etc/passwd",
    "/mitigations/%254D0001/",
    "/mitigations./",
    "/mitigations/M0001./",
    "/static/../manage.py",
    "/static/%2e%2e/manage.py",
    "/static//etc/passwd",
    "/mitigations/\xff\xfe/",
    "/mitigations/\xed\xa0\x80/",
    "/taxonomies/mitigations-v2/99.99/",
    "/taxonomies/mitigations-v2/" + "1." * 3000 + "/",
    "/phases/\xd9\xa3/",
    "/studies/x/results.csv",
    "/mitigations/M0001/cite.exe",
    "/answer/x/",
    "/answer/\xff/",
    "/answer/" + "a" * 5000 + "/",
    "/answer/x/99999999999999999999999999/",
    "/answer/x/review/",
    "/api/v1/mitigations/\xff/",
    "/api/v1/mitigations/M0001.json/",
    "/api/v1/categories/:/",
    "/api/v1/categories/a:" + "9" * 3000 + "/",
    "/api/v1/comments/99999999999999999999999/",
    "/api/v1/mappings/1/",
    "/api/v1//mitigations/",
    "/api/v2/",
    "*",
    "http://evil/",
]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_there(site, path):
    answer = raw(site, path)

    assert answer.status in (400, 404), answer.status
    assert not site.application.store.answers


HEADERS = [
    *(
        {"Accept": accept}
        for accept in (
            "text/html",
            "application/xml",
            ";;;,,,/",
            "\xff",
            "",
            "*/json",
            "application/json;q=x",
        )
    ),
    *(
        {"Accept-Encoding": coding}
        for coding in (
            "x",
            "gzip;q=abc",
            "gzip;q=0,*;q=0",
            "identity;q=0",
            "\xff",
            "gzip;q=1e999",
            ",,",
        )
    ),
    *(
        {"Range": asked}
        for asked in ("bytes=0-10", "bytes=zz", "bytes=-0", "lines=1-")
    ),
    *(
        {"Host": host}
        for host in (
            "evil.example",
            "",
            "[::1",
            "testserver\x00",
            "a" * 5000,
            "testserver:99999999",
            "..",
        )
    ),
    *({"Origin": origin} for origin in ("null", "http://[::1", "\xff")),
    *(
        {"If-None-Match": etag}
        for etag in ("*", '"a', "W/" * 3000, "," * 7000)
    ),
    *(
        {"If-Modified-Since": date}
        for date in ("zz", "Thu, 99 Foo 99999999999 99:99:99 GMT")
    ),
    {"If-Unmodified-Since": "Mon, 01 Jan 1990 00:00:00 GMT"},
    {"If-Match": "zz"},
    {"Authorization": "\xff"},
    {"Referer": "\xff"},
    *(
        {"Cookie": cookie}
        for cookie in (
            ";;;=;sessionid",
            "sessionid=\x00\xff",
            "sessionid=" + "a" * 5000,
            "messages=z; csrftoken=\xff",
        )
    ),
    {"X-Forwarded-For": "z,,"},
    {"X-Http-Method-Override": "DELETE"},
    {"Hx-Request": "x", "Hx-Current-Url": "\xff"},
    {"Expect": "x"},
]


@pytest.mark.parametrize("headers", HEADERS, ids=str)
@pytest.mark.parametrize("path", [LIST, API, "/nothing/", "/api/v1/nothing/"])
def test_no_header_is_a_server_error(site, path, headers):
    answer = ask(site, path, headers=headers)

    assert answer.status in (200, 304, 400, 404, 406, 412)
    if path.startswith("/api/v") and answer.status in (400, 404, 406):
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "[::1", "testserver\x00", ".."],
)
@pytest.mark.parametrize("path", [LIST, API])
def test_a_wrong_host_is_refused(site, path, host):
    assert ask(site, path, headers={"Host": host}).status == 400


@pytest.mark.parametrize("path", [LIST, API])
@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "\xff;;;charset=x",
    ],
)
def test_a_body_is_not_read(site, path, kind):
    assert (
        ask(site, path, data=b"{%00&=" * 100, content_type=kind).status == 200
    )


text = st.text(
    alphabet=st.characters(exclude_categories=[]),
    max_size=60,
) | st.binary(max_size=60)
names = (
    st.sampled_from(
        [
            *MitigationFilter.base_filters,
            "ordering",
            "fields",
            "include",
            "facets",
            "page_size",
            "cursor",
            "page",
            "view",
        ],
    )
    | text
)


@given(
    st.sampled_from(
        [
            LIST,
            API,
            STUDY,
            "/api/v1/categories/",
            "/api/v1/mappings/",
            "/api/v1/comments/",
        ],
    ),
    st.lists(st.tuples(names, text), max_size=4),
)
def test_no_parameter_is_a_server_error(path, parameters):
    query = "&".join("=".join(map(_escaped, pair)) for pair in parameters)

    answer = raw(Gate(PublicAnswers(django_application)), path, query)

    assert answer.status in (200, 400, 404)
    assert len(answer.body) < LONG_ANSWER or answer.status == 200


@given(st.lists(text, max_size=5))
def test_no_path_is_a_server_error(parts):
    path = "/" + "/".join(
        quote(part)
        if isinstance(part, bytes)
        else part.encode(errors="surrogatepass").decode("latin-1")
        for part in parts
    )

    assert raw(Gate(PublicAnswers(django_application)), path).status < 500


ORDERS = st.sampled_from(
    [sign + name for name in MitigationFilter.ORDERINGS for sign in ("", "-")],
)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | text.filter(lambda t: isinstance(t, str))
    | st.datetimes().map(str)
)


@given(ORDERS, st.lists(VALUES, min_size=2, max_size=3))
def test_no_cursor_that_somebody_made_up_is_a_server_error(ordering, values):
    columns = MitigationFilter(QueryDict(f"ordering={ordering}")).order_columns
    signed = encode(
        list_mark(Mitigation.objects.all(), columns),
        False,
        values,
    )
    made_up = (
        encode(0, False, values).rpartition(".")[0]
        + signed[signed.rindex(".") :]
    )

    answer = raw(
        Gate(PublicAnswers(django_application)),
        API,
        f"ordering={ordering}&cursor={made_up}",
    )

    assert answer.status == 400


def _escaped(part):
    return quote(
        part
        if isinstance(part, bytes)
        else part.encode(errors="surrogatepass"),
    )


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/api/v1/mitigations/?m=m9999", "no published mitigation of this"),
        ("/api/v1/schema/?format=zzz", "Allowed: json."),
        ("/api/v1/schema/?version=2", "no parameter “version”. Allowed: for"),
        ("/api/v1/schema/?format=json&format=json", "more than once"),
        ("/mitigations.atom?page=2", "There is no parameter “page”. Allowed:"),
    ],
)
def test_what_is_refused_is_said_with_what_would_be_right(
    client,
    address,
    said,
):
    answer = client.get(address)

    assert answer.status_code == 400
    assert said in answer.json()["detail"]
