"""Feedback: taken without cookies and puzzles, held where it looks like spam, answered, turned
into changes, forgotten in time.
"""

import re
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core import mail, signing
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalogue import revision
from catalogue.curation import feedback as taking
from catalogue.curation import workflow
from catalogue.models import Feedback, Mitigation, Proposal
from catalogue.releases.cutting import cut
from serving import gate
from tests.catalogue.admin.test_admin import form_data, page_of
from tests.factories import DocumentFactory, MitigationFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
FORM = "/feedback/"


@pytest.fixture(autouse=True)
def nobody_has_sent_anything():
    cache.clear()


@pytest.fixture
def reader():
    """Checks tokens as a real site does, and keeps no cookies."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def curator(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def token(seconds_ago=60):
    """The form's token, as it was made some time ago."""
    with pytest.MonkeyPatch.context() as patched:
        now = signing.time.time()
        patched.setattr(signing.time, "time", lambda: now - seconds_ago)
        return taking.form_token()


def send(client, seconds_ago=60, headers=None, **fields):
    filled = {
        "kind": "error",
        "text": "The name is misspelt.",
        "page": "",
        "form": token(seconds_ago),
        **fields,
    }
    client.cookies.clear()
    return client.post(FORM, filled, headers=headers)


def messages_of(answer):
    return " ".join(
        str(error)
        for errors in answer.context["form"].errors.values()
        for error in errors
    )


# Taking it


def test_a_page_leads_to_the_form_with_itself_filled_in(reader):
    one = MitigationFactory(name="Red teaming")
    link = re.search(
        r'href="(/feedback/\?page=[^"]+)"',
        reader.get(one.get_absolute_url()).text,
    )[1]

    answer = reader.get(link)

    assert answer.context["subject"].mitigation == one
    assert answer.context["form"]["page"].value() == one.get_absolute_url()
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]


def test_what_is_sent_is_stored_with_page_and_version(reader):
    one = MitigationFactory()
    cut("2026.11")
    page = f"/releases/2026.11{one.get_absolute_url()}"

    answer = send(
        reader,
        page=page,
        kind="question",
        text="Since when?",
        name="Ada",
        email="ada@example.org",
    )

    stored = Feedback.objects.get()
    assert (stored.page, stored.accession, stored.release) == (
        page,
        one.accession,
        "2026.11",
    )
    assert stored.revision == revision.current()[0]
    assert (stored.kind, stored.text, stored.name, stored.email) == (
        "question",
        "Since when?",
        "Ada",
        "ada@example.org",
    )
    assert (stored.state, stored.held_because) == ("new", "")
    assert answer["Location"] == f"{stored.get_absolute_url()}?sent"
    assert stored.reference in reader.get(answer["Location"]).text


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/",
        "//example.org/",
        "/nothing-here/",
        "javascript:alert(1)",
        "/mitigations/M9999/x",
        "/mitigations/\x00/",
    ],
)
def test_an_address_that_is_not_ours_is_no_subject(address):
    assert taking.subject_of(address) == taking.Subject()


@pytest.mark.parametrize(
    ("query", "stored"),
    [
        ("m=M0001&x=M0002%3Atoo+dear&x=M0003", "m=M0001&x=M0002&x=M0003"),
        ("title=My+plan&m=M0001", "m=M0001"),
        ("phase=deploy&s=M0001&s_beside=title%3DMine", "phase=deploy&s=M0001"),
        ("leave=M0001&why=dear", "leave=M0001"),
        ("title=My+plan", ""),
        ("q=red%20teaming", "q=red%20teaming"),
    ],
)
def test_what_a_reader_wrote_into_an_address_is_not_stored(query, stored):
    path = taking.subject_of(f"/shortlist/?{query}").path

    assert path == (f"/shortlist/?{stored}" if stored else "/shortlist/")


def test_an_address_that_is_too_long_is_cut_between_values():
    named = [f"m=M{number:04}" for number in range(1, 200)]
    path = taking.subject_of(f"/shortlist/?{'&'.join(named)}").path

    assert 490 < len(path) <= taking.LONGEST_ADDRESS
    assert path.partition("?")[2].split("&")[-1] in named


