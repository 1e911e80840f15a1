"""A comparison: which groups of rows it has, in which order, and which rows differ."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property

from catalogue.models import Mitigation

from ..selected import same_measures
from .experts import what_experts_said
from .facts import (
    classification,
    elsewhere,
    in_short,
    which_risks,
    who_and_when,
)
from .rows import Compared, Group, Row
from .verdicts import Comparison, apart

_MAKERS: dict[str, Callable[[Compared], list[Group]]] = {
    "summary": in_short,
    "experts": what_experts_said,
    "who": who_and_when,
    "risks": which_risks,
    "classification": classification,
    "elsewhere": elsewhere,
}


class ComparedMitigations(Compared):
    """`groups_shown` are those of `state.GROUPS` that are asked for."""

    def __init__(
        self,
        mitigations: list[Mitigation],
        groups_shown: Iterable[str],
    ):
        super().__init__(mitigations)
        self.groups_shown = list(groups_shown)

    @cached_property
    def groups(self) -> list[Group]:
        made: list[Group] = []
        for name in self.groups_shown:
            made += _MAKERS[name](self)
        groups = []
        for group in made:
            if group.rows or group.said:
                rows = [self._named(row) for row in group.rows]
                groups.append(replace(group, rows=rows))
        return groups

    def _named(self, row: Row) -> Row:
        return replace(row, names=tuple(self.names))

    @property
    def rows(self) -> list[Row]:
        rows: list[Row] = []
        for group in self.groups:
            rows += group.rows
        return rows

    @property
    def row_count(self) -> int:
        return len(self.rows)

    @property
    def different_count(self) -> int:
        return sum(not row.is_same for row in self.rows)

    @cached_property
    def same_measures(self) -> list[str]:
        return same_measures(self.mitigations)

    @property
    def apart(self) -> list[Comparison]:
        return apart(self.names, self.evidence)
