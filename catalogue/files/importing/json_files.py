"""JSON and NDJSON, a record at a time: a list of records, the shape that the API and its
exports have, or a record on each line.

A member that is an object becomes a cell for each of its own members, with an underscore
between the names, as in exports.

Read by the standard library's decoder, value by value. A streaming parser such as ijson refuses
a file whole where this says row and column of the cell: for bytes that are no UTF-8, NaN and
control characters; it reads half a sign as “?”, and has no limit on the size of a record.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from .errors import FileError
from .reading import (
    MOST_COLUMNS,
    OpenedFile,
    Row,
    check_number,
    sound_columns,
    text_error,
)
from .values import LARGEST_WHOLE

#: Of signs, for one record.
LONGEST_RECORD = 2**20
SIGNS_AT_ONCE = 2**16
MOST_DIGITS = 18
DEEPEST = 6
SPACE = re.compile(r"[ \t\r\n]*")
#: Members under which other programs, too, keep their records.
LISTS = (
    "results",
    "records",
    "items",
    "data",
    "mitigations",
    "documents",
    "categories",
    "instruments",
    "provisions",
    "mappings",
    "comments",
)


class Unusable:
    """Stands for a value that JSON can spell and nobody can use."""

    def __init__(self, message: str):
        self.message = message


class Twice(dict):
    """An object in which a name stands twice."""

    name = ""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    twice = Twice(members)
    names = [name for name, _ in pairs]
    twice.name = next(name for name in names if names.count(name) > 1)
    return twice


def _whole(text: str) -> Any:
    if len(text) <= MOST_DIGITS:
        return int(text)
    return Unusable(
        f"a number of {len(text)} digits is too large: correct it.",
    )


def _decimal(text: str) -> Any:
    value = float(text)
    if abs(value) < LARGEST_WHOLE:
        return value
    return Unusable(f"the number {text[:20]} is too large: correct it.")


def _constant(text: str) -> Any:
    return Unusable(
        f"{text} is no value of JSON: write null where nothing is known.",
    )


DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs,
    parse_int=_whole,
    parse_float=_decimal,
    parse_constant=_constant,
    strict=False,
)


class JsonFile(OpenedFile):
    place = "the records"
    as_text = "write it in quotation marks"

    def __init__(self, path: Path, name: str, by_line: bool):
        self.path = path
        self.name = name
        self.by_line = by_line
        self.columns = self._all_columns()

    def _all_columns(self) -> list[str]:
        names: dict[str, None] = {}
        for row in self.rows():
            names.update(dict.fromkeys(row.cells))
            if len(names) > MOST_COLUMNS:
                raise FileError(
                    f"the records have more than {MOST_COLUMNS} members: leave out those without use.",
                    row=row.number,
                )
        if not names:
            raise FileError(
                f"{self.name} holds no records: it needs a list of objects.",
            )
        return sound_columns(list(names))

    def rows(self) -> Iterator[Row]:
        with self.path.open(
            encoding="utf-8-sig",
            errors="surrogateescape",
            newline="\n",
        ) as file:
            records = (
                _by_line(file) if self.by_line else _Stream(file).records()
            )
            for number, record in records:
                check_number(number)
                yield _row_of_record(number, record)


def _row_of_record(number: int, record: Any) -> Row:
    if not isinstance(record, dict):
        raise FileError(
            "it is no object: each record has to stand in braces, with a name for each value.",
            row=number,
        )
    row = Row(number, {})
    _add_members(row, record, "", 1)
    return row


def _add_members(
    row: Row,
    record: dict[str, Any],
    above: str,
    depth: int,
) -> None:
    if isinstance(record, Twice):
        row.errors.append(
            FileError(
                "this name stands twice in one object: delete one of them.",
                row=row.number,
                column=f"{above}{record.name}",
            ),
        )
    for name, value in record.items():
        column = f"{above}{name}"
        if isinstance(value, dict) and depth < DEEPEST:
            if value:
                _add_members(row, value, f"{column}_", depth + 1)
            else:
                row.cells.setdefault(column, {})
            continue
        if error := _error_in(value, row.number, column, depth):
            row.errors.append(error)
        row.cells[column] = value.strip() if isinstance(value, str) else value


def _error_in(
    value: Any,
    number: int,
    column: str,
    depth: int,
) -> FileError | None:
    if isinstance(value, Unusable):
        return FileError(value.message, row=number, column=column)
    if isinstance(value, str):
        return text_error(value, number, column, formulas=False)
    if depth > DEEPEST and isinstance(value, dict | list):
        return FileError(
            f"it is more than {DEEPEST} levels deep: make it flatter.",
            row=number,
            column=column,
        )
    if isinstance(value, Twice):
        return FileError(
            f"“{value.name}” stands twice in one object: delete one of them.",
            row=number,
            column=column,
        )
    inner = list(value.values()) if isinstance(value, dict) else value
    if isinstance(inner, list):
        for one in inner:
            if error := _error_in(one, number, column, depth + 1):
                return error
    return None


def _by_line(file: TextIO) -> Iterator[tuple[int, Any]]:
    number = 0
    while line := file.readline(LONGEST_RECORD + 1):
        number += 1
        if len(line) > LONGEST_RECORD:
            raise FileError(
                f"the line has more than {LONGEST_RECORD:,} signs: put one record on each line.",
                row=number,
            )
        if line.strip():
            try:
                yield number, DECODER.decode(line)
            except json.JSONDecodeError as error:
                raise FileError(
                    f"it is no JSON: {error.msg} at sign {error.pos + 1}.",
                    row=number,
                ) from error
            except RecursionError as error:
                raise FileError(
                    "it is nested too deeply: make it flatter.",
                    row=number,
                ) from error


class _Stream:
    """Reads a JSON file as far as is needed for the next value."""

    def __init__(self, file: TextIO):
        self.file = file
        #: What was read and is not used up yet, from the sign at `at` on.
        self.text = ""
        self.at = 0
        #: Whether the file was read to its end.
        self.is_whole = False
        self.number = 0

    def records(self) -> Iterator[tuple[int, Any]]:
        if self._next() == "[":
            yield from self._list()
        else:
            yield from self._envelope()
        if self._next():
            raise self._error_in("something stands behind the end")

    def _list(self) -> Iterator[tuple[int, Any]]:
        self.at += 1
        while self._next() != "]":
            self.number += 1
            yield self.number, self._value()
            if self._next() == ",":
                self.at += 1
                if self._next() == "]":
                    raise self._error_in(
                        "a comma stands before the end of the list",
                    )
            elif self._next() != "]":
                raise self._error_in(
                    "a comma, or the end of the list, is missing",
                )
        self.at += 1

    def _envelope(self) -> Iterator[tuple[int, Any]]:
        """An object around the list of records, or a single record."""
        self.at += 1
        single: dict[str, Any] = {}
        has_list = False
        while self._next() != "}":
            name = self._value()
            if not isinstance(name, str) or self._next() != ":":
                raise self._error_in(
                    "a name in quotation marks, and a colon, are missing",
                )
            self.at += 1
            if name in LISTS and not has_list and self._next() == "[":
                has_list = True
                yield from self._list()
            else:
                single[name] = self._value()
            if self._next() == ",":
                self.at += 1
            elif self._next() != "}":
                raise self._error_in(
                    "a comma, or the end of the object, is missing",
                )
        self.at += 1
        if not has_list:
            yield 1, single

    def _value(self) -> Any:
        while True:
            self._next()
            try:
                value, end = DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                if self._more():
                    continue
                raise self._error_in(error.msg) from error
            except RecursionError as error:
                raise FileError(
                    "it is nested too deeply: make it flatter.",
                    row=self.number or 1,
                ) from error
            # A number at the end of what was read may go on.
            if end < len(self.text) or not self._more():
                self.at = end
                return value

    def _next(self) -> str:
        """The next sign that is no blank; empty at the end."""
        while True:
            self.at = SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.text):
                return self.text[self.at]
            if not self._more():
                return ""

    def _more(self) -> bool:
        if self.is_whole:
            return False
        rest = self.text[self.at :]
        if len(rest) > LONGEST_RECORD:
            raise FileError(
                f"the record has more than {LONGEST_RECORD:,} signs: is this a list of records?",
                row=self.number or 1,
            )
        # As much again as there is: a long value is not tried over and over.
        more = self.file.read(max(SIGNS_AT_ONCE, len(rest)))
        self.text = rest + more
        self.at = 0
        self.is_whole = not more
        return bool(more)

    def _error_in(self, message: str) -> FileError:
        return FileError(
            f"it is no sound JSON: {message}.",
            row=self.number or 1,
        )
