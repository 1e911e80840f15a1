import sys

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from catalogue.curation.quality import fetching, links
from catalogue.models import LinkCheck


class Command(BaseCommand):
    help = "Asks every address that the catalogue holds whether it still answers, and keeps the result for the quality desk."

    def handle(self, **options):
        urls = list(links.by_url())
        found, progress = (
            {},
            tqdm(
                total=len(urls),
                desc="Checking links",
                unit=" links",
                disable=not sys.stderr.isatty(),
            ),
        )
        with progress:
            for url, answer in fetching.check_all(urls):
                found[url] = answer
                progress.update()
        # Unknown is not broken: a machine that reaches nothing has learnt nothing about any of
        # them.
        if found and not any(answer.was_reached for answer in found.values()):
            raise CommandError(
                f"None of {len(found)} addresses could be reached: this machine seems to have no way out. Nothing was kept."
            )
        links.keep({url: answer[:3] for url, answer in found.items()})
        self.report(found)

    def report(self, found):
        tally = {outcome: [] for outcome in LinkCheck.Outcome}
        for url, answer in sorted(found.items()):
            tally[answer.outcome].append(f"  {url}: {answer.detail}")
        broken, unclear = (
            tally[LinkCheck.Outcome.BROKEN],
            tally[LinkCheck.Outcome.UNCLEAR],
        )
        for heading, lines in (("Broken", broken), ("Could not be told", unclear)):
            if lines:
                self.stdout.write("\n".join([f"{heading}:", *lines]))
        self.stdout.write(
            f"Links checked: {len(found)}; {len(broken)} broken, {len(unclear)} could not be told."
        )
