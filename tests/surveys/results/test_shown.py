"""How studies that ran here are shown: on the page of a mitigation, on their own, on the home
page, as files, in the API.
"""

import gzip
import re
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalogue.files.exports.cells import as_text
from catalogue.models import Mitigation
from surveys.comments import comment_coding
from surveys.models import (
    Criterion,
    Figure,
    Item,
    Result,
    ScalePoint,
    Study,
    Tally,
)
from surveys.results.columns import reason
from surveys.results.evidence import evidence_of, ranks
from surveys.results.findings import findings_of, supporting
from surveys.results.publishing import checksum, publish_study
from surveys.results.strongest import strongest
from surveys.running import fielding, rounds
from surveys.shares import counts_of, refresh_shares_agreeing
from tests.files import csv_rows
from tests.surveys.factories import (
    answer_all,
    make_full_study,
    make_study,
    make_token,
    respond_alike,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


class Text(HTMLParser):
    """What a page says, without its marks."""

    def __init__(self):
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data):
        self.parts.append(data)


def text_of(answer) -> str:
    parser = Text()
    parser.feed(answer.content.decode())
    return re.sub(
        r" ([?.,;])",
        r"\1",
        " ".join(" ".join(parser.parts).split()),
    )


def page_of(client, mitigation) -> str:
    return text_of(client.get(mitigation.get_absolute_url()))


def published(items=1, slugs=("a",) * 5, **fields) -> Study:
    """A published study with one question, to which each slug is the answer of one expert. Who
    skips it says something all the same, which is withheld: an expert who submits nothing is
    none.
    """
    return answered(make_study(items=items, **fields), slugs)


def answered(study: Study, slugs=("a",) * 5) -> Study:
    """The same of a draft."""
    round_ = rounds.open_round(study=study)
    respond_alike(
        round_,
        [(slug, "" if slug else "I am Anna.") for slug in slugs],
    )
    rounds.close_study(study=study)
    for remark in comment_coding.remarks_of(study):
        comment_coding.withhold(remark=remark, is_withheld=True)
    publish_study(study)
    study.refresh_from_db()
    return study


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
        "80.0 % point a or point sa 95 % interval 49.0 to 94.3, n = 10",
        "Point sa 6 60.0 %",
        "Don’t know 1 10.0 %",
        "Gave no answer 1",
        "Were not asked 0",
        "Median 2.00 quartiles 1.00 and 2.00",
        "Consensus To agree 75 % or more on a side",
        "Moved since last round No round before it",
        "Rank by mean 1 of 1 in this study",
    ):
        assert text in shown


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

    assert "Mean, 2 to 6 5.00" in shown
    assert "−2" not in shown


def test_criteria_asked_by_risk_area_stand_in_one_table_each(client):
    study = make_full_study(items=1, experts=16, rounds=1)

    answer = client.get(study.items.get().mitigation.get_absolute_url())

    [one] = answer.context["evidence"]
    assert [
        (str(asked.criterion), len(asked.findings)) for asked in one.asked
    ] == [
        ("Should be done", 1),
        ("Effective", 4),
        ("Feasible", 4),
    ]
    for area in study.risk_areas.all():
        assert (
            text_of(answer).count(f"{area} ") >= 4
        )  # in the bars and the counts of both criteria


def test_groups_of_experts_are_shown_and_those_too_small_are_named(client):
    study = make_full_study(items=1, experts=24, rounds=1)

    shown = page_of(client, study.items.get().mitigation)

    assert "Groups smaller than 5 are left out" in shown
    assert "Left out here: Engineering, Ethics." in shown
    assert Result.objects.filter(expertise_area__slug="law").exists()


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

    assert "Moved since last round 20.0 % not stable: 15 % or more" in shown


def test_a_share_of_combinations_has_its_interval_and_n(client):
    study = make_full_study(items=1, experts=16, rounds=1)
    chosen, n = Result.objects.values_list("combined", "combiners").get(
        criterion=None,
    )

    shown = page_of(client, study.items.get().mitigation)

    share = f"{100 * chosen / n:.1f} %"
    assert f"Preferred combinations that include it {share}" in shown
    assert (
        "Combinations: of the experts who were asked about it and named one."
        in shown
    )


