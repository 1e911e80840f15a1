"""Whose words a question is told in: those that experts read, or this catalogue's."""

import pytest
import yaml
from django.urls import reverse

from catalogue.files.loading.contents import DataError
from catalogue.releases.canonical import Key
from surveys.design.loading import load_studies
from surveys.models import Criterion, Study
from surveys.results.releases import study_records
from tests.surveys.results.shown import text_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]

SCHUETT = "schuett-2023"
WORDS = "How far do you agree that laboratories which aim at AGI should follow this practice?"


@pytest.fixture
def word_for_word():
    Criterion.objects.filter(study__slug=SCHUETT).update(is_verbatim=True)


def shown_at(client, address: str) -> str:
    return text_of(client.get(address))


def load_with(folder, **values) -> Criterion:
    """Loads a study whose one question has these values."""
    question = {"slug": "do", "name": "Do", "question": "Do it?", **values}
    content = {
        "study": {
            "slug": "new",
            "label": "New",
            "title": "T",
            "method": "M",
            "limits": "L",
            "document": "uuk-2024",
        },
        "criteria": [question],
        "items": [{"mitigation": "Third party pre-deployment model audits"}],
    }
    (folder / "new.yaml").write_text(yaml.safe_dump(content))
    load_studies(folder=folder)
    return Criterion.objects.get(study__slug="new")


@pytest.mark.parametrize(
    ("values", "is_verbatim"),
    [({}, False), ({"verbatim": False}, False), ({"verbatim": True}, True)],
)
def test_a_file_says_that_a_question_is_word_for_word(
    tmp_path,
    values,
    is_verbatim,
):
    assert load_with(tmp_path, **values).is_verbatim is is_verbatim


@pytest.mark.parametrize("value", ["yes, it is", 1])
def test_what_is_neither_true_nor_false_is_refused(tmp_path, value):
    with pytest.raises(DataError) as refused:
        load_with(tmp_path, verbatim=value)

    assert "new.yaml: criterion 1: verbatim: say true" in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/studies/schuett-2023/",
        "/studies/schuett-2023/chart/",
        "/mitigations/M0028/",
        "/mitigations/?ordering=-share_agreeing",
        "/compare/?m=M0028&m=M0029",
        "/shortlist/brief/?m=M0028&m=M0029&parts=measures",
    ],
)
def test_a_question_that_is_word_for_word_is_a_quotation_on_every_page(
    client,
    word_for_word,
    address,
):
    shown = shown_at(client, address)

    assert f"“{WORDS}”" in shown
    assert f"{WORDS} (in our words)" not in shown


def test_the_fieldwork_says_whose_words_a_question_is_in(client):
    address = reverse("study-detail", args=[SCHUETT])
    before = shown_at(client, address)
    Criterion.objects.filter(study__slug=SCHUETT).update(is_verbatim=True)

    after = shown_at(client, address)

    assert f"{WORDS} (in our words)" in before
    assert "the words that experts read are not known here" in before
    assert f"“{WORDS}” (as put to the experts)" in after
    assert "the words that experts read are not known here" not in after


def test_of_several_questions_each_says_whose_words_it_is_in(
    client,
    word_for_word,
):
    study = Study.objects.get(slug=SCHUETT)
    Criterion.objects.create(
        study=study,
        slug="other",
        name="Other",
        question="Is it feasible?",
        position=2,
    )

    shown = shown_at(client, study.get_absolute_url())

    assert f"“{WORDS}” (as put to the experts)" in shown
    assert "Is it feasible? (in our words)" in shown
    assert "the words that experts read are not known here" in shown


def test_the_api_gives_the_questions_and_whose_words_they_are_in(
    client,
    word_for_word,
):
    def questions_of(slug):
        address = reverse("api:study-detail", args=[slug])
        return client.get(address).json()["questions"]

    assert questions_of(SCHUETT) == [
        {
            "criterion": "should-be-done",
            "name": "Should be done",
            "question": WORDS,
            "verbatim": True,
            "by_risk_area": False,
        },
    ]
    assert not any(one["verbatim"] for one in questions_of("uuk-2024"))


def test_a_release_holds_whose_words_a_question_is_in(word_for_word):
    record = dict(study_records())[Key("study", SCHUETT)]

    assert record["questions"][0]["verbatim"] is True


def test_the_admin_shows_it_of_a_study_that_a_file_owns(admin_client):
    study = Study.objects.get(slug=SCHUETT)

    shown = admin_client.get(
        reverse("admin:surveys_study_change", args=[study.pk]),
    )

    assert "As put to the experts" in shown.content.decode()
