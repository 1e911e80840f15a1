"""Which answers are compressed on their way."""

import re
import sys
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django_http_compression import middleware
from django_http_compression.middleware import HttpCompressionMiddleware

from . import site

if sys.version_info >= (3, 14):
    from compression.zstd import compress as zstd_compress
else:
    from backports.zstd import compress as zstd_compress

#: The library takes 3, as those do who compress each answer anew. Answers are kept here, so that
#: half a millisecond more for a list is spent once, and a tenth less goes over the wire each
#: time.
ZSTD_LEVEL = 9
middleware.zstd_compress = partial(zstd_compress, level=ZSTD_LEVEL)

#: Beside files of lists, and what the library compresses.
TEXTS = ("application/problem+json", "application/vnd.citationstyles.csl+json")


class Compression(HttpCompressionMiddleware):
    """Adds the site's own formats that are text, and says of every answer that could be
    compressed that this depends on Accept-Encoding: a proxy that has the plain one must not
    give it to everybody.
    """

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        # Not Parquet and XLSX, which are compressed as they are.
        own = [form.media_type for form in site.file_formats() if form.is_text]
        types = [re.escape(media_type) for media_type in (*TEXTS, *own)]
        library = HttpCompressionMiddleware.content_type_re
        pattern = "|".join([library.pattern, *types])
        self.content_type_re = re.compile(pattern, library.flags)

    def maybe_compress(
        self,
        request: HttpRequest,
        response: HttpResponseBase,
    ) -> None:
        super().maybe_compress(request, response)
        if self.content_type_re.match(
            response.headers.get("content-type", ""),
        ):
            patch_vary_headers(response, ["Accept-Encoding"])
