"""What a shortlist can begin with: all of a category, a risk or another value, all that a law, code
or standard asks about, or what experts agree with most in one question of a study.
"""

from django.http import QueryDict
from pyroaring import BitMap

from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from serving.parameters import Problem
from surveys.results.ordering import (
    PARAMETER,
    asked_questions,
    by_question,
    by_share,
)

from .answered_for import of_targets
from .coverage import FIELDS, choice_name, fields_to_choose_from, target_at
from .left_out import COLON
from .places import MOST

STRONGEST = "strongest"
#: Fields of which all of a value can be taken.
BEGUN_WITH: dict[str, int | None] = {**FIELDS, "instrument": None}
#: So many of a question; and those that are equal to the last of them.
TEN = 10
RULE = (
    "“Strongest” takes the ten measures with which the largest share of experts agrees, in one question of one study; those with the same "
    "share as the tenth come too."
)
NOT_ONE = "“begin” takes a filter and its value, such as risk:7, or a question, such as strongest:uuk-2024.effective."


def beginnings() -> list[dict]:
    """Groups of (value of `begin`, label), without what is empty or too much for a shortlist."""
    filters = MitigationFilter(QueryDict())
    groups = []
    for axis, choices in fields_to_choose_from(filters, BEGUN_WITH):
        values = []
        for value in choices:
            count = len(value.keys)
            if 0 < count <= MOST:
                label = f"{choice_name(filters, axis, value)} ({count})"
                values.append((target_at(axis, value), label))
        if values:
            groups.append({"label": axis.label, "values": values})
    strongest = [
        (f"{STRONGEST}{COLON}{one.value}", one.label)
        for one in asked_questions(filters)
    ]
    if strongest:
        groups.append({"label": "Strongest", "values": strongest})
    return groups


def begun_with(text: str) -> tuple[list[str], list[Problem]]:
    """The accessions that a value of `begin` stands for, or what is wrong with it."""
    name, _, value = text.partition(COLON)
    filters = MitigationFilter(QueryDict())
    if name == STRONGEST:
        known = [one.value for one in asked_questions(filters)]
        if value not in known:
            return [], [Problem("begin", text, NOT_ONE, known)]
        return _strongest(value), []
    if name not in BEGUN_WITH or not value:
        allowed = [*BEGUN_WITH, STRONGEST]
        return [], [Problem("begin", text, NOT_ONE, allowed)]
    query = QueryDict(mutable=True)
    query[name] = value
    filters = MitigationFilter(query, Mitigation.objects.published())
    if filters.problems:
        return [], of_targets("begin", filters.problems)
    return [one.accession for one in filters.qs[: MOST + 1]], []


def _strongest(question: str) -> list[str]:
    """Those with the largest shares, the largest first; of equals the first by number."""
    query = QueryDict(mutable=True)
    query[PARAMETER] = question
    filters = MitigationFilter(query)
    asked = by_question(filters)[0]
    found: list[int] = []
    for _, keys in sorted(by_share(filters).items(), reverse=True):
        if len(found) >= TEN:
            break
        found += sorted(keys & asked - BitMap(found))
    rows = Mitigation.objects.published_among(found).in_bulk()
    return [rows[key].accession for key in found]
