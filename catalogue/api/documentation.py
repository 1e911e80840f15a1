"""The API's documentation: a page made from its OpenAPI schema, whose forms send real requests."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import resolve, reverse
from django.utils.encoding import iri_to_uri
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from catalogue import reading
from catalogue.api.mitigations import options_of
from catalogue.files.exports.formats import FORMATS, tables_first
from catalogue.listing.filters import MitigationFilter
from catalogue.models import (
    VOCABULARIES,
    Category,
    Document,
    Mitigation,
    Provision,
    Release,
    Taxonomy,
)
from serving.sharing import API_ROOT

from .deprecation import DEPRECATIONS, Deprecation
from .samples import answer_of, sample
from .views import CatalogueViewSet

LIST_OF_MITIGATIONS = f"{API_ROOT}mitigations/"
#: So many values of a filter are offered in a form.
MOST_OFFERED = 100
#: A value and its label.
Option = tuple[str, str]


@dataclass
class Endpoint:
    """One address: `parameters` are those of its query; `example` is an address that answers,
    and `answer` what it answers, shortened; empty where there is none yet.
    """

    name: str
    path: str
    summary: str
    description: str
    parameters: list[dict[str, Any]]
    example: str
    deprecated: list[Deprecation]
    answer: str = ""

    @property
    def collection(self) -> str:
        """What its path begins with, such as “mitigations”."""
        return self.path.split("/")[3]

    @property
    def is_list(self) -> bool:
        return "{" not in self.path

    @property
    def form_url(self) -> str:
        """Where its form leads without JavaScript."""
        return reverse("api:try", args=[self.path.removeprefix(API_ROOT)])


def _examples() -> dict[str, str]:
    """A value for each kind of path parameter, from the records that are there."""
    category = (
        Category.objects.select_related("taxonomy")
        .order_by("taxonomy__position", "-path")
        .first()
    )
    mitigation = Mitigation.objects.published().first()
    document = Document.objects.first()
    provision = Provision.objects.with_instruments().first()
    release = (
        reading.current_release() or Release.objects.newest_first().first()
    )
    return {
        "accession": mitigation.accession if mitigation else "M0001",
        "place": f"{category.taxonomy.slug}:{category.code}"
        if category
        else "mitigations-v2:2.3.1",
        "number": release.number if release else "",
        "provision": quote(provision.key) if provision else "",
        "documents": document.slug if document else "uuk-2024",
        "taxonomies": category.taxonomy.slug if category else "mitigations-v2",
        **{terms.list_name: terms.example for terms in VOCABULARIES},
    }


def _example(path: str, examples: dict[str, str], host: str) -> str:
    collection = path.split("/")[3]
    for name in ("number", "provision"):
        if f"{{{name}}}" in path and not examples[name]:
            return ""
    for name in ("accession", "place", "number", "provision"):
        path = path.replace(f"{{{name}}}", examples[name])
    if "{slug}" in path and collection not in examples:
        examples[collection] = _first_slug(collection, host)
    slug = examples.get(collection, "")
    if "{slug}" in path:
        return path.replace("{slug}", slug) if slug else ""
    return _with_query(path)


def _with_query(path: str) -> str:
    """An address with what its view answers to at least."""
    view = getattr(resolve(unquote(path)).func, "cls", None)
    if not (view and issubclass(view, CatalogueViewSet)):
        return path
    query = view.example_query()
    if query is None:
        return ""
    encoded = urlencode(query, doseq=True)
    return f"{path}?{encoded}" if encoded else path


def _first_slug(collection: str, host: str) -> str:
    """Of the first record of a list, or empty where it has none."""
    path = f"{API_ROOT}{collection}/"
    answer = answer_of(path, host, {"page_size": "1"})
    records = answer["results"] if answer else []
    return records[0]["slug"] if records else ""


def _answer(endpoint: Endpoint, host: str) -> str:
    names = [one["name"] for one in endpoint.parameters]
    path, _, encoded = endpoint.example.partition("?")
    query: dict[str, Any] = dict(parse_qs(encoded))
    if "page_size" in names:
        query["page_size"] = "1"
    answer = answer_of(unquote(path), host, query)
    return sample(answer) if answer is not None else ""


def _offered() -> dict[str, list[Option]]:
    """Values of those parameters of which the schema lists none, since they are records that
    curators add.
    """
    facets = MitigationFilter(QueryDict()).facet_filters
    offered = {}
    for name, facet in facets.items():
        if facet.is_tree or facet.resource or facet.has_fixed_values:
            offered[name] = options_of(facet)[:MOST_OFFERED]
    releases = Release.objects.newest_first().values_list("number", flat=True)
    return {
        **offered,
        "taxonomy": list(Taxonomy.objects.values_list("slug", "title")),
        "release": [(number, number) for number in releases[:MOST_OFFERED]],
    }


def _formats(path: str) -> list[str]:
    """Those that the list at an address comes in."""
    view = None
    if "{" not in path:
        view = getattr(resolve(path).func, "cls", None)
    if view and issubclass(view, CatalogueViewSet):
        return list(view.formats())
    return [
        form.name for form in FORMATS.values() if not form.is_of_references
    ]


def _for_people(
    path: str,
    parameter: dict[str, Any],
    offered: dict[str, list[Option]],
) -> dict[str, Any]:
    """A parameter of the schema with values to choose from. The schema leaves the formats of
    files out: clients are made of it, and read records.
    """
    name, schema = parameter["name"], parameter["schema"]
    listed = _formats(path) if name == "format" else schema.get("enum", [])
    options = offered.get(name) or [(str(one), str(one)) for one in listed]
    # Of several, with commas, one is typed after the other.
    several = schema.get("items", {}).get("enum", [])
    return {
        **parameter,
        "options": options,
        "suggested": [] if options else several,
    }


def endpoints(host: str) -> list[Endpoint]:
    """Every address of the API, lists before single records of the same kind, with what it
    answers at this `host`.
    """
    schema = SchemaGenerator().get_schema(request=None, public=True)
    examples = _examples()
    offered = _offered()
    found = []
    for path, operations in schema["paths"].items():
        operation = operations.get("get")
        if operation is None:
            continue
        of_all = {name: offered[name] for name in ("taxonomy", "release")}
        of_this = offered if path == LIST_OF_MITIGATIONS else of_all
        parameters = [
            _for_people(path, one, of_this)
            for one in operation.get("parameters", [])
            if one["in"] == "query"
        ]
        example = _example(path, examples, host)
        description = operation.get("description", "").strip()
        name = operation["operationId"]
        summary = operation.get("summary", "")
        taken = [one["name"] for one in parameters]
        deprecated = [
            one
            for one in DEPRECATIONS
            if one.stands_at(path.split("/")[3], taken)
        ]
        endpoint = Endpoint(
            name,
            path,
            summary,
            description,
            parameters,
            example,
            deprecated,
        )
        if example:
            endpoint.answer = _answer(endpoint, host)
        found.append(endpoint)
    return sorted(
        found,
        key=lambda e: (
            "mitigations" not in e.path,
            e.collection,
            not e.is_list,
        ),
    )


def api_documentation(request):
    return render(
        request,
        "api_documentation.html",
        {
            "endpoints": endpoints(request.get_host()),
            "formats": tables_first(),
            "base": request.build_absolute_uri("/").rstrip("/"),
            "schema_url": reverse("api:schema"),
            "list_url": reverse("api:mitigation-list"),
        },
    )


@require_safe
def sent_by_form(request, rest: str) -> HttpResponse:
    """Leads on to an address of the API with what was filled in. A form sends its empty fields
    too, which the API refuses.
    """
    filled = [
        (name, value)
        for name, values in request.GET.lists()
        for value in values
        if value.strip()
    ]
    address = iri_to_uri(reverse("api:root") + rest)
    return redirect(f"{address}?{urlencode(filled)}" if filled else address)
