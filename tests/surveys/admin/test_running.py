"""A study lead's page for links, rounds, and the end of a study."""

import html
import re
from smtplib import SMTPRecipientsRefused

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail.backends.locmem import EmailBackend
from django.urls import reverse

from surveys.models import Invitation, Study
from surveys.running import fielding, invitations, rounds
from surveys.running.tabulation import distribution
from tests.reading import markup
from tests.surveys.factories import (
    answer_all,
    make_closed_study,
    make_lead,
    make_study,
    make_token,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


class PickyBackend(EmailBackend):
    """A mail server that will not have Bob."""

    def send_messages(self, messages):
        if messages[0].to == ["bob@example.org"]:
            raise SMTPRecipientsRefused(
                {"bob@example.org": (550, b"no such user")},
            )
        return super().send_messages(messages)


class DeadBackend(EmailBackend):
    def open(self):
        raise ConnectionRefusedError("nobody listens")


def address(study):
    return reverse("admin:surveys_study_run", args=[study.pk])


def run(client, study, **data):
    return client.post(address(study), data, follow=True).content.decode()


def mail_by(settings, backend):
    settings.EMAIL_BACKEND = f"{__name__}.{backend.__name__}"


def test_a_link_is_mailed_and_works(admin_client, client, mailoutbox):
    study = make_study()

    run(admin_client, study, step="invite", addresses="ann@example.org")
    run(admin_client, study, step="open", sure="open", next=1)

    link = re.search(r"http://testserver(\S+)", mailoutbox[0].body)[1]
    assert mailoutbox[0].to == ["ann@example.org"]
    assert client.get(link).status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        "ann@example.org; bob@example.org",
        "ann@example.org, bob@example.org,",
        "Ann Lee <Ann@example.org>, bob@example.org",
        'Lee, Ann <ann@example.org>; "Roe; Bob" <bob@example.org>',
        "<ann@example.org>\r\nRoe, Bob <bob@example.org>\r\n",
    ],
)
def test_addresses_are_taken_as_people_paste_them(
    admin_client,
    mailoutbox,
    text,
):
    study = make_study()

    run(admin_client, study, step="invite", addresses=text)

    assert sorted(message.to[0] for message in mailoutbox) == [
        "ann@example.org",
        "bob@example.org",
    ]


@pytest.mark.parametrize(
    "bad",
    [
        "Bob <bob@",
        "Bob Roe",
        "bob@example.org cy@example.org",
        "bob @ example.org",
        "<>",
    ],
)
def test_what_is_no_address_is_named_as_it_was_written(
    admin_client,
    mailoutbox,
    bad,
):
    shown = run(
        admin_client,
        make_study(),
        step="invite",
        addresses=f"Ann Lee <ann@example.org>, {bad}",
    )

    assert f"“{bad.lower()}” is no e-mail address." in html.unescape(shown)
    assert mailoutbox == []


def test_a_csv_of_addresses_with_names_is_taken(admin_client, mailoutbox):
    file = SimpleUploadedFile(
        "a.csv",
        b"address\nAnn Lee <ann@example.org>\nbob@example.org; cy@example.org\n",
    )

    run(admin_client, make_study(), step="invite", file=file)

    assert len(mailoutbox) == 3


# What is typed for another step


def typed_on(page: str) -> dict[str, str]:
    texts = re.findall(
        r'<textarea name="(\w+)"[^>]*>\n(.*?)</textarea>',
        page,
        re.DOTALL,
    )
    lines = re.findall(
        r'<input type="text" name="(\w+)" value="([^"]*)"',
        page,
    )
    return {name: html.unescape(value) for name, value in [*texts, *lines]}