def test_what_studies_say_is_read_again_only_when_they_change(
    client,
    django_assert_num_queries,
):
    mitigation = (
        make_full_study(items=1, experts=16, rounds=1).items.get().mitigation
    )
    [before] = evidence_of(mitigation)
    with django_assert_num_queries(0):
        assert evidence_of(mitigation) == [before]

    comment = before.item.comments.first()
    comment.body = "It was said otherwise."
    comment.save()

    assert "It was said otherwise." in page_of(client, mitigation)


def test_comments_stand_by_stance_and_risk_area_with_counts(client):
    study = make_full_study(items=1, experts=16, rounds=1)
    item = study.items.get()
    cost, trust = (
        item.comments.get(label="cost"),
        item.comments.get(label="trust"),
    )

    [one] = evidence_of(item.mitigation)
    shown = page_of(client, item.mitigation)

    assert [
        (stance.name, [area for area, _ in stance.areas])
        for stance in one.comments
    ] == [
        ("for", [None]),
        ("doubts", [study.risk_areas.first()]),
    ]
    assert f"For It costs little. {cost.count} experts" in shown
    assert (
        f"Doubts Risk area 0 It may be trusted too much. {trust.count} experts"
        in shown
    )
    assert item.summary.body in shown


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


def test_a_mitigation_with_much_evidence_stays_light(client):
    study = make_full_study(items=1, experts=16)

    body = client.get(study.items.get().mitigation.get_absolute_url()).content

    assert (
        len(gzip.compress(body)) < 25_000
    )  # with style and scripts, some 40 KB


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


def test_rank_is_by_mean_within_one_question_and_ties_share_the_best():
    study = published(items=4)
    items = list(study.items.all())
    for item, count in zip(items, (0, 5, 5, 9), strict=True):
        Tally.objects.filter(result__item=item, point__slug="sa").update(
            count=count,
        )

    found = ranks([study])

    assert [
        found[item.pk, study.criteria.get().pk, None] for item in items
    ] == [
        (4, 4),
        (2, 4),
        (2, 4),
        (1, 4),
    ]


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


# The page of a study


def test_a_study_shows_one_criterion_for_all_risk_areas_unless_told(client):
    study = make_full_study(items=2, experts=16, rounds=1)

    def rows(**query):
        table = client.get(study.get_absolute_url(), query).context["table"]
        return [
            (
                f.criterion.slug,
                f.risk_area and f.risk_area.slug,
                f.expertise_area,
            )
            for _, f in table.rows
        ]

    assert rows() == [("do", None, None)] * 2
    assert sorted(rows(criterion="feasible")) == sorted(
        ("feasible", f"area-{n}", None) for n in range(4) for _ in "ab"
    )
    assert (
        rows(criterion="effective", risk_area="area-1")
        == [("effective", "area-1", None)] * 2
    )


def test_a_study_shows_a_group_of_experts(client):
    study = make_full_study(items=2, experts=24, rounds=1)

    answer = client.get(study.get_absolute_url(), {"expertise_area": "law"})

    assert {
        finding.expertise_area.slug
        for _, finding in answer.context["table"].rows
    } == {"law"}
    assert len(answer.context["table"].rows) == 2


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("criterion=effectiv", "Did you mean effective?"),
        ("risk_area=area-9", "“area-9” is no value of “risk_area”."),
        (
            "expertise_area=ethics",
            "“ethics” is no value of “expertise_area”.",
        ),  # too small to be shown
        ("riskarea=area-1", "Did you mean risk_area?"),
        (
            "sort=n&sort=spread",
            "“sort” is given more than once: give it once.",
        ),
    ],
)
def test_what_a_study_does_not_have_is_an_error_that_names_it(
    client,
    query,
    message,
):
    study = make_full_study(items=1, experts=16, rounds=1)

    answer = client.get(f"{study.get_absolute_url()}?{query}")

    assert answer.status_code == 400
    assert message in text_of(answer)


def test_every_link_of_a_study_leads_to_a_page(client):
    study = make_full_study(items=2, experts=16, rounds=1)
    address = study.get_absolute_url()
    table = client.get(
        address,
        {"criterion": "effective", "risk_area": "area-1", "sort": "n"},
    ).context["table"]

    options = [
        *table.sorts,
        *table.criterion_options,
        *table.risk_area_options,
        *table.expertise_options,
        *table.category_options,
    ]

    assert len(options) > 10
    assert {
        client.get(address + option.url).status_code for option in options
    } == {200}


