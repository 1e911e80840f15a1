"""Where models are read and written while a release is read, or made."""

from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS as PRIMARY

from catalogue import reading
from catalogue.database import public

#: What a release holds beside the rows of public tables: the revision that it is of.
OF_REVISION = {"catalogue_revision", "catalogue_change"}


class ReleaseRouter:
    """What is published is read from the release that a request asks for, if it asks for one. A
    release is never written to.
    """

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        if building := reading.building():
            return building
        source = reading.current()
        if source is None:
            return None
        table = model._meta.db_table
        if table in OF_REVISION or table in public.frozen():
            return source.alias
        return None if settings.REPLICAS else PRIMARY

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        if building := reading.building():
            return building
        if reading.current() and not settings.REPLICAS:
            return PRIMARY
        return None

    def allow_relation(self, *objects: Any, **hints: Any) -> bool | None:
        return True if reading.current() else None

    def allow_migrate(self, db: str, *of: Any, **hints: Any) -> bool | None:
        return True if db == reading.building() else None
