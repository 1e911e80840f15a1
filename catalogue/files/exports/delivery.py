"""How a file leaves the site: piece by piece, all of it from one state of the database."""

from collections.abc import Callable, Iterator

from django.http import StreamingHttpResponse

from catalogue import reading

from .address import ListAddress
from .formats import Format
from .listings import Listing
from .names import file_name


def consistent(make: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    """What `make` gives, all of it of one state of the database."""
    with reading.one_state_of_the_database():
        yield from make()


def content_type(media_type: str) -> str:
    """Text says how it is encoded, which is always the same."""
    if media_type.startswith("text/"):
        return f"{media_type}; charset=utf-8"
    return media_type


def deliver(
    make: Callable[[], Listing],
    address: ListAddress,
    form: Format,
    name: str,
) -> StreamingHttpResponse:
    """The listing that `make` gives as a file. It is called when the file is asked for, within
    the state that the file is of.
    """
    pieces = consistent(lambda: form.write(make(), address))
    answer = StreamingHttpResponse(
        pieces,
        content_type=content_type(form.media_type),
    )
    if form.suffix:
        full_name = f"{file_name(name, address.parameters)}.{form.suffix}"
        answer["Content-Disposition"] = f'attachment; filename="{full_name}"'
    if form.name != "metadata" and not form.is_of_references:
        changes: dict[str, str | None] = {"format": "metadata"}
        if not form.is_table:
            # Those of records mean nothing to a table, and metadata are of its columns.
            changes |= {"fields": None, "include": None}
        described_by = address.url(**changes)
        answer["Link"] = (
            f'<{described_by}>; rel="describedby"; type="application/csvm+json"'
        )
    return answer
