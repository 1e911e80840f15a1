"""A survey that ran elsewhere, whose answers were brought in: it is never presented as this
site's own.
"""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from surveys.files.longform import COLUMNS
from surveys.files.reading import read_answers
from surveys.files.storing import importable, store_answers
from surveys.files.tables import Table
from surveys.models import Study
from surveys.results import publishing
from surveys.results.citing import citation_of
from surveys.results.exports import StudyListing
from surveys.running import invitations, rounds, team
from tests.factories import DocumentFactory
from tests.surveys.factories import make_lead, make_study, make_token

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def bring_in(study) -> Study:
    code = study.items.get().mitigation.accession
    rows = [
        dict(
            zip(COLUMNS, [f"P{n}", "1", "", code, "do", "", "a"], strict=True),
        )
        for n in range(5)
    ]
    table = Table(COLUMNS, list(enumerate(rows, 2)))
    store_answers(study=study, given=read_answers(study, table))
    study.refresh_from_db()
    return study


def test_a_survey_of_a_document_can_be_brought_in_and_is_cited_as_that():
    document = DocumentFactory(year=2024)
    study = make_study(items=1, document=document, ran_elsewhere=True)

    assert importable(study) == ""
    bring_in(study)
    publishing.publish_study(study)

    study.refresh_from_db()
    assert (study.year, study.ran_here, study.invited) == (2024, False, None)
    assert citation_of(study).apa == citation_of(Study(document=document)).apa
    rows = [row for page in StudyListing(study).rows() for row in page]
    assert not [row for row in rows if "counted here" in row]
    assert [row for row in rows if "counted from answers brought in" in row]


def test_its_page_says_where_it_was_published(client):
    study = bring_in(
        make_study(
            items=1,
            document=DocumentFactory(year=2024),
            ran_elsewhere=True,
        ),
    )
    publishing.publish_study(study)

    shown = client.get(study.get_absolute_url()).content.decode()

    assert study.document.title in shown
    assert "This site" not in shown


def test_without_a_document_it_is_not_published_and_the_year_is_not_made_up(
    admin_client,
):
    study = bring_in(make_study(items=1))
    document = DocumentFactory(year=2024)
    page = reverse("admin:surveys_study_publish", args=[study.pk])

    with pytest.raises(ValidationError, match="choose the document"):
        publishing.publish_study(study)
    assert study.year is None
    admin_client.post(page, {"step": "source", "document": document.pk})

    study.refresh_from_db()
    assert (study.document, study.year) == (document, 2024)
    assert publishing.publishing_problems(study) == []


def test_where_it_was_published_is_not_lost_to_whoever_publishes_at_once(
    admin_client,
):
    study = bring_in(
        make_study(
            items=1,
            document=DocumentFactory(year=2024),
            ran_elsewhere=True,
        ),
    )
    another = DocumentFactory(year=2025)
    sent = {
        "step": "publish",
        "sure": "yes",
        "document": another.pk,
        "year": "2025",
    }
    page = reverse("admin:surveys_study_publish", args=[study.pk])

    shown = admin_client.post(page, sent, follow=True).content.decode()
    study.refresh_from_db()
    before = (study.document, study.status)
    admin_client.post(page, sent)

    study.refresh_from_db()
    assert "Where it was published is saved. Look at it again" in shown
    assert before == (another, "closed")
    assert study.status == "published"


def test_it_invites_nobody_and_opens_no_round():
    study = make_study(items=1, document=DocumentFactory(), ran_elsewhere=True)

    with pytest.raises(ValidationError, match="ran elsewhere"):
        invitations.invite(study=study, addresses=["ann@example.org"])
    with pytest.raises(ValidationError, match="ran elsewhere"):
        rounds.open_round(study=study)


def test_a_study_that_invited_people_here_did_not_run_elsewhere(admin_client):
    study = make_study(items=1)
    make_token(study)
    about = {
        "label": study.label,
        "title": study.title,
        "method": "Asked.",
        "limits": "Few.",
    }
    page = reverse("admin:surveys_study_setup", args=[study.pk, "about"])

    shown = admin_client.post(
        page,
        {**about, "document": DocumentFactory().pk},
    ).content.decode()

    study.refresh_from_db()
    assert "it cannot have run elsewhere" in shown
    assert (study.document, study.ran_elsewhere) == (None, False)


def test_a_draft_of_a_survey_that_ran_elsewhere_is_seen_by_those_alone_who_work_on_it():
    study = make_study(items=1, document=DocumentFactory(), ran_elsewhere=True)
    lead, stranger = (
        make_lead("view_study", "change_study") for _ in range(2)
    )
    team.add_founder(study, lead)

    assert study in team.visible_studies(lead)
    assert study not in team.visible_studies(stranger)
    assert (
        team.may_view_study(lead, study),
        team.may_view_study(stranger, study),
    ) == (
        True,
        False,
    )
    assert (
        team.may_change_study(lead, study),
        team.may_change_study(stranger, study),
    ) == (
        True,
        False,
    )


def test_choosing_a_document_in_the_set_up_says_that_it_ran_elsewhere(
    admin_client,
):
    study = make_study(items=1)
    document = DocumentFactory()
    about = {
        "label": study.label,
        "title": study.title,
        "method": "Asked.",
        "limits": "Few.",
    }

    admin_client.post(
        reverse("admin:surveys_study_setup", args=[study.pk, "about"]),
        {**about, "document": document.pk},
    )

    study.refresh_from_db()
    assert (study.document, study.ran_elsewhere, study.is_loaded) == (
        document,
        True,
        False,
    )
    assert (
        admin_client.get(
            reverse("admin:surveys_study_answers", args=[study.pk]),
        ).status_code
        == 200
    )
