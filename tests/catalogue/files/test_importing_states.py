"""An import that several people press buttons of: nothing goes past review, and neither rows
nor the way back are lost.
"""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from catalogue.accounts import groups
from catalogue.admin import review
from catalogue.curation import workflow
from catalogue.files.importing import running, services, undoing
from catalogue.files.importing.services import NotNow
from catalogue.files.importing.undoing import Undoing
from catalogue.models import ImportBatch, Mitigation, Proposal
from tests.factories import (
    DocumentFactory,
    MappingFactory,
    MitigationFactory,
    UserFactory,
)

from .test_importing import checked, imported, new

pytestmark = [pytest.mark.django_db, pytest.mark.engine]

OPTIONS = {"document": "paper", "scheme": "acme"}
BEFORE, AFTER = "As it was.", "As the file has it."


@pytest.fixture(autouse=True)
def nobody_approves_their_own(settings):
    settings.SELF_APPROVAL = False


@pytest.fixture(autouse=True)
def document():
    return DocumentFactory(slug="paper")


def member(group, name):
    user = UserFactory(is_staff=True, username=name)
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def ada():
    return member(groups.CURATOR, "ada")


@pytest.fixture
def bo():
    return member(groups.REVIEWER, "bo")


@pytest.fixture
def cy():
    return member(groups.REVIEWER, "cy")


def draft(**fields):
    return MitigationFactory(status="draft", description=BEFORE, **fields)


def publish(record, author, reviewer):
    workflow.approve(
        proposal=workflow.submit_for_review(record=record, author=author),
        reviewer=reviewer,
    )


def press(client, user, batch, step, **data):
    client.force_login(user)
    address = reverse("admin:catalogue_importbatch_change", args=[batch.pk])
    answer = client.post(address, {"step": step, **data}, follow=True)
    assert answer.status_code == 200
    batch.refresh_from_db()
    return answer.content.decode()


def description(record):
    record.refresh_from_db()
    return record.description


# Nothing goes past review


def test_an_import_checked_on_a_draft_changes_nothing_once_the_draft_is_published(
    client,
    ada,
    bo,
):
    record = draft()
    batch = checked(
        {"accession": record.accession, "description": AFTER},
        user=ada,
    )
    publish(record, ada, bo)

    first, second = (press(client, ada, batch, "commit") for _ in range(2))

    assert description(record) == BEFORE
    assert (
        "checked again" in first
    )  # since readers would see the difference now
    assert "somebody who may publish has to import it" in second


@pytest.mark.parametrize("handed_in_by", ["bo", "cy"])
def test_who_may_publish_imports_alone_only_what_somebody_else_handed_in(
    client,
    ada,
    bo,
    cy,
    handed_in_by,
):
    record = draft()
    owner = {"bo": bo, "cy": cy}[handed_in_by]
    batch = checked(
        {"accession": record.accession, "description": AFTER},
        user=owner,
    )
    publish(record, ada, cy)

    press(client, bo, batch, "commit")
    press(client, bo, batch, "commit")

    assert description(record) == (BEFORE if handed_in_by == "bo" else AFTER)


def test_a_right_that_was_taken_away_meanwhile_is_not_used(ada, bo):
    batch = checked(new(publish=True), user=ada, publish=True, **OPTIONS)
    bo.groups.set([Group.objects.get(name=groups.CURATOR)])

    with pytest.raises(NotNow, match="somebody who may publish"):
        services.commit(batch, user=type(bo).objects.get(pk=bo.pk))

    assert not Mitigation.objects.exists()


def test_an_import_of_a_draft_is_not_undone_by_its_curator_once_the_draft_is_published(
    client,
    ada,
    bo,
):
    record = draft()
    batch = imported(
        {"accession": record.accession, "description": AFTER},
        user=ada,
    )
    publish(record, ada, bo)

    said = press(client, ada, batch, "undo", reason="It was wrong.")

    assert (description(record), batch.state) == (AFTER, "committed")
    assert "somebody who may publish has to undo it" in said


