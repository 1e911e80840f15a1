"""What is not covered of laws, codes and standards, in files that are imported."""

import pytest

from catalogue.files.importing import services
from catalogue.models import NotCovered
from tests.catalogue.files.test_importing import (
    checked,
    counts,
    faults,
    imported,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture
def late():
    return NotCovered.objects.create(
        name="A late act",
        reason="Unread.",
        position=3,
    )


ROW = {"name": "Another act", "reason": "It was not found."}


def test_an_addition_stands_after_those_that_are_there(late):
    imported(ROW, {"name": "A third", "reason": "Unread."}, kind="not-covered")

    names = NotCovered.objects.values_list("name", flat=True)
    assert [*names] == ["A late act", "Another act", "A third"]


def test_a_row_that_gives_no_reason_is_refused(late):
    batch = checked({"name": "Another act", "reason": ""}, kind="not-covered")

    [(number, column, message)] = faults(batch)
    assert (number, column) == (2, "reason")


def test_a_change_keeps_its_place_and_is_undone(late):
    batch = imported(
        {"name": "A late act", "reason": "Only a summary was read."},
        kind="not-covered",
    )

    late.refresh_from_db()
    assert (late.reason, late.position) == ("Only a summary was read.", 3)
    services.undo(batch, reason="The sheet was an old one.")
    late.refresh_from_db()
    assert (late.reason, late.position) == ("Unread.", 3)


def test_a_row_that_says_what_stands_is_no_change(late):
    row = {"name": "A late act", "reason": "Unread."}

    assert counts(checked(row, kind="not-covered")) == {"left": 1}
