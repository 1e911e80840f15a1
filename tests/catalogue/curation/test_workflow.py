"""Review: who may make what public, what waits, and what becomes of it."""

import re

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from catalogue.accounts import groups
from catalogue.admin.mitigation import MitigationAdmin
from catalogue.curation import (
    double_coding,
    history,
    permissions,
    preview,
    snapshots,
    workflow,
)
from catalogue.curation.bulk import BulkEdit, edit_in_bulk
from catalogue.models import Feedback, Mitigation, Proposal
from tests.catalogue.admin.test_admin import form_data, page_of
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
    TaxonomyFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture(autouse=True)
def nobody_approves_their_own(settings):
    settings.SELF_APPROVAL = False


def member(group, **fields):
    user = UserFactory(is_staff=True, **fields)
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def ada():
    return member(groups.CURATOR, username="ada")


@pytest.fixture
def bo():
    return member(groups.REVIEWER, username="bo")


@pytest.fixture
def published():
    mitigation = MitigationFactory(name="As it is read")
    ClassificationFactory(
        mitigation=mitigation,
        category__taxonomy=TaxonomyFactory(is_default=True),
    )
    return mitigation


def send(client, user, record, button="_save", query="", **changes):
    """Opens the record's form as a user, changes fields, and presses a button."""
    client.force_login(user)
    address = page_of("mitigation", "change", record.pk) + query
    page = client.get(address)
    assert page.status_code == 200
    data = {**form_data(page), **changes}
    return client.post(
        address,
        {name: value for name, value in data.items() if value is not None}
        | {button: "1"},
    )


def review(client, user, proposal, **data):
    client.force_login(user)
    address = reverse("admin:review_detail", args=[proposal.pk])
    page = client.get(address)
    return page, client.post(address, {"seen": page.context["seen"], **data})


def proposal_of(record):
    return Proposal.objects.about(record).get()


def public_name(client, record):
    client.logout()
    return (
        client.get(f"/api/v1/mitigations/{record.accession}/")
        .json()
        .get("name")
    )


# A change to what is public


def test_a_curators_change_of_what_is_public_waits_and_is_applied_when_approved(
    client,
    ada,
    bo,
    published,
):
    phase = LifecyclePhaseFactory(name="Later on")
    placed = published.classifications.get()
    answer = send(
        client,
        ada,
        published,
        name="As ada has it",
        phases=[phase.pk],
        reason="The document says so.",
        **{"classifications-0-rationale": "A better reason."},
    )
    assert answer.status_code == 302
    assert public_name(client, published) == "As it is read"

    page, _ = review(client, bo, proposal_of(published), approve="1")
    text = page.content.decode()

    assert all(
        word in text
        for word in (
            "As ada has it",
            "Later on",
            "A better reason.",
            "The document says so.",
        )
    )
    assert public_name(client, published) == "As ada has it"
    placed.refresh_from_db()
    assert (placed.rationale, list(published.phases.all())) == (
        "A better reason.",
        [phase],
    )
    entry = history.timeline(published)[0]
    assert entry.record.history_user == ada
    assert entry.record.history_change_reason == "The document says so."
    assert entry.proposal.reviewer == bo


def test_a_change_of_what_is_public_needs_a_reason(client, ada, published):
    answer = send(client, ada, published, name="Other", reason="")

    assert "This field is required." in answer.content.decode()
    assert not Proposal.objects.exists()


def test_parts_that_are_proposed_are_added_and_removed_when_approved(
    client,
    ada,
    bo,
    published,
):
    old, new = (
        published.classifications.get(),
        CategoryFactory(taxonomy=TaxonomyFactory()),
    )
    send(
        client,
        ada,
        published,
        reason="Elsewhere.",
        **{
            "classifications-TOTAL_FORMS": "2",
            "classifications-0-DELETE": "on",
            "classifications-1-category": new.pk,
            "classifications-1-rationale": "Here.",
            "classifications-1-coder": "Ada",
            "classifications-1-origin": "project",
            "classifications-1-is_primary": "on",
        },
    )
    assert list(published.classifications.all()) == [old]

    review(client, bo, proposal_of(published), approve="1")

    assert [
        (one.category, one.rationale)
        for one in published.classifications.all()
    ] == [(new, "Here.")]


