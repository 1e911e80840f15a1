"""One expert with several pages of the study open: nothing that was saved from one is lost by
another.
"""

import re

import pytest
from django.urls import reverse

from surveys.models import Answer, Response, Study
from surveys.running import fielding, rounds
from surveys.running.merging import merge, merge_set
from tests.surveys.factories import answer_all, make_study, make_token

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def study():
    study = make_study(items=2)
    study.the_round = rounds.open_round(study=study)
    return study


@pytest.fixture
def response(study):
    study.token = make_token(study)
    return fielding.consent(round_=study.the_round, token=study.token)


def item_page(study, number=1):
    return reverse("answer-item", args=[study.token, number])


def review_page(study):
    return reverse("answer-review", args=[study.token])


def saved(response) -> dict[str, str]:
    return fielding.answers_of_item(
        response,
        response.asked.order_by("position").first(),
    )


# What becomes of a field


@pytest.mark.parametrize(
    ("stored", "known", "sent", "group"),
    [
        ("a", ["a"], "d", "written"),
        ("a", ["", "a"], "d", "written"),  # sent before, and never heard of
        ("a", ["", "a"], "", "written"),  # the same, then skipped
        ("a", [""], "", "elsewhere"),
        ("a", [""], "d", "disputed"),
        ("", ["a"], "d", "disputed"),
        ("", [], "d", "written"),
    ],
)
def test_a_field_is_written_where_its_page_knew_what_stands(
    stored,
    known,
    sent,
    group,
):
    merged = merge({"do": stored}, {"do": sent}, {"do": known})

    assert getattr(merged, group) == {
        "do": sent if group == "written" else stored,
    }
    assert not any(
        getattr(merged, other)
        for other in {"written", "elsewhere", "disputed"} - {group}
    )


def test_a_field_that_stands_as_it_is_sent_is_left_alone():
    assert merge({"do": "a"}, {"do": "a"}, {"do": [""]}).is_whole


@pytest.mark.parametrize(
    ("stored", "sent", "shown", "tried", "stands"),
    [
        ("ab", "c", "", "", "abc"),
        ("ab", "", "a", "", "b"),
        ("ab", "b", "ab", "", "b"),
        ("a", "", "", "a", ""),  # ticked without an answer, then unticked
        ("", "a", "", "a", "a"),
    ],
)
def test_ticks_of_two_pages_are_put_together(
    stored,
    sent,
    shown,
    tried,
    stands,
):
    assert merge_set(stored, sent, shown, tried) == set(stands)


# Pages


def test_an_older_page_does_not_wipe_what_a_newer_one_saved(
    client,
    study,
    response,
):
    client.post(
        item_page(study),
        {"was-do": "", "was-remark": "", "do": "a", "remark": "It depends."},
    )

    older = client.post(
        item_page(study),
        {"was-do": "", "was-remark": "", "remark": ""},
        headers=SCRIPT,
    )

    assert saved(response) == {"do": "a", "remark": "It depends."}
    assert b"Something was changed meanwhile" in older.content
    assert b"It depends.</textarea>" in older.content


def test_a_page_without_a_choice_is_shown_what_another_chose_meanwhile(
    client,
    study,
    response,
):
    client.post(
        item_page(study),
        {"do": "sa", "was-do": "", "was-remark": ""},
        headers=SCRIPT,
    )

    answer = client.post(
        item_page(study),
        {"was-do": "", "was-remark": "", "remark": "It depends."},
        headers=SCRIPT,
    )

    assert saved(response) == {"do": "sa", "remark": "It depends."}
    assert "shown here now" in answer.content.decode()
    assert re.search(r'value="sa"[^>]* checked', answer.content.decode())


def test_a_page_says_once_which_answers_are_shown_since_only_the_first_is_read(
    client,
    study,
    response,
):
    [config] = re.findall(
        "name=\"htmx-config\" content='([^']*)'",
        client.get(item_page(study)).content.decode(),
    )

    assert "409" in config


def test_what_was_changed_on_two_pages_is_not_saved_before_the_expert_has_seen_both(
    client,
    study,
    response,
):
    client.post(
        item_page(study),
        {"was-do": "", "was-remark": "", "do": "a", "remark": "There."},
    )

    here = {"was-do": "", "was-remark": "", "do": "d", "remark": "Here."}
    shown = client.post(item_page(study), {**here, "go": "on"})

    text = shown.content.decode()
    assert shown.status_code == 409
    assert saved(response) == {"do": "a", "remark": "There."}
    for part in ("Point a", "There.", 'value="d" checked', "Here.</textarea>"):
        assert part in text