def test_undoing_what_readers_see_is_asked_for_with_a_reason_and_done_by_somebody_else(
    client,
    ada,
    bo,
    cy,
):
    record = draft()
    batch = imported(
        {"accession": record.accession, "description": AFTER},
        user=ada,
    )
    publish(record, ada, bo)

    assert "Say why" in press(client, bo, batch, "ask_undo")
    press(client, bo, batch, "ask_undo", reason="The table was wrong.")
    said = press(client, bo, batch, "undo")
    assert (batch.state, description(record)) == ("undo_waiting", AFTER)
    assert "you asked for it" in said
    press(client, cy, batch, "undo")

    assert (batch.state, description(record), record.status) == (
        "undone",
        BEFORE,
        "published",
    )
    last = record.history.latest()
    assert (last.history_user, last.history_change_reason) == (
        cy,
        f"The table was wrong. (import {batch.pk} undone)",
    )


def test_one_who_asked_once_does_not_count_for_what_was_left_then(
    client,
    ada,
    bo,
    cy,
):
    batch = imported(
        *(new(n) for n in (1, 2)),
        user=ada,
        publish=True,
        **OPTIONS,
    )
    edited, _ = Mitigation.objects.order_by("pk")
    Mitigation.objects.filter(pk=edited.pk).update(page="5")
    edited.history.create(**_copy(edited))
    press(client, bo, batch, "ask_undo", reason="Wrong.")
    press(client, cy, batch, "undo")
    assert batch.state == "partly"
    Mitigation.objects.filter(pk=edited.pk).update(page="")

    press(client, cy, batch, "undo")

    edited.refresh_from_db()
    assert (batch.state, edited.status) == ("partly", "published")


def _copy(record):
    """As if somebody had changed it a moment later."""
    last = record.history.latest()
    names = [
        f.attname
        for f in type(last)._meta.concrete_fields
        if not f.attname.startswith("history_")
    ]
    return {name: getattr(last, name) for name in names} | {
        "history_date": timezone.now(),
        "history_type": "~",
    }


def test_a_wish_to_undo_is_turned_down_with_a_note_or_taken_back(
    client,
    ada,
    bo,
    cy,
):
    batch = imported(new(), user=ada, publish=True, **OPTIONS)
    press(client, ada, batch, "ask_undo", reason="Wrong.")
    said = press(client, cy, batch, "back", note="It is right.")
    assert (batch.state, "It is right." in said) == ("committed", True)

    press(client, ada, batch, "ask_undo", reason="Wrong.")
    press(client, bo, batch, "take_back")
    assert batch.state == "undo_waiting"
    press(client, ada, batch, "take_back")

    assert (batch.state, Mitigation.objects.get().status) == (
        "committed",
        "published",
    )


def test_a_reviewer_does_not_say_what_the_columns_of_anothers_file_are(
    client,
    ada,
    bo,
):
    batch = checked(new(), user=ada, publish=True, **OPTIONS)
    client.force_login(bo)

    client.post(
        reverse("admin:catalogue_importbatch_columns", args=[batch.pk]),
        {"column-1": "section"},
    )

    batch.refresh_from_db()
    assert batch.columns["name"] == "name"


# What undoing does


def test_undoing_withdraws_what_was_published_and_deletes_what_was_not():
    batch = imported(new(1), new(2, status="published"), **OPTIONS)
    [_, shown] = Mitigation.objects.order_by("pk")
    preview = Undoing(batch).preview()
    assert (
        preview.removed,
        preview.withdrawn,
        preview.changed_back,
        preview.staying,
    ) == (
        1,
        1,
        0,
        [],
    )

    batch = services.undo(batch, reason="The sheet was an old one.")

    [left] = Mitigation.objects.all()
    assert (left, left.status, left.withdrawal_note) == (
        shown,
        "withdrawn",
        "The sheet was an old one.",
    )
    assert left.withdrawn_at is not None
    assert (
        left.history.latest().history_change_reason
        == f"The sheet was an old one. (import {batch.pk} undone)"
    )
    assert (batch.state, batch.notes) == ("undone", [])


