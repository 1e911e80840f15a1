"""An import that is killed, at any moment, leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys

import pytest

from tests.site import ROOT, Site, own_database

ROWS = 4_000
#: Rows that the bar has behind it when the command is killed: of checking, and of importing.
MOMENTS = [
    *(("Checking", rows) for rows in (0, 1000, 2000, 3000, ROWS)),
    *(("Importing", rows) for rows in (0, 1000, 2000, 3000, ROWS)),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory, django_db_setup, django_db_blocker):
    folder = tmp_path_factory.mktemp("killed")
    with django_db_blocker.unblock(), own_database(folder) as environment:
        site = Site(folder, **environment)
        site.manage("migrate", "-v0")
        site.manage("load_catalogue")
        lines = ["key,name,description,document,code,rationale,phases"]
        for n in range(ROWS):
            lines.append(f"{n},Measure {n},Somebody does thing {n}.,uuk-2024,1,It belongs there.,deploy | monitor")
        (folder / "sheet.csv").write_text("\n".join(lines))
        yield site


def command(site, *options):
    return [sys.executable, "manage.py", "import_records", str(site.log.parent / "sheet.csv"), "--scheme", "acme", "--coder", "A",
            "--commit", *options]  # fmt: skip


SNAPSHOT = """
import hashlib
from django.db import connection
digest = hashlib.sha256()
with connection.cursor() as cursor:
    for table in sorted(connection.introspection.table_names(cursor)):
        cursor.execute(f'SELECT * FROM "{table}"')
        digest.update(repr((table, sorted(map(repr, cursor.fetchall())))).encode())
print("DIGEST", digest.hexdigest())
"""


def snapshot(site) -> str:
    """Of every row of every table."""
    return re.search(r"DIGEST (\w+)", site.manage("shell", "-v0", "-c", SNAPSHOT))[1]


def kill_at(site, step: str, rows: int) -> None:
    process = subprocess.Popen(
        command(site, "--progress"), cwd=ROOT, env=site.environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True, bufsize=1,
    )  # fmt: skip
    told = ""
    while letter := process.stderr.read(1):
        told += letter
        found = re.findall(rf"{step}: +(?:\d+%\|[^|]*\| )?(\d+)", told)
        if found and int(found[-1]) >= rows:
            break
    assert process.poll() is None, told
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()


def test_a_killed_import_leaves_the_database_as_it_was_and_a_second_run_of_a_whole_one_changes_nothing(site):
    before = snapshot(site)
    for step, rows in MOMENTS:
        kill_at(site, step, rows)
        assert snapshot(site) == before, (step, rows)

    site.manage(*command(site)[2:])
    imported = snapshot(site)
    again = site.manage(*command(site)[2:])

    assert imported != before
    assert f"0 added, 0 changed, {ROWS:,} left" in again
    assert snapshot(site) == imported