def test_an_expert_who_has_seen_both_can_save_their_page_over_the_other(
    client,
    study,
    response,
):
    client.post(
        item_page(study),
        {"was-do": "", "was-remark": "", "do": "a", "remark": "There."},
    )
    here = {"was-do": "", "was-remark": "", "do": "d", "remark": "Here."}
    shown = client.post(item_page(study), here).content.decode()
    seen = dict(re.findall(r'name="(stands-\w+)" value="([^"]*)"', shown))

    client.post(item_page(study), {**here, **seen, "go": "over"})

    assert saved(response) == {"do": "d", "remark": "Here."}


def test_a_change_of_one_field_saves_beside_a_dispute_about_another(
    client,
    study,
    response,
):
    client.post(item_page(study), {"was-do": "", "was-remark": "", "do": "a"})

    client.post(
        item_page(study),
        {"was-do": "", "was-remark": "", "do": "d", "remark": "New."},
        headers=SCRIPT,
    )

    assert saved(response) == {"do": "a", "remark": "New."}


def test_a_form_without_a_question_leaves_it_as_it_is(client, study, response):
    client.post(item_page(study), {"was-do": "", "do": "a"})

    client.post(
        item_page(study),
        {"was-do": "a", "was-remark": "", "remark": "More."},
    )

    assert saved(response) == {"do": "a", "remark": "More."}


def test_a_comment_that_is_too_long_is_told_and_the_answers_beside_it_are_saved(
    client,
    study,
    response,
):
    body = "x" * (fielding.REMARK_LENGTH + 1)

    shown = client.post(
        item_page(study),
        {
            "was-do": "",
            "was-remark": "",
            "do": "a",
            "remark": body,
            "go": "on",
        },
    )

    assert shown.status_code == 409
    assert b"5,001 characters; 5,000 are possible" in shown.content
    assert body.encode() in shown.content
    assert saved(response) == {"do": "a", "remark": ""}


def test_a_line_break_in_a_comment_is_one_character(client, study, response):
    body = "\r\n".join(
        ["x" * 48] * 102,
    )  # 4,998 characters, as browsers count them

    client.post(item_page(study), {"was-remark": "", "remark": body})

    assert saved(response)["remark"] == body.replace("\r\n", "\n")


def test_the_button_to_the_overview_takes_the_page_along(
    client,
    study,
    response,
):
    answer = client.post(item_page(study), {"do": "a", "go": "review"})

    assert answer["Location"] == review_page(study)
    assert saved(response)["do"] == "a"


def test_who_has_answered_the_last_measure_comes_back_to_the_overview(
    client,
    study,
    response,
):
    client.post(item_page(study, 2), {"do": "a"})

    assert client.get(reverse("answer", args=[study.token]))[
        "Location"
    ] == review_page(study)


# The combination


@pytest.fixture
def combining():
    study = make_study(items=3, asks_combination=True, combination_limit=2)
    study.the_round = rounds.open_round(study=study)
    study.token = make_token(study)
    study.codes = [
        item.mitigation.accession for item in study.items.order_by("position")
    ]
    study.response = fielding.consent(
        round_=study.the_round,
        token=study.token,
    )
    return study


def test_a_combination_is_saved_as_it_is_ticked(client, combining):
    client.post(
        review_page(combining),
        {"combination": combining.codes[:1]},
        headers=SCRIPT,
    )

    assert fielding.combination_of(combining.response) == combining.codes[:1]
    assert (
        f'value="{combining.codes[0]}" checked'
        in client.get(review_page(combining)).content.decode()
    )


def test_leaving_the_overview_for_a_measure_keeps_the_combination(
    client,
    combining,
):
    answer = client.post(
        review_page(combining),
        {"combination": combining.codes[:2], "go": "3"},
    )

    assert answer["Location"] == item_page(combining, 3)
    assert fielding.combination_of(combining.response) == combining.codes[:2]


def test_too_many_ticks_are_told_on_the_page_with_the_ticks(client, combining):
    client.post(
        review_page(combining),
        {"combination": combining.codes[:1]},
        headers=SCRIPT,
    )

    shown = client.post(
        review_page(combining),
        {
            "was-combination": combining.codes[:1],
            "combination": combining.codes,
        },
    )

    text = shown.content.decode()
    assert shown.status_code == 409
    assert "You chose 3 measures; 2 are possible." in text
    assert text.count(" checked") == 3
    assert fielding.combination_of(combining.response) == combining.codes[:1]


