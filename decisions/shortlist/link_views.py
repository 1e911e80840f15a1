"""A short link is asked for, and followed."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from catalogue.fields import CleanedCharField, on_one_line
from serving.origins import is_from_here
from serving.problems import bad_address
from serving.traits import writes

from ..models import LONGEST_TITLE, NOTHING_TO_LINK
from .links import (
    TooManyLinks,
    count_link,
    link_for,
    made_link,
    stored_link,
)
from .state import ShortlistState

ELSEWHERE = "This was sent from another site. Open the shortlist, and ask for a short link there."


class LinkForm(forms.Form):
    title = CleanedCharField(
        required=False,
        max_length=LONGEST_TITLE,
        clean_text=on_one_line,
    )


@writes
@csrf_exempt  # It needs no cookie, and acts for nobody: its origin is checked instead.
@never_cache
@require_POST
def make_link(request: HttpRequest) -> HttpResponse:
    """Stores the list of the address and leads to its page, which then has the short link."""
    state = ShortlistState(request.GET)
    if state.problems:
        return bad_address(request, state.problems)
    if not is_from_here(request):
        return render(request, "403.html", {"why": ELSEWHERE}, status=403)
    form = LinkForm(request.POST)
    accessions = state.selected.accessions
    if not accessions:
        return _refused(request, state, [NOTHING_TO_LINK])
    if not form.is_valid():
        return _refused(
            request,
            state,
            [str(one) for one in form.errors["title"]],
        )
    content = (
        accessions,
        form.cleaned_data["title"],
        state.answered_for.targets,
    )
    try:
        # To be given what there is already costs nothing.
        link = made_link(*content)
        if link is None:
            count_link(request.META)
            link = link_for(*content)
    except TooManyLinks as refused:
        response = _refused(request, state, [str(refused)], status=429)
        response["Retry-After"] = str(refused.seconds)
        return response
    except ValidationError as error:
        return _refused(request, state, error.messages)
    response = redirect(f"{state.url(link=link.code)}#short-link")
    # What was sent is not sent again where the page is loaded anew.
    response.status_code = 303
    return response


def _refused(
    request: HttpRequest,
    state: ShortlistState,
    messages: list[str],
    status: int = 400,
) -> HttpResponse:
    address = state.url()
    context = {
        "messages_of_link": messages,
        "shortlist_url": address,
        "whole_address": request.build_absolute_uri(address),
    }
    return render(
        request,
        "decisions/short_link_refused.html",
        context,
        status=status,
    )


@require_safe
def follow_link(request: HttpRequest, code: str) -> HttpResponse:
    """To the list's own address, which stays the main one."""
    link = stored_link(code)
    if link is None:
        raise Http404("There is no such short link.")
    address = ShortlistState(QueryDict()).url(
        link.accessions,
        targets=link.answered_for,
        title=link.title,
    )
    response = redirect(address)
    response["X-Robots-Tag"] = "noindex"
    return response