@pytest.mark.parametrize(
    "step",
    [
        "resend {link}",
        "reissue {link}",
        "revoke {link}",
        "revoke 0",
        "open",
        "close-round",
        "close-study",
        "stay",
        "x",
    ],
)
def test_a_step_loses_nothing_that_is_typed_for_another(admin_client, step):
    study = make_study()
    make_token(study)
    make_token(study)
    typed = {
        "addresses": "ann@example.org\nbob@exam",
        "subject": "My own",
        "text": "Dear all,\nplease.",
    }

    shown = run(
        admin_client,
        study,
        step=step.format(link=study.invitations.first().pk),
        **typed,
    )

    assert typed_on(shown) == typed
    again = run(admin_client, study, step="stay", **typed_on(shown))
    assert typed_on(again) == typed


def test_inviting_keeps_the_letter_and_writing_keeps_the_addresses(
    admin_client,
):
    study = make_study()
    make_token(study)
    letter = {"subject": "My own", "text": "Dear all."}

    invited = run(
        admin_client,
        study,
        step="invite",
        addresses="ann@example.org",
        **letter,
    )
    refused = run(
        admin_client,
        study,
        step="invite",
        addresses="nonsense",
        **letter,
    )
    written = run(
        admin_client,
        study,
        step="write",
        addresses="bob@exam",
        **letter,
    )

    assert typed_on(invited) == {"addresses": "", **letter}
    assert typed_on(refused) == {"addresses": "nonsense", **letter}
    assert typed_on(written)["addresses"] == "bob@exam"
    assert typed_on(written)["subject"] != "My own"


def test_a_letter_that_nobody_changed_is_proposed_anew_when_a_round_opens(
    admin_client,
):
    study = make_study()
    make_token(study)
    page = admin_client.get(address(study)).content.decode()

    shown = run(admin_client, study, **sent_by(page, "open"), **typed_on(page))

    assert typed_on(shown)["subject"] == f"A reminder: {study.title}"


def test_the_box_of_another_step_does_not_count(admin_client):
    study = make_study()
    rounds.open_round(study=study)

    shown = run(
        admin_client,
        study,
        step="close-study",
        sure="close-round",
        last=1,
        results=1,
    )

    study.refresh_from_db()
    assert "Tick the box first" in shown
    assert study.status == Study.Status.OPEN


def test_a_chosen_file_is_said_to_be_chosen_once_more(admin_client):
    study = make_study()

    shown = run(
        admin_client,
        study,
        step="stay",
        file=SimpleUploadedFile("a.csv", b"ann@example.org\n"),
    )

    assert "has to be chosen once more" in shown


def test_a_csv_of_addresses_invites_each_once(admin_client, mailoutbox):
    study = make_study()
    file = SimpleUploadedFile(
        "a.csv",
        b"name,email\nAnn,ann@example.org\nBob,bob@example.org\nAnn,ANN@example.org\n",
    )

    run(admin_client, study, step="invite", file=file)

    assert sorted(message.to[0] for message in mailoutbox) == [
        "ann@example.org",
        "bob@example.org",
    ]


def test_a_bad_address_is_named_nothing_is_sent_and_what_was_typed_stays(
    admin_client,
    mailoutbox,
):
    study = make_study()

    shown = run(
        admin_client,
        study,
        step="invite",
        addresses="ann@example.org\nnonsense",
    )

    assert "“nonsense” is no e-mail address." in shown
    assert "ann@example.org\nnonsense</textarea>" in shown
    assert mailoutbox == []


def test_a_line_break_in_the_title_does_not_reach_the_head_of_a_mail(
    admin_client,
    mailoutbox,
):
    study = make_study()
    Study.objects.update(title="A study\nBcc: eve@example.org")

    run(admin_client, study, step="invite", addresses="ann@example.org")

    assert (
        mailoutbox[0].subject
        == "Your link to answer: A study Bcc: eve@example.org"
    )


