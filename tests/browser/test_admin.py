"""Curation in a real browser."""

import pytest
from playwright.sync_api import expect

from catalogue.models import Mitigation

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("served_catalogue"),
]


def test_a_curator_changes_a_mitigation_and_takes_it_back(admin_page):
    page = admin_page()
    page.goto("/admin/catalogue/mitigation/?q=M0006")
    page.get_by_role("link", name="M0006").click()
    page.get_by_label("Name:").first.fill("Another name")
    page.get_by_role("button", name="Publish", exact=True).first.click()
    assert Mitigation.objects.get(accession="M0006").name == "Another name"

    page.get_by_role("link", name="M0006").first.click()
    page.get_by_role("link", name="History").click()
    page.get_by_role("link", name="Restore this version").first.click()
    page.get_by_label("Reason").fill("The document has it otherwise.")
    page.get_by_role("button", name="Restore").click()

    assert (
        Mitigation.objects.get(accession="M0006").name
        == "Deploying powerful models in stages"
    )
    expect(page.locator("body")).to_contain_text(
        "The document has it otherwise.",
    )


def test_a_curator_edits_in_bulk_after_a_look(admin_page):
    page = admin_page()
    page.goto("/admin/catalogue/mitigation/?q=audits")
    page.get_by_label("Select all objects on this page for an action").check()
    page.get_by_label("Action:").select_option("edit_in_bulk")
    page.get_by_role("button", name="Go").click()
    page.get_by_label("Preliminary:").select_option("true")
    page.get_by_label("Reason:").fill("To be read again.")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.locator("body")).to_contain_text(
        "Nothing has been written yet",
    )
    assert not Mitigation.objects.get(accession="M0030").is_preliminary

    page.locator("[name=apply]").click()
    assert Mitigation.objects.get(accession="M0030").is_preliminary


def test_axe_finds_nothing_on_the_pages_of_our_own(admin_page, axe_finds):
    found = {}
    mitigation = Mitigation.objects.get(accession="M0006")
    history = f"/admin/catalogue/mitigation/{mitigation.pk}/history/"
    restoring = (
        f"{history}mitigation/{mitigation.history.last().history_id}/restore/"
    )
    page = admin_page()
    for path in (history, restoring, "/admin/second-factor/"):
        page.goto(path)
        found[path] = axe_finds(page, "#content-main")

    assert {path: wrong for path, wrong in found.items() if wrong} == {}