def test_what_an_import_published_is_withdrawn_and_its_text_becomes_what_it_was():
    record = draft()
    batch = imported(
        {
            "accession": record.accession,
            "description": AFTER,
            "status": "published",
        },
    )

    services.undo(batch, reason="Too early.")

    assert (description(record), record.status) == (BEFORE, "withdrawn")


def test_undoing_what_readers_see_needs_a_reason():
    batch = imported(new(), publish=True, **OPTIONS)

    with pytest.raises(NotNow, match="Say why"):
        services.undo(batch)

    assert Mitigation.objects.get().status == "published"


def test_what_only_went_through_review_since_is_undone_too(ada, bo):
    batch = imported(new(1), new(2), **OPTIONS)
    shown, waiting = Mitigation.objects.order_by("pk")
    publish(shown, ada, bo)
    workflow.submit_for_review(record=waiting, author=ada)

    batch = services.undo(batch, reason="The sheet was an old one.")

    assert [one.status for one in Mitigation.objects.all()] == ["withdrawn"]
    assert batch.state == "undone"
    assert not Proposal.objects.open().exists()


def test_undoing_leaves_what_was_changed_since_or_is_used_and_says_that_it_is_partly_undone():
    batch = imported(*(new(n) for n in (1, 2, 3)), **OPTIONS)
    edited, used, free = Mitigation.objects.order_by("pk")
    edited.page = "5"
    edited.save()
    MappingFactory(target=used)
    preview = Undoing(batch).preview()
    assert (preview.removed, len(preview.staying)) == (1, 2)

    batch = services.undo(batch)

    assert set(
        Mitigation.objects.filter(pk__in=[edited.pk, used.pk, free.pk]),
    ) == {
        edited,
        used,
    }
    assert (batch.state, sorted(note["row"] for note in batch.notes)) == (
        "partly",
        [2, 3],
    )


def test_what_stayed_is_undone_later_where_nothing_stands_against_it_any_more():
    batch = imported(*(new(n) for n in (1, 2)), **OPTIONS)
    used, _ = Mitigation.objects.order_by("pk")
    mapping = MappingFactory(target=used)
    batch = services.undo(batch)
    mapping.delete()

    batch = services.undo(batch)

    assert (batch.state, batch.notes) == ("undone", [])
    assert not Mitigation.objects.filter(pk=used.pk).exists()


def test_what_only_an_earlier_part_of_the_file_refers_to_is_undone_with_it(
    monkeypatch,
):
    monkeypatch.setattr(undoing, "ROWS_AT_ONCE", 1)
    options = {"document": "paper", "keep_accessions": True}
    one, two = ({**new(n), "accession": f"M900{n}"} for n in (1, 2))
    for row in (one, two):
        del row["key"]
    batch = imported(
        {**one, "mappings": "closeMatch:M9002"},
        {**two, "mappings": ""},
        **options,
    )
    assert Mitigation.objects.get(accession="M9001").mappings_from.exists()

    batch = services.undo(batch)

    assert (batch.state, batch.notes, Mitigation.objects.count()) == (
        "undone",
        [],
        0,
    )


def test_where_nothing_can_be_undone_the_import_is_not_called_undone():
    batch = imported(new(), **OPTIONS)
    MappingFactory(target=Mitigation.objects.get())

    batch = services.undo(batch)

    assert (batch.state, batch.undone_at) == ("committed", None)
    assert "Nothing was undone" in batch.notes[0]["detail"]


# Pressed twice, by two, from an old page


