from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from catalogue.operations.backups import (
    CannotBackUp,
    back_up,
    content_checksum,
)


class Command(BaseCommand):
    help = "Writes the whole database to a file, while the site runs."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)

    def handle(self, file, **options):
        try:
            back_up(file)
        except CannotBackUp as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Wrote {file}. {self._checksum()}")

    def _checksum(self):
        try:
            return f"Checksum of what readers see now: {content_checksum()}"
        except DatabaseError:
            # Before an upgrade: the tables are those of older code.
            return "No checksum: the database lacks migrations of this code. The backup is whole all the same."
