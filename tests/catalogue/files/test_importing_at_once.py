"""Two who press a button of the same import at the same moment."""

import pytest
from django.db import connection

from catalogue.files.importing import running, services
from catalogue.models import ImportBatch, Mitigation
from tests.factories import DocumentFactory, UserFactory

from ..curation.test_coding_at_once import at_once
from .test_importing import checked, imported, new

pytestmark = [
    pytest.mark.engine,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor == "sqlite",
        reason="SQLite has one writer at a time, and in tests one connection for all threads.",
    ),
]
OPTIONS = {"document": "paper", "scheme": "acme"}


@pytest.fixture(autouse=True)
def document():
    return DocumentFactory(slug="paper")


def refusals(answers):
    return [answer for answer in answers if isinstance(answer, str)]


def test_of_two_who_import_together_one_does():
    batch = checked(new(), **OPTIONS)

    answers = at_once(*(lambda: services.commit(batch) for _ in range(2)))

    assert len(refusals(answers)) == 1
    assert (ImportBatch.objects.get().state, Mitigation.objects.count()) == (
        "committed",
        1,
    )


def test_of_several_who_start_a_step_together_one_does():
    batch = checked(new(), **OPTIONS)

    answers = at_once(
        *(
            lambda step=step: running.claim(batch, step)
            for step in ("commit", "check", "commit", "check")
        ),
    )

    assert len(refusals(answers)) == 3


def test_who_discards_while_another_imports_loses_nothing():
    batch = checked(new(), **OPTIONS)
    user = UserFactory(is_superuser=True)

    at_once(
        lambda: services.commit(batch),
        lambda: services.discard(batch, user=user),
    )

    assert (
        Mitigation.objects.count()
        == ImportBatch.objects.filter(state="committed").count()
    )


def test_of_two_who_undo_together_one_does():
    batch = imported(new(), **OPTIONS)

    answers = at_once(*(lambda: services.undo(batch) for _ in range(2)))

    assert len(refusals(answers)) == 1
    assert (ImportBatch.objects.get().state, Mitigation.objects.count()) == (
        "undone",
        0,
    )
