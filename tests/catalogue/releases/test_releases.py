"""Releases: what is frozen stays as it was, whatever happens afterwards."""

import hashlib
import json
import re

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.urls import reverse
from django.utils import timezone

from catalogue import reading
from catalogue.curation import double_coding
from catalogue.files.exports.formats import FORMATS
from catalogue.models import (
    Category,
    CodingUnit,
    LifecyclePhase,
    Mitigation,
    Release,
    ReleaseContent,
    ReleaseCutting,
)
from catalogue.releases import copies, cutting, files, running
from catalogue.releases.cutting import CannotCut, NothingChanged, cut
from serving import processes
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    MappingFactory,
    MitigationFactory,
    TaxonomyFactory,
    UserFactory,
)
from tests.files import sent
from tests.reading import Readers
from tests.surveys.factories import make_study

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
NUMBER = "2026.11"
BASE = "http://testserver"
#: Of a draft, and of all that only leads to drafts.
MARK = "Zebrafish"
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


@pytest.fixture
def catalogue():
    """Two published mitigations that are mapped to each other, and a draft."""
    taxonomy = TaxonomyFactory(slug="measures", is_default=True)
    category = CategoryFactory(taxonomy=taxonomy, code="2.3", name="Audits")
    document = DocumentFactory(slug="a-report", label="A report")
    one = MitigationFactory(
        accession="M0001",
        name="Watermark what models write",
        document=document,
        phases=1,
    )
    LifecyclePhase.objects.update(slug="phase-of-use", name="Use")
    two = MitigationFactory(
        accession="M0002",
        name="Red-team models",
        document=document,
    )
    for mitigation in (one, two):
        ClassificationFactory(mitigation=mitigation, category=category)
    MappingFactory(source=one, target=two)
    MitigationFactory(
        accession="M0003",
        name=f"{MARK} draft",
        status="draft",
        document=document,
    )
    return one


def contents(client, paths):
    return {path: sent(client.get(path)) for path in paths}


# What it answers


@pytest.mark.engine
def test_answers_from_a_release_are_the_same_after_all_that_happens_later(
    client,
    catalogue,
):
    cut(NUMBER, base_url=BASE)
    before = contents(client, ANSWERS)

    Category.objects.update(name="Renamed")
    Mitigation.objects.filter(accession="M0003").update(status="published")
    Mitigation.objects.filter(accession="M0002").update(status="draft")
    catalogue.name, catalogue._change_reason = "Another name", "Why not"
    catalogue.save()
    catalogue.classifications.all().delete()
    LifecyclePhase.objects.all().delete()
    catalogue.document.title = "Another title"
    catalogue.document.save()

    assert contents(client, ANSWERS) == before
    assert (
        client.get("/api/v1/mitigations/").json()["results"][0]["name"]
        != "Watermark what models write"
    )


def test_a_release_is_searched_and_filtered_as_today_is(client, catalogue):
    today = client.get(
        "/api/v1/mitigations/?q=watermarking&facets=phase&category=2.3",
    ).json()

    cut(NUMBER)

    then = client.get(
        "/api/v1/mitigations/?q=watermarking&facets=phase&category=2.3&release=2026.11",
    ).json()
    assert [one["accession"] for one in then["results"]] == ["M0001"]
    assert then["facets"] == [{**facet} for facet in today["facets"]]


def test_links_of_a_release_lead_into_the_release(client, catalogue):
    cut(NUMBER)

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
    catalogue,
):
    cut(NUMBER)
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


def test_things_keep_their_names_in_linked_data(client, catalogue):
    cut(NUMBER, base_url=BASE)

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
def test_a_release_has_nothing_but_what_is_published(client, catalogue, path):
    cut(NUMBER)

    assert client.get(path).status_code == 404


def test_what_is_of_all_releases_is_of_none(client, catalogue):
    cut(NUMBER)

    assert (
        client.get("/releases/2026.11/data/changes/").headers["Location"]
        == "/data/changes/"
    )
    assert client.get("/api/v1/releases/?release=2026.11").status_code == 400


def test_an_unknown_release_is_refused_with_those_that_there_are(
    client,
    catalogue,
):
    cut(NUMBER)

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


def test_two_releases_cannot_be_asked_for_at_once(client, catalogue):
    cut(NUMBER)

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
    catalogue,
):
    cut(NUMBER)
    readers = Readers()
    paths = [
        "/api/v1/mitigations/?release=2026.11",
        "/releases/2026.11/mitigations/M0001/",
    ]
    first = [readers.get(path) for path in paths]
    today = readers.get("/api/v1/mitigations/")

    Mitigation.objects.filter(pk=catalogue.pk).update(name="Another name")
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