def test_a_superuser_too_has_their_change_approved_by_somebody_else(
    client,
    published,
):
    root = UserFactory(is_staff=True, is_superuser=True)

    send(client, root, published, name="Root’s", reason="Why not.")

    assert public_name(client, published) == "As it is read"
    with pytest.raises(PermissionDenied, match="somebody else"):
        workflow.approve(proposal=proposal_of(published), reviewer=root)


def test_with_self_approval_a_reviewers_change_is_public_at_once_and_a_curators_is_not(
    client,
    ada,
    bo,
    published,
    settings,
):
    settings.SELF_APPROVAL = True
    send(client, ada, published, name="Ada’s", reason="I think so.")
    assert public_name(client, published) == "As it is read"

    send(client, bo, published, name="Bo’s")
    assert public_name(client, published) == "Bo’s"


def test_a_form_says_what_its_button_does(
    client,
    ada,
    bo,
    published,
    settings,
):
    draft = MitigationFactory(status="draft")

    def buttons(user, record):
        client.force_login(user)
        return [
            label
            for _, label in client.get(
                page_of("mitigation", "change", record.pk),
            ).context["workflow_buttons"]
        ]

    assert buttons(ada, published) == ["Submit for review"]
    assert buttons(ada, draft) == [
        "Save",
        "Save and continue editing",
        "Submit for review",
    ]
    settings.SELF_APPROVAL = True
    assert buttons(bo, published) == ["Publish"]
    assert buttons(bo, draft)[-1] == "Publish"


def test_what_is_sent_back_comes_with_its_note_and_is_edited_and_submitted_again(
    client,
    ada,
    bo,
    published,
):
    send(
        client,
        ada,
        published,
        name="Not good",
        page="7",
        reason="First try.",
    )
    review(
        client,
        bo,
        proposal_of(published),
        send_back="1",
        note="Name the measure, not the problem.",
    )
    assert proposal_of(published).state == "sent_back"

    client.force_login(ada)
    assert (
        "Name the measure"
        in client.get(reverse("admin:review")).content.decode()
    )
    form = client.get(
        page_of("mitigation", "change", published.pk)
        + f"?proposal={proposal_of(published).pk}",
    )
    assert "Name the measure" in form.content.decode()
    send(
        client,
        ada,
        published,
        query=f"?proposal={proposal_of(published).pk}",
        name="Better",
        reason="Second try.",
    )
    assert proposal_of(published).state == "in_review"
    review(client, bo, proposal_of(published), approve="1")

    published.refresh_from_db()
    assert (published.name, published.page) == ("Better", "7")


def test_sending_back_asks_for_a_note(client, ada, bo, published):
    send(client, ada, published, name="Other", reason="So.")

    _, answer = review(
        client,
        bo,
        proposal_of(published),
        send_back="1",
        note=" ",
    )

    assert "Say what is to be changed" in answer.content.decode()
    assert proposal_of(published).state == "in_review"


def test_a_proposal_whose_base_has_changed_does_not_write_over_it(
    client,
    ada,
    bo,
    published,
):
    send(client, ada, published, name="Ada’s name", page="3", reason="So.")
    snapshots.apply(
        published,
        workflow_changed(published, name="Meanwhile", section="New section"),
    )

    page, answer = review(client, bo, proposal_of(published), approve="1")
    assert "Both changed the same in 1 place" in page.content.decode()
    assert "Choose which version stays: Name." in answer.content.decode()
    assert public_name(client, published) == "Meanwhile"

    review(
        client,
        bo,
        proposal_of(published),
        approve="1",
        **{"choice:..name": "mine"},
    )
    published.refresh_from_db()
    assert (published.name, published.page, published.section) == (
        "Ada’s name",
        "3",
        "New section",
    )


def workflow_changed(record, **fields):
    base = snapshots.snapshot(record)
    return {**base, "fields": {**base["fields"], **fields}}


