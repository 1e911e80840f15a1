"""What is shown of a facet: its values, each with its count and the address that chooses it."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

#: The value of a facet for mitigations that have none of its values.
NOT_GIVEN = "none"


@dataclass(slots=True)
class FacetValue:
    """One value of a facet, with the number of results that carry it under every other facet's
    choice.

    `share` is that number as a share of the largest; `query` turns the values that are chosen
    into the address of the list. `makes_way(value, other)` says
    whether another that is chosen makes way for one.
    """

    value: str
    label: str
    code: str = ""
    is_special: bool = False
    count: int = 0
    share: float = 0.0
    is_selected: bool = False
    chosen: Sequence[str] = ()
    query: Callable[[list[str]], str] | None = None
    makes_way: Callable[[str, str], bool] | None = None
    children: list["FacetValue"] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether something below it is selected."""
        return any(
            child.is_selected or child.is_open for child in self.children
        )

    @property
    def url(self) -> str:
        """Of the list with this value chosen too, or no longer. What it lies in, or what lies
        in it, makes way for it: joined by "or", the wider of the two would leave the choice
        without effect.
        """
        assert self.query is not None
        others = [other for other in self.chosen if other != self.value]
        if self.is_selected:
            return self.query(others)
        if self.makes_way:
            others = [
                other
                for other in others
                if not self.makes_way(self.value, other)
            ]
        return self.query([*others, self.value])


@dataclass(frozen=True)
class Further:
    """A further filter that is chosen where a facet stands: what it is called, how many results it
    leaves, and their list.
    """

    label: str
    count: int
    url: str


@dataclass
class Facet:
    """A facet with its counts. `look` is the same for two that look the same."""

    parameter: str
    label: str
    is_tree: bool
    look: Hashable
    #: How many more values have results and are not shown.
    more: int
    make: Callable[[], list[FacetValue]]
    selected_count: int
    #: Where the list stands with all values shown.
    whole_url: str = ""
    #: What its values say, where its label does not: a sentence.
    note: str = ""
    further: Further | None = None

    @cached_property
    def flat(self) -> list[FacetValue]:
        """All values that are shown."""
        return self.make()

    @cached_property
    def values(self) -> list[FacetValue]:
        """Those at the top where it is a tree, the others below them."""
        if not self.is_tree:
            return self.flat
        by_code = {value.value: value for value in self.flat}
        for value in self.flat:
            if above := by_code.get(value.value.rpartition(".")[0]):
                above.children.append(value)
        return [value for value in self.flat if "." not in value.value]

    @property
    def selected(self) -> list[FacetValue]:
        if self.selected_count:
            return [value for value in self.flat if value.is_selected]
        return []


def facet_payload(facet: Facet) -> dict[str, Any]:
    """A facet for the API: its values with their counts, in order, and how many more have
    results.
    """
    values = [
        {
            "value": v.value,
            "label": v.label,
            "count": v.count,
            "selected": v.is_selected,
        }
        for v in facet.flat
    ]
    return {
        "parameter": facet.parameter,
        "label": facet.label,
        "values": values,
        "more": facet.more,
    }


def meanings_in_words(values: Iterable[tuple[str, str]]) -> str:
    """What each value of a filter means, where it does not say so itself: within a sentence."""
    meanings = []
    for value, label in values:
        meaning = "" if value == label else f", {label}"
        meanings.append(f"“{value}”{meaning}")
    return "; ".join(meanings)
