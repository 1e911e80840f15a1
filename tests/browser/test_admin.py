"""Curation in a real browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from catalogue.models import Mitigation

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("served_catalogue")]


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

    assert Mitigation.objects.get(accession="M0006").name == "Deploying powerful models in stages"
    assert "The document has it otherwise." in page.content()


def test_a_curator_edits_in_bulk_after_a_look(admin_page):
    page = admin_page()
    page.goto("/admin/catalogue/mitigation/?q=audits")
    page.get_by_label("Select all objects on this page for an action").check()
    page.get_by_label("Action:").select_option("edit_in_bulk")
    page.get_by_role("button", name="Go").click()
    page.get_by_label("Preliminary:").select_option("true")
    page.get_by_label("Reason:").fill("To be read again.")
    page.get_by_role("button", name="Show what would change").click()
    assert "Nothing has been written yet" in page.content()
    assert not Mitigation.objects.filter(is_preliminary=True, name__icontains="audits").exists()

    page.locator("[name=apply]").click()
    assert Mitigation.objects.filter(is_preliminary=True, name__icontains="audits").exists()


def test_axe_finds_nothing_on_the_pages_of_our_own(admin_page):
    found = {}
    for dark in (False, True):
        page = admin_page(dark=dark)
        mitigation = Mitigation.objects.get(accession="M0006")
        record = mitigation.history.last()
        history = f"/admin/catalogue/mitigation/{mitigation.pk}/history/"
        for path in (history, f"{history}mitigation/{record.history_id}/restore/"):
            page.goto(path)
            report = Axe().run(page, context="#content-main")
            if report.violations_count:
                found[path, dark] = [v["id"] for v in report.response["violations"]]
    assert found == {}
