"""The revision moves with every write to what readers see, whoever writes it, and with nothing
else.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection, transaction

from catalogue import database, revision
from catalogue.curation.bulk import BulkEdit, edit_in_bulk
from catalogue.database import public
from catalogue.database.parts import PART_TABLES
from catalogue.models import Category, Change, Mapping, Mitigation, Revision
from surveys.design import setup as designing
from surveys.models import ExpertComment, Item, Response, Study
from surveys.running import rounds
from tests.factories import (
    ClassificationFactory,
    DocumentFactory,
    ExternalIdentifierFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
    UserFactory,
)
from tests.surveys.factories import answer_all, make_study, make_token

pytestmark = pytest.mark.django_db
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="SQLite has one writer at a time.",
)


class Undo(Exception):
    """Takes back the transaction that it leaves."""


@contextmanager
def taken_back():
    with suppress(Undo), transaction.atomic():
        yield
        raise Undo


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def value(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def moves(write) -> tuple[bool, bool]:
    """Whether `write` moved the number, and whether the structure."""
    before = revision.current()
    write()
    after = revision.current()
    assert after[0] >= before[0]
    assert after[1] in (before[1], after[0])
    return after[0] > before[0], after[1] > before[1]


def noted_by(write) -> set[int]:
    """The mitigations that `write` noted as changed."""
    before, _ = revision.current()
    write()
    return set(
        Change.objects.filter(revision__gt=before).values_list(
            "pk",
            flat=True,
        ),
    )


# What moves it

MITIGATION_WRITES = {
    "create": lambda one: MitigationFactory(document=one.document),
    "draft": lambda one: MitigationFactory(
        document=one.document,
        status="draft",
    ),
    "save": lambda one: one.save(),
    "update": lambda one: Mitigation.objects.update(position=7),
    "delete": lambda one: one.delete(),
    "bulk": lambda one: Mitigation.objects.bulk_create(
        [
            Mitigation(
                accession="M0901",
                name="A",
                description="B",
                document=one.document,
            ),
        ],
    ),
    "raw update": lambda one: sql(
        "UPDATE catalogue_mitigation SET name = 'Other' WHERE id = %s",
        one.pk,
    ),
    "raw delete": lambda one: sql(
        "DELETE FROM catalogue_mitigation WHERE id = %s",
        one.pk,
    ),
    "add": lambda one: one.phases.add(
        LifecyclePhaseFactory._meta.model.objects.get(),
    ),
    "classify": lambda one: sql(
        "UPDATE catalogue_classification SET rationale = 'New.'",
    ),
    "identify": lambda one: sql(
        "UPDATE catalogue_externalidentifier SET value = 'X'",
    ),
    "map": lambda one: Mapping.objects.update(note="New."),
    "unmap": lambda one: sql("DELETE FROM catalogue_mapping"),
}
STRUCTURE_WRITES = {
    "category": lambda: Category.objects.update(name="Renamed"),
    "taxonomy": lambda: sql("UPDATE catalogue_taxonomy SET title = 'Renamed'"),
    "phase": lambda: LifecyclePhaseFactory(),
    "document": lambda: sql("UPDATE catalogue_document SET abstract = 'New.'"),
    "author": lambda: sql("DELETE FROM catalogue_author"),
    "study": lambda: Study.objects.update(status="published"),
    "item": lambda: Item.objects.update(wording="Other."),
    "comment": lambda: ExpertComment.objects.create(
        item=Item.objects.all()[0],
        body="It helps.",
        stance=1,
    ),
}


@pytest.mark.parametrize(
    "write",
    MITIGATION_WRITES.values(),
    ids=MITIGATION_WRITES.keys(),
)
def test_a_write_to_a_mitigation_moves_the_number_alone(write):
    LifecyclePhaseFactory()
    ClassificationFactory()
    ExternalIdentifierFactory()
    MappingFactory()
    one = MitigationFactory()

    assert moves(lambda: write(one)) == (True, False)


@pytest.mark.parametrize(
    "write",
    STRUCTURE_WRITES.values(),
    ids=STRUCTURE_WRITES.keys(),
)
def test_a_write_to_what_mitigations_share_moves_the_structure_too(write):
    ClassificationFactory()
    make_study()

    assert moves(write) == (True, True)


@pytest.mark.parametrize("conflicts", ["OR IGNORE", "OR REPLACE"])
@pytest.mark.skipif(
    connection.vendor != "sqlite",
    reason="SQLite's own syntax.",
)
def test_a_write_that_says_how_to_meet_conflicts_moves_it(conflicts):
    columns = "slug, name, definition, position, is_special"

    def write():
        sql(
            f"INSERT {conflicts} INTO catalogue_actor ({columns}) VALUES ('a', 'A', 'B', 1, false)",
        )

    assert moves(write) == (True, True)
    write()
    assert Revision.objects.count() == 1


@on_postgresql
def test_emptying_a_table_moves_the_structure():
    MappingFactory()

    assert moves(
        lambda: (
            sql("SET CONSTRAINTS ALL IMMEDIATE"),
            sql("TRUNCATE catalogue_mapping"),
        ),
    ) == (
        True,
        True,
    )


def test_a_write_that_is_taken_back_does_not_move_it():
    def write():
        with taken_back():
            MitigationFactory()

    assert moves(write) == (False, False)


def test_no_number_is_used_again_for_other_content():
    numbers = []
    for _ in range(3):
        with taken_back():
            MitigationFactory()
            numbers.append(revision.current()[0])

    assert len(set(numbers)) == 3


# What does not


def test_sessions_users_and_the_admin_s_log_do_not_move_it():
    def write():
        user = UserFactory()
        SessionStore().save()
        LogEntry.objects.create(
            user=user,
            action_flag=1,
            object_repr="a record",
        )

    assert moves(write) == (False, False)


def test_what_experts_answer_does_not_move_it():
    study = make_study()
    round_, token = rounds.open_round(study=study), make_token(study)

    assert moves(lambda: answer_all(round_, token, remark="It depends.")) == (
        False,
        False,
    )
    assert Response.objects.filter(is_submitted=True).exists()


def test_every_table_is_public_a_part_or_private():
    own = [
        model
        for app in ("catalogue", "decisions", "surveys")
        for model in apps.get_app_config(app).get_models(True)
    ]
    tables = {
        model._meta.db_table
        for model in own
        if not model.__name__.startswith("Historical")
    }
    declared = [
        public.MITIGATIONS,
        *PART_TABLES,
        *public.structure(),
        *public.private(),
    ]

    assert sorted(declared) == sorted(tables)


# Which mitigations changed


def test_a_changed_mitigation_is_noted_and_no_other():
    one, _ = MitigationFactory.create_batch(2)

    assert noted_by(one.save) == {one.pk}
    assert noted_by(
        lambda: sql(
            "UPDATE catalogue_mitigation SET page = '3' WHERE id = %s",
            one.pk,
        ),
    ) == {one.pk}


def test_several_changes_of_one_mitigation_are_one_note():
    one = MitigationFactory()

    one.save()
    one.save()

    assert Change.objects.get(pk=one.pk).revision == revision.current()[0]


def test_a_deleted_mitigation_is_noted():
    one = MitigationFactory()
    key = one.pk

    assert noted_by(one.delete) == {key}


def test_a_change_of_a_part_notes_its_mitigation():
    one, _ = ClassificationFactory.create_batch(2)
    phase = LifecyclePhaseFactory()

    assert noted_by(lambda: one.mitigation.phases.add(phase)) == {
        one.mitigation.pk,
    }
    assert noted_by(one.mitigation.phases.clear) == {one.mitigation.pk}
    assert noted_by(
        lambda: sql(
            "DELETE FROM catalogue_classification WHERE id = %s",
            one.pk,
        ),
    ) == {one.mitigation.pk}


def test_a_mapping_notes_both_of_its_ends():
    mapping = MappingFactory()
    MitigationFactory()

    assert noted_by(mapping.delete) == {mapping.source_id, mapping.target_id}


def test_a_mapping_to_a_framework_notes_its_one_end():
    MappingFactory(framework="NIST AI RMF", entry="GV-1")

    assert noted_by(lambda: Mapping.objects.update(note="New.")) == {
        Mapping.objects.get().source_id,
    }


def test_what_mitigations_share_notes_none():
    MitigationFactory()

    assert noted_by(lambda: DocumentFactory()) == set()


# The row, and what installs the triggers


def test_without_its_row_the_revision_begins_anew():
    Revision.objects.all().delete()
    assert revision.current() == (0, 0)

    MitigationFactory()

    assert revision.current()[0] > 0


@pytest.mark.django_db(transaction=True)
def test_emptying_the_database_moves_it_and_leaves_its_row():
    MitigationFactory()
    before, _ = revision.current()

    call_command("flush", interactive=False, verbosity=0)

    assert Mitigation.objects.count() == 0
    assert revision.current()[0] > before
    assert Revision.objects.count() == 1


def test_a_trigger_that_is_gone_is_installed_again():
    on_table = (
        " ON catalogue_actor" if connection.vendor == "postgresql" else ""
    )
    name = (
        "catalogue_actor_moves"
        if connection.vendor == "postgresql"
        else "catalogue_actor_INSERT_moves"
    )
    write = STRUCTURE_WRITES["phase"]
    sql(f"DROP TRIGGER {name}{on_table}")

    database.install(connection)

    with connection.cursor() as cursor:
        cursor.execute(database.engine(connection).TRIGGERS)
        assert name in [row[0] for row in cursor.fetchall()]
    assert moves(write) == (True, True)


# Transactions


@pytest.mark.django_db(transaction=True)
def test_what_a_transaction_noted_is_within_the_number_that_it_leaves():
    with transaction.atomic():
        one, other = MitigationFactory.create_batch(2)
        within = revision.current()
        LifecyclePhaseFactory()
        one.save()
        at_the_end = revision.current()

    assert within < at_the_end == revision.current()
    assert set(Change.objects.values_list("pk", flat=True)) == {
        one.pk,
        other.pk,
    }
    assert Change.objects.filter(revision__gt=at_the_end[0]).count() == 0


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_long_transaction_moves_the_row_twice():
    """Once for each write would take the square of their number: no version of a row is cleared
    before the end.
    """

    one = MitigationFactory()
    with transaction.atomic():
        before = value(
            "SELECT n_tup_upd FROM pg_stat_xact_user_tables WHERE relname = 'catalogue_revision'",
        )
        for _ in range(50):
            one.save()
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        after = value(
            "SELECT n_tup_upd FROM pg_stat_xact_user_tables WHERE relname = 'catalogue_revision'",
        )

    assert after - before == 2


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_numbers_are_committed_in_order():
    """Of two transactions that write, the second waits for the first, and takes the higher
    number.
    """
    one, other = MitigationFactory.create_batch(2)
    seen = {}

    def write_second():
        with transaction.atomic():
            other.save()
            seen["second"] = revision.current()[0]
        connection.close()

    second = threading.Thread(target=write_second)
    with transaction.atomic():
        one.save()
        seen["first"] = revision.current()[0]
        second.start()
        until_somebody_waits(second.is_alive)
    second.join(10)

    assert seen["first"] < seen["second"] == revision.current()[0]


def until_somebody_waits(is_running):
    while not value("SELECT count(*) FROM pg_locks WHERE NOT granted"):
        assert is_running()


def bulk_edit(one):
    edit_in_bulk(
        mitigations=Mitigation.objects.filter(pk=one.pk),
        edit=BulkEdit(values={"is_preliminary": True}),
        reason="All are.",
    )


def pick(one):
    designing.pick(study=Study.objects.get(), shown=[], ticked=[one.accession])


#: What locks rows and then writes, and a write of somebody else to the same rows.
RINGS = {
    "bulk edit": (bulk_edit, lambda one: one.save()),
    "measures of a study": (
        pick,
        lambda one: Study.objects.update(label="Other"),
    ),
    "opening a round": (
        lambda one: rounds.open_round(study=Study.objects.get()),
        lambda one: Study.objects.update(label="Other"),
    ),
    "a new mitigation": (
        lambda one: MitigationFactory(document=one.document),
        lambda one: MitigationFactory(document=one.document),
    ),
}


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", RINGS)
def test_two_writers_never_wait_for_each_other(name):
    """The first writes, and holds the revision; the second locks rows and wants to write; the
    first wants those rows.
    """
    locks_and_writes, writes_too = RINGS[name]
    one, other = MitigationFactory.create_batch(2)
    make_study()

    def second():
        try:
            locks_and_writes(one)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            other.save()
            job = pool.submit(second)
            until_somebody_waits(lambda: not job.done())
            writes_too(one)
        job.result(timeout=30)