def test_an_address_that_the_mail_server_refuses_is_named_and_can_be_invited_again(
    admin_client,
    settings,
    mailoutbox,
):
    study = make_study()
    mail_by(settings, PickyBackend)

    shown = run(
        admin_client,
        study,
        step="invite",
        addresses="ann@example.org\nbob@example.org\ncy@example.org",
    )

    assert "No mail could be sent to bob@example.org." in shown
    assert "2 invited." in shown
    assert [message.to for message in mailoutbox] == [
        ["ann@example.org"],
        ["cy@example.org"],
    ]
    valid = Invitation.objects.filter(is_revoked=False).values_list(
        "address",
        flat=True,
    )
    assert sorted(valid) == ["ann@example.org", "cy@example.org"]
    assert invitations.invite(study=study, addresses=["bob@example.org"])


def test_a_dead_mail_server_leaves_no_valid_link_behind(
    admin_client,
    settings,
):
    study = make_study()
    mail_by(settings, DeadBackend)

    shown = run(
        admin_client,
        study,
        step="invite",
        addresses="ann@example.org\nbob@example.org",
    )

    assert (
        "No mail could be sent to ann@example.org, bob@example.org." in shown
    )
    assert not Invitation.objects.filter(is_revoked=False).exists()


def test_a_reissued_link_is_mailed_and_says_that_it_starts_anew(
    admin_client,
    mailoutbox,
):
    study = make_study()
    make_token(study)

    shown = run(
        admin_client,
        study,
        step=f"reissue {study.invitations.get().pk}",
    )

    assert "starts anew" in shown
    assert len(mailoutbox) == 1


def test_a_revoked_link_is_told_so_and_nothing_is_mailed(
    admin_client,
    client,
    mailoutbox,
):
    study = make_study()
    token = make_token(study)
    rounds.open_round(study=study)

    run(admin_client, study, step=f"revoke {study.invitations.get().pk}")

    assert client.get(reverse("answer", args=[token])).status_code == 410
    assert mailoutbox == []


@pytest.mark.parametrize("step", ["reissue", "revoke"])
@pytest.mark.parametrize("invitation", ["", "x", "999999"])
def test_a_link_that_is_not_there_is_said_to_be_gone(
    admin_client,
    step,
    invitation,
):
    assert "This link was revoked already." in run(
        admin_client,
        make_study(),
        step=f"{step} {invitation}",
    )


def test_a_link_of_another_study_is_not_touched(admin_client):
    study, other = make_study(), make_study()
    make_token(other)

    run(admin_client, study, step=f"revoke {other.invitations.get().pk}")

    assert not other.invitations.get().is_revoked


def test_what_the_study_lacks_is_said_in_place_of_a_button(admin_client):
    study = make_study(items=0)

    shown = admin_client.get(address(study)).content.decode()

    assert "It asks about no measure" in shown
    assert 'value="open"' not in shown


def test_what_cannot_be_done_is_refused_when_it_is_asked_for_all_the_same(
    admin_client,
):
    study = make_study(items=0)

    assert "It asks about no measure" in run(
        admin_client,
        study,
        step="open",
        sure="open",
        next=1,
    )
    assert "Only an open study can be closed." in run(
        admin_client,
        study,
        step="close-study",
        sure="close-study",
        last=1,
        results=1,
    )
    assert "No round is open." in run(
        admin_client,
        study,
        step="close-round",
        sure="close-round",
        round=1,
    )
    assert "does not say what to do" in run(
        admin_client,
        study,
        step="nonsense",
    )
    assert not study.rounds.exists()


@pytest.mark.parametrize("step", ["close-round", "close-study"])
def test_what_cannot_be_undone_needs_its_box_ticked(admin_client, step):
    study = make_study()
    round_ = rounds.open_round(study=study)

    assert "cannot be undone" in run(admin_client, study, step=step)

    round_.refresh_from_db()
    study.refresh_from_db()
    assert (round_.status, study.status) == ("open", "open")


def test_a_study_is_closed_and_its_addresses_erased(admin_client):
    study = make_study()
    round_ = rounds.open_round(study=study)
    for _ in range(5):
        answer_all(round_, make_token(study))

    shown = run(
        admin_client,
        study,
        step="close-study",
        sure="close-study",
        last=1,
        results=1,
    )

    study.refresh_from_db()
    assert study.status == Study.Status.CLOSED
    assert not study.invitations.exclude(address="").exists()
    assert "5 responses count" in shown
    assert distribution(round_)


