"""Addresses that come from a newsletter: pages open as without what was added, the API says
what it does not know.
"""

import re

import pytest

from serving.trackers import without_trackers
from tests.factories import MitigationFactory
from tests.reading import Readers
from tests.surveys.factories import make_study

ADDED = [
    "utm_source=x",
    "UTM_Campaign=May",
    "fbclid=1",
    "gclid=1",
    "msclkid=1",
    "mc_cid=1",
    "ref=x",
    "_hsenc=p2",
    "_hsmi=9",
]
PAGES = [
    "/?",
    "/mitigations/?",
    "/mitigations/?view=table",
    "/studies/{slug}/?",
    "/data/changes/?",
    "/feedback/?",
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ""),
        ("utm_source=x", ""),
        ("phase=deploy&utm_source=x&q=a%26b", "phase=deploy&q=a%26b"),
        ("utm%5Fsource=x&q=ref", "q=ref"),
        (
            "reference=1&utm=1&mc=2&prefix_utm_source=3",
            "reference=1&utm=1&mc=2&prefix_utm_source=3",
        ),
    ],
)
def test_only_trackers_leave_the_query_of_a_page(query, expected):
    assert without_trackers("/mitigations/", query) == expected


@pytest.mark.parametrize(
    "path",
    ["/api/v1/mitigations/", "/admin/catalogue/mitigation/"],
)
def test_the_query_of_what_is_no_page_stays(path):
    assert without_trackers(path, "q=a&utm_source=x") == "q=a&utm_source=x"


@pytest.mark.any_engine
@pytest.mark.django_db
def test_pages_open_from_a_newsletter(client):
    slug = make_study(status="published").slug
    for page in PAGES:
        address = page.format(slug=slug)
        plain = client.get(address.rstrip("?"))
        assert plain.status_code == 200
        # Each that stayed would be refused.
        answer = client.get("&".join([address, *ADDED]))
        assert answer.status_code == 200, address


@pytest.mark.any_engine
@pytest.mark.django_db
def test_no_link_of_a_page_carries_a_tracker_on(client):
    MitigationFactory.create_batch(30)
    page = client.get(
        "/mitigations/?utm_source=x&fbclid=1&view=table",
    ).content.decode()

    assert "page=2" in page
    assert re.search(r"utm_source|fbclid", page) is None


@pytest.mark.any_engine
@pytest.mark.django_db
def test_a_page_still_refuses_what_is_no_tracker(client):
    assert (
        client.get("/mitigations/?utm_source=x&phse=deploy").status_code == 400
    )


@pytest.mark.any_engine
@pytest.mark.django_db
def test_the_api_refuses_a_tracker(client):
    answer = client.get("/api/v1/mitigations/?utm_source=x")

    assert answer.status_code == 400
    assert "utm_source" in answer.json()["detail"]


@pytest.mark.any_engine
@pytest.mark.django_db
@pytest.mark.usefixtures("kept_connection")
def test_all_readers_of_a_newsletter_are_given_one_kept_answer():
    readers = Readers()
    for number in range(3):
        readers.get(f"/mitigations/?view=table&fbclid={number}")

    assert readers.rendered == 1
