import sys

from django.core.management.base import BaseCommand, CommandError

from catalogue.operations.generation import (
    NothingToBuildOn,
    generate_catalogue,
)


class Command(BaseCommand):
    help = "Adds made-up mitigations to the database, for measuring at size. The same seed gives the same texts."

    def add_arguments(self, parser):
        parser.add_argument(
            "--mitigations",
            type=int,
            default=10_000,
            help="How many (10,000 unless told).",
        )
        parser.add_argument(
            "--seed",
            type=int,
            default=1,
            help="Any whole number.",
        )

    def handle(self, *, mitigations, seed, **options):
        try:
            added = generate_catalogue(
                mitigations=mitigations,
                seed=seed,
                progress=sys.stderr.isatty(),
            )
        except (NothingToBuildOn, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Added {mitigations:,} mitigations, {added.first} to {added.last}, in {added.documents:,} documents.",
        )
