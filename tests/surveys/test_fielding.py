"""Running a study: links, consent, answers, submission, closing, and what comes of it."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from surveys import fielding
from surveys.models import Answer, Invitation, Response, Result, Study
from surveys.tabulation import shown_groups

from .factories import answer_all, make_study, make_token

pytestmark = pytest.mark.django_db


def test_no_stored_value_is_the_token_or_ties_invitation_to_response():
    study = make_study()
    token = make_token(study)
    round_ = fielding.open_round(study=study)

    response = answer_all(round_, token)

    invitation = study.invitations.get()
    assert token not in (invitation.token_hash, response.pseudonym)
    assert invitation.token_hash != response.pseudonym
    related = {field.related_model for model in (Response, Answer) for field in model._meta.get_fields()}
    assert Invitation not in related


def test_no_record_of_an_answer_holds_a_time():
    fields = [field for model in (Response, Answer, Invitation) for field in model._meta.get_fields()]

    assert [f.name for f in fields if f.get_internal_type() in ("DateTimeField", "DateField", "TimeField")] == []


def test_an_answer_out_of_scale_changes_nothing():
    study = make_study()
    response = fielding.consent(round_=fielding.open_round(study=study), token=make_token(study))
    item = study.items.first()
    fielding.save_item(response=response, item=item, given={"do": "a"})

    with pytest.raises(fielding.Refused, match="is no answer to"):
        fielding.save_item(response=response, item=item, given={"do": "excellent"})

    assert response.answers.get().point.slug == "a"


def test_an_item_of_another_study_is_refused():
    study, other = make_study(), make_study()
    response = fielding.consent(round_=fielding.open_round(study=study), token=make_token(study))

    with pytest.raises(fielding.Refused, match="not asked about"):
        fielding.save_item(response=response, item=other.items.first(), given={"do": "a"})

    assert not Answer.objects.exists()


def test_a_submitted_response_is_locked():
    study = make_study()
    response = answer_all(fielding.open_round(study=study), make_token(study))

    for change in (
        lambda: fielding.save_item(response=response, item=study.items.first(), given={"do": "sd"}),
        lambda: fielding.submit(response=response),
    ):
        with pytest.raises(fielding.Refused, match="submitted"):
            change()

    assert {answer.point.slug for answer in response.answers.all()} == {"a"}


def test_nothing_is_taken_after_closing():
    study = make_study()
    response = fielding.consent(round_=fielding.open_round(study=study), token=make_token(study))
    fielding.close_round(study=study)

    with pytest.raises(fielding.Refused, match="closed"):
        fielding.save_item(response=response, item=study.items.first(), given={"do": "a"})

    assert not response.answers.exists()


def test_closing_erases_every_address():
    study = make_study()
    make_token(study)
    fielding.open_round(study=study)

    fielding.close_study(study=study)

    assert list(study.invitations.values_list("address", flat=True)) == [""]


def test_a_later_round_asks_the_same_subset():
    study = make_study(items=8, items_per_expert=3)
    token = make_token(study)
    first = answer_all(fielding.open_round(study=study), token)
    fielding.close_round(study=study)

    second = fielding.consent(round_=fielding.open_round(study=study), token=token)

    assert set(second.asked.all()) == set(first.asked.all())
    assert first.asked.count() == 3


def test_a_later_round_keeps_the_area_of_expertise():
    study = make_study(expertise=["law"])
    token = make_token(study)
    answer_all(fielding.open_round(study=study), token, expertise="law")
    fielding.close_round(study=study)

    second = fielding.consent(round_=fielding.open_round(study=study), token=token)

    assert second.expertise_area.slug == "law"


def test_one_bad_address_invites_nobody():
    study = make_study()

    with pytest.raises(ValidationError, match="no e-mail address"):
        fielding.invite(study=study, addresses=["ann@example.org", "nonsense"])

    assert not study.invitations.exists()


def test_a_reissued_link_replaces_the_old_one():
    study = make_study()
    old = make_token(study)

    _, new = fielding.reissue(invitation=study.invitations.get())

    assert fielding.invitation_of(old).is_revoked
    assert not fielding.invitation_of(new).is_revoked


def test_a_study_that_lacks_something_says_everything_that_it_lacks():
    study = make_study(items=0)
    Study.objects.update(consent_text="")

    with pytest.raises(ValidationError) as refused:
        fielding.open_round(study=study)

    assert len(refused.value.messages) == 2


def test_skipped_dont_know_and_not_asked_are_counted_apart():
    study = make_study(items=2, min_cell_size=1)
    round_ = fielding.open_round(study=study)
    first, second = study.items.all()
    for slug in ("a", "dk", ""):
        response = fielding.consent(round_=round_, token=make_token(study))
        fielding.save_item(response=response, item=first, given={"do": slug})
        if slug == "a":
            response.asked.remove(second)
        else:
            fielding.save_item(response=response, item=second, given={"do": "a"})
        fielding.submit(response=response)
    fielding.close_study(study=study)

    result = Result.objects.get(item=first)

    tallies = {t.point.slug: t.count for t in result.tallies.all()}
    assert tallies == {"sd": 0, "d": 0, "n": 0, "a": 1, "sa": 0, "dk": 1}
    assert (result.skipped, result.not_asked) == (1, 0)


def test_what_is_not_submitted_is_not_counted():
    study = make_study(items=1, min_cell_size=1)
    round_ = fielding.open_round(study=study)
    answer_all(round_, make_token(study))
    unfinished = fielding.consent(round_=round_, token=make_token(study))
    fielding.save_item(response=unfinished, item=study.items.get(), given={"do": "sd"})

    fielding.close_study(study=study)

    study.refresh_from_db()
    assert study.responded == 1
    assert sum(t.count for t in Result.objects.get().tallies.all()) == 1


def test_a_group_that_could_be_had_by_subtraction_is_left_out():
    study = make_study(items=1, expertise=["law", "policy", "safety"], min_cell_size=5)
    round_ = fielding.open_round(study=study)
    for slug, size in (("law", 6), ("policy", 7), ("safety", 2)):
        for _ in range(size):
            answer_all(round_, make_token(study), expertise=slug)

    fielding.close_study(study=study)

    groups = Result.objects.exclude(expertise_area=None).values_list("expertise_area__slug", flat=True)
    assert list(groups) == ["policy"]


@given(st.dictionaries(st.integers(0, 9), st.integers(0, 30)), st.integers(1, 8))
def test_nothing_smaller_than_the_minimum_can_be_had_from_what_is_shown(sizes, minimum):
    shown = shown_groups(sizes, minimum)

    rest = sum(size for group, size in sizes.items() if group not in shown)
    assert all(sizes[group] >= minimum for group in shown)
    assert rest == 0 or rest >= minimum or not shown
