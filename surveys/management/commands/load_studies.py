from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from catalogue.files.loading import DataError
from surveys.design.loading import DATA_FOLDER, load_studies


class Command(BaseCommand):
    help = "Loads the published studies from their data files. A file that has not changed is left alone."

    def add_arguments(self, parser):
        parser.add_argument(
            "--folder",
            type=Path,
            default=DATA_FOLDER,
            help="Another data folder.",
        )

    def handle(self, *, folder, **options):
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.")
        try:
            report = load_studies(folder=folder)
        except DataError as error:
            raise CommandError(
                "Nothing was loaded:\n"
                + "\n".join(f"  {line}" for line in error.problems),
            ) from error
        self.stdout.write(
            f"Studies loaded: {len(report.loaded)} new or changed, {len(report.unchanged)} unchanged.",
        )
