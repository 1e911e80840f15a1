"""Where a list stands, and what was asked of it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict


@dataclass(frozen=True)
class Place:
    """Where a list stands: scheme and host of the site, the path of the list, and what was
    asked of it.
    """

    base_url: str
    path: str
    query: QueryDict

    def address(self, **changes: str | None) -> str:
        """The list's address with other parameters; None takes one away."""
        query = self.query.copy()
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        pairs = [
            (name, value)
            for name, values in query.lists()
            for value in values
            if value != ""
        ]
        return f"{self.base_url}{self.path}{'?' if pairs else ''}{urlencode(pairs)}"

    @property
    def asked(self) -> dict[str, list[str]]:
        """The parameters that decide what is in the file."""
        return {
            name: [v for v in values if v]
            for name, values in self.query.lists()
            if any(values) and name != "format"
        }
