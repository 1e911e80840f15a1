"""The geometry of what is drawn."""

import pytest
from django.template.defaultfilters import floatformat
from hypothesis import given
from hypothesis import strategies as st

from surveys.results.bars import coordinate


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (0, 2, "0.00"),
        (100.0, 2, "100.00"),
        (3.125, 2, "3.13"),
        (6.25, 1, "6.3"),
        (200 / 3, 2, "66.67"),
    ],
)
def test_a_place_has_so_many_decimals(value, places, text):
    assert coordinate(value, places) == text


@given(st.integers(1, 500), st.integers(0, 500), st.sampled_from([1, 2]))
def test_a_share_stands_where_a_template_would_write_it(n, count, places):
    share = 100 * min(count, n) / n
    assert coordinate(share, places) == floatformat(share, places)
