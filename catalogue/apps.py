from django.apps import AppConfig
from django.db.models.signals import post_migrate


def install_database_objects(using, **kwargs):
    """Triggers and the search index. After each migrate, since SQLite drops triggers when it rebuilds a table."""
    from django.db import connections

    from catalogue import database

    database.install(connections[using])


class CatalogueConfig(AppConfig):
    name = "catalogue"
    verbose_name = "Catalogue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from catalogue import groups

        post_migrate.connect(install_database_objects, sender=self)
        post_migrate.connect(groups.make_what_is_missing, sender=self)
