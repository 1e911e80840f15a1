"""How a file leaves the site: piece by piece, all of it from one state of the database."""

from collections.abc import Callable, Iterator

from django.http import StreamingHttpResponse
from django.utils.text import slugify

from catalogue import reading, revision

from .address import ListAddress
from .formats import Format
from .listings import Listing

#: Parameters that choose no records.
NOT_CHOOSING = ("fields", "include", "ordering", "release")


def consistent(make: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    """What `make` gives, all of it of one state of the database."""
    with reading.one_state_of_the_database():
        yield from make()


def content_type(media_type: str) -> str:
    """Text says how it is encoded, which is always the same."""
    if media_type.startswith("text/"):
        return f"{media_type}; charset=utf-8"
    return media_type


#: So much of what was chosen is told in the name of a file.
LONGEST_CHOICE = 60


def file_name(name: str, address: ListAddress) -> str:
    """What tells the files in a folder apart: which list, what of it, and of which release or
    revision.
    """
    words = []
    for parameter, values in address.parameters.items():
        if parameter not in NOT_CHOOSING:
            words += [_as_part_of_name(value) for value in values]
    choice = "-".join(words)[:LONGEST_CHOICE].strip("-.")
    release = reading.current_release()
    state = release.number if release else f"r{revision.shown()}"
    return "-".join(filter(None, [name, choice, state]))


def _as_part_of_name(value: str) -> str:
    """Points stay where they part numbers: a code is read as it stands, and 4.2 is no 42."""
    parts = [slugify(part) for part in value.split(".")]
    return ".".join(filter(None, parts))


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
        answer["Content-Disposition"] = (
            f'attachment; filename="{file_name(name, address)}.{form.suffix}"'
        )
    if form.name != "metadata":
        changes: dict[str, str | None] = {"format": "metadata"}
        if not form.is_table:
            # Those of records mean nothing to a table, and metadata are of its columns.
            changes |= {"fields": None, "include": None}
        described_by = address.url(**changes)
        answer["Link"] = (
            f'<{described_by}>; rel="describedby"; type="application/csvm+json"'
        )
    return answer