# What is in it


def test_no_draft_gets_into_a_release(client, catalogue):
    draft = Mitigation.objects.get(accession="M0003")
    MappingFactory(source=catalogue, target=draft, note=f"{MARK} mapped")
    ClassificationFactory(mitigation=draft, rationale=f"{MARK} placed")
    study = make_study()
    study.title = f"{MARK} study"
    study.save()
    study.criteria.update(question=f"{MARK} asked")
    study.criteria.get().scale.points.update(label=f"{MARK} point")
    study.items.update(wording=f"{MARK} item")

    release = cut(NUMBER)

    assert MARK not in "".join(files.lines_of_copy(release))
    assert MARK.encode() not in b"".join(files.lines_of_records(release))
    assert all(
        MARK.encode() not in b"".join(files.stored_bytes(file))
        for file in release.files.all()
    )
    assert (
        client.get("/api/v1/mitigations/M0003/?release=2026.11").status_code
        == 404
    )


def test_counts_checksums_and_files_are_told_in_the_api(client, catalogue):
    release = cut(NUMBER, title="First", notes="Begin here.", base_url=BASE)

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
    catalogue,
):
    """As docs/releases.md says."""
    cut(NUMBER, base_url=BASE)
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


def test_exports_name_the_release_or_the_last_one(client, catalogue):
    def about(query=""):
        return json.loads(
            sent(client.get(f"/api/v1/mitigations/?format=json{query}")),
        )["about"]

    assert about()["last_release"] is None

    cut(NUMBER)

    now, then = about(), about("&release=2026.11")
    assert (now["release"], now["last_release"]) == (None, NUMBER)
    assert (then["release"], then["query"]) == (NUMBER, {"release": [NUMBER]})
    assert "2026.11" in then["citation"]
    assert "2026.11" not in now["citation"]


@pytest.mark.parametrize("form", ["bib", "ris", "json"])
def test_a_release_is_cited_with_its_number(client, catalogue, form):
    cut(NUMBER)

    cited = client.get(
        reverse("release-cite", args=[NUMBER, form]),
    ).content.decode()

    assert "2026.11" in cited
    assert f"{BASE}/data/releases/2026.11/" in cited


# Cutting


def test_what_has_not_changed_is_cut_only_by_who_says_so(catalogue):
    cut(NUMBER)

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
def test_a_number_that_does_not_fit_is_refused(catalogue, number, message):
    cut(NUMBER)

    with pytest.raises(CannotCut, match=re.escape(message)):
        cut(number, even_so=True)


def test_an_empty_catalogue_can_be_cut_by_who_says_so(client):
    with pytest.raises(NothingChanged, match="Nothing is published yet"):
        cut(NUMBER)
    cut(NUMBER, even_so=True)

    assert (
        client.get("/api/v1/mitigations/?release=2026.11").json()["results"]
        == []
    )
    assert client.get("/releases/2026.11/").status_code == 200


@pytest.mark.engine
def test_of_two_who_cut_at_once_the_second_is_told(catalogue, monkeypatch):
    write = cutting._write_files

    def slow(release, *rest):
        """While its files are written, somebody else cuts another."""
        if release.number == "2026.12":
            cut(NUMBER)
        return write(release, *rest)

    monkeypatch.setattr(cutting, "_write_files", slow)

    with pytest.raises(
        CannotCut,
        match="Somebody else cut release 2026.11 meanwhile",
    ):
        cut("2026.12")
    assert [release.number for release in Release.objects.all()] == [NUMBER]


@pytest.mark.engine
@pytest.mark.parametrize("at", [0, 3])
def test_what_is_broken_off_leaves_nothing(catalogue, monkeypatch, at):
    stored, store = [], files.store_file

    def broken(release, file):
        if len(stored) == at:
            raise KeyboardInterrupt
        stored.append(store(release, file))

    monkeypatch.setattr(files, "store_file", broken)

    with pytest.raises(KeyboardInterrupt):
        cut(NUMBER)
    assert not Release.objects.exists()
    assert not ReleaseContent.objects.exists()


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
@pytest.mark.parametrize("table", CHANGES)
def test_nothing_of_a_release_can_be_changed_or_deleted_by_raw_sql_either(
    catalogue,
    table,
):
    cut(NUMBER)

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


