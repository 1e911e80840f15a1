"""The published studies, as loaded from their facts."""

from collections import Counter

import pytest
from django.http import QueryDict
from django.urls import reverse

from catalogue.files.loading import DataError
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from catalogue.statistics import wilson_interval
from surveys.design.loading import load_studies
from surveys.models import ExpertComment, Figure, Item, Result, Study
from surveys.results.checks import figure_differences
from surveys.results.evidence import evidence_of_each
from surveys.results.findings import foremost
from surveys.results.strongest import most_and_least
from surveys.results.study_table import StudyTable
from tests.files import csv_rows
from tests.surveys.results.shown import text_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("shipped_catalogue"),
]


def test_every_published_figure_of_schuett_is_what_its_counts_give():
    study = Study.objects.get(slug="schuett-2023")

    assert Figure.objects.filter(result__item__study=study).count() == 50 * 12
    assert figure_differences(study) == []


def test_a_figure_that_differs_from_its_counts_is_reported():
    study = Study.objects.get(slug="schuett-2023")
    figure = Figure.objects.filter(
        result__item__study=study,
        statistic="mean",
    ).first()
    Figure.objects.filter(pk=figure.pk).update(value=figure.value + 0.02)

    [found] = figure_differences(study)

    assert (found.figure, found.computed) == (
        figure,
        pytest.approx(figure.value, abs=0.005),
    )


def test_the_mean_agreement_of_schuett_is_the_published_one(rf):
    study = Study.objects.get(slug="schuett-2023")

    assert StudyTable(study, rf.get("/").GET).average_text == "85 %"
    assert study.published_average_agreement == pytest.approx(0.852)


def test_what_uuk_does_not_report_is_not_filled_in():
    results = Result.objects.filter(item__study__slug="uuk-2024")

    assert results.count() == 3 * 5
    assert not results.filter(tallies__isnull=False).exists()
    assert Counter(results.values_list("agreement", "agreement_bound")) == {
        (0.6, ">"): 12,
        (None, ""): 3,
    }


def test_comments_of_six_measures_are_loaded_with_stance_and_number():
    comments = ExpertComment.objects.published()

    assert comments.values("item").distinct().count() == 6
    assert comments.filter(how_many=ExpertComment.HowMany.ONE).count() == 5


def test_loading_again_changes_nothing_and_keeps_comments_of_curators():
    item = Study.objects.get(slug="uuk-2024").items.first()
    own = ExpertComment.objects.create(
        item=item,
        body="A curator's own.",
        stance=1,
    )

    report = load_studies()

    assert (report.loaded, len(report.unchanged)) == ([], 2)
    assert ExpertComment.objects.filter(pk=own.pk).exists()


def test_a_faulty_file_is_refused_whole_with_file_record_and_field(tmp_path):
    (tmp_path / "bad.yaml").write_text(
        "study: {slug: bad, label: Bad, title: T, method: M, limits: L, document: uuk-2024}\n"
        "items: [{mitigation: No such measure}]\n",
    )

    with pytest.raises(DataError) as refused:
        load_studies(folder=tmp_path)

    assert "bad.yaml: item 1: mitigation: 'No such measure'" in str(
        refused.value,
    )
    assert not Study.objects.filter(slug="bad").exists()


# Shown


def page(client, accession):
    return client.get(
        reverse("mitigation-detail", args=[accession]),
    ).content.decode()


def test_a_mitigation_says_how_many_agreed_with_interval_and_origin(client):
    shown = page(client, "M0061").replace("\N{NO-BREAK SPACE}", " ")

    for text in (
        "47 of 51 experts</b> agreed that AGI laboratories should do this; 2 disagreed",
        "between 82 and 97 % of all such experts would likely agree",
        "computed from counts",
        "2 strongly disagree",
    ):
        assert text in shown


def test_a_bound_is_shown_as_a_bound_and_the_rest_as_not_reported(client):
    shown = page(client, "M0013").replace("\N{NO-BREAK SPACE}", " ")

    assert "More than 60 % of experts</b> found it effective" in shown
    assert "More than 40 % of the combinations" in shown
    assert "how many answered on this measure is not known here" in shown
    assert "Not reported: “Technically feasible”, comments." in shown


