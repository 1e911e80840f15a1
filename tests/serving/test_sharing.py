"""What kind of address it is."""

import pytest

from serving.sharing import is_api


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/", True),
        ("/api/v1/mitigations/", True),
        ("/api/v2/", True),
        ("/releases/2026.11/api/v1/mitigations/", True),
        ("/api/", False),
        ("/mitigations/", False),
        ("/documents/api/v1/", False),
    ],
)
def test_the_api_is_known_by_its_address(path, expected):
    assert is_api(path) == expected
