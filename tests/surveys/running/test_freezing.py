"""What experts are asked stands still once the first round opens, and stands in the published
file.
"""

import hashlib
import json

import pytest
import rfc8785
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from surveys.models import Criterion, Item, ScalePoint
from surveys.results import publishing
from surveys.running import rounds
from tests.factories import MitigationFactory
from tests.surveys.factories import (
    answer_all,
    make_closed_study,
    make_study,
    make_token,
)

pytestmark = pytest.mark.django_db


def change_catalogue(study):
    mitigation = study.items.get().mitigation
    mitigation.name, mitigation.description = (
        "Another name",
        "Wholly other words.",
    )
    mitigation.save()


def test_experts_read_the_same_whatever_the_catalogue_says_later(client):
    study = make_study(items=1)
    rounds.open_round(study=study)
    name, text = (
        study.items.get().mitigation.name,
        study.items.get().mitigation.description,
    )
    token = make_token(study)
    client.post(f"/answer/{token}/", {"consent": "yes"})
    change_catalogue(study)

    shown = client.get(f"/answer/{token}/1/").content.decode()

    assert name in shown
    assert text in shown
    assert "Another name" not in shown
    assert "Wholly other words." not in shown


def test_a_draft_shows_what_the_catalogue_says_now():
    study = make_study(items=1)
    change_catalogue(study)

    item = Item.objects.get()

    assert (item.asked_name, item.asked_text) == (
        "Another name",
        "Wholly other words.",
    )


def test_words_of_the_study_itself_are_kept():
    study = make_study(items=1)
    study.items.update(wording="Do it well.")

    rounds.open_round(study=study)

    assert Item.objects.get().asked_text == "Do it well."


def test_results_stand_under_the_name_that_was_asked(client):
    study = make_closed_study(year=2026)
    name = study.items.get().mitigation.name
    publishing.publish_study(study)
    change_catalogue(study)

    assert (
        name
        in client.get(study.get_absolute_url())
        .content.decode()
        .partition('id="results"')[2]
    )


CHANGES = {
    "name of a measure": lambda study: study.items.update(name="Other"),
    "wording of a measure": lambda study: study.items.update(wording="Other"),
    "question": lambda study: study.criteria.update(question="Other?"),
    "scale of a question": lambda study: study.criteria.update(scale=None),
    "another question": lambda study: Criterion.objects.create(
        study=study,
        slug="x",
        name="X",
        question="X?",
    ),
    "another measure": lambda study: Item.objects.create(
        study=study,
        mitigation=MitigationFactory(),
    ),
    "a measure less": lambda study: study.items.all().delete(),
    "a question less": lambda study: study.criteria.all().delete(),
    "an answer less": lambda study: ScalePoint.objects.filter(
        slug="a",
    ).delete(),
    "label of an answer": lambda study: ScalePoint.objects.filter(
        slug="a",
    ).update(label="Other"),
    "value of an answer": lambda study: ScalePoint.objects.filter(
        slug="a",
    ).update(value=None),
    "side of an answer": lambda study: ScalePoint.objects.filter(
        slug="a",
    ).update(side=-1),
    "another answer": lambda study: ScalePoint.objects.create(
        scale=study.criteria.get().scale,
        slug="x",
        label="X",
        position=20,
    ),
}


@pytest.mark.engine
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_database_refuses_to_change_what_is_asked_once_a_round_opened(
    change,
):
    study = make_study(items=1)
    with transaction.atomic():
        change(study)
        transaction.set_rollback(True)
    rounds.open_round(study=study)

    with (
        pytest.raises(
            IntegrityError,
            match="what_is_asked_stands_once_opened",
        ),
        transaction.atomic(),
    ):
        change(study)


@pytest.mark.parametrize("part", ["items", "criteria"])
def test_before_a_round_opens_parts_of_a_study_can_be_taken_away(part):
    study = make_study(items=2)

    getattr(study, part).all().delete()

    assert not getattr(study, part).exists()


def test_points_of_a_scale_that_nobody_was_asked_on_can_be_taken_away():
    make_study()

    ScalePoint.objects.filter(slug="a").delete()

    assert not ScalePoint.objects.filter(slug="a").exists()


def test_what_is_added_to_what_is_asked_is_refused_with_a_reason():
    study = make_study(items=1)
    rounds.open_round(study=study)
    added = [
        Item(study=study, mitigation=MitigationFactory()),
        Criterion(study=study, slug="x", name="X", question="X?"),
        ScalePoint(
            scale=study.criteria.get().scale,
            slug="x",
            label="X",
            position=20,
        ),
    ]

    for one in added:
        with pytest.raises(ValidationError, match="can no longer be changed"):
            one.full_clean()


def test_what_is_no_question_can_still_be_changed():
    study = make_study(items=1)
    rounds.open_round(study=study)

    study.items.update(position=7)
    study.criteria.update(is_support=False)

    assert (study.items.get().position, study.criteria.get().is_support) == (
        7,
        False,
    )


def test_the_published_file_holds_what_was_asked_and_by_which_rules():
    study = make_study(items=1, consensus_percent=75, year=2026)
    round_ = rounds.open_round(study=study)
    for _ in range(5):
        answer_all(round_, make_token(study))
    make_token(study)
    rounds.close_study(study=study)
    item = study.items.select_related("mitigation").get()
    text = item.mitigation.description
    publishing.publish_study(study)
    study.refresh_from_db()
    published = publishing.frozen_file(study)
    change_catalogue(study)

    frozen = json.loads(publishing.frozen_file(study))

    assert publishing.frozen_file(study) == published
    assert frozen["measures"] == [
        {
            "mitigation": item.mitigation.accession,
            "name": item.name,
            "wording": text,
        },
    ]
    assert frozen["questions"][0]["question"] == "Should it be done?"
    assert [point["label"] for point in frozen["questions"][0]["scale"]][
        -2:
    ] == [
        "Point sa",
        "Don’t know",
    ]
    assert (frozen["invited"], frozen["responded"]) == (6, 5)
    assert frozen["rounds"] == [{"round": 1, "responded": 5}]
    assert (frozen["min_cell_size"], frozen["consensus_percent"]) == (5, 75)


def test_a_study_is_published_in_the_canonical_form_of_rfc_8785():
    study = make_closed_study(year=2026)

    publishing.publish_study(study)

    study.refresh_from_db()
    file = publishing.frozen_file(study)
    assert json.loads(file)["format"] == 3
    assert rfc8785.dumps(json.loads(file)) == file
    assert hashlib.sha256(file).hexdigest() == study.checksum


def test_a_checksum_of_before_rfc_8785_still_holds():
    """Written here as it was then: sorted keys, no spaces, no escapes beyond ASCII's."""
    study = make_closed_study(year=2026)
    study.checksum_format = 2

    file = publishing.frozen_file(study).decode()

    frozen = json.loads(file)
    assert frozen["format"] == 2
    assert frozen["results"] == sorted(
        frozen["results"],
        key=lambda row: json.dumps(row, sort_keys=True),
    )
    assert file == json.dumps(
        frozen,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )


def test_a_checksum_of_counts_and_comments_alone_still_holds():
    study = make_closed_study(year=2026)
    study.checksum_format = 1

    frozen = json.loads(publishing.frozen_file(study))

    assert sorted(frozen) == ["comments", "results", "study"]
