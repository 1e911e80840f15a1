"""What data files hold: records, and what is wrong with them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from catalogue.fields import cleaned, what_is_unusable


class DataError(Exception):
    """What is wrong with the files, one line each: file, record, field, remedy."""

    def __init__(self, problems: list[str]):
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass
class Record:
    """One record of a file: `kind` names its kind, `key` tells it from others of that kind."""

    kind: str
    key: str
    values: dict[str, Any]
    source: str


@dataclass
class Contents:
    """The records of a folder in the order in which they can be written, and what is wrong with
    them.
    """

    records: list[Record] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(
        self,
        kind: str,
        key: str,
        source: str,
        values: dict[str, Any],
    ) -> None:
        self.records.append(Record(kind, key, values, source))

    def of_kind(self, kind: str) -> dict[str, Record]:
        return {
            record.key: record
            for record in self.records
            if record.kind == kind
        }

    def take(
        self,
        source: str,
        entry: Any,
        required: str,
        optional: str = "",
    ) -> dict[str, Any] | None:
        """The entry with every key present and no key unknown; None, and a problem noted, where
        it is not so.
        """
        if not isinstance(entry, dict):
            self.problems.append(
                f"{source}: expected a record with named fields, found {entry!r}",
            )
            return None
        needed = required.split()
        allowed = required.split() + optional.split()
        wrong = [
            f"{source}: {name}: is missing"
            for name in needed
            if entry.get(name) in (None, "", [])
        ]
        wrong += [
            f"{source}: {name}: is not a field here; use one of {', '.join(allowed)}"
            for name in entry
            if name not in allowed
        ]
        values = {name: _cleaned(entry.get(name)) for name in allowed}
        wrong += [
            f"{source}: {name}: {fault}"
            for name, value in values.items()
            for fault in _unusable(value)
        ]
        self.problems.extend(wrong)
        return None if wrong else values


def parse_yaml(text: str) -> Any:
    """As `yaml.safe_load`, in a tenth of the time where the library has its part in C.
    Raises YAMLError.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, loader)


def _cleaned(value: Any) -> Any:
    """A value of a file, with each text in it cleaned."""
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, list):
        return [_cleaned(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _cleaned(entry) for key, entry in value.items()}
    return value


def _unusable(value: Any) -> Iterator[str]:
    """What each text in a value holds that no text can."""
    if isinstance(value, str):
        if fault := what_is_unusable(value):
            yield fault
    elif isinstance(value, list | dict):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from _unusable(entry)
