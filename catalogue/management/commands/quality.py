import csv as spreadsheet
import sys

from django.core.management.base import BaseCommand, CommandError

from catalogue.curation.quality import CHECKS, desk, ordered_checks
from catalogue.files.exports.cells import guarded


def _check_names() -> str:
    return ", ".join(check.name for check in ordered_checks())


class Command(BaseCommand):
    help = "Prints what the quality desk finds. Exit code 1 where anything is open, for scripts."

    def add_arguments(self, parser):
        parser.add_argument(
            "checks",
            nargs="*",
            metavar="CHECK",
            help=f"Only these: {_check_names()}.",
        )
        parser.add_argument(
            "--list",
            action="store_true",
            help="Every finding, and not only how many.",
        )
        parser.add_argument(
            "--csv",
            action="store_true",
            help="Every finding, as CSV.",
        )

    def handle(self, *, checks, list, csv, **options):
        if unknown := [name for name in checks if name not in CHECKS]:
            raise CommandError(
                f"There is no check {', '.join(unknown)}. There are: {_check_names()}.",
            )
        chosen = [CHECKS[name] for name in checks] or ordered_checks()
        issues = {check: desk.open_issues(check) for check in chosen}
        if csv:
            self.write_file(issues)
        else:
            self.write(issues, list)
        if any(issues.values()):
            sys.exit(1)

    def write(self, issues_by_check, with_issues):
        for check, issues in issues_by_check.items():
            count = len(issues)
            if not issues and check.is_unknown():
                count = "?"
            self.stdout.write(f"{count:>6} {check.name}: {check.title}")
            if check.note:
                self.stdout.write(f"       {check.note()}")
            if with_issues:
                for issue in issues:
                    self.stdout.write(
                        f"       {issue.record}: {issue.message}",
                    )

    def write_file(self, issues_by_check):
        writer = spreadsheet.writer(self.stdout, lineterminator="\n")
        pairs = []
        for check, issues in issues_by_check.items():
            pairs += [(check, issue) for issue in issues]
        for row in desk.rows_of_file(pairs, ""):
            writer.writerow([guarded(value) for value in row])
