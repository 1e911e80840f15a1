"""Which requests ask for what everybody gets alike: these are answered from kept answers, and
read replicas.
"""

from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.urls import Resolver404, resolve

from . import site, traits
from .sharing import is_api

Environ = dict[str, Any]

#: What is of one person alone, and what tells how this process is.
PRIVATE = (
    "/admin/",
    "/answer/",
    "/feedback/",
    "/preview/",
    "/healthz",
    "/readyz",
)
NOT_PUBLIC = (*PRIVATE, settings.STATIC_URL)
SESSION = f"{settings.SESSION_COOKIE_NAME}="


def reads_query(path: str, query: str) -> bool:
    """Whether an answer may depend on the query: every page leads to a release that is named in
    it.
    """
    return not _has(path, "is_query_ignored") or names_release(query)


def names_release(query: str) -> bool:
    return "release" in parse_qs(query, keep_blank_values=True)


#: What stands in `Accept` for a page of a list, and not for a file of all of it.
PAGE = "application/json"


@lru_cache(maxsize=2_000)
def _has(path: str, trait: str) -> bool:
    """Whether it is said of the view at an address; see `serving.traits`."""
    return bool(_trait(path, trait))


def _trait(path: str, trait: str) -> Any:
    try:
        return traits.of(resolve(path).func, trait)
    except Resolver404:
        return None


def quicker_forms(path: str) -> dict[str, str]:
    """What may be had at once where the file at an address takes long: label and address."""
    return _trait(site.requested(path, "").path, "quicker") or {}


def is_costly(environ: Environ) -> bool:
    """Whether its answer takes long to make: a file of all records, or of all that a filter
    finds.
    """
    if is_api(environ["PATH_INFO"]):
        if "format=" in environ.get("QUERY_STRING", ""):
            return True
        accept = environ.get("HTTP_ACCEPT", "")
        files = {form.media_type for form in site.file_formats()} - {PAGE}
        return any(media_type in accept for media_type in files)
    return _has(site.requested(environ["PATH_INFO"], "").path, "is_costly")


def is_file(path: str) -> bool:
    """Whether what stands there is for programs: its name has a suffix."""
    return "." in path.rpartition("/")[2]


def is_public(environ: Environ) -> bool:
    """Whether it asks for what everybody gets alike, and comes from nobody who is signed in."""
    return (
        environ["REQUEST_METHOD"] in ("GET", "HEAD")
        and not environ["PATH_INFO"].startswith(NOT_PUBLIC)
        and not is_signed_in(environ)
    )


def is_signed_in(environ: Environ) -> bool:
    """Whether it comes with a session, be it an old one, or with credentials."""
    return (
        SESSION in environ.get("HTTP_COOKIE", "")
        or "HTTP_AUTHORIZATION" in environ
    )
