from django.core.management.base import BaseCommand, CommandError

from surveys.running import secrecy


class Command(BaseCommand):
    help = (
        "Writes the database's files anew, so that they hold nothing of erased addresses and secrets of closed studies. "
        "Closing a study does it by itself; run it once after an upgrade, or where the log asks for it. Others wait meanwhile."
    )

    def handle(self, **options):
        if why_not := secrecy.clean_files():
            raise CommandError(f"Something may be left: {why_not}.")
        self.stdout.write("The files hold nothing of what was erased.")