def test_rounds_show_how_many_began_and_how_many_submitted(admin_client):
    study = make_study()
    round_ = rounds.open_round(study=study)
    answer_all(round_, make_token(study))
    fielding.consent(round_=round_, token=make_token(study))

    shown = markup(admin_client.get(address(study)))

    assert '<td class="n">2</td><td class="n">1</td>' in shown


def test_a_criterion_by_risk_area_needs_risk_areas():
    study = make_study()
    study.criteria.update(by_risk_area=True)

    assert [
        obstacle.message for obstacle in rounds.obstacles_to_opening(study)
    ] == [
        "“Should be done” is asked by risk area, and no risk area is chosen.",
    ]


@pytest.mark.parametrize("links", [1, 3])
def test_the_page_takes_the_same_queries_for_any_number_of_links(
    admin_client,
    links,
    django_assert_num_queries,
):
    study = make_study(items=links)
    rounds.open_round(study=study)
    for _ in range(links):
        make_token(study)

    # Session, user, second factor, study; rounds, and which stands for the study; six of what
    # it lacks; four of links.
    with django_assert_num_queries(16):
        admin_client.get(address(study))


def test_a_study_that_is_open_cannot_be_changed(admin_client):
    study = make_study()
    rounds.open_round(study=study)

    answer = admin_client.post(
        reverse("admin:surveys_study_change", args=[study.pk]),
        {"title": "Another"},
    )

    assert answer.status_code == 403


def test_a_new_study_can_be_set_up_on_one_page_with_its_rule_of_consensus(
    admin_client,
):
    shown = admin_client.get(reverse("admin:surveys_study_add"))

    assert shown.status_code == 200
    assert 'name="consensus_percent"' in shown.content.decode()


PAGES = [
    "run",
    "coding",
    "answers",
    "publish",
    "measures",
    "wording",
    "questions",
    "open",
    "preview",
    "publish_preview",
]
DEEPER = [
    ("setup", ["about"]),
    ("preview_measure", [1]),
    ("preview_review", []),
    ("coding_measure", [0]),
    ("coding_points", [0]),
    ("answers_file", ["csv"]),
]


def pages_of(study):
    item = study.items.first().pk
    deeper = [
        (name, [item if arg == 0 else arg for arg in args])
        for name, args in DEEPER
    ]
    return [
        reverse(f"admin:surveys_study_{name}", args=[study.pk, *args])
        for name, args in [*((name, []) for name in PAGES), *deeper]
    ]


def test_a_lead_may_see_every_page_of_a_study(client):
    study = make_closed_study()
    client.force_login(make_lead("change_study", "view_study", leads=study))

    assert {
        page: client.get(page).status_code for page in pages_of(study)
    } == dict.fromkeys(pages_of(study), 200)


@pytest.mark.parametrize("method", ["get", "post"])
def test_other_staff_may_see_and_do_nothing(client, method):
    study = make_closed_study()
    client.force_login(make_lead("view_study"))

    statuses = {
        page: getattr(client, method)(page).status_code
        for page in pages_of(study)
    }

    assert statuses == dict.fromkeys(pages_of(study), 404)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_is_sent_to_log_in(client, method):
    study = make_closed_study()

    answers = [getattr(client, method)(page) for page in pages_of(study)]

    assert {answer.status_code for answer in answers} == {302}
    assert all("/login/" in answer["Location"] for answer in answers)


@pytest.mark.usefixtures("shipped_catalogue")
def test_a_study_that_the_files_own_is_not_run_here(admin_client):
    study = Study.objects.get(slug="uuk-2024")

    assert {
        admin_client.get(page).status_code for page in pages_of(study)
    } == {404}


# An old page


def rounds_of(study):
    return list(study.rounds.values_list("number", "status"))


