"""How a file leaves the site: piece by piece, all of it from one state of the database."""

from collections.abc import Callable, Iterator

from django.http import StreamingHttpResponse
from django.utils.text import slugify

from catalogue import reading, revision

from .formats import Format
from .listings import Listing
from .place import Place

#: Parameters that choose no records.
NOT_CHOOSING = ("fields", "include", "ordering", "release")


def consistent(make: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    """What `make` gives, all of it of one state of the database."""
    with reading.one_state_of_the_database():
        yield from make()


def content_type(media_type: str) -> str:
    """Text says how it is encoded, which is always the same."""
    return (
        f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
    )


#: So much of what was chosen is told in the name of a file.
LONGEST_CHOICE = 60


def file_name(name: str, place: Place) -> str:
    """What tells the files in a folder apart: which list, what of it, and of which release or
    revision.
    """
    values = [
        value
        for key, chosen in place.asked.items()
        if key not in NOT_CHOOSING
        for value in chosen
    ]
    choice = "-".join(_in_a_name(value) for value in values)[:LONGEST_CHOICE].strip(
        "-."
    )
    release = reading.current_release()
    state = release.number if release else f"r{revision.shown()}"
    return "-".join(filter(None, [name, choice, state]))


def _in_a_name(value: str) -> str:
    """Points stay where they part numbers: a code is read as it stands, and 4.2 is no 42."""
    return ".".join(filter(None, (slugify(part) for part in value.split("."))))


def deliver(
    make: Callable[[], Listing], place: Place, form: Format, name: str
) -> StreamingHttpResponse:
    """The listing that `make` gives as a file. It is called when the file is asked for, within
    the state that the file is of.
    """
    pieces = consistent(lambda: form.write(make(), place))
    answer = StreamingHttpResponse(pieces, content_type=content_type(form.media_type))
    if form.suffix:
        answer["Content-Disposition"] = (
            f'attachment; filename="{file_name(name, place)}.{form.suffix}"'
        )
    if form.name != "metadata":
        # Those of records mean nothing to a table, and metadata are of its columns.
        described_by = place.address(
            format="metadata",
            **({} if form.is_table else {"fields": None, "include": None}),
        )
        answer["Link"] = (
            f'<{described_by}>; rel="describedby"; type="application/csvm+json"'
        )
    return answer
