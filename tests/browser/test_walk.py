"""With JavaScript on: every kind of link leads to a page, and a reader sees when something is
waited for or failed.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.urls import Resolver404, resolve
from django.utils import timezone
from playwright.sync_api import expect

from catalogue import reading
from catalogue.curation import preview
from catalogue.models import Mitigation
from catalogue.releases.cutting import cut
from tests import states
from tests.factories import MitigationFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("kept_answers"),
]

#: One page of every kind. Of each list of mitigations, all kinds of links are followed; of the
#: others, those not followed before.
STARTS = [
    "/mitigations/",
    "/mitigations/?view=table",
    "/mitigations/?phase=deploy&q=audit",
    "/mitigations/?phase=deploy&page=all",
    "/mitigations/?q=zzzzqqqq",
    "/mitigations/?phse=deploy",
    "/",
    "/mitigations/M0006/",
    "/compare/?m=M0013&m=M0030",
    "/matrix/",
    "/shortlist/?m=M0013&m=M0030",
    "/matrix/?show=agreement",
    "/shortlist/brief/?m=M0013&m=M0030",
    "/search/",
    "/search/?q=audit",
    "/taxonomies/",
    "/taxonomies/mitigations-v2/",
    "/taxonomies/mitigations-v2/2.3/",
    "/phases/",
    "/phases/deploy/",
    "/actors/",
    "/actors/developer/",
    "/functions/",
    "/functions/govern/",
    "/studies/",
    "/studies/schuett-2023/",
    "/studies/uuk-2024/",
    "/documents/",
    "/documents/uuk-2024/",
    "/instruments/",
    "/instruments/owasp-llm-2025/",
    "/crosswalk/?from=ca-sb-53&to=ny-raise",
    "/data/",
    "/data/dictionary/",
    "/data/changes/",
    "/data/releases/2026.11/",
    "/releases/",
    "/releases/2026.11/mitigations/",
    "/changes/",
    "/about/",
    "/feedback/",
    "/api/",
    "/nothing-here/",
]
#: What a browser saves and does not show, by its ending or the value of `format`.
FILE = re.compile(
    r"\.(csv|json|jsonld|ndjson|xlsx|parquet|sqlite3|ttl|bib|ris|atom|xml|gz|zip|nt|svg|png|md|txt|html|pdf|docx|tsv|csl)$|/SHA256SUMS$",
)
#: Fewer kinds of links than these, and the walk has lost its way.
FEWEST = 100

#: What a reader has come to, once nothing is waited for any more: how many first headings there
#: are, the words of the first, all words, and the links with where on the page they are.
SHOWN = """() => new Promise((resolve) => {
    const links = () => {
        for (const one of document.querySelectorAll("details.facets")) one.open = true;
        const list = document.querySelector("#results-page");
        const look = list && (list.querySelector(".list-table") ? "table" : list.querySelector(".empty") ? "empty" : "cards");
        // What opens a window of its own is for pages that stand in a frame.
        const stays = (link) => (link.target || document.querySelector("base")?.target) !== "_blank";
        return [...document.querySelectorAll("a[href]")]
            .filter((link) => link.origin === location.origin && link.checkVisibility() && stays(link))
            .map((link) => [link.href, link.closest("main") ? look || "page" : "around"]);
    };
    const look = () => {
        if (document.querySelector("[aria-busy=true]")) return requestAnimationFrame(look);
        const headings = document.querySelectorAll("main h1");
        const text = document.querySelector("main")?.innerText ?? "";
        resolve([headings.length, headings[0]?.innerText.trim() ?? "", text, links()]);
    };
    look();
})"""
#: Where in the window the mouse hits the link to an address, which is brought into sight as by
#: a reader who scrolls; nothing where it is covered by something else.
PLACE_OF = """(address) => {
    const link = [...document.querySelectorAll("a[href]")].find((link) => link.href === address && link.checkVisibility());
    for (const block of ["nearest", "center", "end", "start", "last"]) {
        // What stays beside the text comes to its own end at the end of the page.
        if (block === "last") scrollTo({top: document.documentElement.scrollHeight, behavior: "instant"});
        link.scrollIntoView({block: block === "last" ? "nearest" : block, inline: "nearest", behavior: "instant"});
        for (const box of link.getClientRects()) {
            const place = [box.x + box.width / 2, box.y + box.height / 2];
            if (link.contains(document.elementFromPoint(...place))) return place;
        }
    }
}"""


@pytest.fixture(scope="module")
def site_with_all(loaded, migrated, django_db_blocker):
    """The real catalogue with a release, a record withdrawn since, and a draft. Its state, and
    the addresses of the two pages that only these have.
    """
    with django_db_blocker.unblock():
        loaded.restore()
        cut("2026.11")
        withdrawn = Mitigation.objects.get(accession="M0112")
        withdrawn.status = Mitigation.Status.WITHDRAWN
        withdrawn.withdrawal_note = "It was entered twice."
        withdrawn.withdrawn_at = timezone.now()
        withdrawn.replaced_by = Mitigation.objects.get(accession="M0111")
        withdrawn.save()
        draft = MitigationFactory(status=Mitigation.Status.DRAFT)
        addresses = [withdrawn.get_absolute_url(), preview.url(draft)]
        state = states.now()
        migrated.restore()
    return state, addresses


@pytest.fixture(autouse=True)
def further_starts(live_server, site_with_all) -> list[str]:
    state, addresses = site_with_all
    state.restore()
    return addresses


def kind_of(address: str) -> tuple[str, ...]:
    """Whether it is of a release, the path with what names a record left out, and the names of
    the parameters.
    """
    parts = urlsplit(address)
    within = reading.release_requested(parts.path, "")
    try:
        path = resolve(within.path).route
    except Resolver404:
        path = parts.path
    return (
        "release" if within.number else "today",
        path,
        *sorted(
            {
                name
                for name, _ in parse_qsl(parts.query, keep_blank_values=True)
            },
        ),
    )


def is_page(address: str) -> bool:
    parts = urlsplit(address)
    path = reading.release_requested(parts.path, "").path
    if path.startswith(("/api/v1/", "/admin/")) or FILE.search(path):
        return False
    return "format=" not in parts.query and not path.endswith("/schema/")


def links_by_kind(here: str, links: list[list[str]]) -> dict[tuple, str]:
    """One link of every kind among those of a page, but those to another place of the page
    itself.
    """
    found: dict[tuple, str] = {}
    here = here.split("#")[0].rstrip("?")
    for address, place in links:
        if is_page(address) and address.split("#")[0].rstrip("?") != here:
            found.setdefault((place, *kind_of(address)), address)
    return found


def watch(page, errors: tuple[str, ...] = ()) -> list[str]:
    """What goes wrong on the page from now on: script errors, answers that are errors where the
    address is none of `errors`, and requests that fail other than by leaving the page.
    """
    wrong: list[str] = []

    def failed(request):
        if request.failure != "net::ERR_ABORTED":
            wrong.append(f"failed: {request.url} {request.failure}")

    def answered(response):
        if response.status >= 400 and not response.url.endswith(errors):
            wrong.append(f"{response.status}: {response.url}")

    page.on("response", answered)
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("requestfailed", failed)
    return wrong


def follow(page, address: str) -> None:
    """Clicks the link to an address with the mouse, as a reader does, and waits for the page
    that it leads to. A place to click is looked for here: what Playwright's own `click` reads
    anew on each page for that takes a quarter of the time to open one.
    """
    before = page.url
    place = page.evaluate(PLACE_OF, address)
    assert place, f"{before}: the link to {address} cannot be clicked"
    page.mouse.click(*place)
    page.wait_for_url(lambda url: url != before, wait_until="domcontentloaded")


def blank(headings: int, heading: str, text: str) -> str:
    """What is missing from a page that somebody came to; nothing where all is well."""
    if headings != 1 or not heading:
        return "no heading"
    return "" if len(text) > len(heading) else "no content"


def walk(
    page,
    starts: list[str],
    clicked: set[tuple],
) -> Iterator[tuple[str, str, str]]:
    """Clicks a link of every kind that is not among `clicked`, which it adds to. From where it
    comes to it goes on, and back to the start only where nothing is new, so that no page is
    loaded for nothing; but not from one selection of a list to another, of which there is no
    end. Gives where it was, where it went, and what was missing there, at each click.
    """
    for start in starts:
        page.goto(start, wait_until="domcontentloaded")
        is_at_start = True
        shown = page.evaluate(SHOWN)
        while True:
            links = links_by_kind(page.url, shown[-1])
            if not is_at_start:
                links = {
                    kind: address
                    for kind, address in links.items()
                    if urlsplit(address).path != urlsplit(page.url).path
                }
            kind, address = next(
                ((k, a) for k, a in links.items() if k not in clicked),
                (None, ""),
            )
            if kind is None and is_at_start:
                break
            if kind is None:
                page.goto(start, wait_until="domcontentloaded")
                is_at_start = True
                shown = page.evaluate(SHOWN)
                continue
            clicked.add(kind)
            before = page.url
            follow(page, address)
            is_at_start = False
            shown = page.evaluate(SHOWN)
            yield before, address, blank(*shown[:-1])


@pytest.mark.parametrize("width", [390, 1440])
def test_a_link_of_every_kind_leads_to_a_page_with_javascript_on(
    new_page,
    width,
    further_starts,
    record_property,
):
    page = new_page(width=width)
    wrong = watch(
        page,
        errors=(
            "/mitigations/?phse=deploy",
            "/nothing-here/",
            further_starts[0],
        ),
    )
    blanks, clicked = {}, set()
    starts = [*STARTS, *further_starts]
    for before, address, problem in walk(page, starts, clicked):
        if problem:
            blanks[before, address] = problem

    record_property("kinds of links clicked", len(clicked))
    print(f"{len(clicked)} kinds of links clicked at {width} pixels")
    assert blanks == {}
    assert wrong == []
    assert len(clicked) >= FEWEST


def test_a_search_leads_to_what_it_found_and_back(new_page):
    page = new_page()
    wrong = watch(page)
    page.goto("/mitigations/")
    page.get_by_role("searchbox").fill("bug bounty")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "q=bug" in url)
    page.locator(".chip", has_text="bug bounty").wait_for()
    page.locator(".entry h2 a", has_text="Bug bounty programs").first.click()
    page.wait_for_url("**/mitigations/M*/")
    assert page.locator("h1").inner_text() == "Bug bounty programs"

    page.go_back()
    page.locator(".chip", has_text="bug bounty").click()
    page.wait_for_url(lambda url: "q=" not in url)
    page.locator(".chip").wait_for(state="detached")
    assert page.locator(".entry").count() == 25
    assert wrong == []


def test_links_of_the_list_lead_on_after_a_filter_a_search_a_sort_a_page_turn_back_and_forward(
    new_page,
):
    page = new_page()
    wrong = watch(page)
    page.goto("/mitigations/")
    page.locator("a.value[href='?phase=deploy']").click()
    page.wait_for_url("**phase=deploy")
    page.get_by_role("link", name="name", exact=True).click()
    page.wait_for_url("**ordering=name**")
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**page=2**")
    page.locator(".paging b", has_text="2").wait_for()
    second = page.locator(".entry h2 a").first
    name = second.inner_text()
    second.click()
    page.wait_for_url("**/mitigations/M*/")
    assert page.locator("h1").inner_text() == name

    page.go_back()
    page.wait_for_url("**page=2**")
    assert page.locator(".entry h2 a").first.inner_text() == name
    page.go_back()
    page.wait_for_url(lambda url: "page=2" not in url)
    page.go_forward()
    page.wait_for_url("**page=2**")
    page.locator(".paging b", has_text="2").wait_for()
    page.locator(".entry a.code").first.click()
    page.wait_for_url("**/taxonomies/**")
    assert blank(*page.evaluate(SHOWN)[:-1]) == ""
    assert wrong == []


def test_a_turned_page_begins_at_its_heading_with_the_focus_there(new_page):
    page = new_page()
    page.goto("/mitigations/?phase=deploy")
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**page=2**")
    page.wait_for_function("document.activeElement.tagName === 'H1'")

    assert page.locator("h1").evaluate(
        "(heading) => Math.abs(heading.getBoundingClientRect().top) < innerHeight / 2",
    )


def test_the_count_is_said_in_a_live_region_that_stays(new_page):
    page = new_page()
    page.goto("/mitigations/")
    region = page.locator("#found").element_handle()
    before = region.inner_text()
    page.locator("a.value[href='?phase=deploy']").click()
    page.wait_for_url("**phase=deploy")
    page.wait_for_function(
        "(before) => document.querySelector('[role=status]').innerText !== before",
        arg=before,
    )

    assert region.is_visible()
    assert region.inner_text() == page.locator(".results .bar b").inner_text()


def test_the_title_and_the_address_for_feedback_follow_the_filters(new_page):
    page = new_page()
    page.goto("/mitigations/")
    page.locator("a.value[href='?phase=deploy']").click()
    expect(page).to_have_title(re.compile("^Mitigations: Deploy"))

    assert (
        page.locator("#feedback-link")
        .get_attribute("href")
        .endswith("phase%3Ddeploy")
    )
    assert (
        page.locator("#printed-address")
        .text_content()
        .strip()
        .endswith("?phase=deploy")
    )


def ask_for_what_governs(page, answer) -> None:
    """Chooses a filter that stands low on a phone, with the filters open; `answer` handles the
    request.
    """
    page.goto("/mitigations/")
    page.route("**/mitigations/?function=govern", answer)
    if page.locator(".to-filters").is_visible():
        page.locator(".to-filters").click()
    page.locator("details[data-keep=function] > summary").click()
    page.locator("a.value[href='?function=govern']").click()


def is_in_sight(page, selector: str) -> bool:
    """Whether all of it lies in the window, with nothing before it."""
    return page.evaluate(
        """(selector) => {
            const one = document.querySelector(selector);
            const box = one.getBoundingClientRect();
            const isInside = box.top >= 0 && box.bottom <= innerHeight && box.width > 0;
            return isInside && one.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
        }""",
        selector,
    )


@pytest.mark.parametrize("width", [390, 1440])
def test_a_slow_answer_is_said_to_be_under_way_where_the_reader_is(
    new_page,
    width,
):
    page = new_page(width=width)
    waiting = []
    ask_for_what_governs(page, lambda route: waiting.append(route))
    page.locator("#loading").wait_for(state="visible")
    assert is_in_sight(page, "#loading")
    assert (
        float(
            page.locator(".results").evaluate(
                "(one) => getComputedStyle(one).opacity",
            ),
        )
        < 1
    )

    waiting[0].continue_()
    page.locator("#loading").wait_for(state="hidden")
    page.wait_for_url("**function=govern")


@pytest.mark.parametrize(
    ("width", "answer", "message"),
    [
        (390, lambda route: route.abort(), "The site cannot be reached."),
        (
            1440,
            lambda route: route.fulfill(status=503, body="busy"),
            "The site is busy",
        ),
    ],
    ids=["offline", "503"],
)
def test_a_failure_is_said_where_the_reader_is_with_the_link_to_try_again(
    new_page,
    width,
    answer,
    message,
):
    page = new_page(width=width)
    ask_for_what_governs(page, answer)
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert message in alert.inner_text()
    assert is_in_sight(page, "#failed")
    assert page.locator("#loading").is_hidden()

    page.unroute("**/mitigations/?function=govern")
    alert.get_by_role("link", name="Try again").click()
    page.wait_for_url("**function=govern")
    assert page.locator(".chip", has_text="Govern").count() == 1


@pytest.mark.parametrize(
    "answer",
    [
        lambda route: route.abort(),
        lambda route: route.fulfill(status=503, body="The site is busy."),
    ],
    ids=["offline", "503"],
)
def test_what_was_written_to_the_editors_is_still_there_after_it_could_not_be_sent(
    new_page,
    answer,
):
    page = new_page(width=390)
    page.goto("/feedback/?page=/mitigations/M0006/")
    page.locator("textarea").first.fill("The page number is wrong.")
    page.route(
        "**/feedback/**",
        lambda route: (
            answer(route)
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    page.get_by_role("button", name="Send").click()
    page.wait_for_function("!document.querySelector('textarea')")

    page.go_back()

    assert (
        page.locator("textarea").first.input_value()
        == "The page number is wrong."
    )


@pytest.mark.parametrize(
    "answer",
    [
        lambda route: route.abort(),
        lambda route: route.fulfill(status=503, body="The site is busy."),
    ],
    ids=["offline", "503"],
)
def test_a_page_that_could_not_be_opened_is_opened_once_the_site_is_there_again(
    new_page,
    answer,
):
    page = new_page()
    page.goto("/mitigations/?phase=deploy")
    link = page.locator(".entry h2 a").first
    name = link.inner_text()
    page.route("**/mitigations/M*/", answer)
    link.click()
    page.wait_for_function("!document.querySelector('.entry')")

    page.unroute("**/mitigations/M*/")
    page.go_back()
    page.locator(".entry h2 a").first.click()
    page.wait_for_url("**/mitigations/M*/")

    assert page.locator("h1").inner_text() == name
