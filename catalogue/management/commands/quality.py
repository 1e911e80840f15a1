import csv as spreadsheet
import sys

from django.core.management.base import BaseCommand, CommandError

from catalogue.curation.quality import CHECKS, desk
from catalogue.files.exports.cells import guarded


class Command(BaseCommand):
    help = "Prints what the quality desk finds. Exit code 1 where anything is open, for scripts."

    def add_arguments(self, parser):
        parser.add_argument(
            "checks",
            nargs="*",
            metavar="CHECK",
            help=f"Only these: {', '.join(CHECKS)}.",
        )
        parser.add_argument(
            "--list", action="store_true", help="Every finding, and not only how many."
        )
        parser.add_argument("--csv", action="store_true", help="Every finding, as CSV.")

    def handle(self, *, checks, list, csv, **options):
        if unknown := [name for name in checks if name not in CHECKS]:
            raise CommandError(
                f"There is no check {', '.join(unknown)}. There are: {', '.join(CHECKS)}."
            )
        chosen = [CHECKS[name] for name in checks] or [*CHECKS.values()]
        found = {check: desk.open_findings(check) for check in chosen}
        if csv:
            self.write_file(found)
        else:
            self.write(found, list)
        if any(found.values()):
            sys.exit(1)

    def write(self, found, with_findings):
        for check, findings in found.items():
            is_unknown = not findings and check.is_known and not check.is_known()
            self.stdout.write(
                f"{'?' if is_unknown else len(findings):>6} {check.name}: {check.title}"
            )
            if check.note:
                self.stdout.write(f"       {check.note()}")
            for finding in findings if with_findings else ():
                self.stdout.write(f"       {finding.record}: {finding.message}")

    def write_file(self, found):
        writer = spreadsheet.writer(self.stdout, lineterminator="\n")
        rows = ((check, one) for check, findings in found.items() for one in findings)
        for row in desk.rows_of_file(rows, ""):
            writer.writerow([guarded(value) for value in row])
