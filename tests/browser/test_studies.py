"""A study that ran here, with all that a study can have, in a real browser."""

import gzip

import pytest
from playwright.sync_api import expect

from catalogue.models import Mitigation
from tests import states
from tests.surveys.factories import make_full_study

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def with_study(loaded, migrated, django_db_blocker):
    """The real catalogue, and a study that ran here."""
    with django_db_blocker.unblock():
        loaded.restore()
        study = make_full_study(items=2, experts=24, is_preliminary=True)
        state = states.now()
        migrated.restore()
    return state, study


@pytest.fixture
def pages(live_server, with_study):
    """Addresses of the study and of its first measure."""
    state, study = with_study
    state.restore()
    study_page = study.get_absolute_url()
    mitigation = (
        Mitigation.objects.filter(items__study=study)
        .first()
        .get_absolute_url()
    )
    return [
        study_page,
        f"{study_page}?criterion=effective&expertise_area=law&sort=disagreement",
        mitigation,
        "/",
    ]


def open_all(page):
    page.evaluate(
        "document.querySelectorAll('details.more').forEach(one => one.open = true)",
    )


def test_a_study_is_shown_accessibly_in_light_and_dark_and_at_every_width(
    new_page,
    pages,
    axe_finds,
    figures_out_of_sight,
):
    page, found, wide = new_page(), {}, []
    for path in pages:
        page.goto(path)
        open_all(page)
        found[path] = axe_finds(page)
        for width in (820, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate(
                "document.documentElement.scrollWidth > document.documentElement.clientWidth",
            ):
                wide.append((path, width))
            if width < 500:
                wide += [
                    (path, width, figure)
                    for figure in figures_out_of_sight(page)
                ]
        page.set_viewport_size({"width": 1440, "height": 900})

    assert {path: wrong for path, wrong in found.items() if wrong} == {}
    assert wide == []


def seen_of(page):
    """For each table that a reader may open, whether it is seen."""
    return page.evaluate(
        "[...document.querySelectorAll('details.more table')].map(one => one.checkVisibility())",
    )


def test_every_number_is_in_print(new_page, pages):
    page = new_page()
    for path in pages[:3]:
        page.goto(path)
        assert set(seen_of(page)) == {False}

        page.emulate_media(media="print")

        assert set(seen_of(page)) == {True}
        page.emulate_media(media="screen")


def test_a_mitigation_with_much_evidence_is_light(new_page, pages):
    page, bodies = new_page(), []
    page.on("response", lambda response: bodies.append(response))
    page.goto(pages[2], wait_until="networkidle")

    assert (
        sum(len(gzip.compress(response.body())) for response in bodies)
        < 60_000
    )
    assert page.locator("#evidence").is_visible()


def test_a_reader_chooses_risk_area_and_order_without_javascript(
    new_page,
    pages,
):
    page = new_page(javascript=False)
    page.goto(pages[0])
    page.get_by_role("link", name="Effective", exact=True).click()
    page.get_by_role("link", name="Risk area 1", exact=True).click()
    page.get_by_text("More figures").click()
    page.get_by_role("link", name="Spread (A)").click()

    assert page.url.partition("?")[2].startswith(
        "criterion=effective&risk_area=area-1&sort=spread",
    )
    expect(page.locator(".results-table tbody tr")).to_have_count(2)
    head = page.locator("[aria-sort]").inner_text().split()
    assert head[:2] == ["Spread", "(A)"]
    assert head[-1] == "↑"
