"""Synonyms of which a line has no word: refused where they are written, left out where they
stand all the same.
"""

import pytest
from django.core.exceptions import ValidationError

from catalogue.models import Synonym
from catalogue.models.synonym import place_named
from tests.factories import MitigationFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "line"),
    [("term", "—"), ("also_typed", "…"), ("means", "shut down\n—")],
)
def test_a_line_without_a_word_is_refused(name, line):
    values = {"term": "kill switch", "means": "shut down", name: line}
    with pytest.raises(ValidationError, match="no letter and no digit"):
        Synonym(**values).full_clean()


@pytest.mark.parametrize(
    "address",
    [
        "/mitigations/?q=kill+switch",
        "/search/?q=kill+switch",
        "/search/suggestions/?q=kill+switch",
        "/api/v1/mitigations/?q=kill+switch",
        "/api/v1/search/?q=kill+switch",
        "/search/?q=%E2%80%94",
    ],
)
def test_a_search_does_not_fail_at_one_that_stands_all_the_same(
    client,
    address,
):
    MitigationFactory(name="Shut down")
    Synonym.objects.create(term="kill switch", means="—\nshut down")
    Synonym.objects.create(term="—", means="shut down")
    assert client.get(address).status_code == 200


def test_a_place_counts_however_many_spaces_stand_in_it():
    assert place_named("Category  1.2.5") == "category 1.2.5"
    assert place_named("shut down") == ""
