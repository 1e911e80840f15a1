"""What this machinery has to know of the site that it serves, by the names that settings give.

They are looked up at each call, since they can be imported only once Django has its models.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


def revision(alias: str) -> int:
    """A number that rises with each change of the data in a database. Raises DatabaseError
    where it does not answer.
    """
    return import_string(settings.REVISION)(alias)[0]


def requested(path: str, query: str) -> Any:
    """What an address asks for: `number` of a release or None and the `path` within it."""
    return import_string(settings.REQUESTED)(path, query)


def state_of(number: str) -> int | None:
    """What stands for the state of a release in the place of a revision; None: there is no such
    release.
    """
    return import_string(settings.STATE_OF_RELEASE)(number)


def file_formats() -> Iterable[Any]:
    """The formats of whole lists, each with `media_type` and `is_text`."""
    return import_string(settings.FILE_FORMATS).values()


def make_beforehand() -> None:
    """What the first reader of a process would wait for."""
    import_string(settings.MADE_BEFOREHAND)()
