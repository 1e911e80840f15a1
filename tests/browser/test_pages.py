"""Every page in a real browser: accessible, without script, on a phone, by keyboard."""

import re
import zipfile
from urllib.parse import urlsplit

import brotli
import pytest
from django.test import Client

from tests.browser.test_policy import breaches

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("served_catalogue", "kept_answers"),
]

PAGES = [
    "/",
    "/mitigations/",
    "/mitigations/?q=audti&phase=deploy&view=table",
    "/mitigations/?q=zzzzqqqq",
    "/mitigations/?phse=deploy",
    "/mitigations/M0006/",
    "/search/?q=bias",
    "/search/?q=zzzzqqqq",
    "/taxonomies/",
    "/taxonomies/mitigations-v2/",
    "/taxonomies/mitigations-v2/2.3.1/",
    "/taxonomies/risk-domains/7.2/",
    "/phases/",
    "/phases/deploy/",
    "/actors/",
    "/actors/developer/",
    "/functions/",
    "/functions/govern/",
    "/studies/",
    "/studies/schuett-2023/",
    "/studies/uuk-2024/",
    "/studies/schuett-2023/chart/",
    "/mitigations/M0013/",
    "/mitigations/M0061/",
    "/compare/",
    "/compare/?m=M0013",
    "/compare/?m=M0013&m=M0030&m=M0085",
    "/matrix/",
    "/embed/matrix/",
    "/shortlist/",
    "/shortlist/brief/?m=M0013&m=M0030&m=M0085",
    "/shortlist/?m=M0013&m=M0030&m=M0085&for=phase:deploy&x=M0020:Too costly&undo=2.M0021&sort=schuett-2023.should-be-done&as_of=2026-01-01&risk_level=2",
    "/mitigations/?phase=deploy&s=M0013",
    "/matrix/?rows=risk&columns=risk_area&show=agreement&question=schuett-2023.should-be-done&open=4",
    "/matrix/?show=agreement",
    "/matrix/?phase=deploy&columns=actor&against=all&mark=audit",
    "/matrix/?rows=instrument&columns=risk",
    "/documents/",
    "/documents/mitre-atlas/",
    "/instruments/",
    "/instruments/ca-sb-53/",
    "/instruments/eu-ai-act/",
    "/crosswalk/",
    "/crosswalk/?from=eu-gpai-code&to=nist-ai-rmf",
    "/data/",
    "/data/dictionary/",
    "/about/",
    "/feedback/?page=/mitigations/M0006/",
    "/api/",
    "/nothing-here/",
]


def faults(page, axe_finds, figures_out_of_sight):
    """What is wrong with the page that is open: nothing, where it is as all pages are to be."""
    yield from axe_finds(page)
    yield from (
        f"no {what}"
        for what, is_there in (
            ("single heading", page.locator("h1").count() == 1),
            ("title", page.title()),
            (
                "description",
                page.locator("meta[name=description]").get_attribute(
                    "content",
                ),
            ),
        )
        if not is_there
    )
    page.set_viewport_size({"width": 320, "height": 900})
    if page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth",
    ):
        yield "wider than 320 pixels"
    page.evaluate(
        "document.querySelectorAll('details').forEach(one => one.open = true)",
    )
    yield from figures_out_of_sight(page)


def test_every_page_is_accessible_in_light_and_dark_has_its_name_fits_a_phone_and_keeps_the_policy(
    new_page,
    axe_finds,
    figures_out_of_sight,
):
    page, found = new_page(), {}
    broken = breaches(page)
    for path in PAGES:
        page.set_viewport_size({"width": 1440, "height": 900})
        answer = page.goto(path)
        assert (
            "default-src 'none'" in answer.headers["content-security-policy"]
        )
        found[path] = list(faults(page, axe_finds, figures_out_of_sight))

    assert broken == []
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_one_pale_word_among_many_is_found_in_the_scheme_that_has_it(
    new_page,
    axe_finds,
):
    page = new_page()
    page.set_content(
        "<!doctype html><html lang=en><title>Words</title><main><h1>Words</h1>"
        + "<p>Black</p>" * 99
        + "<p style='color: light-dark(#000, #333)'>Pale</p></main>"
        + "<style>:root {color-scheme: light dark; background: Canvas}</style>",
    )

    assert [(scheme, rule) for scheme, rule, _ in axe_finds(page)] == [
        ("dark", "color-contrast"),
    ]


