"""How the history puts changes of fields that have words of their own for it."""

import pytest

from catalogue.record.fields import requirements_change


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("", "Outside testers.", "what it takes added"),
        ("Testers.", "Outside testers.", "what it takes reworded"),
        ("Testers.", "", "what it takes removed"),
    ],
)
def test_a_change_of_what_a_measure_takes_is_told(old, new, text):
    assert requirements_change(old, new) == text
