"""How lists are cited, whole."""

from catalogue.listing.filters import (
    WHOLE_FACET,
    FirstGroupFilter,
    MitigationFilter,
)
from catalogue.record.citations import ViewCitation, cite_view
from serving.addresses import address_of

#: Parameters of a list that change how it looks, and nothing of what it holds. What else its page
#: reads is no filter either: `filters.extra`.
OF_LOOKS = ("view", "ordering", WHOLE_FACET)
#: Those of the API's list alone.
OF_API = ("format", "fields", "include", "facets", "page_size")


def canonical_query(filters: MitigationFilter) -> str:
    """The query string of what a list holds, however it is looked at; empty of the whole list."""
    names = [*OF_LOOKS, *OF_API, *filters.extra]
    without: dict[str, list[str]] = dict.fromkeys(names, [])
    for name, one in filters.filters.items():
        if isinstance(one, FirstGroupFilter):
            without[name] = []
    query = filters.url(**without).removeprefix(filters.address)
    return query if query != "?" else ""


def cited_list(
    filters: MitigationFilter,
    base_url: str,
    notices: list[str],
) -> ViewCitation:
    """How a list of mitigations is cited, wherever it is shown. `notices` are of what is
    preliminary in it.
    """
    address = address_of("mitigation-list") + canonical_query(filters)
    return cite_view(filters.title, base_url + address, notices)
