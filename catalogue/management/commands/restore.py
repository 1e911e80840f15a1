from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from catalogue.operations.backups import (
    CannotBackUp,
    content_checksum,
    restore_backup,
)


class Command(BaseCommand):
    help = "Puts a backup in the place of all that the database holds."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--yes",
            action="store_true",
            help="What the database holds now may go.",
        )

    def handle(self, file, yes, **options):
        if not yes:
            raise CommandError(
                "All that the database holds now would be replaced: back it up first, and then add --yes.",
            )
        try:
            restore_backup(file)
        except CannotBackUp as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Restored {file}. Checksum of what readers see: {content_checksum()}",
        )
