"""Which column of a file is which field: by name, by other names that people use, and by what
is nearly spelt so.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from rapidfuzz import fuzz, process

from .errors import FileError
from .headers import Fits
from .kinds import Importer
from .reading import LONGEST_NAME, MOST_COLUMNS, Source

#: How alike, of 100, names are of which one is taken for the other.
ALIKE = 86
MOST_EXAMPLES = 3


@dataclass
class Guess:
    """`field` is empty where nothing fits. It is sure where the name is the field's own, or one
    that means just that.
    """

    column: str
    field: str
    is_sure: bool
    examples: list[str]


def simple(name: str) -> str:
    return re.sub(r"[^a-z0-9@]+", " ", name.casefold().replace("_", " ")).strip()


def guess(columns: Iterable[str], importer: Importer) -> dict[str, tuple[str, bool]]:
    """(field, whether that is sure) by column. No field is guessed twice: the surest column has
    it.
    """
    columns = list(columns)
    found: dict[str, tuple[str, bool]] = {}
    taken: set[str] = set()
    names = _names(importer)
    for exact in (True, False):
        for column in columns:
            field = names[exact].get(simple(column), "")
            if column not in found and field and field not in taken:
                found[column] = field, True
                taken.add(field)
    for column in columns:
        if column not in found:
            field = (
                ""
                if importer.is_derived(column)
                else _near(column, names[False], taken)
            )
            found[column] = field, not field
            taken.add(field)
    return found


def fitting(importer: Importer) -> Fits:
    """Tells how many of some names are those of fields, or of columns that exports have beside
    them.
    """
    names = _names(importer)[False]

    def fits(columns: Sequence[str]) -> int:
        known = {
            names.get(simple(column))
            for column in columns[:MOST_COLUMNS]
            if len(column) <= LONGEST_NAME
        }
        return len(known - {None})

    return fits


def _names(importer: Importer) -> dict[bool, dict[str, str]]:
    """Fields by their own names, and by all names."""
    own = {simple(name): name for name in importer.fields}
    others: dict[str, str] = {}
    for name, field in importer.fields.items():
        for text in (field.label, *field.synonyms):
            others.setdefault(simple(text), name)
    return {True: own, False: {**others, **own}}


def _near(column: str, names: dict[str, str], taken: set[str]) -> str:
    free = [
        text for text, field in names.items() if field not in taken and len(text) > 3
    ]
    near = process.extractOne(
        simple(column), free, scorer=fuzz.ratio, score_cutoff=ALIKE
    )
    return names[near[0]] if near else ""


def guesses(
    source: Source, importer: Importer, given: dict[str, str] | None = None
) -> list[Guess]:
    """For each column what it is, by `given` where that says it, and what stands in it."""
    guessed = guess(source.columns, importer)
    examples: dict[str, list[str]] = {column: [] for column in source.columns}
    for row in islice(source.rows(), 20):
        for column, cell in row.cells.items():
            text = "" if cell is None else str(cell)
            if (
                text
                and len(examples.get(column, [])) < MOST_EXAMPLES
                and text not in examples[column]
            ):
                examples[column].append(text)
    found = []
    for column in source.columns:
        field, is_sure = guessed[column]
        if given and given.get(column, field) != field:
            field, is_sure = given[column], True
        found.append(Guess(column, field, is_sure, examples[column]))
    return found


def checked(
    columns: dict[str, str], source: Source, importer: Importer
) -> dict[str, str]:
    """Field by column, of those that are used. Raises FileError where that cannot be."""
    missing = [
        column
        for column, field in columns.items()
        if field and column not in source.columns
    ]
    if missing:
        raise FileError(
            f"the file has no such column; it has {', '.join(source.columns)}.",
            column=missing[0],
        )
    used = {column: field for column, field in columns.items() if field}
    for column, field in used.items():
        if field not in importer.fields:
            raise FileError(
                f"there is no field “{field}”; possible are {', '.join(importer.fields)}.",
                column=column,
            )
    for field in used.values():
        same = [column for column, one in used.items() if one == field]
        if len(same) > 1:
            raise FileError(
                f"this and “{same[0]}” are both taken for {importer.fields[field].label}: choose one.",
                column=same[1],
            )
    if not used:
        where = f", of those in {source.place}" if source.place else ""
        raise FileError(
            f"no column is one of {importer.label.lower()}{where}: say what the columns are, or where their names stand."
        )
    return used