def test_every_column_of_a_release_is_frozen_but_for_who_cut_it():
    from catalogue.database import public

    models = (
        Release,
        *(related.related_model for related in Release._meta.related_objects),
        ReleaseContent,
    )
    for model in models:
        columns = {field.column for field in model._meta.concrete_fields} - {
            "cut_by_id",
        }
        assert set(public.FROZEN_COLUMNS[model._meta.db_table]) == columns


def test_the_account_of_who_cut_it_can_be_deleted(client, catalogue):
    user = UserFactory(username="Ada Curator")
    cut(NUMBER, user=user)
    assert "Ada" not in client.get("/data/releases/2026.11/").content.decode()

    user.delete()

    assert Release.objects.get().cut_by is None


# The copy that it is read from


def test_a_copy_is_made_anew_where_it_is_gone(client, catalogue):
    release = cut(NUMBER)
    path = "/api/v1/mitigations/?release=2026.11"
    before = client.get(path).content
    for file in copies.cache_folder().glob(f"{release.number}-*"):
        file.unlink()

    assert client.get(path).content == before


def test_a_copy_of_damaged_rows_is_never_read(catalogue):
    release = cut(NUMBER)
    release.copy_checksum = "0" * 64

    with pytest.raises(
        copies.BrokenRelease,
        match="restore the database from a backup",
    ):
        copies.open_copy(release)
    assert not list(copies.cache_folder().glob(f"{NUMBER}-{'0' * 16}-*"))


def test_tables_of_a_copy_are_those_that_migrations_lead_to(tmp_path):
    made = copies.add_alias(
        "release-made",
        tmp_path / "made",
        is_read_only=False,
    )
    copies._create_tables(made)

    try:
        assert _schema(made) == _schema("default")
    finally:
        copies.remove_alias(made)


def _schema(alias):
    """Tables of models and their indexes, with all that is declared of them, in whichever order."""
    tables = [
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
    ]
    places = ", ".join(["%s"] * len(tables))
    with connections[alias].cursor() as cursor:
        cursor.execute(
            f"SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL AND tbl_name IN ({places})",
            tables,
        )
        return {
            name: sorted(filter(None, re.split(r"[,()\s]+", sql)))
            for name, sql in cursor.fetchall()
        }


def test_rows_of_an_earlier_version_are_brought_forward(catalogue, tmp_path):
    release = cut(NUMBER)
    release.migrations = {
        "catalogue": "0002_revision",
        "surveys": "0004_coding_and_publishing",
    }

    copies.build_copy(
        tmp_path / "forward.sqlite3",
        release,
        files.lines_of_copy(release),
    )

    with (
        copies.reading_of(tmp_path / "forward.sqlite3", release) as source,
        reading.reading_from(source),
    ):
        assert list(
            Mitigation.objects.published().values_list("accession", flat=True),
        ) == [
            "M0001",
            "M0002",
        ]
    assert Mitigation.objects.count() == 3


# The command and the page of curators


def test_the_command_cuts_and_before_that_says_what_it_would_be(
    catalogue,
    capsys,
):
    call_command("cut_release", NUMBER, dry_run=True)
    assert "mitigations: 2 added" in capsys.readouterr().out
    assert not Release.objects.exists()

    call_command("cut_release", NUMBER, notes="Begin here.")
    assert Release.objects.get().notes == "Begin here."
    with pytest.raises(
        CommandError,
        match="Nothing has changed since 2026.11. To cut it all the same, add --even-so",
    ):
        call_command("cut_release", "2026.12")


@pytest.mark.parametrize(("may_cut", "status"), [(False, 403), (True, 200)])
def test_only_who_may_cut_a_release_gets_to_the_page(
    client,
    catalogue,
    may_cut,
    status,
):
    client.force_login(UserFactory(is_staff=True, is_superuser=may_cut))

    assert (
        client.get(reverse("admin:catalogue_release_cut")).status_code
        == status
    )


def test_who_may_publish_nothing_cuts_no_release_whatever_was_granted_before(
    client,
    catalogue,
):
    curator = UserFactory(is_staff=True)
    curator.user_permissions.add(
        Permission.objects.get(codename="cut_release"),
    )
    client.force_login(curator)

    assert (
        client.get(reverse("admin:catalogue_release_cut")).status_code == 403
    )