def test_what_a_study_did_not_ask_is_not_said_to_be_missing(client):
    assert "preferred combinations" not in page(client, "M0028")
    assert "Not reported: “Effective”" in page(client, "M0001")
    assert "preferred combinations" in page(client, "M0001")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/", "How far do you agree"),
        ("/studies/schuett-2023/", "How far do you agree"),
        ("/studies/uuk-2024/", "Would this measure be effective"),
        ("/mitigations/M0028/", "How far do you agree"),
        ("/mitigations/?ordering=-share_agreeing", "How far do you agree"),
        ("/compare/?m=M0028&m=M0029", "How far do you agree"),
        (
            "/shortlist/brief/?m=M0028&m=M0029&parts=measures",
            "How far do you agree",
        ),
    ],
)
def test_a_question_in_words_of_the_catalogue_is_no_quotation(
    client,
    address,
    words,
):
    shown = text_of(client.get(address))
    assert f"“{words}" not in shown
    assert words not in shown or "in our words" in shown


def test_experts_are_not_taken_for_a_random_sample(client):
    shown = page(client, "M0028").replace("\N{NO-BREAK SPACE}", " ")
    assert (
        "Had they been drawn at random, between 90 and 100 % of all such experts would likely agree."
        in shown
    )


def test_beside_the_dots_of_a_category_stands_how_many_they_are(client):
    shown = text_of(client.get("/"))
    assert "1 of 12" in shown
    assert "20 of 31" in shown


def test_preliminary_evidence_carries_its_notice_on_page_and_in_api(client):
    api = client.get(
        reverse("api:mitigation-detail", args=["M0013"]),
        {"include": "evidence"},
    ).json()

    assert "Please do not cite its" in page(client, "M0013")
    assert {finding["preliminary"] for finding in api["evidence"]} == {True}
    assert {
        e["reason"]
        for e in api["evidence"][0]["estimates"]
        if e["value"] is None
    } == {"not reported"}


def test_the_api_tells_what_was_not_asked_from_what_is_not_known(client):
    study = Study.objects.published().get(slug="uuk-2024")
    items = Item.objects.filter(study=study)
    unknown = next(one for one in items if foremost(one) is None)
    known = next(one for one in items if foremost(one))
    asked = items.values("mitigation")
    unasked = Mitigation.objects.published().exclude(pk__in=asked).first()

    def said_of(mitigation):
        record = client.get(
            reverse("api:mitigation-detail", args=[mitigation.accession]),
            {"include": "evidence"},
        ).json()
        rows = {one["study"]: one for one in record["evidence_by_study"]}
        return rows[study.slug]

    assert said_of(unasked)["no_share"] == "not in this study"
    assert said_of(unasked)["sentence"] is None
    assert said_of(unknown.mitigation)["no_share"] == "not reported"
    assert "is not known here" in said_of(unknown.mitigation)["sentence"]
    assert said_of(known.mitigation)["no_share"] is None


def test_the_api_gives_counts_and_estimates_with_interval(client):
    [finding] = client.get(
        reverse("api:mitigation-detail", args=["M0061"]),
        {"include": "evidence"},
    ).json()["evidence"]
    agreeing = finding["estimates"][0]

    assert [answer["count"] for answer in finding["answers"]] == [
        2,
        0,
        2,
        22,
        25,
        0,
    ]
    assert (agreeing["statistic"], agreeing["n"], agreeing["origin"]) == (
        "share_agreeing",
        51,
        "computed from counts",
    )
    assert (agreeing["low"], agreeing["high"]) == pytest.approx(
        wilson_interval(47, 51),
    )
    assert finding["skipped"] is finding["not_asked"] is None


def test_the_list_by_agreement_puts_bounds_at_their_limit_and_unknowns_last_either_way(
    client,
):
    for ordering, largest_first in (
        ("-share_agreeing", True),
        ("share_agreeing", False),
        ("agreement", True),
        ("-agreement", True),
    ):
        rows = (
            client.get(
                reverse("mitigation-list"),
                {"ordering": ordering, "page": 1},
            )
            .context["filter"]
            .qs
        )
        places = [(row.question, row.support) for row in rows]
        sign = -1 if largest_first else 1

        assert places == sorted(
            places,
            key=lambda place: (place[0], sign * place[1]),
        )
        unknown = [share for question, share in places if question == 2]
        assert set(unknown) == {-1.0}
        assert len(unknown) == len(rows) - 53


def test_minimum_agreement_takes_any_percentage_and_refuses_what_is_none(
    client,
):
    def found(value):
        return client.get(
            reverse("api:mitigation-list"),
            {"min_agreement": value, "fields": "accession"},
        )

    assert (
        found("61").json()["count"] < found("60").json()["count"]
    )  # the bounds “> 60 %” are known to be at least 60
    assert found("101").status_code == found("much").status_code == 400


