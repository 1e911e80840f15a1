"""Which requests ask for what everybody gets alike: these are answered from kept answers, and read replicas."""

from typing import Any

from django.conf import settings

Environ = dict[str, Any]

#: What is of one person alone, and what tells how this process is.
PRIVATE = ("/admin/", "/answer/", "/preview/", "/healthz", "/readyz")


def is_public(environ: Environ) -> bool:
    """Whether it asks for what everybody gets alike, and comes from nobody who is signed in."""
    return (
        environ["REQUEST_METHOD"] in ("GET", "HEAD")
        and not environ["PATH_INFO"].startswith((*PRIVATE, settings.STATIC_URL))
        and not is_signed_in(environ)
    )


def is_signed_in(environ: Environ) -> bool:
    """Whether it comes with a session, be it an old one, or with credentials."""
    return f"{settings.SESSION_COOKIE_NAME}=" in environ.get("HTTP_COOKIE", "") or "HTTP_AUTHORIZATION" in environ
