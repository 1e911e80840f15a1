"""What a comparison says of experts' answers: why one is missing, and whether the same experts were
compared.
"""

import lxml.html
import pytest

from catalogue.models import Mapping
from catalogue.releases.cutting import cut
from decisions.compare.comparison import ComparedMitigations
from decisions.compare.rows import Missing
from surveys.models import Figure, Result, RiskArea, Study
from surveys.results.publishing import publish_study
from surveys.shares import refresh_shares_agreeing
from tests.factories import MappingFactory, MitigationFactory, UserFactory
from tests.surveys.factories import (
    SPLIT,
    make_answered_study,
    make_closed_study,
    make_full_study,
    make_study,
)

pytestmark = pytest.mark.django_db


def make_published(study, **fields):
    """As it stands, whatever it lacks: it and its mitigations."""
    Study.objects.filter(pk=study.pk).update(
        status=Study.Status.PUBLISHED,
        **fields,
    )
    study.refresh_from_db()
    return study, [item.mitigation for item in study.items.all()]


def published_bound(study, item, area=None):
    """A share of it is published, as a bound."""
    criterion = study.criteria.get()
    result = Result.objects.create(
        item=item,
        criterion=criterion,
        risk_area=area,
    )
    Figure.objects.create(
        result=result,
        statistic="share_agreeing",
        value=0.6,
        decimals=0,
        operator=">",
    )
    refresh_shares_agreeing(study)


def missing_of(*mitigations):
    """The reasons and texts of what is missing of experts' answers, row by row."""
    compared = ComparedMitigations(list(mitigations), ["experts"])
    found = []
    for row in compared.rows:
        found += [(one.why, one.text) for one in row.values if one.why]
    return found


def text_of_comparison(client, *mitigations):
    query = "&".join(f"m={one.accession}" for one in mitigations)
    response = client.get(f"/compare/?{query}&rows=experts")
    assert response.status_code == 200
    page = lxml.html.fromstring(response.content)
    for cell in page.xpath("//table//tbody//td"):
        assert cell.text_content().strip() not in ("", "0", "0 %")
    return " ".join(page.find(".//main").text_content().split())


# Why an answer is missing


def test_what_no_study_asked_about_says_so(client):
    _, [asked] = make_published(make_study(items=1))
    other = MitigationFactory()

    assert (Missing.NOT_ASKED, "Not asked about in this study.") in missing_of(
        asked,
        other,
    )
    text = text_of_comparison(client, asked, other)
    assert "Not asked about in this study." in text


def test_what_is_not_published_says_so(client):
    _, [asked] = make_published(make_study(items=1), ran_elsewhere=True)
    text = "Asked about; what experts answered is not published."

    assert missing_of(asked) == [(Missing.NOT_PUBLISHED, text)]
    assert text in text_of_comparison(client, asked, MitigationFactory())


def test_too_few_answers_are_withheld_and_say_so(client):
    study, [asked] = make_published(make_study(items=1))
    text = f"Withheld: fewer than {study.min_cell_size} experts answered."

    assert missing_of(asked) == [(Missing.WITHHELD, text)]
    assert text in text_of_comparison(client, asked, MitigationFactory())


def test_what_another_study_published_answers_to_says_where(client):
    study, [first] = make_published(make_study(items=1))
    published_bound(study, study.items.get())
    other, [second] = make_published(make_study(items=1))
    published_bound(other, other.items.get())
    text = f"Asked elsewhere: what experts answered in {other.label} stands under its own question."

    assert (Missing.ELSEWHERE, text) in missing_of(first, second)
    assert text in text_of_comparison(client, first, second)


def test_a_study_of_many_risks_says_once_where_else_was_asked():
    study, [first] = make_published(make_study(items=1))
    for name in "XYZ":
        area = RiskArea.objects.create(slug=name.lower(), name=name)
        published_bound(study, study.items.get(), area)
    other, [second] = make_published(make_study(items=1))
    published_bound(other, other.items.get())

    texts = [text for why, text in missing_of(first, second)]
    full = f"Asked elsewhere: what experts answered in {other.label} stands under its own question."
    assert texts[:3] == [full, "Asked elsewhere.", "Asked elsewhere."]


def test_another_study_that_publishes_nothing_is_not_asked_elsewhere():
    study, [first] = make_published(make_study(items=1))
    published_bound(study, study.items.get())
    other, [second] = make_published(make_study(items=1), ran_elsewhere=True)

    assert (
        Missing.NOT_ASKED,
        f"Not asked about in this study. Asked about in {other.label}, of which no answers are published.",
    ) in missing_of(first, second)


def test_a_risk_area_that_was_not_asked_about_is_not_said_to_be_withheld():
    study, [first, second] = make_published(make_study(items=2))
    area = RiskArea.objects.create(slug="x", name="X", definition="Harm.")
    published_bound(study, study.items.first(), area)

    assert (Missing.NOT_ASKED, "Not asked for this risk area.") in missing_of(
        first,
        second,
    )


