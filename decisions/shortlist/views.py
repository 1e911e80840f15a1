from dataclasses import dataclass

from django.http import QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe
from pyroaring import BitMap

from catalogue.listing.crosstab import axis_of
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Document, Mitigation
from serving.parameters import Problem
from serving.problems import bad_address
from surveys.results.support import Support, support_of

from ..selected import address_with, same_measures
from .coverage import FIELDS, Coverage, Covered
from .state import COLON, MOST, TOO_MANY, ShortlistState

#: So many of a shortlist are compared at once.
MOST_COMPARED = 5


@dataclass(frozen=True)
class Entry:
    """A mitigation of the shortlist, with what each study says of it, and the links that move
    it or take it out.
    """

    mitigation: Mitigation
    support: list[Support]
    without_url: str
    up_url: str
    down_url: str


@dataclass(frozen=True)
class Proposed:
    """A mitigation that would fill gaps, and the link that adds it."""

    mitigation: Mitigation
    fills: list[Covered]
    url: str


@require_safe
def shortlist(request):
    """A reader's own selection; all of it is in the address."""
    state = ShortlistState(request.GET)
    if state.problems:
        return bad_address(request, state.problems)
    selected = state.selected
    if state.added or not selected.is_canonical:
        unknown = [] if selected.mitigations else selected.unknown
        names = [*selected.accessions, *unknown]
        if names != state.names:
            return redirect(state.url(names))
    mine = BitMap(one.pk for one in selected.published)
    coverage = Coverage(state.universe, mine)
    accessions = [one.accession for one in selected.published]
    context = {
        "state": state,
        "entries": _shortlist_entries(state, accessions),
        "coverage": coverage,
        "proposed": proposed_measures(state, coverage),
        "responsibilities": _responsibilities(),
        "document_count": Document.objects.count(),
        "same_measures": same_measures(selected.published),
        "asked_count": sum(
            bool(one.items.all()) for one in selected.published
        ),
        "list_url": address_with("mitigation-list", accessions),
        "matrix_url": address_with("matrix", accessions),
        "compare_url": address_with("compare", accessions[:MOST_COMPARED]),
        "brief_url": f"{reverse('brief')}?{state.url().partition('?')[2]}",
        "canonical": request.build_absolute_uri(state.url()),
    }
    response = TemplateResponse(
        request,
        "decisions/shortlist.html",
        context,
    )
    # What somebody put together is nobody's to find by searching.
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def shortlist_of_list(request):
    """Makes a shortlist of all that a list has, in its order."""
    filters = MitigationFilter(request.GET, Mitigation.objects.published())
    problems = list(filters.problems)
    if not problems and len(filters.keys) > MOST:
        text = TOO_MANY.format(most=MOST, count=len(filters.keys))
        problems.append(Problem("m", "", text, []))
    if problems:
        return bad_address(request, problems)
    accessions = [one.accession for one in filters.qs[:MOST]]
    return redirect(address_with("shortlist", accessions))


def _responsibilities() -> list[dict]:
    """What a reader may answer for: (value of `for`, label) of each value of each field."""
    filters = MitigationFilter(QueryDict())
    groups = []
    for parameter, level in FIELDS.items():
        axis = axis_of(filters, parameter, level)
        values = [
            (f"{parameter}{COLON}{value.value}", value.name)
            for value in axis.values
            if not value.is_special
        ]
        if values:
            groups.append({"label": axis.label, "values": values})
    return groups


def _shortlist_entries(
    state: ShortlistState,
    accessions: list[str],
) -> list[Entry]:
    entries = []
    for place, mitigation in enumerate(state.selected.published):
        up, down = accessions.copy(), accessions.copy()
        up.insert(place - 1, up.pop(place))
        down.insert(place + 1, down.pop(place))
        is_last = place == len(accessions) - 1
        entries.append(
            Entry(
                mitigation,
                [support_of(item) for item in mitigation.items.all()],
                state.without_url(mitigation.accession),
                state.url(up) if place else "",
                "" if is_last else state.url(down),
            ),
        )
    return entries


def proposed_measures(
    state: ShortlistState,
    coverage: Coverage,
) -> list[Proposed]:
    """The mitigations that would fill the most gaps, in that order."""
    proposals = coverage.proposals
    keys = [one.key for one in proposals]
    rows = Mitigation.objects.published_among(keys).select_related("document")
    by_key = rows.in_bulk()
    return [
        Proposed(
            by_key[one.key],
            one.fills,
            state.with_url(by_key[one.key].accession),
        )
        for one in proposals
    ]
