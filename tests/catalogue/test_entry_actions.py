"""What another app lets readers do with a mitigation stands wherever the mitigation does."""

import lxml.html
import pytest

from catalogue.listing import index
from catalogue.templatetags.catalogue import (
    ENTRY_ACTIONS,
    PAIR_ACTIONS,
    EntryAction,
    PairAction,
)
from tests.factories import MappingFactory, MitigationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def weigh(monkeypatch):
    """An action of which no other app knows. What was drawn without it is not shown again."""
    action = EntryAction("Weigh", lambda one: f"/weigh/?m={one.accession}")
    monkeypatch.setitem(ENTRY_ACTIONS, "weigh", action)
    monkeypatch.setattr(index, "_indexes", {})


@pytest.mark.parametrize(
    "address",
    ["/mitigations/", "/mitigations/?view=table", "/mitigations/{}/"],
)
def test_an_action_stands_once_with_its_mitigation(client, weigh, address):
    mitigation = MitigationFactory()
    accession = mitigation.accession

    page = lxml.html.fromstring(client.get(address.format(accession)).content)

    [link] = page.xpath("//a[@data-act='weigh']")
    assert link.get("href") == f"/weigh/?m={accession}"
    assert link.get("aria-label") == (f"Weigh: {mitigation.name}")
    assert link.text == "Weigh"


def test_an_action_is_one_element(client, weigh):
    MitigationFactory()

    page = lxml.html.fromstring(client.get("/mitigations/").content)

    assert page.xpath("//a[@data-act='weigh']/*") == []


def test_what_can_be_done_with_two_stands_at_each_related_measure(
    client,
    monkeypatch,
):
    action = PairAction(
        "Weigh against",
        lambda one, other: f"/weigh/?m={one.accession}&m={other.accession}",
    )
    monkeypatch.setitem(PAIR_ACTIONS, "weigh", action)
    mapping = MappingFactory()
    one, other = mapping.source, mapping.target

    page = lxml.html.fromstring(
        client.get(f"/mitigations/{one.accession}/").content,
    )

    [link] = page.xpath("//a[.='Weigh against']")
    assert link.get("href") == f"/weigh/?m={one.accession}&m={other.accession}"
    assert link.get("aria-label") == f"Weigh against: {other.name}"
