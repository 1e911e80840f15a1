import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from catalogue.files.loading import DATA_FOLDER, DataError, load_catalogue


class Command(BaseCommand):
    help = "Loads the catalogue's data files. Keeps what curators changed, and says what it kept."

    def add_arguments(self, parser):
        parser.add_argument(
            "--folder",
            type=Path,
            default=DATA_FOLDER,
            help="Another data folder.",
        )
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="Take the files' version where a curator changed one.",
        )

    def handle(self, *, folder, overwrite, **options):
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.")
        try:
            report = load_catalogue(
                folder=folder,
                overwrite=overwrite,
                progress=sys.stderr.isatty(),
            )
        except DataError as error:
            raise CommandError(
                "Nothing was loaded:\n"
                + "\n".join(f"  {line}" for line in error.problems),
            ) from error
        for line in report.kept:
            self.stdout.write(self.style.WARNING(f"  {line}"))
        if report.kept:
            self.stdout.write(
                "  Use --overwrite to take the files' version of these.",
            )
        self.stdout.write(
            f"Catalogue loaded: {report.created} new, {report.changed} changed, "
            f"{report.removed} removed, {report.unchanged} unchanged, {len(report.kept)} kept as curators left them.",
        )
