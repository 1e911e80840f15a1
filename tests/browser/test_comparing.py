"""From the list to a comparison: chosen by keyboard, with a third added on its page."""

import pytest

from tests.browser.test_answering import tab_to

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("served_catalogue"),
]
COMPARE = "#results-page a[data-act=compare]"


def skip_to_results(page):
    page.locator("body").press("Home")
    page.evaluate("document.activeElement.blur()")
    page.locator(".skip[href='#results']").focus()
    page.keyboard.press("Enter")


def choose(page, number):
    """Chooses an entry of the list by keyboard, and gives its accession."""
    skip_to_results(page)
    link = page.locator(COMPARE).nth(number)
    accession = link.get_attribute("href").partition("=")[2]
    tab_to(page, f"{COMPARE}[href$='{accession}']")
    page.keyboard.press("Enter")
    page.locator(f"{COMPARE}.on[href$='{accession}']").wait_for()
    page.wait_for_function(
        "accession => document.activeElement.href?.endsWith(accession)",
        arg=accession,
    )
    return accession


def test_two_are_chosen_compared_and_joined_by_a_third(
    new_page,
    axe_finds,
):
    page = new_page(width=1440)
    page.goto("/mitigations/?q=red+teaming")
    chosen = [choose(page, 0), choose(page, 1)]
    assert page.url.endswith(f"compare={','.join(chosen)}")
    assert axe_finds(page, ".to-compare") == []

    # The way to the comparison is the next link.
    page.keyboard.press("Tab")
    step = page.evaluate("document.activeElement.textContent")
    assert step == "Open the comparison (2)"
    page.keyboard.press("Enter")
    page.locator("table.compare").first.wait_for()
    tab_to(page, "#add")
    page.keyboard.type("M0013")
    page.keyboard.press("Enter")
    page.wait_for_url("**m=M0013**")
    heads = page.locator("table.compare").first.locator("thead th")
    assert heads.count() == 3

    rows = page.locator("table.compare tbody tr").count()
    tab_to(page, "a[href*='only=differences']")
    page.keyboard.press("Enter")
    page.wait_for_url("**only=differences**")
    assert 0 < page.locator("table.compare tbody tr").count() < rows

    page.locator("a[href='#take-away']").focus()
    page.keyboard.press("Enter")
    tab_to(page, "a[href*='comparison.csv']")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert "comparison_m-" in download.value.suggested_filename


def test_a_choice_is_kept_by_filters_pages_and_back(new_page):
    page = new_page(width=1440)
    page.goto("/mitigations/")
    chosen = page.locator(COMPARE).first.get_attribute("href")[-5:]
    page.locator(COMPARE).first.click()
    bar = page.get_by_role("navigation", name="Chosen to compare")
    bar.wait_for()

    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**page=2**")
    assert f"compare={chosen}" in page.url
    page.locator(COMPARE).first.click()
    bar.get_by_text("Compare (2)").wait_for()
    assert "page=2" in page.url
    page.go_back()
    bar.get_by_text("Compare (1)").wait_for()
    page.go_back()
    page.locator(f"{COMPARE}.on").wait_for()

    page.locator(f"{COMPARE}.on").click()
    bar.wait_for(state="detached")
    assert "compare=" not in page.url


def test_a_sixth_is_not_chosen_and_says_why(new_page):
    page = new_page(width=390)
    page.goto("/mitigations/?compare=M0001,M0002,M0003,M0004,M0005&q=M0013")

    page.locator(COMPARE).first.click()

    page.get_by_text("take one out first").first.wait_for()
    assert "M0005&q=M0013" in page.url


def test_without_script_compare_leads_to_the_comparison(new_page):
    page = new_page(width=390, javascript=False)
    page.goto("/mitigations/")
    page.locator(COMPARE).first.click()

    page.get_by_text("One is chosen: add another.").wait_for()


def test_a_table_is_copied_for_a_document_and_as_text(new_page):
    page = new_page(width=1440)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/compare/?m=M0013&m=M0030")

    page.get_by_role("button", name="Copy as table").click()
    page.get_by_role("button", name="Copied").wait_for()

    copied = page.evaluate(
        """async () => {
            const [item] = await navigator.clipboard.read();
            const read = async (type) => (await item.getType(type)).text();
            return [await read("text/html"), await read("text/plain")];
        }""",
    )
    assert "<table" in copied[0]
    assert "M0013" in copied[1]


def test_nothing_is_offered_to_be_copied_without_script(new_page):
    page = new_page(width=390, javascript=False)
    page.goto("/compare/?m=M0013&m=M0030")

    assert not page.get_by_role("button", name="Copy as table").is_visible()


@pytest.mark.parametrize("query", ["", "&by=measure"])
def test_a_comparison_fits_a_narrow_phone(new_page, axe_finds, query):
    page = new_page(width=320)
    page.goto(f"/compare/?m=M0013&m=M0030&m=M0014{query}")

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    title = page.locator("h1")
    assert title.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert axe_finds(page) == []
