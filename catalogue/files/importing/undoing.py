"""Taking an import back: row by row, what becomes of what it brought, judged by what each
record is now.

An addition that readers never saw is deleted, and one that they see is withdrawn; what was
changed becomes what it was. What somebody changed since, or what something else refers to,
stays.
"""

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
GONE = "is no longer there"


@dataclass
class Lot:
    """What becomes of some rows. `staying` are those that are left, each with the reason."""

    removed: list[ImportRow] = field(default_factory=list)
    withdrawn: list[ImportRow] = field(default_factory=list)
    changed_back: list[tuple[ImportRow, RecordChange]] = field(default_factory=list)
    #: Of those that are changed back: which the import published, so that they are withdrawn too.
    unpublished: list[ImportRow] = field(default_factory=list)
    staying: list[tuple[ImportRow, str]] = field(default_factory=list)
    is_public: bool = False

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
        return self.is_partial or bool(
            self.removed or self.withdrawn or self.changed_back
        )


class Undoing:
    """Of one batch that was imported. `note` says why what readers see is taken back."""

    def __init__(self, batch: ImportBatch, user: Any = None, note: str = ""):
        self.batch, self.note = batch, note
        self.importer: Importer = importer_for(batch.kind, batch.options)
        self.committed = Author(None, batch.reason, batch.committed_at)
        reason = note or f"Undone: {batch.reason}"
        self.author = Author(user.pk if user else None, reason[:100], timezone.now())

    def preview(self) -> Preview:
        found = Preview(rows=self._rows().count())
        added = self._added()
        for lot in self.lots(most=MOST_LOOKED_AT):
            used = self.importer.referred_to(
                [row.record for row in lot.removed if row.record], added
            )
            found.removed += len(lot.removed) - len(used)
            found.withdrawn += len(lot.withdrawn) + len(lot.unpublished)
            found.changed_back += len(lot.changed_back) - len(lot.unpublished)
            found.staying += [f"{row.label} {why}" for row, why in lot.staying]
            found.staying += [
                f"{row.label} {REFERRED_TO}"
                for row in lot.removed
                if row.record in used
            ]
            found.is_public |= lot.is_public
        found.looked_at = min(MOST_LOOKED_AT, found.rows)
        # Of rows that nobody has looked at, more is asked rather than less.
        found.is_public |= found.is_partial and self.batch.touches_public
        return found

    def _added(self) -> set[int]:
        rows = self.batch.rows.filter(verdict=Verdict.ADDED, is_undone=False)
        return {key for key in rows.order_by().values_list("record", flat=True) if key}

    def run(
        self, progress: Callable[[int], None], allow: Callable[[Lot], None]
    ) -> tuple[int, list[dict[str, Any]]]:
        """Gives how many rows were undone, and what is to be said of the others. `allow` raises
        where a lot may not be.
        """
        undone, notes = self._pass(progress, allow)
        total = undone
        # What only records of later lots referred to is free now.
        while undone and notes:
            undone, notes = self._pass(progress, allow)
            total += undone
        self.importer.finish(self.author)
        return total, notes

    def _pass(
        self, progress: Callable[[int], None], allow: Callable[[Lot], None]
    ) -> tuple[int, list[dict[str, Any]]]:
        undone, notes = 0, []
        for lot in self.lots():
            allow(lot)
            self._write(lot)
            taken = [
                *lot.removed,
                *lot.withdrawn,
                *(row for row, _ in lot.changed_back),
            ]
            ImportRow.objects.filter(pk__in=[row.pk for row in taken]).update(
                is_undone=True
            )
            undone += len(taken)
            notes += lot.notes
            progress(undone + len(notes))
        return undone, notes

    def _write(self, lot: Lot) -> None:
        self._remove(lot)
        if lot.changed_back:
            self.importer.write([wanted for _, wanted in lot.changed_back], self.author)
        retired = [
            row.record for row in (*lot.withdrawn, *lot.unpublished) if row.record
        ]
        if retired:
            self.importer.withdraw(retired, self.author, self.note)

    def _remove(self, lot: Lot) -> None:
        keys = [row.record for row in lot.removed if row.record]
        if not keys:
            return
        used = self.importer.remove(keys, self.author)
        lot.staying += [(row, REFERRED_TO) for row in lot.removed if row.record in used]
        lot.removed = [row for row in lot.removed if row.record not in used]
        gone = [row.record for row in lot.removed if row.record]
        kind = ContentType.objects.get_for_model(self.importer.model)
        open_ = Proposal.objects.open().filter(record_type=kind, record_id__in=gone)
        open_.update(state=Proposal.State.TAKEN_BACK, decided_at=self.author.now)

    # What becomes of each row

    def _rows(self) -> Any:
        return self.batch.rows.filter(
            verdict__in=[Verdict.ADDED, Verdict.CHANGED], is_undone=False
        )

    def lots(self, most: int | None = None) -> Iterator[Lot]:
        """Backwards, the last `most` rows or all: what came later may refer to what came before."""
        for some in islice(
            reversed_lots(self._rows()), most and -(-most // ROWS_AT_ONCE)
        ):
            states = self.importer.read([row.record for row in some if row.record])
            lot = Lot()
            self._judge_additions(
                [row for row in some if row.verdict == Verdict.ADDED], states, lot
            )
            for row in some:
                if row.verdict == Verdict.CHANGED:
                    self._judge_change(row, states.get(row.record or 0), lot)
            yield lot

    def _judge_additions(
        self, rows: list[ImportRow], states: dict[int, State], lot: Lot
    ) -> None:
        standing = [row.record for row in rows if row.record in states and row.record]
        touched = (
            self.importer.touched_since(standing, self.committed) if standing else set()
        )
        for row in rows:
            now = states.get(row.record or 0)
            if now is None:
                lot.removed.append(
                    row
                )  # somebody deleted it: nothing is left to take back
            elif self.importer.is_withdrawn(now):
                lot.staying.append((row, WITHDRAWN))
            elif row.record in touched and _is_worked_on(now, row.told["after"]):
                lot.staying.append((row, CHANGED))
            else:
                (
                    lot.withdrawn if self.importer.keeps_its_page(now) else lot.removed
                ).append(row)
                lot.is_public |= self.importer.is_public(now, now)

    def _judge_change(self, row: ImportRow, now: State | None, lot: Lot) -> None:
        told = row.told
        if now is None:
            lot.staying.append((row, GONE))
        elif any(now.get(name) != value for name, value in told["after"].items()):
            lot.staying.append((row, CHANGED))
        else:
            back = {**now, **told["before"]}
            if self.importer.keeps_its_page(now) and not self.importer.keeps_its_page(
                back
            ):
                back["status"] = now["status"]
                lot.unpublished.append(row)
            lot.changed_back.append((row, RecordChange(back, now, row.record)))
            lot.is_public |= self.importer.is_public(now, back)


def _is_worked_on(now: State, added: State) -> bool:
    """Whether more than its status differs from what the import added."""
    said = [name for name in added if name not in OF_THE_SITE]
    return any(_plain(now.get(name)) != _plain(added[name]) for name in said)


def _plain(value: Any) -> Any:
    return (
        sorted(value)
        if isinstance(value, list) and all(isinstance(one, str) for one in value)
        else value
    )


def reversed_lots(rows: Any) -> Iterator[list[ImportRow]]:
    """By number, since a cursor would not outlive what is written meanwhile."""
    last: int | None = None
    while lot := list(
        (rows if last is None else rows.filter(number__lt=last)).order_by("-number")[
            :ROWS_AT_ONCE
        ]
    ):
        yield lot
        last = lot[-1].number