def test_a_curator_sees_what_a_release_would_be_and_cuts_it(client, catalogue):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    page, asked = (
        reverse("admin:catalogue_release_cut"),
        {"number": NUMBER, "title": "First", "notes": "Begin here."},
    )

    seen = client.post(page, {**asked, "preview": "1"}).content.decode()
    assert "Nothing has been written yet" in seen
    assert not Release.objects.exists()

    assert (
        client.post(page, {**asked, "apply": "1"}).headers["Location"]
        == "/data/releases/2026.11/"
    )
    again = client.post(page, {**asked, "number": "2026.12", "apply": "1"})
    assert again.status_code == 409
    assert (
        "Nothing has changed since 2026.11. Tick the box"
        in again.content.decode()
    )
    assert (
        client.post(
            page,
            {**asked, "number": "2026.12", "apply": "1", "even_so": "on"},
        ).status_code
        == 302
    )
    assert (
        client.get(reverse("admin:catalogue_release_changelist")).status_code
        == 200
    )


@pytest.fixture
def run_started(monkeypatch):
    """Every catalogue is large. Processes are started when this is called, one after the other,
    and not before.
    """
    commands = []
    monkeypatch.setattr(running, "FEW", 0)
    monkeypatch.setattr(
        running.transaction,
        "on_commit",
        lambda callback: callback(),
    )
    monkeypatch.setattr(
        processes,
        "start",
        lambda *arguments: commands.append(arguments),
    )

    def run():
        while commands:
            call_command(*commands.pop(0))

    return run


def test_a_large_release_is_looked_at_and_cut_in_a_process_of_its_own(
    client,
    catalogue,
    run_started,
):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    page, asked = (
        reverse("admin:catalogue_release_cut"),
        {"number": NUMBER, "title": "First", "notes": "Begin here."},
    )

    wish = client.post(page, {**asked, "preview": "1"}).headers["Location"]
    assert "0 of 2 parts are done" in client.get(wish).text
    assert client.get(page).headers["Location"] == wish
    run_started()
    seen = client.get(wish).text
    assert "Nothing has been written yet" in seen
    assert "Begin here." in seen
    assert not Release.objects.exists()

    wish = client.post(page, {**asked, "apply": "1"}).headers["Location"]
    assert "Release 2026.11 is being cut" in client.get(wish).text
    run_started()
    assert client.get(wish).headers["Location"] == "/data/releases/2026.11/"
    assert Release.objects.get().title == "First"
    assert LogEntry.objects.get().change_message == "Cut release 2026.11"

    wish = client.post(
        page,
        {**asked, "number": "2026.12", "apply": "1"},
    ).headers["Location"]
    run_started()
    answer = client.get(wish)
    assert (
        answer.status_code,
        "Nothing has changed since 2026.11. Tick the box" in answer.text,
    ) == (
        409,
        True,
    )


def test_one_large_release_is_worked_at_after_another_and_one_that_broke_off_holds_up_none(
    client,
    catalogue,
    run_started,
):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    page, asked = (
        reverse("admin:catalogue_release_cut"),
        {"number": NUMBER, "apply": "1"},
    )
    wish = client.post(page, asked).headers["Location"]

    assert (
        "Release 2026.11 is being worked at just now"
        in client.post(page, asked).text
    )

    ReleaseCutting.objects.update(
        beat_at=timezone.now() - 2 * processes.SILENCE,
    )
    assert (
        "It was interrupted, and nothing was stored" in client.get(wish).text
    )
    assert client.post(page, asked).status_code == 302


def test_the_page_of_a_release_at_work_counts_the_parts_there_are(catalogue):
    done = []

    cut(NUMBER, progress=done.append)

    assert done == list(range(1, cutting.parts() + 1))


@pytest.mark.parametrize("form", FORMATS)
def test_the_list_of_releases_comes_in_every_format(catalogue, client, form):
    cut(NUMBER, base_url=BASE)

    answer = client.get(f"/api/v1/releases/?format={form}")

    assert answer.status_code == 200
    assert sent(answer)


def test_a_release_is_cut_once_mitigations_were_coded_by_two(
    client,
    catalogue,
):
    category, coders = (
        Category.objects.get(code="2.3"),
        UserFactory.create_batch(2),
    )
    double_coding.assign(
        mitigations=[catalogue],
        taxonomy=category.taxonomy,
        coders=coders,
    )
    unit = CodingUnit.objects.get()
    for coder in coders:
        double_coding.record_choice(
            unit=unit,
            coder=coder,
            category=category,
            confidence="high",
            rationale="So.",
        )

    cut(NUMBER)

    answer = client.get(f"/api/v1/mitigations/?release={NUMBER}").json()
    assert [one["accession"] for one in answer["results"]] == [
        "M0001",
        "M0002",
    ]
