"""An Atom feed of every list of mitigations: what it holds, the last change first."""

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html, format_html_join

from serving.parameters import described
from serving.problems import bad_parameters

from ..files.exports.cited import canonical_query
from ..listing.filters import MitigationFilter
from ..models import Mitigation
from ..record.citations import marked
from ..record.evidence import EvidenceSentence, evidence_sentences
from .feeds import MOST, NOT_IN_XML, SINCE, naming_host


class MitigationsFeed(Feed):
    """Takes the filters of the list, and refuses what that refuses. An entry is a mitigation:
    its name never changes, and a change brings it to the top.
    """

    feed_type = Atom1Feed
    author_name = settings.SITE_NAME
    feed_copyright = "CC BY 4.0"

    def __call__(self, request, *args, **kwargs):
        query = request.GET.copy()
        filters = MitigationFilter(query, Mitigation.objects.for_texts())
        if filters.problems:
            return bad_parameters(
                [described(problem) for problem in filters.problems],
            )
        return super().__call__(request, *args, **kwargs)

    def get_object(self, request) -> tuple[MitigationFilter, str]:
        """The list, the last change first, and whom entries are named by."""
        query = request.GET.copy()
        query["ordering"] = "-updated_at"
        filters = MitigationFilter(query, Mitigation.objects.for_texts())
        return filters, naming_host(request)

    def title(self, of) -> str:
        filters, _ = of
        return NOT_IN_XML.sub(" ", f"{settings.SITE_NAME}: {filters.title}")

    def subtitle(self, of) -> str:
        filters, _ = of
        count = len(filters.keys)
        if count > MOST:
            return (
                f"The {MOST} of {count:,} that were published or changed last."
            )
        return "What was published or changed last comes first."

    def link(self, of) -> str:
        return reverse("mitigation-list") + canonical_query(of[0])

    def feed_url(self, of) -> str:
        return reverse("mitigation-feed") + canonical_query(of[0])

    def feed_guid(self, of) -> str:
        filters, host = of
        return f"tag:{host},{SINCE}:mitigations.atom{canonical_query(filters)}"

    def items(self, of) -> list[tuple[Mitigation, str, str]]:
        filters, host = of
        chosen = filters.for_entries
        rows = []
        for mitigation in filters.qs[:MOST]:
            sentences = evidence_sentences(mitigation, chosen)
            rows.append((mitigation, host, _summary(mitigation, sentences)))
        return rows

    def item_title(self, item) -> str:
        mitigation = item[0]
        name = marked(mitigation.name, mitigation)
        return NOT_IN_XML.sub(" ", f"{mitigation.accession} {name}")

    def item_description(self, item) -> str:
        return NOT_IN_XML.sub(" ", item[2])

    def item_link(self, item) -> str:
        return item[0].get_absolute_url()

    def item_guid(self, item) -> str:
        mitigation, host, _ = item
        return f"tag:{host},{SINCE}:mitigations/{mitigation.accession}"

    def item_updateddate(self, item):
        return item[0].updated_at


def _summary(
    mitigation: Mitigation,
    sentences: list[EvidenceSentence],
) -> str:
    parts = [(mitigation.description,)]
    for one in sentences:
        source = f" ({one.source})" if one.source else ""
        parts.append((f"{one.text}{source}",))
    return format_html("{}", format_html_join("", "<p>{}</p>", parts))
