"""A shortlist is put together from lists and pages, and worked on."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("served_catalogue"),
]
ADD = "a[data-act=shortlist]"


def press(page, selector: str):
    """By keyboard, once it has the focus."""
    page.locator(selector).first.focus()
    page.keyboard.press("Enter")


def names_on(page, count: int) -> list[str]:
    """Of the measures on the page of a shortlist, once all of them are there."""
    names = page.locator(".shortlist h2")
    expect(names).to_have_count(count)
    return names.all_inner_texts()


def test_by_keyboard_from_a_list_to_what_it_covers_and_back(new_page):
    page = new_page(width=1440)
    page.goto("/mitigations/?phase=deploy")
    for number in range(3):
        page.locator(ADD).nth(number).focus()
        page.locator(f"{ADD}[role=button]").nth(number).wait_for()
        page.keyboard.press("Enter" if number else "Space")
        page.get_by_text(f"Added. {number + 1} in your shortlist").wait_for()
        focused = page.evaluate("document.activeElement.textContent")
        assert focused == "Take out of shortlist"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Shortlist", exact=True).wait_for()
    three = names_on(page, 3)

    page.locator("#for").select_option("risk:7")
    press(page, ".adding:has(#for) button")
    page.wait_for_url("**for=risk%3A7**")
    press(page, ".proposed a[aria-label^='Add ']")
    page.wait_for_url(re.compile(r"(m=M\d+&){4}"))
    assert names_on(page, 4)[:3] == three
    press(page, "a[aria-label^='Take out']")
    page.get_by_text("is taken out.").wait_for()
    names_on(page, 3)
    press(page, ".notice a[href*='m=']")
    page.get_by_text("is taken out.").wait_for(state="detached")

    assert names_on(page, 4)[:3] == three


def test_what_is_chosen_in_a_list_goes_along_with_other_filters(new_page):
    page = new_page(width=1440)
    page.goto("/mitigations/?phase=deploy")
    page.locator(ADD).first.click()
    page.locator(".chosen").wait_for()
    page.locator(".facets a.value:visible").nth(2).click()
    page.wait_for_url(re.compile(r"category=\d.*&s=M\d+"))

    page.locator(".chosen").get_by_text("1 in your shortlist").wait_for()
    page.go_back()
    page.wait_for_url(re.compile(r"phase=deploy&s=M\d+$"))
    page.locator(".chosen").get_by_text("1 in your shortlist").wait_for()


def test_a_copy_is_kept_on_the_device_only_where_it_is_asked_for(new_page):
    page = new_page(width=390)
    page.goto("/mitigations/?phase=deploy")
    page.locator(ADD).first.click()
    page.locator(".chosen").wait_for()
    copy = "localStorage.getItem('shortlist')"
    assert page.evaluate(copy) is None

    page.get_by_role("button", name="Keep it on this device").click()
    page.goto("/mitigations/M0085/")
    page.locator(ADD).first.click()

    page.get_by_text("Added. 2 in your shortlist").wait_for()
    page.get_by_role("link", name="Open it").click()
    page.get_by_text("A copy is kept on this device").wait_for()
    page.get_by_role("link", name="Take out").last.click()
    page.get_by_text("is taken out.").wait_for()
    assert "M0085" not in page.evaluate(copy)
    page.get_by_role("button", name="Forget it").click()
    assert page.evaluate(copy) is None


def test_without_script_one_goes_on_choosing_in_the_list(new_page):
    page = new_page(width=390, javascript=False)
    page.goto("/mitigations/?phase=deploy")
    page.locator(ADD).first.click()
    page.get_by_role("link", name="Go on choosing").click()
    page.locator(ADD, has_text="Add to").nth(3).click()

    expect(page.locator(".chosen")).to_contain_text("2 in your shortlist")
    page.get_by_role("link", name="Open it").click()
    assert names_on(page, 2)


def test_a_page_that_knows_of_no_choice_says_that_a_shortlist_begins(new_page):
    page = new_page(width=390)
    page.goto("/mitigations/M0085/")
    link = page.locator(ADD).first
    assert link.inner_text() == "Begin a shortlist"

    link.click()
    page.get_by_role("button", name="Keep a copy on this device").click()
    page.goto("/mitigations/M0013/")

    page.locator(f"{ADD}[role=button]", has_text="Add to shortlist").wait_for()


def test_on_a_phone_the_title_of_a_short_link_has_room(new_page):
    page = new_page(width=390)
    page.goto("/shortlist/?m=M0013")

    assert page.locator("#link-title").bounding_box()["width"] > 200


def test_a_copy_on_the_device_has_title_and_reasons_too(new_page):
    page = new_page(width=390)
    page.goto("/shortlist/?m=M0013&x=M0020:too+costly&title=My+plan")
    page.get_by_role("button", name="Keep a copy").click()
    page.goto("/mitigations/M0085/")
    page.locator(ADD).first.click()
    page.get_by_text("Added. 2 in your shortlist").wait_for()

    page.get_by_role("link", name="Open it").click()

    page.get_by_role("heading", name="My plan").wait_for()
    page.get_by_text("A copy is kept on this device").wait_for()
    assert "too costly" in page.locator(".left-out").inner_text()
    page.goto("/shortlist/?m=M0013&m=M0085")
    page.get_by_text("Another shortlist, of 2, is kept").wait_for()


def test_what_is_chosen_further_in_a_list_joins_all_that_there_was(new_page):
    page = new_page(width=1440)
    page.goto("/shortlist/?m=M0013&x=M0020:too+costly&title=My+plan")
    page.get_by_role("link", name="go on choosing").click()
    page.locator(ADD, has_text="Add to").nth(3).click()
    page.locator(".chosen").get_by_text("2 in your shortlist").wait_for()
    page.locator(".facets a.value:visible").nth(2).click()
    page.wait_for_url(re.compile(r"s_beside="))

    page.locator(".chosen").get_by_role("link", name="Open it").click()

    page.get_by_role("heading", name="My plan").wait_for()
    assert names_on(page, 2)
