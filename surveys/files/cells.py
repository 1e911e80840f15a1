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
        return FileError(message, row=self.row, column=self.columns.get(name, name))


def long_cells(table: Table) -> Iterator[Cell]:
    missing = [name for name in COLUMNS if name not in table.columns]
    unknown = [name for name in table.columns if name not in COLUMNS]
    if missing or unknown:
        raise ValidationError(
            [f"The column “{name}” is missing." for name in missing]
            + [
                f"The column “{name}” is unknown; possible are {', '.join(COLUMNS)}."
                for name in unknown
            ]
        )
    return (Cell(row, values) for row, values in table.rows)


def wide_cells(table: Table, mapping: WideMapping) -> Iterator[Cell]:
    missing = [name for name in mapping.columns if name not in table.columns]
    unknown = [name for name in table.columns if name not in mapping.columns]
    if missing or unknown:
        raise ValidationError(
            [
                f"The mapping names the column “{name}”, which the file lacks{known_values_hint(name, table.columns)}"
                for name in missing
            ]
            + [
                f"The mapping does not say what the column “{name}” is; put it under “ignore” if it is nothing."
                for name in unknown
            ]
        )
    return (
        cell for row, values in table.rows for cell in _wide_row(row, values, mapping)
    )


def _wide_row(row: int, values: dict[str, str], mapping: WideMapping) -> Iterator[Cell]:
    who = {
        "respondent": values[mapping.respondent],
        "round": values[mapping.round] if mapping.round else "1",
        "expertise_area": values[mapping.expertise_area]
        if mapping.expertise_area
        else "",
    }
    where = {
        "respondent": mapping.respondent,
        "round": mapping.round,
        "expertise_area": mapping.expertise_area,
    }

    def cell(column: str, answer: str, **place: str) -> Cell:
        at = dict.fromkeys(("item", "criterion", "risk_area", "answer"), column)
        return Cell(
            row, {**who, "risk_area": "", **place, "answer": answer}, {**where, **at}
        )

    for column, question in mapping.questions.items():
        value = values[column]
        if value not in mapping.not_asked:
            yield cell(
                column,
                "" if value in mapping.skipped else mapping.answers.get(value, value),
                **question,
            )
    for column, accession in mapping.comments.items():
        if values[column] not in mapping.skipped + mapping.not_asked:
            yield cell(column, values[column], item=accession, criterion=COMMENT)
    for column, accession in mapping.combination.items():
        # An unmarked measure says nothing, and may not have been offered.
        if values[column].lower() not in NO:
            yield cell(column, values[column], item=accession, criterion=COMBINATION)


def known_values_hint(value: str, known: Collection[str]) -> str:
    if found := nearest(value, list(known)):
        return f": did you mean “{found}”?"
    return f"; possible are {', '.join(list(known)[:12])}." if known else "."
