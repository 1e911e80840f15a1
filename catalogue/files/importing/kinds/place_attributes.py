"""How columns look at what is said of the primary place of a mitigation in a taxonomy: its reason,
its origin, who placed it there, and how sure they were.
"""

from collections.abc import Callable
from typing import Any

from catalogue.files.importing.errors import CellError
from catalogue.files.importing.values import choice, text_from
from catalogue.models import Classification

from .base import Field, State

Place = dict[str, Any]
CONFIDENCES = dict(Classification.Confidence.choices)
ORIGINS = dict(Classification.Origin.choices)


def placed(state: State, taxonomy: str) -> list[str]:
    """The codes in a taxonomy, the primary one first."""
    found = [
        (not place["primary"], name)
        for name, place in state["classifications"].items()
    ]
    return [
        name.partition(":")[2]
        for _, name in sorted(found)
        if name.partition(":")[0] == taxonomy
    ]


def primary_place(state: State, taxonomy: str) -> Place | None:
    of_taxonomy = (
        p
        for n, p in state["classifications"].items()
        if n.partition(":")[0] == taxonomy and p["primary"]
    )
    return next(of_taxonomy, None)


def _origin_from(cell: Any) -> str:
    return str(choice(text_from(cell), ORIGINS))


def _confidence_from(cell: Any) -> str:
    return str(choice(text_from(cell), CONFIDENCES))


#: How a cell is read that says each of them.
READERS: dict[str, Callable[[Any], str]] = {
    "rationale": text_from,
    "origin": _origin_from,
    "coder": text_from,
    "confidence": _confidence_from,
}


class AttributesOfPlaces:
    """Fields of primary places. `unsaid`: what a place has of which a file says nothing."""

    def __init__(self, unsaid: Place):
        self.unsaid = unsaid

    def field(
        self,
        attribute: str,
        name: str,
        label: str,
        taxonomy: str,
        *synonyms: str,
    ) -> Field:
        """Something of the primary place in a taxonomy. Of an addition it is also that of
        further places, and a reason always that of those which have none.
        """

        def holds(state: State, value: Any) -> bool:
            first = primary_place(state, taxonomy)
            return first is not None and first[attribute] == value

        def put(state: State, value: Any) -> None:
            first = primary_place(state, taxonomy)
            if first is None:
                raise CellError(_names_none(state, taxonomy, attribute))
            unsaid = self.unsaid[attribute]
            takes_further = attribute == "rationale" or not state["accession"]
            for place in (
                p
                for n, p in state["classifications"].items()
                if n.partition(":")[0] == taxonomy
            ):
                if place is first or (
                    takes_further and place[attribute] == unsaid
                ):
                    place[attribute] = value

        is_text = attribute in ("rationale", "coder")
        return Field(
            name,
            label,
            READERS[attribute],
            holds,
            put,
            synonyms=synonyms,
            follows=True,
            is_kept=True,
            is_text=is_text,
        )


def _names_none(state: State, taxonomy: str, attribute: str) -> str:
    """Why a cell that says something of a category in a taxonomy cannot be used."""
    others = dict.fromkeys(
        name.partition(":")[0] for name in state["classifications"]
    )
    if not others:
        return "it says something of a category, and the row names none: name the category."
    columns = " or ".join(f"“{attribute}@{other}”" for other in others)
    return (
        f"it says something of the category in {taxonomy}, and the row names only one in {', '.join(others)}: "
        f"call this column {columns}, or name a category in {taxonomy} too."
    )
