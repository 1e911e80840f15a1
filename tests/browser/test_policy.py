"""The Content Security Policy, as a browser holds the site to it: no page may meet it."""

import re
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from catalogue.models import Feedback, Mitigation
from surveys.models import Study
from surveys.running import rounds
from tests.surveys.factories import make_study, make_token

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("served_catalogue"),
]

#: In each frame, before any script of the page.
LISTENER = """document.addEventListener("securitypolicyviolation", (event) => {
  window.broken = [...(window.broken || []), `${event.effectiveDirective} ${event.blockedURI} ${event.sample}`];
  console.error(`refused by policy: ${event.effectiveDirective} ${event.blockedURI}`);
});"""


def breaches(page):
    """Of all pages opened from now on, what the console says of the policy and the listener
    hears: a list of addresses and words, which grows.
    """
    found = []
    page.add_init_script(LISTENER)

    def hear(said):
        # A cross-origin opener policy means something on trustworthy addresses alone, and
        # Chromium says so of others.
        of_opener = "Cross-Origin-Opener-Policy header has been ignored"
        if "olicy" in said.text and of_opener not in said.text:
            found.append((page.url, said.text))

    page.on("console", hear)
    page.on("pageerror", lambda error: found.append((page.url, str(error))))
    return found


@contextmanager
def strict(page):
    """Fails the test where a page breaks the policy."""
    found = breaches(page)
    yield found
    assert found == []


def test_the_listener_hears_what_is_refused(new_page):
    def break_it(page):
        with strict(page):
            page.goto("/about/")
            page.evaluate("document.body.setAttribute('style', 'color: red')")

    with pytest.raises(AssertionError, match="inline style"):
        break_it(new_page())


def test_no_page_of_one_reader_and_no_script_breaks_the_policy(new_page):
    """All other public pages are looked at as they are opened in test_pages."""
    study = make_study(items=2)
    rounds.open_round(study=study)
    sent = Feedback.objects.create(
        kind="error",
        text="Wrong.",
        revision=1,
        state="accepted",
    )
    more = [
        "/",
        "/studies/",
        sent.get_absolute_url(),
        reverse("answer", args=[make_token(study)]),
    ]
    page = new_page()

    with strict(page):
        for path in more:
            assert (
                "default-src 'none'"
                in page.goto(path).headers["content-security-policy"]
            )
        # What scripts do: filters in place, requests tried, copying, answers saved as they are
        # given.
        page.goto("/mitigations/")
        page.locator(".facets a.value:visible").first.click()
        page.wait_for_url(re.compile(r"\?\w+="))
        page.goto("/api/")
        page.locator("form.try button").first.click()
        page.locator("form.try output").first.filter(has_text="200").wait_for()


def test_styles_that_an_extension_puts_on_a_list_break_no_policy_as_it_is_sorted_and_gone_back_to(
    new_page,
):
    page = new_page()
    with strict(page):
        page.goto("/mitigations/?q=audit")
        for link in ("name", "code"):
            page.evaluate("document.querySelector('#q').style.color = 'red'")
            page.get_by_role("link", name=link, exact=True).click()
            page.wait_for_url(f"**ordering={link}")
        page.evaluate("document.querySelector('#q').style.color = 'red'")
        page.go_back()
        page.wait_for_url("**ordering=name")
        page.go_back()
        page.wait_for_url("**?q=audit")
        page.go_forward()
        page.wait_for_url("**ordering=name")
        page.locator(".orders [aria-current]", has_text="name").wait_for()


def admin_pages():
    mitigation, study = (
        Mitigation.objects.first(),
        Study.objects.filter(document=None).first(),
    )
    sent = Feedback.objects.create(
        kind="error",
        text="Wrong.",
        revision=1,
        page="/mitigations/M0001/",
        accession="M0001",
    )
    for model in (
        "mitigation",
        "document",
        "taxonomy",
        "category",
        "mapping",
        "actor",
        "feedback",
    ):
        yield reverse(f"admin:catalogue_{model}_changelist")
    for model in ("mitigation", "document", "taxonomy"):
        yield reverse(f"admin:catalogue_{model}_add")
    yield (
        reverse("admin:catalogue_mitigation_change", args=[mitigation.pk])
        + f"?feedback={sent.pk}"
    )
    yield reverse("admin:catalogue_mitigation_history", args=[mitigation.pk])
    yield reverse("admin:catalogue_feedback_change", args=[sent.pk])
    yield reverse("admin:auth_user_changelist")
    yield reverse("admin:auth_user_change", args=[User.objects.first().pk])
    yield reverse(
        "admin:auth_user_password_change",
        args=[User.objects.first().pk],
    )
    yield reverse("admin:password_change")
    yield reverse("admin:second_factor")
    yield reverse("admin:surveys_study_changelist")
    for name in ("run", "coding", "answers", "publish"):
        yield reverse(f"admin:surveys_study_{name}", args=[study.pk])
    yield reverse("admin:catalogue_mitigation_changelist") + "?q=nothing"
    yield "/admin/nothing-here/"


def test_no_page_of_the_admin_breaks_the_policy(new_page, admin_page):
    study = make_study(items=2)
    rounds.open_round(study=study)
    page = admin_page()
    with strict(page):
        for path in admin_pages():
            page.goto(path)
        page.goto(reverse("admin:catalogue_mitigation_changelist"))
        page.locator("#action-toggle").check()
        page.locator("select[name=action]").select_option("edit_in_bulk")
        page.get_by_role("button", name="Go").click()
        page.get_by_role("heading", name="Edit in bulk").wait_for()
        page.goto(reverse("admin:catalogue_mapping_add"))
        page.locator(".select2-selection").first.click()
        page.locator(".select2-results__option").first.wait_for()
