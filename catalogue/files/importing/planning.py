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

from .errors import CellError, FileError
from .kinds import Importer
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
class RowPlan:
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
    errors: list[tuple[str, str]] = field(default_factory=list)
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
        if self.errors:
            told["faults"] = self.errors
        if self.warnings:
            told["warnings"] = self.warnings
        return orjson.dumps(told)


@dataclass
class Read:
    """A row whose cells were read: values by field, and what is wrong with the cells."""

    row: Row
    values: State
    errors: list[tuple[str, str]]
    identities: list[Identity] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class DryRun:
    def __init__(self, importer: Importer, source: Source, columns: dict[str, str]):
        self.importer, self.source = importer, source
        self.used = [
            (column, importer.fields[name]) for column, name in columns.items() if name
        ]
        # In the order of the importer's fields, but what says something of a category comes after
        # all that name one.
        order = list(importer.fields)
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

    def plan(self, progress: Progress = lambda done: None) -> Iterator[list[RowPlan]]:
        """Every row, a lot at a time. Raises FileError for a file that cannot be read to its end."""
        self._look_through()
        progress(0)
        rows, done = self.source.rows(), 0
        while lot := [self._read(row) for row in islice(rows, LOT)]:
            plan = self._judge(lot)
            for one in plan:
                self._count(one)
            done += len(lot)
            yield plan
            progress(done)

    def _count(self, one: RowPlan) -> None:
        self.counts[one.verdict] += 1
        self.counts["warned"] += bool(one.warnings)
        self.touches_public |= one.is_public
        self.reasons.update(
            {(column, _alike(message)) for column, message in one.errors}
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
        naming = {
            column: f for column, f in self.used if f.name in self.importer.naming
        }
        for row in self.source.rows():
            self.total += 1
            values = {}
            for column, one in naming.items():
                cell = row.cells.get(column)
                if not is_empty(cell) and not is_nothing(cell):
                    try:
                        values[one.name] = one.read(cell)
                    except CellError:
                        continue  # told when the row is judged
            for identity in self.importer.identities(values):
                self.first_row.setdefault(identity, row.number)
        if not self.total:
            raise FileError(
                f"there are no rows below the column names, which stand in {self.source.place}: fill some in."
            )
        self.importer.prepare(self.first_row)

    # The second time

    def _read(self, row: Row) -> Read:
        read = Read(
            row,
            {},
            [(error.column, error.detail) for error in row.errors],
            warnings=list(row.warnings),
        )
        bad = {column for column, _ in read.errors}
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
        read.identities = self.importer.identities(read.values)
        return read

    def _read_cell(self, read: Read, column: str, one: Field, cell: Any) -> None:
        why_not = no_text(cell) if one.is_text or one.is_exact else ""
        if why_not and one.is_exact:
            read.errors.append((column, f"{why_not}: {self.source.as_text}."))
            return
        if one.is_exact and is_nothing(cell):
            self._pass_over(read, column, one, cell)
            return
        try:
            read.values[one.name] = one.read(cell)
        except CellError as error:
            if is_nothing(cell):
                self._pass_over(read, column, one, cell)
            else:
                read.errors.append((column, str(error)))
            return
        if why_not:
            taken = read.values[one.name]
            read.warnings.append(
                f"{column}: {why_not}, and is taken as “{taken}”. If it is not that, {self.source.as_text}."
            )

    def _read_empty(self, read: Read, one: Field) -> None:
        if self.importer.given.empty_cells and not one.is_kept:
            read.values[one.name] = one.empty

    def _pass_over(self, read: Read, column: str, one: Field, cell: Any) -> None:
        self._read_empty(read, one)
        read.warnings.append(f"{column}: “{cell}” is read as an empty cell.")

    def _judge(self, lot: list[Read]) -> list[RowPlan]:
        named = list(
            dict.fromkeys(identity for read in lot for identity in read.identities)
        )
        found = self.importer.find(named) if named else {}
        nameless = {
            read.row.number: fingerprint(self.importer.name, read.values)
            for read in lot
            if not read.identities
        }
        again = self._imported_before(list(nameless.values())) if nameless else {}
        states = self.importer.read(list(set(found.values()))) if found else {}
        self.closed = self.importer.closed(list(states)) if states else {}
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
            batch__kind=self.importer.name,
        )
        keys = dict(rows.order_by().values_list("fingerprint", "record"))
        standing = (
            self.importer.read([key for key in keys.values() if key]) if keys else {}
        )
        return {text: key for text, key in keys.items() if key in standing}

    def _judge_one(
        self,
        read: Read,
        found: dict[Identity, int],
        states: dict[int, State],
        print_: str,
        again: dict[str, int],
    ) -> RowPlan:
        plan = RowPlan(
            read.row.number,
            fingerprint=print_,
            errors=list(read.errors),
            warnings=list(read.warnings),
        )
        if not plan.errors and print_ in again:
            plan.key, plan.label = (
                again[print_],
                str(read.values.get("name", ""))[:120],
            )
            plan.warnings.append(
                "this very row was imported before: it is left, whatever was changed here since."
            )
            return plan
        key = self._which(read, found, plan)
        plan.key = key
        before = states.get(key) if key else None
        after = self._applied(read, before, plan)
        plan.label = self.importer.title(after)[:120]
        self._check(read, plan, before, after)
        if (
            print_
            and not plan.errors
            and self.first_row.setdefault(("row", print_), plan.number) != plan.number
        ):
            plan.errors.append(
                (
                    "",
                    f"row {self.first_row['row', print_]} says just the same: delete one of them.",
                )
            )
        if plan.errors:
            plan.verdict, plan.key = Verdict.REFUSED, key
        elif before is None:
            self._add(plan, after)
        elif (changes := self.importer.changes(before, after)) and key in self.closed:
            plan.errors.append(
                (self._naming_column(read.identities[0][0]), self.closed[key])
            )
            plan.verdict = Verdict.REFUSED
        elif changes:
            plan.verdict, plan.before, plan.after = (
                Verdict.CHANGED,
                before,
                after,
            )
            plan.is_public = bool(changes) and self.importer.is_public(before, after)
        return plan

    def _check(
        self, read: Read, plan: RowPlan, before: State | None, after: State
    ) -> None:
        told = {column for column, _ in plan.errors}
        if read.row.errors or "" in told or len(plan.errors) > len(read.errors):
            return  # what stands in the row, or which record it is, cannot be said
        found = (
            self.importer.missing(after)
            if plan.errors
            else self.importer.check(after, before)
        )
        for name, message in found:
            column = self.column_of.get(name, name)
            if column not in told:
                plan.errors.append((column, message))

    def _add(self, plan: RowPlan, after: State) -> None:
        if self.importer.given.skip_same and (same := self.importer.same(after)):
            plan.warnings.append(f"{same}, and so the row is left out.")
            return
        plan.verdict, plan.after = Verdict.ADDED, after
        plan.warnings += self.importer.warnings(after, plan.number)
        plan.is_public = self.importer.is_public(None, after)

    def _which(
        self, read: Read, found: dict[Identity, int], plan: RowPlan
    ) -> int | None:
        """The key of the record that a row is about; None for an addition, and where that
        cannot be told.
        """
        keys = {found[identity] for identity in read.identities if identity in found}
        if len(keys) > 1:
            names = ", ".join(value for _, value in read.identities)
            plan.errors.append(
                (
                    "",
                    f"{names} name different {self.importer.noun}s: take out what is wrong.",
                )
            )
        for by, value in read.identities:
            first = self.first_row.get((by, value), read.row.number)
            if first != read.row.number:
                plan.errors.append(
                    (
                        self._naming_column(by),
                        f"row {first} has “{_shown(value)}” already: put the two together.",
                    )
                )
                break
        for identity in read.identities:
            if identity not in found and (message := self.importer.unknown(identity)):
                plan.errors.append((self._naming_column(identity[0]), message))
        if len(keys) != 1:
            return None
        [key] = keys
        first = self.row_of.setdefault(key, read.row.number)
        if first != read.row.number and not plan.errors:
            plan.errors.append(
                (
                    "",
                    f"row {first} is about the same {self.importer.noun}, by another name of it: put the two together.",
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

    def _applied(self, read: Read, before: State | None, plan: RowPlan) -> State:
        """What the record would be. A cell that says what stands is passed over, and so does
        not undo what another one changes.
        """
        start = before if before is not None else self.importer.blank()
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
                plan.errors.append((column, message))
                continue
            try:
                if not one.holds(after, value):
                    one.put(after, value)
            except CellError as error:
                if not read.errors:  # else it may only follow from these
                    plan.errors.append((column, str(error)))
        if not plan.errors:
            plan.errors += [
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
                f"{self.importer.name}: fields set {', '.join(sorted(unwritten))}, which the state has not."
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


def as_file_error(number: int, error: tuple[str, str]) -> FileError:
    column, message = error
    return FileError(message, row=number, column=column)
