"""What a brief says of a measure that another source words, too, and that the reader did not choose."""

import datetime

import pytest

from catalogue.models import Mapping
from surveys.models import Criterion, Figure, Item, Result, RiskArea, Study
from surveys.shares import refresh_shares_agreeing
from tests.decisions.brief.test_contents import brief_of, publish_share
from tests.decisions.shortlist.test_asked import asked_about, law_from
from tests.factories import (
    ActorFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
)
from tests.surveys.factories import make_study

pytestmark = pytest.mark.django_db


def same_measure(one, other):
    Mapping.objects.create(
        source=one,
        target=other,
        relation=Mapping.Relation.EXACT,
        asserted_by="Editors",
    )


def asked_elsewhere(share=0.98, **fields):
    """A measure that no study asked about, and its other wording, of which a share agreed."""
    one = MitigationFactory(name="Checks")
    study = make_study(items=1, status=Study.Status.PUBLISHED, **fields)
    item = study.items.get()
    same_measure(one, item.mitigation)
    publish_share(item, share)
    return one, item


@pytest.mark.parametrize("part", ["table", "measures"])
def test_what_experts_said_in_other_words_is_told_with_these_words(
    client,
    part,
):
    one, item = asked_elsewhere()
    said = brief_of(client, one, further=f"&parts={part}")

    twin = item.mitigation
    assert "No study here has asked experts in these words. " in said
    assert f"as “{twin.name}” ({twin.accession})" in said
    assert "98 % of experts" in said
    assert "“Should it be done?”" in said


def test_its_figure_is_among_those_with_the_strongest_support(client):
    one, item = asked_elsewhere()
    other = MitigationFactory()
    publish_share(Item.objects.create(study=item.study, mitigation=other), 0.6)
    said = brief_of(client, one, other, further="&parts=points")

    twin = item.mitigation.accession
    assert (
        "Strongest support among 2 of these measures: "
        f"Checks ({one.accession}, as worded in {twin}), 98 % of experts"
    ) in said
    assert "not put to experts" not in said


def test_of_two_that_are_chosen_each_is_told_for_itself(client):
    one, item = asked_elsewhere()
    said = brief_of(client, one, item.mitigation)

    assert "Also worded in" not in said
    assert "as worded in" not in said


def test_that_a_figure_in_other_words_is_preliminary_is_said(client):
    one, _ = asked_elsewhere(is_preliminary=True)
    said = brief_of(client, one)

    assert "[Preliminary in part]" in said
    assert "what is known of 1 is preliminary" in said


def test_law_on_other_words_is_told_of_these_alone(client):
    one = MitigationFactory(name="Checks")
    twin = asked_about(law_from(datetime.date(2026, 1, 1)))
    same_measure(one, twin)
    said = brief_of(client, one, further="&parts=measures,laws")

    assert (
        f"Of “{twin.name}” ({twin.accession}), the same measure as {twin.document.label} words it: An Act, "
        in said
    )
    assert "What binding law asks about these measures" not in said


def test_a_gap_that_only_other_words_fill_says_so(client):
    one, twin = MitigationFactory.create_batch(2)
    same_measure(one, twin)
    twin.phases.add(LifecyclePhaseFactory(slug="deploy", name="Deploy"))
    said = brief_of(client, one)

    told = f"Deploy (only as worded in {twin.accession} “{twin.name}”, the same measure as {one.accession})"
    assert f"recorded for: {told} (lifecycle phase)" in said
    assert f"Not covered: {told}" in said


def test_other_words_fill_no_gap_of_what_they_do_not_bear_on(client):
    one, twin = MitigationFactory.create_batch(2)
    same_measure(one, twin)
    phase = LifecyclePhaseFactory(slug="deploy", name="Deploy")
    twin.phases.add(phase)
    actor = ActorFactory(slug="deployer", name="Deployer")
    MitigationFactory(phases=[phase], actors=[actor])
    said = brief_of(client, one, further="&for=actor:deployer&parts=points")

    assert "is recorded for: Deploy (lifecycle phase)" in said
    assert "only as worded in" not in said


def test_a_study_that_asked_in_other_words_counts_those_too(client):
    one, item = asked_elsewhere()
    other = MitigationFactory()
    publish_share(Item.objects.create(study=item.study, mitigation=other), 0.6)
    said = brief_of(client, one, other, further="&parts=measures")

    twin = item.mitigation.accession
    assert (
        f"asked experts about 1 of the 2 measures, and about 1 more as worded in {twin}: "
        in said
    )


def test_risk_areas_with_the_same_figure_are_named(client):
    study = make_study(items=1, status=Study.Status.PUBLISHED)
    criterion = study.criteria.get()
    Criterion.objects.update(clause="found it good against {risk area}")
    for name in ("Floods", "Fires"):
        result = Result.objects.create(
            item=study.items.get(),
            criterion=criterion,
            risk_area=RiskArea.objects.create(slug=name.lower(), name=name),
        )
        Figure.objects.create(
            result=result,
            statistic=Figure.Statistic.SHARE_AGREEING,
            value=0.6,
            operator=">",
            decimals=2,
        )
    refresh_shares_agreeing(study)
    one = study.items.get().mitigation

    named = "found it good against risks in each of two areas (Floods, Fires)"
    for part in ("points", "table", "measures"):
        assert named in brief_of(client, one, further=f"&parts={part}")
    short = brief_of(client, one, further="&length=1")
    assert short.count(named) == 1
