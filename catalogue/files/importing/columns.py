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
from .reading import LONGEST_NAME, MOST_COLUMNS, OpenedFile

#: How alike, of 100, names are of which one is taken for the other.
ALIKE = 86
MOST_EXAMPLES = 3
ROWS_LOOKED_AT = 20


@dataclass
class Guess:
    """`field` is empty where nothing fits. It is sure where the name is the field's own, or one
    that means just that.
    """

    column: str
    field: str
    is_sure: bool
    examples: list[str]


def simplified(name: str) -> str:
    return re.sub(
        r"[^a-z0-9@]+",
        " ",
        name.casefold().replace("_", " "),
    ).strip()


def guess(
    columns: Iterable[str],
    importer: Importer,
) -> dict[str, tuple[str, bool]]:
    """(field, whether that is sure) by column. No field is guessed twice: the surest column has
    it.
    """
    columns = list(columns)
    guesses: dict[str, tuple[str, bool]] = {}
    taken: set[str] = set()
    own_names = {simplified(name): name for name in importer.fields}
    all_names = _all_names(importer)
    for names in (own_names, all_names):
        for column in columns:
            field = names.get(simplified(column), "")
            if column not in guesses and field and field not in taken:
                guesses[column] = field, True
                taken.add(field)
    for column in columns:
        if column in guesses:
            continue
        field = ""
        if not importer.is_derived(column):
            field = _nearest_field(column, all_names, taken)
        guesses[column] = field, not field
        taken.add(field)
    return guesses


def guessed_columns(
    columns: Iterable[str],
    importer: Importer,
) -> dict[str, str]:
    """Field by column, empty where nothing fits: as a batch stores them."""
    guesses = guess(columns, importer)
    return {column: field for column, (field, _) in guesses.items()}


def fitting(importer: Importer) -> Fits:
    """Tells how many of some names are those of fields, or of columns that exports have beside
    them.
    """
    names = _all_names(importer)

    def fits(columns: Sequence[str]) -> int:
        known = set()
        for column in columns[:MOST_COLUMNS]:
            if len(column) <= LONGEST_NAME:
                known.add(names.get(simplified(column)))
        return len(known - {None})

    return fits


def _all_names(importer: Importer) -> dict[str, str]:
    """Fields by what they may be called; what is the own name of one is that one."""
    names: dict[str, str] = {}
    for name, field in importer.fields.items():
        for text in (field.label, *field.synonyms):
            names.setdefault(simplified(text), name)
    for name in importer.fields:
        names[simplified(name)] = name
    return names


def _nearest_field(column: str, names: dict[str, str], taken: set[str]) -> str:
    free = [
        name for name in names if names[name] not in taken and len(name) > 3
    ]
    nearest = process.extractOne(
        simplified(column),
        free,
        scorer=fuzz.ratio,
        score_cutoff=ALIKE,
    )
    return names[nearest[0]] if nearest else ""


def guesses(
    source: OpenedFile,
    importer: Importer,
    chosen: dict[str, str] | None = None,
) -> list[Guess]:
    """For each column what it is, by `chosen` where that says it, and what stands in it."""
    examples = _example_values(source)
    guessed = guess(source.columns, importer)
    result = []
    for column in source.columns:
        field, is_sure = guessed[column]
        if chosen and chosen.get(column, field) != field:
            field = chosen[column]
            is_sure = True
        result.append(Guess(column, field, is_sure, examples[column]))
    return result


def _example_values(source: OpenedFile) -> dict[str, list[str]]:
    """Some different values by column, of the first rows."""
    examples: dict[str, list[str]] = {column: [] for column in source.columns}
    for row in islice(source.rows(), ROWS_LOOKED_AT):
        for column, cell in row.cells.items():
            if cell is None or cell == "" or column not in examples:
                continue
            texts = examples[column]
            if len(texts) < MOST_EXAMPLES and str(cell) not in texts:
                texts.append(str(cell))
    return examples


def checked(
    columns: dict[str, str],
    source: OpenedFile,
    importer: Importer,
) -> dict[str, str]:
    """Field by column, of those that are used. Raises FileError where that cannot be."""
    used = {column: field for column, field in columns.items() if field}
    for column in used:
        if column not in source.columns:
            raise FileError(
                f"the file has no such column; it has {', '.join(source.columns)}.",
                column=column,
            )
    for column, field in used.items():
        if field not in importer.fields:
            raise FileError(
                f"there is no field “{field}”; possible are {', '.join(importer.fields)}.",
                column=column,
            )
    first: dict[str, str] = {}
    for column, field in used.items():
        other = first.setdefault(field, column)
        if other != column:
            raise FileError(
                f"this and “{other}” are both taken for {importer.fields[field].label}: choose one.",
                column=column,
            )
    if not used:
        where = f", of those in {source.place}" if source.place else ""
        raise FileError(
            f"no column is one of {importer.label.lower()}{where}: say what the columns are, or where their names stand.",
        )
    return used
