from django.core.management.base import BaseCommand, CommandError

from catalogue.models import ReleaseCutting
from catalogue.releases import canonical, cutting, running


class Command(BaseCommand):
    help = "Freezes what is published now as a numbered release. It never changes afterwards."

    def add_arguments(self, parser):
        parser.add_argument(
            "number",
            nargs="?",
            help="A year and a month, such as 2026.11; a further one then is 2026.11.1.",
        )
        parser.add_argument("--title", default="")
        parser.add_argument(
            "--notes",
            default="",
            help="What readers should know of it.",
        )
        parser.add_argument(
            "--site",
            default="",
            help="Scheme and host of the site, for the files; SITE_URL unless given.",
        )
        parser.add_argument(
            "--first",
            action="store_true",
            help="Cut the first release of the catalogue as it is shipped; nothing where there is a release, or other records.",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Say what it would be, and write nothing.",
        )
        parser.add_argument(
            "--even-so",
            action="store_true",
            help="Cut it though nothing has changed since the last.",
        )

        # The admin's own: what stands in the database.
        parser.add_argument(
            "--cutting",
            type=int,
            dest="wish",
            help="One that was asked for in the admin.",
        )

    def handle(
        self,
        number,
        *,
        title,
        notes,
        site,
        dry_run,
        even_so,
        first,
        wish,
        **options,
    ):
        if wish is not None:
            running.carry_out(ReleaseCutting.objects.get(pk=wish))
            return
        if first:
            if not cutting.is_as_shipped():
                return
            number = number or cutting.SHIPPED
            title = title or cutting.TITLE_OF_FIRST
        if number is None:
            raise CommandError(
                "Give it a number: a year and a month, such as 2026.11.",
            )
        self._cut(number, title, notes, site, dry_run, even_so)

    def _cut(self, number, title, notes, site, dry_run, even_so):
        try:
            if dry_run:
                self._tell(cutting.plan(number, site))
                return
            release = cutting.cut(
                number,
                title=title,
                notes=notes,
                base_url=site,
                even_so=even_so,
            )
        except cutting.NothingChanged as error:
            raise CommandError(
                f"{error} To cut it all the same, add --even-so.",
            ) from error
        except cutting.CannotCut as error:
            raise CommandError(str(error)) from error
        counts = (
            ", ".join(
                f"{count} {canonical.KINDS[kind]}"
                for kind, count in release.counts.items()
            )
            or "nothing"
        )
        self.stdout.write(
            f"Cut release {release.number}: {counts}.\nChecksum of its records: {release.checksum}",
        )

    def _tell(self, plan):
        self.stdout.write(
            f"Release {plan.release.number} would hold {sum(plan.counts.values())} records.",
        )
        self.stdout.write(f"Since {plan.changes.old.label}:")
        for kind, counts in plan.release.changes.items():
            self.stdout.write(
                f"  {canonical.KINDS[kind]}: "
                + ", ".join(f"{n} {what}" for what, n in counts.items()),
            )
        if plan.changes_nothing:
            self.stdout.write(
                "  Nothing has changed: it would be cut only with --even-so.",
            )
        self.stdout.write("Nothing was written.")
