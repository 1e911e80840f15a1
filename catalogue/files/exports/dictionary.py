"""The data dictionary, made from the declarations that files are written from."""

from typing import Any

from .columns import Column, MitigationTable
from .tables import Table, all_tables

#: How lists, moments and unknown values stand in each format.
CONVENTIONS = [
    (
        "Not known",
        "An empty cell; null in JSON, Parquet and SQLite. What it means stands with each column. It is never zero.",
    ),
    (
        "Bounds",
        "An operator, > or <, in a column of its own beside the value. Without an operator, the value is exact.",
    ),
    ("Shares", "From 0 to 1. An interval is Wilson’s, at 95 %."),
    (
        "Several values",
        "In CSV and Excel one cell, with “ | ” between them; in a value itself, a bar or a backslash has a "
        "backslash before it. In Parquet lists; in SQLite JSON.",
    ),
    (
        "Dates and times",
        "In UTC, ISO 8601. In Excel cells of dates; in Parquet timestamps.",
    ),
    ("True and false", "true and false; in SQLite 1 and 0."),
    (
        "Text that looks like a formula",
        "In CSV and Excel an apostrophe stands before a text that begins with =, +, -, @, a tab or "
        "a line end, so that no spreadsheet runs it. Take it away to have the text.",
    ),
]


def dictionary() -> list[Table]:
    """Every table: mitigations with the columns of all studies, as CSV, Excel and Parquet have
    them; then the others.
    """
    [of_mitigations] = [
        table for table in all_tables() if table.name == "mitigations"
    ]
    wide = Table(
        "mitigations",
        of_mitigations.description,
        MitigationTable().columns,
    )
    return [
        wide,
        *(table for table in all_tables() if table.name != "mitigations"),
    ]


def as_json() -> dict[str, Any]:
    return {
        "conventions": [
            {"about": about, "rule": rule} for about, rule in CONVENTIONS
        ],
        "tables": [
            {
                "name": t.name,
                "description": t.description,
                "columns": [_column(column) for column in t.columns],
            }
            for t in dictionary()
        ],
    }


def _column(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": str(column.type),
        "description": column.description,
        "unit": column.unit or None,
        "empty": column.empty or None,
    }
