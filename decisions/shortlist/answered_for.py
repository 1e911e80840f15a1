"""What a reader answers for: `for=risk:7`, repeated for more. As in a list, values of one filter are
joined by "or", filters by "and".
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

from django.http import QueryDict
from django.urls import reverse
from django.utils.text import get_text_list

from catalogue.listing.crosstab import AXES
from catalogue.listing.facet_values import FacetValue
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from serving.parameters import Problem

from .coverage import REPORTED
from .left_out import COLON

PARAMETER = "for"
#: So many of a shortlist are named that bear on it.
MOST_NAMED = 5
ONLY_REPORTED = "(only what a study published results or comments on there)"
NOT_ONE = "“for” takes a filter and its value, such as risk:7, and “{target}” is none."


def of_targets(parameter: str, problems: Iterable[Problem]) -> list[Problem]:
    """What is wrong with values of filters, told as what is wrong with a parameter that names the
    filter too: “risk:zz” is wrong, and “risk:1” would be right.
    """
    found = []
    for one in problems:
        start = f"{one.parameter}{COLON}"
        value = f"{start}{one.value}" if one.value else ""
        allowed = [f"{start}{right}" for right in one.allowed]
        nearest = f"{start}{one.suggestion}" if one.suggestion else None
        found.append(Problem(parameter, value, one.message, allowed, nearest))
    return found


class AnsweredFor:
    """`targets`: what the address says, each once. Without any, the reader answers for all."""

    def __init__(self, targets: Iterable[str]):
        self.targets = list(dict.fromkeys(filter(None, targets)))

    def __bool__(self) -> bool:
        return bool(self.targets)

    @cached_property
    def values(self) -> dict[str, list[str]]:
        """Those of each filter."""
        found: dict[str, list[str]] = {}
        for target in self.targets:
            name, _, value = target.partition(COLON)
            found.setdefault(name, []).append(value)
        return found

    @cached_property
    def universe(self) -> MitigationFilter:
        """All mitigations that bear on it."""
        query = QueryDict(mutable=True)
        for name, values in self.values.items():
            query.setlist(name, values)
        filters = MitigationFilter(query, Mitigation.objects.for_texts())
        filters.address = reverse("mitigation-list")
        return filters

    @cached_property
    def problems(self) -> list[Problem]:
        problems = []
        for target in self.targets:
            name, _, value = target.partition(COLON)
            if name not in AXES or not value:
                text = NOT_ONE.format(target=target)
                problems.append(Problem(PARAMETER, target, text, list(AXES)))
        return problems or of_targets(PARAMETER, self.universe.problems)

    def label_of(self, target: str) -> str:
        """What pages call it."""
        name, _, value = target.partition(COLON)
        facet = self.universe.facet_filters[name]
        return facet.chip_label(self._value(name, value))

    def _value(self, name: str, value: str) -> FacetValue:
        facet = self.universe.facet_filters[name]
        known = facet.known(self.universe.index)
        return known.get(value) or facet.choice(value)

    @cached_property
    def text(self) -> str:
        """“Risk 4 Misuse” or “Risk 7 AI system safety” and on “Deployer”; empty: everything. Stands
        behind “bears on”.
        """
        parts = []
        for name, values in self.values.items():
            if name in REPORTED:
                labels = [
                    f"“{self._value(name, one).label}”" for one in values
                ]
                text = get_text_list(labels, "or")
                parts.append(f"{text} {ONLY_REPORTED}")
                continue
            labels = [
                f"“{self.label_of(f'{name}{COLON}{one}')}”" for one in values
            ]
            parts.append(get_text_list(labels, "or"))
        return " and on ".join(parts)

    def among(self, mitigations: Iterable[Mitigation]) -> list[Mitigation]:
        """Those that bear on it: without any target, all."""
        bearing = self.universe.narrowed()
        return [one for one in mitigations if one.pk in bearing]

    def told_of(self, mitigations: Sequence[Mitigation]) -> str:
        """“2 of these 9 measures bear on “Deployer”: Audits (M0010) and Checks (M0088).” Empty where
        the reader answers for everything.
        """
        total = len(mitigations)
        if not self or not total:
            return ""
        bearing = self.among(mitigations)
        if total == 1:
            verb = "bears" if bearing else "does not bear"
            return f"This measure {verb} on {self.text}."
        if not bearing:
            return f"None of these {total:,} measures bears on {self.text}."
        if len(bearing) == total:
            return f"All {total:,} measures here bear on {self.text}."
        names = [f"{one.name} ({one.accession})" for one in bearing]
        if len(names) > MOST_NAMED:
            more = len(names) - MOST_NAMED
            names = [*names[:MOST_NAMED], f"{more:,} more"]
        verb = "bears" if len(bearing) == 1 else "bear"
        named = get_text_list(names, "and")
        return f"{len(bearing):,} of these {total:,} measures {verb} on {self.text}: {named}."
