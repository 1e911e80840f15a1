"""Why an import changes what readers rely on, or is undone, and who did it."""

import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from catalogue.curation.changes_of_instruments import events_of
from catalogue.files.importing import services
from tests.factories import (
    DocumentFactory,
    InstrumentFactory,
    ProvisionFactory,
)

from .test_importing import checked, imported, new
from .test_importing_states import (  # noqa: F401 - fixtures
    OPTIONS,
    ada,
    bo,
    nobody_approves_their_own,
    press,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture(autouse=True)
def document():
    return DocumentFactory(slug="paper")


# Undoing


def test_the_page_says_who_undid_an_import_and_who_asked_for_it(
    client,
    ada,  # noqa: F811
    bo,  # noqa: F811
):
    batch = imported(new(), user=ada, publish=True, **OPTIONS)
    services.ask_to_undo(batch, user=ada, reason="The wrong file.")

    page = press(client, bo, batch, "undo")

    assert batch.undone_by == bo
    assert "undone by bo, asked for by ada, on" in " ".join(page.split())


# Importing


MOVED = {
    "instrument": "eu-ai-act",
    "code": "Article 9",
    "applies_from": "2027-08-02",
}


@pytest.fixture
def provision():
    return ProvisionFactory(
        instrument=InstrumentFactory(slug="eu-ai-act"),
        code="Article 9",
        applies_from=date(2026, 8, 2),
    )


def day_of(provision):
    provision.refresh_from_db()
    return str(provision.applies_from)


def told_of(provision):
    """The reason that readers see first at its law."""
    key = provision.instrument_id
    return events_of([key])[key][0].reason


def test_a_file_that_moves_a_day_is_imported_with_a_reason(provision):
    batch = checked(MOVED, kind="provisions")

    with pytest.raises(services.NotNow, match="Say why"):
        services.commit(batch)
    assert day_of(provision) == "2026-08-02"

    services.commit(batch, reason="It was put off.")
    assert day_of(provision) == "2027-08-02"
    assert told_of(provision) == f"It was put off. (import {batch.pk})"


def test_a_file_that_moves_the_day_of_a_law_asks_why_too():
    InstrumentFactory(slug="act", kind="law", in_force_on=date(2026, 1, 1))

    batch = checked(
        {"slug": "act", "in_force_on": "2026-02-01"},
        kind="instruments",
    )

    assert batch.asks_why


@pytest.mark.parametrize(
    "row",
    [
        {"instrument": "eu-ai-act", "code": "Article 9", "name": "Risks"},
        {**MOVED, "code": "Article 10", "name": "Data"},
    ],
)
def test_what_moves_no_day_asks_for_no_reason(provision, row):
    batch = checked(row, kind="provisions")

    assert not batch.asks_why
    services.commit(batch)


def test_a_reason_that_is_too_long_is_refused_and_not_cut(provision):
    batch = checked(MOVED, kind="provisions")

    with pytest.raises(services.NotNow, match="81 characters"):
        services.commit(batch, reason="x" * 81)


def test_who_hands_a_file_in_gives_the_reason_to_who_imports_it(
    client,
    ada,  # noqa: F811
    bo,  # noqa: F811
    provision,
):
    batch = checked(MOVED, kind="provisions", user=ada)
    assert "Say why" in press(client, ada, batch, "review")
    assert batch.state == "checked"

    press(client, ada, batch, "review", reason="It was put off.")
    client.force_login(bo)
    address = reverse("admin:catalogue_importbatch_change", args=[batch.pk])
    assert 'value="It was put off." required' in " ".join(
        client.get(address).content.decode().split(),
    )

    press(client, bo, batch, "commit")
    assert told_of(provision) == f"It was put off. (import {batch.pk})"


def test_the_command_takes_the_reason(provision, tmp_path):
    file = tmp_path / "moved.json"
    file.write_text(json.dumps([MOVED]))
    given = {"kind": "provisions", "commit": True, "verbosity": 0}

    with pytest.raises(CommandError, match="Say why"):
        call_command("import_records", file, **given)
    call_command("import_records", file, reason="It was put off.", **given)

    assert day_of(provision) == "2027-08-02"


def test_readers_see_why_an_import_was_undone_and_which(provision):
    batch = checked(MOVED, kind="provisions")
    batch = services.commit(batch, reason="It was put off.")

    services.undo(batch, reason="The file was the wrong one.")

    assert day_of(provision) == "2026-08-02"
    assert (
        told_of(provision)
        == f"The file was the wrong one. (import {batch.pk} undone)"
    )


def test_a_long_reason_for_undoing_is_cut_before_the_number(provision):
    batch = checked(MOVED, kind="provisions")
    batch = services.commit(batch, reason="It was put off.")

    services.undo(batch, reason="Wrong. " * 50)

    assert told_of(provision).endswith(f"… (import {batch.pk} undone)")
    assert len(told_of(provision)) <= 100
