"""The rows of an import: stored as its dry run finds them, and written to the catalogue."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.utils import timezone

from catalogue import revision
from catalogue.models import ImportBatch, ImportRow

from .columns import checked, guessed_columns
from .history import insert_rows
from .kinds import Importer, importer_for
from .kinds.base import Author, RecordChange
from .planning import ROWS_AT_ONCE, DryRun, Progress
from .reading import OpenedFile
from .row_plans import RowPlan

Verdict = ImportRow.Verdict


def store_dry_run(
    batch: ImportBatch,
    source: OpenedFile,
    progress: Progress,
) -> None:
    importer = importer_for(batch.kind, batch.options)
    if not batch.columns:
        batch.columns = guessed_columns(source.columns, importer)
    dry_run = DryRun(
        importer,
        source,
        checked(batch.columns, source, importer),
    )
    batch.rows.all()._raw_delete(batch.rows.db)
    batch.revision, _ = revision.current()
    for plans in dry_run.plan(progress):
        rows = [_as_row(batch, plan) for plan in plans]
        insert_rows(ImportRow, ROW_COLUMNS, rows)
    batch.total = batch.done = dry_run.total
    batch.counts = dry_run.counts
    batch.digest = dry_run.digest.hexdigest()
    batch.touches_public = dry_run.touches_public
    batch.asks_why = dry_run.asks_why
    batch.reading = dry_run.notes


#: Of the table of rows, as `_as_row` gives them.
ROW_COLUMNS = (
    "batch_id",
    "number",
    "verdict",
    "is_warned",
    "label",
    "record",
    "fingerprint",
    "body",
    "is_undone",
)


def _as_row(batch: ImportBatch, plan: RowPlan) -> tuple[Any, ...]:
    return (
        batch.pk,
        plan.number,
        str(plan.verdict),
        bool(plan.warnings),
        plan.label,
        plan.key,
        plan.fingerprint,
        plan.body.decode(),
        False,
    )


def write_batch(batch: ImportBatch, user: Any, progress: Progress) -> None:
    importer = importer_for(batch.kind, batch.options)
    batch.committed_at = timezone.now()
    author = Author(
        user.pk if user else None,
        batch.reason,
        batch.committed_at,
    )
    rows = batch.rows.filter(
        verdict__in=[Verdict.ADDED, Verdict.CHANGED],
    ).order_by("number")
    done = 0
    for some in _forwards(rows):
        changes = _record_changes(importer, some)
        importer.write(changes, author)
        _store_keys(some, changes)
        done += len(some)
        progress(done)
    importer.finish(author)


def _forwards(rows: Any) -> Iterator[list[ImportRow]]:
    """By number, since a cursor would not outlive what is written meanwhile."""
    last = -1
    while some := list(rows.filter(number__gt=last)[:ROWS_AT_ONCE]):
        yield some
        last = some[-1].number


def _record_changes(
    importer: Importer,
    rows: list[ImportRow],
) -> list[RecordChange]:
    changed = [row.record for row in rows if row.verdict == Verdict.CHANGED]
    states = importer.read([key for key in changed if key]) if changed else {}
    changes = []
    for row in rows:
        if row.verdict == Verdict.CHANGED and row.record:
            before = states[row.record]
            after = {**before, **row.content["after"]}
            changes.append(RecordChange(after, before, row.record))
        else:
            changes.append(RecordChange(row.content["after"]))
    return changes


def _store_keys(rows: list[ImportRow], changes: list[RecordChange]) -> None:
    """Which record each added row has become."""
    keys = []
    for row, change in zip(rows, changes, strict=True):
        if row.verdict == Verdict.ADDED:
            keys.append((change.key, row.pk))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {ImportRow._meta.db_table} SET record = %s WHERE id = %s",
            keys,
        )