def sent_by(page: str, button: str) -> dict:
    """The hidden fields of the form with a button, as a browser sends them, and its box ticked."""
    [form] = [
        one
        for one in re.findall(r"<form.*?</form>", page, re.DOTALL)
        if f'value="{button}"' in one
    ]
    hidden = dict(
        re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form),
    )
    return {**hidden, "step": button, "sure": button}


def test_an_old_page_closes_no_other_round_than_it_shows(admin_client):
    study = make_study()
    rounds.open_round(study=study)
    old = sent_by(
        admin_client.get(address(study)).content.decode(),
        "close-round",
    )
    rounds.close_round(study=study)
    rounds.open_round(study=study)

    shown = run(admin_client, study, **old)

    assert "Round 1 is closed already; round 2 is open." in shown
    assert rounds_of(study) == [(1, "closed"), (2, "open")]


@pytest.mark.parametrize(
    ("is_closed", "reason"),
    [(False, "Round 1 is open."), (True, "Round 1 is closed already.")],
)
def test_an_old_page_opens_no_other_round_than_it_shows(
    admin_client,
    is_closed,
    reason,
):
    study = make_study()
    old = sent_by(admin_client.get(address(study)).content.decode(), "open")
    rounds.open_round(study=study)
    if is_closed:
        rounds.close_round(study=study)

    shown = run(admin_client, study, **old)
    setting_up = admin_client.post(
        reverse("admin:surveys_study_open", args=[study.pk]),
        {"sure": "yes"},
        follow=True,
    ).content.decode()

    assert f"{reason} Nothing was opened." in shown
    assert f"{reason} Nothing was opened." in setting_up
    assert study.rounds.count() == 1


def test_an_old_page_closes_no_study_that_has_got_a_further_round(
    admin_client,
):
    study = make_study()
    rounds.open_round(study=study)
    old = sent_by(
        admin_client.get(address(study)).content.decode(),
        "close-study",
    )
    rounds.close_round(study=study)
    rounds.open_round(study=study)

    shown = run(admin_client, study, **old)

    study.refresh_from_db()
    assert "Round 2 was opened after you had loaded this page." in shown
    assert (study.status, rounds_of(study)) == (
        "open",
        [(1, "closed"), (2, "open")],
    )


def test_an_old_page_closes_no_study_whose_results_would_be_those_of_another_round(
    admin_client,
):
    study = make_study(items=1, min_cell_size=1)
    answer_all(rounds.open_round(study=study), make_token(study))
    rounds.close_round(study=study)
    second = rounds.open_round(study=study)
    old = sent_by(
        admin_client.get(address(study)).content.decode(),
        "close-study",
    )
    answer_all(second, make_token(study))

    shown = run(admin_client, study, **old)

    study.refresh_from_db()
    assert (
        "Results would by now be made from round 2, and the page that you sent said round 1."
        in shown
    )
    assert (study.status, rounds_of(study)) == (
        "open",
        [(1, "closed"), (2, "open")],
    )
    assert study.invitations.exclude(address="").exists()


@pytest.mark.parametrize("step", ["open", "close-round", "close-study"])
@pytest.mark.parametrize("number", ["", "x", "99999"])
def test_a_form_that_does_not_say_which_round_it_means_does_nothing(
    admin_client,
    step,
    number,
):
    study = make_study()
    rounds.open_round(study=study)

    shown = run(
        admin_client,
        study,
        step=step,
        sure=step,
        next=number,
        round=number,
        last=number,
        results="1",
    )

    study.refresh_from_db()
    assert "does not say which round it means" in shown
    assert (study.status, rounds_of(study)) == ("open", [(1, "open")])


# A round that too few answered


def study_with_rounds(*sizes) -> Study:
    """An open study whose smallest cell is 2, with a round for each number of experts. The last
    round is open.
    """
    study = make_study(items=1, min_cell_size=2)
    for place, size in enumerate(sizes):
        if place:
            rounds.close_round(study=study)
        round_ = rounds.open_round(study=study)
        for _ in range(size):
            answer_all(round_, make_token(study), slug=["a", "sd", "n"][place])
    return study


