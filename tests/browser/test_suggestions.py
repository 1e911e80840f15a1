"""The list that opens below a search field, by keyboard, mouse and for a screen reader."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.usefixtures("served_catalogue")


def active(field) -> str:
    """The words of the option that a screen reader reads."""
    return field.evaluate(
        """(field) => {
            const id = field.getAttribute("aria-activedescendant");
            return id ? document.getElementById(id).querySelector("b").innerText : "";
        }""",
    )


@pytest.mark.django_db(transaction=True)
def test_a_reader_without_a_mouse_goes_through_suggestions(
    new_page,
    axe_finds,
):
    page = new_page()
    page.goto("/about/")
    page.get_by_role("searchbox").focus()
    field = page.get_by_role("combobox", name="Search the catalogue")
    expect(field).to_have_attribute("aria-expanded", "false")
    before = page.locator("h1").bounding_box()
    field.press_sequentially("cbr")
    listbox = page.get_by_role("listbox", name="Suggestions")
    expect(listbox).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    assert field.get_attribute("aria-controls") == listbox.get_attribute("id")
    options = listbox.get_by_role("option")
    status = page.locator(".site-search [role=status]")
    count = options.count()
    words = f"{count} suggestion{'s' if count > 1 else ''}"
    expect(status).to_have_text(words)
    expect(options.first).to_contain_text("measures with results or comments")
    assert page.locator("h1").bounding_box() == before  # nothing moves
    assert active(field) == ""

    field.fill("audit")
    expect(options.first).to_contain_text("Auditing & Compliance")
    expect(listbox.get_by_role("group", name="Categories")).to_be_visible()
    names = [
        one.replace("\n", " ")
        for one in listbox.locator("b").all_inner_texts()
    ]
    walked = []
    for _ in range(len(names) + 2):
        field.press("ArrowDown")
        walked.append(active(field))
    assert walked == [*names, "", names[0]]
    field.press("End")
    assert active(field) == names[-1]
    field.press("Home")
    assert active(field) == names[0]
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert axe_finds(page, ".masthead") == []
    field.press("ArrowUp")
    assert active(field) == ""
    field.press("ArrowUp")
    assert active(field) == names[-1]

    field.press("Escape")
    expect(listbox).to_be_hidden()
    assert field.input_value() == "audit"
    field.press("ArrowDown")
    expect(listbox).to_be_visible()
    field.press("Tab")
    expect(listbox).to_be_hidden()
    field.focus()
    field.press("ArrowDown")
    field.press("Enter")
    page.wait_for_url("**/mitigations/?category=2.2.3")


@pytest.mark.django_db(transaction=True)
def test_suggestions_are_pressed_and_where_there_are_none_the_form_works(
    new_page,
):
    page = new_page(width=320)
    page.goto("/")
    field = page.locator("#q")
    field.press_sequentially("red t")
    option = page.get_by_role("option", name=re.compile("^Red teaming"))
    option.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    option.click()
    page.wait_for_url("**/mitigations/M*/")
    page.go_back()

    page.route("**/suggestions/**", lambda route: route.abort())
    page.get_by_role("link", name="AI Mitigation Catalogue").first.click()
    field.press_sequentially("audit")
    field.press("Enter")
    page.wait_for_url("**/search/?q=audit")
    assert page.get_by_role("listbox").count() == 0
    page.get_by_role("link", name=re.compile("to be filtered")).click()
    page.wait_for_url("**/mitigations/?q=audit")
