"""Briefs of the measures that come with the site."""

import pytest

from catalogue.models import Mitigation
from decisions.brief.laws import blocks_of_all, blocks_of_measure
from decisions.shortlist.asked import AskedFor
from tests.decisions.brief.tagged import reader_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]
#: Of both studies that were published elsewhere, and one that no study asked about.
TWELVE = [*range(13, 19), *range(30, 35), 85]


def test_twelve_measures_in_short_fit_one_page(client):
    query = "&".join(f"m=M{number:04}" for number in TWELVE)
    answer = client.get(f"/shortlist/brief.pdf?{query}&length=1")

    assert answer.status_code == 200
    assert len(reader_of(answer.content).pages) == 1


LONGER = "providers of models on the market before 2 August 2025 have until 2 August 2027, Article 111(3)"


@pytest.fixture
def asked_for():
    """Of the measures about which Article 55 of the EU AI Act asks a part."""
    rows = Mitigation.objects.filter(accession__in=["M0013", "M0019"])
    return AskedFor(list(rows))


def test_a_shortlist_counts_duties_on_models_in_the_european_union_as_applying(
    asked_for,
):
    [_, in_part, *_] = asked_for.points

    assert "law that applies requires a part of 2 (" in in_part
    assert in_part.endswith(
        f"EU AI Act, Article 55(1)(a), Article 55(1)(c): {LONGER}.",
    )


def test_a_brief_counts_duties_on_models_in_the_european_union_as_applying(
    asked_for,
):
    _, table, _ = blocks_of_all(asked_for)
    [row] = [row for row in table.rows if row[0] == "EU AI Act"]

    assert row[2].startswith("requires a part of 2 (")
    assert row[2].endswith(f", though {LONGER}")
    assert row[3] == "none"


def test_a_brief_says_of_each_measure_who_has_longer(asked_for):
    for one in asked_for.mitigations:
        [lines, *_] = blocks_of_measure(one, asked_for, entry=1)
        told = " ".join(lines.items)
        assert f"from 2 August 2025 ({LONGER})" in told
