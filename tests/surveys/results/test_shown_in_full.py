"""How a study that ran here and has all is shown: criteria by risk area, groups of experts,
combinations, comments, two rounds. It is made once; each test's own writes are rolled back.
"""

import gzip

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalogue.files.exports.cells import as_text
from surveys.models import Result, Study
from surveys.results.evidence import evidence_of_each
from surveys.results.findings import findings_of, supporting
from surveys.results.publishing import checksum
from surveys.results.sentences import why_no_share
from surveys.results.strongest import most_and_least
from tests.files import csv_rows
from tests.surveys.factories import make_full_study, make_study

from .shown import page_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture(scope="module")
def full_study(migrated, django_db_blocker):
    with django_db_blocker.unblock():
        study = make_full_study()
    yield study
    with django_db_blocker.unblock():
        migrated.restore()


@pytest.fixture
def study(full_study, db):
    return Study.objects.get(pk=full_study.pk)


def test_criteria_asked_by_risk_area_stand_in_one_table_each(client, study):

    answer = client.get(study.items.first().mitigation.get_absolute_url())

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


def test_groups_of_experts_are_shown_and_those_too_small_are_named(
    client,
    study,
):

    shown = page_of(client, study.items.first().mitigation)

    assert "Groups smaller than 5 are left out" in shown
    assert "Left out here: Engineering, Ethics." in shown
    assert Result.objects.filter(expertise_area__slug="law").exists()


def test_combinations_are_counted_and_have_their_interval(client, study):
    item = study.items.first()
    chosen, n = item.results.values_list("combined", "combiners").get(
        criterion=None,
    )

    shown = page_of(client, study.items.first().mitigation)

    assert (
        f"{chosen} of {n} experts put it into the combination that they would choose."
        in shown
    )
    assert "Had they been drawn at random, between" in shown
    assert (
        "Combinations: of the experts who were asked about it and named one."
        in shown
    )


def test_what_studies_say_is_read_again_only_when_they_change(
    client,
    study,
    django_assert_num_queries,
):
    mitigation = study.items.first().mitigation
    [[before]] = evidence_of_each([mitigation])
    with django_assert_num_queries(0):
        assert evidence_of_each([mitigation]) == [[before]]

    comment = before.item.comments.first()
    comment.body = "It was said otherwise."
    comment.save()

    assert "It was said otherwise." in page_of(client, mitigation)


def test_comments_stand_by_stance_and_risk_area_with_counts(client, study):
    item = study.items.first()
    cost, trust = (
        item.comments.get(label="cost"),
        item.comments.get(label="trust"),
    )

    [[one]] = evidence_of_each([item.mitigation])
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


def test_a_mitigation_with_much_evidence_stays_light(client, study):

    body = client.get(
        study.items.first().mitigation.get_absolute_url(),
    ).content

    assert (
        len(gzip.compress(body)) < 25_000
    )  # with style and scripts, some 40 KB


def test_a_study_shows_one_criterion_for_all_risk_areas_unless_told(
    client,
    study,
):

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


def test_a_study_shows_a_group_of_experts(client, study):

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
    study,
    query,
    message,
):

    answer = client.get(f"{study.get_absolute_url()}?{query}")

    assert answer.status_code == 400
    assert message in text_of(answer)


def test_every_link_of_a_study_leads_to_a_page(client, study):
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
        client.get(address + url).status_code
        for url in {option.url for option in options}
    } == {200}


def test_a_study_says_how_it_was_asked_and_what_reached_consensus(
    client,
    study,
):

    shown = text_of(client.get(study.get_absolute_url()))

    assert "Round 1: 24 experts; Round 2: 24 experts" in shown
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


def test_the_files_of_a_study_hold_rules_checksum_and_comments_with_counts(
    client,
    study,
):
    point = study.items.first().comments.get(label="cost")

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
        and comment["mitigation"] == study.items.first().mitigation.accession
    ]
    assert (comment["body"], comment["count"]) == (point.body, point.count)
    assert [row["body"] for row in file["summaries"]] == [
        item.summary.body for item in study.items.all()
    ]


def test_csv_and_json_hold_the_same_rows_and_every_statistic(client, study):
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


def asked_of(study: Study) -> dict[str, str]:
    """What asks for a file of the first mitigation of a study."""
    document = study.items.first().mitigation.document
    return {"format": "csv", "document": document.slug}


def evidence_in_file(client, study: Study, **query) -> dict[str, str]:
    """The columns of a study in the file of a list with one mitigation, by what they end in."""
    [row] = csv_rows(
        client.get(
            reverse("api:mitigation-list"),
            {**asked_of(study), **query},
        ),
    )
    prefix = f"{study.slug.replace('-', '_')}_"
    return {
        name.removeprefix(prefix): value
        for name, value in row.items()
        if name.startswith(prefix)
    }


def test_a_file_of_a_list_filtered_by_risk_areas_has_the_largest_share_of_those_chosen(
    client,
    study,
):
    asked = Result.objects.filter(
        criterion__is_support=True,
        expertise_area=None,
    )
    asked.update(agreement=0.9)
    for area, agreement in (
        ("area-0", 0.2),
        ("area-1", 0.4),
        ("area-2", 0.3),
        ("area-3", 0.1),
    ):
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


def test_columns_of_one_of_several_risk_areas_can_be_chosen(client, study):
    column = f"{study.slug.replace('-', '_')}_in_area_1_share_agreeing"
    asked = {**asked_of(study), "fields": column}

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

    shown = supporting(study.items.first(), ["area-1"])
    assert row == {
        column: str(
            max(
                finding.estimates["share_agreeing"].value for finding in shown
            ),
        ),
    }
    assert refused.status_code == 400


def test_a_study_that_did_not_ask_in_a_risk_area_is_told_from_one_with_too_few_answers(
    study,
):

    assert why_no_share(study, ["area-0"]) == "too few answers to be shown"
    assert why_no_share(study, ["elsewhere"]) == "not asked for this risk area"


def test_files_filtered_by_risk_area_take_the_same_queries_for_any_number_of_studies(
    client,
    study,
):
    counts = []
    for further in (0, 1):
        for _ in range(further):
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


def test_of_an_item_asked_more_than_once_the_best_result_counts_and_is_named(
    client,
    study,
):

    item = study.items.first()

    strongest, _ = most_and_least(5)
    [finding] = [found for of, found in strongest if of == item]

    supports = [
        f
        for f in findings_of(study.items.first())
        if f.is_support and not f.expertise_area
    ]
    assert len(supports) == 5
    assert finding.estimates["share_agreeing"].low == max(
        f.estimates["share_agreeing"].low for f in supports
    )
    assert f"“{finding.worded}”" in text_of(client.get("/"))


def test_the_sitemap_has_published_studies_alone(client, study):
    hidden = make_study()

    listed = client.get("/sitemap.xml").content.decode()

    assert study.get_absolute_url() in listed
    assert hidden.get_absolute_url() not in listed
