"""Long imports on SQLite: nobody else waits while they are worked out, and nobody sees anything
of them before the end.
"""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, transaction

from catalogue.database import apart
from catalogue.files.importing import running, services
from catalogue.models import Classification, ImportBatch, Mitigation
from serving import processes
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    MitigationFactory,
    TaxonomyFactory,
    UserFactory,
)

from .test_importing import as_csv, checked, new

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "sqlite",
        reason="PostgreSQL has many writers at a time.",
    ),
]
OPTIONS = {"document": "paper", "scheme": "acme", "publish": True}
#: What differs from one run to the next: moments, and the revisions that are made of them.
OF_THE_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?|\b1[78]\d{14}\b",
)


@pytest.fixture
def file(migrated, tmp_path, monkeypatch):
    """The default database is a file, as that of a site is. Gives its path."""
    path = tmp_path / "catalogue.sqlite3"
    migrated.copy_to(str(path))
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    connection.connection, connection.settings_dict["NAME"] = None, str(path)
    yield path
    connection.close()
    connection.connection, connection.settings_dict["NAME"] = in_memory, name


@pytest.fixture
def user(file):
    return UserFactory(is_superuser=True, username="ann")


@pytest.fixture
def batch(file, user):
    """Two additions and two changes, one of them of what is published."""
    document = DocumentFactory(slug="paper")
    taxonomy = TaxonomyFactory(slug="main", is_default=True)
    for code in ("1", "2"):
        CategoryFactory(taxonomy=taxonomy, code=code)
    seen = MitigationFactory(
        document=document,
        name="Seen",
        status="published",
    )
    draft = MitigationFactory(
        document=document,
        name="Drafted",
        status="draft",
    )
    rows = [
        new(n, code=str(n), rationale="It fits.", accession="") for n in (1, 2)
    ]
    rows += [
        {
            "accession": one.accession,
            "name": f"{one.name} anew",
            "code": "2",
            "rationale": "So.",
        }
        for one in (seen, draft)
    ]
    return checked(*rows, user=user, **OPTIONS)


def step(batch, name, user):
    running.claim(batch, name)
    running.take_in_process(batch, name, user)
    batch.refresh_from_db()


def by_somebody_else(file: Path, statement: str = ""):
    """On a connection of their own, which does not wait. Gives what the statement finds, if
    anything.
    """
    with closing(
        sqlite3.connect(file, timeout=0, isolation_level=None),
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        found = other.execute(statement).fetchall() if statement else []
        other.execute("COMMIT")
        return found


SEEN = "SELECT (SELECT count(*) FROM catalogue_mitigation WHERE name LIKE '%anew' OR name LIKE 'Measure%'), number FROM catalogue_revision"


@pytest.mark.parametrize("name", ["commit", "undo"])
def test_others_write_while_a_long_step_is_worked_out_and_see_nothing_of_it(
    file,
    batch,
    user,
    monkeypatch,
    name,
):
    if name == "undo":
        step(batch, "commit", user)
    before = by_somebody_else(file, SEEN)
    meanwhile = []
    monkeypatch.setattr(
        processes.Beat,
        "__call__",
        lambda self, done: meanwhile.append(by_somebody_else(file, SEEN)),
    )
    monkeypatch.setattr(processes.Beat, "again", lambda self: None)

    step(batch, name, user) if name == "commit" else services_undo(batch, user)

    assert meanwhile
    assert meanwhile == [before] * len(meanwhile)
    assert by_somebody_else(file, SEEN) != before


def services_undo(batch, user):
    ImportBatch.objects.filter(pk=batch.pk).update(undo_reason="An old sheet.")
    batch.refresh_from_db()
    step(batch, "undo", user)


def all_rows(file: Path) -> dict[str, list[str]]:
    """By table, without moments, and without how the index of words is laid out."""
    with closing(sqlite3.connect(file)) as database:
        names = [
            name
            for (name,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'",
            )
        ]
        kept = [
            name
            for name in names
            if not name.endswith(("_data", "_idx", "_sequence"))
        ]
        rows = {
            name: database.execute(f'SELECT * FROM "{name}"').fetchall()
            for name in kept
        }
        rows["keys"] = database.execute(
            "SELECT name, seq FROM sqlite_sequence WHERE seq > 0",
        ).fetchall()
        rows["triggers"] = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
        ).fetchall()
        for index in ("catalogue_search", "catalogue_words"):
            database.execute(
                f"INSERT INTO {index}({index}, rank) VALUES ('integrity-check', 0)",
            )
    return {
        name: sorted(OF_THE_MOMENT.sub("…", repr(row)) for row in found)
        for name, found in rows.items()
    }


@pytest.mark.parametrize("name", ["commit", "undo"])
def test_what_is_carried_over_is_what_the_step_writes(
    file,
    batch,
    user,
    tmp_path,
    monkeypatch,
    name,
):
    if name == "undo":
        step(batch, "commit", user)
        ImportBatch.objects.filter(pk=batch.pk).update(
            undo_reason="An old sheet.",
        )
    connection.close()
    beside = tmp_path / "beside.sqlite3"
    with (
        closing(sqlite3.connect(file)) as source,
        closing(sqlite3.connect(beside)) as target,
    ):
        source.backup(target)
    running.claim(batch, name)
    running.take_in_process(batch, name, user)
    connection.close()

    connection.settings_dict["NAME"] = str(beside)
    monkeypatch.setattr(running, "taken_apart", lambda step, **given: step())
    running.claim(batch, name)
    running.take_in_process(batch, name, user)
    connection.close()

    carried, written = all_rows(file), all_rows(beside)
    assert [name for name in written if carried[name] != written[name]] == []


