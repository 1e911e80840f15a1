from csp.decorators import csp_replace
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from catalogue import revision
from catalogue.files.exports.listings import notices_of
from catalogue.pages.citing import citation_file, site_url
from catalogue.record.citations import ViewCitation, cite_view
from serving.parameters import described
from serving.problems import bad_address, bad_parameters

from .files import links_of, matrix_file_of
from .gaps import Gaps
from .printing import parts_on_paper
from .state import BEGINNINGS, MatrixState
from .table import Matrix
from .ways import Ways


@require_safe
def matrix(request):
    """How many mitigations stand where, and what experts said of them."""
    state = MatrixState(request.GET)
    if state.problems:
        return bad_address(request, state.problems, _corrected(state))
    shown = Matrix(state)
    context = {
        "matrix": shown,
        "ways": Ways(shown),
        "on_paper": [] if shown.lacks_choice else parts_on_paper(shown),
        "state": state,
        "gaps": Gaps(shown),
        "files": links_of(state),
        "alone_url": reverse("matrix-alone")
        + state.url().removeprefix(reverse("matrix")),
        "gaps_file": state.file_url("gaps", "csv"),
        "view_citation": _cited(shown, site_url(request)),
        "cite_base": reverse("matrix"),
        "cite_query": state.url().removeprefix(reverse("matrix")),
        "beginnings": _beginnings(state),
        "moment": revision.moment_of(revision.shown()),
        "canonical": request.build_absolute_uri(state.url()),
    }
    return TemplateResponse(request, "decisions/matrix.html", context)


def _cited(shown: Matrix, base_url: str) -> ViewCitation:
    address = base_url + shown.state.url()
    return cite_view(shown.title, address, notices_of(shown.filters))


@require_safe
def cite_matrix(request, form):
    """The matrix as a reference, in one of the forms of citations."""
    state = MatrixState(request.GET)
    if state.problems:
        return bad_parameters([described(one) for one in state.problems])
    return citation_file(_cited(Matrix(state), site_url(request)), form)


@require_safe
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})  # type: ignore[arg-type]
def matrix_alone(request):
    """The matrix by itself, for pages of other sites, which may frame it."""
    state = MatrixState(request.GET)
    if state.problems:
        return bad_address(request, state.problems, _corrected(state))
    shown = Matrix(state)
    if shown.lacks_choice:
        raise Http404("Which question? Cells say nothing without one.")
    context = {
        "matrix": shown,
        "moment": revision.moment_of(revision.shown()),
        "notices": notices_of(shown.filters),
        "page_url": request.build_absolute_uri(state.url()),
    }
    response = TemplateResponse(
        request,
        "decisions/matrix_alone.html",
        context,
    )
    # Also by pages that let nothing in that does not say so.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
def matrix_file(request, layout, form):
    """What the page shows, or its gaps, as a file."""
    state = MatrixState(request.GET)
    if state.problems:
        return bad_parameters([described(one) for one in state.problems])
    return matrix_file_of(state, layout, form, site_url(request))


def _corrected(state: MatrixState) -> str:
    """The nearest query string that can be read: with what is suggested, and without all else
    that is wrong.
    """
    data = state.data.copy()
    for problem in state.problems:
        values = data.pop(problem.parameter, [])
        better = problem.suggestion or ""
        kept = [
            better if value == problem.value else value for value in values
        ]
        if kept := [value for value in kept if value]:
            data.setlist(problem.parameter, kept)
    corrected = MatrixState(data)
    if corrected.problems:
        return "?"
    return f"?{corrected.url().partition('?')[2]}"


def _beginnings(state: MatrixState) -> list[tuple[str, str]]:
    """Matrices to begin with, under the same filters: what they are called, and where they are."""
    own = {name: [] for name in state.form.fields}
    beginnings = []
    for label, fields in BEGINNINGS.items():
        changes = {name: [value] for name, value in fields.items()}
        beginnings.append((label, state.url(**own | changes)))
    return beginnings
