"""What a release answers, whatever is written after it was cut: what is frozen stays as it was.
One is cut for all of these tests, and what a test writes after that is rolled back.
"""

import hashlib
import json
import re

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from catalogue.files.exports.formats import FORMATS
from catalogue.models import (
    Category,
    LifecyclePhase,
    Mitigation,
    Release,
    ReleaseContent,
)
from catalogue.releases import copies
from catalogue.releases.cutting import CannotCut, NothingChanged, cut
from tests.files import sent
from tests.reading import Readers
from tests.states import made_once

from .test_releases import BASE, NUMBER, two_and_a_draft

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
#: Addresses in a release, of the API and of pages.
ANSWERS = [
    "/api/v1/mitigations/?release=2026.11&facets=phase,category&include=document,mappings,history",
    "/api/v1/mitigations/?release=2026.11&q=watermark&phase=phase-of-use",
    "/api/v1/mitigations/?release=2026.11&category=2.3&ordering=-name&fields=accession,name",
    "/api/v1/mitigations/M0001/?release=2026.11&include=evidence,comments,history",
    "/api/v1/mitigations/?release=2026.11&format=csv",
    "/api/v1/mitigations/?release=2026.11&format=ndjson",
    "/api/v1/mitigations/?release=2026.11&format=json",
    "/api/v1/categories/?release=2026.11",
    "/api/v1/documents/?release=2026.11",
    "/api/v1/mappings/?release=2026.11",
    "/releases/2026.11/",
    "/releases/2026.11/mitigations/?category=2.3",
    "/releases/2026.11/mitigations/M0001/",
    "/releases/2026.11/taxonomies/measures/2.3/",
    "/releases/2026.11/data/",
    "/data/releases/2026.11/",
    "/data/releases/2026.11/records.ndjson",
    "/data/changes/?from=nothing&to=2026.11",
    *[
        f"/data/releases/2026.11/{name}"
        for name in (
            "mitigations.xlsx",
            "catalogue.sqlite3",
            "mappings.ttl",
            "SHA256SUMS",
        )
    ],
]


@made_once
def cut_once():
    two_and_a_draft()
    cut(NUMBER, title="First", notes="Begin here.", base_url=BASE)


@pytest.fixture
def release(cut_once, db):
    return Release.objects.get()


def contents(client, paths):
    return {path: sent(client.get(path)) for path in paths}


CHANGES = {
    "catalogue_release": (
        "title = 'Other'",
        "counts = NULL",
        "checksum = 'x'",
    ),
    "catalogue_releasecontent": ("body = '{}'",),
    "catalogue_releaserecord": ("kind = 'x'",),
    "catalogue_releasefile": ("size = 1",),
    "catalogue_releasepiece": ("body = NULL",),
}


@pytest.mark.engine
def test_answers_from_a_release_are_the_same_after_all_that_happens_later(
    client,
    release,
):
    before = contents(client, ANSWERS)

    Category.objects.update(name="Renamed")
    Mitigation.objects.filter(accession="M0003").update(status="published")
    Mitigation.objects.filter(accession="M0002").update(status="draft")
    first = Mitigation.objects.get(accession="M0001")
    first.name, first._change_reason = "Another name", "Why not"
    first.save()
    first.classifications.all().delete()
    LifecyclePhase.objects.all().delete()
    first.document.title = "Another title"
    first.document.save()

    assert contents(client, ANSWERS) == before
    assert (
        client.get("/api/v1/mitigations/").json()["results"][0]["name"]
        != "Watermark what models write"
    )


def test_a_release_is_searched_and_filtered_as_today_is(client, release):
    today = client.get(
        "/api/v1/mitigations/?q=watermarking&facets=phase&category=2.3",
    ).json()

    then = client.get(
        "/api/v1/mitigations/?q=watermarking&facets=phase&category=2.3&release=2026.11",
    ).json()
    assert [one["accession"] for one in then["results"]] == ["M0001"]
    assert then["facets"] == [{**facet} for facet in today["facets"]]


def test_links_of_a_release_lead_into_the_release(client, release):
    record = client.get("/api/v1/mitigations/M0001/?release=2026.11").json()
    page = client.get("/releases/2026.11/mitigations/M0001/").content.decode()

    assert record["page_url"] == f"{BASE}/releases/2026.11/mitigations/M0001/"
    assert client.get(record["api_url"].removeprefix(BASE)).json() == record
    assert set(
        re.findall(r'href="(/(?!static|releases/2026\.11/)[^"]*)"', page),
    ) == {
        "/data/releases/2026.11/",
        "/mitigations/M0001/",
    }
    next_page = client.get(
        "/api/v1/mitigations/?release=2026.11&page_size=1",
    ).json()["next"]
    assert (
        client.get(next_page)
        .json()["results"][0]["api_url"]
        .startswith(f"{BASE}/releases/2026.11/api/")
    )


