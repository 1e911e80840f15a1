from django.http import Http404, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from catalogue.pages.neighbours import Neighbours, neighbours
from serving.problems import bad_address

from ..selected import address_with, select
from .comparison import ComparedMitigations
from .files import cited_comparison, file_links
from .state import MOST, CompareState

#: So many are offered to be added.
MOST_OFFERED = 5


@require_safe
def compare(request):
    """Two to five side by side. One alone asks for another; none, for the first."""
    state = CompareState(request.GET)
    if state.problems:
        first = state.selected.accessions[:MOST]
        query = state.url(first).partition("?")[2]
        return bad_address(request, state.problems, f"?{query}")
    selected = state.selected
    if state.names and not selected.mitigations:
        names = ", ".join(f"“{name}”" for name in selected.unknown)
        raise Http404(f"No mitigation is called {names}.")
    if not selected.is_canonical:
        names = [*selected.accessions, *selected.unknown]
        return redirect(state.url(names))
    offered: list[Mitigation] = []
    if state.added:
        found = select([state.added], Mitigation.objects.for_list())
        if found.published:
            return redirect(
                state.url([*selected.accessions, *found.accessions]),
            )
        offered = _matching(state.added, selected.accessions)
    elif selected.published and len(selected.published) < MOST:
        offered = _like(selected.published)
    compared = ComparedMitigations(selected.published, state.groups)
    context = {
        "state": state,
        "compared": compared,
        "columns": _compared_columns(state),
        "offered": [
            (one, state.url([*selected.accessions, one.accession]))
            for one in offered
        ],
        "all_rows_url": state.url(only=[]),
        "differences_url": state.url(only=["differences"]),
        "shortlist_url": address_with("shortlist", selected.accessions),
        "is_full": len(selected.mitigations) == MOST,
        "canonical": request.build_absolute_uri(state.url()),
    }
    if len(selected.published) > 1:
        context |= {
            "files": file_links(state),
            "cite_base": reverse("compare"),
            "cite_query": state.query,
            "view_citation": cited_comparison(request, state, compared),
        }
    return TemplateResponse(request, "decisions/compare.html", context)


def _matching(text: str, chosen: list[str]) -> list[Mitigation]:
    """What the list finds for what was typed, but those chosen."""
    query = QueryDict(mutable=True)
    query["q"] = text
    filters = MitigationFilter(query, Mitigation.objects.for_list())
    if filters.problems:
        return []
    found = filters.qs[: MOST_OFFERED + len(chosen)]
    return [one for one in found if one.accession not in chosen][:MOST_OFFERED]


def _like(chosen: list[Mitigation]) -> list[Mitigation]:
    """Those that stand beside the first: in its category, and in its source."""
    beside = neighbours(chosen[0])
    found: list[Mitigation] = []
    for name in ("in_category", "in_document"):
        group = beside.get(name)
        if isinstance(group, Neighbours):
            found += group.mitigations
    return [one for one in found if one not in chosen][:MOST_OFFERED]


def _compared_columns(state: CompareState) -> list[dict]:
    """For each mitigation the links that take it out, or move it."""
    columns = []
    accessions = [one.accession for one in state.selected.published]
    for place, mitigation in enumerate(state.selected.published):
        rest = [*accessions[:place], *accessions[place + 1 :]]
        own = accessions[place]
        left = [*rest[: place - 1], own, *rest[place - 1 :]] if place else []
        is_last = place == len(accessions) - 1
        right = (
            [] if is_last else [*rest[: place + 1], own, *rest[place + 1 :]]
        )
        columns.append(
            {
                "mitigation": mitigation,
                "without_url": state.url(rest),
                "left_url": state.url(left) if left else "",
                "right_url": state.url(right) if right else "",
            },
        )
    return columns
