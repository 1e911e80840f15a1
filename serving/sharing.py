"""What kind of address it is: the API's, or of what everybody may take from anywhere."""

import re

#: Of what never changes: whoever keeps it need not ask again.
FOR_EVER = "public, max-age=31536000, immutable"

#: The API, and every file of records, today's or a release's.
SHARED = re.compile(
    r"(?:/releases/[^/]+)?/(?:api/|data/|changes\.atom$|(?:mitigations|documents|studies)/(?:[^/]+/)?[^/]+\.[a-z0-9]+$)",
)


#: Where the API stands.
API_ROOT = "/api/v1/"
#: Where the API and the forms of its documentation stand, which send it what is filled in.
API_AND_DOCUMENTATION = "/api/"
#: The API, today's or a release's; not its documentation, which is a page.
API = re.compile(r"(?:/releases/[^/]+)?/api/v")


def is_api(path: str) -> bool:
    """Whether what stands there is asked for by programs, which read errors as problems."""
    return API.match(path) is not None


def is_shared(path: str) -> bool:
    """Whether scripts and pages of other sites may read what stands there."""
    return SHARED.match(path) is not None
