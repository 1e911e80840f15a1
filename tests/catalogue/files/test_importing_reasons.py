"""Why an import changes what readers rely on, or is undone, and who did it."""

import pytest

from catalogue.files.importing import services
from tests.factories import DocumentFactory

from .test_importing import imported, new
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
