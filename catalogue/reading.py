"""Which release a request reads, instead of the catalogue as it is today."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from django.db import connections, router

from catalogue import database
from catalogue.models import VOCABULARIES, Mitigation, Release
from catalogue.models.release import NUMBER_PATTERN
from serving.addresses import beginning_with
from serving.sharing import is_api

PREFIX = "/releases/"
#: The parameter of the API that names one.
RELEASE = "release"
#: Where the pages of a release begin: its number, and the address within.
PAGES = re.compile(rf"{PREFIX}([^/]+)(/.*)", re.DOTALL)
#: That address without its last slash.
BARE = re.compile(rf"{PREFIX}([^/]+)")
OF_VOCABULARIES = "|".join(f"{terms.relation}/" for terms in VOCABULARIES)
#: What there is of a release: what shows published records and nothing else. A new page is
#: added here once that is so.
WITHIN = re.compile(
    rf"/(?:$|mitigations/|taxonomies/|{OF_VOCABULARIES}|documents/|instruments/|crosswalk/|studies/|search/|data/|api/|about/|"
    r"compare/|embed/matrix/|matrix/|shortlist/|sitemap\.xml$|opensearch\.xml$)",
)
#: What pages of a release lead to, and is of all releases.
OF_TODAY = re.compile(
    r"/data/(?:releases/|changes)|/feedback/|/shortlist/of-list$",
)


class Reading(NamedTuple):
    release: Release
    alias: str


class _Thread(threading.local):
    reading: Reading | None = None
    #: While a static copy is written: where the live site stands, empty where it is not told;
    #: else None.
    mirror: str | None = None
    #: A database that is being made: everything, whatever the model, is read and written there.
    building: str | None = None


_thread = _Thread()


def current() -> Reading | None:
    """What this thread reads; None: the catalogue as it is."""
    return _thread.reading


def current_release() -> Release | None:
    return _thread.reading.release if _thread.reading else None


def mirrored_from() -> str | None:
    """While a static copy is written: the address of the live site, or an empty text; None: it
    is no copy.
    """
    return _thread.mirror


@contextmanager
def mirroring(reading: Reading, site: str) -> Iterator[None]:
    """Has everything within read a release, as the whole of a site that stands somewhere else."""
    _thread.mirror = site
    try:
        with reading_from(reading, prefix="/"):
            yield
    finally:
        _thread.mirror = None


def building() -> str | None:
    return _thread.building


@contextmanager
def building_in(alias: str) -> Iterator[None]:
    before = _thread.building
    _thread.building = alias
    try:
        yield
    finally:
        _thread.building = before


@contextmanager
def reading_from(
    reading: Reading | None,
    prefix: str | None = None,
) -> Iterator[None]:
    """Has everything within read a release, or, with None, today's catalogue. Addresses that
    are made within begin with `prefix`; unless it is given, with that of the release's own
    pages.
    """
    before = _thread.reading
    own_prefix = reading.release.prefix if reading else "/"
    _thread.reading = reading
    try:
        with beginning_with(prefix or own_prefix):
            yield
    finally:
        _thread.reading = before


def today() -> Any:
    """For what is of today within a page of a release: its addresses, and what stands there."""
    return reading_from(None)


def plain_addresses() -> AbstractContextManager[None]:
    """Addresses made within are those of today's pages, which name things for good; what is
    read stays the same.
    """
    return beginning_with("/")


def piecewise(
    pieces: Iterable[bytes],
    within: Callable[[], Any],
) -> Iterator[bytes]:
    """The pieces, each of them made `within` a context that nobody else on this thread gets to
    see.
    """
    source = iter(pieces)
    try:
        while True:
            with within():
                piece = next(source, None)
            if piece is None:
                return
            yield piece
    finally:
        close = getattr(source, "close", None)
        if close:
            with within():
                close()


class Requested(NamedTuple):
    """The release that an address names, if any, and the path within."""

    number: str | None
    path: str


def release_requested(path: str, query: str) -> Requested:
    """What an address asks for; knows nothing of which releases there are."""
    if path.startswith(PREFIX) and (found := PAGES.fullmatch(path)):
        return Requested(found[1], found[2])
    if is_api(path) and "release=" in query:
        values = parse_qs(query).get("release", [])
        return Requested(values[0] if len(values) == 1 else None, path)
    return Requested(None, path)


def find(number: str) -> Release | None:
    if not re.fullmatch(NUMBER_PATTERN, number, re.ASCII):
        return None
    return Release.objects.filter(number=number).first()


def numbers() -> list[str]:
    """Of all releases, the newest first."""
    return list(
        Release.objects.newest_first().values_list("number", flat=True),
    )


# What is known of releases: they never change, so that once is enough

_known: dict[str, int] = {}


def state_of(number: str) -> int | None:
    """A number that stands for the state of a release, in the place of a revision. None: there
    is no such release.
    """
    if number not in _known:
        release = find(number)
        if release is None:
            return None
        _known[number] = int(release.checksum[:15], 16)
    return _known[number]


def forget() -> None:
    _known.clear()


@contextmanager
def one_state_of_the_database() -> Iterator[None]:
    """Everything read within is of one moment, however long it takes and whatever is written
    meanwhile.
    """
    connection = connections[router.db_for_read(Mitigation)]
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(database.engine(connection).BEGIN_READING)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")
