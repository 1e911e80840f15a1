"""Cells of a file of answers, one for each answer: a long file has one on each row, a wide one
one in each column.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from django.core.exceptions import ValidationError

from catalogue.files.importing.errors import FileError
from serving.parameters import nearest

from .longform import COLUMNS, COMBINATION, COMMENT
from .mapping import WideMapping
from .tables import Table

#: What a wide file says where a measure is not in a combination.
NO = {"", "no", "0", "false"}


class Cell(NamedTuple):
    """One answer of a file. `columns` says where a field stands, if not under its own name."""

    row: int
    values: Mapping[str, str]
    columns: Mapping[str, str] = {}

    def fault(self, name: str, message: str) -> FileError:
        return FileError(
            message,
            row=self.row,
            column=self.columns.get(name, name),
        )


def long_cells(table: Table) -> Iterator[Cell]:
    problems = []
    for name in COLUMNS:
        if name not in table.columns:
            problems.append(f"The column “{name}” is missing.")
    known = ", ".join(COLUMNS)
    for name in table.columns:
        if name not in COLUMNS:
            problems.append(
                f"The column “{name}” is unknown; possible are {known}.",
            )
    if problems:
        raise ValidationError(problems)
    for row, values in table.rows:
        yield Cell(row, values)


def wide_cells(table: Table, mapping: WideMapping) -> Iterator[Cell]:
    problems = []
    for name in mapping.columns:
        if name not in table.columns:
            hint = known_values_hint(name, table.columns)
            problems.append(
                f"The mapping names the column “{name}”, which the file lacks{hint}",
            )
    for name in table.columns:
        if name not in mapping.columns:
            problems.append(
                f"The mapping does not say what the column “{name}” is; put it under “ignore” if it is nothing.",
            )
    if problems:
        raise ValidationError(problems)
    for row, values in table.rows:
        yield from _wide_row(row, values, mapping)


def _wide_row(
    row: int,
    values: dict[str, str],
    mapping: WideMapping,
) -> Iterator[Cell]:
    columns = {
        "respondent": mapping.respondent,
        "round": mapping.round,
        "expertise_area": mapping.expertise_area,
    }
    who = {"round": "1", "expertise_area": ""}
    for name, column in columns.items():
        if column:
            who[name] = values[column]

    def cell(column: str, answer: str, **place: str) -> Cell:
        own = {"risk_area": "", **place, "answer": answer}
        return Cell(
            row,
            {**who, **own},
            {**columns, **dict.fromkeys(own, column)},
        )

    for column, question in mapping.questions.items():
        value = values[column]
        if value in mapping.not_asked:
            continue
        answer = mapping.answers.get(value, value)
        yield cell(
            column,
            "" if value in mapping.skipped else answer,
            **question,
        )
    for column, accession in mapping.comments.items():
        value = values[column]
        if value not in mapping.skipped + mapping.not_asked:
            yield cell(column, value, item=accession, criterion=COMMENT)
    for column, accession in mapping.combination.items():
        value = values[column]
        # An unmarked measure says nothing, and may not have been offered.
        if value.lower() not in NO:
            yield cell(column, value, item=accession, criterion=COMBINATION)


def known_values_hint(value: str, known: Collection[str]) -> str:
    if found := nearest(value, list(known)):
        return f": did you mean “{found}”?"
    if known:
        return f"; possible are {', '.join(list(known)[:12])}."
    return "."
