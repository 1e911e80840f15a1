"""From remarks to points with counts, and from a closed study to a published one."""

import pytest
from django.core.exceptions import ValidationError

from surveys.comments import coding
from surveys.models import CommentSummary, ExpertComment, Remark, Study
from surveys.results.publishing import checksum, publish
from surveys.running import rounds
from tests.factories import UserFactory
from tests.surveys.factories import make_closed_study, make_study

pytestmark = pytest.mark.django_db


def make_point(study, label, stance=ExpertComment.Stance.SUPPORTS):
    return ExpertComment.objects.create(
        item=study.items.get(), label=label, body=f"About {label}.", stance=stance
    )


def code_all(study, *choices):
    """Codes the remarks in order of their text, by one coder."""
    coder = UserFactory()
    for remark, points in zip(Remark.objects.order_by("body"), choices, strict=True):
        coding.code(remark=remark, coder=coder, points=points)
    return coder


@pytest.mark.parametrize(
    ("count", "word"),
    [
        (1, "one expert"),
        (2, "a couple of experts"),
        (3, "several experts"),
        (6, "multiple experts"),
    ],
)
def test_the_word_for_how_many_comes_from_the_count(count, word):
    assert coding.how_many(count).label == word


def test_a_point_counts_where_all_coders_of_a_remark_find_it():
    study = make_closed_study(remarks="abcde")
    cost, trust = make_point(study, "cost"), make_point(study, "trust")
    code_all(study, [cost], [cost, trust], [cost], [], [])
    code_all(study, [cost], [cost], [cost], [trust], [])

    assert coding.made_by(study.items.get()) == {cost.pk: 3, trust.pk: 0}


def test_a_withheld_remark_counts_for_nothing():
    study = make_closed_study(remarks="abcde")
    cost = make_point(study, "cost")
    coder = code_all(study, *[[cost]] * 5)

    coding.code(
        remark=Remark.objects.order_by("body")[0],
        coder=coder,
        points=[cost],
        is_withheld=True,
    )

    assert coding.made_by(study.items.get()) == {cost.pk: 4}


def test_a_third_coder_is_refused():
    study = make_closed_study(remarks="abcde")
    code_all(study, *[[]] * 5)
    code_all(study, *[[]] * 5)

    with pytest.raises(ValidationError, match="2 coders already"):
        coding.code(remark=Remark.objects.first(), coder=UserFactory(), points=[])


def test_a_point_on_another_measure_is_refused():
    other = make_study(items=1)
    make_closed_study(remarks="abcde")

    with pytest.raises(ValidationError, match="another measure"):
        coding.code(
            remark=Remark.objects.first(),
            coder=UserFactory(),
            points=[make_point(other, "cost")],
        )


def test_agreement_needs_two_coders():
    study = make_closed_study(remarks="abcde")
    cost = make_point(study, "cost")
    code_all(study, [cost], [cost], [], [], [])

    assert coding.agreement(study) == (None, None, 0)

    code_all(study, [cost], [cost], [], [], [])
    assert coding.agreement(study) == (1.0, 1.0, 5)


def test_a_summary_takes_its_words_from_the_counts():
    study = make_closed_study(remarks="abcde")
    cost, trust = make_point(study, "cost"), make_point(study, "trust")
    code_all(study, [cost], [cost, trust], [cost], [], [])
    coding.summarise(
        item=study.items.get(),
        body="{cost} fear what it costs. {trust} says that it builds trust.",
    )

    publish(study)

    assert CommentSummary.objects.get().body == (
        "Several experts fear what it costs. One expert says that it builds trust."
    )
    assert ExpertComment.objects.get(label="cost").count == 3


def test_a_summary_with_an_unknown_label_names_those_there_are():
    study = make_closed_study(remarks="abcde")
    make_point(study, "cost")

    with pytest.raises(
        ValidationError,
        match="No point has the label price. Labels of this measure: cost.",
    ):
        coding.summarise(item=study.items.get(), body="{price} fear it.")


def test_publishing_says_everything_that_stands_against_it_and_changes_nothing():
    study = make_closed_study(remarks="abcde")
    make_point(study, "cost")

    with pytest.raises(ValidationError) as refused:
        publish(study)

    assert refused.value.messages[0] == "5 comments are neither coded nor withheld."
    assert "nobody made the point “cost”" in refused.value.messages[1]
    study.refresh_from_db()
    assert (study.status, study.checksum) == (Study.Status.CLOSED, "")


def test_a_study_that_is_open_is_not_published():
    study = make_study()
    rounds.open_round(study=study)

    with pytest.raises(ValidationError, match="Only a closed study"):
        publish(study)


def test_a_published_study_keeps_its_checksum_and_a_change_is_seen():
    study = make_closed_study()

    publish(study)

    study.refresh_from_db()
    assert study.checksum == checksum(study)
    study.items.get().results.get().tallies.filter(point__slug="a").update(count=6)
    assert study.checksum != checksum(study)


def test_a_published_study_is_coded_no_further():
    study = make_closed_study(remarks="abcde")
    code_all(study, *[[]] * 5)
    publish(study)

    with pytest.raises(ValidationError, match="before it is published"):
        coding.code(
            remark=Remark.objects.select_related("item__study").first(),
            coder=UserFactory(),
            points=[],
        )


def test_a_published_study_is_on_the_site_with_its_checksum(client):
    study = make_closed_study()
    publish(study)

    shown = client.get(study.get_absolute_url()).content.decode()

    study.refresh_from_db()
    assert study.checksum in shown
    assert "100.0 %" in shown