def test_what_a_reviewer_has_not_seen_is_not_approved(
    client,
    ada,
    bo,
    published,
):
    send(client, ada, published, name="Other", reason="So.")
    client.force_login(bo)
    address = reverse("admin:review_detail", args=[proposal_of(published).pk])
    seen = client.get(address).context["seen"]
    snapshots.apply(published, workflow_changed(published, page="99"))

    answer = client.post(address, {"seen": seen, "approve": "1"})

    assert "look again" in answer.content.decode()
    assert proposal_of(published).state == "in_review"


def test_an_author_takes_a_proposal_back(client, ada, bo, published):
    send(client, ada, published, name="Other", reason="So.")

    review(client, ada, proposal_of(published), take_back="1")

    assert proposal_of(published).state == "taken_back"
    assert permissions.obstacle_to_deciding(bo, proposal_of(published)) != ""


def test_restoring_a_version_of_what_is_public_waits_too(
    client,
    ada,
    published,
):
    then = history.timeline(published)[-1]
    snapshots.apply(published, workflow_changed(published, name="Now"))
    client.force_login(ada)

    client.post(
        page_of(
            "mitigation",
            "restore",
            published.pk,
            then.kind,
            then.record.history_id,
        ),
        {"reason": "It was right."},
    )

    assert public_name(client, published) == "Now"
    assert proposal_of(published).values["fields"]["name"] == "As it is read"


def test_a_mapping_of_what_is_public_is_not_written_past_review(client, ada):
    mapping = MappingFactory()
    client.force_login(ada)

    answer = client.post(
        page_of("mapping", "add"),
        {
            "source": mapping.source_id,
            "relation": "exactMatch",
            "framework": "F",
            "entry": "1",
            "asserted_by": "A",
        },
    )
    assert "from where it goes to a reviewer" in answer.content.decode()
    assert (
        client.post(page_of("mapping", "change", mapping.pk), {}).status_code
        == 403
    )
    assert (
        client.post(
            page_of("mapping", "delete", mapping.pk),
            {"post": "yes"},
        ).status_code
        == 403
    )


# From draft to published


def test_a_draft_is_written_submitted_and_published_by_somebody_else(
    client,
    ada,
    bo,
):
    client.force_login(ada)
    address = page_of("mitigation", "add")
    new = {
        "name": "New",
        "description": "What it does.",
        "document": DocumentFactory().pk,
        "_submit": "1",
    }
    client.post(address, {**form_data(client.get(address)), **new})
    record = Mitigation.objects.get(name="New")
    assert record.status == "in_review"
    assert public_name(client, record) is None

    page, _ = review(client, bo, proposal_of(record), approve="1")

    assert "What it does." in page.content.decode()
    assert public_name(client, record) == "New"


def test_who_had_a_part_in_a_draft_does_not_approve_it(client, bo):
    draft = MitigationFactory(status="draft")
    send(client, bo, draft, name="A better name")
    proposal = workflow.submit_for_review(
        record=draft,
        author=member(groups.CURATOR),
    )

    assert "You had a part in writing it" in permissions.obstacle_to_deciding(
        bo,
        proposal,
    )
    assert (
        permissions.obstacle_to_deciding(member(groups.REVIEWER), proposal)
        == ""
    )
    _, refused = review(client, bo, proposal, approve="1")
    assert refused.status_code == 403
    assert "You had a part in writing it" in refused.content.decode()


def test_a_submitted_draft_that_is_sent_back_is_a_draft_again_and_goes_on_from_there(
    client,
    ada,
    bo,
):
    draft = MitigationFactory(status="draft")
    send(client, ada, draft, "_submit")
    workflow.send_back_proposal(
        proposal=proposal_of(draft),
        reviewer=bo,
        note="Say who does it.",
    )
    draft.refresh_from_db()
    assert draft.status == "draft"

    send(client, ada, draft, "_submit", description="Developers do it.")

    assert (proposal_of(draft).state, proposal_of(draft).author) == (
        "in_review",
        ada,
    )


