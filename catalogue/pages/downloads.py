"""The pages and files under /data/."""

from typing import Any

from django.http import (
    Http404,
    HttpResponse,
    JsonResponse,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from .. import reading, revision
from ..files.exports import dictionary, skos, sssom
from ..files.exports.about import LICENCE, LICENCE_URL, about_catalogue
from ..files.exports.address import ListAddress
from ..files.exports.delivery import consistent
from ..files.exports.formats import tables_first
from ..files.exports.snippets import snippets
from ..files.exports.sqlite_file import sqlite_file
from ..models import Release, Taxonomy
from ..record.citations import cite_catalogue
from ..record.structured_data import dataset_data
from .citing import citation_file, site_url


def files_of(base_url: str) -> list[tuple[str, str, str]]:
    """(name, media type, address) of every download of the whole catalogue."""
    listed = ListAddress(base_url, reverse("api:mitigation-list"), QueryDict())
    files = [
        (
            f"Mitigations, {form.label}",
            form.media_type,
            listed.url(format=form.name),
        )
        for form in tables_first()
    ]
    files.append(
        (
            "Everything, SQLite",
            "application/vnd.sqlite3",
            base_url + reverse("data-sqlite"),
        ),
    )
    for form, (_, media_type) in skos.FORMS.items():
        for taxonomy in Taxonomy.objects.all():
            address = reverse("data-taxonomy", args=[taxonomy.slug, form])
            files.append(
                (f"{taxonomy.title}, SKOS", media_type, base_url + address),
            )
        for name in skos.VOCABULARIES_BY_FILE:
            address = reverse("data-vocabulary", args=[name, form])
            files.append(
                (f"{name.capitalize()}, SKOS", media_type, base_url + address),
            )
        files.append(
            (
                "Mappings, SKOS",
                media_type,
                base_url + reverse("data-mappings", args=[form]),
            ),
        )
    files.append(
        (
            "Mappings, SSSOM",
            sssom.MEDIA_TYPE,
            base_url + reverse("data-mappings", args=[sssom.SUFFIX]),
        ),
    )
    files.append(
        (
            "Mitigations and where they stand, RDF",
            skos.TRIPLES,
            base_url + reverse("data-triples"),
        ),
    )
    return files


def dataset(base_url: str) -> dict[str, Any]:
    return dataset_data(
        base_url,
        files_of(base_url),
        about_catalogue(base_url),
    )


class DataView(TemplateView):
    template_name = "catalogue/data.html"

    def get_context_data(self, **kwargs):
        base = site_url(self.request)
        told = about_catalogue(base)
        address = ListAddress(
            base,
            reverse("api:mitigation-list"),
            QueryDict(),
        )
        forms = [
            (form, address.url(format=form.name)) for form in tables_first()
        ]
        citation = cite_catalogue(
            told["revision"],
            base,
            told["notices"],
            reading.current_release(),
        )
        return super().get_context_data(
            **kwargs,
            forms=forms,
            snippets=snippets(address),
            taxonomies=Taxonomy.objects.all(),
            vocabularies=skos.VOCABULARIES_BY_FILE,
            told=told,
            changed_at=revision.moment_of(told["revision"]),
            licence=(LICENCE, LICENCE_URL),
            citation=citation,
            cites_release=citation.is_of_release,
            releases=Release.objects.newest_first()
            if reading.current() is None
            else [],
            structured_data=dataset_data(base, files_of(base), told),
        )


class DictionaryView(TemplateView):
    template_name = "catalogue/dictionary.html"

    def get_context_data(self, **kwargs):
        conventions = dictionary.CONVENTIONS
        tables = dictionary.dictionary()
        return super().get_context_data(
            **kwargs,
            conventions=conventions,
            tables=tables,
        )


@require_safe
def dictionary_file(request):
    return JsonResponse(
        dictionary.as_json(),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )


@require_safe
def dataset_file(request):
    return JsonResponse(
        dataset(site_url(request)),
        content_type="application/ld+json",
    )


@require_safe
def sqlite(request):
    base = site_url(request)
    answer = StreamingHttpResponse(
        consistent(lambda: sqlite_file(base)),
        content_type="application/vnd.sqlite3",
    )
    answer["Content-Disposition"] = 'attachment; filename="catalogue.sqlite3"'
    return answer


def _linked_data(graph, form: str, name: str) -> HttpResponse:
    answer = HttpResponse(
        skos.serialized(graph, form),
        content_type=f"{skos.FORMS[form][1]}; charset=utf-8",
    )
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer


def _known(form: str) -> None:
    if form not in skos.FORMS:
        raise Http404(f"SKOS comes as {' and '.join(skos.FORMS)}.")


@require_safe
def taxonomy(request, slug, form):
    _known(form)
    graph = skos.taxonomy_graph(
        get_object_or_404(Taxonomy, slug=slug),
        site_url(request),
    )
    return _linked_data(graph, form, slug)


@require_safe
def vocabulary(request, vocabulary, form):
    _known(form)
    if vocabulary not in skos.VOCABULARIES_BY_FILE:
        raise Http404(
            f"The vocabularies are {', '.join(skos.VOCABULARIES_BY_FILE)}.",
        )
    return _linked_data(
        skos.vocabulary_graph(vocabulary, site_url(request)),
        form,
        vocabulary,
    )


@require_safe
def triples(request):
    base = site_url(request)
    pieces = consistent(lambda: skos.mitigations_triples(base))
    answer = StreamingHttpResponse(
        pieces,
        content_type=f"{skos.TRIPLES}; charset=utf-8",
    )
    answer["Content-Disposition"] = 'attachment; filename="mitigations.nt"'
    return answer


@require_safe
def mappings(request, form):
    if form == sssom.SUFFIX:
        answer = HttpResponse(
            sssom.mappings_file(site_url(request)),
            content_type=f"{sssom.MEDIA_TYPE}; charset=utf-8",
        )
        name = f"mappings.{sssom.SUFFIX}"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
    _known(form)
    return _linked_data(
        skos.mappings_graph(site_url(request)),
        form,
        "mappings",
    )


@require_safe
def cite(request, form):
    base = site_url(request)
    told = about_catalogue(base)
    return citation_file(
        cite_catalogue(
            told["revision"],
            base,
            told["notices"],
            reading.current_release(),
        ),
        form,
    )
