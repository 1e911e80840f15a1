"""Whether this process runs, and whether it can answer readers: for whatever starts processes
and sends them requests.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS as PRIMARY
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from . import warming
from .replicas import asked

OK = "answers"
SILENT = "does not answer"


class HealthChecks:
    """The outermost middleware: a check comes straight to a process, by its address and without
    TLS.

    `/healthz` asks nothing of any database. `/readyz` is 200 where one can be read and has all
    migrations of this code, and the process has made what it answers from: readers are served
    from replicas while the primary is away.
    """

    def __init__(
        self,
        get_response: Callable[[HttpRequest], HttpResponseBase],
    ):
        self.get_response = get_response
        self.is_migrated = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info == "/healthz":
            return self.answer({"status": "up"})
        if request.path_info == "/readyz":
            found = self.readiness()
            return self.answer(found, 200 if found["ready"] else 503)
        return self.get_response(request)

    def answer(self, found: dict[str, Any], status: int = 200) -> JsonResponse:
        return JsonResponse(
            found,
            status=status,
            headers={"Cache-Control": "no-store"},
        )

    def readiness(self) -> dict[str, Any]:
        databases = {
            alias: OK if answers(alias) else SILENT
            for alias in (PRIMARY, *settings.REPLICAS)
        }
        readable = next(
            (alias for alias, state in databases.items() if state == OK),
            None,
        )
        missing = (
            missing_migrations(readable)
            if readable and not self.is_migrated
            else []
        )
        # Once applied, they stay: to read them all again takes long.
        self.is_migrated = self.is_migrated or (
            readable is not None and not missing
        )
        return {
            "ready": bool(readable)
            and not missing
            and not warming.is_under_way(),
            "databases": databases,
            "missing_migrations": missing,
            "index": "being made" if warming.is_under_way() else "made",
        }


def answers(alias: str) -> bool:
    """Whether a query comes back, be the database still without tables."""
    if asked(alias) is not None:
        return True
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def missing_migrations(alias: str) -> list[str]:
    executor = MigrationExecutor(connections[alias])
    planned = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [
        f"{migration.app_label}.{migration.name}" for migration, _ in planned
    ]
