"""Counts of facets are those that a plain count has, whether few are chosen or most."""

import numpy
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from catalogue.listing.counting import counts_in, largest

keys = st.integers(0, 300_000)


@st.composite
def groups(draw):
    """Published keys in groups, and some of them chosen: few, or most."""
    published = draw(st.lists(keys, max_size=120, unique=True))
    group_of = {key: draw(st.integers(0, 9)) for key in published}
    chosen = [
        key
        for key in published
        if draw(st.integers(0, 20)) < draw(st.sampled_from([1, 10, 20]))
    ]
    return group_of, chosen


@given(groups(), st.integers(1, 12))
def test_counts_and_the_largest_of_them_are_those_of_a_plain_count(
    made,
    number,
):
    group_of, picked = made
    sets = [
        BitMap(key for key, group in group_of.items() if group == place)
        for place in range(10)
    ]
    plain = [
        sum(group_of[key] == place for key in picked) for place in range(10)
    ]
    ranked = sorted(range(10), key=lambda place: -plain[place])

    assert counts_in(BitMap(picked), BitMap(group_of), sets).tolist() == plain
    assert largest(numpy.array(plain), number) == ranked[:number]
