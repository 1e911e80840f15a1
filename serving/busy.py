"""What a reader is shown where a server makes as many long files as it makes at once: when to ask
again, and what can be had at once.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from django.template.loader import render_to_string

from .logs import request_id
from .public import Environ, quicker_forms
from .sharing import is_api

SECONDS_TO_COME_BACK = 10
TEMPLATE = "503.html"


def is_for_reader(environ: Environ) -> bool:
    """Whether a browser asks, which shows somebody what it gets."""
    accept = environ.get("HTTP_ACCEPT", "")
    return "text/html" in accept and not is_api(environ["PATH_INFO"])


def busy_page(
    environ: Environ,
    words: Iterable[tuple[str, str]] = (),
) -> str:
    """`words`: the fields that were sent, to be sent again from this page, which alone has them."""
    path = environ["PATH_INFO"]
    query = environ.get("QUERY_STRING", "")
    end = f"?{query}" if query else ""
    context: dict[str, Any] = {
        "is_busy": True,
        "is_sent": environ["REQUEST_METHOD"] not in ("GET", "HEAD"),
        "words": list(words),
        "seconds": SECONDS_TO_COME_BACK,
        "again_url": f"/{quote(path.lstrip('/'))}{end}",
        "quicker": [
            (label, f"{address}{end}")
            for label, address in quicker_forms(path).items()
        ],
        "request_id": request_id(),
    }
    return render_to_string(TEMPLATE, context)