def test_from_a_page_of_a_release_readers_write_to_the_editors_about_that_page(
    client,
    release,
):
    page = client.get("/releases/2026.11/mitigations/M0001/").content.decode()
    [link] = re.findall(r'<a id="feedback-link" href="([^"]*)"', page)

    form = client.get(link, follow=True)

    assert form.redirect_chain == [
        (
            "/feedback/?page=%2Freleases%2F2026.11%2Fmitigations%2FM0001%2F",
            302,
        ),
    ]
    assert (
        'value="/releases/2026.11/mitigations/M0001/"' in form.content.decode()
    )


def test_things_keep_their_names_in_linked_data(client, release):
    assert sent(
        client.get("/releases/2026.11/data/taxonomies/measures.ttl"),
    ) == sent(client.get("/data/taxonomies/measures.ttl"))
    assert b"/releases/" not in sent(
        client.get("/data/releases/2026.11/taxonomy-measures.ttl"),
    )


@pytest.mark.parametrize(
    "path",
    [
        "/releases/2026.11/admin/",
        "/releases/2026.11/releases/2026.11/",
        "/releases/2026.11/answer/x/",
    ],
)
def test_a_release_has_nothing_but_what_is_published(client, release, path):
    assert client.get(path).status_code == 404


def test_what_is_of_all_releases_is_of_none(client, release):
    assert (
        client.get("/releases/2026.11/data/changes/").headers["Location"]
        == "/data/changes/"
    )
    assert client.get("/api/v1/releases/?release=2026.11").status_code == 400
    # What changed since is told by today's pages alone.
    page = client.get("/releases/2026.11/about/").content.decode()
    assert "/changes/" not in page


def test_an_unknown_release_is_refused_with_those_that_there_are(
    client,
    release,
):
    refused = client.get("/api/v1/mitigations/?release=2026.1")
    page = client.get("/releases/2026.1/mitigations/")

    assert (refused.status_code, refused["Content-Type"]) == (
        400,
        "application/problem+json",
    )
    [error] = refused.json()["errors"]
    assert (error["parameter"], error["allowed"], error["suggestion"]) == (
        "release",
        [NUMBER],
        NUMBER,
    )
    assert page.status_code == 404
    assert 'href="/releases/2026.11/"' in page.content.decode()


def test_two_releases_cannot_be_asked_for_at_once(client, release):
    assert (
        client.get(
            "/api/v1/mitigations/?release=2026.11&release=2026.12",
        ).status_code
        == 400
    )
    assert (
        client.get(
            "/releases/2026.11/api/v1/mitigations/?release=2026.12",
        ).status_code
        == 400
    )


@pytest.mark.usefixtures("kept_connection")
def test_kept_answers_of_a_release_outlast_todays_and_never_mix_with_them(
    release,
):
    readers = Readers()
    paths = [
        "/api/v1/mitigations/?release=2026.11",
        "/releases/2026.11/mitigations/M0001/",
    ]
    first = [readers.get(path) for path in paths]
    today = readers.get("/api/v1/mitigations/")

    Mitigation.objects.filter(accession="M0001").update(name="Another name")
    rendered = readers.rendered
    again = [readers.get(path) for path in paths]

    assert readers.rendered == rendered
    assert [(read.body, read.etag) for read in again] == [
        (read.body, read.etag) for read in first
    ]
    assert (
        first[0].headers["cache-control"]
        == "public, max-age=31536000, immutable"
    )
    assert (
        readers.get(paths[0], headers={"If-None-Match": first[0].etag}).status
        == 304
    )
    assert (
        first[0].body != today.body != readers.get("/api/v1/mitigations/").body
    )


def test_counts_checksums_and_files_are_told_in_the_api(client, release):
    [told] = client.get("/api/v1/releases/").json()["results"]
    assert told == client.get("/api/v1/releases/2026.11/").json()
    assert told["counts"]["mitigation"] == 2
    assert told["changes"]["mitigation"] == {"added": 2}
    assert (told["number"], told["previous"], told["checksum"]) == (
        NUMBER,
        None,
        release.checksum,
    )
    assert {
        "mitigations.csv",
        "mitigations.parquet",
        "catalogue.sqlite3",
        "taxonomy-measures.ttl",
        "dictionary.json",
    } <= {file["name"] for file in told["files"]}
    assert NUMBER in told["citation"]


