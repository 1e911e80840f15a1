"""A statistic is one row: what the API, files, pages and documents say of it derives from it."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.urls import reverse

from surveys.estimates import Point
from surveys.models import Figure, Result
from surveys.results import statistics
from surveys.results.columns import LONG
from surveys.results.findings import findings_of
from surveys.results.statistics import STATISTICS, Sort, Statistic
from surveys.results.study_filter import SORTS, _table_sorts
from tests.surveys.factories import make_full_study

DOCS = Path(__file__).parents[3] / "docs/api.md"
FURTHER = Statistic(
    name="answers_with_a_value",
    label="answers with a value",
    note="for this test",
    compute=lambda counts: float(sum(counts.values())),
    heading="Answers with a value",
    sort=Sort("valued", "answers with a value", 7),
)


#: Of 1, 2, 3, 4 and 2 answers from -2 to 2, and 3 who do not know: worked out by hand. The mean
#: is (-2 - 2 + 4 + 4) / 12 = 1/3, and the squares of what lies around it add up to 18 - 12/9.
COUNTS = {
    Point(-2, -1): 1,
    Point(-1, -1): 2,
    Point(0, 0): 3,
    Point(1, 1): 4,
    Point(2, 1): 2,
    Point(None, 0, is_dont_know=True): 3,
}
VARIANCE = (18 - 12 / 9) / 11
EXPECTED = {
    "share_agreeing": 6 / 15,
    "share_disagreeing": 3 / 15,
    "share_strongly_agreeing": 2 / 15,
    "mean": 1 / 3,
    "standard_error": (VARIANCE / 12) ** 0.5,
    "variance": VARIANCE,
    "median": 0.5,
    "first_quartile": -0.25,
    "third_quartile": 1,
    # Layers of five, four, two and one answers, of which A is 0, 1/4, 3/4 and 1.
    "agreement": (4 * 1 / 4 + 2 * 3 / 4 + 1) / 12,
    "share_of_combinations": 3 / 4,
    "share_moved": 0.2,
}


@pytest.mark.parametrize("name", STATISTICS)
def test_each_statistic_has_the_value_that_is_worked_out_by_hand(name):
    result = Result(combined=3, combiners=4, shift=0.2)

    estimate = STATISTICS[name].estimate(result, COUNTS, "label")

    assert estimate.value == pytest.approx(EXPECTED[name])


@pytest.fixture
def further(monkeypatch):
    monkeypatch.setitem(STATISTICS, FURTHER.name, FURTHER)


@pytest.fixture
def study(db):
    return make_full_study()


def test_each_statistic_is_explained_in_the_documentation_of_the_api():
    text = DOCS.read_text()

    assert [name for name in STATISTICS if f"`{name}`" not in text] == []


def test_each_statistic_that_a_source_can_publish_has_a_row():
    published = {str(value) for value in Figure.Statistic.values}

    assert published - set(STATISTICS) == {"share_choosing"}


def test_each_statistic_is_named_in_the_data_dictionary():
    [column] = [column for column in LONG if column.name == "statistic"]

    for name, row in STATISTICS.items():
        assert (
            f"{name} ({row.note})" if row.note else name
        ) in column.description


def test_the_sorts_of_a_study_are_offered_in_their_order():
    assert list(SORTS) == [
        "agreement",
        "strong",
        "disagreement",
        "dont-know",
        "spread",
        "n",
    ]


@pytest.mark.usefixtures("further")
def test_one_row_puts_a_statistic_into_the_api_the_files_the_page_and_the_sorts(
    client,
    study,
):
    api = client.get(reverse("api:study-results", args=[study.slug])).json()
    file = client.get(reverse("study-data", args=[study.slug, "csv"]))
    item = study.items.first()
    page = client.get(item.mitigation.get_absolute_url()).content.decode()

    scaled = [row for row in api if row["criterion"]]
    assert scaled
    for row in scaled:
        names = [one["statistic"] for one in row["estimates"]]
        assert names[-1] == FURTHER.name
    assert FURTHER.name in b"".join(file).decode()
    assert f"<dt>{FURTHER.heading}</dt>" in page
    assert _table_sorts()["valued"].value(findings_of(item)[0]) > 0


def test_a_statistic_that_counts_do_not_give_says_why():
    def never(counts):
        raise ValueError("It needs more.")

    row = replace(FURTHER, compute=never)

    estimate = row.estimate(
        None,
        {statistics.estimates.Point(1, 1): 3},
        "label",
    )

    assert (estimate.value, estimate.reason) == (None, "It needs more.")
