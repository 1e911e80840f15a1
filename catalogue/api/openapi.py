"""What the API's schema says beyond what REST framework knows: hooks of drf-spectacular, each
of which adds one thing.

It is written for programs that make clients of it: each address has one shape of answer, each
record says what is always there, and nothing is told of what may be sent, since nothing may.
"""

from typing import Any

from catalogue.api.mitigations import schema_of_parameters
from catalogue.api.search_schema import SEARCH_NOTE
from catalogue.files.exports.flat import DESCRIPTIONS
from catalogue.record.schema import MitigationSerializer
from serving.parameters import MOST_TOLD

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer"}
NULLABLE_TEXT: Schema = {"type": ["string", "null"]}

#: Rules of forms. What is answered was checked by them once, and they are no promise.
OF_FORMS = {
    "maxLength",
    "minLength",
    "pattern",
    "minimum",
    "maximum",
    "readOnly",
}


def record(properties: Schema, description: str = "", **more: Any) -> Schema:
    """An object of which every member is always there."""
    told = {"description": description} if description else {}
    return {
        "type": "object",
        **told,
        "properties": properties,
        "required": sorted(properties),
        **more,
    }


def reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def array(of: Schema, description: str = "") -> Schema:
    told = {"description": description} if description else {}
    return {"type": "array", **told, "items": of}


def as_answered(
    result: Schema,
    generator: Any,
    request: Any,
    public: bool,
) -> Schema:
    """Says of each record what it is when it is read: all its members are there, and none has
    to be filled in.
    """
    for name, schema in result["components"]["schemas"].items():
        properties = schema.get("properties", {})
        for member, told in properties.items():
            properties[member] = _answered(member, told)
        if properties and not name.startswith("Paginated"):
            schema["required"] = sorted(properties)
    for operations in result["paths"].values():
        for parameter in operations["get"].get("parameters", []):
            if parameter["in"] == "path":
                parameter["schema"] = {
                    **_answered(parameter["name"], parameter["schema"]),
                    "type": "string",
                }
    return result


def _answered(member: str, schema: Schema) -> Schema:
    told = {key: value for key, value in schema.items() if key not in OF_FORMS}
    filled = [
        one for one in told.get("oneOf", []) if one.get("maxLength") != 0
    ]
    if len(filled) == 1:
        del told["oneOf"]
        told = {**_answered(member, filled[0]), **told}
    description = DESCRIPTIONS.get(member) or told.get("description", "")
    if description and "$ref" not in told:
        told["description"] = description.replace("Empty: ", "null: ")
    return told


#: A member of `provisions` of a mitigation.
ASKED_FOR = record(
    {
        "instrument": TEXT,
        "instrument_title": TEXT,
        "kind": TEXT,
        "code": TEXT,
        "name": TEXT,
        "relation": TEXT,
        "force": NULLABLE_TEXT,
        "applies_to": NULLABLE_TEXT,
        "begins_on": {"type": ["string", "null"], "format": "date"},
        "applies_from_note": NULLABLE_TEXT,
        "longer_for": NULLABLE_TEXT,
        "is_verified": {"type": "boolean"},
        "asserted_by": TEXT,
        "confidence": NULLABLE_TEXT,
        "note": NULLABLE_TEXT,
    },
    "What a provision of a law, code or standard asks about a mitigation.",
)


