"""The list of mitigations with JavaScript on, where a reader is quicker than the site."""

import pytest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("served_catalogue")]


def hold(page, pattern: str) -> list:
    """Holds back what is requested at such an address, for good or until `continue_` of one."""
    held: list = []
    page.route(pattern, lambda route: held.append(route))
    return held


def choose(page, query: str) -> None:
    page.locator(f"a.value[href$='{query}']").click()


def search(page, text: str) -> None:
    page.get_by_role("searchbox").fill(text)
    page.keyboard.press("Enter")


def sort_by_name(page) -> None:
    page.get_by_role("link", name="name", exact=True).click()


def shown(page) -> dict:
    """What the page says of itself, in all the places where it does."""
    return page.evaluate(
        """() => ({
            address: location.search,
            title: document.title.split(" · AI ")[0],
            chips: [...document.querySelectorAll(".chip:not(.clear)")].map((one) => one.innerText.split("\\n")[1]),
            box: document.querySelector("#q").value,
            order: document.querySelector(".bar span [aria-current]").innerText,
            failed: !document.querySelector("#failed").hidden,
        })"""
    )


@pytest.mark.parametrize(
    ("slow", "first", "second", "address", "title", "chips", "box", "order"),
    [
        pytest.param(
            "**phase=deploy*",
            lambda page: choose(page, "phase=deploy"),
            lambda page: choose(page, "risk=4"),
            "?category=2&risk=4",
            "Mitigations: 2 Organisation, 4 Malicious Actors & Misuse",
            ["2 Organisation", "4 Malicious Actors & Misuse"],
            "",
            "code",
            id="filter, filter",
        ),
        pytest.param(
            "**phase=deploy*",
            lambda page: choose(page, "phase=deploy"),
            lambda page: search(page, "audit"),
            "?q=audit&category=2",
            "“audit” · Mitigations: 2 Organisation",
            ["audit", "2 Organisation"],
            "audit",
            "relevance",
            id="filter, search",
        ),
        pytest.param(
            "**q=audit*",
            lambda page: search(page, "audit"),
            sort_by_name,
            "?category=2&ordering=name",
            "Mitigations: 2 Organisation",
            ["2 Organisation"],
            "",
            "name",
            id="search, sort",
        ),
    ],
)
def test_of_two_quick_actions_the_last_one_counts(new_page, slow, first, second, address, title, chips, box, order):
    page = new_page()
    page.goto("/mitigations/?category=2")
    held = hold(page, slow)
    first(page)
    page.wait_for_function("document.querySelector('[aria-busy=true]')")
    with page.expect_event("requestfailed"):  # the first one is called off
        second(page)
    page.wait_for_function("(address) => location.search === address", arg=address)
    page.wait_for_function("!document.querySelector('[aria-busy=true]')")
    for one in held:
        one.fulfill(body="Too late.")

    assert shown(page) == {
        "address": address, "title": title, "chips": chips, "box": box, "order": order, "failed": False
    }  # fmt: skip
    assert page.get_by_role("status").inner_text() == page.locator(".bar b").inner_text()

    page.go_back()
    page.wait_for_function("location.search === '?category=2'")
    assert shown(page)["chips"] == ["2 Organisation"]


def test_what_is_written_or_left_while_the_site_is_slow_stays_so(new_page):
    page = new_page()
    page.goto("/mitigations/")
    choose(page, "phase=deploy")
    page.wait_for_url("**?phase=deploy")
    held = hold(page, "**risk=4*")
    choose(page, "risk=4")
    page.get_by_role("searchbox").press_sequentially("aud")
    held[0].continue_()
    page.wait_for_url("**risk=4*")
    page.keyboard.type("it")
    assert page.get_by_role("searchbox").input_value() == "audit"

    held = hold(page, "**category=2*")
    choose(page, "category=2")
    with page.expect_event("requestfailed"):
        page.go_back()
    page.wait_for_function("location.search === '?phase=deploy'")
    held[0].fulfill(body="Too late.")
    assert shown(page)["title"] == "Mitigations: Deploy"
    assert page.locator("[aria-busy=true]").count() == 0


def test_a_search_that_failed_is_tried_again_with_its_words(new_page):
    page = new_page()
    page.goto("/mitigations/?phase=deploy")
    page.route("**q=audit*", lambda route: route.abort())
    search(page, "audit")
    again = page.get_by_role("link", name="Try again")
    again.wait_for()

    assert again.get_attribute("href") == "/mitigations/?q=audit&phase=deploy"
