"""Files that are saved and not shown: what somebody uploaded is never a page of this site."""

from typing import TypeVar

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
