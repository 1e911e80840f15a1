from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from catalogue.accounts import second_factor


class Command(BaseCommand):
    help = "Takes the second factor off an account whose app and recovery codes are lost."

    def add_arguments(self, parser):
        parser.add_argument("username")

    def handle(self, username, **options):
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no account “{username}”.")
        if not second_factor.remove_second_factor(user):
            raise CommandError(f"{username} has no second factor.")
        self.stdout.write(
            f"{username} signs in with the password alone now, and can set up another app in the admin.",
        )
