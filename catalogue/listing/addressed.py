"""The addresses of a list of mitigations: as it is, and with other parameters."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote_plus

from django.http import QueryDict

from serving.once import MadeOnce

T = TypeVar("T")

#: Parameters that say where in a list a page begins: every other address begins anew.
OF_PLACES = ("page", "cursor")


@dataclass
class Chip:
    """A filter that is on; `url` takes it off."""

    facet_label: str
    label: str
    url: str

    @property
    def names_filter(self) -> bool:
        """Whether its label says of which filter it is: “Asked for by EU AI Act”."""
        return self.label.casefold().startswith(self.facet_label.casefold())


@dataclass
class Choice:
    """An ordering or a taxonomy that can be chosen."""

    value: str
    label: str
    url: str
    is_current: bool


def assignments(name: str, values: Iterable[str]) -> str:
    """A parameter with its values, as it stands in a query string."""
    pairs = [
        f"{quote_plus(name)}={quote_plus(value)}" for value in values if value
    ]
    return "&".join(pairs)


class Addressed:
    """What stands at an address, whose parameters are `data`."""

    data: QueryDict
    #: Where its views are: the page itself, or on a page about something else the list's address.
    address = ""

    @cached_property
    def _made_once(self) -> MadeOnce[Hashable, Any]:
        return MadeOnce()

    def once(self, name: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives of it: made once, though each entry of a page asks for it."""
        return self._made_once.get(name, make)

    @cached_property
    def _parameters(self) -> dict[str, str]:
        """What each parameter says in the address of the first page."""
        parameters = {}
        for name in self.data:
            if name not in OF_PLACES:
                parameters[name] = assignments(name, self.data.getlist(name))
        return parameters

    def url(self, **changes: list[str]) -> str:
        """The query string of this view with some parameters changed; always back on the first
        page.
        """
        parameters = self._parameters.copy()
        for name, values in changes.items():
            parameters[name] = assignments(name, values)
        query = "&".join(filter(None, parameters.values()))
        return f"{self.address}?{query}"

    def urls_by(self, name: str) -> Callable[[list[str]], str]:
        """What gives the query string of this view with one parameter changed: a page has
        hundreds of these.
        """
        rest = self.url(**{name: []})
        start = rest if rest.endswith("?") else f"{rest}&"
        return lambda values: (
            start + assignments(name, values) if values else rest
        )