@pytest.mark.parametrize(
    ("sizes", "number"),
    [
        ((2, 3), 2),
        ((2, 0), 1),
        ((3, 1), 1),
        ((2, 0, 0), 1),
        ((1, 0), 1),
        ((0, 1), 2),
        ((0, 0), 2),
    ],
)
def test_results_are_made_from_the_last_round_that_enough_answered(
    sizes,
    number,
):
    study = study_with_rounds(*sizes)

    rounds.close_study(study=study)

    study.refresh_from_db()
    assert study.results_round.number == number
    assert study.responded == sizes[number - 1]
    results = [
        sum(one.count for one in result.tallies.all())
        for result in study.items.get().results.all()
    ]
    assert results == ([sizes[number - 1]] if sizes[number - 1] >= 2 else [])


def test_the_page_says_from_which_round_results_are_made_and_which_is_passed_over(
    admin_client,
):
    study = study_with_rounds(2, 1)

    before = admin_client.get(address(study)).content.decode()
    after = run(admin_client, study, **sent_by(before, "close-study"))

    assert (
        "Results are made from the submitted responses of round 1: 2 so far."
        in before
    )
    assert (
        "Round 2 has 1: no question has enough answers to be shown, and so it is passed over."
        in before
    )
    assert "nothing could be published" not in before
    assert "2 responses count, those of round 1." in after


def test_the_page_says_where_nothing_could_be_published_as_it_stands(
    admin_client,
):
    shown = admin_client.get(address(study_with_rounds(1))).content.decode()

    assert (
        "No question has the 2 answers yet that are the fewest to be shown"
        in shown
    )


def test_experts_are_shown_the_last_round_that_enough_answered(client):
    study = study_with_rounds(3, 0, 0)
    token = make_token(study)
    client.post(reverse("answer", args=[token]), {"consent": "yes"})

    response = client.get(reverse("answer-item", args=[token, 1]))
    shown = markup(response)

    assert "how many experts gave it in round 1" in shown
    assert "3 of 3" in shown


# Mail


CONSOLE, FILES = (
    "django.core.mail.backends.console.EmailBackend",
    "django.core.mail.backends.filebased.EmailBackend",
)


@pytest.mark.parametrize("step", ["invite", "reissue", "resend", "write"])
def test_without_a_mail_server_nobody_is_invited_or_written_to_and_nothing_is_printed(
    admin_client,
    settings,
    capsys,
    step,
):
    study = make_study()
    make_token(study)
    settings.EMAIL_BACKEND = CONSOLE
    sent = {"addresses": "ann@example.org", "subject": "A", "text": "B"}

    shown = run(
        admin_client,
        study,
        step=f"{step} {study.invitations.get().pk}",
        **sent,
    )

    assert (
        "No mail server is set, so nobody can be written to. Set EMAIL_URL"
        in shown
    )
    assert [
        (one.address, one.is_revoked) for one in study.invitations.all()
    ] == [("expert1@example.org", False)]
    assert capsys.readouterr().out == ""


def test_a_lead_reads_that_mail_is_not_set_before_anybody_is_invited(
    admin_client,
    settings,
):
    study = make_study()
    settings.EMAIL_BACKEND = CONSOLE

    shown = admin_client.get(address(study)).content.decode()

    assert "No mail server is set" in shown
    assert "Send links" not in shown


def test_a_lead_reads_that_mail_goes_into_files(admin_client, settings):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = FILES, "/somewhere"

    assert (
        "Mail reaches nobody: it is written to files in /somewhere"
        in admin_client.get(address(make_study())).content.decode()
    )


