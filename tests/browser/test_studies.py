"""A study that ran here, with all that a study can have, in a real browser."""

import gzip

import pytest
from axe_playwright_python.sync_playwright import Axe

from catalogue.models import Mitigation
from tests.surveys.factories import make_full_study

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pages(served_catalogue):
    """Addresses of a study and of its first measure."""
    study = make_full_study(items=2, experts=24, is_preliminary=True)
    study_page = study.get_absolute_url()
    mitigation = Mitigation.objects.filter(items__study=study).first().get_absolute_url()
    return [study_page, f"{study_page}?criterion=effective&expertise_area=law&sort=spread", mitigation, "/"]


def open_all(page):
    page.evaluate("document.querySelectorAll('details.more').forEach(one => one.open = true)")


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_where_a_study_is_shown(new_page, pages, dark):
    page, found = new_page(dark=dark), {}
    for path in pages:
        page.goto(path)
        open_all(page)
        if violations := Axe().run(page).response["violations"]:
            found[path] = [(one["id"], one["nodes"][0]["html"]) for one in violations]

    assert found == {}


@pytest.mark.parametrize("width", [320, 390, 820])
def test_no_page_of_a_study_scrolls_sideways(new_page, pages, width):
    page, wide = new_page(width=width), []
    for path in pages:
        page.goto(path)
        open_all(page)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path)

    assert wide == []


def seen_of(page):
    """For each table that a reader may open, whether it is seen."""
    return page.evaluate("[...document.querySelectorAll('details.more table')].map(one => one.checkVisibility())")


def test_every_number_is_in_print(new_page, pages):
    page = new_page()
    for path in pages[:3]:
        page.goto(path)
        assert set(seen_of(page)) == {False}

        page.emulate_media(media="print")

        assert set(seen_of(page)) == {True}
        page.emulate_media(media="screen")


def test_a_mitigation_with_much_evidence_is_light(new_page, pages):
    page, bodies = new_page(), []
    page.on("response", lambda response: bodies.append(response))
    page.goto(pages[2], wait_until="networkidle")

    assert sum(len(gzip.compress(response.body())) for response in bodies) < 60_000
    assert page.locator("#evidence").is_visible()


def test_a_reader_chooses_risk_area_and_order_without_javascript(new_page, pages):
    page = new_page(javascript=False)
    page.goto(pages[0])
    page.get_by_role("link", name="Effective", exact=True).click()
    page.get_by_role("link", name="Risk area 1", exact=True).click()
    page.get_by_role("link", name="spread", exact=True).click()

    assert page.url.partition("?")[2].startswith("criterion=effective&risk_area=area-1&sort=spread")
    assert page.locator(".results-table tbody tr").count() == 2
    assert page.locator("[aria-sort]").inner_text() == "A"
