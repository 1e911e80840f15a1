"""A lost database comes back from a backup, on the engine that the tests run on."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from catalogue.management.commands import backup
from catalogue.models import Mitigation
from catalogue.operations import backups
from catalogue.operations.backups import content_checksum
from tests.factories import MitigationFactory
from tests.site import Site, lose, own_database

SEED = """
from django.contrib.auth.models import User
from catalogue.models import Feedback
from tests.factories import ClassificationFactory, MappingFactory
User.objects.create_superuser("ada", password="x")
for place in ClassificationFactory.create_batch(20):
    place.mitigation.name += ", changed"
    place.mitigation.save()
MappingFactory()
Feedback.objects.create(kind="error", text="It is misspelt.", revision=1)
"""
#: Everything, readers' and curators' and what nobody reads, by its digest; and whether what
#: guards the data came back too.
TELL = """
import hashlib
from django.apps import apps
from django.db import IntegrityError, transaction
from catalogue import revision
from catalogue.operations.backups import content_checksum
from catalogue.models import Mitigation
for model in sorted(apps.get_models(include_auto_created=True), key=lambda model: model._meta.label):
    rows = list(model._base_manager.order_by("pk").values_list())
    print("Rows of", model._meta.label, len(rows), hashlib.sha256(repr(rows).encode()).hexdigest())
print("Checksum", content_checksum())
with transaction.atomic():
    before = revision.current()[0]
    Mitigation.objects.update(name="Written after")
    print("Moves:", revision.current()[0] > before, "Differs:", content_checksum())
    transaction.set_rollback(True)
try:
    Mitigation.objects.filter(pk=Mitigation.objects.first().pk).update(accession="M9999")
except Exception as error:
    print("Refused:", type(error).__name__)
"""


def told(site, first="") -> list[str]:
    """What stands in the database. Each command starts a process, which takes most of the time."""
    return site.manage(
        "shell",
        "--no-imports",
        "--command",
        first + TELL,
    ).splitlines()


def test_a_lost_database_comes_back_whole(tmp_path, migrated):
    """The file is removed, or the database dropped; the commands alone bring it back, into a
    new one.
    """
    saved, bad = str(tmp_path / "saved"), tmp_path / "bad"
    bad.write_text("no backup")
    with own_database(tmp_path, migrated) as database:
        site = Site(tmp_path, **database)
        before = told(site, first=SEED)
        written = site.manage("backup", saved)

        lose(database)
        with pytest.raises(
            AssertionError,
            match=r"no whole database|pg_restore failed",
        ):
            site.manage("restore", str(bad), "--yes")
        # What is left of it, where it is a file: nothing.
        assert not [
            path
            for path in tmp_path.glob("catalogue.sqlite3*")
            if path.stat().st_size
        ]
        restored = site.manage("restore", saved, "--yes")
        after = told(site)

    [at_backup], [at_restore] = (
        re.findall(r"[0-9a-f]{64}", said) for said in (written, restored)
    )
    assert at_backup == at_restore
    assert f"Checksum {at_backup}" in before
    assert after == before
    rows = dict(
        line.split()[2:4] for line in after if line.startswith("Rows of")
    )
    assert (
        rows["auth.User"],
        rows["catalogue.Feedback"],
        rows["catalogue.Classification"],
    ) == (
        "1",
        "1",
        "20",
    )
    assert int(rows["catalogue.HistoricalMitigation"]) >= 40
    assert after[-2].startswith("Moves: True")
    assert at_backup not in after[-2]
    assert after[-1].startswith("Refused: ")


@pytest.mark.django_db
def test_the_checksum_is_of_what_readers_see():
    MitigationFactory(name="Before")
    before = content_checksum()

    Mitigation.objects.update(name="After")

    assert content_checksum() != before


def test_a_backup_replaces_no_file(tmp_path):
    (tmp_path / "there").write_text("of another day")

    with pytest.raises(
        CommandError,
        match="is there already: name another file",
    ):
        call_command("backup", tmp_path / "there")
    assert (tmp_path / "there").read_text() == "of another day"


@pytest.mark.django_db
def test_a_backup_of_tables_of_older_code_is_one(
    tmp_path,
    monkeypatch,
    capsys,
):
    """The first step of an upgrade, where the new code was fetched already."""

    def lacks_a_column():
        raise OperationalError("no such column")

    monkeypatch.setattr(
        backups,
        "_copy",
        lambda source, target: target.write_text("all of it"),
    )
    monkeypatch.setattr(
        backups,
        "_run",
        lambda *command: (tmp_path / "before.part").write_text("all of it"),
    )
    monkeypatch.setattr(backup, "content_checksum", lacks_a_column)

    call_command("backup", tmp_path / "before")

    assert (tmp_path / "before").read_text() == "all of it"
    assert "The backup is whole all the same" in capsys.readouterr().out


def test_a_restore_asks_whether_what_is_there_may_go(tmp_path):
    with pytest.raises(
        CommandError,
        match="back it up first, and then add --yes",
    ):
        call_command("restore", tmp_path / "any")
