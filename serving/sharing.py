"""What everybody may take from anywhere."""

import re

#: Of what never changes: whoever keeps it need not ask again.
FOR_EVER = "public, max-age=31536000, immutable"

#: The API, and every file of records, today's or a release's.
SHARED = re.compile(
    r"(?:/releases/[^/]+)?/(?:api/|data/|changes\.atom$|(?:mitigations|documents|studies)/(?:[^/]+/)?[^/]+\.[a-z0-9]+$)"
)


def is_shared(path: str) -> bool:
    """Whether scripts and pages of other sites may read what stands there."""
    return SHARED.match(path) is not None
