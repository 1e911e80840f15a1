"""Taking an import back: row by row, what becomes of what it brought, judged by what each
record is now.

An addition that readers never saw is deleted, and one that they see is withdrawn; what was
changed becomes what it was. What somebody changed since, or what something else refers to,
stays.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from catalogue.models import ImportBatch, ImportRow, Proposal

from .kinds import Importer, importer_for
from .kinds.base import Author, RecordChange, State
from .planning import ROWS_AT_ONCE

Verdict = ImportRow.Verdict
#: Members of a state that say nothing of whether somebody worked on the record.
OF_THE_SITE = ("accession", "status")

CHANGED = "was changed since, and stays"
REFERRED_TO = "is used elsewhere, and stays"
#: Rows that a page looks at before somebody undoes them: a second or two. What becomes of the
#: others is judged in the same way.
MOST_LOOKED_AT = 5 * ROWS_AT_ONCE

WITHDRAWN = "is withdrawn already, and stays so"
DELETED = "is no longer there"


@dataclass
class UndoPlan:
    """What becomes of some rows. `staying` are those that are left, each with the reason."""

    removed: list[ImportRow] = field(default_factory=list)
    withdrawn: list[ImportRow] = field(default_factory=list)
    changed_back: list[tuple[ImportRow, RecordChange]] = field(
        default_factory=list,
    )
    #: Of those that are changed back: which the import published, so that they are withdrawn too.
    unpublished: list[ImportRow] = field(default_factory=list)
    staying: list[tuple[ImportRow, str]] = field(default_factory=list)
    is_public: bool = False

    @property
    def undone(self) -> list[ImportRow]:
        changed_back = [row for row, _ in self.changed_back]
        return [*self.removed, *self.withdrawn, *changed_back]

    @property
    def notes(self) -> list[dict[str, Any]]:
        return [
            {"row": row.number, "detail": f"{row.label} {why}."}
            for row, why in self.staying
        ]


@dataclass
class Preview:
    """How many records undoing would delete, withdraw and change back; the names of those that
    would stay, with the reason.
    """

    removed: int = 0
    withdrawn: int = 0
    changed_back: int = 0
    staying: list[str] = field(default_factory=list)
    is_public: bool = False
    #: Of a large import only the last rows are looked at: how many these are, and of how many.
    looked_at: int = 0
    rows: int = 0

    @property
    def not_looked_at(self) -> int:
        return self.rows - self.looked_at

    @property
    def is_partial(self) -> bool:
        return self.not_looked_at > 0

    @property
    def does_something(self) -> bool:
        changes = self.removed + self.withdrawn + self.changed_back
        return self.is_partial or changes > 0

    def add(self, plan: UndoPlan, used: set[int]) -> None:
        """`used` are the keys of records that other ones refer to."""
        self.removed += len(plan.removed) - len(used)
        self.withdrawn += len(plan.withdrawn) + len(plan.unpublished)
        self.changed_back += len(plan.changed_back) - len(plan.unpublished)
        for row, why in plan.staying:
            self.staying.append(f"{row.label} {why}")
        for row in plan.removed:
            if row.record in used:
                self.staying.append(f"{row.label} {REFERRED_TO}")
        self.is_public |= plan.is_public


class Undoing:
    """Of one batch that was imported. `note` says why what readers see is taken back."""

    def __init__(self, batch: ImportBatch, user: Any = None, note: str = ""):
        self.batch = batch
        self.note = note
        self.importer: Importer = importer_for(batch.kind, batch.options)
        self.committed = Author(None, batch.reason, batch.committed_at)
        self.author = Author(
            user.pk if user else None,
            batch.reason_of_undoing(note),
            timezone.now(),
        )

    def preview(self) -> Preview:
        preview = Preview(rows=self._rows().count())
        added = self._added()
        for plan in self.plans(most=MOST_LOOKED_AT):
            used = self.importer.referred_to(_record_keys(plan.removed), added)
            preview.add(plan, used)
        preview.looked_at = min(MOST_LOOKED_AT, preview.rows)
        # Of rows that nobody has looked at, more is asked rather than less.
        preview.is_public |= preview.is_partial and self.batch.touches_public
        return preview

    def _added(self) -> set[int]:
        rows = self.batch.rows.filter(verdict=Verdict.ADDED, is_undone=False)
        return {
            key
            for key in rows.order_by().values_list("record", flat=True)
            if key
        }

    def run(
        self,
        progress: Callable[[int], None],
        allow: Callable[[UndoPlan], None],
    ) -> tuple[int, list[dict[str, Any]]]:
        """Gives how many rows were undone, and notes on the others. `allow` raises where a plan
        may not be carried out.
        """
        undone, notes = self._pass(progress, allow)
        total = undone
        # What only records of rows that were looked at later referred to is free now.
        while undone and notes:
            undone, notes = self._pass(progress, allow)
            total += undone
        self.importer.finish(self.author)
        return total, notes

    def _pass(
        self,
        progress: Callable[[int], None],
        allow: Callable[[UndoPlan], None],
    ) -> tuple[int, list[dict[str, Any]]]:
        undone = 0
        notes: list[dict[str, Any]] = []
        for plan in self.plans():
            allow(plan)
            self._carry_out(plan)
            rows = [row.pk for row in plan.undone]
            ImportRow.objects.filter(pk__in=rows).update(is_undone=True)
            undone += len(rows)
            notes += plan.notes
            progress(undone + len(notes))
        return undone, notes

    def _carry_out(self, plan: UndoPlan) -> None:
        self._remove(plan)
        if plan.changed_back:
            changes = [change for _, change in plan.changed_back]
            self.importer.write(changes, self.author)
        retired = _record_keys([*plan.withdrawn, *plan.unpublished])
        if retired:
            self.importer.withdraw(retired, self.author, self.note)

    def _remove(self, plan: UndoPlan) -> None:
        keys = _record_keys(plan.removed)
        if not keys:
            return
        used = self.importer.remove(keys, self.author)
        removed = []
        for row in plan.removed:
            if row.record in used:
                plan.staying.append((row, REFERRED_TO))
            else:
                removed.append(row)
        plan.removed = removed
        proposals = Proposal.objects.open().filter(
            record_type=ContentType.objects.get_for_model(self.importer.model),
            record_id__in=_record_keys(removed),
        )
        proposals.update(
            state=Proposal.State.TAKEN_BACK,
            decided_at=self.author.now,
        )

    # What becomes of each row

    def _rows(self) -> Any:
        return self.batch.rows.filter(
            verdict__in=[Verdict.ADDED, Verdict.CHANGED],
            is_undone=False,
        )

    def plans(self, most: int | None = None) -> Iterator[UndoPlan]:
        """Backwards, the last `most` rows or all: what came later may refer to what came before."""
        times = math.ceil(most / ROWS_AT_ONCE) if most else None
        for rows in islice(_backwards(self._rows()), times):
            states = self.importer.read(_record_keys(rows))
            plan = UndoPlan()
            added = [row for row in rows if row.verdict == Verdict.ADDED]
            self._judge_additions(added, states, plan)
            for row in rows:
                if row.verdict == Verdict.CHANGED:
                    self._judge_change(row, states.get(row.record or 0), plan)
            yield plan

    def _judge_additions(
        self,
        rows: list[ImportRow],
        states: dict[int, State],
        plan: UndoPlan,
    ) -> None:
        existing = [key for key in _record_keys(rows) if key in states]
        touched: set[int] = set()
        if existing:
            touched = self.importer.touched_since(existing, self.committed)
        for row in rows:
            state = states.get(row.record or 0)
            if state is None:
                # Somebody deleted it: nothing is left to take back.
                plan.removed.append(row)
            elif self.importer.is_withdrawn(state):
                plan.staying.append((row, WITHDRAWN))
            elif row.record in touched and _is_worked_on(
                state,
                row.content["after"],
            ):
                plan.staying.append((row, CHANGED))
            else:
                if self.importer.keeps_its_page(state):
                    plan.withdrawn.append(row)
                else:
                    plan.removed.append(row)
                plan.is_public |= self.importer.is_public(state, state)

    def _judge_change(
        self,
        row: ImportRow,
        state: State | None,
        plan: UndoPlan,
    ) -> None:
        if state is None:
            plan.staying.append((row, DELETED))
            return
        imported = row.content["after"]
        if any(state.get(name) != value for name, value in imported.items()):
            plan.staying.append((row, CHANGED))
            return
        before = {**state, **row.content["before"]}
        keeps_page = self.importer.keeps_its_page
        if keeps_page(state) and not keeps_page(before):
            before["status"] = state["status"]
            plan.unpublished.append(row)
        plan.changed_back.append(
            (row, RecordChange(before, state, row.record)),
        )
        plan.is_public |= self.importer.is_public(state, before)


def _record_keys(rows: list[ImportRow]) -> list[int]:
    """Keys of the records of these rows."""
    return [row.record for row in rows if row.record]


def _is_worked_on(state: State, added: State) -> bool:
    """Whether more than its status differs from what the import added."""
    for name, value in added.items():
        if name in OF_THE_SITE:
            continue
        if _in_any_order(state.get(name)) != _in_any_order(value):
            return True
    return False


def _in_any_order(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return sorted(value)
    return value


def _backwards(rows: Any) -> Iterator[list[ImportRow]]:
    """By number, since a cursor would not outlive what is written meanwhile."""
    rows = rows.order_by("-number")
    batch = list(rows[:ROWS_AT_ONCE])
    while batch:
        yield batch
        batch = list(rows.filter(number__lt=batch[-1].number)[:ROWS_AT_ONCE])
