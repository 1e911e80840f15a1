"""Studies that are not published, and changes to those that are, shown by a signed link."""

import pytest
from django.urls import reverse

from catalogue.accounts import groups
from catalogue.curation import preview, snapshots, workflow
from catalogue.models import Proposal
from surveys.comments import comment_coding
from surveys.models import Study
from surveys.results.publishing import publish_study
from surveys.running import rounds, team
from tests.factories import UserFactory
from tests.reading import Readers
from tests.surveys.admin.test_publishing_pages import commented_study
from tests.surveys.admin.test_review import member
from tests.surveys.factories import (
    answer_all,
    make_closed_study,
    make_study,
    make_token,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture(autouse=True)
def nobody_approves_their_own(settings):
    settings.SELF_APPROVAL = False


@pytest.fixture
def lead():
    return member(groups.STUDY_LEAD)


@pytest.fixture
def reviewer():
    return member(groups.REVIEWER)


@pytest.fixture
def published():
    study = make_closed_study(year=2026)
    publish_study(study)
    study.refresh_from_db()
    return study


def propose(study, author, **changes):
    base = snapshots.snapshot(study)
    values = {**base, "fields": {**base["fields"], **changes}}
    return workflow.propose(
        record=study,
        author=author,
        base=base,
        values=values,
        reason="So.",
    )


def submitted(study, lead):
    """A proposal, and its record as it is then."""
    proposal = workflow.submit_for_review(record=study, author=lead)
    return Proposal.objects.get(pk=proposal.pk)


def text_of(answer):
    return answer.content.decode()


# What is shown


def test_a_proposed_text_is_shown_on_the_page_of_the_study_and_nowhere_else(
    client,
    published,
    lead,
):
    proposal = propose(published, lead, method="Asked twice.")

    shown = client.get(preview.url(proposal))

    assert "Asked twice." in text_of(shown)
    assert "100 %" in text_of(shown)
    assert "Preview: not published." in text_of(shown)
    assert "Asked twice." not in text_of(
        client.get(published.get_absolute_url()),
    )


def test_a_closed_study_is_shown_as_it_would_be_published_and_stays_as_it_is(
    client,
):
    study = commented_study()
    study.year = 2026
    study.save()

    shown = text_of(client.get(preview.url(study)))

    assert "Several experts fear what it costs." in shown
    assert "Preview: not published." in shown
    assert study.items.get().summary.body == "{cost} fear what it costs."
    assert client.get(study.get_absolute_url()).status_code == 404
    assert study.title not in text_of(client.get("/studies/"))


def test_a_submitted_study_is_shown_from_its_proposal(client, lead):
    proposal = submitted(make_closed_study(year=2026), lead)

    assert "100 %" in text_of(client.get(preview.url(proposal)))


def test_results_are_narrowed_within_the_preview(client):
    address = preview.url(make_closed_study(year=2026))

    narrowed, refused = (
        client.get(address + "?sort=n"),
        client.get(address + "?sort=nothing"),
    )

    assert 'href="?sort=agreement#answers"' in text_of(narrowed)
    assert refused.status_code == 400
    assert "no-store" in refused["Cache-Control"]
    assert "noindex" in refused["X-Robots-Tag"]


def test_a_proposed_withdrawal_is_shown_and_marked(client, published, lead):
    base = snapshots.snapshot(published)
    values = workflow.withdrawn(base, note="Answers were lost.")
    proposal = workflow.propose(
        record=published,
        author=lead,
        base=base,
        values=values,
        reason="So.",
    )

    shown = client.get(preview.url(proposal))

    assert "Answers were lost." in text_of(shown)
    assert "Preview: not published." in text_of(shown)
    assert client.get(published.get_absolute_url()).status_code == 200


# What is not shown


def test_groups_below_the_minimum_are_left_out(client):
    study = make_study(
        items=1,
        expertise=["law", "policy", "ethics"],
        year=2026,
        min_cell_size=3,
    )
    round_ = rounds.open_round(study=study)
    for expertise in ["law"] * 3 + ["policy"] * 3 + ["ethics"] * 2:
        answer_all(round_, make_token(study), expertise=expertise, remark="")
    rounds.close_study(study=study)
    study.refresh_from_db()

    address = preview.url(study)

    assert "expertise_area=ethics" not in text_of(client.get(address))
    assert client.get(address + "?expertise_area=ethics").status_code == 400


def test_what_experts_wrote_is_not_shown(client):
    study = make_closed_study(
        [f"Verbatim {number}." for number in range(5)],
        year=2026,
    )
    for remark in comment_coding.remarks_of(study):
        comment_coding.withhold(remark=remark, is_withheld=True)

    assert "Verbatim" not in text_of(client.get(preview.url(study)))


def test_a_study_whose_comments_are_not_coded_has_no_preview(client):
    study = make_closed_study(year=2026)
    address = preview.url(study)
    comment_coding.add_point(
        item=study.items.get(),
        label="cost",
        body="Nobody said so.",
        stance=3,
    )

    answer = client.get(address)

    assert answer.status_code == 404
    assert "Nobody said so." not in text_of(answer)
    assert preview.url(study) == ""


@pytest.mark.parametrize("status", [Study.Status.DRAFT, Study.Status.OPEN])
def test_a_study_without_results_has_no_preview(status):
    assert preview.url(make_study(status=status, year=2026)) == ""


def test_a_study_withdrawn_meanwhile_shows_no_results_to_who_has_the_link_of_another_change(
    client,
    published,
    lead,
):
    address = preview.url(propose(published, lead, method="Asked twice."))
    with_results = text_of(client.get(address))
    snapshots.apply(
        published,
        workflow.withdrawn(
            snapshots.snapshot(published),
            note="Answers were lost.",
        ),
    )

    shown = client.get(address)

    assert "100 %" in with_results
    assert shown.status_code == 410
    assert "100 %" not in text_of(shown)


def test_a_preview_is_no_page_to_be_found_cited_or_kept(client):
    study = make_closed_study(year=2026)

    shown = client.get(preview.url(study))

    assert "no-store" in shown["Cache-Control"]
    assert "noindex" in shown["X-Robots-Tag"]
    assert shown["Referrer-Policy"] == "no-referrer"
    assert '<meta name="robots" content="noindex, nofollow">' in text_of(shown)
    assert "?page=/preview/" not in text_of(shown)
    assert "results.csv" not in text_of(shown)


@pytest.mark.usefixtures("kept_connection")
def test_a_preview_of_a_study_is_kept_by_no_cache():
    readers, address = Readers(), preview.url(make_closed_study(year=2026))

    first, second = readers.get(address), readers.get(address)

    assert first.status == second.status == 200
    assert readers.rendered == 2
    assert "etag" not in second.headers


# When it ends


def end_by_approval(proposal, lead, reviewer):
    workflow.approve(proposal=proposal, reviewer=reviewer)


def end_by_sending_back(proposal, lead, reviewer):
    workflow.send_back_proposal(
        proposal=proposal,
        reviewer=reviewer,
        note="No.",
    )


def end_by_taking_back(proposal, lead, reviewer):
    workflow.take_back_proposal(proposal=proposal, author=lead)


@pytest.mark.parametrize(
    "end",
    [end_by_approval, end_by_sending_back, end_by_taking_back],
)
@pytest.mark.parametrize("is_change", [True, False])
def test_a_link_ends_when_it_is_decided_on(
    client,
    published,
    lead,
    reviewer,
    is_change,
    end,
):
    changed = (
        propose(published, lead, method="Asked twice.") if is_change else None
    )
    proposal = changed or submitted(make_closed_study(year=2026), lead)
    address = preview.url(proposal)
    assert client.get(address).status_code == 200

    end(proposal, lead, reviewer)

    answer = client.get(address)
    assert answer.status_code == 404
    assert preview.OVER in text_of(answer)


def test_a_link_to_a_closed_study_ends_when_it_is_submitted_and_for_good(
    client,
    lead,
):
    study = make_closed_study(year=2026)
    address = preview.url(study)
    assert client.get(address).status_code == 200

    proposal = submitted(study, lead)
    after_submission = client.get(address).status_code
    workflow.take_back_proposal(proposal=proposal, author=lead)

    assert after_submission == 404
    assert client.get(address).status_code == 404


def test_a_forged_and_an_expired_link_are_told_the_same(client, monkeypatch):
    address = preview.url(make_closed_study(year=2026))
    forged = client.get(address[:-3] + "xx/")
    monkeypatch.setattr(preview, "DAYS", -1)

    expired = client.get(address)

    assert forged.status_code == expired.status_code == 404
    assert preview.OVER in text_of(forged)
    assert preview.OVER in text_of(expired)


# Where the link is


@pytest.mark.parametrize("page", ["change", "publish"])
def test_the_admin_offers_the_link_of_a_study_that_can_be_submitted(
    client,
    lead,
    page,
):
    study = make_closed_study(year=2026)
    team.add_founder(study, lead)
    client.force_login(lead)

    shown = text_of(
        client.get(reverse(f"admin:surveys_study_{page}", args=[study.pk])),
    )

    assert 'href="/preview/' in shown


def test_the_page_of_a_proposal_offers_the_link(client, published, lead):
    team.add_founder(published, lead)
    proposal = propose(published, lead, method="Asked twice.")
    client.force_login(lead)

    shown = text_of(
        client.get(reverse("admin:review_detail", args=[proposal.pk])),
    )

    assert 'href="/preview/' in shown


def test_a_published_study_has_no_preview_of_itself(client, published):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))

    shown = text_of(
        client.get(reverse("admin:surveys_study_change", args=[published.pk])),
    )

    assert 'href="/preview/' not in shown
