"""Studies go to review as mitigations do: their publication, and afterwards the words about
them.
"""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from catalogue.accounts import groups
from catalogue.curation import workflow
from catalogue.models import Proposal
from surveys.models import Member, Study
from tests.catalogue.admin.test_admin import form_data
from tests.factories import UserFactory
from tests.surveys.factories import make_closed_study, make_study

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture(autouse=True)
def nobody_approves_their_own(settings):
    settings.SELF_APPROVAL = False


def member(group, leads=None):
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    if leads:
        Member.objects.create(study=leads, user=user, role="lead")
    return user


@pytest.fixture
def published():
    study = make_study(items=1, year=2026)
    Study.objects.filter(pk=study.pk).update(status="published")
    study.refresh_from_db()
    return study


def proposal_of(study):
    return Proposal.objects.about(study).get()


def test_a_lead_submits_a_closed_study_and_a_reviewer_publishes_it(client):
    study = make_closed_study(year=2026)
    lead = member(groups.STUDY_LEAD, leads=study)
    client.force_login(lead)
    client.post(
        reverse("admin:surveys_study_publish", args=[study.pk]),
        {"sure": "yes", "step": "submit"},
    )
    assert client.get(study.get_absolute_url()).status_code == 404
    with pytest.raises(PermissionDenied):
        workflow.approve(proposal=proposal_of(study), reviewer=lead)

    reviewer = member(groups.REVIEWER)
    client.force_login(reviewer)
    address = reverse("admin:review_detail", args=[proposal_of(study).pk])
    client.post(
        address,
        {"seen": client.get(address).context["seen"], "approve": "1"},
    )

    study.refresh_from_db()
    assert (study.status, len(study.checksum)) == ("published", 64)
    assert client.get(study.get_absolute_url()).status_code == 200


def test_a_study_that_cannot_be_published_is_not_submitted(client):
    study = make_closed_study()
    Study.objects.filter(pk=study.pk).update(year=None)
    client.force_login(member(groups.STUDY_LEAD, leads=study))

    answer = client.post(
        reverse("admin:surveys_study_publish", args=[study.pk]),
        {"sure": "yes", "step": "submit"},
        follow=True,
    )

    assert "It has no year." in answer.content.decode()
    assert not Proposal.objects.exists()


def test_the_words_about_a_published_study_change_by_review_and_nothing_else_does(
    client,
    published,
):
    lead = member(groups.STUDY_LEAD, leads=published)
    client.force_login(lead)
    address = reverse("admin:surveys_study_change", args=[published.pk])
    sent = {
        **form_data(client.get(address)),
        "method": "Asked twice.",
        "slug": "other",
        "reason": "It was asked twice.",
    }

    client.post(address, sent)

    published.refresh_from_db()
    assert published.method == "Experts were asked."
    workflow.approve(
        proposal=proposal_of(published),
        reviewer=member(groups.REVIEWER),
    )
    slug = published.slug
    published.refresh_from_db()
    assert (published.method, published.slug) == ("Asked twice.", slug)


def test_a_withdrawn_study_keeps_its_address_and_leaves_lists_and_files(
    client,
    published,
):
    client.force_login(member(groups.STUDY_LEAD, leads=published))
    address = reverse("admin:surveys_study_withdraw", args=[published.pk])
    client.post(address, {"note": "Answers were lost."})
    workflow.approve(
        proposal=proposal_of(published),
        reviewer=member(groups.REVIEWER),
    )

    page = client.get(published.get_absolute_url())
    told = client.get(f"/api/v1/studies/{published.slug}/")

    assert (page.status_code, told.status_code) == (410, 410)
    assert "Answers were lost." in page.content.decode()
    assert told.json()["replaced_by"] is None
    assert published.title not in client.get("/studies/").content.decode()
    assert (
        client.get(f"/api/v1/studies/{published.slug}/results/").status_code
        == 410
    )
    assert (
        client.get(f"{published.get_absolute_url()}results.csv").status_code
        == 404
    )


@pytest.mark.parametrize(
    ("group", "status"),
    [(groups.STUDY_LEAD, 200), (groups.CURATOR, 403)],
)
def test_only_those_who_lead_see_studies_in_the_admin(client, group, status):
    client.force_login(member(group))

    assert (
        client.get(reverse("admin:surveys_study_changelist")).status_code
        == status
    )


def test_a_study_lead_sees_no_mitigations_in_the_admin(client):
    client.force_login(member(groups.STUDY_LEAD))

    assert (
        client.get(
            reverse("admin:catalogue_mitigation_changelist"),
        ).status_code
        == 403
    )
    assert (
        b"/admin/catalogue/" not in client.get(reverse("admin:index")).content
    )
