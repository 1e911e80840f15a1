"""How studies that ran here are shown: on the page of a mitigation, on their own, on the home
page, in the API.
"""

import pytest
from django.urls import reverse

from catalogue.models import Mitigation
from surveys.models import (
    Criterion,
    Figure,
    Item,
    Result,
    ScalePoint,
    Study,
    Tally,
)
from surveys.results.publishing import publish_study
from surveys.results.ranking import ranks
from surveys.results.strongest import most_and_least
from surveys.running import fielding, rounds
from surveys.shares import counts_of, refresh_shares_agreeing
from tests.surveys.factories import (
    answer_all,
    make_study,
    make_token,
)

from .shown import answered, page_of, published, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


# The page of a mitigation


def test_a_mitigation_shows_every_count_and_figure_of_a_study_that_ran_here(
    client,
):
    study = published(
        slugs=["sa"] * 6 + ["a", "a", "n", "dk", ""],
        consensus_percent=75,
    )

    shown = page_of(client, study.items.get().mitigation)

    for text in (
        "8 of 10 experts said “point a or point sa”, 1 said “point n”, 1 did not know: “Should it be done?”",
        "between 49 and 94 % of all such experts would likely answer point a or point sa.",
        "Point sa 6 60 %",
        "Don’t know 1 10 %",
        "Gave no answer 1",
        "Were not asked 0",
        "Middle answer 2; half of the answers lie from 1 to 2",
        "Consensus To agree (75 % or more on a side)",
        "1st of 1 measure in this study",
    ):
        assert text in shown
    assert "Moved since last round" not in shown


def test_the_ends_of_a_mean_are_those_of_its_scale(client):
    study = make_study(items=1)
    scale = study.criteria.get().scale
    for point in scale.points.exclude(value=None):
        ScalePoint.objects.filter(pk=point.pk).update(value=point.value + 4)
    round_ = rounds.open_round(study=study)
    for _ in range(5):
        answer_all(round_, make_token(study))
    rounds.close_study(study=study)
    publish_study(study)

    shown = page_of(client, study.items.get().mitigation)

    assert "Mean answer 5.00 on a scale from 2 to 6" in shown
    assert "−2" not in shown


def test_a_shift_between_rounds_is_shown_with_the_rule(client):
    study = make_study(items=1, consensus_percent=60)
    tokens = [make_token(study) for _ in range(5)]
    for slugs in ("aaaad", "aaadd"):
        round_ = rounds.open_round(study=study)
        for token, slug in zip(tokens, slugs, strict=True):
            answer_all(round_, token, slug=slug)
        rounds.close_round(study=study)
    rounds.close_study(study=study)
    publish_study(study)

    shown = page_of(client, study.items.get().mitigation)

    assert (
        "Moved since last round 20 % of the answers (not stable: 15 % or more)"
        in shown
    )


def test_what_too_few_answered_is_left_out_and_says_so(client):
    study = make_study(items=2)
    round_ = rounds.open_round(study=study)
    first, second = study.items.all()
    for number in range(6):
        response = fielding.consent(round_=round_, token=make_token(study))
        fielding.save_item(response=response, item=first, given={"do": "a"})
        fielding.save_item(
            response=response,
            item=second,
            given={"do": "sd" if number < 4 else ""},
        )
        fielding.submit(response=response)
    rounds.close_study(study=study)
    publish_study(study)

    shown = page_of(client, second.mitigation)

    assert (
        "Left out, since fewer than 5 experts answered: “Should be done”."
        in shown
    )
    assert "Point sd" not in shown
    assert "Left out, since fewer than 5 answered" in text_of(
        client.get(study.get_absolute_url()),
    )


def test_what_a_study_did_not_ask_is_no_gap_of_its_report(client):
    study = published()

    shown = page_of(client, study.items.get().mitigation)

    assert "Not asked: preferred combinations." in shown
    assert "None published: comments." in shown
    assert (
        "not reported"
        not in shown.partition("What experts say")[2].partition(
            "Where it stands",
        )[0]
    )


def test_a_statistic_that_cannot_be_computed_says_why(client):
    study = published(slugs=["dk"] * 5)

    assert "Nobody chose a point that has a value." in page_of(
        client,
        study.items.get().mitigation,
    )


def test_preliminary_results_of_a_study_without_a_document_say_so(client):
    study = published(is_preliminary=True)

    assert "These results may still change." in page_of(
        client,
        study.items.get().mitigation,
    )
    assert "These results may still change." in text_of(
        client.get(study.get_absolute_url()),
    )
    assert client.get(reverse("study-data", args=[study.slug, "json"])).json()[
        "notice"
    ]