def test_a_study_says_how_it_was_asked_and_what_reached_consensus(client):
    study = make_full_study(items=2, experts=16)

    shown = text_of(client.get(study.get_absolute_url()))

    assert "Round 1: 16 experts; Round 2: 16 experts" in shown
    assert "60 % or more of those who answered agree, or disagree" in shown
    assert "Point sd (−2)" in shown
    counts = (
        client.get(study.get_absolute_url()).context["table"].consensus_counts
    )
    assert (
        f"Reached here: {counts['to agree']} to agree and {counts['to disagree']} to disagree, of 2."
        in shown
    )
    assert "Questions and groups with fewer than 5 answers" in shown


# Everywhere


@pytest.mark.parametrize("name", ["home", "study-list", "mitigation-list"])
def test_a_study_without_a_document_is_on_the_pages_that_name_studies(
    client,
    name,
):
    study = published()

    assert study.label in text_of(client.get(reverse(name))).replace(
        study.title,
        "",
    )


@pytest.mark.parametrize(
    "name",
    ["study-detail", "api:study-detail", "api:study-results"],
)
def test_a_study_without_a_document_has_its_pages_and_records(client, name):
    study = published()

    answer = client.get(reverse(name, args=[study.slug]))

    assert answer.status_code == 200
    assert study.items.get().mitigation.accession in text_of(
        client.get(reverse("api:study-results", args=[study.slug])),
    )


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


@pytest.mark.parametrize("form", ["bib", "ris", "json"])
def test_a_citation_of_a_study_can_be_downloaded(client, form):
    study = published()

    answer = client.get(reverse("study-cite", args=[study.slug, form]))

    assert study.checksum in answer.content.decode()
    assert f'filename="{study.slug}.{form}"' in answer["Content-Disposition"]


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


def test_the_files_of_a_study_hold_rules_checksum_and_comments_with_counts(
    client,
):
    study = make_full_study(items=1, experts=16)
    point = study.items.get().comments.get(label="cost")

    file = client.get(reverse("study-data", args=[study.slug, "json"])).json()

    assert file["checksum"] == study.checksum == checksum(study)
    assert (
        file["min_cell_size"],
        file["consensus_percent"],
        file["notice"],
    ) == (
        5,
        60,
        None,
    )
    assert file["citation"].startswith("AI Mitigation Catalogue")
    [comment] = [
        comment
        for comment in file["comments"]
        if comment["stance"] == "supports"
    ]
    assert (comment["body"], comment["count"]) == (point.body, point.count)
    assert [row["body"] for row in file["summaries"]] == [
        study.items.get().summary.body,
    ]


def test_csv_and_json_hold_the_same_rows_and_every_statistic(client):
    study = make_full_study(items=1, experts=16)
    of = [study.slug]

    rows = client.get(reverse("study-data", args=[*of, "json"])).json()[
        "results"
    ]
    lines = csv_rows(client.get(reverse("study-data", args=[*of, "csv"])))

    def written(row):
        return {name: as_text(value) for name, value in row.items()}

    assert [written(row) for row in rows] == lines
    assert {row["statistic"] for row in rows} == {
        "count",
        "skipped",
        "not_asked",
        "share_agreeing",
        "share_disagreeing",
        "share_strongly_agreeing",
        "mean",
        "standard_error",
        "variance",
        "median",
        "first_quartile",
        "third_quartile",
        "agreement",
        "share_moved",
        "share_of_combinations",
        "consensus",
    }
    assert {row["origin"] for row in rows if row["statistic"] == "count"} == {
        "counted here",
    }


# Files of lists


def evidence_in_file(client, study: Study, **query) -> dict[str, str]:
    """The columns of a study in the file of a list with one mitigation, by what they end in."""
    [row] = csv_rows(
        client.get(reverse("api:mitigation-list"), {"format": "csv", **query}),
    )
    prefix = f"{study.slug.replace('-', '_')}_"
    return {
        name.removeprefix(prefix): value
        for name, value in row.items()
        if name.startswith(prefix)
    }


