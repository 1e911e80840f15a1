"""Coding and the quality desk in a real browser."""

import pytest

from catalogue.curation import double_coding
from catalogue.models import CodingUnit, Dismissal, Mitigation, Taxonomy
from tests.factories import UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("served_catalogue"),
]


def assigned(*coders, count=2):
    taxonomy = Taxonomy.objects.get(slug="mitigations-v2")
    double_coding.assign(
        mitigations=Mitigation.objects.all()[:count],
        taxonomy=taxonomy,
        coders=coders,
    )
    return list(CodingUnit.objects.order_by("pk"))


def ada():
    from django.contrib.auth.models import User

    return User.objects.get(username="ada")


def test_a_coder_codes_without_the_mouse_and_goes_on(admin_page):
    page = admin_page()
    first, second = assigned(ada())
    page.goto(f"/admin/coding/{first.pk}/")

    page.keyboard.type("2.2.2")
    page.keyboard.press("Enter")
    assert (
        page.locator("#tree label:visible").count() == 3
    )  # with the two above it
    page.get_by_label("moderate").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("It is tried out before release.")
    page.keyboard.press("Control+Enter")

    page.wait_for_url(f"**/coding/{second.pk}/")
    seat = double_coding.seat_of(first, ada())
    assert (seat.category.code, seat.confidence) == ("2.2.2", "moderate")


def test_the_tree_is_searched_without_script(admin_page):
    page = admin_page(javascript=False)
    [unit] = assigned(ada(), count=1)
    page.goto(f"/admin/coding/{unit.pk}/")

    page.get_by_label("Rationale").fill("Half a thought")
    page.get_by_label("Find by code or word").fill("audit")
    page.keyboard.press("Enter")

    page.get_by_text("shown for “audit”").wait_for()
    assert 0 < page.locator("#tree label").count() < 10
    assert page.get_by_label("Rationale").input_value() == "Half a thought"


def test_enter_in_the_reason_dismisses_and_never_maps(admin_page):
    page = admin_page()
    page.goto("/admin/quality/likely-duplicate/")

    page.locator("[name=finding]").first.check()
    page.get_by_label("Dismiss those ticked, because").fill(
        "Two different measures.",
    )
    page.keyboard.press("Enter")

    page.get_by_text("Dismissed. It comes back").wait_for()
    assert Dismissal.objects.get().reason == "Two different measures."


def test_axe_finds_nothing_and_nothing_overflows(admin_page, axe_finds):
    page = admin_page()
    other = UserFactory()
    first, second = assigned(ada(), other)
    for coder, code in ((ada(), "2.2.2"), (other, "2.2.1")):
        category = first.taxonomy.categories.get(code=code)
        double_coding.record_choice(
            unit=first,
            coder=coder,
            category=category,
            confidence="low",
            rationale="So.",
        )
    paths = [
        "/admin/",
        "/admin/quality/",
        "/admin/quality/likely-duplicate/",
        "/admin/quality/rationale-argues-elsewhere/",
        "/admin/quality/no-phase/",
        "/admin/coding/",
        f"/admin/coding/{second.pk}/",
        "/admin/coding/disagreements/",
        f"/admin/coding/disagreements/{first.pk}/",
        "/admin/coding/assign/",
        "/admin/coding/assignments/",
    ]
    found = {}
    for path in paths:
        page.goto(path)
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            found[path, width] = axe_finds(page, "#content-main")
            if page.evaluate(
                "document.documentElement.scrollWidth > document.documentElement.clientWidth",
            ):
                found[path, width] += ["overflows"]
    assert {at: wrong for at, wrong in found.items() if wrong} == {}