def test_very_long_names_and_words_are_shown_whole(client):
    study = make_study(items=1)
    item = study.items.get()
    long = "Überwachungs" * 60
    Item.objects.filter(pk=item.pk).update(wording=long)
    Criterion.objects.filter(study=study).update(
        question=f"Should {long} be done?",
    )
    answered(study)

    assert long in page_of(client, item.mitigation)


# Ranks


def test_place_is_by_share_agreeing_and_open_where_intervals_overlap():
    study = published(slugs=["d"] * 5, items=4)
    items = list(study.items.all())
    for item, count in zip(items, (0, 60, 80, 9000), strict=True):
        Tally.objects.filter(result__item=item, point__slug="sa").update(
            count=count,
        )

    found = ranks([study])

    assert [
        str(found[item.pk, study.criteria.get().pk, None]) for item in items
    ] == ["4th of 4", "2nd to 3rd of 4", "2nd to 3rd of 4", "1st of 4"]


def test_points_that_count_alike_are_added_up():
    study = make_study(items=1)
    ScalePoint.objects.create(
        scale=study.criteria.get().scale,
        slug="none",
        label="No opinion",
        position=12,
        is_dont_know=True,
    )
    answered(study, ["dk"] * 5)
    Tally.objects.filter(point__slug="none").update(count=3)

    assert sum(counts_of(Result.objects.get()).values()) == 8


# Everywhere


def test_a_study_without_a_document_is_on_the_pages_that_name_studies(client):
    study = published()

    for name in ("home", "study-list", "mitigation-list"):
        shown = text_of(client.get(reverse(name))).replace(study.title, "")
        assert study.label in shown, name


def test_a_study_without_a_document_has_its_pages_and_records(client):
    study = published()

    for name in ("study-detail", "api:study-detail"):
        answer = client.get(reverse(name, args=[study.slug]))
        assert answer.status_code == 200, name
    results = client.get(reverse("api:study-results", args=[study.slug]))
    assert results.status_code == 200
    assert study.items.get().mitigation.accession in text_of(results)


def test_studies_are_listed_newest_first_and_count_what_everybody_may_see(
    client,
):
    old, new = published(items=2, year=2001), published(items=2, year=2030)
    Mitigation.objects.filter(items=new.items.first()).update(
        status=Mitigation.Status.DRAFT,
    )

    shown = client.get(reverse("study-list")).context["object_list"]

    assert [(study, study.item_count) for study in shown] == [
        (new, 1),
        (old, 2),
    ]


def test_a_citation_of_a_study_can_be_downloaded(client):
    study = published()

    for form in ("bib", "ris", "json"):
        answer = client.get(reverse("study-cite", args=[study.slug, form]))

        assert study.checksum in answer.content.decode()
        assert (
            f'filename="{study.slug}.{form}"' in answer["Content-Disposition"]
        )


def test_a_study_that_ran_here_is_cited_as_a_data_set_of_this_site(client):
    study = published(is_preliminary=True, year=2031)

    answer = client.get(study.get_absolute_url())

    citation = answer.context["citation"]
    assert citation.apa == (
        f"AI Mitigation Catalogue. (2031). {study.title} [Preliminary] [Expert survey]. "
        f"http://testserver{study.get_absolute_url()}"
    )
    assert study.checksum in citation.csl["note"]
    assert citation.apa in text_of(answer)


# The strongest


def test_the_strongest_go_by_the_lower_end_however_many_tie_before_them():
    many_small = published(items=40)  # all agree, of five
    large = published(slugs=["a"] * 30 + ["d"])

    ranked, _ = most_and_least(2)

    assert [item.study for item, _ in ranked] == [large, many_small]
    assert (
        ranked[0][1].estimates["share_agreeing"].low
        > ranked[1][1].estimates["share_agreeing"].low
    )


def test_ties_go_by_strong_agreement():
    weak, strong = published(), published(slugs=["sa"] * 5)

    ranked, _ = most_and_least(2)

    assert [item.study for item, _ in ranked] == [strong, weak]


def test_only_counts_of_published_measures_can_be_strongest():
    hidden, draft, bound = published(), published(), published()
    Mitigation.objects.filter(items__study=hidden).update(
        status=Mitigation.Status.DRAFT,
    )
    Study.objects.filter(pk=draft.pk).update(status=Study.Status.CLOSED)
    Tally.objects.filter(result__item__study=bound).delete()
    result = Result.objects.get(item__study=bound)
    Figure.objects.create(
        result=result,
        statistic="share_agreeing",
        value=0.99,
        operator="",
        decimals=0,
    )
    refresh_shares_agreeing(bound)

    assert most_and_least(5) == ([], [])
