"""What the address of a matrix says."""

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from catalogue.listing.crosstab import AXES
from decisions.matrix.state import MatrixState
from tests.factories import LifecyclePhaseFactory

pytestmark = pytest.mark.django_db

OWN = {
    "rows": list(AXES),
    "columns": list(AXES),
    "rows_level": ["1", "2", "3"],
    "show": ["count"],
    "empty": ["keep", "hide"],
    "scale": ["fixed", "own"],
    "sort": ["code", "total"],
    "against": ["all", "phase=deploy&actor=none", "release:2026.11"],
    "mark": ["red team", "“audit” & log"],
}


def state_of(query: str) -> MatrixState:
    return MatrixState(QueryDict(query))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.sampled_from(values) for name, values in OWN.items()
        },
    ),
    st.lists(st.sampled_from(["2", "2.3", "10.1"]), unique=True),
)
def test_an_address_is_read_as_it_was_written(own, opened):
    query = QueryDict(mutable=True)
    query.update(own)
    query.setlist("open", opened)
    state = state_of(query.urlencode())

    again = state_of(state.url().partition("?")[2])

    assert again.parameters() == state.parameters()
    assert [again[name] for name in OWN] == [state[name] for name in OWN]


def test_what_stands_without_being_written_is_left_out():
    assert state_of("rows=category&show=count").url() == "/matrix/"


def test_filters_of_the_list_are_carried():
    LifecyclePhaseFactory(slug="deploy")
    state = state_of("phase=deploy&rows=actor")

    assert state.problems == []
    assert state.url() == "/matrix/?rows=actor&phase=deploy"


def test_numbers_alone_are_compared():
    [problem] = state_of("show=evidence&against=all").problems

    assert (problem.parameter, problem.allowed) == ("show", ["count"])


def test_the_same_field_twice_is_refused_with_the_others():
    [problem] = state_of("rows=phase").problems

    assert problem.parameter == "columns"
    assert "phase" not in problem.allowed


@pytest.mark.parametrize(
    "query",
    [
        "rows=nothing",
        "show=all",
        "rows_level=9",
        "open=x",
        "page=2",
        "zzz=1",
        "against=release:1",
        "against=phase=deploy",
        "against=all&against=x=1",
        f"mark={'x' * 301}",
    ],
)
def test_what_is_unknown_is_refused(query):
    assert len(state_of(query).problems) == 1
