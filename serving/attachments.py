"""Files that are saved and not shown: what somebody uploaded is never a page of this site."""

from typing import IO, TypeVar

from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

Response = TypeVar("Response", bound=HttpResponseBase)


def attached(response: Response, name: str) -> Response:
    """`response` as a file to save under `name`, which may hold any character."""
    response["Content-Disposition"] = (
        content_disposition_header(True, name) or "attachment"
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


def uploaded(file: IO[bytes], name: str) -> FileResponse:
    """A file as somebody uploaded it. Whatever is in it and whatever they call it, a browser
    takes it for bytes: it runs nothing, shows nothing, and keeps no copy.
    """
    response = attached(
        FileResponse(file, content_type="application/octet-stream"), name
    )
    response["Content-Security-Policy"] = (
        "default-src 'none'; frame-ancestors 'none'; sandbox"
    )
    response["Cache-Control"] = "private, no-store"
    return response
