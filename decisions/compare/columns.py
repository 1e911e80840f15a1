"""The columns of a comparison: for each mitigation named, what became of it, and links that move
it or take it out.
"""

from dataclasses import dataclass

from catalogue.models import Mitigation

from .state import CompareState


@dataclass(frozen=True)
class Column:
    """Links are empty where they would change nothing. `instead_url`: with what replaces a
    withdrawn one in its place, where there is room for it.
    """

    mitigation: Mitigation
    without_url: str
    first_url: str = ""
    left_url: str = ""
    right_url: str = ""
    instead_url: str = ""

    @property
    def is_withdrawn(self) -> bool:
        return self.mitigation.status != Mitigation.Status.PUBLISHED


def compared_columns(state: CompareState) -> list[Column]:
    accessions = state.selected.accessions
    last = len(accessions) - 1
    columns = []
    for place, mitigation in enumerate(state.selected.mitigations):
        rest = [*accessions[:place], *accessions[place + 1 :]]
        links = {"without_url": state.url(rest)}
        if place > 1:
            links["first_url"] = _with_at(state, rest, accessions[place], 0)
        if place:
            links["left_url"] = _with_at(
                state,
                rest,
                accessions[place],
                place - 1,
            )
        if place < last:
            links["right_url"] = _with_at(
                state,
                rest,
                accessions[place],
                place + 1,
            )
        successor = _successor(mitigation)
        if successor and (successor in rest or not state.is_full):
            links["instead_url"] = _with_at(
                state,
                [one for one in rest if one != successor],
                successor,
                place,
            )
        columns.append(Column(mitigation, **links))
    return columns


def _successor(mitigation: Mitigation) -> str:
    """The accession of what replaces a withdrawn one. Empty: it is none, or nothing does."""
    if mitigation.status == Mitigation.Status.PUBLISHED:
        return ""
    successor = mitigation.successor
    return successor.accession if successor else ""


def _with_at(
    state: CompareState,
    rest: list[str],
    accession: str,
    place: int,
) -> str:
    return state.url([*rest[:place], accession, *rest[place:]])
