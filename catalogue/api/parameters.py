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
    "The whole list as a file, without “page_size” and “cursor”. “json” is a page that holds all; “metadata” says what the "
    "columns of a table mean. Without it, a page; or what the header Accept asks for.",
    enum=list(FORMATS),
)
RELEASE = parameter(
    "release",
    "The catalogue as a release froze it, by its number, such as 2026.11; “releases” lists those that there are. Without it, as it is "
    "now.",
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
        description="Records in a page.",
    ),
    parameter(
        "cursor",
        "Where a page begins: taken from “next” or “previous”.",
    ),
    FORMAT,
    RELEASE,
]
