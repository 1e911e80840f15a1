"""A comparison: which groups of rows it has, in which order, and which rows differ."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property

from django.utils.text import get_text_list

from catalogue.models import Mitigation

from ..selected import same_measures
from .asked import who_asks
from .experts import what_experts_said
from .facts import (
    classification,
    elsewhere,
    in_short,
    which_risks,
    who_and_when,
)
from .rows import Compared, Group, Row, Value, told_once

_MAKERS: dict[str, Callable[[Compared], list[Group]]] = {
    "summary": in_short,
    "experts": what_experts_said,
    "asked": who_asks,
    "who": who_and_when,
    "risks": which_risks,
    "classification": classification,
    "elsewhere": elsewhere,
}


class ComparedMitigations(Compared):
    """`groups_shown` are those of `state.GROUPS` that are asked for. `head`: the study, or its
    question, that comes first.
    """

    def __init__(
        self,
        mitigations: list[Mitigation],
        groups_shown: Iterable[str],
        head: tuple[str, str] = ("", ""),
    ):
        super().__init__(mitigations)
        self.groups_shown = list(groups_shown)
        self.head = head

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
        return told_once(sorted(groups, key=self._comes_later))

    def _comes_later(self, group: Group) -> bool:
        study, question = self.head
        if not study or group.study is None or group.study.slug != study:
            return True
        asked = group.criterion.slug if group.criterion else ""
        return bool(question) and asked != question

    def _named(self, row: Row) -> Row:
        return replace(row, names=tuple(self.names))

    @property
    def title(self) -> str:
        """“A, B and C”; empty of none."""
        return get_text_list(self.names, "and")

    @property
    def rows(self) -> list[Row]:
        rows: list[Row] = []
        for group in self.groups:
            rows += group.rows
        return rows

    def by_measure(
        self,
        differences_only: bool = False,
    ) -> list[tuple[Mitigation, list[tuple[Group, list[tuple[Row, Value]]]]]]:
        """Each mitigation with its own values, group by group."""
        found = []
        for place, mitigation in enumerate(self.mitigations):
            groups = []
            for group in self.groups:
                values = [
                    (row, row.values[place])
                    for row in group.rows
                    if not (differences_only and row.is_same)
                ]
                if values:
                    groups.append((group, values))
            found.append((mitigation, groups))
        return found

    @property
    def row_count(self) -> int:
        return len(self.rows)

    @property
    def different_count(self) -> int:
        return sum(not row.is_same for row in self.rows)

    @property
    def notices(self) -> list[str]:
        """What is to be read with it: preliminary studies and documents, each once, and what
        holds of all that laws ask.
        """
        found: dict[str, None] = {}
        for group in self.groups:
            if group.study and group.study.named_notice:
                found[group.study.named_notice] = None
            elif group.note and not group.study:
                found[group.note] = None
        for one in self.mitigations:
            if one.is_preliminary and one.document.named_notice:
                found[one.document.named_notice] = None
        return list(found)

    @cached_property
    def same_measures(self) -> list[str]:
        return same_measures(self.mitigations)
