"""Citations as files, and how the view of a list is cited."""

from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from serving.addresses import address_of
from serving.attachments import attached
from serving.parameters import described
from serving.problems import bad_parameters

from ..files.exports.cited import canonical_query, cited_list
from ..files.exports.listings import notices_of
from ..files.exports.names import file_name
from ..listing.filters import MitigationFilter
from ..models import Mitigation
from ..record.citations import Bibliography, Citation, cite
from . import browsing

CITATION_FORMS = {
    "bib": ("bibtex", "application/x-bibtex"),
    "ris": ("ris", "application/x-research-info-systems"),
    "json": ("csl_json", "application/vnd.citationstyles.csl+json"),
}


def site_url(request) -> str:
    """Scheme and host of the site."""
    return request.build_absolute_uri("/").rstrip("/")


def citation_file(
    citation: Citation | Bibliography,
    form: str,
) -> HttpResponse:
    if form not in CITATION_FORMS:
        raise Http404(f"Citations come as {', '.join(CITATION_FORMS)}.")
    attribute, content_type = CITATION_FORMS[form]
    answer = HttpResponse(
        getattr(citation, attribute),
        content_type=f"{content_type}; charset=utf-8",
    )
    return attached(answer, f"{citation.key}.{form}")


def citing(request, filters: MitigationFilter) -> dict[str, Any]:
    """What `catalogue/_cite_view.html` needs to show how a list is cited."""
    return {
        "view_citation": cited_list(
            filters,
            site_url(request),
            notices_of(filters),
        ),
        "cite_base": address_of("mitigation-list"),
        "cite_query": canonical_query(filters),
        "feed_url": address_of("mitigation-feed") + canonical_query(filters),
    }


@require_safe
def cite_list(request, form):
    """What a list of mitigations rests on: the list itself, at its address and of this state,
    and every document behind it.
    """
    filters = MitigationFilter(request.GET, Mitigation.objects.for_list())
    if filters.problems:
        return bad_parameters(
            [described(problem) for problem in filters.problems],
        )
    base = site_url(request)
    documents = browsing.documents_behind(filters.keys)
    citations = [
        cited_list(filters, base, notices_of(filters)),
        *(cite(document, base) for document in documents),
    ]
    name = file_name("mitigations-cited", dict(request.GET.lists()))
    return citation_file(Bibliography(name, citations), form)