# The same experts


def published_and_answered(said, **fields):
    study = make_answered_study(said, **fields)
    publish_study(study=study, by=UserFactory())
    return study, [item.mitigation for item in study.items.all()]


def comparison_of_two(mitigations):
    compared = ComparedMitigations(mitigations, ["experts"])
    return compared.groups[0]


def test_the_same_experts_are_compared_one_by_one(client):
    _, mitigations = published_and_answered(SPLIT)
    first, second = mitigations

    [said] = comparison_of_two(mitigations).comparisons
    assert (said.verdict, said.experts) == ("higher", 20)
    text = f"“{first.name}” was rated higher than “{second.name}”: compared one by one, the 20 experts who answered about both."
    assert said.text == text
    assert text in text_of_comparison(client, *mitigations)


def test_a_small_group_is_compared_by_intervals_and_says_why():
    _, mitigations = published_and_answered([*SPLIT, ("a", "")])
    group = comparison_of_two(mitigations)

    assert group.comparisons[0].experts is None
    assert "a group of fewer than 5 experts could be told" in group.note


def test_a_study_without_single_answers_here_says_so():
    study, mitigations = published_and_answered(SPLIT)
    study.rounds.all().delete()

    group = comparison_of_two(mitigations)
    assert group.comparisons[0].experts is None
    assert "single answers to this study are not held here" in group.note


def test_of_bounds_nothing_is_said_of_how_they_were_compared():
    study, mitigations = make_published(make_study(items=2))
    for item in study.items.all():
        published_bound(study, item)

    group = comparison_of_two(mitigations)
    assert group.comparisons[0].verdict == "only bounds"
    assert group.note == ""


def test_a_release_holds_no_single_answers_and_says_so(client):
    _, mitigations = published_and_answered(SPLIT)
    cut(number="2026.11")
    query = "&".join(f"m={one.accession}" for one in mitigations)

    response = client.get(f"/releases/2026.11/compare/?{query}")

    assert response.status_code == 200
    assert (
        b"single answers to this study are not held here" in response.content
    )


def test_what_experts_would_combine_stands_with_its_question(client):
    said = [("a", "a")] * 6 + [("a", "d")] * 5 + [("d", "a")] * 5
    study, mitigations = published_and_answered(said, asks_combination=True)
    first, second = mitigations

    text = text_of_comparison(client, *mitigations)
    assert (
        f"6 of 16 experts put both “{first.name}” and “{second.name}”" in text
    )
    assert f"{study.label}: combinations" in text
    assert study.COMBINATION_QUESTION in text


def test_a_question_by_risk_area_is_one_table_with_a_row_for_each():
    study = make_full_study(items=2, areas=3)
    mitigations = [item.mitigation for item in study.items.all()]

    compared = ComparedMitigations(mitigations, ["experts"])
    [group] = [
        one
        for one in compared.groups
        if one.criterion and one.criterion.slug == "effective"
    ]
    labels = [row.label for row in group.rows if row.label.startswith("Ans")]
    assert labels == [f"Answers: Risk area {number}" for number in range(3)]
    assert len(group.comparisons) == 3


def test_a_verdict_that_holds_in_several_risk_areas_is_said_once():
    study = make_full_study(items=2, areas=3)
    mitigations = [item.mitigation for item in study.items.all()]

    groups = ComparedMitigations(mitigations, ["experts"]).groups
    assert any(group.said for group in groups)
    for group in groups:
        assert len(group.said) == len(set(group.said))


def test_no_clear_difference_is_said_where_all_agree_alike():
    study = make_closed_study(items=2)
    publish_study(study=study, by=UserFactory())
    mitigations = [item.mitigation for item in study.items.all()]

    [said] = comparison_of_two(mitigations).comparisons
    assert (said.verdict, said.experts) == ("no clear difference", 5)


def test_of_several_that_no_study_asked_about_one_sentence_is_said(client):
    three = [MitigationFactory() for _ in range(3)]

    text = text_of_comparison(client, *three)

    names = [f"“{one.name}”" for one in three]
    said = f"No study here asked experts about {names[0]}, {names[1]} or {names[2]}:"
    assert said in text
    assert text.count("No study here asked") == 1


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_wordings_and_studies(
    client,
    count,
    django_assert_max_num_queries,
):
    mitigations = []
    for _ in range(count):
        study = make_full_study(items=1, experts=6, areas=1, rounds=1)
        twin = study.items.get().mitigation
        wording = MitigationFactory()
        MappingFactory(
            source=wording,
            target=twin,
            relation=Mapping.Relation.EXACT,
        )
        mitigations.append(wording)
    other = make_full_study(items=2, experts=6, areas=1, rounds=1)
    mitigations += [item.mitigation for item in other.items.all()]

    with django_assert_max_num_queries(75):
        text_of_comparison(client, *mitigations)