def test_the_data_dictionary_says_on_a_phone_what_each_column_holds(new_page):
    page = new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/data/dictionary/")

    meaning = page.get_by_text("What is done, by whom, and what it").first

    box = meaning.bounding_box()
    assert box["x"] + box["width"] <= 390
    assert box["width"] > 300


def test_a_phone_shows_every_figure_that_a_study_can_be_sorted_by(new_page):
    page = new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/studies/schuett-2023/")

    table = page.get_by_role("table", name="Should be done: answers")
    offered = table.locator("thead a").all_inner_texts()
    row = table.locator("tbody tr").first

    assert len(offered) == 4
    for label in offered:
        words = label.split(":")[0].strip(" ↓\n")
        assert row.locator(f'td[data-label="{words}"]').is_visible()


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
    assert (
        page.evaluate("document.activeElement.textContent")
        .strip()
        .startswith("Skip")
    )
    page.keyboard.press("Enter")
    for _ in range(60):
        page.keyboard.press("Tab")
        if "Deploy" in page.evaluate("document.activeElement.textContent"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**phase=deploy**")


#: What the site's server adds to each answer: its name, the day, and that a file is compressed.
SERVER_HEADERS = 150


def bytes_on_the_wire(request, settings):
    """Those of an answer to Chromium, with its headers."""
    path = urlsplit(request.url).path
    if path.startswith("/static/"):
        return bytes_of_file(path, settings)
    sizes = request.sizes()
    return sizes["responseBodySize"] + sizes["responseHeadersSize"]


def bytes_of_file(path, settings):
    """As the site itself gives it: the server of the tests does not compress files, and adds
    none of the site's headers.
    """
    settings.WHITENOISE_USE_FINDERS = True
    answer = Client().get(path)
    body = b"".join(answer.streaming_content)
    if not path.endswith(".woff2"):
        body = brotli.compress(body)
    return len(body) + len(answer.serialize_headers()) + SERVER_HEADERS


def test_the_first_visit_to_the_list_is_light_and_does_not_shift(
    new_page,
    settings,
):
    page = new_page()
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach(e => window.shift += e.value))"
        ".observe({type: 'layout-shift', buffered: true})",
    )
    requests = []
    page.on("requestfinished", lambda request: requests.append(request))
    page.goto("/mitigations/", wait_until="networkidle")

    weights = [bytes_on_the_wire(request, settings) for request in requests]
    # Which a browser without a window does not ask for.
    weights.append(bytes_of_file("/static/img/favicon.svg", settings))
    assert len(weights) >= 8
    assert sum(weights) < 60_000
    assert page.evaluate("window.shift") < 0.01


def test_a_measure_of_which_experts_and_laws_say_much_prints_on_two_pages(
    new_page,
):
    page = new_page()
    page.goto("/mitigations/M0013/")

    printed = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type /Page\b", printed)) == 2


def test_code_for_a_view_can_be_copied_after_the_list_was_filtered(new_page):
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/mitigations/")
    page.locator("a.value[href='?phase=deploy']").click()
    page.wait_for_url("**phase=deploy**")

    page.get_by_text("Code for curl, Python and R").click()
    page.get_by_role("button", name="Copy", exact=True).first.click()
    page.get_by_role("button", name="Copied").wait_for()

    assert "phase=deploy&format=csv" in page.evaluate(
        "navigator.clipboard.readText()",
    )


def test_a_view_is_taken_along_as_a_file(new_page):
    page = new_page(javascript=False)
    page.goto("/mitigations/?phase=deploy")

    with page.expect_download() as download:
        page.get_by_role("link", name="Excel", exact=True).click()

    assert re.fullmatch(
        r"mitigations_phase-deploy_rev\d+_[\d-]+\.xlsx",
        download.value.suggested_filename,
    )
    assert zipfile.is_zipfile(download.value.path())
