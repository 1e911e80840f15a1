"""Briefs of the measures that come with the site."""

import pytest

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
