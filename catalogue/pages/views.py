from http import HTTPStatus

from django.conf import settings
from django.http import (
    Http404,
    HttpResponse,
    HttpResponsePermanentRedirect,
    QueryDict,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe
from django.views.generic import DetailView, ListView, TemplateView
from django_filters.views import FilterView

from serving.problems import bad_address

from ..curation.coder_agreement import agreement_by_level
from ..files.exports.address import ListAddress
from ..files.exports.snippets import files_of
from ..listing.filters import MitigationFilter
from ..listing.targets import list_with
from ..models import (
    Category,
    Document,
    Mitigation,
    Taxonomy,
)
from ..record.citations import Citation, cite
from ..record.structured_data import document_data, mitigation_data
from . import browsing, layouts
from .citing import citation_file, site_url
from .coverage import coverage
from .parts_of_lists import (
    MOST_HERE,
    MOST_OF_A_DOCUMENT,
    ShallowPaginator,
    folded,
    list_links,
    page_links,
    part_of_list,
)


class HomeView(TemplateView):
    template_name = "catalogue/home.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            **kwargs,
            **browsing.home(),
            coverage=coverage(),
        )


class MitigationListView(FilterView):
    """The list, with the filters that the API has too. Refuses what it does not know, and says
    what would be right.
    """

    template_name = "catalogue/mitigation_list.html"
    filterset_class = MitigationFilter
    paginate_by = browsing.PAGE_SIZE
    paginator_class = ShallowPaginator

    def get(self, request, *args, **kwargs):
        self.filter = self.get_filterset(self.filterset_class)
        self.layout = layouts.LayoutForm(self.filter)
        if problems := self.filter.problems + self.layout.problems:
            corrected = layouts.corrected_query(self.filter, problems)
            return bad_address(request, problems, corrected)
        self.object_list = self.filter.qs
        response = self.render_to_response(
            self.get_context_data(filter=self.filter),
        )
        if layouts.carries_own_words(self.filter):
            add_never_cache_headers(response)
        return response

    def get_queryset(self):
        # For each request: other apps say only when Django is ready what they add to a list.
        return Mitigation.objects.for_list()

    def get_filterset_kwargs(self, filterset_class):
        return {
            **super().get_filterset_kwargs(filterset_class),
            "extra": layouts.page_parameters(),
        }

    @property
    def is_whole(self) -> bool:
        """Whether all are asked for on one page."""
        return self.layout.value("page") == browsing.WHOLE

    def get_paginate_by(self, queryset):
        if self.is_whole:
            return browsing.LONGEST_PAGE
        return self.paginate_by

    def paginate_queryset(self, queryset, page_size):
        if self.is_whole:
            self.kwargs[self.page_kwarg] = 1
        return super().paginate_queryset(queryset, page_size)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        count = context["paginator"].count
        return {
            **context,
            "view": self.layout.value("view") or browsing.LAYOUTS[0],
            "pages": page_links(self.filter, context["page_obj"]),
            "is_whole": self.is_whole,
            "whole_count": min(count, browsing.LONGEST_PAGE),
            "whole_url": self.filter.url(page=[browsing.WHOLE]),
            "paged_url": self.filter.url(page=[]),
            **list_links(self.request, self.filter),
            "active": bool(self.filter.chips),
            "carried": layouts.carried_parts(self.filter),
            "scripts": layouts.carried_scripts(),
            "ways": browsing.further_ways(
                self.filter,
                context["page_obj"].number,
            ),
        }


def withdrawn_page(request, record, citation: Citation) -> TemplateResponse:
    """What stands at the address of a record that is gone: that it was there, why it is not,
    and what replaces it.
    """
    context = {
        "record": record,
        "successor": record.successor,
        "citation": citation,
    }
    answer = TemplateResponse(
        request,
        "withdrawn.html",
        context,
        status=HTTPStatus.GONE,
    )
    if successor := record.successor:
        answer["Link"] = (
            f'<{site_url(request)}{successor.get_absolute_url()}>; rel="successor-version"'
        )
    return answer


