import hashlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from tqdm import tqdm

from catalogue.database.apart import taken_apart
from catalogue.files.importing import reports, running, services
from catalogue.files.importing.columns import checked, fitting, guessed_columns
from catalogue.files.importing.errors import FileError
from catalogue.files.importing.kinds import (
    IMPORTERS,
    Mitigations,
    importer_for,
)
from catalogue.files.importing.kinds.place_attributes import (
    CONFIDENCES,
    ORIGINS,
)
from catalogue.files.importing.opening import open_source
from catalogue.files.importing.planning import DryRun, Verdict
from catalogue.files.importing.reading import HowToRead, OpenedFile
from catalogue.files.importing.row_plans import RowPlan, as_file_error
from catalogue.files.importing.text_files import ENCODINGS
from catalogue.models import ImportBatch, ImportProfile

MOST_TOLD = 20


class Command(BaseCommand):
    help = (
        "Imports a file of records (CSV, TSV, XLSX, JSON, NDJSON). Without --commit it only says what would happen. With it, all "
        "happens or nothing, and the admin can undo it."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", nargs="?", type=Path)
        add = parser.add_argument
        add(
            "--kind",
            choices=list(IMPORTERS),
            default="mitigations",
            help="Mitigations unless told.",
        )
        add(
            "--profile",
            help="A profile saved in the admin: columns and options.",
        )
        self._add_how_to_read(add)
        self._add_options(add)
        add("--commit", action="store_true", help="Do it.")
        why = "Why, for readers: needed where a day of a law changes."
        add("--reason", default="", help=why)
        sound_only = "Take the sound rows, and leave out the others."
        add("--without-refused", action="store_true", help=sound_only)
        report = "Write what would happen to this file (CSV or XLSX)."
        add("--report", type=Path, help=report)
        add("--user", help="In whose name: a user name of this site.")
        bar = "Show a bar even where there is no terminal."
        add("--progress", action="store_true", help=bar)
        # The admin's own: a step of a batch that stands in the database.
        add("--batch", type=int, help="A batch of the admin, with --step.")
        add("--step", choices=list(running.STEPS))

    def _add_how_to_read(self, add: Callable[..., Any]) -> None:
        add(
            "--column",
            action="append",
            default=[],
            metavar="COLUMN=FIELD",
            help="What a column is; FIELD empty: leave it out.",
        )
        sheet = (
            "Of a workbook: the one with most known column names unless told."
        )
        add("--sheet", help=sheet)
        header_row = "The row of column names: found unless told."
        add("--header-row", type=int, metavar="N", help=header_row)
        encoding = "Of CSV and TSV: found unless told."
        add("--encoding", choices=list(ENCODINGS), help=encoding)

    def _add_options(self, add: Callable[..., Any]) -> None:
        """What holds for all rows of the file: `kinds.base.Options`."""
        add("--document", help="Of rows that name none.")
        scheme = "In which scheme of identifiers the column “key” stands."
        add("--scheme", help=scheme)
        add(
            "--coder",
            help="Of classifications and mappings that name nobody.",
        )
        add("--rationale", help="Of classifications that give no reason.")
        origin = "Of classifications that do not say: project unless told."
        add("--origin", choices=list(ORIGINS), help=origin)
        confidences = [confidence for confidence in CONFIDENCES if confidence]
        add(
            "--confidence",
            choices=confidences,
            help="Of those that do not say.",
        )
        add("--publish", action="store_true", help="Publish what is added.")
        accessions = "Add records under the accessions of the file."
        add("--keep-accessions", action="store_true", help=accessions)
        same = "Leave out additions whose name the document has."
        add("--skip-same", action="store_true", help=same)
        empty = "An empty cell empties the field."
        add("--empty-cells", action="store_true", help=empty)

    def handle(self, *, file, batch, step, **options):
        user = self._user(options["user"])
        if batch is not None:
            running.take_in_process(
                ImportBatch.objects.get(pk=batch),
                step or "check",
                user,
            )
            return
        if file is None or not file.is_file():
            raise CommandError(
                f"There is no file {file or ''}: name the one to import.",
            )
        try:
            self._import(file, user, options)
        except (FileError, services.NotNow) as refused:
            raise CommandError(
                "Nothing was imported:\n"
                + "\n".join(f"  {line}" for line in refused.messages),
            ) from refused

    def _user(self, name: str | None) -> Any:
        if not name:
            return None
        try:
            return get_user_model().objects.get_by_natural_key(name)
        except get_user_model().DoesNotExist:
            raise CommandError(f"There is no user “{name}”.") from None

    def _import(self, file: Path, user: Any, options: dict[str, Any]) -> None:
        columns, chosen = self._columns_and_options(options)
        importer = importer_for(options["kind"], chosen)
        source = open_source(
            file,
            file.name,
            HowToRead.of(chosen),
            fitting(importer),
        )
        columns = {**guessed_columns(source.columns, importer), **columns}
        checked(columns, source, importer)
        self._say_columns(columns)
        if not options["commit"]:
            self._dry_run(
                DryRun(importer, source, checked(columns, source, importer)),
                options,
            )
            return
        batch = taken_apart(
            lambda: self._import_all(
                file,
                source,
                columns,
                chosen,
                user,
                options,
            ),
            folder=running.copies_folder(),
        )
        if batch is not None:
            self.stdout.write(
                self.style.SUCCESS(
                    f"Imported, as {batch}. To take it back: Imports in the admin.",
                ),
            )

    def _import_all(
        self,
        file: Path,
        source: OpenedFile,
        columns: dict[str, str],
        chosen: dict[str, Any],
        user: Any,
        options: dict[str, Any],
    ) -> ImportBatch | None:
        """One transaction for all of it: broken off anywhere, it leaves nothing behind. None:
        there was nothing to import.
        """
        with transaction.atomic():
            batch = ImportBatch.objects.create(
                kind=options["kind"],
                file_name=file.name[-200:],
                checksum=_checksum(file),
                size=file.stat().st_size,
                columns=columns,
                options=chosen,
                uploaded_by=user,
            )
            with self._bar("Checking", options) as bar:
                batch = services.check_batch(
                    batch,
                    source=source,
                    progress=lambda done: _move(bar, done),
                )
            if batch.state == ImportBatch.State.FAILED:
                [note] = batch.notes
                raise FileError(**note)
            self._say_notes(batch.reading)
            self._say_counts(batch.counts)
            if options["report"]:
                reports.write_report(reports.lines(batch), options["report"])
            changes = (
                batch.counts[Verdict.ADDED] + batch.counts[Verdict.CHANGED]
            )
            if not changes and not batch.counts[Verdict.REFUSED]:
                self.stdout.write(
                    "Nothing to import: every row stands already as the file has it.",
                )
                transaction.set_rollback(True)
                return None
            if (
                batch.counts[Verdict.REFUSED]
                and not options["without_refused"]
            ):
                raise CommandError(self._refusals(batch))
            with self._bar("Importing", options, changes) as bar:
                services.commit(
                    batch,
                    user=user,
                    reason=options["reason"],
                    without_refused=options["without_refused"],
                    source=source,
                    progress=lambda done: _move(bar, done),
                    is_trusted=True,
                )
        return batch

    def _columns_and_options(
        self,
        options: dict[str, Any],
    ) -> tuple[dict[str, str], dict[str, Any]]:
        of_reading = ("sheet", "header_row", "encoding")
        names = (*of_reading, *Mitigations.options)
        chosen = {name: options[name] for name in names if options[name]}
        columns = {}
        if options["profile"]:
            profile = ImportProfile.objects.filter(
                name=options["profile"],
                kind=options["kind"],
            ).first()
            if profile is None:
                raise CommandError(
                    f"There is no profile “{options['profile']}” for {options['kind']}.",
                )
            columns = dict(profile.columns)
            chosen = {**profile.options, **chosen}
        for text in options["column"]:
            column, equals, field = text.rpartition("=")
            if not equals:
                raise CommandError(f"--column “{text}”: write COLUMN=FIELD.")
            columns[column] = field
        return columns, chosen

    def _say_columns(self, columns: dict[str, str]) -> None:
        unused = [column for column, field in columns.items() if not field]
        other = [
            f"{column} is {field}"
            for column, field in columns.items()
            if field and field != column
        ]
        if other:
            self.stdout.write(f"Columns: {'; '.join(other)}.")
        if unused:
            self.stdout.write(f"Left out: {', '.join(unused)}.")

    def _dry_run(self, dry_run: DryRun, options: dict[str, Any]) -> None:
        """Says what would happen. Nothing is written but the report."""
        errors: list[str] = []
        with self._bar("Checking", options) as bar:
            judged = self._judged(dry_run, errors, bar)
            if options["report"]:
                reports.write_report(
                    (
                        line
                        for one in judged
                        for line in reports.lines_of(dry_run.importer, one)
                    ),
                    options["report"],
                )
            for _ in judged:
                pass
        self._say_notes(dry_run.notes)
        self._say_counts(dry_run.counts)
        for text in errors[:MOST_TOLD]:
            self.stdout.write(self.style.WARNING(f"  {text}"))
        if len(errors) > MOST_TOLD:
            self.stdout.write("  and more; --report writes all of them.")
        self.stdout.write("Nothing was written. To import it, add --commit.")
        if dry_run.counts[Verdict.REFUSED]:
            sys.exit(1)

    def _judged(
        self,
        dry_run: DryRun,
        errors: list[str],
        bar: tqdm,
    ) -> Iterator[RowPlan]:
        for row_plans in dry_run.plan(lambda done: _move(bar, done)):
            for row_plan in row_plans:
                if len(errors) <= MOST_TOLD:
                    errors += [
                        as_file_error(row_plan.number, error).messages[0]
                        for error in row_plan.errors
                    ]
                yield row_plan

    def _say_notes(self, notes: list[str]) -> None:
        for note in notes:
            self.stdout.write(note)

    def _say_counts(self, counts: dict[str, int]) -> None:
        self.stdout.write(
            f"{counts['added']:,} added, {counts['changed']:,} changed, {counts['left']:,} left as they are, "
            f"{counts['refused']:,} refused; {counts['warned']:,} with a warning.",
        )
        if not (counts["added"] or counts["changed"] or counts["refused"]):
            self.stdout.write("No change.")

    def _refusals(self, batch: ImportBatch) -> str:
        rows = batch.rows.filter(verdict=Verdict.REFUSED).order_by("number")[
            :MOST_TOLD
        ]
        errors = [
            as_file_error(row.number, error).messages[0]
            for row in rows
            for error in row.content["faults"]
        ]
        more = batch.counts[Verdict.REFUSED] - len(rows)
        told = "\n".join(
            f"  {line}"
            for line in [
                *errors,
                *([f"and {more:,} more rows"] if more else []),
            ]
        )
        return f"Nothing was imported. Mend these rows, or leave them out with --without-refused:\n{told}"

    def _bar(
        self,
        what: str,
        options: dict[str, Any],
        total: int | None = None,
    ) -> tqdm:
        return tqdm(
            desc=what,
            total=total,
            unit=" rows",
            disable=not (options["progress"] or sys.stderr.isatty()),
            mininterval=0,
        )


def _move(bar: tqdm, done: int) -> None:
    bar.update(done - bar.n)


def _checksum(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
