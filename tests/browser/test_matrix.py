"""From a question to the list behind a number of the matrix."""

import pytest

from tests.browser.test_answering import tab_to

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("served_catalogue"),
]


def count_of_list(page) -> str:
    return page.locator(".results .bar b").inner_text().split()[0]


def test_a_number_leads_to_its_list_by_mouse(new_page):
    page = new_page(width=1440)
    page.goto("/")
    page.get_by_role("navigation", name="Main").get_by_text("Matrix").click()
    page.get_by_label("Columns").select_option(label="Actor")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("heading", name="by category and actor").wait_for()
    cell = page.locator(".matrix tbody td a").nth(3)
    number = cell.inner_text().split()[0]

    cell.click()
    page.get_by_role("heading", name="Mitigations", exact=True).wait_for()

    assert count_of_list(page) == number
    page.go_back()
    page.get_by_role("heading", name="by category and actor").wait_for()


def test_a_number_leads_to_its_list_by_keyboard(new_page):
    page = new_page(width=1440)
    page.goto("/matrix/")
    tab_to(page, ".matrix tbody td a")
    number = page.evaluate("document.activeElement.firstChild.textContent")

    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Mitigations", exact=True).wait_for()

    assert count_of_list(page) == number


@pytest.mark.parametrize("javascript", [True, False])
def test_on_a_phone_a_row_is_opened_and_leads_to_lists(
    new_page,
    javascript,
):
    page = new_page(width=390, javascript=javascript)
    page.goto("/matrix/?rows=risk")
    assert not page.locator(".matrix").is_visible()
    assert not page.locator(".matrix-key, .lead .of-table").first.is_visible()
    assert page.get_by_text("Open a row to see it by").is_visible()
    row = page.locator(".matrix-rows details").nth(1)
    row.locator("summary").click()
    entry = row.locator("li").nth(1)
    number = entry.locator(".num").inner_text().split()[0]

    entry.locator("a").click()
    page.get_by_role("heading", name="Mitigations", exact=True).wait_for()

    assert count_of_list(page) == number


def test_the_table_is_copied_as_one(new_page):
    page = new_page(width=1440)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/matrix/?columns=function")
    page.get_by_role("button", name="Copy table").click()
    page.get_by_role("button", name="Copied").wait_for()
    text = page.evaluate("navigator.clipboard.readText()")
    lines = [line.split("\t") for line in text.splitlines()]

    assert lines[0][0] == "Category"
    assert lines[1][0] == "1.1 Model"
    assert {len(line) for line in lines} == {len(lines[0])}
    number = page.locator(".matrix tfoot td a").last.inner_text().split()[0]
    assert lines[-1][-1].split()[0] == number


def test_on_a_phone_the_table_is_one_link_away(new_page):
    page = new_page(width=390, javascript=False)
    page.goto("/matrix/?columns=function")
    page.get_by_role("link", name="Show as table").click()

    assert page.locator(".matrix").is_visible()
    assert not page.locator(".matrix-rows").is_visible()
