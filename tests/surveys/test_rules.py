"""The rules of studies that the database itself keeps, whoever writes, and that the models say
in words.
"""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.forms import modelform_factory

from surveys.models import Criterion, Invitation, Study
from tests.factories import DocumentFactory
from tests.surveys.factories import make_study, make_token

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def limit_without_question():
    Study.objects.filter(pk=make_study(items=0).pk).update(combination_limit=2)


def invited_and_ran_elsewhere():
    study = make_study(items=0)
    make_token(study)
    Study.objects.filter(pk=study.pk).update(ran_elsewhere=True)


def ran_elsewhere_and_invited():
    study = make_study(items=0, ran_elsewhere=True)
    Invitation.objects.create(study=study, token_hash="0")


def criterion_called_as_a_column():
    study = make_study(items=0)
    Criterion.objects.create(study=study, slug="comment", question="?")


@pytest.mark.engine
@pytest.mark.parametrize(
    ("write", "rule"),
    [
        (limit_without_question, "a_limit_of_combinations_needs"),
        (invited_and_ran_elsewhere, "ran_elsewhere_invites_nobody"),
        (ran_elsewhere_and_invited, "ran_elsewhere_invites_nobody"),
        (criterion_called_as_a_column, "a_criterion_has_a_key_of_its_own"),
    ],
)
def test_the_database_refuses_what_breaks_a_rule(write, rule):
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        write()


def test_a_limit_without_its_question_is_told_at_the_limit():
    study = make_study(items=0)
    study.combination_limit = 2

    with pytest.raises(ValidationError) as refused:
        study.full_clean()

    [message] = refused.value.message_dict["combination_limit"]
    assert message.startswith("A limit needs the question")


@pytest.mark.parametrize(
    "fields",
    [["combination_limit"], ["asks_combination"], ["label"]],
)
def test_a_form_with_some_of_the_fields_of_a_check_can_be_filled_in(fields):
    study = make_study(items=0)
    study.combination_limit = 2
    form = modelform_factory(Study, fields=fields)(
        {"label": "Study", "combination_limit": "2"},
        instance=study,
    )

    assert form.is_valid()


def test_a_study_that_invited_people_did_not_run_elsewhere():
    study = make_study(items=0, document=DocumentFactory())
    make_token(study)
    study.ran_elsewhere = True

    with pytest.raises(ValidationError, match="cannot have run elsewhere"):
        study.full_clean()


def test_a_survey_that_ran_elsewhere_invites_nobody():
    study = make_study(items=0, ran_elsewhere=True)

    with pytest.raises(ValidationError, match="it invites nobody here"):
        Invitation(study=study, token_hash="0").full_clean()
