"""Which answers are compressed on their way."""

import re

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django_http_compression.middleware import HttpCompressionMiddleware


class Compression(HttpCompressionMiddleware):
    """Adds the API's own formats that are text, and says of every answer that could be
    compressed that this depends on Accept-Encoding: a proxy that has the plain one must not
    give it to everybody.
    """

    #: Not Parquet and XLSX, which are compressed as they are.
    own_types = re.compile(
        r"application/(x-ndjson|csvm\+json|problem\+json|vnd\.citationstyles\.csl\+json)"
    )
    content_type_re = re.compile(
        f"{HttpCompressionMiddleware.content_type_re.pattern} | {own_types.pattern}",
        HttpCompressionMiddleware.content_type_re.flags,
    )

    def maybe_compress(self, request: HttpRequest, response: HttpResponseBase) -> None:
        super().maybe_compress(request, response)
        if self.content_type_re.match(response.headers.get("content-type", "")):
            patch_vary_headers(response, ["Accept-Encoding"])