def test_a_draft_is_nobodys_subject():
    draft = MitigationFactory(status="draft", name="Not to be seen")

    assert taking.subject_of(draft.get_absolute_url()).mitigation is None


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"seconds_ago": 0}, "quicker than anybody writes"),
        ({"seconds_ago": 25 * 3600}, "open for more than a day"),
        ({"form": ""}, "not as we sent it"),
        ({"form": "12:abc:def"}, "not as we sent it"),
        ({"headers": {"Origin": "https://evil.example"}}, "from another site"),
        ({"headers": {"Sec-Fetch-Site": "cross-site"}}, "from another site"),
        ({"kind": ""}, "Say what kind"),
        ({"text": "  "}, "Write what you would like"),
        ({"email": "no address"}, "valid email"),
    ],
)
def test_a_refused_form_says_why_and_keeps_what_was_typed(reader, sent, why):
    answer = send(reader, **{"text": "A long text.", "name": "Ada", **sent})

    assert (answer.status_code, Feedback.objects.count()) == (400, 0)
    assert why in messages_of(answer)
    assert 'value="Ada"' in answer.text
    assert sent.get("text", "A long text.") in answer.text
    # What is sent again from the page as it is now, a minute later, is taken.
    assert taking._age(answer.context["form"]["form"].value()) == 0


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}],
)
def test_it_is_taken_without_a_cookie(reader, headers):
    assert send(reader, headers=headers).status_code == 302


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"website": "https://pills.example"}, "do not see"),
        (
            {"text": "http://a.example http://b.example www.c.example"},
            "3 links",
        ),
        ({"text": " the NAME\nis  misspelt. "}, "the same as"),
    ],
)
def test_what_looks_like_spam_is_held_and_not_lost(reader, fields, why):
    send(reader)

    answer = send(reader, **fields)

    held = Feedback.objects.latest("pk")
    assert (held.state, answer.status_code) == ("held", 302)
    assert why in held.held_because
    assert "spam" not in reader.get(held.get_absolute_url()).text.lower()


def test_one_client_sends_so_many_in_an_hour_and_others_go_on(
    reader,
    settings,
):
    settings.FEEDBACK_PER_HOUR = 2
    several = [
        send(reader, text=f"Remark {number}").status_code
        for number in range(3)
    ]

    refused = send(reader, text="A fourth, worth keeping")
    other = reader.post(
        FORM,
        {"kind": "error", "text": "From elsewhere", "form": token()},
        REMOTE_ADDR="192.0.2.7",
    )

    assert several == [302, 302, 400]
    assert "2 messages were sent within an hour" in messages_of(refused)
    assert "A fourth, worth keeping" in refused.text
    assert other.status_code == 302


def test_a_cache_that_fails_stops_nobody(reader, monkeypatch):
    monkeypatch.setattr(gate, "caches", {})

    assert send(reader).status_code == 302


def test_an_answer_stands_at_an_address_that_nobody_guesses(reader):
    send(reader)
    one = Feedback.objects.get()

    assert len(one.key) == 24
    assert {
        reader.get(f"/feedback/{guess}/").status_code
        for guess in (one.pk, one.reference, one.key[:-1])
    } == {404}
    assert (
        reader.get(one.get_absolute_url()).headers["X-Robots-Tag"] == "noindex"
    )


# Curators


def save(curator, address, **changes):
    """Opens a form of the admin at its address with its query, changes fields, and sends it
    there.
    """
    return curator.post(
        address,
        {**form_data(curator.get(address)), **changes},
    )


def settle(curator, one, **fields):
    address = reverse("admin:catalogue_feedback_change", args=[one.pk])
    return curator.post(
        address,
        {"state": one.state, "answer": one.answer, **fields},
        follow=True,
    )


def test_an_answer_is_shown_and_mailed(
    curator,
    reader,
    django_capture_on_commit_callbacks,
):
    send(reader, email="ada@example.org")
    one = Feedback.objects.get()

    with django_capture_on_commit_callbacks(execute=True):
        settle(
            curator,
            one,
            state="answered",
            answer="It is now *right*. <script>alert(1)</script>",
        )

    page = reader.get(one.get_absolute_url()).text
    [sent] = mail.outbox
    assert "It is now <em>right</em>." in page
    assert "<script>alert" not in page
    assert sent.to == ["ada@example.org"]
    assert f"http://testserver{one.get_absolute_url()}" in sent.body


def test_a_draft_of_an_answer_is_not_shown(curator, reader):
    send(reader)
    one = Feedback.objects.get()

    settle(curator, one, state="accepted", answer="Not to be seen yet")

    assert "Not to be seen yet" not in reader.get(one.get_absolute_url()).text


def test_nothing_is_answered_without_an_answer(curator, reader):
    send(reader)
    one = Feedback.objects.get()

    page = settle(curator, one, state="answered")

    assert "Write the answer first" in page.text
    assert Feedback.objects.get().state == "new"


def test_a_change_made_for_it_names_it_and_is_tied_to_it(curator, reader):
    one = MitigationFactory()
    send(reader, page=one.get_absolute_url())
    sent = Feedback.objects.get()
    page = curator.get(
        reverse("admin:catalogue_feedback_change", args=[sent.pk]),
    ).text
    link = re.search(r'href="([^"]+/change/\?feedback=\d+)"', page)[1]

    assert (
        save(curator, link, name="As the document has it").status_code == 302
    )

    sent.refresh_from_db()
    newest = one.history.first()
    [tied] = sent.changes.filter(model="catalogue.mitigation")
    assert newest.history_change_reason == f"Feedback {sent.reference}"
    assert (tied.object_id, tied.history_id, sent.state) == (
        one.pk,
        newest.history_id,
        "accepted",
    )