def with_members_on_request(
    result: Schema,
    generator: Any,
    request: Any,
    public: bool,
) -> Schema:
    """Says of mitigations what `fields` leaves out and `include` brings in: all but the
    accession.
    """
    schemas = result["components"]["schemas"]
    schemas["Event"] = record(
        {
            "at": {"type": "string", "format": "date-time"},
            "what": TEXT,
            "said": TEXT,
            "reason": NULLABLE_TEXT,
        },
        "Something that happened to a mitigation.",
    )
    # One shape for both, so that no program has to tell which of two it was given.
    schemas["MitigationDocument"] = {
        "type": "object",
        "description": "The document that a mitigation is from. What is not required is there with include=document.",
        "properties": schemas["Document"]["properties"],
        "required": schemas["DocumentReference"]["required"],
    }
    schemas["AskedFor"] = ASKED_FOR
    of_member = {
        "provisions": "AskedFor",
        "mappings": "Mapping",
        "history": "Event",
        "evidence": "Finding",
        "comments": "Comment",
    }
    for name, (component, schema) in MitigationSerializer.shapes.items():
        schemas[component] = schema
        of_member[name] = component
    mitigation = schemas["Mitigation"]
    mitigation["required"] = ["accession"]
    mitigation["description"] = (
        "A mitigation, with all that is not “only with include”, unless “fields” asks for less."
    )
    mitigation["properties"]["document"] = reference("MitigationDocument")
    for name in MitigationSerializer.on_request():
        mitigation["properties"][name] = array(
            reference(of_member[name]),
            f"Only with include={name}.",
        )
    return result


def with_pages(
    result: Schema,
    generator: Any,
    request: Any,
    public: bool,
) -> Schema:
    """Says what else stands in a page: of mitigations the counts and the search, of a whole
    list what goes along with it.
    """
    schemas = result["components"]["schemas"]
    schemas["FacetValue"] = record(
        {
            "value": TEXT,
            "label": TEXT,
            "count": COUNT,
            "selected": {"type": "boolean"},
        },
    )
    schemas["Facet"] = record(
        {
            "parameter": TEXT,
            "label": TEXT,
            "values": array(reference("FacetValue")),
            "more": COUNT,
        },
        "Counts by one filter, among what all others let through. “more” says how many further values have results.",
    )
    group = record({"values": array(TEXT), "count": COUNT, "measures": COUNT})
    schemas["Groups"] = record(
        {"by": array(TEXT), "counts": array(group), "more": COUNT},
        "As asked for by “group_by”: how many have each value, or pair of values in the order of “by”, where any has. A mitigation "
        "counts at each of its values. “more” says of how many further values, with fewer mitigations, nothing is said.",
    )
    schemas["Search"] = SEARCH_NOTE
    schemas["About"] = {
        "type": "object",
        "description": "What goes along with a whole list (format=json): revision, licence, notices, how to cite it.",
        "additionalProperties": True,
    }
    for name, schema in schemas.items():
        if name.startswith("Paginated"):
            schema["properties"]["about"] = reference("About")
    page = schemas["PaginatedMitigationList"]["properties"]
    page["measures"] = {
        "type": "integer",
        "description": "How many measures all that is found words: several documents may word one.",
    }
    page["facets"] = array(reference("Facet"), "As asked for by “facets”.")
    page["search"] = reference("Search")
    page["groups"] = reference("Groups")
    return result


def with_parameters(
    result: Schema,
    generator: Any,
    request: Any,
    public: bool,
) -> Schema:
    """Says of the filters of mitigations which values they take, and of `format` which of them
    is a page.
    """
    known = schema_of_parameters()
    for path, operations in result["paths"].items():
        parameters = operations["get"].get("parameters", [])
        for parameter in parameters:
            if (
                path.split("/")[3] == "mitigations"
                and parameter["name"] in known
            ):
                parameter.update(known[parameter["name"]])
            if parameter["name"] == "format":
                parameter["schema"] = {"type": "string", "enum": ["json"]}
        # Of the results of a study, JSON has another shape where it is asked for as a file.
        if path.endswith("/results/"):
            operations["get"]["parameters"] = [
                one for one in parameters if one["name"] != "format"
            ]
    return result


def with_files(
    result: Schema,
    generator: Any,
    request: Any,
    public: bool,
) -> Schema:
    """Leaves files out: a client is made for what it can read as records. The documentation
    tells of files.
    """
    for operations in result["paths"].values():
        answer = operations["get"]["responses"]["200"]
        answer["content"] = {
            "application/json": answer["content"]["application/json"],
        }
        answer["description"] = (
            answer.get("description") or "What is asked for"
        )
    return result


