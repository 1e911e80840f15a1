"""The answer pages over HTTP: what an expert, and what anybody else with a link, gets."""

import pytest
from django.urls import reverse

from surveys.models import Answer, Response
from surveys.running import fielding, invitations, rounds
from tests.surveys.factories import answer_all, make_study, make_token

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def page(token, number=None):
    return (
        reverse("answer-item", args=[token, number])
        if number
        else reverse("answer", args=[token])
    )


@pytest.fixture
def study():
    study = make_study(items=2)
    study.the_round = rounds.open_round(study=study)
    return study


def test_an_expert_consents_answers_and_is_locked(client, study):
    token = make_token(study)

    client.post(page(token), {"consent": "yes"})
    client.post(page(token, 1), {"do": "a", "remark": "It depends."})
    client.post(page(token, 2), {"do": "dk"})
    client.post(reverse("answer-review", args=[token]))
    client.post(page(token, 1), {"was-do": "a", "do": "sd"})

    response = Response.objects.get()
    assert response.is_submitted
    assert sorted(answer.point.slug for answer in response.answers.all()) == [
        "a",
        "dk",
    ]
    assert response.remarks.get().body == "It depends."
    assert "your answers are in" in client.get(page(token)).content.decode()


def test_nothing_is_kept_without_consent(client, study):
    answer = client.post(page(make_token(study)), {})

    assert answer.status_code == 400
    assert not Response.objects.exists()


def test_coming_back_leads_to_the_first_item_without_an_answer(client, study):
    token = make_token(study)
    client.post(page(token), {"consent": "yes"})
    client.post(page(token, 1), {"do": "a"})

    assert client.get(page(token))["Location"] == page(token, 2)
    assert 'value="a" checked' in client.get(page(token, 1)).content.decode()


def test_a_forged_link_is_refused(client, study):
    answer = client.post(page("forged"), {"consent": "yes"})

    assert answer.status_code == 404
    assert not Response.objects.exists()


def test_a_revoked_link_is_refused(client, study):
    token = make_token(study)
    invitations.reissue(invitation=study.invitations.get())

    assert client.post(page(token), {"consent": "yes"}).status_code == 410
    assert not Response.objects.exists()


def test_a_token_of_another_study_reaches_only_its_own(client, study):
    other = make_study(items=1)
    token = make_token(other)

    assert (
        client.get(page(token)).status_code == 410
    )  # that study has no open round
    assert study.title not in client.get(page(token)).content.decode()


def test_a_double_submit_changes_nothing(client, study):
    token = make_token(study)
    response = answer_all(study.the_round, token)

    assert (
        client.post(reverse("answer-review", args=[token])).status_code == 409
    )
    assert Answer.objects.filter(response=response).count() == 2


def test_an_answer_out_of_scale_is_named_and_not_kept(client, study):
    token = make_token(study)
    client.post(page(token), {"consent": "yes"})

    answer = client.post(page(token, 1), {"do": "superb"})

    assert answer.status_code == 409
    assert "superb" in answer.content.decode()
    assert not Answer.objects.exists()


def test_an_answer_after_closing_is_refused(client, study):
    token = make_token(study)
    client.post(page(token), {"consent": "yes"})
    rounds.close_study(study=study)

    assert client.post(page(token, 1), {"do": "a"}).status_code == 410
    assert not Answer.objects.exists()


@pytest.mark.parametrize(("experts", "is_shown"), [(5, True), (4, False)])
def test_a_later_round_shows_the_distribution_where_enough_answered(
    client,
    study,
    experts,
    is_shown,
):
    tokens = [make_token(study) for _ in range(experts)]
    for token in tokens:
        answer_all(study.the_round, token, "sa")
    rounds.close_round(study=study)
    rounds.open_round(study=study)
    client.post(page(tokens[0]), {"consent": "yes"})

    shown = client.get(page(tokens[0], 1)).content.decode()

    assert "(your earlier answer)" in shown
    assert (f"{experts} of {experts}" in shown) == is_shown


def test_an_answer_page_is_neither_cached_nor_indexed(client, study):
    answer = client.get(page(make_token(study)))

    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex"


