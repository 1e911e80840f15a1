"""All that is held of a person is declared, exported and erased, and histories stay whole."""

import json
from io import BytesIO

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import models
from django_otp.plugins.otp_totp.models import TOTPDevice

from catalogue.accounts import personal, second_factor
from catalogue.curation import history
from catalogue.files.importing import services
from catalogue.models import Feedback, ImportBatch, ImportRow, Mitigation
from surveys.models import Coding, Invitation
from tests.catalogue.admin.test_admin import change
from tests.factories import ClassificationFactory
from tests.surveys.factories import make_study, make_token

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def may_hold(model: type[models.Model]) -> bool:
    """Whether a table looks as if it held something of a person: a key to an account, an e-mail
    address, a name, an address.
    """
    return model is User or any(
        getattr(one, "related_model", None) is User
        or isinstance(one, models.EmailField | models.GenericIPAddressField)
        or one.name == "username"
        for one in model._meta.concrete_fields
    )


def test_every_table_that_may_hold_something_of_a_person_is_declared():
    declared = {holding.model for holding in personal.declared()}
    with_account = {
        model._meta.auto_created
        for model in apps.get_models(include_auto_created=True)
    }

    found = [
        model._meta.label for model in apps.get_models() if may_hold(model)
    ]
    assert [label for label in found if label not in declared] == []
    assert "surveys.Invitation" in found  # it finds something
    assert User in with_account  # whose groups and permissions go with it


@pytest.fixture
def ada(client):
    """A curator of whom there is something everywhere."""
    ada = User.objects.create_superuser(
        "ada",
        email="Ada@example.org",
        password="x",
        first_name="Ada",
        last_name="Byron",
    )
    ada.groups.add(Group.objects.get_or_create(name="Curator")[0])
    User.objects.create_superuser("bo", email="bo@example.org")
    TOTPDevice.objects.create(user=ada, confirmed=False, name="App")
    for _ in range(2):
        client.post("/admin/login/", {"username": "ada", "password": "wrong"})
    client.force_login(ada)
    place = ClassificationFactory(coder="Ada Byron", mitigation__name="Before")
    change(client, place.mitigation, name="After")
    second_factor.new_recovery_codes(ada)
    for text, address in {
        "The first": "ada@example.org",
        "The second": "bo@example.org",
    }.items():
        Feedback.objects.create(
            kind="error",
            text=text,
            name="A",
            email=address,
            revision=1,
        )
    study = make_study(items=1)
    make_token(study)
    Invitation.objects.update(address="ada@example.org")
    return ada


def test_an_export_has_all_and_no_secret(ada, tmp_path):
    call_command("personal_data", "export", "ada", file=tmp_path / "ada.json")

    text = (tmp_path / "ada.json").read_text()
    held = {
        key.partition(":")[0]: rows for key, rows in json.loads(text).items()
    }
    assert {
        "auth.User",
        "admin.LogEntry",
        "sessions.Session",
        "otp_totp.TOTPDevice",
        "otp_static.StaticDevice",
        "axes.AccessAttempt",
        "catalogue.Feedback",
        "catalogue.Classification",
        "catalogue.HistoricalClassification",
        "catalogue.HistoricalMitigation",
        "surveys.Invitation",
    } <= set(held)
    assert [row["text"] for row in held["catalogue.Feedback"]] == ["The first"]
    for secret in (
        ada.password,
        TOTPDevice.objects.get().key,
        Invitation.objects.get().token_hash,
    ):
        assert secret not in text
    assert (tmp_path / "ada.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("known_as", ["ada", "ADA@example.org"])
def test_erased_they_are_nowhere_and_the_history_is_whole(
    ada,
    known_as,
    client,
):
    mitigation = Mitigation.objects.get(name="After")
    before = [
        (entry.what, entry.verb, entry.changes)
        for entry in history.timeline(mitigation)
        if "classification" not in entry.what
    ]

    call_command("personal_data", "erase", known_as, yes=True)

    everything = json.dumps(
        {
            model._meta.label: list(model._base_manager.values())
            for model in apps.get_models()
        },
        default=str,
    ).lower()
    for trace in ('ada@example.org"', "byron", '"ada"'):
        assert trace not in everything
    after = history.timeline(mitigation)
    assert [
        (entry.what, entry.verb, entry.changes)
        for entry in after
        if "classification" not in entry.what
    ] == before
    assert after[0].record.history_user.username == f"erased-{ada.pk}"
    assert mitigation.classifications.get().coder == personal.NOBODY
    assert Feedback.objects.filter(email="bo@example.org").exists()
    assert client.get("/admin/").status_code == 302  # signed out
    with pytest.raises(
        CommandError,
        match=r"Nobody here is called|Nothing is held",
    ):
        call_command("personal_data", "export", known_as)


def test_a_name_that_the_site_put_among_other_words_is_erased_too(ada):
    bo = User.objects.get(username="bo")
    batch = services.hand_in(
        name="a.csv",
        content=BytesIO(b"name\nA\n"),
        kind="mitigations",
        user=bo,
    )
    ImportBatch.objects.filter(pk=batch.pk).update(
        state="waiting",
        options={"coder": "Ada Byron"},
    )
    services.send_back_batch(
        batch,
        user=ada,
        note="ada, who adapts, asks for more.",
    )
    row = ImportRow.objects.create(
        batch=batch,
        number=2,
        verdict="added",
        body='{"after":{"coder":"Ada Byron"}}',
    )
    place = ClassificationFactory(coder="Bo and Ada Byron; decided by Cy")

    call_command("personal_data", "erase", "ada", yes=True)

    for record in (batch, row, place):
        record.refresh_from_db()
    assert batch.notes == [
        {
            "detail": f"Sent back by {personal.NOBODY}: ada, who adapts, asks for more.",
        },
    ]
    assert batch.options == {"coder": personal.NOBODY}
    assert row.content == {"after": {"coder": personal.NOBODY}}
    assert place.coder == f"Bo and {personal.NOBODY}; decided by Cy"
    assert place.history.first().coder == place.coder


def test_a_name_is_erased_where_what_stands_in_its_place_does_not_fit(ada):
    place = ClassificationFactory(coder=f"Ada Byron and {'B' * 106}")

    call_command("personal_data", "erase", "ada", yes=True)

    place.refresh_from_db()
    assert place.coder == "a former curator and others"


def test_a_reader_without_an_account_is_found_by_their_address(ada):
    Feedback.objects.create(
        kind="error",
        text="Keep this",
        name="Cy",
        email="cy@example.org",
        revision=1,
    )

    call_command("personal_data", "erase", "cy@example.org", yes=True)

    kept = Feedback.objects.get(text="Keep this")
    assert (kept.name, kept.email) == ("", "")
    assert User.objects.get(pk=ada.pk).username == "ada"


def test_nothing_is_erased_by_mistake(ada):
    with pytest.raises(CommandError, match=r"(?s)1 auth.User.*add --yes"):
        call_command("personal_data", "erase", "ada")
    User.objects.filter(username="bo").update(is_active=False)
    with pytest.raises(CommandError, match="make another superuser first"):
        call_command("personal_data", "erase", "ada", yes=True)

    assert User.objects.get(pk=ada.pk).email == "Ada@example.org"
    assert Coding.objects.count() == 0
