"""What pages show of a list of mitigations: the page of it, what leads on from it, and on pages about
something else a part of it.
"""

from collections.abc import Sequence

from django.core.paginator import Paginator
from django.http import QueryDict
from django.utils.functional import cached_property

from ..files.exports.snippets import taken_along
from ..listing.filters import MitigationFilter
from ..models import Mitigation
from . import browsing, layouts
from .citing import citing, site_url

#: How many a category's page holds of those placed there, and of those placed there too.
MOST_HERE = 50
#: How many a document's page holds.
MOST_OF_A_DOCUMENT = 100
#: Fewer than these are not worth a click.
FEWEST_FOLDED = 6


class ShallowPaginator(Paginator):
    """Pages by number, as deep as they go."""

    @cached_property
    def num_pages(self):
        return min(super().num_pages, browsing.LAST_PAGE)

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than in all its pages."""
        return self.count > self.num_pages * self.per_page


def page_links(filters: MitigationFilter, page) -> dict:
    """Links to the pages: `before` and `after` this one (or None), and `numbers`; a gap has
    no address.
    """

    def url(number):
        return filters.url(page=[str(number)] if number > 1 else [])

    numbers = page.paginator.get_elided_page_range(
        page.number,
        on_each_side=1,
        on_ends=1,
    )
    return {
        "before": url(page.previous_page_number())
        if page.has_previous()
        else None,
        "after": url(page.next_page_number()) if page.has_next() else None,
        "numbers": [
            (number, url(number) if isinstance(number, int) else None)
            for number in numbers
        ],
    }


def list_links(request, filters: MitigationFilter) -> dict:
    """What leads on from a list: its layouts, its files and code that fetches it."""
    api_query = filters.url(**layouts.without_page()).partition("?")[2]
    return {
        "cards_url": filters.url(view=[]),
        "table_url": filters.url(view=["table"]),
        "further_layouts": browsing.further_layouts(filters),
        "api_query": f"?{api_query}",
        **taken_along(site_url(request), f"?{api_query}"),
        **citing(request, filters),
    }


def folded(entries: Sequence[Mitigation]) -> dict:
    """Of what a page holds of a list the first, and the rest, which stand folded away."""
    first = browsing.PAGE_SIZE
    if len(entries) < first + FEWEST_FOLDED:
        first = len(entries)
    return {
        "mitigations": entries[:first],
        "folded_mitigations": entries[first:],
    }


def part_of_list(request, list_url: str) -> dict:
    """What a page about one value of a filter shows of the list, which `list_url` addresses: its
    first page, with the filters, orders and files that the list has there.
    """
    address, _, query = list_url.partition("?")
    filters = MitigationFilter(QueryDict(query), Mitigation.objects.for_list())
    filters.address = address
    page = ShallowPaginator(filters.qs, browsing.PAGE_SIZE).page(1)
    count = page.paginator.count
    return {
        "filter": filters,
        "page_obj": page,
        "paginator": page.paginator,
        "pages": page_links(filters, page),
        "view": browsing.LAYOUTS[0],
        "whole_count": min(count, browsing.LONGEST_PAGE),
        "whole_url": filters.url(page=[browsing.WHOLE]),
        "list_url": list_url,
        **list_links(request, filters),
    }
