"""The name of a file says what it is of, and can stand on any disk."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalogue.files.exports.names import file_name
from tests.factories import MitigationFactory

pytestmark = pytest.mark.django_db
STATE = r"_rev\d+_\d{4}-\d\d-\d\d"


@pytest.fixture
def some_state():
    MitigationFactory()


def test_a_name_says_filter_revision_and_day(some_state):
    name = file_name(
        "mitigations",
        {"phase": ["deploy"], "ordering": ["name"]},
    )

    assert re.fullmatch(f"mitigations_phase-deploy{STATE}", name)


def test_a_name_of_the_whole_says_no_filter(some_state):
    name = file_name("mitigations", {"phase": [""], "view": ["table"]})

    assert re.fullmatch(f"mitigations{STATE}", name)


def test_a_code_is_read_as_it_stands(some_state):
    name = file_name("matrix_category-x-risk", {"risk": ["4.2", "7"]})

    assert re.fullmatch(f"matrix_category-x-risk_risk-4.2-7{STATE}", name)


def test_the_order_of_parameters_makes_no_other_name(some_state):
    one = file_name("mitigations", {"risk": ["1"], "phase": ["plan"]})
    other = file_name("mitigations", {"phase": ["plan"], "risk": ["1"]})

    assert one == other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("危険", "規制"),
        ("a" * 400, "a" * 399),
        ("../../etc/passwd" * 9, "..\\..\\etc\\passwd" * 9),
    ],
)
def test_choices_that_a_name_cannot_say_have_names_of_their_own(
    some_state,
    one,
    other,
):
    names = {file_name("mitigations", {"q": [text]}) for text in (one, other)}

    assert len(names) == 2


@example("", {"": [":"]})
@example("0" * 40, {"0" * 20: ["0" * 99]})
@given(
    st.text(max_size=80),
    st.dictionaries(st.text(max_size=20), st.lists(st.text(max_size=99))),
)
def test_a_name_is_safe_and_short_whatever_it_is_made_of(name, parameters):
    made = file_name(name, parameters)

    assert re.fullmatch(r"[A-Za-z0-9._-]*", made)
    assert len(f"{made}.parquet") <= 120
    assert not made.startswith(("-", "."))
