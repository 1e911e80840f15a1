"""The addresses of a comparison as files."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalogue.files.exports.names import file_name
from catalogue.pages.citing import citation_file, site_url
from catalogue.record.citations import (
    Bibliography,
    Citation,
    ViewCitation,
    cite,
    cite_view,
)
from serving.attachments import attached
from serving.parameters import described
from serving.problems import bad_parameters

from ..selected import not_there
from .comparison import ComparedMitigations
from .exports import FORMS, ComparisonFile
from .state import CompareState


@require_safe
def compare_file(request, form):
    """A comparison as a table, `form` being one of `FORMS`."""
    if form not in FORMS:
        raise Http404(f"Comparisons come as {', '.join(FORMS)}.")
    state = _requested_comparison(request)
    if state.problems:
        return _refused_file(state)
    file = file_of(request, state)
    kind = FORMS[form]
    answer = HttpResponse(kind.write(file), content_type=kind.media_type)
    name = _name_of_comparison(
        state,
        "comparison-long" if form == "long.csv" else "comparison",
    )
    return attached(answer, f"{name}.{kind.suffix}")


@require_safe
def cite_comparison(request, form):
    """The comparison as a work, each measure in it, and each document behind these, once."""
    state = _requested_comparison(request)
    if state.problems:
        return _refused_file(state)
    base = site_url(request)
    citations = [cited_comparison(request, state)]
    citations += [cite(one, base) for one in state.selected.published]
    # Two measures of one document both bring it along.
    items = {item["id"]: item for one in citations for item in one.items}
    works = [Citation(item) for item in items.values()]
    name = _name_of_comparison(state, "comparison-cited")
    return citation_file(Bibliography(name, works), form)


def cited_comparison(
    request,
    state: CompareState,
    compared: ComparedMitigations | None = None,
) -> ViewCitation:
    """How it is cited, wherever it is shown. `compared`: as it is read already."""
    file = file_of(request, state, compared)
    title = f"comparison of {', '.join(file.compared.names)}"
    return cite_view(title, file.address, file.notices())


def file_address(state: CompareState, form: str) -> str:
    return f"{reverse('compare-file', args=[form])}{state.query}"


def file_links(state: CompareState) -> list[tuple[str, str]]:
    """(what it is called, its address) of each form."""
    return [
        (form.label, file_address(state, name)) for name, form in FORMS.items()
    ]


def file_of(
    request,
    state: CompareState,
    compared: ComparedMitigations | None = None,
) -> ComparisonFile:
    return ComparisonFile(
        compared
        or ComparedMitigations(
            state.selected.published,
            state.groups,
            state.head,
        ),
        f"{site_url(request)}{state.url()}",
        state.has_differences_only,
        not_there(state.selected),
    )


def _requested_comparison(request) -> CompareState:
    """Raises Http404 where no mitigation is named that there is."""
    state = CompareState(request.GET)
    if not state.problems and not state.selected.published:
        raise Http404("Name mitigations to compare: m=M0001&m=M0014.")
    return state


def _refused_file(state: CompareState):
    return bad_parameters([described(one) for one in state.problems])


def _name_of_comparison(state: CompareState, view: str) -> str:
    chosen = {"m": state.selected.accessions}
    if state.has_differences_only:
        chosen["only"] = ["differences"]
    return file_name(view, chosen)
