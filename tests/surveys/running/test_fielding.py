"""Running a study: links, consent, answers, submission, closing, and what comes of it."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from hypothesis import given
from hypothesis import strategies as st

from catalogue import database
from surveys.comments import comment_coding
from surveys.files.longform import Given, submitted_answers
from surveys.files.storing import store_answers
from surveys.models import (
    Answer,
    Invitation,
    Remark,
    Response,
    Result,
    Round,
    Study,
)
from surveys.results.publishing import publish_study
from surveys.running import fielding, invitations, rounds, secrecy
from surveys.running.tabulation import Question, shown_groups
from tests.factories import DocumentFactory, UserFactory
from tests.surveys.factories import (
    answer_all,
    make_closed_study,
    make_study,
    make_token,
)

pytestmark = pytest.mark.django_db


def test_no_stored_value_is_the_token_or_ties_invitation_to_response():
    study = make_study()
    token = make_token(study)
    round_ = rounds.open_round(study=study)

    response = answer_all(round_, token)

    invitation = study.invitations.get()
    assert token not in (invitation.token_hash, response.pseudonym)
    assert invitation.token_hash != response.pseudonym
    related = {
        field.related_model
        for model in (Response, Answer)
        for field in model._meta.get_fields()
    }
    assert Invitation not in related


def test_no_record_of_an_answer_holds_a_time():
    fields = [
        field
        for model in (Response, Answer, Invitation)
        for field in model._meta.get_fields()
    ]

    assert [
        f.name
        for f in fields
        if f.get_internal_type() in ("DateTimeField", "DateField", "TimeField")
    ] == []


def test_an_answer_out_of_scale_changes_nothing():
    study = make_study()
    response = fielding.consent(
        round_=rounds.open_round(study=study),
        token=make_token(study),
    )
    item = study.items.first()
    fielding.save_item(response=response, item=item, given={"do": "a"})

    with pytest.raises(fielding.AnswerRefused, match="is no answer to"):
        fielding.save_item(
            response=response,
            item=item,
            given={"do": "excellent"},
        )

    assert response.answers.get().point.slug == "a"


def test_an_item_of_another_study_is_refused():
    study, other = make_study(), make_study()
    response = fielding.consent(
        round_=rounds.open_round(study=study),
        token=make_token(study),
    )

    with pytest.raises(fielding.AnswerRefused, match="not asked about"):
        fielding.save_item(
            response=response,
            item=other.items.first(),
            given={"do": "a"},
        )

    assert not Answer.objects.exists()


def test_a_submitted_response_is_locked():
    study = make_study()
    response = answer_all(rounds.open_round(study=study), make_token(study))

    for change in (
        lambda: fielding.save_item(
            response=response,
            item=study.items.first(),
            given={"do": "sd"},
        ),
        lambda: fielding.submit(response=response),
    ):
        with pytest.raises(fielding.AnswerRefused, match="submitted"):
            change()

    assert {answer.point.slug for answer in response.answers.all()} == {"a"}


def test_nothing_is_taken_after_closing():
    study = make_study()
    response = fielding.consent(
        round_=rounds.open_round(study=study),
        token=make_token(study),
    )
    rounds.close_round(study=study)

    with pytest.raises(fielding.AnswerRefused, match="closed"):
        fielding.save_item(
            response=response,
            item=study.items.first(),
            given={"do": "a"},
        )

    assert not response.answers.exists()


def test_closing_erases_every_address():
    study = make_study()
    make_token(study)
    rounds.open_round(study=study)

    rounds.close_study(study=study)

    assert list(study.invitations.values_list("address", flat=True)) == [""]


def test_a_later_round_asks_the_same_subset():
    study = make_study(items=8, items_per_expert=3)
    token = make_token(study)
    first = answer_all(rounds.open_round(study=study), token)
    rounds.close_round(study=study)

    second = fielding.consent(
        round_=rounds.open_round(study=study),
        token=token,
    )

    assert set(second.asked.all()) == set(first.asked.all())
    assert first.asked.count() == 3


def test_a_later_round_keeps_the_area_of_expertise():
    study = make_study(expertise=["law"])
    token = make_token(study)
    answer_all(rounds.open_round(study=study), token, expertise="law")
    rounds.close_round(study=study)

    second = fielding.consent(
        round_=rounds.open_round(study=study),
        token=token,
    )

    assert second.expertise_area.slug == "law"


def test_one_bad_address_invites_nobody():
    study = make_study()

    with pytest.raises(ValidationError, match="no e-mail address"):
        invitations.invite(
            study=study,
            addresses=["ann@example.org", "nonsense"],
        )

    assert not study.invitations.exists()


def test_a_reissued_link_replaces_the_old_one():
    study = make_study()
    old = make_token(study)

    _, new = invitations.reissue(invitation=study.invitations.get())

    assert invitations.invitation_of(old).is_revoked
    assert not invitations.invitation_of(new).is_revoked


def test_a_study_that_lacks_something_says_everything_that_it_lacks():
    study = make_study(items=0)
    Study.objects.update(consent_text="")

    with pytest.raises(ValidationError) as refused:
        rounds.open_round(study=study)

    assert len(refused.value.messages) == 2


def test_skipped_dont_know_and_not_asked_are_counted_apart():
    study = make_study(items=2, min_cell_size=1)
    round_ = rounds.open_round(study=study)
    first, second = study.items.all()
    for slug in ("a", "dk", ""):
        response = fielding.consent(round_=round_, token=make_token(study))
        fielding.save_item(response=response, item=first, given={"do": slug})
        if slug == "a":
            response.asked.remove(second)
        else:
            fielding.save_item(
                response=response,
                item=second,
                given={"do": "a"},
            )
        fielding.submit(response=response)
    rounds.close_study(study=study)

    result = Result.objects.get(item=first)

    tallies = {t.point.slug: t.count for t in result.tallies.all()}
    assert tallies == {"sd": 0, "d": 0, "n": 0, "a": 1, "sa": 0, "dk": 1}
    assert (result.skipped, result.not_asked) == (1, 0)


def test_what_is_not_submitted_is_not_counted():
    study = make_study(items=1, min_cell_size=1)
    round_ = rounds.open_round(study=study)
    answer_all(round_, make_token(study))
    unfinished = fielding.consent(round_=round_, token=make_token(study))
    fielding.save_item(
        response=unfinished,
        item=study.items.get(),
        given={"do": "sd"},
    )

    rounds.close_study(study=study)

    study.refresh_from_db()
    assert study.responded == 1
    assert sum(t.count for t in Result.objects.get().tallies.all()) == 1


def test_a_group_that_could_be_had_by_subtraction_is_left_out():
    study = make_study(
        items=1,
        expertise=["law", "policy", "safety"],
        min_cell_size=5,
    )
    round_ = rounds.open_round(study=study)
    for slug, size in (("law", 6), ("policy", 7), ("safety", 2)):
        for _ in range(size):
            answer_all(round_, make_token(study), expertise=slug)

    rounds.close_study(study=study)

    groups = Result.objects.exclude(expertise_area=None).values_list(
        "expertise_area__slug",
        flat=True,
    )
    assert list(groups) == ["policy"]


@given(
    st.dictionaries(st.integers(0, 9), st.integers(0, 30)),
    st.integers(1, 8),
)
def test_nothing_smaller_than_the_minimum_can_be_had_from_what_is_shown(
    sizes,
    minimum,
):
    shown = shown_groups(sizes, minimum)

    rest = sum(size for group, size in sizes.items() if group not in shown)
    assert all(sizes[group] >= minimum for group in shown)
    assert rest == 0 or rest >= minimum or not shown


# What ties experts to answers


def test_a_link_can_be_made_again_until_the_study_closes():
    study = make_study()
    [(address, token), (_, other)] = invitations.invite(
        study=study,
        addresses=["ann@example.org", "bob@example.org"],
    )
    rounds.open_round(study=study)

    assert invitations.tokens_of(study)[address] == token != other
    rounds.close_study(study=study)
    with pytest.raises(ValidationError, match="There are no links"):
        invitations.tokens_of(study)


def test_links_of_two_studies_and_of_two_keys_differ(settings):
    study = make_study()
    secret = secrecy.make_secret(study)
    first = secrecy.token(secret, "seed")
    settings.SECRET_KEY = "another"

    assert (
        len(
            {
                first,
                secrecy.token(secret, "seed"),
                secrecy.token("another secret", "seed"),
            },
        )
        == 3
    )


def test_closing_leaves_one_name_for_an_expert_in_all_rounds_that_no_link_gives():
    study = make_study(items=1)
    tokens = [make_token(study) for _ in range(3)]
    for _ in range(2):
        round_ = rounds.open_round(study=study)
        before = [
            answer_all(round_, token, remark=token[:5]).pseudonym
            for token in tokens
        ]
        rounds.close_round(study=study)

    rounds.close_study(study=study)

    names = {}
    for remark in Remark.objects.select_related("response"):
        names.setdefault(remark.body, set()).add(remark.response.pseudonym)
    assert [len(own) for own in names.values()] == [1, 1, 1]
    after = set.union(*names.values())
    assert len(after) == 3
    assert not after & {
        *before,
        *(secrecy.pseudonym(token) for token in tokens),
    }


def test_closing_keeps_every_answer_asked_item_combination_and_remark():
    study = make_study(items=3, asks_combination=True, expertise=["law"])
    round_ = rounds.open_round(study=study)
    for slug in ("a", "sd"):
        response = fielding.consent(
            round_=round_,
            token=make_token(study),
            expertise="law",
        )
        items = list(response.asked.select_related("mitigation"))
        fielding.save_item(
            response=response,
            item=items[0],
            given={"do": slug},
            remark=f"Said {slug}",
        )
        fielding.submit(
            response=response,
            combination=[items[1].mitigation.accession],
        )
    before = sorted(map(repr, submitted_answers(study).values()))

    rounds.close_study(study=study)

    assert sorted(map(repr, submitted_answers(study).values())) == before
    assert len(before) == 2


def test_scattering_leaves_other_studies_and_codings_alone():
    study, other = (
        make_closed_study(["one", "two"]),
        make_closed_study(["three"]),
    )
    remark = Remark.objects.get(body="one")
    comment_coding.code_remark(remark=remark, coder=UserFactory(), points=[])
    untouched = set(
        Response.objects.filter(round__study=other).values_list(
            "pk",
            "pseudonym",
        ),
    )

    with transaction.atomic():
        secrecy.scatter(study)

    remark.refresh_from_db()
    assert remark.codings.count() == 1
    assert (
        set(
            Response.objects.filter(round__study=other).values_list(
                "pk",
                "pseudonym",
            ),
        )
        == untouched
    )


def test_files_are_cleaned_once_a_study_is_closed(
    django_capture_on_commit_callbacks,
    monkeypatch,
):
    cleaned = []
    monkeypatch.setattr(secrecy, "clean_files", lambda: cleaned.append(True))
    with django_capture_on_commit_callbacks(execute=True):
        make_closed_study()

    assert cleaned == [True]


def test_where_files_cannot_be_cleaned_the_log_says_what_to_do(
    monkeypatch,
    caplog,
):
    def busy(connection, columns):
        raise OperationalError("database is locked")

    monkeypatch.setattr(database, "rewrite", busy)

    assert "database is locked" in secrecy.clean_files()
    assert "manage.py clean_files" in caplog.text


def test_the_migration_does_for_studies_that_are_over_what_closing_does():
    """The others are found by their names still: one that is open, and one whose answers came
    by a file.
    """
    over, open_ = make_closed_study(["one", "two"], items=2), make_study()
    answer_all(rounds.open_round(study=open_), make_token(open_))
    imported = make_study(items=1)
    round_ = Round.objects.create(study=imported, number=1, status="closed")
    Response.objects.create(
        round=round_,
        pseudonym="of a file",
        is_submitted=True,
    )
    Study.objects.filter(pk=imported.pk).update(status="closed")
    comment_coding.code_remark(
        remark=Remark.objects.get(body="one", item=over.items.first()),
        coder=UserFactory(),
        points=[],
    )
    names = [
        (
            study,
            set(_names(study)),
            sorted(map(repr, submitted_answers(study).values())),
        )
        for study in (over, open_, imported)
    ]

    import_module("surveys.migrations.0007_answers_in_random_order").protect(
        apps,
        None,
    )

    for study, before, given_before in names:
        assert (set(_names(study)) & before == set()) is (study == over)
        assert (
            sorted(map(repr, submitted_answers(study).values()))
            == given_before
        )


def _names(study):
    return Response.objects.filter(round__study=study).values_list(
        "pseudonym",
        flat=True,
    )


def test_publishing_takes_the_names_from_answers_that_came_by_a_file():
    study = make_study(
        items=1,
        min_cell_size=1,
        document=DocumentFactory(year=2026),
        ran_elsewhere=True,
    )
    item = study.items.get()
    one = Given(
        asked={item.pk},
        answers={
            Question(
                item.pk,
                study.criteria.get().pk,
                None,
            ): study.criteria.get().scale.points.first().pk,
        },
    )
    store_answers(study=study, given={("P1", 1): one})
    name = secrecy.pseudonym_of_import(study, "P1")
    assert list(_names(study)) == [name]

    publish_study(study)

    assert name not in _names(study)
    assert len(_names(study)) == 1
