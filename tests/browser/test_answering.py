"""An expert answers in a real browser."""

import re
import time
from contextlib import suppress
from urllib.parse import parse_qs

import pytest
from django.db import OperationalError

from surveys.models import Remark, Response, ScalePoint
from surveys.running import fielding, rounds
from tests.surveys.factories import make_study, make_token

pytestmark = pytest.mark.django_db(transaction=True)
#: Not “Not saved.”
SAVED = re.compile(r"^\s*Saved\.")


def tab_to(page, selector):
    """Presses Tab until the element has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(
            "selector => document.activeElement.matches(selector)",
            selector,
        ):
            return
    raise AssertionError(f"The keyboard does not reach {selector}.")


def go_on(page):
    """By Enter, to the whole of the next page."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def carries(request, **fields):
    """Whether these values were in the form that was sent."""
    form = parse_qs(request.post_data or "")
    return all(form.get(name) == [value] for name, value in fields.items())


@pytest.mark.parametrize("javascript", [True, False])
def test_an_expert_answers_with_the_keyboard_alone(new_page, javascript):
    study = make_study(items=2)
    rounds.open_round(study=study)
    page = new_page(width=390, javascript=javascript)
    page.goto(f"/answer/{make_token(study)}/")

    tab_to(page, "[name=consent]")
    page.keyboard.press("Space")
    tab_to(page, "main button")
    go_on(page)
    for _ in range(2):
        tab_to(page, "[name=do]")
        page.keyboard.press("Space")
        tab_to(page, "[value=on]")
        go_on(page)
    tab_to(page, "[value=submit]")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=your answers are in")

    response = Response.objects.get()
    assert response.is_submitted
    assert response.answers.count() == 2


def test_answers_are_kept_before_the_page_is_left(new_page):
    study = make_study(items=1)
    rounds.open_round(study=study)
    page, address = new_page(width=390), f"/answer/{make_token(study)}/"
    page.goto(address)
    page.check("[name=consent]")
    page.get_by_role("button", name="Begin").click()

    page.check("[value=sa]")
    page.locator("#saved", has_text=SAVED).wait_for()
    page.locator("#remark").press_sequentially("It depends.")
    # Until the page knows: what it has not heard of it sends again as it is left.
    page.wait_for_function("() => entered() === saved")
    page.goto("about:blank")

    response = Response.objects.get()
    assert [answer.point.slug for answer in response.answers.all()] == ["sa"]
    assert response.remarks.get().body == "It depends."


def test_an_answer_given_before_the_scripts_are_there_is_saved(new_page):
    page, awaited = new_page(), []
    page.route("**/js/answer*.js", lambda route: awaited.append(route))
    begin(page, make_study(items=1))

    page.check("[value=sa]")
    awaited.pop().continue_()
    page.locator("#saved", has_text=SAVED).wait_for()

    assert Response.objects.get().answers.get().point.slug == "sa"


def test_back_shows_the_answer_that_another_tab_gave_since(new_page):
    study = make_study(items=2)
    page = new_page()
    begin(page, study)
    page.check("[value=sa]")
    page.locator("#saved", has_text=SAVED).wait_for()
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_text("Measure 2 of 2").wait_for()

    Response.objects.get().answers.update(
        point=ScalePoint.objects.get(slug="a"),
    )
    page.go_back()
    page.get_by_text("Measure 1 of 2").wait_for()

    assert page.get_by_role("radio", name="Point a").is_checked()


def test_a_lost_connection_is_told_and_what_was_not_sent_is_sent_again(
    new_page,
):
    study = make_study(items=1)
    page = new_page()
    page.clock.install()
    begin(page, study)

    page.context.set_offline(True)
    page.check("[value=sa]")
    page.locator("#saved", has_text=re.compile("^Not saved")).wait_for()
    page.context.set_offline(False)
    page.clock.fast_forward(5000)
    page.locator("#saved", has_text=SAVED).wait_for()

    assert Response.objects.get().answers.get().point.slug == "sa"


def begin(page, study):
    """The page of the first measure, of an expert who has just taken part."""
    rounds.open_round(study=study)
    page.goto(f"/answer/{make_token(study)}/")
    page.check("[name=consent]")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_selector("[value=sa]")


def stored_remark(expected: str) -> str:
    """The comment in the database, once it is the one that is waited for, or after ten seconds."""
    body, end = "", time.monotonic() + 10
    while body != expected and time.monotonic() < end:
        # The server's thread may be writing it in the same database in memory.
        with suppress(Remark.DoesNotExist, OperationalError):
            body = Remark.objects.get().body
        time.sleep(0.05)
    # The server is not done with the request as soon as this is written, and the database is
    # taken away after the test.
    time.sleep(0.3)
    return body


