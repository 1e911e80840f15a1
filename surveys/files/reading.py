"""Raw answers of a survey that ran elsewhere: read, and checked cell by cell.

A file is long (see `longform`), or wide with a mapping. Both become cells, which are checked in
one place.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from catalogue.files.importing.errors import FileError

from ..models import Study
from ..running import fielding
from ..running.tabulation import Question
from .cells import NO, Cell, known_values_hint, long_cells, wide_cells
from .longform import COMBINATION, COMMENT, Given
from .mapping import WideMapping
from .tables import Table

YES = {"yes", "1", "true", "x"}


def read_answers(
    study: Study,
    table: Table,
    mapping: WideMapping | None = None,
) -> dict[tuple[str, int], Given]:
    """What each respondent of a file gave in each round. Raises ValidationError with every cell
    that is wrong.
    """
    reader = _Reader(study)
    for cell in wide_cells(table, mapping) if mapping else long_cells(table):
        reader.take(cell)
    reader.check_whole()
    if reader.problems:
        raise ValidationError(list(reader.problems.values()))
    if not reader.given:
        raise ValidationError("The file has no answers.")
    return reader.given


class _Reader:
    """Puts cells together by respondent and round, and collects what is wrong with them, each
    fault once.
    """

    def __init__(self, study: Study):
        asked = fielding.questions(study)
        self.study = study
        items = study.items.values_list("mitigation__accession", "pk")
        self.items = dict(items.order_by("position", "pk"))
        self.groups = _by_name(study.expertise_areas.all())
        #: By slugs of criterion and risk area: their keys.
        self.questions: dict[tuple[str, str], tuple[int, int | None]] = {}
        self.points = {}
        for criterion, area in asked:
            slugs = (criterion.slug, area.slug if area else "")
            self.questions[slugs] = (criterion.pk, area.pk if area else None)
            points = criterion.scale.points.all()  # type: ignore[union-attr]
            self.points[criterion.slug] = _by_name(points)
        self.given: dict[tuple[str, int], Given] = {}
        self.problems: dict[str, FileError] = {}
        self.rows: dict[tuple, int] = {}
        self.groups_of: dict[str, int | None] = {}
        # Respondents with a bad cell: that the rest is whole can be said once it is mended.
        self.faulty: set[str] = set()

    def take(self, cell: Cell) -> None:
        value = cell.values
        respondent = self._checked(cell, "respondent", self._respondent)
        number = self._checked(cell, "round", self._round)
        group = self._checked(cell, "expertise_area", self._group)
        item = self._checked(
            cell,
            "item",
            lambda given: _one_of(given, self.items, "measure"),
        )
        kind = self._checked(cell, "criterion", self._criterion)
        if None in (respondent, number, item, kind):
            return
        question = self._checked(
            cell,
            "risk_area",
            lambda given: self._question(kind, given),
        )
        answer = self._checked(
            cell,
            "answer",
            lambda given: self._answer(kind, given),
        )
        if question is None or answer is None:
            return
        key = (respondent, number, item, kind, value["risk_area"])
        if (before := self.rows.setdefault(key, cell.row)) != cell.row:
            self._fault(
                cell,
                "respondent",
                f"this question has an answer in row {before} already.",
            )
            return
        if self.groups_of.setdefault(respondent, group) != group:
            self._fault(
                cell,
                "expertise_area",
                f"“{respondent}” has another area of expertise above.",
            )
        self._keep(
            self.given.setdefault(
                (respondent, number),
                Given(expertise=group),
            ),
            item,
            kind,
            question,
            answer,
        )

    def _keep(
        self,
        given: Given,
        item: int,
        kind: str,
        question: tuple,
        answer,
    ) -> None:
        if kind == COMMENT:
            if answer:
                given.remarks[item] = answer
        elif kind == COMBINATION:
            if answer is True:
                given.combination.add(item)
        else:
            given.asked.add(item)
            if answer:
                given.answers[Question(item, *question)] = answer

    def _checked(self, cell: Cell, name: str, check):
        try:
            return check(cell.values[name])
        except (ValueError, fielding.AnswerRefused) as wrong:
            self._fault(cell, name, str(wrong))
            return None

    def _fault(self, cell: Cell, name: str, message: str) -> None:
        self._add(cell.fault(name, message))
        self.faulty.add(cell.values["respondent"])

    def _add(self, fault: FileError) -> None:
        self.problems.setdefault(fault.messages[0], fault)

    # One check for each column. Each raises ValueError.

    def _respondent(self, value: str) -> str:
        if not value:
            raise ValueError("a respondent is missing.")
        return value

    def _round(self, value: str) -> int:
        if not (
            value.isascii() and value.isdecimal() and 1 <= int(value) <= 99
        ):
            raise ValueError(
                f"“{value}” is no round: it has to be 1, 2 and so on.",
            )
        return int(value)

    def _group(self, value: str) -> int | None:
        if value:
            return _one_of(value, self.groups, "area of expertise")
        return None

    def _criterion(self, value: str) -> str:
        slugs = [*self.points, COMBINATION, COMMENT]
        return _one_of(
            value,
            dict(zip(slugs, slugs, strict=True)),
            "criterion",
        )

    def _question(self, kind: str, area: str) -> tuple:
        if kind in (COMBINATION, COMMENT):
            if area:
                raise ValueError(f"“{kind}” has no risk area.")
            return ()
        areas = {}
        for (criterion, slug), question in self.questions.items():
            if criterion == kind:
                areas[slug] = question
        if "" in areas and area:
            raise ValueError(f"“{kind}” is not asked by risk area.")
        return _one_of(area, areas, f"risk area that “{kind}” is asked about,")

    def _answer(self, kind: str, value: str):
        if kind == COMMENT:
            return fielding.cleaned_remark(value)
        if kind == COMBINATION:
            return self._choice(value)
        if value:
            return _one_of(value, self.points[kind], f"answer to “{kind}”")
        return 0

    def _choice(self, value: str) -> bool:
        if not self.study.asks_combination:
            raise ValueError("this study asks for no combination.")
        if value.lower() not in YES | NO:
            raise ValueError(f"“{value}” is neither yes nor no.")
        return value.lower() in YES

    # What can be said only of a whole file

    def check_whole(self) -> None:
        for (respondent, number), given in self.given.items():
            if respondent not in self.faulty:
                self._check_response(respondent, number, given)
        numbers = {number for _, number in self.given}
        if numbers and numbers != set(range(1, max(numbers) + 1)):
            listed = ", ".join(str(number) for number in sorted(numbers))
            self._add_problem(
                f"The file has the rounds {listed}: number them from 1, without a gap.",
            )

    def _check_response(
        self,
        respondent: str,
        number: int,
        given: Given,
    ) -> None:
        who = f"respondent “{respondent}”, round {number}"
        accessions = {
            item: accession for accession, item in self.items.items()
        }
        for item in sorted(given.asked):
            lacking = []
            for question in sorted(self.questions):
                if (respondent, number, item, *question) not in self.rows:
                    lacking.append("/".join(name for name in question if name))
            if lacking:
                self._add_problem(
                    f"{who}: {accessions[item]} lacks {', '.join(lacking)}. Give a question that was skipped an empty answer; "
                    "who is asked about a measure is asked every question about it.",
                )
        not_asked = (given.combination | set(given.remarks)) - given.asked
        for item in sorted(not_asked):
            self._add_problem(
                f"{who}: {accessions[item]} has a comment or a choice, but was not asked about.",
            )
        limit = self.study.combination_limit
        if limit and len(given.combination) > limit:
            self._add_problem(
                f"{who}: {len(given.combination)} measures are combined; {limit} are possible.",
            )

    def _add_problem(self, message: str) -> None:
        self._add(FileError(message))


def _by_name(records: Iterable) -> dict[str, int]:
    """Keys of records by slug, and by the name that people read."""
    known: dict[str, int] = {}
    for record in records:
        known[record.slug] = record.pk
        known.setdefault(str(record), record.pk)
    return known


def _one_of(value: str, known: Mapping[str, Any], noun: str) -> Any:
    if value in known:
        return known[value]
    raise ValueError(
        f"“{value}” is no {noun} of this study{known_values_hint(value, known)}",
    )
