"""Where a form was sent from."""

from django.conf import settings
from django.http import HttpRequest


def is_from_here(request: HttpRequest) -> bool:
    """Whether a browser says that this site's own page sent it, or says nothing of it."""
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    here = {
        f"{request.scheme}://{request.get_host()}",
        *settings.CSRF_TRUSTED_ORIGINS,
    }
    return (origin is None or origin in here) and site in (
        "same-origin",
        "none",
    )
