"""A lost database comes back from a backup, on the engine that the tests run on."""

import re

import pytest
from django.core.management import CommandError, call_command

from catalogue.backups import content_checksum
from catalogue.models import Mitigation
from tests.factories import MitigationFactory
from tests.site import Site, own_database

#: In one process: most of its time goes into starting.
LOSE_AND_RESTORE = """
from pathlib import Path
from django.core.management import call_command
from catalogue.backups import content_checksum
from catalogue.models import Mitigation
from tests.factories import MitigationFactory
MitigationFactory.create_batch(20)
call_command("backup", {file!r})
call_command("flush", interactive=False, verbosity=0)
print("Lost:", content_checksum(), Mitigation.objects.count())
try:
    call_command("restore", {bad!r}, yes=True)
except BaseException as error:
    print("Refused:", type(error).__name__, Mitigation.objects.count())
call_command("restore", {file!r}, yes=True)
print("Back:", Mitigation.objects.count())
Mitigation.objects.update(name="Written after")
print("After a write:", content_checksum())
"""


def test_a_lost_database_comes_back_whole(tmp_path, migrated):
    (tmp_path / "bad").write_text("no backup")
    script = LOSE_AND_RESTORE.format(file=str(tmp_path / "saved"), bad=str(tmp_path / "bad"))

    with own_database(tmp_path, migrated) as database:
        said = Site(tmp_path, **database).manage("shell", "--command", script)

    before, lost, back, after = re.findall(r"[0-9a-f]{64}", said)
    assert before == back
    assert len({before, lost, after}) == 3
    assert "Refused: CommandError 0" in said
    assert "Back: 20" in said


@pytest.mark.django_db
def test_the_checksum_is_of_what_readers_see():
    MitigationFactory(name="Before")
    before = content_checksum()

    Mitigation.objects.update(name="After")

    assert content_checksum() != before


def test_a_backup_replaces_no_file(tmp_path):
    (tmp_path / "there").write_text("of another day")

    with pytest.raises(CommandError, match="is there already: name another file"):
        call_command("backup", tmp_path / "there")
    assert (tmp_path / "there").read_text() == "of another day"


def test_a_restore_asks_whether_what_is_there_may_go(tmp_path):
    with pytest.raises(CommandError, match="back it up first, and then add --yes"):
        call_command("restore", tmp_path / "any")
