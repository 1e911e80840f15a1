from django.conf import settings
from django.core.management.base import BaseCommand

from catalogue.curation.feedback import erase_contacts


class Command(BaseCommand):
    help = "Erases names and e-mail addresses of feedback that was settled FEEDBACK_CONTACT_DAYS ago. For a daily job."

    def handle(self, **options):
        count = erase_contacts(days=settings.FEEDBACK_CONTACT_DAYS)
        self.stdout.write(f"Erased name and address of {count} messages.")