def test_everybody_with_a_valid_link_is_written_to_with_their_own_link(
    admin_client,
    client,
    mailoutbox,
):
    study = make_study()
    tokens = [make_token(study) for _ in range(3)]
    invitations.revoke(
        invitation=study.invitations.get(address="expert3@example.org"),
    )
    rounds.open_round(study=study)

    shown = run(
        admin_client,
        study,
        step="write",
        subject="It closes\non Friday",
        text="Please answer.",
    )

    assert "Written to 2." in shown
    assert [message.to for message in mailoutbox] == [
        ["expert1@example.org"],
        ["expert2@example.org"],
    ]
    assert {message.subject for message in mailoutbox} == {
        "It closes on Friday",
    }
    for message, token in zip(mailoutbox, tokens, strict=False):
        assert (
            message.body
            == f"Please answer.\n\nYour link: http://testserver/answer/{token}/\n"
        )


def test_a_text_that_is_too_long_is_refused_whole_and_no_browser_cuts_it(
    admin_client,
    mailoutbox,
):
    study = make_study()
    make_token(study)

    shown = run(
        admin_client,
        study,
        step="write",
        subject="A reminder",
        text="x" * 5001,
    )

    [field] = re.findall(
        r'<textarea name="text".*?</textarea>',
        shown,
        re.DOTALL,
    )
    assert "maxlength" not in field
    assert "x" * 5001 in field
    assert "at most 5000 characters (it has 5001)" in shown
    assert mailoutbox == []


def test_what_is_proposed_fits_the_round(admin_client):
    study = make_study()
    make_token(study)
    rounds.open_round(study=study)
    first = admin_client.get(address(study)).content.decode()
    rounds.close_round(study=study)
    rounds.open_round(study=study)
    second = admin_client.get(address(study)).content.decode()

    assert f'value="A reminder: {study.title}"' in first
    assert f'value="Round 2 is open: {study.title}"' in second
    assert "Who has answered is not known" in first


def test_a_lost_link_is_sent_again_and_finds_what_was_answered(
    admin_client,
    client,
    mailoutbox,
):
    study = make_study(items=1)
    token = make_token(study)
    answer_all(rounds.open_round(study=study), token)

    run(admin_client, study, step=f"resend {study.invitations.get().pk}")

    assert f"/answer/{token}/" in mailoutbox[0].body
    assert study.invitations.count() == 1


def test_a_link_from_before_links_could_be_made_again_is_told_of_and_not_invented(
    admin_client,
    mailoutbox,
):
    study = make_study()
    make_token(study)
    study.invitations.update(seed="")

    shown = run(
        admin_client,
        study,
        step=f"resend {study.invitations.get().pk}",
    )
    run(
        admin_client,
        study,
        step="write",
        subject="A reminder",
        text="Please answer.",
    )

    assert "made before links could be sent again" in shown
    [message] = mailoutbox
    assert (
        message.body
        == "Please answer.\n\nYour link is in the mail that invited you.\n"
    )


def test_an_address_that_could_not_be_written_to_is_named_and_keeps_its_link(
    admin_client,
    settings,
    mailoutbox,
):
    study = make_study()
    invitations.invite(
        study=study,
        addresses=["ann@example.org", "bob@example.org"],
    )
    mail_by(settings, PickyBackend)

    shown = run(
        admin_client,
        study,
        step="write",
        subject="A reminder",
        text="Please answer.",
    )

    assert (
        "No mail could be sent to bob@example.org. Their links stay valid."
        in shown
    )
    assert not study.invitations.filter(is_revoked=True).exists()


def test_a_closed_study_writes_to_nobody(admin_client, mailoutbox):
    study = make_closed_study()

    shown = run(
        admin_client,
        study,
        step="write",
        subject="A reminder",
        text="Please answer.",
    )

    assert "There are no links" in shown
    assert mailoutbox == []


def test_a_round_is_not_opened_at_one_click(admin_client):
    study = make_study()

    assert "Tick the box first" in run(admin_client, study, step="open")
    assert not study.rounds.exists()


def test_mail_promises_what_holds(admin_client, mailoutbox):
    run(admin_client, make_study(), step="invite", addresses="ann@example.org")

    [message] = mailoutbox
    assert (
        "While the study runs, your answers are found by your link."
        in message.body
    )
    assert "may still give you away" in message.body
    assert "Nobody can tell" not in message.body
