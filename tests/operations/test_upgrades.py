"""A database that an earlier version filled is migrated, on the engine that the tests run on."""

import lzma
import re
import shutil
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.sql import (
    emit_post_migrate_signal,
    emit_pre_migrate_signal,
)
from django.db import connection, models
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

from catalogue import database, revision
from catalogue.models import Classification, Mitigation
from tests.factories import ClassificationFactory, MitigationFactory
from tests.site import Site, lose, own_database

pytestmark = pytest.mark.engine
DATABASES = Path(__file__).parent / "databases"
SUFFIX = {"sqlite": ".sqlite3.xz", "postgresql": ".dump.xz"}[connection.vendor]
EARLIER = sorted(
    path.name.removesuffix(SUFFIX) for path in DATABASES.glob(f"*{SUFFIX}")
)

#: What every version since has to keep, whatever else it changes; and that what guards the data
#: is there.
TELL = """
from django.db import connection
from catalogue import database, revision
from catalogue.models import Classification, ImportRow, Mitigation, Release
from surveys.models import Tally
def told(label, *values):
    print(label + ":", *values)
with connection.cursor() as cursor:
    for table in sorted(connection.introspection.table_names(cursor)):
        cursor.execute(f"SELECT * FROM {table} LIMIT 0")
        told("Table", table, *sorted(column[0] for column in cursor.description))
told("Mitigations", Mitigation.objects.count())
told("Classifications", Classification.objects.count())
told("Tallies", Tally.objects.count())
told("Import rows", ImportRow.objects.count())
told("Releases", *Release.objects.values_list("number", flat=True))
told("Edited by hand", Mitigation.objects.get(accession="M0001").description.endswith("Changed once."))
told("Versions", Mitigation.history.filter(accession="M0001").count())
told("Triggers missing", *sorted(database.missing_triggers(connection)))
connection.check_constraints()
before = revision.current()[0]
Mitigation.objects.filter(accession="M0001").update(name="Xylophone")
told("Revision moves", revision.current()[0] > before)
sql, values = database.engine(connection).matching(["xylophon"], prefix=False)
told("Found", *Mitigation.objects.extra(where=[f"id IN ({sql})"], params=values).values_list("accession", flat=True))
for name, write in {
    "accession": lambda: Mitigation.objects.filter(accession="M0001").update(accession="M9999"),
    "release": lambda: Release.objects.update(title="Another"),
}.items():
    try:
        write()
    except Exception:
        told("Refused", name)
"""


def tables_of_today() -> list[str]:
    """As TELL prints them."""
    lines = []
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {table} LIMIT 0")
            columns = sorted(column[0] for column in cursor.description)
            lines.append(" ".join(["Table:", table, *columns]))
    return lines


@pytest.mark.parametrize("name", EARLIER)
def test_a_database_of_an_earlier_version_is_migrated_with_all_that_is_in_it(
    name,
    tmp_path,
    migrated,
):
    backup = tmp_path / "backup"
    with (
        lzma.open(DATABASES / f"{name}{SUFFIX}") as packed,
        backup.open("wb") as unpacked,
    ):
        shutil.copyfileobj(packed, unpacked)
    tables = tables_of_today()
    with own_database(tmp_path, migrated) as environment:
        lose(environment)
        site = Site(tmp_path, **environment)
        # Without the command that migrates what it restores.
        site.manage(
            "shell",
            "--no-imports",
            "--command",
            RESTORE.format(backup),
        )
        for path in tmp_path.glob("catalogue.sqlite3*"):
            path.chmod(0o644)  # as that version left it
        site.manage("migrate", "--verbosity", "0")
        modes = {
            path.stat().st_mode & 0o777
            for path in tmp_path.glob("catalogue.sqlite3*")
        }
        told = site.manage(
            "shell",
            "--no-imports",
            "--command",
            TELL,
        ).splitlines()

    assert modes <= {0o600}
    assert [line for line in told if line.startswith("Table:")] == tables
    assert [line for line in told if not line.startswith("Table:")] == [
        "Mitigations: 115",
        "Classifications: 532",
        "Tallies: 300",
        "Import rows: 1",
        "Releases: 2026.11",
        "Edited by hand: True",
        "Versions: 5",
        "Triggers missing:",
        "Revision moves: True",
        "Found: M0001",
        "Refused: accession",
        "Refused: release",
    ]


