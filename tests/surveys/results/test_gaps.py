"""What the page about the catalogue says of the evidence that it lacks."""

import pytest

from surveys.results.gaps import evidence_gaps
from tests.factories import MitigationFactory

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def test_nothing_is_said_where_nothing_is_published():
    assert evidence_gaps() == []


def test_that_no_study_asked_is_said():
    MitigationFactory()

    assert evidence_gaps() == [
        "No study has asked experts about any of the mitigations.",
    ]
