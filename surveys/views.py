from collections.abc import Sequence

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import get_text_list
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe
from django.views.generic import ListView

from catalogue.files.exports.address import ListAddress
from catalogue.files.exports.delivery import deliver
from catalogue.files.exports.formats import FORMATS
from catalogue.listing.index import current_index
from catalogue.models import Mitigation
from catalogue.pages import downloads
from catalogue.pages import views as catalogue
from catalogue.pages.browsing import other_wordings
from catalogue.pages.citing import citation_file, site_url
from serving.parameters import described
from serving.problems import bad_address, bad_parameters

from .models import Study
from .results import exports, publishing
from .results import study_table as results
from .results.citing import citation_of
from .results.evidence import evidence_of_each
from .results.overview import home_evidence
from .results.selection import ResultFilter
from .results.study_chart import StudyChart

#: Of so many studies at most the home page says how many experts answered each.
MOST_COUNTED = 3


class HomeView(catalogue.HomeView):
    """The home page, with where there is evidence, and where experts agree."""

    template_name = "surveys/home.html"

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        index = current_index()
        rows = [row["category"] for row in context["grid"]]

        def overview() -> dict:
            return home_evidence(index, context["taxonomy"], rows)

        studies = list(Study.objects.published())
        return {
            **context,
            **index.per_revision("evidence at home", overview),
            "studies": studies,
            "experts_of_studies": experts_of_each(studies),
        }


def experts_of_each(studies: Sequence[Study]) -> str:
    """How many answered each of them: “76 and 51”. They are different people, asked different
    things, and never added up. Empty where one does not say it, or where they are many.
    """
    counts = [study.responded for study in studies if study.responded]
    if len(counts) < len(studies) or len(counts) > MOST_COUNTED:
        return ""
    return get_text_list([intcomma(count) for count in counts], "and")


class MitigationDetailView(catalogue.MitigationDetailView):
    """The page of a mitigation, with what experts say of it."""

    template_name = "surveys/mitigation_detail.html"

    def get_context_data(self, **kwargs):
        key = self.object.pk
        others = other_wordings([key]).get(key, [])
        own, *of_others = evidence_of_each([self.object, *others])
        return super().get_context_data(
            **kwargs,
            evidence=own,
            reworded=list(zip(others, of_others, strict=True)),
        )


class DataView(downloads.DataView):
    """The page of downloads, with the results of each study."""

    template_name = "surveys/data.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            **kwargs,
            studies=Study.objects.published().select_related("document"),
        )


class StudyListView(ListView):
    queryset = (
        Study.objects.published().with_counts().select_related("document")
    )
    template_name = "surveys/study_list.html"


class StudyDetailView(catalogue.RecordView):
    """A study's method, limits and results. `sort` orders the rows; `criterion`, `risk_area`,
    `expertise_area` and `category` choose which.
    """

    queryset = Study.objects.with_page().for_detail()
    template_name = "surveys/study_detail.html"

    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        if self.object.status == Study.Status.WITHDRAWN:
            return catalogue.withdrawn_page(
                request,
                self.object,
                citation_of(self.object, site_url(request)),
            )
        table = results.StudyTable(self.object, request.GET)
        if table.filter.problems:
            return bad_address(request, table.filter.problems)
        chart = chart_of(request, table)
        citation = citation_of(self.object, site_url(request))
        return self.render_to_response(
            self.get_context_data(
                table=table,
                chart=chart,
                citation=citation,
            ),
        )


def chart_of(request, table: results.StudyTable) -> StudyChart:
    return StudyChart(table, site_url(request), settings.SITE_NAME)


def published_chart(request, slug: str) -> StudyChart:
    """Raises Http404 where the study has nothing to draw. Its parameters may be wrong: see
    `chart.table.filter.problems`.
    """
    table = results.StudyTable(published_study(slug), request.GET)
    chart = chart_of(request, table)
    if not table.filter.problems and chart.is_empty:
        raise Http404(
            "This study has published no figures that could be drawn.",
        )
    return chart


@require_safe
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})  # type: ignore[arg-type]
def study_chart(request, slug):
    """The chart by itself: the one page that other sites may frame."""
    chart = published_chart(request, slug)
    if problems := chart.table.filter.problems:
        return bad_address(request, problems)
    context = {
        "chart": chart,
        "table": chart.table,
        "study": chart.table.study,
    }
    response = TemplateResponse(request, "surveys/chart.html", context)
    # Also by pages that let nothing in that does not say so.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
def study_chart_svg(request, slug):
    return _picture(request, slug, "svg", lambda picture: picture.svg)


@require_safe
def study_chart_png(request, slug):
    return _picture(request, slug, "png", lambda picture: picture.png())


def _picture(request, slug, form, content_of):
    chart = published_chart(request, slug)
    if problems := chart.table.filter.problems:
        return bad_parameters([described(one) for one in problems])
    types = {"svg": "image/svg+xml", "png": "image/png"}
    response = HttpResponse(
        content_of(chart.picture),
        content_type=types[form],
    )
    response["Content-Disposition"] = f'inline; filename="{slug}.{form}"'
    return response


def published_study(slug: str) -> Study:
    return get_object_or_404(Study.objects.published().for_detail(), slug=slug)


@require_safe
def cite_study(request, slug, form):
    study = get_object_or_404(
        Study.objects.with_page().for_detail(),
        slug=slug,
    )
    return citation_file(
        citation_of(study, site_url(request)),
        form,
    )


@require_safe
def study_data(request, slug, form):
    """Every count and figure of a study, or those that its page shows: as CSV, a row each; as
    JSON, with what is needed to read and cite them.
    """
    study = published_study(slug)
    if form not in ("csv", "json"):
        raise Http404("Results come as csv and json.")
    selection = ResultFilter(request.GET, study=study)
    if selection.problems:
        return bad_parameters([described(one) for one in selection.problems])
    if form == "json":
        return JsonResponse(
            exports.data_file(selection, site_url(request)),
        )
    address = ListAddress(
        site_url(request),
        reverse("api:study-results", args=[slug]),
        request.GET,
    )
    return deliver(
        lambda: exports.StudyListing(study, selection),
        address,
        FORMATS["csv"],
        slug,
    )


@require_safe
def study_frozen(request, slug):
    """Exactly what a study's checksum is of. It is not there where a measure has left the
    catalogue since.
    """
    study = get_object_or_404(
        Study.objects.published().exclude(checksum=""),
        slug=slug,
    )
    if study.items.exclude(
        mitigation__status=Mitigation.Status.PUBLISHED,
    ).exists():
        raise Http404(
            "A measure of this study is no longer in the catalogue: ask the study lead for this file.",
        )
    return HttpResponse(
        publishing.frozen_file(study),
        content_type="application/json",
    )