@pytest.mark.parametrize("button", ["_publish", "_submit"])
def test_no_button_that_the_form_does_not_show_publishes(
    client,
    ada,
    published,
    button,
):
    draft = MitigationFactory(status="draft")

    send(client, ada, draft, button)
    send(client, ada, published, button, name="Sneaked in", reason="So.")

    draft.refresh_from_db()
    assert draft.status != "published"
    assert public_name(client, published) == "As it is read"


def test_the_front_page_counts_what_waits(client, ada, bo, published):
    send(client, ada, published, name="Other", reason="So.")

    def front(user):
        client.force_login(user)
        return " ".join(
            client.get(reverse("admin:index")).content.decode().split(),
        )

    assert "<b>1</b> for you to decide" in front(bo)
    assert "<b>1</b> for others to decide" in front(ada)
    assert "nothing waits" in front(member(groups.STUDY_LEAD))


def test_the_front_page_takes_the_same_queries_for_any_number_that_waits(
    client,
    ada,
    bo,
    published,
    django_assert_max_num_queries,
):
    def wait():
        workflow.submit_for_review(
            record=MitigationFactory(status="draft"),
            author=ada,
        )
        base = snapshots.snapshot(published)
        values = workflow_changed(
            published,
            page=str(Proposal.objects.count()),
        )
        workflow.propose(
            record=published,
            author=ada,
            base=base,
            values=values,
            reason="So.",
        )

    client.force_login(bo)
    wait()
    client.get(reverse("admin:index"))
    with django_assert_max_num_queries(40) as captured:
        client.get(reverse("admin:index"))
    few = len(captured)
    for _ in range(3):
        wait()
    client.get(reverse("admin:index"))  # what is counted once for a revision

    with django_assert_max_num_queries(few):
        client.get(reverse("admin:index"))


@pytest.mark.parametrize("name", ["review", "review_detail"])
def test_the_queue_shows_nobody_what_they_may_not_see(
    client,
    ada,
    published,
    name,
):
    send(client, ada, published, name="Zebra", reason="So.")
    client = Client()
    client.force_login(member(groups.STUDY_LEAD))

    answer = client.get(
        reverse(
            f"admin:{name}",
            args=[proposal_of(published).pk] if "_" in name else [],
        ),
    )

    assert "As it is read" not in answer.content.decode()


# Withdrawing


def withdraw(client, user, record, **data):
    client.force_login(user)
    return client.post(page_of("mitigation", "withdraw", record.pk), data)


def test_what_is_withdrawn_says_so_at_its_address_and_points_to_what_replaces_it(
    client,
    ada,
    bo,
    published,
):
    other = MitigationFactory(name="The better one")
    withdraw(
        client,
        ada,
        published,
        note="It was two measures.",
        replaced_by=other.accession.lower(),
    )
    assert public_name(client, published) == "As it is read"
    review(client, bo, proposal_of(published), approve="1")

    page = client.get(published.get_absolute_url())
    told = client.get(f"/api/v1/mitigations/{published.accession}/")

    assert (page.status_code, told.status_code) == (410, 410)
    assert "It was two measures." in page.content.decode()
    assert f'href="{other.get_absolute_url()}"' in page.content.decode()
    assert told["Content-Type"] == "application/problem+json"
    assert (
        told.json()["replaced_by"]
        == f"http://testserver/api/v1/mitigations/{other.accession}/"
    )
    assert told.json()["withdrawn_at"] is not None
    assert (
        "[Withdrawn]"
        in client.get(
            f"{published.get_absolute_url()}cite.ris",
        ).content.decode()
    )
    assert published.name not in client.get("/mitigations/").content.decode()


def test_withdrawing_asks_why(client, ada, published):
    answer = withdraw(client, ada, published, note=" ")

    assert "This field is required." in answer.content.decode()
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("replacement", ["itself", "a draft", "nothing"])
def test_only_another_published_one_replaces_it(
    client,
    ada,
    published,
    replacement,
):
    given = {
        "itself": lambda: published.accession,
        "a draft": lambda: MitigationFactory(status="draft").accession,
        "nothing": lambda: "M9999",
    }[replacement]()

    answer = withdraw(client, ada, published, note="Gone.", replaced_by=given)

    assert "There is no other published one" in answer.content.decode()


