"""The list of mitigations with JavaScript on: where a reader is quicker than the site, far down
the page, at the keyboard, printing.
"""

from datetime import date

import pytest

from tests.browser.test_walk import is_in_sight

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("served_catalogue", "kept_answers"),
]


def hold(page, pattern: str, times: int | None = None) -> list:
    """Holds back what is requested at such an address, for good or until `continue_` of one;
    `times`: the first that many only.
    """
    held: list = []
    page.route(pattern, lambda route: held.append(route), times=times)
    return held


def choose(page, query: str) -> None:
    page.locator(f"a.value[href$='{query}']").click()


def search(page, text: str) -> None:
    page.locator("#q").fill(text)
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
            order: document.querySelector(".orders [aria-current]").innerText,
            failed: !document.querySelector("#failed").hidden,
        })""",
    )


@pytest.mark.parametrize(
    ("slow", "first", "second", "address", "title", "chips", "box", "order"),
    [
        pytest.param(
            "**phase=deploy*",
            lambda page: choose(page, "phase=deploy"),
            lambda page: choose(page, "risk=4"),
            "?category=2&phase=deploy&risk=4",
            "Mitigations: 2 Organisation, Risk 4 Malicious Actors & Misuse, Deploy",
            [
                "2 Organisation",
                "Risk 4 Malicious Actors & Misuse",
                "Deploy",
            ],
            "",
            "code",
            id="filter, filter",
        ),
        pytest.param(
            "**phase=deploy*",
            lambda page: choose(page, "phase=deploy"),
            lambda page: search(page, "audit"),
            "?q=audit&category=2&phase=deploy",
            "“audit” · Mitigations: 2 Organisation, Deploy",
            ["audit", "2 Organisation", "Deploy"],
            "audit",
            "relevance",
            id="filter, search",
        ),
        pytest.param(
            "**q=audit*",
            lambda page: search(page, "audit"),
            sort_by_name,
            "?q=audit&category=2&ordering=name",
            "“audit” · Mitigations: 2 Organisation",
            ["audit", "2 Organisation"],
            "audit",
            "name",
            id="search, sort",
        ),
    ],
)
def test_of_two_quick_actions_both_count(
    new_page,
    slow,
    first,
    second,
    address,
    title,
    chips,
    box,
    order,
):
    page = new_page()
    errors = []
    page.on("console", lambda message: errors.append(message.text))
    page.goto("/mitigations/?category=2")
    held = hold(page, slow, times=1)
    first(page)
    page.wait_for_function("document.querySelector('[aria-busy=true]')")
    with page.expect_event("requestfailed"):  # the first one is called off
        second(page)
    page.wait_for_function(
        "(address) => location.search === address",
        arg=address,
    )
    page.wait_for_function("!document.querySelector('[aria-busy=true]')")
    for one in held:
        one.fulfill(body="Too late.")

    assert shown(page) == {
        "address": address,
        "title": title,
        "chips": chips,
        "box": box,
        "order": order,
        "failed": False,
    }
    assert (
        page.locator("#found").inner_text()
        == page.locator(".bar b").inner_text()
    )

    page.go_back()
    page.wait_for_function("location.search === '?category=2'")
    assert shown(page)["chips"] == ["2 Organisation"]
    assert errors == []


def test_nothing_is_suggested_once_a_search_is_sent(new_page):
    page = new_page()
    page.goto("/mitigations/")
    hold(page, "**/mitigations/?q=audit*")
    option = '<a role="option" href="/">Audit</a>'
    page.route("**/suggestions/**", lambda route: route.fulfill(body=option))
    search(page, "audit")
    page.wait_for_timeout(500)

    assert page.locator(".suggestions:visible").count() == 0


def test_of_three_quick_filters_one_is_put_on_one_off_and_one_on(new_page):
    page = new_page()
    page.goto("/mitigations/?category=2&page=2")
    held = hold(page, "**/mitigations/**")
    choose(page, "phase=deploy")
    choose(page, "?")
    choose(page, "risk=4")
    held[-1].continue_()

    page.wait_for_url("**/mitigations/?phase=deploy&risk=4")
    assert shown(page)["chips"] == [
        "Risk 4 Malicious Actors & Misuse",
        "Deploy",
    ]


def test_text_that_was_not_sent_goes_along_with_a_filter(new_page):
    page = new_page()
    page.goto("/mitigations/")
    page.locator("#q").fill("audit")
    choose(page, "phase=deploy")
    page.wait_for_url("**/mitigations/?q=audit&phase=deploy")
    assert shown(page)["chips"] == ["audit", "Deploy"]

    page.locator("#q").fill("audits of models")
    page.get_by_role("link", name="Remove Search").click()
    page.wait_for_url("**/mitigations/?phase=deploy")
    page.locator("#q").fill("audit")
    page.get_by_role("link", name="Clear all").click()
    page.wait_for_url("**/mitigations/")
    assert shown(page)["chips"] == []


def test_what_is_written_or_left_while_the_site_is_slow_stays_so(new_page):
    page = new_page()
    page.goto("/mitigations/")
    choose(page, "phase=deploy")
    page.wait_for_url("**?phase=deploy")
    held = hold(page, "**risk=4*")
    choose(page, "risk=4")
    page.locator("#q").press_sequentially("aud")
    held[0].continue_()
    page.wait_for_url("**risk=4*")
    page.keyboard.type("it")
    assert page.locator("#q").input_value() == "audit"

    # Suggestions stand over the filters until they are dismissed.
    page.get_by_role("listbox").wait_for()
    page.keyboard.press("Escape")
    held = hold(page, "**category=2*")
    choose(page, "category=2")
    with page.expect_event("requestfailed"):
        page.go_back()
    page.wait_for_function("location.search === '?phase=deploy'")
    held[0].fulfill(body="Too late.")
    assert shown(page)["title"] == "Mitigations: Deploy"
    assert page.locator("[aria-busy=true]").count() == 0


def test_whoever_goes_back_finds_in_the_field_what_the_results_are_for(
    new_page,
):
    page = new_page()
    page.goto("/mitigations/")
    choose(page, "phase=deploy")
    page.wait_for_url("**?phase=deploy")
    hold(page, "**q=audit*")
    search(page, "audit")
    page.locator("#q").press_sequentially(" of mo")

    page.go_back()
    page.wait_for_url("**/mitigations/")
    assert shown(page)["box"] == ""

    # As a browser has it that keeps pages as they were left.
    page.locator("#q").fill("never sent")
    page.evaluate(
        "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))",
    )
    assert shown(page)["box"] == ""


def test_a_search_that_failed_is_tried_again_with_its_words(new_page):
    page = new_page()
    page.goto("/mitigations/?phase=deploy")
    page.route("**q=audit*", lambda route: route.abort())
    search(page, "audit")
    again = page.get_by_role("link", name="Try again")
    again.wait_for()

    assert again.get_attribute("href") == "/mitigations/?q=audit&phase=deploy"


@pytest.mark.parametrize(
    ("width", "where"),
    [(1440, ".bar b"), (390, ".to-results a")],
)
def test_the_count_is_in_sight_of_whoever_chooses_a_filter_far_down(
    new_page,
    width,
    where,
):
    page = new_page(width=width)
    page.goto("/mitigations/")
    if page.locator(".to-filters").is_visible():
        page.locator(".to-filters").click()
    page.locator("details[data-keep=function] > summary").click()
    choose(page, "function=govern")
    page.wait_for_url("**?function=govern")
    page.wait_for_function("!document.querySelector('[aria-busy=true]')")
    count = page.locator("#found").inner_text()

    assert page.evaluate("scrollY") > 300
    assert is_in_sight(page, where)
    assert count in page.locator(where).inner_text()

    if width == 390:
        page.locator(where).click()
        assert is_in_sight(page, "#results")
        assert is_in_sight(page, ".bar b")
        sort_by_name(page)
        page.wait_for_url("**?function=govern&ordering=name")
        page.go_back()
        page.wait_for_url("**?function=govern#results")
        assert not page.locator(".facets").evaluate("(panel) => panel.open")
        page.locator(".to-filters").click()
        assert page.locator(".facets").evaluate("(panel) => panel.open")


@pytest.mark.parametrize("javascript", [True, False])
def test_on_a_phone_one_button_opens_the_filters(new_page, javascript):
    page = new_page(width=390, javascript=javascript)
    page.goto("/mitigations/")
    buttons = page.locator(".facets > summary:visible, .to-filters:visible")

    assert buttons.count() == 1
    buttons.click()
    assert is_in_sight(page, "details[data-keep=category] > summary")


@pytest.mark.parametrize("javascript", [True, False])
def test_on_a_phone_a_long_filter_is_read_whole_and_can_be_taken_off(
    new_page,
    javascript,
):
    page = new_page(width=390, javascript=javascript)
    page.goto("/mitigations/?risk_area=cbrn")

    chip = page.locator(".bar .chip:not(.clear)").bounding_box()
    clear = page.locator(".bar .chip.clear").bounding_box()
    is_beside = chip["x"] + chip["width"] <= clear["x"]
    is_above = chip["y"] + chip["height"] <= clear["y"]
    assert is_beside or is_above
    assert chip["x"] + chip["width"] <= 390
    assert clear["x"] + clear["width"] <= 390


def test_a_second_skip_link_leads_to_the_results(new_page):
    page = new_page()
    page.goto("/mitigations/?phase=deploy")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert is_in_sight(page, ".skip:focus")
    assert (
        page.evaluate("document.activeElement.innerText") == "Skip to results"
    )

    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.entry a')"):
            break
    assert page.evaluate("document.activeElement.matches('.entry a')")


def test_a_printed_list_says_when_it_was_printed_and_offers_nothing_to_click(
    new_page,
):
    page = new_page()
    page.goto("/mitigations/?phase=deploy")
    page.pdf()  # as the browser does it, with the events before it
    page.emulate_media(media="print")

    today = f"{date.today().day} {date.today():%B %Y}"
    assert (
        page.locator("#printed-address")
        .inner_text()
        .startswith(f"Printed on {today} from http")
    )
    assert (
        f"1 to 25 of 52 mitigations, printed on {today} from http"
        in page.locator(".results").inner_text()
    )
    assert page.locator(".chip").first.inner_text().endswith("Deploy")


@pytest.mark.parametrize("javascript", [True, False])
def test_the_navigation_of_a_phone_is_behind_a_button_in_a_low_masthead(
    new_page,
    javascript,
):
    page = new_page(width=390, javascript=javascript)
    page.goto("/mitigations/M0041/")
    assert page.locator(".masthead").bounding_box()["height"] <= 60
    assert not page.get_by_role("link", name="Studies").is_visible()

    page.get_by_role("button", name="Menu").press("Enter")
    assert is_in_sight(page, ".masthead li:last-child a")
    page.keyboard.press("Escape")
    assert not page.get_by_role("link", name="Studies").is_visible()

    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Studies").click()
    page.wait_for_url("**/studies/")


def test_a_table_that_is_wider_than_its_place_shows_so_and_few_are(
    new_page,
    figures_out_of_sight,
):
    page = new_page(width=820)
    for study in ("schuett-2023", "uuk-2024"):
        page.goto(f"/studies/{study}/")
        assert figures_out_of_sight(page) == []
    page.set_viewport_size({"width": 720, "height": 900})
    page.goto("/mitigations/?view=table")
    table = page.locator(".table-scroll")

    assert table.evaluate("(one) => one.scrollWidth > one.clientWidth")
    assert "local" in table.evaluate(
        "(one) => getComputedStyle(one).backgroundAttachment",
    )
