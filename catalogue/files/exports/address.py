"""Where a list is to be had, with the parameters that a request gave."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict


@dataclass(frozen=True)
class ListAddress:
    """The address of a list: scheme and host of the site, path, and query."""

    base_url: str
    path: str
    query: QueryDict

    def url(self, **changes: str | None) -> str:
        """The whole address, with other parameters; None takes one away."""
        query = dict(self.query.lists())
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = [value]
        pairs = []
        for name, values in query.items():
            pairs += [(name, value) for value in values if value != ""]
        address = f"{self.base_url}{self.path}"
        if pairs:
            address += f"?{urlencode(pairs)}"
        return address

    @property
    def parameters(self) -> dict[str, list[str]]:
        """The parameters that decide what is in the file."""
        parameters = {}
        for name, values in self.query.lists():
            if name != "format" and any(values):
                parameters[name] = [value for value in values if value]
        return parameters
