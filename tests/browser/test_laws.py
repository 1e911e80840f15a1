"""From the front page to what law requires, in a browser, with the keys alone, wide and on a phone."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("served_catalogue"),
]


def press_link(page, link) -> None:
    """By the keyboard, as whoever uses no mouse does."""
    link.focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("width", [390, 1440])
def test_a_reader_comes_from_the_front_page_to_what_law_requires(
    new_page,
    width,
):
    page = new_page(width=width)
    page.goto("/")
    menu = page.get_by_text("Menu", exact=True)
    if menu.is_visible():
        press_link(page, menu)
    press_link(page, page.get_by_role("link", name="Laws", exact=True).first)
    press_link(
        page,
        page.get_by_role("link", name="EU AI Act", exact=True).first,
    )
    expect(page.locator("h1")).to_have_text("EU AI Act")
    measure = page.locator(".answers a").first
    name = measure.inner_text()
    press_link(page, measure)
    expect(page.locator("h1")).to_contain_text(name)
    expect(page.locator("#asked-for")).to_be_visible()

    page.go_back()
    expect(page.locator("h1")).to_have_text("EU AI Act")
    press_link(
        page,
        page.get_by_role("link", name="Laws, codes and standards").first,
    )
    required = page.locator("section:has(> #required) a").first
    press_link(page, required)
    expect(page).to_have_url(re.compile("force=requires"))
    expect(page.locator(".entry").first).to_be_visible()
    assert page.evaluate(
        "document.documentElement.scrollWidth <= innerWidth",
    )