def as_a_step(file, monkeypatch, meanwhile: str) -> list[int]:
    """Somebody else does something the first time that a step is worked out. Gives, later, how
    often it was.
    """
    times = []
    commit = services.commit

    def watched(*of, **given):
        times.append(1)
        result = commit(*of, **given)
        if len(times) == 1:
            by_somebody_else(file, meanwhile)
        return result

    monkeypatch.setattr(services, "commit", watched)
    return times


@pytest.mark.parametrize("is_first_primary", [True, False])
def test_rows_that_take_each_others_place_are_carried_over(
    file,
    tmp_path,
    is_first_primary,
):
    one = MitigationFactory()
    taxonomy = TaxonomyFactory()
    places = [
        ClassificationFactory(
            mitigation=one,
            taxonomy=taxonomy,
            category=CategoryFactory(taxonomy=taxonomy),
            is_primary=is_primary,
        )
        for is_primary in (is_first_primary, not is_first_primary)
    ]

    def swap():
        with transaction.atomic():
            for is_primary in (False, True):
                rows = Classification.objects.filter(
                    pk__in=[
                        place.pk
                        for place in places
                        if place.is_primary != is_primary
                    ],
                )
                rows.update(is_primary=is_primary)
        return connection.settings_dict["NAME"]

    assert apart.taken_apart(swap, folder=tmp_path / "imports") != str(
        file,
    )  # on a copy

    primary = {place.pk: not place.is_primary for place in places}
    assert (
        dict(
            Classification.objects.filter(mitigation=one).values_list(
                "pk",
                "is_primary",
            ),
        )
        == primary
    )


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE catalogue_document SET title = 'Another'",
        "INSERT INTO auth_group (name) VALUES ('Curious')",
        "UPDATE catalogue_importbatch SET file_name = 'other.csv'",
    ],
)
def test_a_step_is_taken_anew_only_where_somebody_wrote_what_it_is_about(
    file,
    batch,
    user,
    monkeypatch,
    meanwhile,
):
    times = as_a_step(file, monkeypatch, meanwhile)

    step(batch, "commit", user)

    assert len(times) == (1 if "auth_group" in meanwhile else 2)
    assert (
        batch.state,
        Mitigation.objects.filter(name__startswith="Measure").count(),
    ) == (
        "committed",
        2,
    )


def test_who_lost_the_right_meanwhile_does_not_import(
    file,
    batch,
    user,
    monkeypatch,
):
    as_a_step(file, monkeypatch, "UPDATE auth_user SET is_superuser = 0")

    step(batch, "commit", user)

    assert (
        batch.state,
        Mitigation.objects.filter(name__startswith="Measure").count(),
    ) == (
        "checked",
        0,
    )


def test_where_somebody_always_writes_the_step_is_taken_on_the_database_itself(
    file,
    batch,
    user,
    monkeypatch,
):
    monkeypatch.setattr(
        apart.Copy,
        "_check_that_nothing_moved",
        lambda *of: (_ for _ in ()).throw(apart.Moved),
    )
    times = as_a_step(file, monkeypatch, "SELECT 1")

    step(batch, "commit", user)

    assert (len(times), batch.state) == (apart.TRIES + 1, "committed")


def test_what_breaks_off_while_it_is_carried_over_leaves_nothing_behind(
    file,
    batch,
    user,
    monkeypatch,
):
    write = apart.Copy._write
    monkeypatch.setattr(apart.Copy, "_write", lambda *of: (write(*of), 1 / 0))
    before = all_rows(file)

    step(batch, "commit", user)

    batch.notes = []
    batch.save()
    changed = {
        name for name, rows in all_rows(file).items() if rows != before[name]
    }
    assert (batch.state, changed) == (
        "checked",
        {"catalogue_importbatch"},
    )  # whose state before is noted
    monkeypatch.setattr(apart.Copy, "_write", write)
    step(batch, "commit", user)
    assert batch.state == "committed"


def test_a_copy_has_no_password_and_is_taken_away_also_when_its_process_was_killed(
    file,
    batch,
    user,
    tmp_path,
):
    left = tmp_path / "imports" / "apart-left"
    left.mkdir(parents=True)
    (left / "lock").touch()
    found = []

    def look():
        copy = Path(connection.settings_dict["NAME"])
        found.append(
            (
                copy.parent.stat().st_mode & 0o77,
                get_user_model().objects.get().password,
            ),
        )
        return left.exists()

    assert apart.taken_apart(look, folder=tmp_path / "imports") is False
    assert found == [(0, "")]
    assert list((tmp_path / "imports").iterdir()) == []


def test_the_command_reads_its_file_while_others_write(
    file,
    batch,
    tmp_path,
    monkeypatch,
):
    (tmp_path / "sheet.csv").write_bytes(as_csv(new(7), new(8)))
    monkeypatch.setattr(
        "catalogue.management.commands.import_records._move",
        lambda bar, done: by_somebody_else(file),
    )

    call_command(
        "import_records",
        tmp_path / "sheet.csv",
        document="paper",
        scheme="acme",
        commit=True,
    )

    assert (
        Mitigation.objects.filter(name__in=["Measure 7", "Measure 8"]).count()
        == 2
    )