PROBLEMS = {
    "400": "A parameter or value that does not exist",
    "404": "There is no such record",
    "406": "None of the formats that are accepted",
    "410": "The record was withdrawn",
    "412": "Changed since the answer that “If-Match” names",
    "414": "The address is too long",
    "429": "Too many requests in this minute",
    "503": "Too much is being made at once: ask again after “Retry-After”",
}


def with_problems(
    result: Schema,
    generator: Any,
    request: Any,
    public: bool,
) -> Schema:
    """Adds to every address that it may answer with a problem."""
    result["components"]["schemas"]["ParameterProblem"] = record(
        {
            "parameter": TEXT,
            "value": TEXT,
            "detail": TEXT,
            "allowed": array(TEXT, "Values that would do."),
            "suggestion": {
                **NULLABLE_TEXT,
                "description": "The nearest of them.",
            },
        },
        "What is wrong with one parameter.",
    )
    result["components"]["schemas"]["Problem"] = {
        "type": "object",
        "description": "An error, as RFC 9457 has it.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": TEXT,
            "title": TEXT,
            "status": COUNT,
            "detail": TEXT,
            "errors": array(
                reference("ParameterProblem"),
                f"The first {MOST_TOLD} parameters that are wrong.",
            ),
            "request_id": {
                **TEXT,
                "description": "What to name when asking about it.",
            },
            "replaced_by": {
                **NULLABLE_TEXT,
                "format": "uri",
                "description": "Of what was withdrawn.",
            },
            "withdrawn_at": {
                **NULLABLE_TEXT,
                "format": "date-time",
                "description": "Of what was withdrawn.",
            },
        },
    }
    for operations in result["paths"].values():
        for status, description in PROBLEMS.items():
            content = {
                "application/problem+json": {"schema": reference("Problem")},
            }
            operations["get"]["responses"][status] = {
                "description": description,
                "content": content,
            }
    return result


def _header(description: str) -> Schema:
    return {"description": description, "schema": TEXT}


#: Of every answer that is no problem.
HEADERS = {
    "ETag": _header(
        "Names this answer. Send it in “If-None-Match”, and what has not changed is a short 304.",
    ),
    "Link": _header(
        "first, prev, next, canonical and describedby (RFC 8288).",
    ),
    "RateLimit": _header(
        "How often this client may still ask in this minute.",
    ),
    "Deprecation": _header(
        "Since when something of what was asked for is deprecated (RFC 9745).",
    ),
}


def with_headers(
    result: Schema,
    generator: Any,
    request: Any,
    public: bool,
) -> Schema:
    """Adds what the headers of an answer say, and the answers that have nothing but headers."""
    result["components"]["headers"] = HEADERS
    named = {
        name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS
    }
    for operations in result["paths"].values():
        answers = operations["get"]["responses"]
        answers["200"]["headers"] = named
        answers["304"] = {
            "description": "Not changed since the answer that “If-None-Match” names",
        }
    return result


def with_links(
    result: Schema,
    generator: Any,
    request: Any,
    public: bool,
) -> Schema:
    """Adds to every list how a record of it leads to its own address."""
    for path, operations in result["paths"].items():
        listed = result["paths"].get(path.partition("{")[0], {}).get("get")
        name = path.rpartition("{")[2].removesuffix("}/")
        if (
            listed
            and "{" in path
            and name in _members(listed, result["components"]["schemas"])
        ):
            value = f"$response.body#/results/0/{name}"
            link = {
                "operationId": operations["get"]["operationId"],
                "parameters": {name: value},
            }
            listed["responses"]["200"]["links"] = {"record": link}
    return result


def _members(listed: Schema, schemas: Schema) -> Schema:
    """What a record of a list has."""
    page = listed["responses"]["200"]["content"]["application/json"]["schema"][
        "$ref"
    ].rpartition("/")[2]
    name = schemas[page]["properties"]["results"]["items"]["$ref"].rpartition(
        "/",
    )[2]
    return schemas[name]["properties"]
