"""Every page that stands in an `urls.py` is found by readers, search engines and the tests that
look at pages; or it says here why not.
"""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import URLResolver, get_resolver, resolve
from django.urls.resolvers import RoutePattern

from catalogue import reading
from catalogue.releases.cutting import cut
from serving.public import PRIVATE

BROWSER = Path(settings.BASE_DIR) / "tests/browser"
LINK = re.compile(r'\bhref="(/[^"?#]*)')
SUGGESTED = "a part of a page, which a script asks for while one types"
LEADS_ON = "leads to the page of data, for who cuts an address short"
#: For search engines.
NOT_IN_SITEMAP = {
    "feedback": "a form",
    "release-list": LEADS_ON,
    "crosswalk": "what it shows follows from what is asked: two of many",
    "data-changes": "what it shows follows from what is asked: two states",
    "matrix-alone": "a part of the page of the matrix, for pages of others",
    "brief": "what it shows is of what a reader put together",
    "shortlist": "what it shows is what a reader put together",
    "search": "what it shows follows from what is typed",
    "search-suggestions": SUGGESTED,
    "study-chart": "a part of the page of a study, for pages of others",
}
NOT_LINKED = {
    "brief": "a shortlist leads to it that holds something",
    "release-list": LEADS_ON,
    "search-suggestions": SUGGESTED,
}
#: Of `PAGES` in tests/browser/test_pages.py, of which the data are the shipped ones.
NOT_LOOKED_AT = {
    "changes": "has the parts of the page of a mitigation",
    "data-changes": "it needs a release; test_walk opens it",
    "release-detail": "likewise",
    "release-list": LEADS_ON,
    "search-suggestions": f"{SUGGESTED}; test_suggestions looks at it",
}
#: Of `STARTS` in tests/browser/test_walk.py.
NOT_WALKED_FROM = {
    "matrix-alone": "its links open windows of their own, since it stands in frames",
    "search-suggestions": SUGGESTED,
    "study-chart": "its links open windows of their own, since it stands in frames",
}


def pages(resolver, before=""):
    """The names of routes that lead to pages for readers: no files, nothing of the API or of
    one person.
    """
    for one in resolver.url_patterns:
        if not isinstance(one.pattern, RoutePattern):
            continue
        route = f"{before}{one.pattern}"
        is_of_one = f"/{route}".startswith(PRIVATE) and route != "feedback/"
        if is_of_one or route.startswith("api/v1/"):
            continue
        if isinstance(one, URLResolver):
            yield from pages(one, route)
        elif not route or route.endswith("/"):
            yield name_of(one.callback, one.name, resolver)


def name_of(view, name, resolver):
    namespace = getattr(resolver, "namespace", None)
    return f"{namespace}:{name}" if namespace else name


EVERY_PAGE = sorted(set(pages(get_resolver())))


def page_at(path: str) -> str:
    within = reading.release_requested(path, "").path
    return resolve(within).view_name


def listed(file: str, name: str) -> list[str]:
    """A list of addresses that a module assigns to a name, read without importing it."""
    for node in ast.parse((BROWSER / file).read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"{file} has no {name}")


def pages_among(addresses: list[str]) -> set[str]:
    existing = [one for one in addresses if one != "/nothing-here/"]
    return {page_at(one.partition("?")[0]) for one in existing}


@pytest.fixture
def site(shipped_catalogue):
    cut("2026.11")


def missing(found: set[str], reasons: dict[str, str]) -> set[str]:
    assert not found & reasons.keys(), "found, in spite of a reason why not"
    return set(EVERY_PAGE) - found - reasons.keys()


def test_the_pages_of_the_site_are_found_here():
    assert {"home", "mitigation-detail", "study-list", "api:documentation"} < {
        *EVERY_PAGE,
    }


@pytest.mark.django_db
def test_every_page_is_in_the_sitemap_or_says_why_not(client, site):
    text = client.get("/sitemap.xml").content.decode()
    addresses = re.findall(r"<loc>https?://[^/<]+(/[^<]*)</loc>", text)

    assert missing(pages_among(addresses), NOT_IN_SITEMAP) == set()


@pytest.mark.django_db
def test_every_page_is_reached_by_links_from_the_home_page(client, site):
    reached = {"home"}
    unread = ["/"]
    while unread:
        answer = client.get(unread.pop())
        for path in LINK.findall(answer.content.decode()):
            if not path.endswith("/") or path.startswith(
                (*PRIVATE[:2], "/api/v1/", "/static/", "/releases/2"),
            ):
                continue
            page = page_at(path)
            if page not in reached:
                reached.add(page)
                unread.append(path)

    assert missing(reached, NOT_LINKED) == set()


def test_every_page_is_looked_at_in_a_browser_or_says_why_not():
    found = pages_among(listed("test_pages.py", "PAGES"))

    assert missing(found, NOT_LOOKED_AT) == set()


def test_from_every_page_a_browser_follows_links_or_it_says_why_not():
    found = pages_among(listed("test_walk.py", "STARTS"))

    assert missing(found, NOT_WALKED_FROM) == set()