def test_anybody_can_compute_the_checksums_from_the_downloads(
    client,
    release,
):
    """As docs/releases.md says."""
    told = client.get("/api/v1/releases/2026.11/").json()
    records = sent(client.get(told["records_url"].removeprefix(BASE)))

    assert hashlib.sha256(records).hexdigest() == told["checksum"]
    lines = [json.loads(line) for line in records.decode().splitlines()]
    assert [(one["kind"], one["key"]) for one in lines] == sorted(
        (one["kind"], one["key"]) for one in lines
    )
    written = [
        json.dumps(
            one,
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        )
        for one in lines
    ]
    assert "".join(f"{line}\n" for line in written).encode() == records

    sums = dict(
        reversed(line.split("  "))
        for line in sent(client.get("/data/releases/2026.11/SHA256SUMS"))
        .decode()
        .splitlines()
    )
    for name, sha256 in sums.items():
        assert (
            hashlib.sha256(
                sent(client.get(f"/data/releases/2026.11/{name}")),
            ).hexdigest()
            == sha256
        )
    assert sums.keys() == {
        "records.ndjson",
        *(file["name"] for file in told["files"]),
    }


@pytest.mark.parametrize("form", ["bib", "ris", "json"])
def test_a_release_is_cited_with_its_number(client, release, form):
    cited = client.get(
        reverse("release-cite", args=[NUMBER, form]),
    ).content.decode()

    assert "2026.11" in cited
    assert f"{BASE}/data/releases/2026.11/" in cited


def test_what_has_not_changed_is_cut_only_by_who_says_so(release):
    with pytest.raises(
        NothingChanged,
        match="Nothing has changed since 2026.11",
    ):
        cut("2026.11.1")
    assert cut("2026.11.1", even_so=True).changes["mitigation"] == {
        "left as it was": 2,
    }
    # What is the same is stored once.
    assert (
        ReleaseContent.objects.count()
        == Release.objects.first().records.count()
    )


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (
            "2026.11",
            "There is a release 2026.11 already: 2026.11.1 would be the next",
        ),
        (
            "2026.10",
            "2026.11 is the last release, and 2026.10 would come before it",
        ),
        ("2026.13", "A release is a year and a month, such as 2026.11"),
        ("2026.11.01", "A release is a year and a month"),
        ("٢٠٢٦.11", "A release is a year and a month"),
    ],
)
def test_a_number_that_does_not_fit_is_refused(release, number, message):
    with pytest.raises(CannotCut, match=re.escape(message)):
        cut(number, even_so=True)


@pytest.mark.engine
@pytest.mark.parametrize("table", CHANGES)
def test_nothing_of_a_release_can_be_changed_or_deleted_by_raw_sql_either(
    release,
    table,
):
    for statement in [
        f"DELETE FROM {table}",
        *(f"UPDATE {table} SET {change}" for change in CHANGES[table]),
    ]:
        with (
            pytest.raises(DatabaseError, match="releases_are_never_changed"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_a_copy_is_made_anew_where_it_is_gone(client, release):
    path = "/api/v1/mitigations/?release=2026.11"
    before = client.get(path).content
    for file in copies.cache_folder().glob(f"{release.number}-*"):
        file.unlink()

    assert client.get(path).content == before


def test_a_copy_of_damaged_rows_is_never_read(release):
    release.copy_checksum = "0" * 64

    with pytest.raises(
        copies.BrokenRelease,
        match="restore the database from a backup",
    ):
        copies.open_copy(release)
    assert not list(copies.cache_folder().glob(f"{NUMBER}-{'0' * 16}-*"))


@pytest.mark.parametrize(
    "form",
    [form.name for form in FORMATS.values() if not form.is_of_references],
)
def test_the_list_of_releases_comes_in_every_format_of_records(
    release,
    client,
    form,
):
    answer = client.get(f"/api/v1/releases/?format={form}")

    assert answer.status_code == 200
    assert sent(answer)


def test_this_page_today_keeps_the_filters(client, release):
    page = client.get("/releases/2026.11/mitigations/?category=2.3&view=table")

    today = 'href="/mitigations/?category=2.3&amp;view=table">This page today'
    assert today in page.content.decode()


def test_what_a_page_does_not_read_is_not_led_on_from_it(client, release):
    page = client.get("/releases/2026.11/about/?from=letter")

    assert 'href="/about/">This page today' in page.content.decode()


def test_the_address_of_a_release_is_found_without_its_last_slash(
    client,
    release,
):
    assert client.get("/releases/2026.11").headers["Location"] == (
        "/releases/2026.11/"
    )
    assert client.get("/releases/2026.12").status_code == 404
