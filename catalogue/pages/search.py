"""Search across kinds: its page, and what is suggested while a reader types."""

from urllib.parse import urlsplit

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from serving.problems import bad_address

from ..listing.across import (
    FoundTarget,
    SearchAcross,
    SearchForm,
    search_across,
)
from ..listing.filters import MitigationFilter
from ..models import Mitigation

#: How many of each are shown: of mitigations, of what leads to a list of them, of documents and
#: studies.
ON_PAGE = {"mitigations": 5, "ways": 12, "sources": 12}
SUGGESTED = {"mitigations": 5, "ways": 4, "sources": 2}


@require_safe
def search(request) -> HttpResponse:
    """All that a text leads to, by its kind."""
    form = SearchForm(request.GET)
    if form.problems:
        return bad_address(request, form.problems)
    found = _first_found(search_across(form.value("q")), ON_PAGE)
    if not found["count"] or _asks_for_an_order(found):
        found["instead"] = _instead(found["ways"])
        found["count"] = 0
    return render(request, "catalogue/search.html", found)


def _asks_for_an_order(found: dict) -> bool:
    """Whether what was typed is an order of the list, and mitigations have some of its words by
    chance: “which measures do most experts agree on?”
    """
    plan = found["filter"].search
    return bool(
        plan
        and plan.uses_any_word
        and found["ways"]
        and found["ways"][0].target.kind.is_order,
    )


def _instead(ways: list[FoundTarget]) -> dict | None:
    """Where no mitigation has the words: the list that comes nearest, with its first entries."""
    nearest = next((one for one in ways if one.count), None)
    if nearest is None:
        return None
    query = QueryDict(urlsplit(nearest.target.list_url).query)
    listed = MitigationFilter(query, Mitigation.objects.for_list())
    return {
        "found": nearest,
        "filter": listed,
        "mitigations": listed.qs[: ON_PAGE["mitigations"]],
    }


@require_safe
def suggestions(request) -> HttpResponse:
    """The options of the list that opens below a search field: a part of a page."""
    form = SearchForm(request.GET)
    if form.problems:
        return bad_address(request, form.problems)
    across = search_across(form.value("q"), is_unfinished=True)
    return render(
        request,
        "catalogue/_suggestions.html",
        _first_found(across, SUGGESTED),
    )


def _first_found(across: SearchAcross, most: dict[str, int]) -> dict:
    """What is found, of each sort the first, with `count`, of all mitigations that are."""
    return {
        "across": across,
        "filter": across.filters,
        "mitigations": across.mitigations[: most["mitigations"]],
        "count": len(across.mitigations),
        "ways": across.ways(most["ways"]),
        "sources": across.sources(most["sources"]),
    }
