from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from catalogue import reading
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from serving.parameters import Problem
from serving.problems import bad_address

from . import carried
from .beginnings import begun_with
from .carried import carried_in, carried_problems, shortlist_url
from .left_out import has_words
from .page import page_context
from .places import MOST, overfilled, taking_places
from .state import ShortlistState

#: So many names that there are not are told after a column was pasted.
MOST_UNKNOWN = 10


@require_safe
def shortlist(request: HttpRequest) -> HttpResponse:
    """A reader's own selection; all of it is in the address."""
    state = ShortlistState(request.GET)
    if problems := state.problems:
        return bad_address(request, problems)
    if "begin" in request.GET:
        return _begin(request, state)
    if not state.is_canonical:
        unknown = state.selected.unknown[:MOST_UNKNOWN]
        address = state.url([*state.selected.accessions, *unknown])
        if address != request.get_full_path():
            return redirect(address)
    link = None if reading.current_release() else state.short_link
    context = {
        **page_context(state),
        "short_url": request.build_absolute_uri(link.get_absolute_url())
        if link
        else "",
        "canonical": request.build_absolute_uri(
            state.url(sort="", as_of="", title=""),
        ),
    }
    response = TemplateResponse(
        request,
        "decisions/shortlist.html",
        context,
    )
    if has_words(request.GET):
        add_never_cache_headers(response)
    # What somebody put together is nobody's to find by searching.
    response["X-Robots-Tag"] = "noindex"
    return response


def _begin(request: HttpRequest, state: ShortlistState) -> HttpResponse:
    """Leads to the list with these behind what is chosen already; all else of it stays."""
    accessions, problems = begun_with(request.GET["begin"])
    accessions = [*state.selected.accessions, *accessions]
    accessions = list(dict.fromkeys(accessions))
    beside = urlencode(state.held([]))
    count = len(taking_places(accessions))
    return _shortlist_made_of(request, accessions, problems, count, beside)


@require_safe
def shortlist_of_list(request: HttpRequest) -> HttpResponse:
    """Makes a shortlist of all that a list has, in its order, behind what is chosen already."""
    filters = MitigationFilter(
        request.GET,
        Mitigation.objects.published(),
        extra=[carried.PARAMETER, carried.BESIDE_IT],
    )
    chosen = carried_in(filters)
    if problems := [*filters.problems, *carried_problems(filters)]:
        return bad_address(request, problems)
    count = len(filters.keys)
    if count <= MOST:
        chosen += [one.accession for one in filters.qs[:MOST]]
        chosen = list(dict.fromkeys(chosen))
        count = len(taking_places(chosen))
    beside = carried.carried_beside(filters)
    return _shortlist_made_of(request, chosen, [], count, beside)


def _shortlist_made_of(
    request: HttpRequest,
    accessions: list[str],
    problems: list[Problem],
    count: int | None = None,
    beside: str = "",
) -> HttpResponse:
    """Leads to the shortlist of these, of which there are `count`, unless that is too many."""
    count = len(accessions) if count is None else count
    problems = problems or overfilled("m", count)
    if problems:
        return bad_address(request, problems)
    return redirect(shortlist_url(accessions, beside))
