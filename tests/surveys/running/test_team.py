"""Who works on a study: nobody else sees its addresses, comments and answers."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.urls import reverse

from catalogue.curation import permissions
from surveys.admin.study import PAGES
from surveys.models import ExpertComment, Member, Study
from surveys.running import team
from tests.factories import UserFactory
from tests.surveys.factories import make_closed_study, make_lead, make_study

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

LEADING = (
    "view_study",
    "change_study",
    "add_study",
    "delete_study",
    "view_expertcomment",
)
#: What each page takes beside the study.
REST = {
    "setup": ["about"],
    "preview_measure": [1],
    "coding_measure": ["item"],
    "coding_points": ["item"],
    "answers_file": ["csv"],
    "round": [1],
}
#: Pages of the admin's own.
OWN = ("change", "history", "delete", "withdraw")
FOR_CODERS = {"coding", "coding_measure", "coding_points", "work"}


def addresses(study) -> dict[str, str]:
    """Every address about one study that there is in the admin, by name."""
    found = {}
    for name in [*(page.name for page in PAGES if page.name != "new"), *OWN]:
        rest = [
            study.items.first().pk if one == "item" else one
            for one in REST.get(name, [])
        ]
        found[name] = reverse(
            f"admin:surveys_study_{name}",
            args=[study.pk, *rest],
        )
    return found


def works(user, study, role="lead"):
    Member.objects.create(study=study, user=user, role=role)
    return user


@pytest.mark.parametrize("make", [make_study, make_closed_study])
def test_a_lead_of_another_study_reaches_no_page_of_it(client, make):
    study = make()
    client.force_login(works(make_lead(*LEADING), make_study()))

    for name, address in addresses(study).items():
        for asked in (client.get, client.post):
            answer = asked(address)
            # The admin's own pages lead to its front page where there is nothing to see.
            is_away = answer.status_code == 302 and answer[
                "Location"
            ] == reverse("admin:index")
            assert answer.status_code in (403, 404) or is_away, (
                name,
                answer.status_code,
            )


@pytest.mark.parametrize("role", ["lead", "helper"])
def test_who_runs_a_study_reaches_its_pages(client, role):
    study = make_closed_study(["a comment"] * 5)
    client.force_login(works(make_lead(*LEADING), study, role))

    found = {
        name: client.get(address).status_code
        for name, address in addresses(study).items()
    }

    kept_from = {
        name for name, status in found.items() if status in (403, 404)
    }
    # It is closed: there is nothing to delete or to withdraw, and no round to be looked at by
    # itself. Only its lead says who works on it.
    assert kept_from == {"delete", "withdraw", "round"} | (
        {"team"} if role == "helper" else set()
    )


def test_a_coder_codes_and_sees_neither_ratings_nor_addresses(client):
    study = make_closed_study(["It costs too much"] * 5)
    client.force_login(works(UserFactory(is_staff=True), study, "coder"))

    found = {
        name: client.get(address).status_code
        for name, address in addresses(study).items()
    }

    assert {
        name for name, status in found.items() if status in (200, 302)
    } == FOR_CODERS
    assert (
        addresses(study)["work"]
        in client.get(
            reverse("admin:surveys_study_changelist"),
        ).content.decode()
    )
    coded = client.get(addresses(study)["coding_measure"]).content.decode()
    assert "It costs too much" in coded
    assert addresses(study)["answers"] not in coded
    assert (
        client.get(addresses(study)["work"])["Location"]
        == addresses(study)["coding"]
    )


def test_the_list_holds_the_studies_that_one_works_on(client):
    mine, others = make_study(), make_study()
    client.force_login(works(make_lead(*LEADING), mine))

    shown = client.get(
        reverse("admin:surveys_study_changelist"),
    ).content.decode()

    assert mine.title in shown
    assert others.title not in shown


def test_a_lead_who_may_no_longer_run_studies_is_kept_out(client):
    study = make_study()
    client.force_login(works(make_lead("view_study"), study))

    assert client.get(addresses(study)["run"]).status_code in (403, 404)


def test_points_of_a_study_of_others_are_not_listed(client):
    study = make_study()
    ExpertComment.objects.create(
        item=study.items.first(),
        label="cost",
        body="It costs too much.",
        stance=1,
    )
    client.force_login(works(make_lead(*LEADING), make_study()))

    shown = client.get(
        reverse("admin:surveys_expertcomment_changelist"),
    ).content.decode()

    assert "It costs too much." not in shown
    assert study.label not in shown


def test_a_reviewer_looks_at_what_is_set_up_and_at_no_answers(client):
    study = make_closed_study()
    reviewer = UserFactory(is_staff=True)
    reviewer.groups.add(Group.objects.get(name="Reviewer"))
    client.force_login(reviewer)

    found = {
        name: client.get(address).status_code
        for name, address in addresses(study).items()
    }

    assert {name for name, status in found.items() if status == 200} == {
        "change",
        "history",
    }


def test_an_administrator_names_leads_and_reads_no_answers(client):
    study, lead = make_closed_study(), make_lead(*LEADING)
    administrator = UserFactory(is_staff=True)
    administrator.groups.add(Group.objects.get(name="Administrator"))
    client.force_login(administrator)

    for name in (
        "run",
        "answers",
        "answers_file",
        "coding",
        "coding_measure",
        "publish_preview",
    ):
        assert client.get(addresses(study)[name]).status_code == 403, name
    client.post(
        addresses(study)["team"],
        {"step": "add", "user": lead.pk, "role": "lead"},
    )

    assert team.works_on(lead, study)
    assert LogEntry.objects.get().change_message == f"{lead} leads it."


def test_proposals_about_a_study_are_for_those_who_work_on_it_and_for_reviewers():
    study, reviewer = make_closed_study(), UserFactory(is_staff=True)
    reviewer.groups.add(Group.objects.get(name="Reviewer"))
    stranger, lead = make_lead(*LEADING), works(make_lead(*LEADING), study)

    assert [
        permissions.may_see(user, study) for user in (stranger, lead, reviewer)
    ] == [
        False,
        True,
        True,
    ]
    assert [
        permissions.may_change_record(user, study)
        for user in (stranger, lead, reviewer)
    ] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("address", ["surveys_study_new", "surveys_study_add"])
def test_who_sets_a_study_up_leads_it(client, address):
    lead = make_lead("add_study", "change_study", "view_study")
    client.force_login(lead)
    data = {
        "label": "Mine",
        "slug": "mine",
        "title": "A study of mine",
        "method": "M.",
        "limits": "L.",
        "min_cell_size": 5,
        "criteria-TOTAL_FORMS": 0,
        "criteria-INITIAL_FORMS": 0,
        "items-TOTAL_FORMS": 0,
        "items-INITIAL_FORMS": 0,
    }

    client.post(reverse(f"admin:{address}"), data)

    assert [
        (one.user, one.role) for one in Study.objects.get().members.all()
    ] == [(lead, "lead")]


def test_somebody_leads_a_study_always():
    study, lead = make_study(), make_lead("change_study")
    member = Member.objects.create(study=study, user=lead, role="lead")

    with pytest.raises(
        ValidationError,
        match="Somebody has to lead the study",
    ):
        team.remove_member(member=member)
    team.add_member(study=study, user=make_lead("change_study"), role="lead")
    team.remove_member(member=member)

    assert not team.works_on(lead, study)


def test_who_may_not_run_studies_helps_with_comments_alone():
    study, curator = make_study(), UserFactory(is_staff=True)

    with pytest.raises(ValidationError, match="may not run studies"):
        team.add_member(study=study, user=curator, role="helper")
    with pytest.raises(ValidationError, match="cannot enter the admin"):
        team.add_member(study=study, user=UserFactory(), role="coder")
    team.add_member(study=study, user=curator, role="coder")
    with pytest.raises(ValidationError, match="work on this study already"):
        team.add_member(study=study, user=curator, role="coder")

    assert team.works_on(curator, study, team.EVERYBODY)
    assert not team.works_on(curator, study)


def test_who_is_not_signed_in_is_asked_to(client):
    answer = client.get(reverse("admin:surveys_study_changelist"), follow=True)

    assert answer.status_code == 200
    assert answer.redirect_chain[0][0].startswith(reverse("admin:login"))