def test_a_combination_of_one_is_spoken_of_as_one(client, combining):
    Study.objects.filter(pk=combining.pk).update(combination_limit=1)

    shown = client.post(
        review_page(combining),
        {"combination": combining.codes[:2]},
    ).content.decode()

    assert "You chose 2 measures; 1 is possible." in shown
    assert "At most 1 measure." in shown


# Submission


def test_submitting_with_unanswered_questions_asks_first(
    client,
    study,
    response,
):
    client.post(item_page(study), {"do": "a"})

    asked = client.post(review_page(study), {"go": "submit"})
    response.refresh_from_db()
    before = response.is_submitted
    client.post(review_page(study), {"sure": "1"})

    response.refresh_from_db()
    assert "1 of 2 questions is not answered." in asked.content.decode()
    assert (before, response.is_submitted) == (False, True)


def test_an_agreement_to_fewer_open_questions_is_asked_again(
    client,
    study,
    response,
):
    fielding.save_item(
        response=response,
        item=study.items.first(),
        given={"do": "a"},
    )
    fielding.save_item(
        response=response,
        item=study.items.first(),
        given={"do": ""},
        remark="Only words.",
    )

    client.post(review_page(study), {"sure": "1"})

    response.refresh_from_db()
    assert not response.is_submitted


def test_nothing_is_not_submitted(client, study, response):
    shown = client.post(review_page(study), {"sure": "2"})

    response.refresh_from_db()
    assert "Nothing is answered yet." in shown.content.decode()
    assert not response.is_submitted


def test_who_submitted_nothing_is_no_respondent(study):
    answer_all(study.the_round, make_token(study))
    Response.objects.create(
        round=study.the_round,
        pseudonym="empty",
        is_submitted=True,
    ).asked.set(study.items.all())

    rounds.close_study(study=study)

    assert Study.objects.get().responded == 1
    assert Study.objects.get().round_sizes == [(1, 1)]


# A later round


@pytest.fixture
def second(study):
    """The second round of an expert who answered all of the first."""
    study.asks_combination = True
    study.save()
    study.token = make_token(study)
    first = answer_all(
        study.the_round,
        study.token,
        "sa",
        remark="It depends.",
        combination=1,
    )
    rounds.close_round(study=study)
    study.codes = fielding.combination_of(first)
    study.the_round = rounds.open_round(study=study)
    return study


def test_who_stands_by_what_they_said_submits_it_again(client, second):
    client.post(reverse("answer", args=[second.token]), {"consent": "yes"})

    client.post(
        review_page(second),
        {
            "go": "submit",
            "was-combination": second.codes,
            "combination": second.codes,
        },
    )

    response = Response.objects.get(round=second.the_round)
    assert response.is_submitted
    assert {answer.point.slug for answer in response.answers.all()} == {"sa"}
    assert {remark.body for remark in response.remarks.all()} == {
        "It depends.",
    }
    assert fielding.combination_of(response) == second.codes != []


def test_a_later_round_shows_earlier_answers_comments_and_combinations(
    client,
    second,
):
    client.post(reverse("answer", args=[second.token]), {"consent": "yes"})

    shown = client.get(item_page(second)).content.decode()

    assert (
        'value="sa" checked> <span>Point sa <b class="small">(your earlier answer)</b>'
        in shown
    )
    assert "It depends.</textarea>" in shown
    assert (
        f'value="{second.codes[0]}" checked'
        in client.get(review_page(second)).content.decode()
    )


def test_an_earlier_answer_can_be_taken_back(client, second):
    client.post(reverse("answer", args=[second.token]), {"consent": "yes"})

    client.post(
        item_page(second),
        {"was-do": "sa", "was-remark": "It depends.", "do": "", "remark": ""},
    )

    response = Response.objects.get(round=second.the_round)
    assert saved(response) == {"do": "", "remark": ""}
    assert Answer.objects.filter(response__round=second.the_round).count() == 1


def test_a_closed_round_says_what_became_of_what_was_saved(client, second):
    token = make_token(second)
    begun = fielding.consent(round_=second.the_round, token=token)
    fielding.save_item(
        response=begun,
        item=second.items.first(),
        given={"do": "a"},
    )
    rounds.close_round(study=second)

    begun, absent = (
        client.get(reverse("answer", args=[link])).content.decode()
        for link in (token, make_token(second))
    )

    assert (
        "You did not submit: what you saved is kept, and counts only if you submit it"
        in begun
    )
    assert "You did not take part in it." in absent
    assert second.title in begun
