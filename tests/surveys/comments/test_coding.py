"""From remarks to points with counts, and from a closed study to a published one."""

import pytest
from django.core.exceptions import ValidationError

from surveys.comments import comment_coding
from surveys.models import CommentSummary, ExpertComment, Remark, Study
from surveys.results.publishing import checksum, publish_study
from surveys.running import rounds
from tests.factories import UserFactory
from tests.surveys.factories import make_closed_study, make_study

pytestmark = pytest.mark.django_db


def make_point(study, label, stance=ExpertComment.Stance.SUPPORTS):
    return ExpertComment.objects.create(
        item=study.items.get(),
        label=label,
        body=f"About {label}.",
        stance=stance,
    )


def code_all(study, *choices):
    """Codes the remarks in order of their text, by one coder."""
    coder = UserFactory()
    for remark, points in zip(
        Remark.objects.order_by("body"),
        choices,
        strict=True,
    ):
        comment_coding.code_remark(remark=remark, coder=coder, points=points)
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
    assert comment_coding.how_many(count).label == word


def test_a_point_counts_where_all_coders_of_a_remark_find_it():
    study = make_closed_study(remarks="abcde")
    cost, trust = make_point(study, "cost"), make_point(study, "trust")
    code_all(study, [cost], [cost, trust], [cost], [], [])
    code_all(study, [cost], [cost], [cost], [trust], [])

    assert comment_coding.counts_by_point(study.items.get()) == {
        cost.pk: 3,
        trust.pk: 0,
    }


def test_a_withheld_remark_counts_for_nothing():
    study = make_closed_study(remarks="abcde")
    cost = make_point(study, "cost")
    coder = code_all(study, *[[cost]] * 5)

    comment_coding.code_remark(
        remark=Remark.objects.order_by("body")[0],
        coder=coder,
        points=[cost],
        is_withheld=True,
    )

    assert comment_coding.counts_by_point(study.items.get()) == {cost.pk: 4}


def test_a_third_coder_is_refused():
    study = make_closed_study(remarks="abcde")
    code_all(study, *[[]] * 5)
    code_all(study, *[[]] * 5)

    with pytest.raises(ValidationError, match="2 coders already"):
        comment_coding.code_remark(
            remark=Remark.objects.first(),
            coder=UserFactory(),
            points=[],
        )


def test_a_point_on_another_measure_is_refused():
    other = make_study(items=1)
    make_closed_study(remarks="abcde")

    with pytest.raises(ValidationError, match="another measure"):
        comment_coding.code_remark(
            remark=Remark.objects.first(),
            coder=UserFactory(),
            points=[make_point(other, "cost")],
        )


def test_agreement_needs_two_coders():
    study = make_closed_study(remarks="abcde")
    cost = make_point(study, "cost")
    code_all(study, [cost], [cost], [], [], [])

    assert comment_coding.remark_agreement(study) == (None, None, 0)

    code_all(study, [cost], [cost], [], [], [])
    assert comment_coding.remark_agreement(study) == (1.0, 1.0, 5)


def test_a_summary_takes_its_words_from_the_counts():
    study = make_closed_study(remarks="abcde")
    cost, trust = make_point(study, "cost"), make_point(study, "trust")
    code_all(study, [cost], [cost, trust], [cost], [], [])
    comment_coding.summarise(
        item=study.items.get(),
        body="{cost} fear what it costs. {trust} says that it builds trust.",
    )

    publish_study(study)

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
        comment_coding.summarise(
            item=study.items.get(),
            body="{price} fear it.",
        )


def test_publishing_says_everything_that_stands_against_it_and_changes_nothing():
    study = make_closed_study(remarks="abcde")
    make_point(study, "cost")

    with pytest.raises(ValidationError) as refused:
        publish_study(study)

    assert (
        refused.value.messages[0]
        == "5 comments are neither coded nor withheld."
    )
    assert "nobody made the point “cost”" in refused.value.messages[1]
    study.refresh_from_db()
    assert (study.status, study.checksum) == (Study.Status.CLOSED, "")


def test_a_study_that_is_open_is_not_published():
    study = make_study()
    rounds.open_round(study=study)

    with pytest.raises(ValidationError, match="Only a closed study"):
        publish_study(study)


def test_a_published_study_keeps_its_checksum_and_a_change_is_seen():
    study = make_closed_study()

    publish_study(study)

    study.refresh_from_db()
    assert study.checksum == checksum(study)
    study.items.get().results.get().tallies.filter(point__slug="a").update(
        count=6,
    )
    assert study.checksum != checksum(study)


def test_a_published_study_is_coded_no_further():
    study = make_closed_study(remarks="abcde")
    code_all(study, *[[]] * 5)
    publish_study(study)

    with pytest.raises(ValidationError, match="before it is published"):
        comment_coding.code_remark(
            remark=Remark.objects.select_related("item__study").first(),
            coder=UserFactory(),
            points=[],
        )


def test_a_published_study_is_on_the_site_with_its_checksum(client):
    study = make_closed_study()
    publish_study(study)

    shown = client.get(study.get_absolute_url()).content.decode()

    study.refresh_from_db()
    assert study.checksum in shown
    assert "100 %" in shown
