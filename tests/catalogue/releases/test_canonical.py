"""Canonical JSON is that of RFC 8785, however it is written."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from catalogue.releases import differences
from catalogue.releases.canonical import Key, canonical_json, digest

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)


@given(VALUES)
def test_it_is_what_the_library_of_the_scheme_writes(value):
    assert canonical_json(value).encode() == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1.0, "a": 0.5}, '{"a":0.5,"b":1}'),
        (
            [1e-7, 1e21, -0.0, 123456789012345.0],
            "[1e-7,1e+21,0,123456789012345]",
        ),
        ("\x7f\n\u2028é/", '"\x7f\\n\u2028é/"'),
        ({"\U0001f600": 1, "\ufb01": 2}, '{"\U0001f600":1,"\ufb01":2}'),
    ],
)
def test_numbers_texts_and_keys_are_written_by_the_scheme(value, text):
    assert canonical_json(value) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53 + 1])
def test_what_the_scheme_has_no_form_for_is_refused(value):
    with pytest.raises(ValueError):
        canonical_json({"value": value})


class Stated:
    """A state of one record, by its text."""

    label = "stated"

    def __init__(self, text):
        self.texts = {Key("result", "a"): text}

    def digests(self):
        return {key: digest(text) for key, text in self.texts.items()}

    def bodies(self, keys):
        return {key: self.texts[key] for key in keys if key in self.texts}


@pytest.mark.parametrize(
    ("before", "changes", "same"),
    [('{"value":1.0}', 0, 1), ('{"value":1}', 0, 1), ('{"value":1.5}', 1, 0)],
)
def test_a_release_of_before_the_scheme_differs_in_values_alone(
    before,
    changes,
    same,
):
    found = differences.difference(Stated(before), Stated('{"value":1}'))

    assert (len(found.changes), len(found.same)) == (changes, same)