def test_what_was_typed_last_is_saved_as_the_page_is_left_without_a_question(
    new_page,
):
    page, asked = new_page(), []
    page.on(
        "dialog",
        lambda dialog: (asked.append(dialog.type), dialog.dismiss()),
    )
    begin(page, make_study(items=2))

    # What is typed before the scripts are there cannot be sent as the page is left.
    page.wait_for_load_state()
    page.fill("#remark", "Typed last.")
    page.goto("about:blank")
    assert stored_remark("Typed last.") == "Typed last."
    page.go_back()
    page.wait_for_load_state()
    page.fill("#remark", "Typed at last.")
    page.context.new_page().bring_to_front()
    page.close()
    assert stored_remark("Typed at last.") == "Typed at last."
    assert asked == []


def test_offline_the_browser_asks_before_text_is_dropped(new_page):
    page, asked = new_page(), []
    page.on(
        "dialog",
        lambda dialog: (asked.append(dialog.type), dialog.dismiss()),
    )
    begin(page, make_study(items=1))

    page.context.set_offline(True)
    page.locator("#remark").press_sequentially("Not yet sent.")
    page.locator("#saved", has_text=re.compile("^Not saved")).wait_for()
    page.evaluate("setTimeout(() => location.reload())")
    page.wait_for_timeout(500)

    assert asked == ["beforeunload"]
    assert page.input_value("#remark") == "Not yet sent."


def test_without_its_cookie_a_page_stays_as_it_is_and_gets_a_new_one(new_page):
    page = new_page()
    begin(page, make_study(items=1))
    refused = {
        "status": 403,
        "content_type": "text/html",
        "body": "<h1>This form was open for too long</h1>",
    }
    page.route("**/answer/*/1/", lambda route: route.fulfill(**refused))

    page.locator("#remark").press_sequentially("Still here.")
    page.locator(
        "#saved",
        has_text="Not saved: the cookie that this page needs is missing",
    ).wait_for()
    assert page.input_value("#remark") == "Still here."
    page.unroute("**/answer/*/1/")
    page.context.clear_cookies()
    page.check("[value=sa]")
    page.locator("#saved", has_text=SAVED).wait_for()

    response = Response.objects.get()
    assert response.remarks.get().body == "Still here."
    assert response.answers.get().point.slug == "sa"


def test_a_comment_that_is_too_long_is_kept_whole_on_the_page_and_said_not_to_be_saved(
    new_page,
):
    page, body = new_page(), "x" * (fielding.REMARK_LENGTH + 1)
    begin(page, make_study(items=1))

    page.fill("#remark", body)
    page.locator(
        "#remark-count",
        has_text="5,001 of 5,000 characters: too long",
    ).wait_for()
    page.locator("#saved", has_text="Not all is saved").wait_for()

    assert page.input_value("#remark") == body
    page.fill("#remark", body[1:])
    page.locator("#saved", has_text=SAVED).wait_for()
    assert Remark.objects.get().body == body[1:]


def test_a_tab_opened_earlier_shows_what_another_saved_and_wipes_nothing(
    new_page,
):
    study = make_study(items=2, asks_combination=True)
    rounds.open_round(study=study)
    address = f"/answer/{make_token(study)}/"
    older = new_page(width=390)
    older.goto(address)
    older.check("[name=consent]")
    older.get_by_role("button", name="Begin").click()
    older.wait_for_selector("[value=sa]")
    newer = older.context.new_page()
    newer.goto(f"{address}1/")
    newer.check("[value=sa]")
    newer.locator("#saved", has_text=SAVED).wait_for()

    older.locator("#remark").press_sequentially("It depends.")
    older.locator("#meanwhile", has_text="Point sa").wait_for()
    older.locator("[value=sa]:checked").wait_for()
    # Not the answer to a remark that was on its way still.
    with older.expect_response(lambda answer: carries(answer.request, do="d")):
        older.check("[value=d]")
    newer.check("[value=n]")
    newer.locator(
        "#meanwhile",
        has_text="Here, and not saved: Point n",
    ).wait_for()
    newer.get_by_role(
        "button",
        name="Save what stands on this page instead",
    ).click()
    newer.locator("#meanwhile", has_text="Point n").wait_for(state="hidden")
    newer.get_by_role("button", name="overview").click()
    newer.locator("[name=combination]").first.check()
    newer.locator("#saved", has_text=SAVED).wait_for()

    response = Response.objects.get()
    assert [answer.point.slug for answer in response.answers.all()] == ["n"]
    assert response.remarks.get().body == "It depends."
    assert response.combination.count() == 1


def test_axe_finds_nothing_where_experts_answer(new_page, axe_finds):
    study = make_study(items=2, expertise=["law"], asks_combination=True)
    rounds.open_round(study=study)
    page, address = new_page(width=390), f"/answer/{make_token(study)}/"
    page.goto(address)
    found = axe_finds(page)
    page.check("[name=consent]")
    page.get_by_role("button", name="Begin").click()
    for path in (f"{address}1/", f"{address}review/", "/answer/forged/"):
        page.goto(path)
        found += axe_finds(page)

    assert found == []
