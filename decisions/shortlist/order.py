"""In which order a shortlist is shown: the reader's own, by number, under the values of a field,
or by how many experts agree, within one question of one study.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import QueryDict
from pyroaring import BitMap

from catalogue.listing.crosstab import axis_of
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from surveys.results.ordering import (
    PARAMETER,
    asked_questions,
    by_question,
    by_share,
    headings,
)

BY_NUMBER = "number"
#: Fields that it is shown under, and of trees how deep.
FIELDS = {"category": 1, "phase": None, "actor": None}
LABELS = {
    "": "Your own order",
    BY_NUMBER: "By number",
    "category": "Under categories",
    "phase": "Under lifecycle phases",
    "actor": "Under actors",
}
OF_QUESTIONS = "By agreement first in "
CHOSEN = "In the order chosen."
AT_THE_FIRST = "A measure stands at the first of its values."
IN_SEVERAL = "A measure stands under each of its values."
OF_ONE_QUESTION = (
    "Answers to one question are sorted among themselves. Measures of other studies stand apart, under what these asked: answers to "
    "different questions cannot be ranked together."
)


@dataclass(frozen=True)
class Section:
    """Mitigations under a heading, which is empty where there is but one section."""

    heading: str
    mitigations: list[Mitigation]


def orders() -> dict[str, str]:
    """What it can be sorted by, and what each is called."""
    questions = asked_questions(MitigationFilter(QueryDict()))
    found = dict(LABELS)
    for one in questions:
        found[one.value] = f"{OF_QUESTIONS}{one.label}"
    return found


def sections_of(mitigations: list[Mitigation], sort: str) -> list[Section]:
    """All of them, in the order of `sort`, one of `orders()`."""
    if not sort:
        return [Section("", mitigations)]
    if sort == BY_NUMBER:
        return [Section("", sorted(mitigations, key=_by_number))]
    if sort in FIELDS:
        return list(_under_values(mitigations, sort))
    return list(_by_agreement(mitigations, sort))


def in_order(mitigations: list[Mitigation], sort: str) -> list[Mitigation]:
    """Each once: at the first place that it has in the order of `sort`."""
    sections = sections_of(mitigations, sort)
    shown = [one for section in sections for one in section.mitigations]
    return list(dict.fromkeys([*shown, *mitigations]))


def in_which_order(sort: str) -> str:
    """What is to be known of mitigations that stand each once in the order of `sort`."""
    if not sort:
        return CHOSEN
    note = AT_THE_FIRST if sort in FIELDS else note_on(sort)
    return f"{orders()[sort]}. {note}".strip()


def note_on(sort: str) -> str:
    """What a reader has to know of the order; empty: nothing."""
    if sort in FIELDS:
        return IN_SEVERAL
    return "" if sort in LABELS else OF_ONE_QUESTION


def _by_number(mitigation: Mitigation) -> tuple[int, str]:
    return len(mitigation.accession), mitigation.accession


def _under_values(
    mitigations: list[Mitigation],
    parameter: str,
) -> Iterator[Section]:
    axis = axis_of(
        MitigationFilter(QueryDict()),
        parameter,
        FIELDS[parameter],
    )
    for value in axis.values:
        under = [one for one in mitigations if one.pk in value.keys]
        if under:
            yield Section(value.name, under)


def _by_agreement(
    mitigations: list[Mitigation],
    question: str,
) -> Iterator[Section]:
    """Under each question those that it has a share for, the largest first; of equals in the
    reader's order.
    """
    query = QueryDict(mutable=True)
    query[PARAMETER] = question
    filters = MitigationFilter(query)
    labels = headings(filters)
    mine = BitMap(one.pk for one in mitigations)
    shares: dict[int, float] = {}
    for share, keys in by_share(filters).items():
        for key in keys & mine:
            shares[key] = max(share, shares.get(key, share))
    for place, keys in sorted(by_question(filters).items()):
        under = [one for one in mitigations if one.pk in keys]
        if under:
            under.sort(key=lambda one: -shares[one.pk])
            yield Section(labels[place], under)
