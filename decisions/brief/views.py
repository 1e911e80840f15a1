from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from rest_framework.request import Request

from serving.attachments import attached
from serving.origins import is_from_here
from serving.problems import bad_address
from serving.streams import busy
from serving.traits import takes_words

from ..shortlist.left_out import has_words
from .contents import Contents
from .forms import ALL_FORMS, FORMS, name_of_file
from .linked import linked_parts
from .pdf import NotSet
from .state import LENGTHS, NOTES, PARTS, BriefState
from .words import WordsForm

ELSEWHERE = (
    "This was sent from another site. Open the brief, and send it from there."
)


@takes_words
@csrf_exempt  # It changes nothing, for nobody; whoever sends it words does so from its own page.
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def brief(request: HttpRequest, ending: str = "") -> HttpResponse:
    """What is known of a shortlist, to be taken away, as a page or (with an `ending`) as a file.
    All of it follows from the address, but for the reader's own words, which are sent.
    """
    state = BriefState(request.GET)
    if state.problems:
        return bad_address(request, state.problems)
    if not state.selected.published:
        return _of_none(request, state)
    is_sent = request.method == "POST"
    if is_sent and not is_from_here(request):
        return render(request, "403.html", {"why": ELSEWHERE}, status=403)
    form = WordsForm(
        state.selected.published,
        request.POST if is_sent else None,
        state.title,
    )
    base_url = request.build_absolute_uri("/").rstrip("/")
    contents = Contents(state, base_url, form.words)
    if ending and not form.errors:
        response = brief_file(request, contents, ending)
    else:
        response = _brief_page(request, contents, form)
    if is_sent or has_words(request.GET):
        add_never_cache_headers(response)
    # What somebody put together is nobody's to find by searching.
    response["X-Robots-Tag"] = "noindex"
    return response


def _of_none(request: HttpRequest, state: BriefState) -> HttpResponse:
    """What became of all that the address names, where no brief can be made of it."""
    gone = state.selected.withdrawn
    successors = [one.successor.accession for one in gone if one.successor]
    context = {
        "state": state,
        "successors_url": state.brief_url(
            accessions=list(dict.fromkeys(successors)),
        )
        if successors
        else "",
        "shortlist_url": state.url(),
    }
    response = render(
        request,
        "decisions/brief/none.html",
        context,
        status=HTTPStatus.GONE if gone else HTTPStatus.NOT_FOUND,
    )
    add_never_cache_headers(response)
    response["X-Robots-Tag"] = "noindex"
    return response


def brief_file(
    request: HttpRequest | Request,
    contents: Contents,
    ending: str,
) -> HttpResponse:
    form = ALL_FORMS[ending]
    try:
        content = form.write(contents)
    except NotSet:
        return busy(request)
    media_type = form.media_type
    if isinstance(content, str):
        media_type += "; charset=utf-8"
    response = HttpResponse(content, media_type)
    return attached(response, name_of_file(contents, ending))


def _brief_page(
    request: HttpRequest,
    contents: Contents,
    form: WordsForm,
) -> HttpResponse:
    state = contents.state
    made = contents.brief()
    context = {
        "state": state,
        "brief": made,
        "blocks": linked_parts(made),
        "form": form,
        "has_words": form.is_bound or bool(state.title),
        "lengths": [
            (
                label,
                state.brief_url(length=name),
                name == state.length and not state.has_own_parts,
            )
            for name, label in LENGTHS.items()
        ],
        "parts": [
            (PARTS[name], state.with_part_url(name), name in state.parts)
            for name in state.possible_parts
        ],
        "has_one_part": len(state.parts) == 1,
        "notes": [
            (label, state.brief_url(notes=name), name == state.notes)
            for name, label in NOTES.items()
        ],
        "has_notes": "measures" in state.parts,
        "files": _form_links(state, has_words=True),
        "reference_files": _form_links(state, has_words=False),
        "has_all_parts": {*state.possible_parts} <= {*state.parts},
        "text_url": state.brief_url("brief-txt"),
        "html_url": state.brief_url("brief-html"),
        "form_url": state.brief_url(),
        "shortlist_url": state.url(),
        "view_citation": contents.citation,
        "canonical": contents.address,
    }
    return TemplateResponse(
        request,
        "decisions/brief/brief.html",
        context,
        status=400 if form.errors else 200,
    )


def _form_links(state: BriefState, has_words: bool) -> list[tuple[str, str]]:
    """What each file is called, and its address."""
    return [
        (form.label, state.brief_url(f"brief-{ending}"))
        for ending, form in FORMS.items()
        if form.has_words == has_words
    ]