#: By the models of that migration: those of today have columns that come later.
BREAK = """
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
loader = MigrationExecutor(connection).loader
then = loader.project_state([("surveys", "0009_what_experts_are_asked")]).apps
Criterion, Invitation, Study = (
    then.get_model("surveys", name) for name in ("Criterion", "Invitation", "Study")
)
on_table = " ON surveys_invitation" if connection.vendor == "postgresql" else ""
with connection.cursor() as cursor:
    cursor.execute("DROP TRIGGER surveys_invitation_insert_ran_elsewhere_invites_nobody" + on_table)
texts = {"title": "A study", "label": "A study", "method": "Asked.", "limits": "Few."}
Study.objects.create(slug="limited", combination_limit=2, **texts)
invited = Study.objects.create(slug="invited", ran_elsewhere=True, **texts)
Invitation.objects.bulk_create(Invitation(study=invited, token_hash=str(n)) for n in range(2))
worded = Study.objects.create(slug="worded", **texts)
Criterion.objects.create(study=worded, slug="comment", name="Comment", question="?")
"""
MEND = """
from surveys.models import Criterion, Study
Study.objects.filter(slug="limited").update(asks_combination=True)
Study.objects.filter(slug="invited").update(ran_elsewhere=False)
Criterion.objects.filter(slug="comment").update(slug="remark")
"""

RESTORE = """
from pathlib import Path
from catalogue.operations.backups import restore_backup
restore_backup(Path("{}"))
"""


def found(word) -> int:
    sql, values = database.engine(connection).matching([word], prefix=True)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return len(cursor.fetchall())


def rule_of(model) -> models.CheckConstraint:
    name = f"{model._meta.model_name}_has_key"
    return models.CheckConstraint(
        condition=models.Q(pk__isnull=False),
        name=name,
    )


@pytest.mark.django_db(transaction=True)
def test_a_migration_may_change_any_table():
    ClassificationFactory()
    before = revision.current()
    planned = [(Migration("any", "catalogue"), False)]

    emit_pre_migrate_signal(
        verbosity=0,
        interactive=False,
        db="default",
        plan=planned,
    )
    rules = [
        (model, rule_of(model))
        for label in ("catalogue", "decisions", "surveys")
        for model in apps.get_app_config(label).get_models()
    ]
    with connection.schema_editor() as editor:
        for model, rule in rules:
            editor.add_constraint(model, rule)
    Mitigation.objects.update(name="Rewritten by a migration")
    emit_post_migrate_signal(
        verbosity=0,
        interactive=False,
        db="default",
        plan=planned,
    )

    assert database.missing_triggers(connection) == set()
    assert Classification.objects.count() == 1
    # Readers see what a migration writes, also while there are no triggers.
    assert revision.current()[0] > before[0]
    assert found("rewritten") == Mitigation.objects.count() == 1

    # On PostgreSQL the tests after this one have the same tables.
    emit_pre_migrate_signal(
        verbosity=0,
        interactive=False,
        db="default",
        plan=planned,
    )
    with connection.schema_editor() as editor:
        for model, rule in rules:
            editor.remove_constraint(model, rule)
    emit_post_migrate_signal(
        verbosity=0,
        interactive=False,
        db="default",
        plan=planned,
    )


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_fails_leaves_the_triggers(monkeypatch):
    MitigationFactory()
    missing_then = []

    def fail(*args, **options):
        missing_then.extend(database.missing_triggers(connection))
        raise RuntimeError("It fails.")

    monkeypatch.setattr(MigrationExecutor, "migrate", fail)
    with pytest.raises(RuntimeError, match="It fails"):
        call_command("migrate", "surveys", "zero", verbosity=0)

    assert bool(missing_then) == (connection.vendor == "sqlite")
    assert database.missing_triggers(connection) == set()


def test_studies_that_break_a_rule_of_today_are_named_and_stay_as_they_are(
    tmp_path,
    migrated,
):
    with own_database(tmp_path, migrated) as environment:
        site = Site(tmp_path, **environment)
        site.manage("migrate", "surveys", "0009", "--verbosity", "0")
        site.manage("shell", "--no-imports", "--command", BREAK)

        with pytest.raises(AssertionError) as refused:
            site.manage("migrate", "--verbosity", "0")
        site.manage("shell", "--no-imports", "--command", MEND)
        site.manage("migrate", "--verbosity", "0")
        guards = site.manage(
            "shell",
            "--no-imports",
            "--command",
            "from catalogue import database; from django.db import connection;"
            "print(database.missing_triggers(connection))",
        )

    named = re.findall(r": ([a-z]+)\. ", str(refused.value))
    assert named == ["limited", "invited", "worded"]
    assert guards.strip() == "set()"