def test_a_replacement_that_was_replaced_itself_leads_to_the_last(published):
    middle, last = MitigationFactory(), MitigationFactory()
    for old, new in ((published, middle), (middle, last)):
        Mitigation.objects.filter(pk=old.pk).update(
            status="withdrawn",
            withdrawal_note="Old.",
            replaced_by=new,
        )
    published.refresh_from_db()

    assert published.successor == last


def test_what_was_withdrawn_is_published_again(
    client,
    bo,
    published,
    settings,
):
    settings.SELF_APPROVAL = True
    withdraw(client, bo, published, note="Gone.")
    assert client.get(published.get_absolute_url()).status_code == 410

    withdraw(client, bo, published, note="It was right after all.")

    published.refresh_from_db()
    assert (
        published.status,
        published.withdrawal_note,
        published.withdrawn_at,
    ) == (
        "published",
        "",
        None,
    )


def test_what_was_public_does_not_become_a_draft_again(
    bo,
    published,
    settings,
):
    settings.SELF_APPROVAL = True
    base = snapshots.snapshot(published)

    with pytest.raises(ValidationError, match="withdraw it, and say why"):
        workflow.write_or_propose(
            record=published,
            user=bo,
            base=base,
            values=workflow_changed(published, status="draft"),
            reason="",
        )
    result = edit_in_bulk(
        mitigations=Mitigation.objects.all(),
        edit=BulkEdit(status="draft"),
        reason="Tidying.",
        by=bo,
    )
    assert [row for row, _ in result.refused] == [published]


# In bulk


def test_a_bulk_edit_proposes_what_is_public_and_writes_what_is_not(
    ada,
    bo,
    published,
):
    phase = LifecyclePhaseFactory()
    draft = MitigationFactory(status="draft")
    asked = {
        "mitigations": Mitigation.objects.all(),
        "edit": BulkEdit(add={"phases": [phase]}),
        "reason": "So.",
    }

    result = edit_in_bulk(**asked, by=ada)

    assert (result.changed, result.proposed) == ([draft], [published])
    assert (draft.phases.count(), published.phases.count()) == (1, 0)
    workflow.approve(proposal=proposal_of(published), reviewer=bo)
    assert list(published.phases.all()) == [phase]


def test_a_bulk_edit_submits_drafts_where_one_may_not_publish(ada):
    draft = MitigationFactory(status="draft")

    edit_in_bulk(
        mitigations=Mitigation.objects.all(),
        edit=BulkEdit(status="published"),
        reason="Ready.",
        by=ada,
    )

    assert (proposal_of(draft).kind, proposal_of(draft).reason) == (
        "publication",
        "Ready.",
    )


# Previews


def test_a_preview_shows_the_proposed_page_to_whoever_has_the_link_and_to_no_cache(
    client,
    ada,
    published,
):
    send(client, ada, published, name="Only proposed", reason="So.")
    client.logout()

    page = client.get(preview.url(proposal_of(published)))

    text = page.content.decode()
    assert "Only proposed" in text
    assert "Preview: not published." in text
    assert "no-store" in page["Cache-Control"]
    assert "noindex" in page["X-Robots-Tag"]
    assert public_name(client, published) == "As it is read"