@pytest.mark.parametrize(
    "state",
    [
        "committed",
        "partly",
        "undone",
        "undo_waiting",
        "undoing",
        "committing",
        "waiting",
    ],
)
def test_checking_what_was_imported_or_waits_wipes_nothing(
    client,
    ada,
    bo,
    state,
):
    batch = imported(new(), user=ada, **OPTIONS)
    ImportBatch.objects.filter(pk=batch.pk).update(
        state=state,
        beat_at=timezone.now(),
    )

    press(client, bo, batch, "check")
    with pytest.raises(NotNow):
        services.check_batch(batch)

    assert (batch.state, batch.rows.count(), batch.counts["added"]) == (
        state,
        1,
        1,
    )


@pytest.mark.parametrize(
    "step",
    ["commit", "check", "review", "back", "take_back", "discard", "ask_undo"],
)
def test_no_button_of_an_old_page_touches_an_import_that_was_undone(
    client,
    ada,
    bo,
    step,
):
    batch = imported(new(), user=ada, **OPTIONS)
    services.undo(batch)

    press(client, bo, batch, step, note="Why?", reason="Why?")

    assert (batch.state, batch.rows.count()) == ("undone", 1)


@pytest.mark.parametrize("step", ["commit", "check", "discard"])
def test_a_second_click_on_import_leaves_the_way_back(client, ada, step):
    batch = checked(new(), user=ada, **OPTIONS)
    press(client, ada, batch, "commit")

    press(client, ada, batch, step)
    assert (batch.state, Mitigation.objects.count(), batch.rows.count()) == (
        "committed",
        1,
        1,
    )
    press(client, ada, batch, "undo")

    assert (batch.state, Mitigation.objects.count()) == ("undone", 0)


def test_of_two_clicks_on_a_long_step_one_starts_a_process(
    client,
    ada,
    monkeypatch,
):
    batch = checked(*(new(n) for n in range(4)), user=ada, **OPTIONS)
    monkeypatch.setattr(running, "FEW_ROWS", 2)
    started = []
    monkeypatch.setattr(
        running,
        "start_process",
        lambda *of: started.append(of),
    )

    for step in ("commit", "commit", "check", "undo", "discard"):
        press(client, ada, batch, step)

    assert (len(started), batch.state, batch.rows.count()) == (
        1,
        "committing",
        4,
    )


def test_a_second_process_that_comes_too_late_changes_nothing(ada):
    batch = checked(*(new(n) for n in range(4)), user=ada, **OPTIONS)
    running.claim(batch, "commit")
    running.take_in_process(batch, "commit", ada)

    running.take_in_process(batch, "commit", ada)

    batch.refresh_from_db()
    assert (batch.state, batch.notes, Mitigation.objects.count()) == (
        "committed",
        [],
        4,
    )


def test_a_step_that_is_refused_puts_the_import_back_into_the_state_that_it_had(
    ada,
    bo,
):
    record = MitigationFactory(description=BEFORE)
    batch = checked(
        {"accession": record.accession, "description": AFTER},
        user=ada,
    )
    services.send_for_review(batch, user=ada)
    running.claim(batch, "commit")

    running.take_in_process(batch, "commit", ada)

    batch.refresh_from_db()
    assert (batch.state, description(record)) == ("waiting", BEFORE)
    assert "somebody who may publish" in batch.notes[0]["detail"]


def test_what_waits_for_review_waits_on_where_the_catalogue_moved(ada, bo):
    record = MitigationFactory(description=BEFORE, section="Old")
    batch = checked(
        {"accession": record.accession, "section": "New"},
        user=ada,
    )
    services.send_for_review(batch, user=ada)
    Mitigation.objects.filter(pk=record.pk).update(section="Meanwhile")

    batch = services.commit(batch, user=bo)

    assert (batch.state, "checked again" in batch.notes[0]["detail"]) == (
        "waiting",
        True,
    )
    assert services.commit(batch, user=bo).state == "committed"


