"""A study lead's page in the admin."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from surveys import fielding

from .factories import make_study, make_token

pytestmark = pytest.mark.django_db


def run(client, study, **data):
    return client.post(reverse("admin:surveys_study_run", args=[study.pk]), data, follow=True).content.decode()


def test_a_link_is_mailed_and_works(admin_client, client, mailoutbox):
    study = make_study()

    run(admin_client, study, step="invite", addresses="ann@example.org")
    run(admin_client, study, step="open")

    link = re.search(r"http://testserver(\S+)", mailoutbox[0].body)[1]
    assert mailoutbox[0].to == ["ann@example.org"]
    assert client.get(link).status_code == 200


def test_a_csv_of_addresses_invites_each_once(admin_client, mailoutbox):
    study = make_study()
    file = SimpleUploadedFile("a.csv", b"name,email\nAnn,ann@example.org\nBob,bob@example.org\nAnn,ANN@example.org\n")

    run(admin_client, study, step="invite", file=file)

    assert sorted(message.to[0] for message in mailoutbox) == ["ann@example.org", "bob@example.org"]


def test_a_bad_address_is_named_and_nothing_is_sent(admin_client, mailoutbox):
    study = make_study()

    shown = run(admin_client, study, step="invite", addresses="ann@example.org\nnonsense")

    assert "nonsense" in shown
    assert mailoutbox == []


def test_a_reissued_link_is_mailed_and_says_that_it_starts_anew(admin_client, mailoutbox):
    study = make_study()
    make_token(study)

    shown = run(admin_client, study, step="reissue", invitation=study.invitations.get().pk)

    assert "starts anew" in shown
    assert len(mailoutbox) == 1


def test_what_the_study_lacks_is_said_when_a_round_is_opened(admin_client):
    study = make_study(items=0)

    assert "It has no items" in run(admin_client, study, step="open")
    assert not study.rounds.exists()


def test_a_study_that_is_open_cannot_be_changed(admin_client):
    study = make_study()
    fielding.open_round(study=study)

    answer = admin_client.post(reverse("admin:surveys_study_change", args=[study.pk]), {"title": "Another"})

    assert answer.status_code == 403


def test_a_new_study_can_be_set_up(admin_client):
    assert admin_client.get(reverse("admin:surveys_study_add")).status_code == 200


def test_a_stranger_cannot_run_a_study(client):
    study = make_study()

    assert client.post(reverse("admin:surveys_study_run", args=[study.pk]), {"step": "open"}).status_code == 302
    assert not study.rounds.exists()