def test_a_file_of_a_list_filtered_by_risk_areas_has_the_largest_share_of_those_chosen(
    client,
):
    study = make_full_study(items=1, experts=16, rounds=1, areas=3)
    asked = Result.objects.filter(
        criterion__is_support=True,
        expertise_area=None,
    )
    asked.update(agreement=0.9)
    for area, agreement in (("area-0", 0.2), ("area-1", 0.4), ("area-2", 0.3)):
        asked.filter(risk_area__slug=area).update(agreement=agreement)

    of_all = evidence_in_file(client, study)
    of_one = evidence_in_file(client, study, risk_area="area-0")
    of_two = evidence_in_file(client, study, risk_area=["area-2", "area-0"])

    assert (of_all["criterion"], of_all["risk_area"]) == ("do", "")
    assert (of_one["criterion"], of_one["risk_area"]) == (
        "effective",
        "area-0",
    )
    assert (of_two["criterion"], of_two["risk_area"]) == (
        "effective",
        "area-2",
    )
    assert (of_two["in_area_0_risk_area"], of_two["in_area_2_risk_area"]) == (
        "area-0",
        "area-2",
    )
    assert not [
        name for name in {**of_all, **of_one} if name.startswith("in_")
    ]


def test_columns_of_one_of_several_risk_areas_can_be_chosen(client):
    study = make_full_study(items=1, experts=16, rounds=1, areas=2)
    column = f"{study.slug.replace('-', '_')}_in_area_1_share_agreeing"
    asked = {"format": "csv", "fields": column}

    [row] = csv_rows(
        client.get(
            reverse("api:mitigation-list"),
            {**asked, "risk_area": ["area-0", "area-1"]},
        ),
    )
    refused = client.get(
        reverse("api:mitigation-list"),
        {**asked, "risk_area": "area-1"},
    )

    shown = supporting(Item.objects.get(), ["area-1"])
    assert row == {
        column: str(
            max(
                finding.estimates["share_agreeing"].value for finding in shown
            ),
        ),
    }
    assert refused.status_code == 400


def test_a_study_that_did_not_ask_in_a_risk_area_is_told_from_one_with_too_few_answers():
    study = make_full_study(items=1, experts=16, rounds=1, areas=1)

    assert reason(study, ["area-0"]) == "too few answers to be shown"
    assert reason(study, ["elsewhere"]) == "not asked for this risk area"


def test_files_filtered_by_risk_area_take_the_same_queries_for_any_number_of_studies(
    client,
):
    counts = []
    for _ in range(2):
        make_full_study(items=2, experts=16, rounds=1, areas=2)
        evidence = (
            f"{reverse('api:mitigation-list')}?format=csv&risk_area=area-0"
        )
        csv_rows(
            client.get(evidence),
        )  # what is read once and kept is not counted
        with CaptureQueriesContext(connection) as captured:
            csv_rows(client.get(evidence))
        counts.append(len(captured))

    assert counts[0] == counts[1]


# The strongest


def test_the_strongest_go_by_the_lower_end_however_many_tie_before_them():
    many_small = published(items=40)  # all agree, of five
    large = published(slugs=["a"] * 30 + ["d"])

    ranked = strongest(count=2)

    assert [item.study for item, _ in ranked] == [large, many_small]
    assert (
        ranked[0][1].estimates["share_agreeing"].low
        > ranked[1][1].estimates["share_agreeing"].low
    )


def test_ties_go_by_strong_agreement():
    weak, strong = published(), published(slugs=["sa"] * 5)

    assert [item.study for item, _ in strongest()] == [strong, weak]


def test_of_an_item_asked_more_than_once_the_best_result_counts_and_is_named(
    client,
):
    study = make_full_study(items=1, experts=16, rounds=1)

    [(_, finding)] = strongest()

    supports = [
        f
        for f in findings_of(study.items.get())
        if f.is_support and not f.expertise_area
    ]
    assert len(supports) == 5
    assert finding.estimates["share_agreeing"].low == max(
        f.estimates["share_agreeing"].low for f in supports
    )
    assert f"“{finding.question}”" in text_of(client.get("/"))


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

    assert strongest() == []


def test_the_sitemap_has_published_studies_alone(client):
    shown, hidden = make_full_study(areas=1, rounds=1), make_study()

    listed = client.get("/sitemap.xml").content.decode()

    assert shown.get_absolute_url() in listed
    assert hidden.get_absolute_url() not in listed
