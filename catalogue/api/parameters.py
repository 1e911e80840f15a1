"""Parameters that several lists take, as the API's schema describes them."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from catalogue.files.exports.formats import FORMATS
from catalogue.listing.pagination import DEFAULT_SIZE, LARGEST_SIZE


def parameter(name: str, description: str, **options) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        options.pop("type", OpenApiTypes.STR),
        description=description,
        **options,
    )


FORMAT = parameter(
    "format",
    "The whole list as a file, without “page_size” and “cursor”; “metadata” describes the columns. Without it, a page, or what the "
    "header Accept names.",
    enum=list(FORMATS),
)
RELEASE = parameter(
    "release",
    "Number of a release, such as 2026.11: answers are from that release. Without it, from today’s catalogue.",
)
PAGING = [
    OpenApiParameter(
        "page_size",
        {
            "type": "integer",
            "minimum": 1,
            "maximum": LARGEST_SIZE,
            "default": DEFAULT_SIZE,
        },
        description=f"Records on a page: 1 to {LARGEST_SIZE}, {DEFAULT_SIZE} unless given.",
    ),
    parameter(
        "cursor",
        "Start of a page, copied from “next” or “previous”.",
    ),
    FORMAT,
    RELEASE,
]