def led_on(request, parameter: str, name: str | None) -> HttpResponse:
    """To the same page of the record of this name, which `parameter` of the address says
    otherwise. Raises Http404 where it does not, or the name is None.
    """
    match = request.resolver_match
    if name is None or name == match.kwargs[parameter]:
        raise Http404
    address = reverse(
        match.view_name,
        kwargs={**match.kwargs, parameter: name},
    )
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(
        f"{address}?{query}" if query else address,
    )


class RecordView(DetailView):
    """The page of a record by its name. The name in other letters leads to it."""

    def dispatch(self, request, *args, **kwargs):
        try:
            return super().dispatch(request, *args, **kwargs)
        except Http404:
            name = self.kwargs[self.slug_url_kwarg]
            return led_on(request, self.slug_url_kwarg, self.known_as(name))

    def known_as(self, name: str) -> str | None:
        """The name of the record that is meant. None: there is none such, or more than one."""
        names = self.get_queryset().filter(
            **{f"{self.slug_field}__iexact": name},
        )
        found = list(names.values_list(self.slug_field, flat=True)[:2])
        return found[0] if len(found) == 1 else None


class MitigationDetailView(RecordView):
    """The page of one mitigation; of one that was withdrawn, what became of it."""

    queryset = Mitigation.objects.with_page().for_detail()
    slug_field = slug_url_kwarg = "accession"
    template_name = "catalogue/mitigation_detail.html"

    def known_as(self, name):
        return Mitigation.objects.with_page().known_as(name)

    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        if self.object.status == Mitigation.Status.WITHDRAWN:
            return withdrawn_page(
                request,
                self.object,
                cite(self.object, site_url(request)),
            )
        return self.render_to_response(
            self.get_context_data(object=self.object),
        )

    def get_context_data(self, **kwargs):
        base = site_url(self.request)
        return super().get_context_data(
            **kwargs,
            **browsing.around(self.object),
            citation=cite(self.object, base),
            structured_data=mitigation_data(self.object, base),
        )


class TaxonomyListView(ListView):
    queryset = Taxonomy.objects.all()
    template_name = "catalogue/taxonomy_list.html"

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "trees": [
                (taxonomy, browsing.tree(taxonomy))
                for taxonomy in context["object_list"]
            ],
        }


class TaxonomyDetailView(RecordView):
    model = Taxonomy
    template_name = "catalogue/taxonomy_detail.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            **kwargs,
            branches=browsing.tree(self.object),
        )


class CategoryDetailView(DetailView):
    template_name = "catalogue/category_detail.html"

    def get_object(self, queryset=None):
        place = {
            "taxonomy__slug": self.kwargs["taxonomy"],
            "code": self.kwargs["code"],
        }
        return get_object_or_404(Category.objects.with_parents(), **place)

    def get_context_data(self, **kwargs):
        category = self.object
        branch, beside = browsing.branch_of(category)
        part = part_of_list(self.request, category.list_url)
        # In the order that the page says, which goes by the codes that its entries show.
        here, further = map(
            part["filter"].in_order,
            browsing.in_category(category),
        )
        return super().get_context_data(
            **kwargs,
            **part,
            branch=branch,
            beside=beside,
            **folded(here[:MOST_HERE]),
            further_mitigations=further[:MOST_HERE],
            main_count=len(here),
            further_count=len(further),
            is_further_folded=len(here) + len(further) > browsing.PAGE_SIZE,
            is_cut=max(len(here), len(further)) > MOST_HERE,
            coverage=coverage() if not branch.count else None,
            record_url=reverse(
                "api:category-detail",
                args=[f"{category.taxonomy.slug}:{category.code}"],
            ),
        )


