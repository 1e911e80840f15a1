"""What is read of a row of an import, and what is to be done with it."""

import dataclasses
import hashlib
import re
from typing import Any

import orjson

from catalogue.models import ImportRow

from .errors import FileError
from .kinds.base import Identity, State
from .reading import Row

Verdict = ImportRow.Verdict
QUOTED = re.compile(r"“[^”]*”|(?<=\s)[0-9]+(?:\.[0-9]+)*(?=[\s:,;)])")


@dataclasses.dataclass
class RowPlan:
    """One row, judged. `before` is None for an addition; both are empty for what is left or
    refused. `errors` are (column, message).
    """

    number: int
    verdict: str = Verdict.LEFT
    label: str = ""
    key: int | None = None
    fingerprint: str = ""
    before: State | None = None
    after: State = dataclasses.field(default_factory=dict)
    errors: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)
    is_public: bool = False
    asks_why: bool = False

    @property
    def body(self) -> bytes:
        """As it is stored: of a change, only what differs."""
        content: dict[str, Any] = {}
        if self.verdict == Verdict.ADDED:
            content["after"] = self.after
        elif self.verdict == Verdict.CHANGED:
            assert self.before is not None
            content = {"before": {}, "after": {}}
            for name, value in self.after.items():
                old = self.before.get(name)
                if old != value:
                    content["before"][name] = old
                    content["after"][name] = value
        if self.errors:
            content["faults"] = self.errors
        if self.warnings:
            content["warnings"] = self.warnings
        return orjson.dumps(content)


@dataclasses.dataclass
class ReadRow:
    """A row whose cells were read: values by field, and what is wrong with the cells."""

    row: Row
    values: State = dataclasses.field(default_factory=dict)
    errors: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    identities: list[Identity] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)
    #: Of all that a row says which names no record; else empty.
    fingerprint: str = ""


@dataclasses.dataclass
class ExistingRecords:
    """What the catalogue has of the records that some rows name."""

    keys: dict[Identity, int]
    states: dict[int, State]
    #: Keys of what rows with these fingerprints added in an earlier import.
    imported: dict[str, int]
    #: Why files change these no more, by key.
    closed: dict[int, str]


def copied_state(state: State) -> State:
    """A copy of a state, in which fields can put values without changing it."""
    copy = {}
    for name, value in state.items():
        copy[name] = dict(value) if isinstance(value, dict) else value
    if "classifications" in copy:
        for name, classification in copy["classifications"].items():
            copy["classifications"][name] = dict(classification)
    return copy


def as_compared(message: str) -> str:
    """A message without what it quotes, which differs from row to row."""
    return QUOTED.sub("“…”", message.partition(": did you mean")[0])


def as_shown(value: str) -> str:
    return value.replace("\t", " ").strip()


def fingerprint(kind: str, values: State) -> str:
    """Of all that a row says."""
    text = orjson.dumps([kind, values], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def as_file_error(number: int, error: tuple[str, str]) -> FileError:
    column, message = error
    return FileError(message, row=number, column=column)
