"""Publishing in the admin, and checking what is published."""

import hashlib

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from catalogue.models import Mitigation
from surveys.comments import comment_coding
from surveys.models import ExpertComment, Remark, Result, Study, Tally
from surveys.results.publishing import publish_study
from surveys.running import rounds
from tests.factories import UserFactory
from tests.reading import markup
from tests.surveys.factories import (
    answer_all,
    make_closed_study,
    make_study,
    make_token,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def address(study, name="publish"):
    return reverse(f"admin:surveys_study_{name}", args=[study.pk])


def commented_study():
    """A closed study on which everybody made one point."""
    study = make_closed_study("abcde")
    point = comment_coding.add_point(
        item=study.items.get(),
        label="cost",
        body="It costs too much.",
        stance=3,
    )
    for remark in Remark.objects.all():
        comment_coding.code_remark(
            remark=remark,
            coder=UserFactory(),
            points=[point],
        )
    comment_coding.summarise(
        item=study.items.get(),
        body="{cost} fear what it costs.",
    )
    return study


def test_a_study_is_published_with_its_box_ticked(admin_client):
    study = make_closed_study()

    shown = admin_client.post(
        address(study),
        {"sure": "yes", "step": "publish"},
        follow=True,
    ).content.decode()

    study.refresh_from_db()
    assert study.status == Study.Status.PUBLISHED
    assert study.checksum in shown
    assert "Counts and comments are those that were published." in shown


def test_a_study_is_not_published_without_its_box_ticked(admin_client):
    study = make_closed_study()

    shown = admin_client.post(address(study), follow=True).content.decode()

    study.refresh_from_db()
    assert "cannot be undone" in shown
    assert study.status == Study.Status.CLOSED


def test_a_page_that_said_submit_for_review_does_not_publish_for_good(
    admin_client,
):
    study = make_closed_study()

    shown = admin_client.post(
        address(study),
        {"sure": "yes", "step": "submit"},
        follow=True,
    ).content.decode()

    study.refresh_from_db()
    assert "Nothing was done" in shown
    assert study.status == Study.Status.CLOSED


def test_what_stands_against_publishing_is_said_in_place_of_a_button_and_refused_when_asked_for(
    admin_client,
):
    study = make_closed_study("abcde")

    shown = admin_client.get(address(study)).content.decode()
    refused = admin_client.post(
        address(study),
        {"sure": "yes", "step": "publish"},
        follow=True,
    ).content.decode()

    assert "5 comments are neither coded nor withheld." in shown
    assert (
        "<button"
        not in shown.partition('id="against"')[2].partition("</section>")[0]
    )
    assert "5 comments are neither coded nor withheld." in refused


def test_a_draft_says_why_it_is_not_published(admin_client):
    assert (
        "Only a closed study can be published"
        in admin_client.get(address(make_study())).content.decode()
    )


def test_the_preview_shows_counts_and_words_as_they_would_be_published_and_keeps_nothing(
    admin_client,
):
    study = commented_study()

    shown = admin_client.get(
        address(study, "publish_preview"),
    ).content.decode()

    assert "only its leads see this page" in shown
    assert "Several experts fear what it costs." in shown
    assert "100 %" in shown
    assert ExpertComment.objects.get().count is None
    assert study.items.get().summary.body == "{cost} fear what it costs."


def test_a_study_that_is_not_published_is_seen_by_no_reader(client):
    study = make_closed_study()

    assert client.get(study.get_absolute_url()).status_code == 404
    assert (
        client.get(reverse("study-frozen", args=[study.slug])).status_code
        == 404
    )


@pytest.mark.parametrize("size", [1, 3])
def test_the_page_takes_the_same_queries_for_any_number_of_measures(
    admin_client,
    size,
    django_assert_num_queries,
):
    study = make_closed_study(["Text."] * (4 + size), items=size)
    for item in study.items.all():
        comment_coding.add_point(
            item=item,
            label="cost",
            body="It costs.",
            stance=3,
        )
        comment_coding.summarise(item=item, body="{cost} fear it.")

    # Session, user, second factor, study; results; points, remarks and their codings; what is
    # open; summaries; whether it waits for review.
    with django_assert_num_queries(11):
        admin_client.get(address(study))


# What the checksum is of


def test_the_frozen_file_gives_the_checksum(client):
    study = commented_study()
    publish_study(study)
    study.refresh_from_db()

    answer = client.get(reverse("study-frozen", args=[study.slug]))

    assert hashlib.sha256(answer.content).hexdigest() == study.checksum
    assert answer["Content-Type"] == "application/json"


def test_the_frozen_file_names_no_measure_that_left_the_catalogue(client):
    study = make_closed_study()
    publish_study(study)
    Mitigation.objects.update(status=Mitigation.Status.DRAFT)

    assert (
        client.get(reverse("study-frozen", args=[study.slug])).status_code
        == 404
    )


# check_studies


def test_sound_studies_pass(capsys):
    publish_study(make_closed_study())

    call_command("check_studies")

    assert "Studies checked: 1." in capsys.readouterr().out


def test_a_changed_count_is_named_by_study(admin_client):
    study = make_closed_study()
    publish_study(study)
    Tally.objects.filter(point__slug="a").update(count=6)

    with pytest.raises(
        CommandError,
        match=f"{study.slug}: Its counts or comments are not those",
    ) as found:
        call_command("check_studies")

    assert found.value.returncode == 1
    assert (
        "no longer agrees" in admin_client.get(address(study)).content.decode()
    )


def closed_round():
    """A study with a round that five answered, which is over; the study goes on."""
    study = make_study(items=1, consensus_percent=60)
    round_ = rounds.open_round(study=study)
    for slug in "aaaad":
        answer_all(round_, make_token(study), slug)
    rounds.close_round(study=study)
    return study


def test_between_rounds_those_who_run_a_study_see_what_was_answered_and_nothing_of_it_is_kept(
    admin_client,
):
    study = closed_round()
    round_page = reverse("admin:surveys_study_round", args=[study.pk, 1])

    assert (
        round_page in admin_client.get(address(study, "run")).content.decode()
    )
    shown = markup(admin_client.get(round_page))

    assert "80 %" in shown
    assert "to agree" in shown
    assert '<dt>Experts</dt><dd class="num"><b>5</b>' in shown
    assert "Results are those of Round 1." in shown
    assert "Gave no answer" in shown
    assert "Skipped" not in shown
    assert not Result.objects.exists()
    assert Study.objects.get().status == Study.Status.OPEN


def test_a_wrong_order_of_results_is_refused_with_what_would_be_right(
    admin_client,
):
    pages = [
        reverse("admin:surveys_study_round", args=[closed_round().pk, 1]),
        address(make_closed_study(), "publish_preview"),
    ]

    assert [
        admin_client.get(f"{page}?sort=x").status_code for page in pages
    ] == [
        400,
        400,
    ]


def test_a_round_that_is_open_is_shown_to_nobody(admin_client):
    study = closed_round()
    rounds.open_round(study=study)

    assert (
        admin_client.get(
            reverse("admin:surveys_study_round", args=[study.pk, 2]),
        ).status_code
        == 404
    )


def test_coders_do_not_see_what_was_answered_in_a_round(client):
    study = closed_round()
    coder = UserFactory(is_staff=True)
    study.members.create(user=coder, role="coder")
    client.force_login(coder)

    assert (
        client.get(
            reverse("admin:surveys_study_round", args=[study.pk, 1]),
        ).status_code
        == 403
    )
