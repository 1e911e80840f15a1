"""What of the API will go: declared once, told in headers, in the schema and so in the
documentation.

`Deprecation` is RFC 9745, `Sunset` RFC 8594. Nothing breaks within v1, so this is for what a v2
leaves out.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import QueryDict
from django.utils.http import http_date


@dataclass(frozen=True)
class Deprecation:
    """Of a resource, such as "mitigations"; of one of its parameters or members where these are
    named; of a parameter, only of some of its values where these are.
    """

    resource: str
    since: datetime
    instead: str
    until: datetime | None = None
    parameter: str = ""
    member: str = ""
    values: tuple[str, ...] = ()

    def concerns(
        self,
        resource: str,
        parameters: QueryDict,
        members: list[str],
    ) -> bool:
        """Whether a request meets it: `parameters` are those given, `members` those asked for,
        none for all.
        """
        return (
            self.resource == resource
            and (not self.parameter or self.parameter in parameters)
            and (
                not self.values
                or any(
                    value in self.values
                    for value in parameters.getlist(self.parameter)
                )
            )
            and (not self.member or not members or self.member in members)
        )

    def stands_at(self, resource: str, parameters: Collection[str]) -> bool:
        """Whether anybody can meet it at an address that takes these parameters."""
        return self.resource == resource and (
            not self.parameter or self.parameter in parameters
        )

    @property
    def subject(self) -> str:
        if self.values:
            return f"{self.parameter}={'|'.join(self.values)}"
        return self.parameter or self.member or self.resource

    @property
    def text(self) -> str:
        what = (
            "Deprecated values, since" if self.values else "Deprecated since"
        )
        until = f" It goes on {self.until:%-d %B %Y}." if self.until else ""
        return f"{what} {self.since:%-d %B %Y}: {self.instead}{until}"


DEPRECATIONS: list[Deprecation] = [
    Deprecation(
        "mitigations",
        datetime(2026, 11, 29, tzinfo=UTC),
        "agreement and -agreement (take -share_agreeing), newest (-created_at), -newest (created_at), updated (-updated_at), "
        "-updated (updated_at) and relevance (-relevance).",
        parameter="ordering",
        values=(
            "relevance",
            "newest",
            "-newest",
            "updated",
            "-updated",
            "agreement",
            "-agreement",
        ),
    ),
]


def headers(
    resource: str,
    parameters: QueryDict,
    members: list[str],
) -> dict[str, str]:
    """Since when the first of what a request meets is deprecated, and when the first of it goes."""
    met = [
        one
        for one in DEPRECATIONS
        if one.concerns(resource, parameters, members)
    ]
    ends = [one.until for one in met if one.until]
    told = (
        {"Deprecation": f"@{int(min(one.since for one in met).timestamp())}"}
        if met
        else {}
    )
    if ends:
        return {
            **told,
            "Sunset": http_date(min(ends).astimezone(UTC).timestamp()),
        }
    return told


def with_deprecations(
    result: dict[str, Any],
    generator: Any,
    request: Any,
    public: bool,
) -> dict[str, Any]:
    """Marks what is deprecated in the API's schema."""
    for one in DEPRECATIONS:
        for path, operations in result["paths"].items():
            if path.split("/")[3] == one.resource:
                for operation in operations.values():
                    _mark(one, operation, result["components"]["schemas"])
    return result


def _mark(
    one: Deprecation,
    operation: dict[str, Any],
    schemas: dict[str, Any],
) -> None:
    if one.parameter:
        found = [
            parameter
            for parameter in operation.get("parameters", [])
            if parameter["name"] == one.parameter
        ]
    elif one.member:
        properties = schemas[_schema_of(operation, schemas)]["properties"]
        # What counts records has none of their members.
        found = [properties[one.member]] if one.member in properties else []
    else:
        found = [operation]
    for marked in found:
        if not one.values:  # else the parameter itself stays
            marked["deprecated"] = True
        if one.text not in marked.get("description", ""):
            marked["description"] = (
                f"{marked.get('description', '')} {one.text}".strip()
            )


def _schema_of(operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    """The name of what one record looks like, in a list or alone."""
    name = operation["responses"]["200"]["content"]["application/json"][
        "schema"
    ]["$ref"].rpartition("/")[2]
    results = schemas[name]["properties"].get("results")
    if results:
        return results["items"]["$ref"].rpartition("/")[2]
    return name
