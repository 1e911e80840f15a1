from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from surveys.files.mapping import read_mapping
from surveys.files.reading import read_answers
from surveys.files.storing import store_answers
from surveys.files.tables import read_table
from surveys.models import Study


class Command(BaseCommand):
    help = "Imports raw answers of a survey that ran elsewhere, from CSV or XLSX. See docs/running-a-study.md."

    def add_arguments(self, parser):
        parser.add_argument(
            "study",
            help="The slug of a study that is set up here and invited nobody.",
        )
        parser.add_argument(
            "file",
            type=Path,
            help="CSV or XLSX: long, or wide with --mapping.",
        )
        parser.add_argument(
            "--mapping",
            type=Path,
            help="YAML that says what the columns of a wide file are.",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Check and count, and change nothing.",
        )

    def handle(self, *, study, file, mapping, dry_run, **options):
        try:
            found = Study.objects.get(slug=study)
            wide = (
                read_mapping(mapping.read_text(encoding="utf-8"))
                if mapping
                else None
            )
            given = read_answers(
                found,
                read_table(file.name, file.read_bytes()),
                wide,
            )
            report = store_answers(study=found, given=given, dry_run=dry_run)
        except Study.DoesNotExist as error:
            known = (
                ", ".join(
                    Study.objects.set_up_here().values_list("slug", flat=True),
                )
                or "none yet"
            )
            raise CommandError(
                f"No study has the slug {study}. Those set up here: {known}.",
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"A file cannot be read: {error}") from error
        except ValidationError as error:
            raise CommandError(
                "Nothing was imported:\n"
                + "\n".join(f"  {line}" for line in error.messages),
            ) from error
        self.stdout.write(
            f"Respondents: {report}.{' Nothing was changed (dry run).' if dry_run else ''}",
        )
