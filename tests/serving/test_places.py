"""Whatever becomes of an answer that holds a place, it gives it back."""

import pytest
from django.conf import settings

from config.wsgi import django_application
from serving import streams
from serving.answers import PublicAnswers
from tests.factories import DocumentFactory, MitigationFactory
from tests.reading import ask

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("kept_connection"),
]

ADDRESSES = [
    "/data/catalogue.sqlite3",
    "/data/mappings.csv",
    "/data/changes.csv",
    "/sitemap.xml",
    "/api/v1/mitigations/?format=csv",
    "/api/v1/mitigations/?format=json",
    "/api/v1/mitigations/?format=xlsx",
    "/api/v1/mitigations/?format=parquet",
    "/api/v1/mitigations/?format=csv&nothing=1",
    "/api/v1/documents/nothing/?format=json",
    "/data/taxonomies/nothing.ttl",
]
HEADERS = [
    {},
    {"Range": "bytes=0-9"},
    {"Range": "bytes=999999999-"},
    {"Accept-Encoding": "gzip"},
    {"If-None-Match": "*"},
]


def free() -> int:
    """How many places nobody holds."""
    places, taken = streams.places_for_files(settings.WEB_THREADS), 0
    while places.acquire(blocking=False):
        taken += 1
    for _ in range(taken):
        places.release()
    return taken


@pytest.mark.parametrize("is_kept", [True, False])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_place_is_given_back(address, is_kept):
    MitigationFactory(document=DocumentFactory())
    site = PublicAnswers(django_application) if is_kept else django_application
    before = free()

    for headers in HEADERS:
        first = ask(site, address, headers=headers)
        if etag := first.headers.get("etag"):
            ask(site, address, headers={"If-None-Match": etag})
            ask(site, address, headers={"If-Match": '"another"'})

    assert free() == before


@pytest.mark.parametrize("query", ["format=csv", "format=json&nothing=1"])
def test_an_answer_that_is_whole_holds_no_place_while_it_is_sent(
    client,
    query,
):
    before = free()

    response = client.get(f"/api/v1/mitigations/?{query}")

    assert (response.streaming, free()) == (False, before)