def test_a_preview_ends_when_what_it_shows_changes_its_state(
    client,
    ada,
    bo,
    published,
):
    draft = MitigationFactory(status="draft", name="Unseen draft")
    of_draft = preview.url(draft)
    assert "Unseen draft" in client.get(of_draft).content.decode()
    workflow.submit_for_review(record=draft, author=ada)
    send(client, ada, published, name="Other", reason="So.")
    of_proposal = preview.url(proposal_of(published))
    review(client, bo, proposal_of(published), send_back="1", note="No.")
    client.logout()

    for address in (of_draft, of_proposal, preview.url(draft)[:-3] + "xx/"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "Unseen draft" not in answer.content.decode()


def test_a_preview_expires(client, monkeypatch):
    address = preview.url(MitigationFactory(status="draft"))
    monkeypatch.setattr(preview, "DAYS", -1)

    assert client.get(address).status_code == 404


# Two at once


def test_the_second_of_two_curators_sees_both_versions_and_chooses(
    client,
    settings,
):
    settings.SELF_APPROVAL = True
    root = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(root)
    record = MitigationFactory(
        name="As opened",
        description="What it was.",
        page="1",
    )
    placed = ClassificationFactory(mitigation=record)
    address = page_of("mitigation", "change", record.pk)
    stale = form_data(client.get(address))
    # meanwhile somebody renames it, writes a section, and removes its place
    snapshots.apply(
        record,
        workflow_changed(
            record,
            name="Saved meanwhile",
            section="Their section",
        ),
        by=root,
    )
    placed.delete()

    told = client.post(address, {**stale, "name": "My name", "page": "22"})
    text = told.content.decode()

    assert told.status_code == 409
    assert all(
        word in text
        for word in (
            "As opened",
            "Saved meanwhile",
            "My name",
            "Their section",
            "22",
        )
    )
    record.refresh_from_db()
    assert (record.name, record.page) == ("Saved meanwhile", "1")

    refused = client.post(address, {"merge": told.context["merge"]})
    assert "Choose which version stays: Name." in refused.content.decode()
    done = client.post(
        address,
        {"merge": refused.context["merge"], "choice:..name": "mine"},
    )

    assert done.status_code == 302
    record.refresh_from_db()
    assert (record.name, record.page, record.section) == (
        "My name",
        "22",
        "Their section",
    )
    assert not record.classifications.exists()


def test_somebody_who_saves_while_another_chooses_is_not_written_over(
    client,
    settings,
):
    settings.SELF_APPROVAL = True
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    record = MitigationFactory(name="As opened")
    address = page_of("mitigation", "change", record.pk)
    stale = form_data(client.get(address))
    snapshots.apply(record, workflow_changed(record, name="Second"))
    told = client.post(address, {**stale, "name": "Mine"})
    snapshots.apply(record, workflow_changed(record, name="Third"))

    again = client.post(
        address,
        {"merge": told.context["merge"], "choice:..name": "mine"},
    )

    assert "Third" in again.content.decode()
    record.refresh_from_db()
    assert record.name == "Third"


def test_every_kind_of_record_shows_both_versions(client, settings):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    document = DocumentFactory(title="As opened")
    address = page_of("document", "change", document.pk)
    stale = form_data(client.get(address))
    snapshots.apply(document, workflow_changed(document, title="Theirs"))

    told = client.post(address, {**stale, "title": "Mine"})
    client.post(
        address,
        {"merge": told.context["merge"], "choice:..title": "mine"},
    )

    document.refresh_from_db()
    assert document.title == "Mine"


@pytest.mark.parametrize("hidden", ["merge", "opened"])
def test_what_was_sealed_for_one_hidden_field_is_refused_in_the_other(
    client,
    settings,
    hidden,
):
    settings.SELF_APPROVAL = True
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    record = MitigationFactory(name="As opened")
    address = page_of("mitigation", "change", record.pk)
    stale = form_data(client.get(address))
    snapshots.apply(record, workflow_changed(record, name="Theirs"))
    merge = client.post(address, {**stale, "name": "Mine"}).context["merge"]

    sent = (
        {"merge": stale["opened"]} if hidden == "merge" else {"opened": merge}
    )
    answer = client.post(
        address,
        {**stale, "name": "Mine", **sent},
        follow=True,
    )

    assert "cannot be read any more" in answer.content.decode()
    record.refresh_from_db()
    assert record.name == "Theirs"


# Pressed twice, or by two


def test_a_change_that_is_sent_twice_is_proposed_once(client, ada, published):
    for _ in range(2):
        send(
            client,
            ada,
            published,
            name="As ada has it",
            reason="The document says so.",
        )

    assert proposal_of(published).values["fields"]["name"] == "As ada has it"


def test_what_another_proposed_already_is_not_proposed_again(
    client,
    ada,
    published,
):
    send(
        client,
        ada,
        published,
        name="As both have it",
        reason="The document says so.",
    )

    again = send(
        client,
        member(groups.CURATOR, username="eve"),
        published,
        name="As both have it",
        reason="I think so.",
    )

    assert proposal_of(published).author == ada
    assert "ada has proposed the same already" in again.content.decode()


def test_a_withdrawal_waits_once(client, ada, published):
    withdraw(client, ada, published, note="Gone.")

    again = withdraw(
        client,
        member(groups.CURATOR, username="eve"),
        published,
        note="It is gone.",
    )

    assert proposal_of(published).author == ada
    assert "ada has proposed the same already" in again.content.decode()


def test_a_second_click_on_withdraw_does_not_bring_it_back(
    client,
    bo,
    published,
    settings,
):
    settings.SELF_APPROVAL = True
    client.force_login(bo)
    address = page_of("mitigation", "withdraw", published.pk)
    was = re.search(
        r'name="was" value="(\w+)"',
        client.get(address).content.decode(),
    )[1]
    asked = {"note": "Gone.", "was": was}

    for _ in range(2):
        client.post(address, asked)

    published.refresh_from_db()
    assert published.status == "withdrawn"


def test_the_second_of_two_reviewers_is_told_that_it_is_decided(
    client,
    ada,
    bo,
    published,
):
    send(client, ada, published, name="As ada has it", reason="So.")
    proposal = proposal_of(published)
    seen = workflow.seal(snapshots.snapshot(published))
    workflow.approve(proposal=proposal, reviewer=bo)
    client.force_login(member(groups.REVIEWER, username="cy"))

    answer = client.post(
        reverse("admin:review_detail", args=[proposal.pk]),
        {"seen": seen, "send_back": "1", "note": "No."},
    )

    assert (
        answer.status_code,
        "It is approved by bo" in answer.content.decode(),
    ) == (
        200,
        True,
    )
    assert proposal_of(published).state == Proposal.State.APPROVED


# In words


@pytest.mark.parametrize(
    ("status", "becomes", "says"),
    [
        (
            "published",
            lambda base: workflow.withdrawn(base, note="Gone."),
            "is withdrawn",
        ),
        ("withdrawn", workflow.brought_back, "is public again"),
        (
            "published",
            lambda base: {**base, "fields": {**base["fields"], "name": "New"}},
            "is public as it was proposed",
        ),
    ],
)
def test_approving_says_what_came_of_it(
    client,
    ada,
    bo,
    status,
    becomes,
    says,
):
    record = MitigationFactory(
        status=status,
        withdrawal_note="Old." if status == "withdrawn" else "",
    )
    base = snapshots.snapshot(record)
    proposal = workflow.propose(
        record=record,
        author=ada,
        base=base,
        values=becomes(base),
        reason="So.",
    )

    review(client, bo, proposal, approve="1")

    assert says in client.get(reverse("admin:review")).content.decode()


# Many in review


def test_a_reviewer_approves_many_that_others_submitted_in_one_step(ada, bo):
    own, others = (
        MitigationFactory(status="draft"),
        MitigationFactory.create_batch(2, status="draft"),
    )
    for record, author in [(own, bo), *((one, ada) for one in others)]:
        workflow.submit_for_review(record=record, author=author)

    asked = {
        "mitigations": Mitigation.objects.all(),
        "edit": BulkEdit(status="published"),
        "reason": "Looked at.",
    }
    result = edit_in_bulk(**asked, by=bo)

    assert (
        set(result.changed)
        == set(others)
        == set(Mitigation.objects.published())
    )
    assert [
        (record, "somebody else decides" in why)
        for record, why in result.refused
    ] == [(own, True)]
    assert {
        one.reviewer for one in Proposal.objects.filter(state="approved")
    } == {bo}


def test_what_waits_for_a_reviewer_is_not_said_to_wait_once_more(ada):
    workflow.submit_for_review(
        record=MitigationFactory(status="draft"),
        author=ada,
    )

    asked = {
        "mitigations": Mitigation.objects.all(),
        "edit": BulkEdit(status="published"),
        "reason": "Ready.",
    }
    result = edit_in_bulk(**asked, by=ada)

    assert [why for _, why in result.refused] == [
        "Only a reviewer decides on it.",
    ]
    assert not result.proposed


# The front page, the form and the history


def test_the_front_page_counts_what_waits_in_coding_and_feedback(client, bo):
    category = CategoryFactory()
    double_coding.assign(
        mitigations=[MitigationFactory()],
        taxonomy=category.taxonomy,
        coders=[bo, UserFactory()],
    )
    Feedback.objects.create(kind="error", text="It is misspelt.", revision=1)
    client.force_login(bo)

    text = re.sub(
        "<[^>]+>",
        "",
        client.get(reverse("admin:index")).content.decode(),
    )

    assert (
        "1 assigned to you" in text,
        "1 new" in text,
        "for a third to decide" in text,
    ) == (
        True,
        True,
        False,
    )


def test_who_classifies_is_filled_in(client, ada):
    client.force_login(ada)

    page = client.get(page_of("mitigation", "add")).content.decode()

    assert re.search(
        r'name="classifications-__prefix__-coder" value="ada"',
        page,
    )


def test_the_history_shows_a_long_text_whole(client, ada, published):
    published.description = f"{'A word. ' * 40}The middle. {'A word. ' * 40}"
    published.save()
    client.force_login(ada)

    assert (
        "The middle."
        in client.get(
            page_of("mitigation", "history", published.pk),
        ).content.decode()
    )


# Withdrawing many


def test_many_are_withdrawn_with_a_reason_and_approved_in_one_step(
    client,
    ada,
    bo,
):
    shown, draft = (
        MitigationFactory.create_batch(2),
        MitigationFactory(status="draft"),
    )
    asked = {
        "mitigations": Mitigation.objects.all(),
        "edit": BulkEdit(status="withdrawn"),
    }

    proposed = edit_in_bulk(**asked, reason="It was the wrong sheet.", by=ada)
    again = edit_in_bulk(**asked, reason="It was the wrong sheet.", by=ada)

    assert (set(proposed.proposed), [one for one, _ in proposed.refused]) == (
        set(shown),
        [draft],
    )
    assert Proposal.objects.count() == len(again.refused) - 1 == 2
    done = edit_in_bulk(**asked, reason="Looked at.", by=bo)

    assert set(done.changed) == set(shown)
    rows = Mitigation.objects.filter(
        status="withdrawn",
        withdrawn_at__isnull=False,
    )
    assert [row.withdrawal_note for row in rows] == [
        "It was the wrong sheet.",
    ] * 2


def test_who_decides_alone_withdraws_many_at_once(bo, published, settings):
    settings.SELF_APPROVAL = True

    edit_in_bulk(
        mitigations=Mitigation.objects.all(),
        edit=BulkEdit(status="withdrawn"),
        reason="Wrong.",
        by=bo,
    )

    published.refresh_from_db()
    assert (published.status, published.withdrawal_note) == (
        "withdrawn",
        "Wrong.",
    )


def test_a_bulk_edit_names_what_somebody_proposed_before(ada, published):
    phase, eve = (
        LifecyclePhaseFactory(),
        member(groups.CURATOR, username="eve"),
    )
    asked = {
        "mitigations": Mitigation.objects.all(),
        "edit": BulkEdit(add={"phases": [phase]}),
        "reason": "So.",
    }
    edit_in_bulk(**asked, by=ada)

    result = edit_in_bulk(**asked, by=eve)

    assert [
        (one, why.startswith("ada has proposed"))
        for one, why in result.refused
    ] == [(published, True)]


@pytest.mark.engine
def test_a_draft_that_is_published_while_somebody_deletes_it_stays(
    client,
    ada,
    monkeypatch,
):
    draft = MitigationFactory(status="draft")
    client.force_login(ada)
    log = MitigationAdmin.log_deletions

    def published_meanwhile(self, request, queryset):
        Mitigation.objects.filter(pk=draft.pk).update(status="published")
        return log(self, request, queryset)

    monkeypatch.setattr(MitigationAdmin, "log_deletions", published_meanwhile)

    answer = client.post(
        page_of("mitigation", "delete", draft.pk),
        {"post": "yes"},
    )

    assert (
        answer.status_code,
        Mitigation.objects.filter(pk=draft.pk).exists(),
    ) == (
        403,
        True,
    )
