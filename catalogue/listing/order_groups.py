"""What an order may depend on, and what it keeps together under headings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pyroaring import BitMap

from ..models import Category, Taxonomy
from ..models.mitigation import UNCODED
from .index import Index
from .search import SearchPlan


class ListFilters(Protocol):
    """What an order may depend on: of the filters of a list, what they let through, the search,
    and the taxonomy in which codes are read.
    """

    @property
    def index(self) -> Index: ...
    @property
    def wordings(self) -> BitMap: ...
    @property
    def search(self) -> SearchPlan | None: ...
    @property
    def for_entries(self) -> dict[str, tuple[str, ...]]: ...
    @property
    def code_taxonomy(self) -> Taxonomy | None: ...
    def values(self, name: str) -> list[str]: ...


def none_first(filters: ListFilters) -> dict[str, str]:
    """Of groups that have their places."""
    return {}


@dataclass(frozen=True)
class OrderGroups:
    """What an order keeps together, under a heading of its own.

    `column` is that of the order whose values tell the groups apart, and `headings` gives the
    heading of each value. `choices` gives what can be asked to come first, by the value of
    `parameter`, and `offered` what of it has any entry in a list: nothing, where groups have
    their places. `note` says what pages say of it.
    """

    column: str
    headings: Callable[[ListFilters], dict[Any, str]]
    parameter: str = ""
    choices: Callable[[ListFilters], dict[str, str]] = none_first
    offered: Callable[[ListFilters], dict[str, str]] = none_first
    note: str = ""


def categories_in_words(filters: ListFilters) -> dict[str, str]:
    """By the path of each category what it is called; with those that have none."""
    taxonomy = filters.code_taxonomy

    def named() -> dict[str, str]:
        rows = Category.objects.filter(taxonomy=taxonomy)
        names = {row.path: f"{row.code} {row.name}" for row in rows}
        return {**names, UNCODED: "Not classified"}

    return filters.index.per_structure(
        ("categories in words", taxonomy and taxonomy.pk),
        named,
    )
