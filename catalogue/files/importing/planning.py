"""What would become of each row of a file: a dry run, which writes nothing.

The file is read twice: once for all that its rows name, so that they can refer to each other
and nothing stands twice, and once to compare each row with what the catalogue has. Memory holds
one lot of rows, and the names.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import orjson

from catalogue.models import ImportRow

from .faults import Fault, Wrong
from .kinds import Kind
from .kinds.base import Field, Identity, State
from .reading import Row, Source
from .values import is_empty, is_nothing, no_text

Verdict = ImportRow.Verdict
LOT = 1000
#: So many rows have to be refused for the same reason before it is told for all of them; and so
#: many reasons are.
MANY_ROWS, MOST_REASONS = 5, 8
QUOTED = re.compile(r"“[^”]*”|(?<=\s)[0-9]+(?:\.[0-9]+)*(?=[\s:,;)])")
Progress = Callable[[int], None]


@dataclass
class Planned:
    """One row, judged. `before` is None for an addition; both are empty for what is left or
    refused.
    """

    number: int
    verdict: str = Verdict.LEFT
    label: str = ""
    key: int | None = None
    fingerprint: str = ""
    before: State | None = None
    after: State = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    is_public: bool = False

    @property
    def body(self) -> bytes:
        """As it is kept: of a change, only what differs."""
        told: dict[str, Any] = {}
        if self.verdict == Verdict.ADDED:
            told = {"after": self.after}
        elif self.verdict == Verdict.CHANGED:
            assert self.before is not None
            names = [
                name
                for name, value in self.after.items()
                if self.before.get(name) != value
            ]
            told = {
                "before": {n: self.before.get(n) for n in names},
                "after": {n: self.after[n] for n in names},
            }
        if self.faults:
            told["faults"] = self.faults
        if self.warnings:
            told["warnings"] = self.warnings
        return orjson.dumps(told)


@dataclass
class Read:
    """A row whose cells were read: values by field, and what is wrong with the cells."""

    row: Row
    values: State
    faults: list[tuple[str, str]]
    identities: list[Identity] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Planner:
    def __init__(self, kind: Kind, source: Source, columns: dict[str, str]):
        self.kind, self.source = kind, source
        self.used = [
            (column, kind.fields[name]) for column, name in columns.items() if name
        ]
        # In the order of the kind's fields, but what says something of a category comes after
        # all that name one.
        order = list(kind.fields)
        self.used.sort(key=lambda pair: (pair[1].follows, order.index(pair[1].name)))
        self.column_of = {one.name: column for column, one in self.used}
        self.counts = dict.fromkeys([*Verdict.values, "warned"], 0)
        self.touches_public = False
        self.total = 0
        self.digest = hashlib.sha256()
        self.first_row: dict[Identity, int] = {}
        self.row_of: dict[int, int] = {}
        #: How many rows are refused for what: (column, message without what differs from row to
        #: row).
        self.reasons: Counter[tuple[str, str]] = Counter()
        self.closed: dict[int, str] = {}

    def plan(self, progress: Progress = lambda done: None) -> Iterator[list[Planned]]:
        """Every row, a lot at a time. Raises Fault for a file that cannot be read to its end."""
        self._look_through()
        progress(0)
        rows, done = self.source.rows(), 0
        while lot := [self._read(row) for row in islice(rows, LOT)]:
            planned = self._judge(lot)
            for one in planned:
                self._count(one)
            done += len(lot)
            yield planned
            progress(done)

    def _count(self, one: Planned) -> None:
        self.counts[one.verdict] += 1
        self.counts["warned"] += bool(one.warnings)
        self.touches_public |= one.is_public
        self.reasons.update(
            {(column, _alike(message)) for column, message in one.faults}
        )
        self.digest.update(
            f"{one.number} {one.verdict} {one.key} {one.label} {one.is_public}".encode()
        )
        self.digest.update(one.body)

    @property
    def notes(self) -> list[str]:
        """What was found out about the file; and where many rows are refused, why most of them
        are.
        """
        many = [
            (place, count)
            for place, count in self.reasons.most_common(MOST_REASONS)
            if count >= MANY_ROWS
        ]
        return self.source.notes + [
            f"Refused in {count:,} rows{f', in the column “{column}”' if column else ''}: {message}"
            for (column, message), count in many
        ]

    # The first time

    def _look_through(self) -> None:
        naming = {column: f for column, f in self.used if f.name in self.kind.naming}
        for row in self.source.rows():
            self.total += 1
            values = {}
            for column, one in naming.items():
                cell = row.cells.get(column)
                if not is_empty(cell) and not is_nothing(cell):
                    try:
                        values[one.name] = one.read(cell)
                    except Wrong:
                        continue  # told when the row is judged
            for identity in self.kind.identities(values):
                self.first_row.setdefault(identity, row.number)
        if not self.total:
            raise Fault(
                f"there are no rows below the column names, which stand in {self.source.place}: fill some in."
            )
        self.kind.foresee(self.first_row)

    # The second time

    def _read(self, row: Row) -> Read:
        read = Read(
            row,
            {},
            [(fault.column, fault.detail) for fault in row.faults],
            warnings=list(row.warnings),
        )
        bad = {column for column, _ in read.faults}
        if "" in bad:  # which cell is which cannot be said
            return read
        for column, one in self.used:
            cell = row.cells.get(column)
            if column in bad or column not in row.cells:
                continue
            if is_empty(cell):
                self._read_empty(read, one)
                continue
            self._read_cell(read, column, one, cell)
        read.identities = self.kind.identities(read.values)
        return read

    def _read_cell(self, read: Read, column: str, one: Field, cell: Any) -> None:
        why_not = no_text(cell) if one.is_text or one.is_exact else ""
        if why_not and one.is_exact:
            read.faults.append((column, f"{why_not}: {self.source.as_text}."))
            return
        if one.is_exact and is_nothing(cell):
            self._pass_over(read, column, one, cell)
            return
        try:
            read.values[one.name] = one.read(cell)
        except Wrong as wrong:
            if is_nothing(cell):
                self._pass_over(read, column, one, cell)
            else:
                read.faults.append((column, str(wrong)))
            return
        if why_not:
            taken = read.values[one.name]
            read.warnings.append(
                f"{column}: {why_not}, and is taken as “{taken}”. If it is not that, {self.source.as_text}."
            )

    def _read_empty(self, read: Read, one: Field) -> None:
        if self.kind.given.empty_cells and not one.is_kept:
            read.values[one.name] = one.empty

    def _pass_over(self, read: Read, column: str, one: Field, cell: Any) -> None:
        self._read_empty(read, one)
        read.warnings.append(f"{column}: “{cell}” is read as an empty cell.")

    def _judge(self, lot: list[Read]) -> list[Planned]:
        named = list(
            dict.fromkeys(identity for read in lot for identity in read.identities)
        )
        found = self.kind.find(named) if named else {}
        nameless = {
            read.row.number: fingerprint(self.kind.name, read.values)
            for read in lot
            if not read.identities
        }
        again = self._imported_before(list(nameless.values())) if nameless else {}
        states = self.kind.read(list(set(found.values()))) if found else {}
        self.closed = self.kind.closed(list(states)) if states else {}
        return [
            self._judge_one(
                read, found, states, nameless.get(read.row.number, ""), again
            )
            for read in lot
        ]

    def _imported_before(self, prints: list[str]) -> dict[str, int]:
        """Keys of what the very same rows added in an earlier import, that still stands."""
        rows = ImportRow.objects.filter(
            fingerprint__in=prints,
            verdict=Verdict.ADDED,
            is_undone=False,
            batch__committed_at__isnull=False,
            batch__kind=self.kind.name,
        )
        keys = dict(rows.order_by().values_list("fingerprint", "record"))
        standing = self.kind.read([key for key in keys.values() if key]) if keys else {}
        return {text: key for text, key in keys.items() if key in standing}

    def _judge_one(
        self,
        read: Read,
        found: dict[Identity, int],
        states: dict[int, State],
        print_: str,
        again: dict[str, int],
    ) -> Planned:
        planned = Planned(
            read.row.number,
            fingerprint=print_,
            faults=list(read.faults),
            warnings=list(read.warnings),
        )
        if not planned.faults and print_ in again:
            planned.key, planned.label = (
                again[print_],
                str(read.values.get("name", ""))[:120],
            )
            planned.warnings.append(
                "this very row was imported before: it is left, whatever was changed here since."
            )
            return planned
        key = self._which(read, found, planned)
        planned.key = key
        before = states.get(key) if key else None
        after = self._applied(read, before, planned)
        planned.label = self.kind.title(after)[:120]
        self._check(read, planned, before, after)
        if (
            print_
            and not planned.faults
            and self.first_row.setdefault(("row", print_), planned.number)
            != planned.number
        ):
            planned.faults.append(
                (
                    "",
                    f"row {self.first_row['row', print_]} says just the same: delete one of them.",
                )
            )
        if planned.faults:
            planned.verdict, planned.key = Verdict.REFUSED, key
        elif before is None:
            self._add(planned, after)
        elif (changes := self.kind.changes(before, after)) and key in self.closed:
            planned.faults.append(
                (self._naming_column(read.identities[0][0]), self.closed[key])
            )
            planned.verdict = Verdict.REFUSED
        elif changes:
            planned.verdict, planned.before, planned.after = (
                Verdict.CHANGED,
                before,
                after,
            )
            planned.is_public = bool(changes) and self.kind.is_public(before, after)
        return planned

    def _check(
        self, read: Read, planned: Planned, before: State | None, after: State
    ) -> None:
        told = {column for column, _ in planned.faults}
        if read.row.faults or "" in told or len(planned.faults) > len(read.faults):
            return  # what stands in the row, or which record it is, cannot be said
        found = (
            self.kind.missing(after)
            if planned.faults
            else self.kind.check(after, before)
        )
        for name, message in found:
            column = self.column_of.get(name, name)
            if column not in told:
                planned.faults.append((column, message))

    def _add(self, planned: Planned, after: State) -> None:
        if self.kind.given.skip_same and (same := self.kind.same(after)):
            planned.warnings.append(f"{same}, and so the row is left out.")
            return
        planned.verdict, planned.after = Verdict.ADDED, after
        planned.warnings += self.kind.doubts(after, planned.number)
        planned.is_public = self.kind.is_public(None, after)

    def _which(
        self, read: Read, found: dict[Identity, int], planned: Planned
    ) -> int | None:
        """The key of the record that a row is about; None for an addition, and where that
        cannot be told.
        """
        keys = {found[identity] for identity in read.identities if identity in found}
        if len(keys) > 1:
            names = ", ".join(value for _, value in read.identities)
            planned.faults.append(
                (
                    "",
                    f"{names} name different {self.kind.noun}s: take out what is wrong.",
                )
            )
        for by, value in read.identities:
            first = self.first_row.get((by, value), read.row.number)
            if first != read.row.number:
                planned.faults.append(
                    (
                        self._naming_column(by),
                        f"row {first} has “{_shown(value)}” already: put the two together.",
                    )
                )
                break
        for identity in read.identities:
            if identity not in found and (message := self.kind.unknown(identity)):
                planned.faults.append((self._naming_column(identity[0]), message))
        if len(keys) != 1:
            return None
        [key] = keys
        first = self.row_of.setdefault(key, read.row.number)
        if first != read.row.number and not planned.faults:
            planned.faults.append(
                (
                    "",
                    f"row {first} is about the same {self.kind.noun}, by another name of it: put the two together.",
                )
            )
        return key

    def _naming_column(self, by: str) -> str:
        names = [
            by,
            f"{by}_id",
            *(
                "key",
                "external_identifiers",
                "external_identifier_details",
                "slug",
                "code",
            ),
        ]
        return next(
            (self.column_of[name] for name in names if name in self.column_of), by
        )

    def _applied(self, read: Read, before: State | None, planned: Planned) -> State:
        """What the record would be. A cell that says what stands is passed over, and so does
        not undo what another one changes.
        """
        start = before if before is not None else self.kind.blank()
        after = {
            name: dict(value) if isinstance(value, dict) else value
            for name, value in start.items()
        }
        if "classifications" in after:
            after["classifications"] = {
                name: dict(place) for name, place in after["classifications"].items()
            }
        asked = []
        for column, one in self.used:
            if one.name not in read.values:
                continue
            value = read.values[one.name]
            if before is not None and one.holds(before, value) and not one.follows:
                continue
            asked.append((column, one, value))
            if (
                before is not None
                and one.doubt
                and (message := one.doubt(before, value, read.row.cells.get(column)))
            ):
                planned.faults.append((column, message))
                continue
            try:
                if not one.holds(after, value):
                    one.put(after, value)
            except Wrong as wrong:
                if not read.faults:  # else it may only follow from these
                    planned.faults.append((column, str(wrong)))
        if not planned.faults:
            planned.faults += [
                (
                    column,
                    "another column of this row says something else of the same: change both, or leave one of them out.",
                )
                for column, one, value in asked
                if not one.holds(after, value)
            ]
        if unwritten := after.keys() - start.keys():
            # A fault of the code: what is no member of the state would be shown as a change,
            # and written by nobody.
            raise LookupError(
                f"{self.kind.name}: fields set {', '.join(sorted(unwritten))}, which the state has not."
            )
        return after


def _alike(message: str) -> str:
    """A message without what it quotes, which differs from row to row."""
    return QUOTED.sub("“…”", message.partition(": did you mean")[0])


def _shown(value: str) -> str:
    return value.replace("\t", " ").strip()


def fingerprint(kind: str, values: State) -> str:
    """Of all that a row says."""
    said = orjson.dumps([kind, values], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(said, digest_size=16).hexdigest()


def as_fault(number: int, fault: tuple[str, str]) -> Fault:
    column, message = fault
    return Fault(message, row=number, column=column)
