import os
from pathlib import Path

from django.core.management.commands import migrate
from django.db import connections

from catalogue import database


def keep_private(connection):
    """Takes a database that is a file, and that an earlier version left for everybody to read,
    from all but its owner.
    """
    if connection.vendor != "sqlite" or connection.is_in_memory_db():
        return
    for suffix in ("", "-wal", "-shm"):
        path = Path(f"{connection.settings_dict['NAME']}{suffix}")
        if path.exists() and path.stat().st_uid == os.geteuid():
            path.chmod(0o600)


class Command(migrate.Command):
    """Django's own. Where a migration fails, what was taken out of its way is put back: no
    database is left without its guards.
    """

    def handle(self, *args, **options):
        connection = connections[options["database"]]
        keep_private(connection)
        before = database.triggers_in_the_way(connection)
        try:
            super().handle(*args, **options)
        except BaseException:
            database.put_back(connection, before)
            raise
