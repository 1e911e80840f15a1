"""The API's documentation: a page made from its OpenAPI schema, whose forms send real requests."""

from dataclasses import dataclass
from typing import Any

from django.shortcuts import render
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from catalogue.models import Category, Document, Mitigation

from .deprecation import DEPRECATIONS, Deprecation


@dataclass
class Endpoint:
    """One address: `parameters` are those of its query; `example` is an address that answers."""

    name: str
    path: str
    summary: str
    description: str
    parameters: list[dict[str, Any]]
    example: str
    deprecated: list[Deprecation]

    @property
    def is_list(self) -> bool:
        return "{" not in self.path


def _examples() -> dict[str, str]:
    """A value for each kind of path parameter, from the records that are there."""
    category = Category.objects.select_related("taxonomy").order_by("taxonomy__position", "-path").first()
    mitigation, document = Mitigation.objects.published().first(), Document.objects.first()
    return {
        "accession": mitigation.accession if mitigation else "M0001",
        "place": f"{category.taxonomy.slug}:{category.code}" if category else "mitigations-v2:2.3.1",
        "documents": document.slug if document else "uuk-2024",
        "taxonomies": category.taxonomy.slug if category else "mitigations-v2",
        "lifecycle-phases": "deploy", "actors": "developer", "functions": "manage",
    }  # fmt: skip


def _example(path: str, examples: dict[str, str]) -> str:
    collection = path.split("/")[3]
    for name in ("accession", "place"):
        path = path.replace(f"{{{name}}}", examples[name])
    return path.replace("{slug}", examples.get(collection, ""))


def endpoints() -> list[Endpoint]:
    """Every address of the API, lists before single records of the same kind."""
    schema, examples = SchemaGenerator().get_schema(request=None, public=True), _examples()
    found = []
    for path, operations in schema["paths"].items():
        operation = operations.get("get")
        if operation is None:
            continue
        parameters = [p for p in operation.get("parameters", []) if p["in"] == "query"]
        example, description = _example(path, examples), operation.get("description", "").strip()
        name, summary = operation["operationId"], operation.get("summary", "")
        deprecated = [one for one in DEPRECATIONS if one.resource == path.split("/")[3]]
        found.append(Endpoint(name, path, summary, description, parameters, example, deprecated))
    return sorted(found, key=lambda e: ("mitigations" not in e.path, e.path.split("/")[3], not e.is_list))


def api_documentation(request):
    return render(
        request,
        "api_documentation.html",
        {
            "endpoints": endpoints(),
            "base": request.build_absolute_uri("/").rstrip("/"),
            "schema_url": reverse("api:schema"),
            "list_url": reverse("api:mitigation-list"),
        },
    )


def with_problems(result, generator, request, public):
    """Adds to every address of the schema that it may answer with a problem."""
    text = {"type": "string"}
    members = {
        "type": text, "title": text, "status": {"type": "integer"}, "detail": text, "errors": {"type": "array"},
        "replaced_by": {"type": ["string", "null"], "format": "uri", "description": "Of what was withdrawn."},
        "withdrawn_at": {"type": ["string", "null"], "format": "date-time"},
    }  # fmt: skip
    result["components"]["schemas"]["Problem"] = {
        "type": "object", "required": ["type", "title", "status", "detail"], "properties": members,
    }  # fmt: skip
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["400"] = {
                "description": "A parameter or value that does not exist",
                "content": content,
            }
            operation["responses"]["404"] = {"description": "There is no such record", "content": content}
            operation["responses"]["410"] = {"description": "The record was withdrawn", "content": content}
            operation["responses"]["406"] = {"description": "None of the formats that are accepted", "content": content}
            operation["responses"]["429"] = {"description": "Too many requests in this minute", "content": content}
    return result


FILE, OBJECT = {"type": "string", "format": "binary"}, {"type": "object"}
#: A list that is no page becomes one where all of it is asked for as JSON.
WHOLE = {"type": "object", "required": ["count", "about", "results"]}


def with_files(result, generator, request, public):
    """Says of every list what it is as a file."""
    for operations in result["paths"].values():
        for operation in operations.values():
            content = operation["responses"].get("200", {}).get("content", {})
            for media_type, told in content.items():
                if media_type != "application/json":
                    told["schema"] = OBJECT if media_type.endswith("+json") else FILE
                elif len(content) > 1 and told["schema"].get("type") == "array":
                    told["schema"] = {"oneOf": [told["schema"], WHOLE]}
    return result


def with_links(result, generator, request, public):
    """Adds to every list of the schema how a record of it leads to its own address."""
    for path, operations in result["paths"].items():
        listed = result["paths"].get(path.partition("{")[0], {}).get("get")
        name = path.rpartition("{")[2].removesuffix("}/")
        if listed and "{" in path and name in _members(listed, result["components"]["schemas"]):
            value = f"$response.body#/results/0/{name}"
            link = {"operationId": operations["get"]["operationId"], "parameters": {name: value}}
            listed["responses"]["200"]["links"] = {"record": link}
    return result


def _members(listed: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """What a record of a list has."""
    page = listed["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    record = schemas[page]["properties"]["results"]["items"]["$ref"].rpartition("/")[2]
    return schemas[record]["properties"]
