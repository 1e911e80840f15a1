"""What records are called on pages, in the words of readers."""

import pytest

from catalogue.models import Classification, ExternalIdentifier


@pytest.mark.parametrize(
    ("origin", "confidence", "expected"),
    [
        ("published", "", "Published by MIT"),
        ("published", "high", "Published by MIT, high confidence"),
        ("project", "", "Classified by MIT"),
        ("project", "low", "Classified by MIT, low confidence"),
    ],
)
def test_a_classification_says_whose_it_is(origin, confidence, expected):
    placed = Classification(
        origin=origin,
        confidence=confidence,
        coder="MIT",
    )

    assert placed.provenance == expected


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("mit-mitigation-database", "MIT database"),
        ("acme-controls", "acme-controls"),
    ],
)
def test_another_catalogue_is_called_by_its_name(scheme, expected):
    assert ExternalIdentifier(scheme=scheme).scheme_name == expected
