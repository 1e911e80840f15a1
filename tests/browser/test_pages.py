"""Every page in a real browser: accessible, without script, on a phone, by keyboard."""

import gzip
import zipfile

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("served_catalogue")]

PAGES = [
    "/",
    "/mitigations/",
    "/mitigations/?q=audti&phase=deploy&view=table",
    "/mitigations/?q=zzzzqqqq",
    "/mitigations/?phse=deploy",
    "/mitigations/M0006/",
    "/taxonomies/",
    "/taxonomies/mitigations-v2/",
    "/taxonomies/mitigations-v2/2.3.1/",
    "/taxonomies/risk-domains/7.2/",
    "/phases/deploy/",
    "/actors/developer/",
    "/functions/govern/",
    "/studies/",
    "/studies/schuett-2023/",
    "/studies/uuk-2024/",
    "/mitigations/M0013/",
    "/mitigations/M0061/",
    "/documents/",
    "/documents/mitre-atlas/",
    "/data/",
    "/data/dictionary/",
    "/about/",
    "/feedback/?page=/mitigations/M0006/",
    "/api/",
    "/nothing-here/",
]


def test_axe_finds_nothing_on_any_page_in_light_and_dark(new_page):
    found = {}
    for dark in (False, True):
        page = new_page(dark=dark)
        for path in PAGES:
            page.goto(path)
            report = Axe().run(page)
            if report.violations_count:
                found[path, dark] = [
                    (v["id"], [n["target"] for n in v["nodes"]][:3]) for v in report.response["violations"]
                ]
    assert found == {}


def test_no_page_scrolls_sideways_at_320_pixels(new_page):
    page = new_page(width=320)
    wide = []
    for path in PAGES:
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path)
    assert wide == []


def test_every_page_has_one_heading_a_title_and_a_description(new_page):
    page = new_page(javascript=False)
    for path in PAGES:
        page.goto(path)
        assert page.locator("h1").count() == 1, path
        assert page.title(), path
        assert page.locator("meta[name=description]").get_attribute("content"), path


def test_filters_work_without_javascript(new_page):
    page = new_page(javascript=False)
    page.goto("/mitigations/")
    page.get_by_role("searchbox").first.fill("bug bounty")
    page.get_by_role("button", name="Search").first.click()
    page.get_by_role("link", name="Bug bounty programs").first.click()

    assert page.locator("h1").inner_text() == "Bug bounty programs"


def test_filters_are_reached_by_keyboard_alone(new_page):
    page = new_page()
    page.goto("/mitigations/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip().startswith("Skip")
    page.keyboard.press("Enter")
    for _ in range(60):
        page.keyboard.press("Tab")
        if "Deploy" in page.evaluate("document.activeElement.textContent"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**phase=deploy**")


def test_the_first_visit_to_the_list_is_light_and_does_not_shift(new_page):
    page = new_page()
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach(e => window.shift += e.value))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    bodies = []
    page.on("response", lambda response: bodies.append(response))
    page.goto("/mitigations/", wait_until="networkidle")

    weight = sum(len(gzip.compress(response.body())) for response in bodies)
    assert weight < 60_000
    assert page.evaluate("window.shift") < 0.01


def test_code_for_a_view_can_be_copied_after_the_list_was_filtered(new_page):
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/mitigations/")
    page.locator("a.value[href='?phase=deploy']").click()
    page.wait_for_url("**phase=deploy**")

    page.get_by_text("Copy as curl, Python or R").click()
    page.get_by_role("button", name="Copy").first.click()
    page.get_by_role("button", name="Copied").wait_for()

    assert "phase=deploy&format=csv" in page.evaluate("navigator.clipboard.readText()")


def test_a_view_is_taken_along_as_a_file(new_page):
    page = new_page(javascript=False)
    page.goto("/mitigations/?phase=deploy")

    with page.expect_download() as download:
        page.get_by_role("link", name="Excel", exact=True).click()

    assert download.value.suggested_filename == "mitigations.xlsx"
    assert zipfile.is_zipfile(download.value.path())