def test_what_waits_is_taken_back_by_who_handed_it_in_alone(client, ada, bo):
    batch = checked(new(), user=ada, publish=True, **OPTIONS)
    press(client, ada, batch, "review")
    press(client, bo, batch, "take_back")
    assert batch.state == "waiting"

    press(client, ada, batch, "take_back")

    assert batch.state == "checked"


def test_only_who_could_import_it_sends_it_back(client, ada):
    batch = checked(new(), user=ada, publish=True, **OPTIONS)
    press(client, ada, batch, "review")

    press(client, member(groups.CURATOR, "eve"), batch, "back", note="No.")

    assert batch.state == "waiting"


# In the queue


def queued(client, user):
    """By list of the review page: the imports that stand in it."""
    client.force_login(user)
    context = client.get(reverse("admin:review")).context
    lists = {
        name: [
            entry for entry in context[name] if "/importbatch/" in entry.url
        ]
        for name in review.LISTS
    }
    return {
        name: [(entry.kind, entry.note) for entry in entries]
        for name, entries in lists.items()
        if entries
    }


def test_an_import_that_waits_is_in_the_queue_of_who_may_import_it(
    client,
    ada,
    bo,
):
    batch = checked(new(), user=ada, publish=True, **OPTIONS)
    assert queued(client, bo) == {}
    services.send_for_review(batch, user=ada)

    assert queued(client, bo) == {"to_decide": [("to be imported", "")]}
    assert queued(client, ada) == {"waiting": [("to be imported", "")]}
    client.force_login(bo)
    assert (
        "for you to decide"
        in client.get(reverse("admin:index")).content.decode()
    )

    services.send_back_batch(batch, user=bo, note="Which table?")

    assert queued(client, ada) == {
        "came_back": [("to be imported", "Sent back by bo: Which table?")],
    }
    assert queued(client, bo) == {
        "sent_back": [("to be imported", "Sent back by bo: Which table?")],
    }


def test_an_import_that_is_to_be_undone_is_in_the_queue_of_who_did_not_ask(
    client,
    ada,
    bo,
    cy,
):
    batch = imported(new(), user=ada, publish=True, **OPTIONS)
    services.ask_to_undo(batch, user=bo, reason="Wrong.")

    assert queued(client, bo) == {"waiting": [("to be undone", "")]}
    assert queued(client, cy) == {"to_decide": [("to be undone", "")]}


# In words


def test_the_page_says_what_came_of_a_button(client, ada):
    batch = checked(new(1), new(2), user=ada, **OPTIONS)
    assert "Imported: 2 added." in press(client, ada, batch, "commit")
    mapping = MappingFactory(target=Mitigation.objects.order_by("pk").first())
    assert "Partly undone: what stays" in press(client, ada, batch, "undo")
    mapping.delete()

    assert "Undone, all of it." in press(client, ada, batch, "undo")


def test_the_list_of_mitigations_is_narrowed_to_an_import(client, ada):
    MitigationFactory()
    batch = imported(new(1), new(2), user=ada, **OPTIONS)
    client.force_login(ada)

    listed = (
        client.get(
            reverse("admin:catalogue_mitigation_changelist")
            + f"?import={batch.pk}",
        )
        .context["cl"]
        .result_list
    )

    assert {one.name for one in listed} == {"Measure 1", "Measure 2"}


def test_imports_of_before_that_left_something_are_partly_undone():
    migration = import_module(
        "catalogue.migrations.0011_undoing_imports_and_sending_them_back",
    )
    whole, part = (
        imported(new(n), new(n + 1), user=None, **OPTIONS) for n in (1, 3)
    )
    ImportBatch.objects.update(state="undone")
    ImportBatch.objects.filter(pk=part.pk).update(
        notes=[{"row": 3, "detail": "Measure 4 is published."}],
    )

    migration.say_what_was_undone(apps, None)

    states = dict(ImportBatch.objects.values_list("pk", "state"))
    assert states == {whole.pk: "undone", part.pk: "partly"}
    assert list(
        part.rows.filter(is_undone=False).values_list("number", flat=True),
    ) == [3]