def test_a_change_that_goes_through_review_is_tied_to_the_feedback_it_was_made_for(
    client,
    reader,
    settings,
):
    settings.SELF_APPROVAL = False
    curator = UserFactory(is_staff=True, username="ada", is_superuser=True)
    one = MitigationFactory()
    send(reader, page=one.get_absolute_url())
    sent = Feedback.objects.get()
    client.force_login(curator)

    save(
        client,
        f"{page_of('mitigation', 'change', one.pk)}?feedback={sent.pk}",
        name="As it is",
        reason="It says so",
    )

    proposal = Proposal.objects.get()
    address = reverse("admin:catalogue_feedback_change", args=[sent.pk])
    sent.refresh_from_db()
    assert (proposal.feedback, sent.state) == (sent, "accepted")
    assert "proposed, and in review" in client.get(address).text
    assert not sent.changes.exists()

    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    workflow.approve(
        proposal=proposal,
        reviewer=UserFactory(is_superuser=True),
    )

    newest = one.history.first()
    assert newest.history_change_reason == f"{sent.reference}: It says so"
    assert (
        sent.changes.get(model="catalogue.mitigation").history_id
        == newest.history_id
    )
    assert "nothing yet" not in client.get(address).text


def test_the_second_of_two_who_answer_is_shown_what_the_first_wrote(
    curator,
    reader,
):
    send(reader)
    one = Feedback.objects.get()
    address = reverse("admin:catalogue_feedback_change", args=[one.pk])
    stale = form_data(curator.get(address))
    settle(curator, one, state="answered", answer="The first answer")

    told = curator.post(
        address,
        {**stale, "state": "declined", "answer": "The second answer"},
    )
    assert "The first answer" in told.text
    assert Feedback.objects.get().answer == "The first answer"
    curator.post(address, form_data(told))

    assert Feedback.objects.get().answer == "The second answer"


def test_a_missing_measure_becomes_a_draft(curator, reader):
    send(reader, kind="missing", text="Nobody watches the watchers.")
    sent, document = Feedback.objects.get(), DocumentFactory()
    page = curator.get(
        reverse("admin:catalogue_feedback_change", args=[sent.pk]),
    ).text
    link = re.search(r'href="([^"]+/add/\?feedback=[^"]+)"', page)[1].replace(
        "&amp;",
        "&",
    )

    form = curator.get(link).context["adminform"].form
    assert form["description"].value() == "Nobody watches the watchers."
    save(curator, link, name="Watch the watchers", document=document.pk)

    new = Mitigation.objects.get()
    assert new.status == "draft"
    assert (
        new.history.last().history_change_reason
        == f"Feedback {sent.reference}"
    )
    assert sent.changes.get(model="catalogue.mitigation").object_id == new.pk


def test_whoever_may_not_handle_feedback_ties_nothing_to_it(client, reader):
    from django.contrib.auth.models import Permission

    one = MitigationFactory()
    send(reader)
    user = UserFactory(is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="catalogue").exclude(
            codename__contains="feedback",
        ),
    )
    client.force_login(user)

    address = page_of("mitigation", "change", one.pk)
    save(
        client,
        f"{address}?feedback={Feedback.objects.get().pk}",
        name="Another name",
    )

    assert one.history.first().history_change_reason is None
    assert not Feedback.objects.get().changes.exists()


# Forgetting


def test_names_and_addresses_are_erased_in_time_and_nothing_else(settings):
    settings.FEEDBACK_CONTACT_DAYS = 90
    now = timezone.now()
    ages = {
        "settled long ago": ("answered", 91),
        "settled lately": ("declined", 89),
        "waiting": ("new", None),
    }
    for text, (state, days) in ages.items():
        settled = now - timedelta(days=days) if days else None
        Feedback.objects.create(
            kind="error",
            text=text,
            revision=1,
            name="Ada",
            email="ada@example.org",
            state=state,
            answer="Yes.",
            settled_at=settled,
        )
    spam = Feedback.objects.create(
        kind="error",
        text="spam",
        revision=1,
        email="x@example.org",
        state="held",
    )
    Feedback.objects.update(created_at=now - timedelta(days=200))

    call_command("erase_contacts")

    assert set(
        Feedback.objects.with_contacts().values_list("text", flat=True),
    ) == {
        "settled lately",
        "waiting",
    }
    assert Feedback.objects.get(pk=spam.pk).text == "spam"


@pytest.mark.parametrize(
    "address",
    ["/answer/FwdTsecret/2/", "/preview/abc/", "/feedback/F0001-abc/?sent"],
)
def test_feedback_never_keeps_an_address_that_opens_a_door(address):
    assert taking.subject_of(address).path == ""


def test_secret_links_that_feedback_kept_are_taken_out_and_other_pages_stay():
    migration = import_module(
        "catalogue.migrations.0010_feedback_without_secret_links",
    )
    secret = Feedback.objects.create(
        text="One",
        revision=1,
        kind="error",
        page="/answer/FwdTsecret/2/",
    )
    plain = Feedback.objects.create(
        text="Two",
        revision=1,
        kind="error",
        page="/mitigations/?q=answer",
    )

    migration.take_out(apps, None)

    assert Feedback.objects.get(pk=secret.pk).page == ""
    assert Feedback.objects.get(pk=plain.pk).page == "/mitigations/?q=answer"
