from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalogue.models import Mitigation
from serving.problems import bad_address

from ..selected import address_with, select
from .columns import compared_columns
from .comparison import ComparedMitigations
from .files import cited_comparison, file_address, file_links
from .offers import Offer, alike, offers_matching
from .rows import Group
from .state import MOST, CompareState


@require_safe
def compare(request):
    """Two to five side by side. One alone asks for another; none, for the first."""
    state = CompareState(request.GET)
    if state.problems:
        first = [one.accession for one in state.selected.published[:MOST]]
        query = state.url(first).partition("?")[2]
        return bad_address(request, state.problems, f"?{query}")
    selected = state.selected
    if state.names and not selected.mitigations:
        names = ", ".join(f"“{name}”" for name in selected.unknown)
        raise Http404(f"No mitigation is called {names}.")
    if not selected.is_canonical:
        names = [*selected.accessions, *selected.unknown]
        return redirect(state.url(names))
    offered: list[Offer] = []
    if state.added:
        found = select([state.added], Mitigation.objects.for_list())
        if found.published and not state.is_full:
            return redirect(
                state.url([*selected.accessions, *found.accessions]),
            )
        offered = offers_matching(state.added, selected.accessions)
    elif selected.published and not state.is_full:
        offered = alike(selected.published)
    compared = ComparedMitigations(
        selected.published,
        state.groups,
        state.head,
    )
    context = {
        "state": state,
        "compared": compared,
        "columns": compared_columns(state),
        "offered": [
            (one, state.url([*selected.accessions, one.mitigation.accession]))
            for one in offered
        ],
        "all_rows_url": state.url(only=[]),
        "differences_url": state.url(only=["differences"]),
        "by_measure_url": state.url(by=["measure"]),
        "by_question_url": state.url(by=[]),
        "measures": compared.by_measure(state.has_differences_only)
        if state.is_by_measure
        else [],
        "groups": [
            (group, _head_url(state, group)) for group in compared.groups
        ],
        "shortlist_url": address_with("shortlist", selected.accessions),
        "is_full": state.is_full,
        "canonical": request.build_absolute_uri(state.url()),
    }
    if len(selected.published) > 1:
        context |= _ways_to_take_it_along(request, state, compared)
    return TemplateResponse(request, "decisions/compare.html", context)


def _ways_to_take_it_along(
    request: HttpRequest,
    state: CompareState,
    compared: ComparedMitigations,
) -> dict[str, Any]:
    return {
        "files": file_links(state),
        "text_url": file_address(state, "md"),
        "html_url": file_address(state, "html"),
        "cite_base": reverse("compare"),
        "cite_query": state.query,
        "view_citation": cited_comparison(request, state, compared),
    }


def _head_url(state: CompareState, group: Group) -> str:
    """Where the group comes first; empty where it cannot, or does."""
    if group.study is None:
        return ""
    study = group.study.slug
    question = group.criterion.slug if group.criterion else ""
    if state.head in ((study, question), (study, "")):
        return ""
    return state.url(study=[study], question=[question])