FILLING_IN = {"HX-Request": "true"}


def test_an_answer_is_saved_as_it_is_given(client, study):
    token = make_token(study)
    client.post(page(token), {"consent": "yes"})

    answer = client.post(page(token, 1), {"do": "a"}, headers=FILLING_IN)

    assert answer.content.split(b"<")[0].strip() == b"Saved."
    assert Answer.objects.get().point.slug == "a"


def test_going_on_takes_the_page_along(client, study):
    token = make_token(study)
    client.post(page(token), {"consent": "yes"})

    answer = client.post(
        page(token, 2),
        {"do": "a", "go": "on"},
        headers=FILLING_IN,
    )

    assert answer["HX-Redirect"] == reverse("answer-review", args=[token])


def test_an_answer_that_cannot_be_saved_is_told_in_one_line(client, study):
    token = make_token(study)
    client.post(page(token), {"consent": "yes"})
    rounds.close_round(study=study)

    answer = client.post(page(token, 1), {"do": "a"}, headers=FILLING_IN)

    assert answer.status_code == 410
    assert answer.content.startswith(b"This study is not open for answers. ")
    assert not Answer.objects.exists()


def test_the_page_of_a_locked_response_is_left(client, study):
    token = make_token(study)
    answer_all(study.the_round, token)

    answer = client.post(page(token, 1), {"do": "sd"}, headers=FILLING_IN)

    assert answer["HX-Redirect"] == f"{page(token)}?late=yes"
    assert not Answer.objects.filter(point__slug="sd").exists()


def test_the_link_to_feedback_does_not_carry_an_experts_secret_link(
    client,
    study,
):
    token = make_token(study)
    client.post(page(token), {"consent": "yes"})

    foot = client.get(page(token, 1)).content.decode().partition("<footer>")[2]

    assert 'href="/feedback/"' in foot
    assert token not in foot


# Pages that were opened before the answers were submitted


def submitted(client, study) -> str:
    """The token of an expert who has answered “a” and submitted."""
    token = make_token(study)
    answer_all(study.the_round, token, remark="It depends.")
    return token


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_change_on_an_old_page_is_said_not_to_be_taken(
    client,
    study,
    headers,
):
    token = submitted(client, study)

    answer = client.post(
        page(token, 1),
        {"was-do": "a", "do": "sd", "remark": "It depends."},
        headers=headers,
    )

    onward = answer.headers.get("Location") or answer.headers.get(
        "HX-Redirect",
    )
    assert (
        "What you changed just now was not taken"
        in client.get(onward).content.decode()
    )


def test_an_old_page_that_changes_nothing_says_nothing_of_it(client, study):
    token = submitted(client, study)

    answer = client.post(
        page(token, 1),
        {"was-do": "a", "do": "a", "remark": "It depends.\r\n", "go": "on"},
    )

    assert "not taken" not in client.get(answer["Location"]).content.decode()


# The page of a measure


def item_page(client, study) -> str:
    token = make_token(study)
    client.post(page(token), {"consent": "yes"})
    return client.get(page(token, 1)).content.decode()


def test_the_limit_of_a_comment_is_said_and_no_browser_cuts_at_it(
    client,
    study,
):
    shown = item_page(client, study)

    assert f"at most {fielding.REMARK_LENGTH:,} characters" in shown
    assert f'data-limit="{fielding.REMARK_LENGTH}"' in shown
    assert "maxlength" not in shown


def test_no_page_of_an_error_comes_in_place_of_what_is_written_while_developing_either(
    client,
    study,
    settings,
):
    settings.DEBUG = True

    assert "django-htmx.js" not in item_page(client, study)


def test_a_page_and_what_saves_it_take_few_queries(
    client,
    study,
    django_assert_max_num_queries,
):
    token = make_token(study)
    client.post(page(token), {"consent": "yes"})

    with django_assert_max_num_queries(10):
        client.get(page(token, 1))
    with django_assert_max_num_queries(21):
        client.post(
            page(token, 1),
            {"do": "a", "remark": "It depends.", "was-do": ""},
            headers={"HX-Request": "true"},
        )
