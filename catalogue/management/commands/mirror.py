import sys
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from catalogue.models import Release
from catalogue.operations.mirror import CannotMirror, Mirror


class Command(BaseCommand):
    help = "Writes a release as a static copy of the whole site, which any file server can carry."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)
        parser.add_argument("--release", help="The last one unless given.")
        parser.add_argument(
            "--site",
            default="",
            help="Where the live site is, such as https://catalogue.example.org: what needs a server leads there.",
        )

    def handle(self, folder, *, release, site, **options):
        found = (
            Release.objects.filter(number=release).first()
            if release
            else Release.objects.newest_first().first()
        )
        if found is None:
            known = (
                ", ".join(Release.objects.values_list("number", flat=True))
                or "none: cut one with cut_release"
            )
            raise CommandError(
                f"There is no {f'release {release}' if release else 'release'}. There are: {known}.",
            )
        began = time.monotonic()
        shown = tqdm(
            unit=" files",
            disable=not sys.stderr.isatty(),
            leave=False,
        )

        def tell(done: int, waiting: int) -> None:
            shown.total = done + waiting
            shown.update(done - shown.n)

        try:
            mirror = Mirror(
                release=found,
                folder=folder,
                site=site.rstrip("/"),
                tell=tell,
            )
            count = mirror.write()
        except CannotMirror as error:
            raise CommandError(str(error)) from error
        finally:
            shown.close()
        self.stdout.write(
            f"Wrote release {found.number} to {folder}: {count} files in {time.monotonic() - began:.0f} s. "
            f"To look at it: python3 -m http.server --directory {folder}",
        )
