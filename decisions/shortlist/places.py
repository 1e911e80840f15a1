"""A shortlist has sixty places. A mitigation that was withdrawn stands there to be told of, and takes
none; nor does a number that is of none.
"""

from collections.abc import Iterable

from catalogue.models import Mitigation
from serving.parameters import Problem

MOST = 60
TOO_MANY = "A shortlist holds at most {most} mitigations, and {count} are named: split it, or leave some out."


def taking_places(accessions: Iterable[str]) -> dict[str, int]:
    """Those that take a place, each with its key. One query."""
    rows = Mitigation.objects.published().filter(accession__in=accessions)
    return dict(rows.order_by().values_list("accession", "pk"))


def has_room(count: int) -> bool:
    """Whether one more can be added to so many that take a place."""
    return count < MOST


def overfilled(parameter: str, count: int) -> list[Problem]:
    """What is wrong where so many are to take a place."""
    if count <= MOST:
        return []
    text = TOO_MANY.format(most=MOST, count=count)
    return [Problem(parameter, "", text, [])]
