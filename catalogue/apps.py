from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate


def take_out_triggers(using, plan, **kwargs):
    """Before migrations change tables, which triggers may stand in the way of."""
    from catalogue import database

    if plan:
        database.take_out_triggers(connections[using])


def install_database_objects(using, **kwargs):
    """Triggers and the search index, after each migrate."""
    from catalogue import database

    database.install(connections[using])


class CatalogueConfig(AppConfig):
    name = "catalogue"
    verbose_name = "Catalogue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from simple_history.signals import (
            post_create_historical_record,
            pre_create_historical_record,
        )

        from .accounts import groups
        from .curation import changes, feedback, mail  # noqa: F401 - its check
        from .files.exports.asked_column import AskedForColumn
        from .files.exports.columns import EXTRAS
        from .record.fields import register_facets
        from .record.provisions import asked_of
        from .record.schema import MitigationSerializer

        register_facets()
        EXTRAS.register(AskedForColumn, "laws")
        MitigationSerializer.also_of_many.register(
            changes.members_of,
            "history",
        )
        MitigationSerializer.also_of_many.register(asked_of, "provisions")
        pre_create_historical_record.connect(feedback.name_in_history)
        post_create_historical_record.connect(feedback.tie_to_history)
        pre_migrate.connect(take_out_triggers, sender=self)
        post_migrate.connect(install_database_objects, sender=self)
        post_migrate.connect(groups.make_what_is_missing, sender=self)
