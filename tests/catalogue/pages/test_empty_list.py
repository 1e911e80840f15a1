"""A list that nothing is in: what it offers instead."""

import pytest

from tests.factories import MitigationFactory

pytestmark = pytest.mark.django_db


def offers(client, query) -> str:
    """What stands in place of entries, and below them."""
    body = client.get(f"/mitigations/{query}").content.decode()
    _, _, rest = body.partition('<div class="empty"')
    return " ".join(rest.partition('<p id="loading"')[0].split())


def test_a_search_that_finds_nothing_offers_no_files_and_no_feed(client):
    MitigationFactory()

    offered = offers(client, "?q=zzqqxx")

    assert "See all mitigations" in offered
    assert "Leave out" not in offered
    for text in ("Export and cite", "Follow this list", "CSV"):
        assert text not in offered


def test_filters_that_leave_nothing_can_be_taken_off_one_by_one_or_followed(
    client,
):
    MitigationFactory(is_preliminary=False)

    offered = offers(client, "?preliminary=true&has_comments=true")

    assert "Leave out preliminary entries “Preliminary”" in offered
    assert "Follow this list (Atom feed)" in offered
    assert "Export and cite" not in offered


def test_a_search_among_filters_is_left_out_as_a_search(client):
    MitigationFactory(is_preliminary=False)

    offered = offers(client, "?q=zzqqxx&preliminary=true")

    assert "Leave out the search for “zzqqxx”" in offered
    assert "Follow this list" not in offered
