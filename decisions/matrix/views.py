from django.http import QueryDict
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from catalogue import revision
from serving.problems import bad_address

from .state import BEGINNINGS, MatrixState
from .table import Matrix


@require_safe
def matrix(request):
    """How many mitigations stand where, and what experts said of them."""
    state = MatrixState(request.GET)
    if state.problems:
        return bad_address(request, state.problems, _corrected(state))
    context = {
        "matrix": Matrix(state),
        "state": state,
        "beginnings": _beginnings(),
        "moment": revision.moment_of(revision.shown()),
        "canonical": request.build_absolute_uri(state.url()),
    }
    return TemplateResponse(request, "decisions/matrix.html", context)


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


def _beginnings() -> list[tuple[str, str]]:
    """Three matrices to begin with: what they are called, and where they are."""
    empty = MatrixState(QueryDict())
    return [
        (label, empty.url(**{name: [value] for name, value in fields.items()}))
        for label, fields in BEGINNINGS.items()
    ]