class TermListView(ListView):
    """All terms of the vocabulary that is given as `model`."""

    template_name = "catalogue/term_list.html"

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "title": self.model.title,
            "purpose": self.model.purpose,
            "terms": browsing.counted(context["object_list"]),
            "vocabulary_url": reverse(
                "data-vocabulary",
                args=[self.model.relation, "ttl"],
            ),
        }


class TermDetailView(RecordView):
    """One term of the vocabulary that is given as `model`."""

    template_name = "catalogue/term_detail.html"

    def get_context_data(self, **kwargs):
        term = self.object
        list_url = list_with(term.parameter, term.slug)
        part = part_of_list(self.request, list_url)
        return super().get_context_data(
            **kwargs,
            **part,
            term=term,
            kind=term._meta.verbose_name,
            others=browsing.with_shares(
                browsing.counted(self.model.objects.all()),
            ),
            coverage=None if part["paginator"].count else coverage(),
            record_url=reverse(
                f"api:{term.parameter}-detail",
                args=[term.slug],
            ),
            vocabulary_url=reverse(
                "data-vocabulary",
                args=[term.relation, "ttl"],
            ),
        )


class DocumentListView(ListView):
    template_name = "catalogue/document_list.html"

    def get_queryset(self):
        return browsing.documents_with_authors()

    def get_context_data(self, **kwargs):
        address = ListAddress(
            site_url(self.request),
            reverse("api:document-list"),
            QueryDict(),
        )
        return super().get_context_data(**kwargs, **files_of(address))


class DocumentDetailView(RecordView):
    queryset = Document.objects.with_authors()
    template_name = "catalogue/document_detail.html"

    def get_context_data(self, **kwargs):
        base = site_url(self.request)
        mitigations = browsing.from_document(self.object)
        return super().get_context_data(
            **kwargs,
            count=len(mitigations),
            shown_count=min(len(mitigations), MOST_OF_A_DOCUMENT),
            **folded(mitigations[:MOST_OF_A_DOCUMENT]),
            citation=cite(self.object, base),
            structured_data=document_data(self.object, base),
        )


class AboutView(TemplateView):
    template_name = "catalogue/about.html"

    def get_context_data(self, **kwargs):
        taxonomies = Taxonomy.objects.all()
        levels = [
            (taxonomy, agreement_by_level(taxonomy)) for taxonomy in taxonomies
        ]
        return super().get_context_data(
            **kwargs,
            taxonomies=taxonomies,
            agreement=[
                (taxonomy, rows)
                for taxonomy, rows in levels
                if rows and rows[0].agreement.n
            ],
            coverage=coverage(),
            run_by=settings.SITE_RUN_BY,
            funded_by=settings.SITE_FUNDED_BY,
            contact=settings.SITE_CONTACT,
        )


@require_safe
def cite_mitigation(request, accession, form):
    rows = Mitigation.objects.with_page()
    mitigation = rows.for_detail().filter(accession=accession).first()
    if mitigation is None:
        return led_on(request, "accession", rows.known_as(accession))
    return citation_file(cite(mitigation, site_url(request)), form)


@require_safe
def cite_document(request, slug, form):
    document = get_object_or_404(Document.objects.with_authors(), slug=slug)
    return citation_file(cite(document, site_url(request)), form)


@require_safe
def icon(request):
    """Where browsers look for it by themselves: beside an answer of the API, or a file, which
    names none.
    """
    return redirect(static("img/favicon.svg"))


@require_safe
def robots(request):
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /preview/",
        "Disallow: /feedback/",
        f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}",
        "",
    ]
    return HttpResponse(
        "\n".join(lines),
        content_type="text/plain; charset=utf-8",
    )


@require_safe
def opensearch(request):
    """Lets a browser search the catalogue from its address bar."""
    address = request.build_absolute_uri(reverse("search"))
    context = {"address": address}
    return render(
        request,
        "opensearch.xml",
        context,
        content_type="application/opensearchdescription+xml",
    )
