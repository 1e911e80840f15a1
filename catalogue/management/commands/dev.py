import sys

from django.core.management.commands.runserver import Command as Runserver

from .serve import WrongAddress, asked_address


class Command(Runserver):
    help = (
        "Serves the site for development, at HOST and PORT; reloads on change."
    )

    def handle(self, *args, **options):
        try:
            host, port = asked_address()
        except WrongAddress as error:
            self.stderr.write(str(error))
            sys.exit(1)
        options["addrport"] = (
            options["addrport"]
            or f"{f'[{host}]' if ':' in host else host}:{port}"
        )
        super().handle(*args, **options)
