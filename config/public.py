"""Which requests ask for what everybody gets alike: these are answered from kept answers, and read replicas."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.urls import Resolver404, resolve

Environ = dict[str, Any]

#: What is of one person alone, and what tells how this process is.
PRIVATE = ("/admin/", "/answer/", "/feedback/", "/preview/", "/healthz", "/readyz")
NOT_PUBLIC = (*PRIVATE, settings.STATIC_URL)
SESSION = f"{settings.SESSION_COOKIE_NAME}="

#: Views, by their names, that read nothing of the query: whatever is added to their address, such as what a newsletter counts its
#: readers by, their answer is the same, and kept once.
WITHOUT_QUERY = {
    "about", "actor-detail", "api:documentation", "category-detail", "data", "data-cite", "data-dataset", "data-dictionary",
    "data-dictionary-file", "data-mappings", "data-taxonomy", "document-cite", "document-detail", "document-list",
    "function-detail", "home", "mitigation-cite", "mitigation-detail", "opensearch", "phase-detail", "robots", "study-cite",
    "study-data", "study-frozen", "study-list", "taxonomy-detail", "taxonomy-list",
}  # fmt: skip


@lru_cache(maxsize=2_000)
def reads_query(path: str) -> bool:
    """Whether an answer may depend on the query."""
    try:
        return resolve(path).view_name not in WITHOUT_QUERY
    except Resolver404:
        return True


def is_public(environ: Environ) -> bool:
    """Whether it asks for what everybody gets alike, and comes from nobody who is signed in."""
    return (
        environ["REQUEST_METHOD"] in ("GET", "HEAD")
        and not environ["PATH_INFO"].startswith(NOT_PUBLIC)
        and not is_signed_in(environ)
    )


def is_signed_in(environ: Environ) -> bool:
    """Whether it comes with a session, be it an old one, or with credentials."""
    return SESSION in environ.get("HTTP_COOKIE", "") or "HTTP_AUTHORIZATION" in environ
