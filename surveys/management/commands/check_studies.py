from django.core.management.base import BaseCommand, CommandError

from surveys.models import Study
from surveys.results.checks import problems_of


class Command(BaseCommand):
    help = "Checks every published study: its figures against its counts, and both against its checksum."

    def handle(self, **options):
        studies = list(Study.objects.published().order_by("slug"))
        found = [
            f"{study.slug}: {problem}"
            for study in studies
            for problem in problems_of(study)
        ]
        if found:
            raise CommandError(
                "What is published does not agree:\n"
                + "\n".join(f"  {line}" for line in found),
            )
        self.stdout.write(
            f"Studies checked: {len(studies)}. Every figure fits its counts, every checksum its study.",
        )
