from django.core.management.commands import migrate
from django.db import connections

from catalogue import database


class Command(migrate.Command):
    """Django's own. Where a migration fails, what was taken out of its way is put back: no database is left without its guards."""

    def handle(self, *args, **options):
        connection = connections[options["database"]]
        before = database.triggers_in_the_way(connection)
        try:
            super().handle(*args, **options)
        except BaseException:
            database.put_back(connection, before)
            raise
