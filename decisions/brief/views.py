from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from serving.attachments import attached
from serving.problems import bad_address

from .contents import Contents
from .state import LENGTHS, BriefState
from .texts import as_markdown, as_text

#: By ending: what is made of the contents, and its type.
FORMS = {
    "md": (lambda one: as_markdown(one.brief()), "text/markdown"),
    "txt": (lambda one: as_text(one.brief()), "text/plain"),
    "ris": (
        lambda one: one.bibliography.ris,
        "application/x-research-info-systems",
    ),
    "bib": (lambda one: one.bibliography.bibtex, "application/x-bibtex"),
}
LABELS = {
    "md": "Markdown",
    "txt": "Text for mail",
    "ris": "References as RIS",
    "bib": "References as BibTeX",
}


@require_safe
def brief(request: HttpRequest) -> HttpResponse:
    """What is known of a shortlist, to be taken away; all of it follows from the address."""
    state = BriefState(request.GET)
    if state.problems:
        return bad_address(request, state.problems)
    contents = _contents(request, state)
    context = {
        "state": state,
        "brief": contents.brief(),
        "lengths": [
            (label, state.brief_url(length=name), name == state.length)
            for name, label in LENGTHS.items()
        ],
        "files": [
            (label, state.brief_url(f"brief-{ending}"))
            for ending, label in LABELS.items()
        ],
        "shortlist_url": state.url(),
        "canonical": request.build_absolute_uri(state.brief_url()),
    }
    response = TemplateResponse(
        request,
        "decisions/brief/brief.html",
        context,
    )
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def brief_file(request: HttpRequest, ending: str) -> HttpResponse:
    state = BriefState(request.GET)
    if state.problems:
        return bad_address(request, state.problems)
    make, content_type = FORMS[ending]
    text = make(_contents(request, state))
    response = HttpResponse(text, f"{content_type}; charset=utf-8")
    response["X-Robots-Tag"] = "noindex"
    return attached(response, f"brief.{ending}")


def _contents(request: HttpRequest, state: BriefState) -> Contents:
    if not state.selected.published:
        start = reverse("shortlist")
        raise Http404(f"A brief needs measures: choose some at {start}.")
    return Contents(state, request.build_absolute_uri("/").rstrip("/"))
