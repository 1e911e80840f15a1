"""What a misspelt word is taken for, and when it is not. The same tests run on both engines."""

import pytest

from tests.catalogue.listing.test_search import found, plan
from tests.factories import (
    AuthorFactory,
    CategoryFactory,
    DocumentFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unrecorded")]


@pytest.mark.parametrize(
    "typed",
    ["watremarking", "watermraking", "watermrking", "watermarkng"],
)
def test_a_misspelt_word_finds_the_nearest_and_says_so(typed):
    MitigationFactory(
        name="Watermarking",
        description="Output is marked by the model.",
    )

    assert found(typed) == ["Watermarking"]
    assert plan(typed).corrected_query == "watermarking"


def test_what_was_typed_is_one_link_away_from_its_correction():
    MitigationFactory(
        name="Watermarking",
        description="Output is marked by the model.",
    )

    corrected = plan("watremarking, marked models")

    assert corrected.corrected_query == "watermarking, marked models"
    assert corrected.query_as_typed == '"watremarking," marked models'
    assert plan(corrected.query_as_typed).corrected == {}
    assert found('"watremarking"') == []


@pytest.mark.parametrize("typed", ["watremakring", "watrmarkng"])
def test_two_slips_are_mended_where_one_word_alone_begins_alike(typed):
    MitigationFactory(name="Watermarking", description="Text.")

    assert found(typed) == ["Watermarking"]
    assert plan(typed).corrected_query == "watermarking"


def test_forms_of_one_word_are_not_several_that_begin_alike():
    MitigationFactory(name="Jailbreak", description="Text.")
    MitigationFactory(name="Jailbreaks", description="Text.")

    assert found("jailbrake") == ["Jailbreak", "Jailbreaks"]


def test_of_several_words_two_slips_away_none_is_taken():
    MitigationFactory(name="Watermarking")
    MitigationFactory(name="Watermasking")

    assert found("watermaxkinq") == []
    assert plan("watermaxkinq").did_you_mean == "watermarking"


def test_two_slips_of_a_short_word_are_too_many():
    MitigationFactory(name="Control")

    assert found("conrtlo") == []


@pytest.mark.parametrize("typed", ["watermakr", "wtaermakring"])
def test_two_slips_at_the_beginning_are_not_applied(typed):
    MitigationFactory(
        name="Watermarking",
        description="Output is marked by the model.",
    )

    assert found(typed) == []
    assert plan(typed).corrected_query is None


def test_a_word_two_slips_away_is_offered():
    MitigationFactory(
        name="Watermarking",
        description="Output is marked by the model.",
    )

    assert (
        plan("wtaermakring by the model").did_you_mean
        == "watermarking by the model"
    )


def test_a_short_word_is_offered_and_not_applied():
    MitigationFactory(name="Card", description="A model has one.")

    assert plan("crad").did_you_mean == "card"
    assert found("crad") == []


def test_a_word_that_is_found_is_not_replaced_by_a_commoner_one_but_that_is_offered():
    MitigationFactory.create_batch(20, name="Auditing")
    odd = MitigationFactory(name="Audting of records")

    assert found("audting") == [odd.name]
    assert plan("audting").did_you_mean == "auditing"


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("nuclear", "unclear"),
        ("export", "report"),
        ("cards", "cars"),
        ("kill", "will"),
        ("arms", "harms"),
    ],
)
def test_an_english_word_is_never_replaced(typed, near):
    MitigationFactory(name=f"It has {near}", description="Text.")

    assert found(typed) == []
    assert plan(typed).corrected_query is plan(typed).did_you_mean is None


NAMES = {
    "watermurking": lambda word: CategoryFactory(name=word),
    "gramblings": lambda word: CategoryFactory(definition=f"Of {word}."),
    "qwertying": lambda word: DocumentFactory(title=f"On {word}"),
    "schuett": lambda word: AuthorFactory(family=word),
    "zorblaxis": lambda word: LifecyclePhaseFactory(name=word),
}


@pytest.mark.parametrize("word", NAMES)
def test_a_word_of_a_name_beside_mitigations_is_never_replaced(word):
    near = f"{word[:-1]}q"
    MitigationFactory(name=near)
    assert plan(word).corrected_query == near

    NAMES[word](word)

    assert plan(word).corrected_query is None


@pytest.mark.parametrize("typed", ["gpt4x", "model2024"])
def test_what_has_a_digit_is_not_corrected(typed):
    MitigationFactory(name="gpt4y model2023")

    assert plan(typed).corrected_query is None
