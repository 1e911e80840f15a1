"""A study lead at work in a real browser."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from surveys.comments import comment_coding
from surveys.models import Remark, Study
from tests.factories import UserFactory
from tests.surveys.factories import make_closed_study, make_study, make_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("served_catalogue")
def test_a_lead_sets_a_study_up_walks_through_it_and_opens_it(admin_page):
    page = admin_page()
    page.goto("/admin/surveys/study/setup/")
    for label, text in (
        ("Label", "Safety 2026"),
        ("Title", "What experts think"),
        ("Method", "Asked."),
        ("Limits", "Few."),
    ):
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Save and go on").click()

    page.get_by_role("searchbox", name="Search").fill("audit")
    page.get_by_role("button", name="Show").click()
    page.locator("[name=pick]").first.check()
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_label("Wording").fill(
        "Developers let others check what they do.",
    )
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_label("Name").fill("Should be done")
    page.get_by_label("Question").fill("Should it be done?")
    page.get_by_label("Scale").select_option("agree-5")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_label("Consent text").fill("You may stop at any time.")
    page.get_by_role("button", name="Save and go on").click()

    page.get_by_role("link", name="Preview").click()
    page.get_by_label("I have read this").check()
    page.get_by_role("button", name="Begin").click()
    expect(page.locator("body")).to_contain_text(
        "Developers let others check what they do.",
    )
    expect(page.locator("body")).to_contain_text(
        "Nothing you enter here is kept.",
    )
    page.get_by_role("link", name="Back to the set-up").click()

    page.get_by_label("I have looked at it").check()
    page.get_by_role("button", name="Open the first round").click()
    page.get_by_text("Round 1 is open. Now invite experts.").wait_for()
    study = Study.objects.get(slug="safety-2026")
    assert (study.status, study.items.count(), study.rounds.count()) == (
        Study.Status.OPEN,
        1,
        1,
    )


def test_a_lead_codes_and_publishes(admin_page):
    page = admin_page()
    study = make_closed_study(["It costs much."] * 5)
    page.goto(reverse("admin:surveys_study_coding", args=[study.pk]))
    page.get_by_role(
        "link",
        name=study.items.get().mitigation.name,
        exact=True,
    ).click()
    page.get_by_label("Label").fill("cost")
    page.get_by_label("Body", exact=True).fill("It costs too much.")
    page.get_by_label("Stance").select_option("3")
    page.get_by_role("button", name="Save").click()
    boxes = page.get_by_label("cost", exact=True)
    expect(boxes).to_have_count(5)
    for box in boxes.all():
        box.check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Points and summary").click()
    page.get_by_role("textbox", name="Summary").fill(
        "{cost} fear what it costs.",
    )
    page.get_by_role("button", name="Preview").click()
    page.get_by_text("Several experts fear what it costs.").wait_for()
    page.get_by_role("button", name="Save points and summary").click()

    page.get_by_role("link", name="Publish").click()
    page.get_by_label("Publish it for good").check()
    page.get_by_role("button", name="Publish the study").click()

    page.get_by_text(
        "Counts and comments are those that were published.",
    ).wait_for()
    assert Study.objects.get(pk=study.pk).status == Study.Status.PUBLISHED


def every_page() -> list[str]:
    """Each page of a lead, with something on it."""
    draft, closed = (
        make_study(items=2),
        make_closed_study(["Short.", "Long. " * 300, "c", "d", "e"]),
    )
    make_token(draft)
    item = closed.items.get()
    point = comment_coding.add_point(
        item=item,
        label="cost",
        body="It costs too much.",
        stance=3,
    )
    for coder, points in ((UserFactory(), [point]), (UserFactory(), [])):
        comment_coding.code_remark(
            remark=Remark.objects.first(),
            coder=coder,
            points=points,
        )
    steps = [
        "about",
        "measures",
        "wording",
        "questions",
        "asked",
        "consent",
        "open",
    ]
    names = ["run", "coding", "answers", "publish"]
    return [
        reverse("admin:surveys_study_new"),
        *(
            reverse("admin:surveys_study_setup", args=[draft.pk, step])
            for step in steps
        ),
        *(
            reverse(f"admin:surveys_study_{name}", args=[study.pk])
            for study in (draft, closed)
            for name in names
        ),
        reverse(
            "admin:surveys_study_coding_measure",
            args=[closed.pk, item.pk],
        )
        + "?show=all",
        reverse(
            "admin:surveys_study_coding_points",
            args=[closed.pk, item.pk],
        ),
    ]


def test_where_leads_work_it_is_accessible_in_light_and_dark_and_fits_a_phone(
    admin_page,
    axe_finds,
):
    page, found = admin_page(width=390), {}
    for path in every_page():
        page.goto(path)
        found[path] = axe_finds(page, "#content")
        if page.evaluate(
            "document.documentElement.scrollWidth > window.innerWidth",
        ):
            found[path] += ["wider than a phone"]

    assert {path: wrong for path, wrong in found.items() if wrong} == {}