def test_filter_by_agreement_names_study_and_question(client):
    page = client.get(reverse("mitigation-list")).content.decode()

    assert "Schuett et al. 2023: should be done, 90 % or more" in page
    # Its bounds say “more than 60 %”, and no more.
    assert "Uuk et al. 2024: effective, 60 % or more" in page
    assert "Uuk et al. 2024: effective, 70 % or more" not in page


def test_agreement_is_counted_within_the_question_that_is_named(client):
    def found(value):
        answer = client.get(
            reverse("api:mitigation-list"),
            {"agreement": value, "fields": "accession"},
        )
        return answer.json().get("count", answer.status_code)

    assert found("uuk-2024.effective.60") == 3
    assert found("uuk-2024.effective.61") == 0
    assert found("schuett-2023.should-be-done.0") == 50
    for wrong in (
        "schuett-2023.should-be-done",
        "schuett-2023.should-be-done.101",
        "90",
    ):
        assert found(wrong) == 400


def test_another_share_of_the_same_question_takes_the_place_of_the_first():
    chosen = MitigationFilter(
        QueryDict("agreement=schuett-2023.should-be-done.50"),
    )
    by_value = {one.value: one for one in chosen.facet("agreement").flat}

    same = by_value["schuett-2023.should-be-done.90"].url
    other = by_value["uuk-2024.effective.60"].url

    assert same == "?agreement=schuett-2023.should-be-done.90"
    assert other.count("agreement=") == 2


def test_an_address_with_the_share_in_any_study_still_answers(client):
    page = client.get(reverse("mitigation-list"), {"min_agreement": "75"})

    assert "Experts agreeing, any question" in page.content.decode()
    assert "The highest share in any study." in page.content.decode()


def test_the_home_page_adds_no_experts_of_two_studies(client):
    page = " ".join(client.get("/").content.decode().split())

    assert "of 76 and 51 experts" in page
    assert "127 experts" not in page


def test_a_page_says_in_whose_words_comments_are(client):
    for address in ("/mitigations/M0006/", "/studies/uuk-2024/"):
        page = client.get(address).content.decode()
        assert "Told in the editors’ words, not quoted." in page


def test_the_home_page_states_its_rule_and_ranks_by_the_lower_end(client):
    ranked, _ = most_and_least(5)
    lows = [finding.estimates["share_agreeing"].low for _, finding in ranked]

    assert lows == sorted(lows, reverse=True)
    assert "lower end of the 95 % interval" in client.get("/").content.decode()


@pytest.mark.parametrize(
    "sort",
    ["agreement", "strong", "disagreement", "dont-know", "spread", "n"],
)
def test_a_study_can_be_sorted(client, sort):
    answer = client.get(
        reverse("study-detail", args=["schuett-2023"]),
        {"sort": sort},
    )

    assert answer.status_code == 200
    assert len(answer.context["table"].rows) == 50


def test_a_study_is_narrowed_to_a_category_and_says_what_it_does_not_know(
    client,
):
    address = reverse("study-detail", args=["schuett-2023"])

    assert (
        0
        < len(client.get(address, {"category": "2.3"}).context["table"].rows)
        < 50
    )
    assert client.get(address, {"category": "9"}).status_code == 400
    assert client.get(address, {"srt": "n"}).status_code == 400


def test_the_data_of_a_study_has_every_count(client):
    rows = client.get(
        reverse("study-data", args=["schuett-2023", "json"]),
    ).json()["results"]
    lines = csv_rows(
        client.get(reverse("study-data", args=["schuett-2023", "csv"])),
    )

    assert sum(row["statistic"] == "count" for row in rows) == 50 * 6
    assert len(lines) == len(rows)


def test_evidence_of_a_draft_study_is_nowhere(client):
    Study.objects.update(status=Study.Status.DRAFT)

    mitigation = Mitigation.objects.get(accession="M0061")
    assert evidence_of_each([mitigation]) == [[]]
    assert (
        client.get(reverse("study-detail", args=["schuett-2023"])).status_code
        == 404
    )
    assert client.get(reverse("api:comment-list")).json()["count"] == 0
    assert (
        client.get(
            reverse("api:mitigation-list"),
            {"has_comments": "true"},
        ).json()["count"]
        == 0
    )
