"""Counts of facets are those that a plain count has, whichever way is quickest."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from catalogue.counting import Chosen, most_tallied

keys = st.integers(0, 300_000)


@st.composite
def groups(draw):
    """Published keys in groups, and some of them chosen: few, or most."""
    published = draw(st.lists(keys, max_size=120, unique=True))
    group_of = {key: draw(st.integers(0, 9)) for key in published}
    chosen = [key for key in published if draw(st.integers(0, 20)) < draw(st.sampled_from([1, 10, 20]))]
    return group_of, chosen


@given(groups(), st.integers(1, 12))
def test_each_way_of_counting_gives_the_same(made, number):
    group_of, picked = made
    sets = [BitMap(key for key, group in group_of.items() if group == place) for place in range(10)]
    chosen = Chosen(BitMap(picked), BitMap(group_of))
    plain = [sum(group_of[key] == place for key in picked) for place in range(10)]
    ranked = sorted(range(10), key=lambda place: -plain[place])
    best = [(place, plain[place]) for place in ranked[:number]]
    sizes = [*map(len, sets)]
    by_size = sorted(range(10), key=sizes.__getitem__, reverse=True)

    assert chosen.counts(sets) == plain
    assert [chosen.count(one) for one in sets] == plain
    assert chosen.with_any(sets, len(sets)) == sum(count > 0 for count in plain)
    assert chosen.with_any(sets, 2) == min(2, sum(count > 0 for count in plain))
    assert chosen.most(sets, by_size, sizes, number) == best
    assert most_tallied(Counter(group_of[key] for key in picked), {n: n for n in range(10)}, number) == best
