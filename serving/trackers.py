"""What newsletters, advertisements and social networks add to an address, to count who follows
it: pages take no notice of it.

Pages refuse parameters that they do not know, and readers who come from a newsletter have typed
none of these. They are dropped before anything reads the query, so that no link of the page
carries them on, and no kept answer is kept once for each reader. The API stays strict: who
writes a request by hand or in code wants to know of every parameter that does nothing.
"""

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponseBase

#: Names of parameters, in any case.
TRACKERS = re.compile(
    r"utm_.+|mc_.+|_hs.+|hsa_.+|pk_.+|mtm_.+|fbclid|gclid|gbraid|wbraid|dclid|msclkid|twclid|igshid|mkt_tok|_ga|_gl|ref",
    re.IGNORECASE,
)
#: Addresses that are no pages for readers.
STRICT = ("/api/v", "/admin/")


def without_trackers(path: str, query: str) -> str:
    """The query string of an address without trackers, where `path` is a page. What stays is as
    it was.
    """
    if not query or path.startswith(STRICT):
        return query
    return "&".join(part for part in query.split("&") if not _is_tracker(part))


def _is_tracker(part: str) -> bool:
    """Whether a piece of a query, such as `utm_source=letter`, is one."""
    name = unquote_plus(part.partition("=")[0])
    return TRACKERS.fullmatch(name) is not None


class DropTrackers:
    """The outermost middleware, so that `request.GET` and the full path never had them."""

    def __init__(
        self,
        get_response: Callable[[HttpRequest], HttpResponseBase],
    ):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.META["QUERY_STRING"] = without_trackers(
            request.path_info,
            request.META.get("QUERY_STRING", ""),
        )
        return self.get_response(request)
