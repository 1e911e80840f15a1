"""An import that is killed, at any moment, leaves nothing behind."""

import hashlib
import os
import re
import signal
import sqlite3
from contextlib import closing

import pytest

from tests.site import Site, own_database

pytestmark = [pytest.mark.any_engine, pytest.mark.django_db]
#: More than one batch of a thousand, which is how rows are checked and written.
ROWS = 1_100
#: What the bar shows when the command is killed: the step, and at least how many rows it has
#: behind it. First, before it shows anything.
MOMENTS = [
    ("", 0),
    ("Checking", 0),
    ("Checking", ROWS),
    ("Importing", 0),
    ("Importing", 1000),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory, loaded, django_db_blocker):
    folder = tmp_path_factory.mktemp("killed")
    with (
        django_db_blocker.unblock(),
        own_database(folder, loaded) as environment,
    ):
        site = Site(folder, **environment)
        lines = ["key,name,description,document,code,rationale,phases"]
        for n in range(ROWS):
            lines.append(
                f"{n},Measure {n},Somebody does thing {n}.,uuk-2024,1,It belongs there.,deploy | plan-design",
            )
        (folder / "sheet.csv").write_text("\n".join(lines))
        yield site


def command(site, *options):
    return [
        "import_records",
        str(site.log.parent / "sheet.csv"),
        "--scheme",
        "acme",
        "--coder",
        "A",
        "--commit",
        *options,
    ]


def ask(site, query: str, *values) -> list[tuple]:
    """What the database answers, past Django: it is asked often."""
    path = site.environment["DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query, values).fetchall()


def snapshot(site) -> str:
    """Of every row of every table."""
    digest = hashlib.sha256()
    for (name,) in ask(
        site,
        "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
    ):
        rows = ask(site, f'SELECT * FROM "{name}"')
        digest.update(repr((name, sorted(map(repr, rows)))).encode())
    return digest.hexdigest()


def kill_at(site, step: str, rows: int) -> None:
    with site.prepared.running(*command(site, "--progress")) as (
        written,
        process,
    ):
        told = ""
        while step and (letter := written.read(1)):
            told += letter
            found = re.findall(rf"{step}: +(?:\d+%\|[^|]*\| )?(\d+)", told)
            if found and int(found[-1]) >= rows:
                break
        os.kill(process, signal.SIGKILL)
    assert site.prepared.code == -signal.SIGKILL, told


def test_a_killed_import_leaves_the_database_as_it_was_and_a_second_run_of_a_whole_one_changes_nothing(
    site,
):
    before = snapshot(site)
    for step, rows in MOMENTS:
        kill_at(site, step, rows)
        assert snapshot(site) == before, (step, rows)

    site.manage(*command(site))
    imported = snapshot(site)
    again = site.manage(*command(site))

    assert imported != before
    assert f"0 added, 0 changed, {ROWS:,} left" in again
    assert snapshot(site) == imported


HAND_IN = """
from pathlib import Path
from django.contrib.auth import get_user_model
from catalogue.files.importing.services import hand_in
user = get_user_model().objects.create_superuser("ann")
with Path({path!r}).open("rb") as content:
    print("BATCH", hand_in(name="sheet.csv", content=content, kind="mitigations", user=user, options={options!r}).pk)
"""


def test_the_process_that_a_worker_starts_takes_one_step_after_the_other(site):
    path = site.log.parent / "few.csv"
    path.write_text(
        "key,name,description,document\n1,One,Somebody does one.,uuk-2024\n",
    )
    told = site.manage(
        "shell",
        "-v0",
        "-c",
        HAND_IN.format(
            path=str(path),
            options={"scheme": "few", "coder": "A"},
        ),
    )
    pk = re.search(r"BATCH (\d+)", told)[1]

    states = []
    for step in ("check", "commit", "undo"):
        site.manage(
            "import_records",
            "--batch",
            pk,
            "--step",
            step,
            "--user",
            "ann",
        )
        [(state,)] = ask(
            site,
            "SELECT state FROM catalogue_importbatch WHERE id = ?",
            pk,
        )
        states.append(state)

    assert states == ["checked", "committed", "undone"]
