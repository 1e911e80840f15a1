import sys

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from catalogue.curation.quality import requests
from catalogue.curation.quality.checks import links
from catalogue.models import LinkCheck


class Command(BaseCommand):
    help = "Asks every address that the catalogue holds whether it still answers, and keeps the result for the quality desk."

    def handle(self, **options):
        urls = links.held_urls()
        answers = {}
        progress = tqdm(
            total=len(urls),
            desc="Checking links",
            unit=" links",
            disable=not sys.stderr.isatty(),
        )
        with progress:
            for url, answer in requests.check_links(urls):
                answers[url] = answer
                progress.update()
        # Unknown is not broken: a machine that reaches nothing has learnt nothing about any of
        # them.
        if answers and not any(
            answer.was_reached for answer in answers.values()
        ):
            raise CommandError(
                f"None of {len(answers)} addresses could be reached: this machine seems to have no way out. Nothing was kept.",
            )
        links.store_link_checks(
            {url: answer[:3] for url, answer in answers.items()},
        )
        self.report(answers)

    def report(self, answers):
        lines = {outcome: [] for outcome in LinkCheck.Outcome}
        for url, answer in sorted(answers.items()):
            lines[answer.outcome].append(f"  {url}: {answer.detail}")
        broken = lines[LinkCheck.Outcome.BROKEN]
        unclear = lines[LinkCheck.Outcome.UNCLEAR]
        if broken:
            self.stdout.write("\n".join(["Broken:", *broken]))
        if unclear:
            self.stdout.write("\n".join(["Could not be told:", *unclear]))
        self.stdout.write(
            f"Links checked: {len(answers)}; {len(broken)} broken, {len(unclear)} could not be told.",
        )
