"""What would become of each row of a file: a dry run, which writes nothing.

The file is read twice: once for all that its rows name, so that they can refer to each other
and nothing stands twice, and once to compare each row with what the catalogue has. Memory holds
some rows at a time, and the names.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from catalogue.models import ImportRow

from .errors import CellError, FileError
from .kinds import Importer
from .kinds.base import Field, Identity, State
from .reading import OpenedFile, Row
from .row_plans import (
    ExistingRecords,
    ReadRow,
    RowPlan,
    as_compared,
    as_shown,
    copied_state,
    fingerprint,
)
from .values import is_empty, is_nothing, no_text

Verdict = ImportRow.Verdict
ROWS_AT_ONCE = 1000
#: So many rows have to be refused for the same reason before it is said of all of them; and so
#: many reasons are.
MANY_ROWS = 5
MOST_REASONS = 8
LONGEST_LABEL = 120
#: Other fields by which a row may name its record.
NAMING = (
    "key",
    "external_identifiers",
    "external_identifier_details",
    "slug",
    "code",
)
Progress = Callable[[int], None]


class DryRun:
    """Of one file. `columns` is the field of each column that is one."""

    def __init__(
        self,
        importer: Importer,
        source: OpenedFile,
        columns: dict[str, str],
    ):
        self.importer = importer
        self.source = source
        self.used = [
            (column, importer.fields[name])
            for column, name in columns.items()
            if name
        ]
        # In the order of the importer's fields, but what says something of a category comes
        # after all that name one.
        order = list(importer.fields)
        self.used.sort(
            key=lambda pair: (pair[1].follows, order.index(pair[1].name)),
        )
        self.column_of = {field.name: column for column, field in self.used}
        self.counts = dict.fromkeys([*Verdict.values, "warned"], 0)
        self.touches_public = False
        self.asks_why = False
        self.total = 0
        self.digest = hashlib.sha256()
        self.first_row: dict[Identity, int] = {}
        self.row_of: dict[int, int] = {}
        #: How many rows are refused for what: (column, message without what differs from row to
        #: row).
        self.reasons: Counter[tuple[str, str]] = Counter()

    def plan(
        self,
        progress: Progress = lambda done: None,
    ) -> Iterator[list[RowPlan]]:
        """Every row, so many at a time. Raises FileError for a file that cannot be read to its
        end.
        """
        self._look_through()
        progress(0)
        done = 0
        source_rows = self.source.rows()
        while rows := [
            self._read(row) for row in islice(source_rows, ROWS_AT_ONCE)
        ]:
            known = self._look_up(rows)
            plans = [self._judge(row, known) for row in rows]
            for plan in plans:
                self._count(plan)
            done += len(plans)
            yield plans
            progress(done)

    def _count(self, plan: RowPlan) -> None:
        self.counts[plan.verdict] += 1
        self.counts["warned"] += bool(plan.warnings)
        self.touches_public |= plan.is_public
        self.asks_why |= plan.asks_why
        reasons = {
            (column, as_compared(message)) for column, message in plan.errors
        }
        self.reasons.update(reasons)
        self.digest.update(
            f"{plan.number} {plan.verdict} {plan.key} {plan.label} {plan.is_public}".encode(),
        )
        self.digest.update(plan.body)

    @property
    def notes(self) -> list[str]:
        """What was found out about the file; and where many rows are refused, why most of them
        are.
        """
        notes = list(self.source.notes)
        for (column, message), count in self.reasons.most_common(MOST_REASONS):
            if count >= MANY_ROWS:
                where = f", in the column “{column}”" if column else ""
                notes.append(f"Refused in {count:,} rows{where}: {message}")
        return notes

    # The first time

    def _look_through(self) -> None:
        naming = [
            pair for pair in self.used if pair[1].name in self.importer.naming
        ]
        for row in self.source.rows():
            self.total += 1
            values = {}
            for column, field in naming:
                cell = row.cells.get(column)
                if is_empty(cell) or is_nothing(cell):
                    continue
                try:
                    values[field.name] = field.read(cell)
                except CellError:
                    continue  # reported when the row is judged
            for identity in self.importer.identities(values):
                self.first_row.setdefault(identity, row.number)
        if not self.total:
            raise FileError(
                f"there are no rows below the column names, which stand in {self.source.place}: fill some in.",
            )
        self.importer.prepare(self.first_row)

    # The second time

    def _read(self, row: Row) -> ReadRow:
        read = ReadRow(row, warnings=list(row.warnings))
        read.errors = [(error.column, error.detail) for error in row.errors]
        bad = {column for column, _ in read.errors}
        if "" in bad:  # which cell is which cannot be said
            read.fingerprint = fingerprint(self.importer.name, read.values)
            return read
        for column, field in self.used:
            if column in bad or column not in row.cells:
                continue
            cell = row.cells[column]
            if is_empty(cell):
                self._read_empty(read, field)
            else:
                self._read_cell(read, column, field, cell)
        read.identities = self.importer.identities(read.values)
        if not read.identities:
            read.fingerprint = fingerprint(self.importer.name, read.values)
        return read

    def _read_cell(
        self,
        read: ReadRow,
        column: str,
        field: Field,
        cell: Any,
    ) -> None:
        why_not = no_text(cell) if field.is_text or field.is_exact else ""
        if why_not and field.is_exact:
            read.errors.append((column, f"{why_not}: {self.source.as_text}."))
            return
        if field.is_exact and is_nothing(cell):
            self._pass_over(read, column, field, cell)
            return
        try:
            value = field.read(cell)
        except CellError as error:
            if is_nothing(cell):
                self._pass_over(read, column, field, cell)
            else:
                read.errors.append((column, str(error)))
            return
        read.values[field.name] = value
        if why_not:
            read.warnings.append(
                f"{column}: {why_not}, and is taken as “{value}”. If it is not that, {self.source.as_text}.",
            )

    def _read_empty(self, read: ReadRow, field: Field) -> None:
        if self.importer.given.empty_cells and not field.is_kept:
            read.values[field.name] = field.empty

    def _pass_over(
        self,
        read: ReadRow,
        column: str,
        field: Field,
        cell: Any,
    ) -> None:
        self._read_empty(read, field)
        read.warnings.append(f"{column}: “{cell}” is read as an empty cell.")

    def _look_up(self, rows: list[ReadRow]) -> ExistingRecords:
        identities: dict[Identity, None] = {}
        for read in rows:
            identities.update(dict.fromkeys(read.identities))
        keys = self.importer.find(list(identities)) if identities else {}
        fingerprints = [read.fingerprint for read in rows if read.fingerprint]
        imported = self._imported_before(fingerprints) if fingerprints else {}
        states = self.importer.read(list(set(keys.values()))) if keys else {}
        closed = self.importer.closed(list(states)) if states else {}
        return ExistingRecords(keys, states, imported, closed)

    def _imported_before(self, fingerprints: list[str]) -> dict[str, int]:
        """Keys of what the very same rows added in an earlier import, that still stands."""
        rows = ImportRow.objects.filter(
            fingerprint__in=fingerprints,
            verdict=Verdict.ADDED,
            is_undone=False,
            batch__committed_at__isnull=False,
            batch__kind=self.importer.name,
        )
        keys = dict(rows.order_by().values_list("fingerprint", "record"))
        if not keys:
            return {}
        existing = self.importer.read([key for key in keys.values() if key])
        return {text: key for text, key in keys.items() if key in existing}

    def _judge(self, read: ReadRow, known: ExistingRecords) -> RowPlan:
        plan = RowPlan(
            read.row.number,
            fingerprint=read.fingerprint,
            errors=list(read.errors),
            warnings=list(read.warnings),
        )
        if not plan.errors and read.fingerprint in known.imported:
            plan.key = known.imported[read.fingerprint]
            plan.label = str(read.values.get("name", ""))[:LONGEST_LABEL]
            plan.warnings.append(
                "this very row was imported before: it is left, whatever was changed here since.",
            )
            return plan
        plan.key = self._which(read, known, plan)
        before = known.states.get(plan.key) if plan.key else None
        after = self._applied(read, before, plan)
        plan.label = self.importer.title(after)[:LONGEST_LABEL]
        self._check(read, plan, before, after)
        self._check_repeated(plan)
        if plan.errors:
            plan.verdict = Verdict.REFUSED
        elif before is None:
            self._add(plan, after)
        elif self.importer.changes(before, after):
            self._change(read, plan, before, after, known)
        return plan

    def _check(
        self,
        read: ReadRow,
        plan: RowPlan,
        before: State | None,
        after: State,
    ) -> None:
        columns = {column for column, _ in plan.errors}
        if (
            read.row.errors
            or "" in columns
            or len(plan.errors) > len(read.errors)
        ):
            return  # what stands in the row, or which record it is, cannot be said
        if plan.errors:
            errors = self.importer.missing(after)
        else:
            errors = self.importer.check(after, before)
        for name, message in errors:
            column = self.column_of.get(name, name)
            if column not in columns:
                plan.errors.append((column, message))

    def _check_repeated(self, plan: RowPlan) -> None:
        """Of a row that names no record: whether another says just the same."""
        if not plan.fingerprint or plan.errors:
            return
        first = self.first_row.setdefault(
            ("row", plan.fingerprint),
            plan.number,
        )
        if first != plan.number:
            plan.errors.append(
                ("", f"row {first} says just the same: delete one of them."),
            )

    def _add(self, plan: RowPlan, after: State) -> None:
        same = (
            self.importer.same(after) if self.importer.given.skip_same else ""
        )
        if same:
            plan.warnings.append(f"{same}, and so the row is left out.")
            return
        plan.verdict = Verdict.ADDED
        plan.after = after
        plan.warnings += self.importer.warnings(after, plan.number)
        plan.is_public = self.importer.is_public(None, after)

    def _change(
        self,
        read: ReadRow,
        plan: RowPlan,
        before: State,
        after: State,
        known: ExistingRecords,
    ) -> None:
        if plan.key in known.closed:
            column = self._naming_column(read.identities[0][0])
            plan.errors.append((column, known.closed[plan.key]))
            plan.verdict = Verdict.REFUSED
            return
        plan.verdict = Verdict.CHANGED
        plan.before = before
        plan.after = after
        plan.is_public = self.importer.is_public(before, after)
        plan.asks_why = self.importer.asks_why(before, after)

    def _which(
        self,
        read: ReadRow,
        known: ExistingRecords,
        plan: RowPlan,
    ) -> int | None:
        """The key of the record that a row is about; None for an addition, and where that
        cannot be told.
        """
        number = read.row.number
        noun = self.importer.noun
        keys = {
            known.keys[one] for one in read.identities if one in known.keys
        }
        if len(keys) > 1:
            names = ", ".join(value for _, value in read.identities)
            plan.errors.append(
                (
                    "",
                    f"{names} do not name the same {noun}: take out what is wrong.",
                ),
            )
        for by, value in read.identities:
            first = self.first_row.get((by, value), number)
            if first != number:
                message = f"row {first} has “{as_shown(value)}” already: put the two together."
                plan.errors.append((self._naming_column(by), message))
                break
        for identity in read.identities:
            if identity in known.keys:
                continue
            if message := self.importer.unknown(identity):
                plan.errors.append((self._naming_column(identity[0]), message))
        if len(keys) != 1:
            return None
        [key] = keys
        first = self.row_of.setdefault(key, number)
        if first != number and not plan.errors:
            message = f"row {first} is about the same {noun}, by another name of it: put the two together."
            plan.errors.append(("", message))
        return key

    def _naming_column(self, by: str) -> str:
        for name in (by, f"{by}_id", *NAMING):
            if name in self.column_of:
                return self.column_of[name]
        return by

    def _applied(
        self,
        read: ReadRow,
        before: State | None,
        plan: RowPlan,
    ) -> State:
        """What the record would be. A cell that says what stands is passed over, and so does
        not undo what another one changes.
        """
        start = before if before is not None else self.importer.blank()
        after = copied_state(start)
        applied = []
        for column, field in self.used:
            if field.name not in read.values:
                continue
            value = read.values[field.name]
            if before is not None:
                if field.holds(before, value) and not field.follows:
                    continue
                cell = read.row.cells.get(column)
                doubt = field.doubt(before, value, cell) if field.doubt else ""
                if doubt:
                    plan.errors.append((column, doubt))
                    continue
            applied.append((column, field, value))
            try:
                if not field.holds(after, value):
                    field.put(after, value)
            except CellError as error:
                if not read.errors:  # else it may only follow from these
                    plan.errors.append((column, str(error)))
        if not plan.errors:
            plan.errors += _contradicted(applied, after)
        self._check_members(after, start)
        return after

    def _check_members(self, after: State, start: State) -> None:
        """Raises LookupError for a fault of the code: what is no member of the state would be
        shown as a change, and written by nobody.
        """
        if unwritten := after.keys() - start.keys():
            raise LookupError(
                f"{self.importer.name}: fields set {', '.join(sorted(unwritten))}, which the state has not.",
            )


def _contradicted(
    applied: list[tuple[str, Field, Any]],
    after: State,
) -> Iterator[tuple[str, str]]:
    """Errors of cells that another one of the row has overruled."""
    for column, field, value in applied:
        if not field.holds(after, value):
            yield (
                column,
                "another column of this row says something else of the same: change both, or leave one of them out.",
            )
