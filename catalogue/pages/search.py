"""Search across kinds: its page, and what is suggested while a reader types."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from serving.problems import bad_address

from ..listing.across import SearchAcross, SearchForm, search_across

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
    return render(
        request,
        "catalogue/search.html",
        _first_found(search_across(form.value("q")), ON_PAGE),
    )


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
