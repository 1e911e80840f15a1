"""Releases: what gets into one, and who cuts it how. What one answers then is in
`test_answers_of_a_release.py`.
"""

import json
import re

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from catalogue import reading
from catalogue.curation import double_coding
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
from tests.surveys.factories import make_study

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
NUMBER = "2026.11"
BASE = "http://testserver"
#: Of a draft, and of all that only leads to drafts.
MARK = "Zebrafish"


def two_and_a_draft() -> Mitigation:
    """Two published mitigations that are mapped to each other, and a draft. Gives the
    first.
    """
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


@pytest.fixture
def catalogue():
    return two_and_a_draft()


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
    # Nothing has changed since.
    assert "2026.11" in now["citation"]

    catalogue.name = "Another name"
    catalogue.save()

    assert "2026.11" not in about()["citation"]


# Cutting


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


def test_tables_of_a_copy_are_those_that_migrations_lead_to(tmp_path):
    made = copies.add_alias(
        "release-made",
        tmp_path / "made",
        is_read_only=False,
    )
    copies._create_tables(made, apps)

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


@pytest.mark.parametrize(
    "migrations",
    [
        # The version that cut the first releases: before, there were none.
        {"catalogue": "0005_releases", "surveys": "0005_workflow"},
        # One whose migrations have been squashed since.
        {"catalogue": "0005_gone", "surveys": "0005_workflow"},
    ],
    ids=["known", "gone"],
)
def test_rows_of_an_earlier_version_are_brought_forward(
    catalogue,
    tmp_path,
    migrations,
):
    release = cut(NUMBER)
    release.migrations = migrations

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


def test_a_release_of_before_there_were_instruments_shows_that_there_are_none(
    client,
    catalogue,
    monkeypatch,
):
    earlier = {"catalogue": "0019_synonyms", "surveys": "0005_workflow"}
    with monkeypatch.context() as patch:
        patch.setattr(copies, "migrations_now", lambda: earlier)
        cut(NUMBER)
    assert Release.objects.get().migrations == earlier

    listed = client.get(f"/releases/{NUMBER}/instruments/")
    assert "None is listed yet." in listed.content.decode()
    assert client.get(f"/releases/{NUMBER}/crosswalk/").status_code == 200
    page = client.get(f"/releases/{NUMBER}/mitigations/M0001/")
    assert "Not yet looked at" in page.content.decode()


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
